"""What is likely to hurt in the body of a SKILL.md, and what a reader of the file can't see."""

import unicodedata
from collections.abc import Iterator

from workbench.skills.codes import problem
from workbench.skills.frontmatter import Frontmatter
from workbench.skills.model import Problem
from workbench.skills.tokens import estimate_tokens
from workbench.text import hidden_characters, plural

MAX_BODY_LINES = 500
MAX_BODY_TOKENS = 5_000
_HIDDEN_LINES_SHOWN = 5
_JOINER = "ZERO WIDTH JOINER"


def check_body(matter: Frontmatter) -> Iterator[Problem]:
    """Instructions that are missing or too long for an agent's context, and characters that can't be seen."""
    yield from _body(matter)
    yield from _hidden(matter)


def _body(matter: Frontmatter) -> Iterator[Problem]:
    if not matter.body.strip():
        # The file may end with the frontmatter; then its last line is the place to look.
        line = min(matter.body_line, matter.source.count("\n") + 1)
        yield problem("body-empty", "there are no instructions under the frontmatter", line=line)
        return
    count = len(matter.body.splitlines())
    if count > MAX_BODY_LINES:
        message = f"the body has {count:,} lines; the specification recommends fewer than {MAX_BODY_LINES}"
        yield problem("body-long", message, line=matter.body_line)
    tokens = estimate_tokens(matter.body)
    if tokens > MAX_BODY_TOKENS:
        message = f"the body has about {tokens:,} tokens (estimated); fewer than {MAX_BODY_TOKENS:,} are recommended"
        yield problem("body-tokens", message, line=matter.body_line)


def _seen_by_nobody(source: str) -> Iterator[tuple[int, int, str]]:
    """Every hidden character but the joiners inside an emoji, which draw one sign out of several."""
    found = hidden_characters(source)
    lines = source.split("\n") if any(name == _JOINER for _, _, name in found) else []
    for line, column, name in found:
        if name == _JOINER:
            around = lines[line - 1][max(0, column - 2) : column + 1]
            if len(around) == 3 and all(_is_emoji(char) for char in (around[0], around[2])):
                continue
        yield line, column, name


def _is_emoji(char: str) -> bool:
    return char == "\ufe0f" or unicodedata.category(char) in ("So", "Sk")


def _hidden(matter: Frontmatter) -> Iterator[Problem]:
    """Characters that a reader can't see: in the file as it is, and in values that write them as escapes."""
    lines: dict[int, list[str]] = {}
    columns: dict[int, int] = {}
    for line, column, name in _seen_by_nobody(matter.source):
        lines.setdefault(line, []).append(name)
        columns.setdefault(line, column)
    for key, value in matter.values.items():
        line = matter.lines.get(key, 1)
        if isinstance(value, str) and line not in lines and (found := hidden_characters(value)):
            lines[line] = [name for _, _, name in found]
    for line in sorted(lines)[:_HIDDEN_LINES_SHOWN]:
        names = lines[line]
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        message = f"a character that can't be seen stands here: {names[0]}{more}"
        yield problem("hidden-characters", message, line=line, column=columns.get(line))
    if (rest := len(lines) - _HIDDEN_LINES_SHOWN) > 0:
        message = f"{plural(rest, 'further line')} with characters that can't be seen"
        yield problem("hidden-characters", message, line=sorted(lines)[_HIDDEN_LINES_SHOWN])
