"""The fields of a SKILL.md that only some clients know, those that none does, and the tools it asks for."""

import difflib
from collections.abc import Iterator
from typing import Any

from workbench.skills import allowed_tools
from workbench.skills.client_fields import EXTENSIONS, SPEC_FIELDS, Field, complaint, extension, kind_of
from workbench.skills.clients import client
from workbench.skills.codes import problem
from workbench.skills.frontmatter import Frontmatter
from workbench.skills.model import Problem
from workbench.text import truncate, visible

_HINTS = 20
_KNOWN = (*SPEC_FIELDS, *(field.name for field in EXTENSIONS))


def check_fields(matter: Frontmatter) -> Iterator[Problem]:
    """Every field besides the specification's, and `allowed-tools` in forms that the specification lacks."""
    yield from _allowed_tools(matter)
    hints = _HINTS
    for key, value in matter.values.items():
        if key in SPEC_FIELDS:
            continue
        if (field := extension(key)) is not None:
            yield from _extension(matter, field, value)
            continue
        near = difflib.get_close_matches(key[:80], _KNOWN, n=1, cutoff=0.75) if hints else []
        hints = max(0, hints - 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        yield _at(matter, key, "unknown-field", f"no client knows the field '{_shown(key)}'{hint}")


def _extension(matter: Frontmatter, field: Field, value: Any) -> Iterator[Problem]:
    who = " and ".join(client(id_).label for id_ in field.clients)
    yield _at(matter, field.name, "client-field", f"'{field.name}' is a field of {who}, not of the specification")
    if wrong := complaint(field, value):
        yield _at(matter, field.name, *wrong)
    if field.needs and matter.values.get(field.needs[0]) != field.needs[1]:
        message = f"'{field.name}' has no effect without '{field.needs[0]}: {field.needs[1]}'"
        yield _at(matter, field.name, "field-without-effect", message)


def _allowed_tools(matter: Frontmatter) -> Iterator[Problem]:
    value = matter.values.get("allowed-tools")
    if value is None:
        return
    if isinstance(value, list):
        message = "allowed-tools is a list; the specification asks for one text with spaces between"
        yield _at(matter, "allowed-tools", "allowed-tools-list", message)
    elif not isinstance(value, str):
        message = f"allowed-tools has to be text, not {kind_of(value)}"
        yield _at(matter, "allowed-tools", "allowed-tools-type", message)
    elif "," in value and any("," in gap for gap in _gaps(value)):
        message = "allowed-tools has commas between the tools; the specification asks for spaces"
        yield _at(matter, "allowed-tools", "allowed-tools-commas", message)
    for tool in allowed_tools.parse(value):
        if not tool.closed or not tool.name:
            message = f"the tool '{_shown(tool.text)}' has parentheses that do not fit"
            yield _at(matter, "allowed-tools", "allowed-tools-syntax", message)


def _gaps(value: str) -> Iterator[str]:
    """What stands between the tools of a text."""
    at = 0
    for tool in allowed_tools.parse(value):
        start = value.index(tool.text, at)
        yield value[at:start]
        at = start + len(tool.text)


def _at(matter: Frontmatter, key: str, code: str, message: str) -> Problem:
    return problem(code, message, line=matter.lines.get(key, 1), column=matter.columns.get(key))


def _shown(value: object) -> str:
    return truncate(visible(str(value)), 60)
