"""The relative links in a skill's Markdown, and whether they lead to files of the skill."""

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from workbench.skills.codes import problem
from workbench.skills.model import Problem
from workbench.text import truncate, visible

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(?<!`)(`++).*?(?<!`)\1(?!`)")
_LINK = re.compile(
    r"\]\([ \t]{0,8}(<[^<>\n]{0,1000}>|(?:[^\s()<>]|\([^\s()<>]{0,200}\)){1,1000})"
    r"(?:[ \t]{1,8}[\"'(][^\n]{0,500}?)?[ \t]{0,8}\)"
)
_DEFINITION = re.compile(r" {0,3}\[[^\[\]^][^\[\]]{0,500}\]:[ \t]{0,8}(<[^<>\n]{0,1000}>|[^\s<>]{1,1000})")
_ATTRIBUTE = re.compile(
    r"<(?:a|img|source|video|audio)[ \t][^<>\n]{0,500}?\b(?:src|href)=([\"'][^\"'\s<>]{1,1000}[\"'])", re.I
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_OWN_FILE = r"((?:scripts|references|assets)/[\w./-]{1,200}\.[A-Za-z0-9]{1,5})"
_IN_SKILL = r"(?:\./|\{baseDir\}/|\$\{?(?:CLAUDE_SKILL_DIR|SKILL_DIR)\}?/)?"
_PROGRAMS = "python3?|bash|sh|zsh|node|deno|bun|tsx|ruby|perl|uv run|npx"
_MENTION = re.compile(
    rf"`(?:(?:{_PROGRAMS})(?: -[\w-]{{1,30}}){{0,4}} )?\"?{_IN_SKILL}{_OWN_FILE}\"?(?=`| [^`\n]{{0,500}}`)"
    rf"|<{_OWN_FILE}>"
)
_COMMENT = "<!--"
_COMMENT_END = "-->"
_MAX_LINE = 20_000


@dataclass(frozen=True, slots=True)
class MarkdownLink:
    """One relative link: its path without the anchor, normalised against its file's folder, and its line and column."""

    path: str
    line: int
    column: int = 1


def relative_links(body: str, first_line: int = 1) -> Iterator[MarkdownLink]:
    """The links and images of `body` that are neither URLs, nor absolute, nor placeholders, nor in code or a comment.

    A link that is written elsewhere (`[guide][g]`) stands where its address is, which HTML's attributes are as well.
    """
    yield from _links_in(_prose(body, first_line))


def _links_in(prose: Iterable[tuple[int, str]]) -> Iterator[MarkdownLink]:
    for number, line in prose:
        bare = _CODE.sub(_blank, line) if "`" in line else line
        for found in _written_links(bare):
            target = unquote(found[1].strip("<>\"'").partition("#")[0].partition("?")[0])
            if target and not _SCHEME.match(target) and target[0] not in "/\\~$" and not set(target) & set("{}*\0"):
                yield MarkdownLink(posixpath.normpath(target), number, found.start(1) + 1)


def _written_links(line: str) -> Iterator[re.Match[str]]:
    if "](" in line:
        yield from _LINK.finditer(line)
    if "]:" in line and (found := _DEFINITION.match(line)):
        yield found
    if "<" in line and "=" in line:
        yield from _ATTRIBUTE.finditer(line)


def _prose(body: str, first_line: int) -> Iterator[tuple[int, str]]:
    """The lines outside blocks of code and comments that may hold a link or a path, with their numbers."""
    fence = ""
    commented = False
    last_end = body.count("\n", 0, max(0, body.rfind(_COMMENT_END))) + first_line if _COMMENT in body else 0
    for number, whole in enumerate(body.split("\n"), start=first_line):
        line = whole
        if commented or (not fence and _COMMENT in line and number <= last_end and len(line) <= _MAX_LINE):
            line, commented = _uncommented(line, commented, number < last_end)
        if "`" in line or "~" in line:
            if marker := _FENCE.match(line):
                if not fence:
                    fence = marker[1]
                    continue
                if marker[1].startswith(fence) and not line.strip().strip(fence[0]):
                    fence = ""
                    continue
        elif "](" not in line and "<" not in line and "]:" not in line:
            continue
        # Nobody links from a line this long; what is there is data, and matching it would only cost time.
        if not fence and len(line) <= _MAX_LINE:
            yield number, line


def _uncommented(line: str, commented: bool, may_go_on: bool) -> tuple[str, bool]:
    """A line with its comments blanked, and whether one goes on; what never ends is no comment."""
    at = 0
    bare: str | None = None
    while True:
        if not commented:
            if bare is None:  # in code it begins none; told once, because there may be thousands of comments
                bare = _CODE.sub(_blank, line) if "`" in line else line
            at = bare.find(_COMMENT, at)
            if at < 0:
                return line, False
        end = line.find(_COMMENT_END, at)
        if end < 0:
            return (line[:at], True) if may_go_on or commented else (line, False)
        end += len(_COMMENT_END)
        line = line[:at] + " " * (end - at) + line[end:]
        at, commented = end, False


def _blank(code: re.Match[str]) -> str:
    """As many spaces as the code takes, so that columns stay true."""
    return " " * len(code[0])


def check_links(body: str, first_line: int, present: Collection[str], folder: str = "") -> Iterator[Problem]:
    """What is wrong with the links and the paths of one Markdown file of a skill.

    Args:
        body: The Markdown.
        first_line: Its first line in the file.
        present: Paths of the skill's files and folders.
        folder: Where the file is in the skill; links in references are often written from the skill's folder, and
            both are tried.
    """
    linked: set[tuple[int, str]] = set()
    said: set[str] = set()
    prose = list(_prose(body, first_line))
    for link in _links_in(prose):
        linked.add((link.line, link.path))
        path = posixpath.normpath(f"{folder}/{link.path}") if folder else link.path
        shown = truncate(visible(link.path), 80)
        if path == ".." or path.startswith("../"):
            message = f"the link to '{shown}' leaves the skill's folder; it breaks wherever the skill is installed"
            yield problem("link-leaves-skill", message, line=link.line, column=link.column)
        elif path != "." and path not in present and link.path not in present:
            message = f"the link leads to '{shown}', which does not exist"
            yield problem("broken-link", message, line=link.line, column=link.column)
    for mention in _mentions_in(prose):
        if mention.path not in present and mention.path not in said and (mention.line, mention.path) not in linked:
            said.add(mention.path)
            shown = truncate(visible(mention.path), 80)
            message = f"the text names '{shown}', which does not exist"
            yield problem("missing-mention", message, line=mention.line, column=mention.column)


def mentioned_paths(body: str, first_line: int = 1) -> Iterator[MarkdownLink]:
    """The paths of scripts, references and assets in backticks outside blocks of code, as `scripts/x.py --all`.

    A program may stand before it, and the skill's own folder (`{baseDir}/`, `${CLAUDE_SKILL_DIR}/`). Only what is
    clearly a file of this skill: a whole path with a suffix, without anything to be filled in.
    """
    yield from _mentions_in(_prose(body, first_line))


def _mentions_in(prose: Iterable[tuple[int, str]]) -> Iterator[MarkdownLink]:
    for number, line in prose:
        if "`" in line or "<" in line:
            for found in _MENTION.finditer(line):
                which = 1 if found[1] else 2
                yield MarkdownLink(posixpath.normpath(found[which]), number, found.start(which) + 1)
