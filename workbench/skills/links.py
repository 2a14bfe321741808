"""The relative links in a skill's Markdown, and whether they lead to files of the skill."""

import posixpath
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from workbench.skills.model import Problem
from workbench.text import truncate, visible

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE = re.compile(r"(?<!`)(`++).*?(?<!`)\1(?!`)")
_LINK = re.compile(r"\]\([ \t]{0,8}(<[^<>\n]{0,1000}>|[^\s()<>]{1,1000})(?:[ \t]{1,8}[\"'(][^\n]{0,500}?)?[ \t]{0,8}\)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_MAX_LINE = 20_000


@dataclass(frozen=True, slots=True)
class MarkdownLink:
    """One relative link: its path without the anchor, normalised against its file's folder, and its line and column."""

    path: str
    line: int
    column: int = 1


def relative_links(body: str, first_line: int = 1) -> Iterator[MarkdownLink]:
    """The inline links and images of `body` that are neither URLs, nor absolute, nor placeholders, nor in code."""
    fence = ""
    for number, line in enumerate(body.split("\n"), start=first_line):
        if marker := _FENCE.match(line):
            if not fence:
                fence = marker[1]
                continue
            if marker[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
                continue
        # Nobody links from a line this long; what is there is data, and matching it would only cost time.
        if fence or "](" not in line or len(line) > _MAX_LINE:
            continue
        for found in _LINK.finditer(_CODE.sub(_blank, line) if "`" in line else line):
            target = unquote(found[1].strip("<>").partition("#")[0].partition("?")[0])
            if target and not _SCHEME.match(target) and target[0] not in "/\\~$" and not set(target) & set("{}*\0"):
                yield MarkdownLink(posixpath.normpath(target), number, found.start(1) + 1)


def _blank(code: re.Match[str]) -> str:
    """As many spaces as the code takes, so that columns stay true."""
    return " " * len(code[0])


def check_links(body: str, first_line: int, present: Collection[str]) -> Iterator[Problem]:
    """A warning for each link of a SKILL.md that leads nowhere or out of the skill.

    Args:
        body: The Markdown.
        first_line: Its first line in the file.
        present: Paths of the skill's files and folders.
    """
    for link in relative_links(body, first_line):
        shown = truncate(visible(link.path), 80)
        if link.path == ".." or link.path.startswith("../"):
            message = f"the link to '{shown}' leaves the skill's folder; it breaks wherever the skill is installed"
            yield Problem("warning", "link-leaves-skill", message, line=link.line, column=link.column)
        elif link.path != "." and link.path not in present:
            message = f"the link leads to '{shown}', which does not exist"
            yield Problem("warning", "broken-link", message, line=link.line, column=link.column)
