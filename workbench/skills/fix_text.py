"""What of a SKILL.md can be mended without anybody's judgement: each edit is proved by reading the result again.

An edit changes only the lines it is about. One whose result does not read exactly as intended is not made.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from workbench.skills import allowed_tools
from workbench.skills.bounded_yaml import YamlError, load
from workbench.skills.client_fields import takes_true_or_false
from workbench.skills.frontmatter import Frontmatter, parse, quoted_colons

_BOM = "\ufeff"
_NAME = re.compile(
    r"(?P<head>name:[ \t]+)(?P<quote>[\"'])[ \t]*(?P<name>[^\"'\\]*?)[ \t]*(?P=quote)(?P<tail>[ \t]*(?:#.*)?)"
)
_TOOLS = re.compile(r"allowed-tools:(?:[ \t]|$)")
_PLAIN = re.compile(r"[A-Za-z_]\S*")

Values = Mapping[str, Any]


def mended(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The bytes of a SKILL.md with everything mended that can be, and the codes of what was; never raises."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return data, ()
    codes = []
    for code, edit in _EDITS.items():
        changed = edit(text)
        if changed is not None and changed != text:
            text = changed
            codes.append(code)
    return text.encode("utf-8"), tuple(codes)


def _mark(text: str) -> str | None:
    return text.removeprefix(_BOM)


def _blanks(text: str) -> str | None:
    """Blanks after the lines that delimit the frontmatter."""
    matter = parse(text.encode("utf-8"))
    if not matter.text and not matter.values:
        return None
    lines = text.split("\n")
    for at in (0, matter.body_line - 2):
        bare = lines[at].removesuffix("\r")
        lines[at] = bare.rstrip(" \t") + lines[at][len(bare) :]
    return _proved(text, "\n".join(lines), lambda values: values)


def _colons(text: str) -> str | None:
    """Values with a colon go into quotes; not where a comment would be quoted with them."""
    matter = parse(text.encode("utf-8"))
    if not any(problem.code == "unquoted-colon" for problem in matter.problems):
        return None
    returns = "\r" in matter.text
    bare = matter.text.replace("\r\n", "\n")
    if "\r" in bare or (returns and bare.count("\n") != matter.text.count("\r\n")):
        return None
    quoted, _ = quoted_colons(bare)
    changed = [(old, new) for old, new in zip(bare.split("\n"), quoted.split("\n"), strict=True) if old != new]
    if any(" #" in old for old, _ in changed):
        return None
    return _proved(
        text, _replaced(text, matter, quoted.replace("\n", "\r\n") if returns else quoted), lambda values: values
    )


def _name(text: str) -> str | None:
    """Spaces around the name, where it stands in quotes on one line."""
    matter, lines, at = _line_of(text, "name")
    name = matter.values.get("name")
    found = _NAME.fullmatch(lines[at].removesuffix("\r")) if at is not None else None
    if at is None or found is None or not isinstance(name, str) or name == name.strip() or not name.strip():
        return None
    ending = "\r" if lines[at].endswith("\r") else ""
    lines[at] = f"{found['head']}{found['quote']}{found['name']}{found['quote']}{found['tail']}{ending}"
    return _proved(text, "\n".join(lines), lambda values: {**values, "name": name.strip()})


def _tool_list(text: str) -> str | None:
    """A list of tools becomes one line; not where a tool has spaces, or the list has comments."""
    matter, lines, at = _line_of(text, "allowed-tools")
    value = matter.values.get("allowed-tools")
    if at is None or not isinstance(value, list) or not value or not _TOOLS.match(lines[at]):
        return None
    tools = [str(item) for item in value]
    if any(not isinstance(item, str) or not _PLAIN.fullmatch(item) for item in value):
        return None
    end = at + 1
    while end < matter.body_line - 2 and (not lines[end].strip() or lines[end].startswith((" ", "\t", "- ", "]"))):
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    if any("#" in line for line in lines[at:end]):
        return None
    ending = "\r" if lines[at].endswith("\r") else ""
    line = f"allowed-tools: {' '.join(tools)}"
    changed = "\n".join([*lines[:at], line + ending, *lines[end:]])
    return _proved(text, changed, lambda values: {**values, "allowed-tools": " ".join(tools)})


def _tool_commas(text: str) -> str | None:
    """Commas between tools become spaces, where the tools stand on one line."""
    matter, lines, at = _line_of(text, "allowed-tools")
    value = matter.values.get("allowed-tools")
    if at is None or not isinstance(value, str) or not any(p.code == "allowed-tools-commas" for p in _judged(text)):
        return None
    tools = [tool.text for tool in allowed_tools.parse(value)]
    if lines[at].count(value) != 1:
        return None
    lines[at] = lines[at].replace(value, " ".join(tools))
    return _proved(text, "\n".join(lines), lambda values: {**values, "allowed-tools": " ".join(tools)})


def _quotes(text: str) -> str | None:
    """Values that readers read differently go into quotes, where they are text for us already.

    Not where clients read true or false: `yes` may mean true there, in quotes it never does.
    """
    matter = parse(text.encode("utf-8"))
    if not matter.readable or any(problem.code == "unquoted-colon" for problem in matter.problems):
        return None
    try:
        loaded = load(matter.text, first_line=2, as_written=("metadata",), core=True).unquoted
    except YamlError:
        return None
    found = [scalar for scalar in loaded if not (len(scalar.path) == 1 and takes_true_or_false(str(scalar.path[0])))]
    lines = text.removeprefix(_BOM).split("\n")
    for scalar in sorted(found, key=lambda one: (one.line, one.column), reverse=True):
        line, at = lines[scalar.line - 1], scalar.column - 1
        if line[at : at + len(scalar.written)] == scalar.written and not set(scalar.written) & set('"\\\n'):
            lines[scalar.line - 1] = f'{line[:at]}"{scalar.written}"{line[at + len(scalar.written) :]}'
    return _proved(text, "\n".join(lines), lambda values: values)


_EDITS: Mapping[str, Callable[[str], str | None]] = {
    "byte-order-mark": _mark,
    "delimiter-blanks": _blanks,
    "unquoted-colon": _colons,
    "name-whitespace": _name,
    "allowed-tools-list": _tool_list,
    "allowed-tools-commas": _tool_commas,
    "unquoted-value": _quotes,
}
"""What can be mended, in the order in which it has to be: by the code of the problem that goes away."""


def _judged(text: str) -> tuple[Any, ...]:
    from workbench.skills.rules_fields import check_fields

    return tuple(check_fields(parse(text.encode("utf-8"))))


def _line_of(text: str, key: str) -> tuple[Frontmatter, list[str], int | None]:
    """The frontmatter, the lines of the file, and the index of the line that a key stands on."""
    matter = parse(text.encode("utf-8"))
    line = matter.lines.get(key)
    return matter, text.split("\n"), None if line is None or matter.columns.get(key) != 1 else line - 1


def _replaced(text: str, matter: Frontmatter, new: str) -> str:
    start = text.index("\n") + 1
    return text[:start] + new + text[start + len(matter.text) :]


def _proved(text: str, changed: str, intended: Callable[[Values], Values]) -> str | None:
    """The changed text, if it reads as the old one with what was intended, and has the same body; else None."""
    before, after = parse(text.encode("utf-8")), parse(changed.encode("utf-8"))
    same = after.readable and after.values == intended(before.values) and after.body == before.body
    return changed if same and list(after.values) == list(before.values) else None
