"""What a Markdown document tells an agent to do, and what it names: its code blocks, commands and addresses."""

import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from workbench.skills.capabilities import programs
from workbench.skills.capabilities.hosts import ANY_HOST, hosts_in, is_name_only
from workbench.skills.capabilities.javascript import scan_javascript
from workbench.skills.capabilities.model import Certainty
from workbench.skills.capabilities.python import scan_python
from workbench.skills.capabilities.shell import scan_shell
from workbench.skills.capabilities.source import FullError, Source

MAX_BLOCKS = 2_000
MAX_COMMANDS = 5_000
"""Commands or addresses in running text; a document with more is not read to its end, which is a finding."""

_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})[ \t]*(!|\{?\.?[\w+#.-]*)[^\n`]*$", re.MULTILINE)
_BEFORE = re.compile(r"(?:^|(?<=[\s(]))!`([^`\n]{1,2000})`", re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`([^`\n]{4,400})`(?!`)")
_PROMPT = re.compile(r"^\s*(?:\$|%|#|>)\s+(.*)$")
_SHELL = frozenset(("bash", "sh", "shell", "zsh", "console", "terminal", "shell-session", "sh-session", "shellscript",
                    "fish", "ksh", "cmd", "bash-session"))  # fmt: skip
_CONSOLE = frozenset(("console", "terminal", "shell-session", "sh-session", "bash-session"))
_PYTHON = frozenset(("python", "py", "python3", "pycon", "ipython"))
_JAVASCRIPT = frozenset(("javascript", "js", "typescript", "ts", "jsx", "tsx", "mjs", "node", "cjs"))
_INSTRUCTIONS = re.compile(
    r"^(?:sudo\s+)?(?:pip3?|pipx|npm|npx|pnpm|yarn|bun|bunx|uv|uvx|brew|apt|apt-get|cargo|go|gem|curl|wget|git\s+clone|docker"
    r"|conda)\s+\S"
)
_ASSIGNED = re.compile(r"\b([A-Z][A-Z0-9_]*)=")
_ARGUMENTS = re.compile(r"\$(?:ARGUMENTS\b|\{ARGUMENTS\}|[0-9]\b)")


class Block(NamedTuple):
    """A fenced block by offsets of its content, and its language in lower case."""

    language: str
    start: int
    end: int


def scan_markdown(source: Source, *, skill_file: bool, aside: bool = False) -> None:
    """Note what a document tells an agent to do.

    Args:
        source: The document, or the body of it.
        skill_file: Whether it is a SKILL.md, in which Claude Code runs `` !`commands` `` before the agent sees it.
        aside: Whether it is for people more than for agents (a README, a change log).
    """
    text = source.text
    found = list(blocks(text)) if "```" in text or "~~~" in text else []
    if len(found) >= MAX_BLOCKS:
        raise FullError(source.first_line + source.number_of(found[-1].end))
    shell: Certainty = "mention" if aside else "likely"
    # One block sets what the next one reads.
    own = frozenset(_ASSIGNED.findall(text)) if found and "$" in text else frozenset()
    for block in found:
        _block(source, block, shell, own, skill_file=skill_file)
    if "!`" in text:
        for match in _BEFORE.finditer(text):
            inside = any(block.start <= match.start() < block.end for block in found)
            certainty: Certainty = "mention" if not skill_file else "likely" if inside else "sure"
            _run_before(source, match.start(1), match.end(1), certainty)
    if "`" in text:
        for number, match in enumerate(_INLINE.finditer(text)):
            if _INSTRUCTIONS.match(match[1]):
                if number > MAX_COMMANDS:
                    raise FullError(source.first_line + source.number_of(match.start()))
                scan_shell(source.block(match.start(1), match.end(1), "mention"), prose=True)
    if "://" in text:
        _addresses(source)


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a document; one that nothing closes ends with the text."""
    opened: re.Match[str] | None = None
    count = 0
    for match in _FENCE.finditer(text):
        if opened is None:
            opened = match
            continue
        closes = match[1][0] == opened[1][0] and len(match[1]) >= len(opened[1]) and not match[2]
        if closes:
            yield Block(opened[2].strip("{}.").lower(), opened.end() + 1, match.start())
            opened = None
            count += 1
            if count >= MAX_BLOCKS:
                return
    if opened is not None and opened.end() + 1 < len(text):
        yield Block(opened[2].strip("{}.").lower(), opened.end() + 1, len(text))


def _block(source: Source, block: Block, shell: Certainty, own: frozenset[str], *, skill_file: bool) -> None:
    if block.start >= block.end:
        return
    if block.language == "!":
        _run_before(source, block.start, block.end, "sure" if skill_file else "mention")
    elif block.language in _SHELL:
        part = source.block(block.start, block.end, shell)
        if block.language in _CONSOLE or part.text.lstrip().startswith("$ "):
            _without_output(part)
        scan_shell(part, prose=True, own=own)
    elif block.language in _PYTHON:
        part = source.block(block.start, block.end, "mention")
        part.replace(textwrap.dedent(part.text))
        scan_python(part, prose=True)
    elif block.language in _JAVASCRIPT:
        scan_javascript(source.block(block.start, block.end, "mention"))
    elif not block.language:
        part = source.block(block.start, block.end, "mention")
        for line in re.finditer(r"[^\n]+", part.text):
            command = line[0].strip().removeprefix("$ ")
            if _INSTRUCTIONS.match(command):
                scan_shell(part.block(line.start(), line.end(), "mention"), prose=True)


def _without_output(part: Source) -> None:
    """Keep the commands of a terminal session: what follows a prompt. Every line stays where it is."""
    lines = []
    continued = False
    for line in part.text.split("\n"):
        prompt = _PROMPT.match(line)
        lines.append(prompt[1] if prompt else line if continued else "")
        continued = bool(lines[-1]) and lines[-1].endswith("\\")
    if any(lines):
        part.replace("\n".join(lines))


def _run_before(source: Source, start: int, end: int, certainty: Certainty) -> None:
    """A command that Claude Code runs when it loads the skill, before any person or model sees it."""
    part = source.block(start, end, certainty)
    known = len(source.findings)
    scan_shell(part)
    if len(source.findings) == known:
        source.add("subprocess", programs.ANY_PROGRAM, start, certainty)
    if _ARGUMENTS.search(part.text):
        source.add("dynamic", "the user's words in a shell command", start, certainty)


def _addresses(source: Source) -> None:
    seen = set()
    for number, (host, at) in enumerate(hosts_in(source.text)):
        if number > MAX_COMMANDS:
            raise FullError(source.first_line + source.number_of(at))
        if host not in seen and host != ANY_HOST and not is_name_only(host):
            seen.add(host)
            source.add("network", host, at, "mention")
