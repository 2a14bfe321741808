"""The registry of codes: what each stands for, how severe it is, and what to do about it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from workbench.skills import codes_document, codes_folder
from workbench.skills.model import Code, Problem

SECTIONS: Mapping[str, tuple[Code, ...]] = {**codes_document.SECTIONS, **codes_folder.SECTIONS}
"""Every code, by what it is about."""

_BY_ID: Mapping[str, Code] = {code.id: code for codes in SECTIONS.values() for code in codes}


def every_code() -> Iterator[Code]:
    """All codes, in the order of the documentation."""
    yield from _BY_ID.values()


def code(id_: str) -> Code:
    """The code with this id; KeyError if there is none."""
    return _BY_ID[id_]


def problem(
    id_: str, message: str, path: str | None = None, line: int | None = None, column: int | None = None
) -> Problem:
    """A problem with the severity and the remedy that its code has."""
    known = _BY_ID[id_]
    return Problem(known.severity, id_, message, path, line, column, known.remedy)


def explained(one: Problem) -> Problem:
    """The same problem, with its code's remedy where it says none."""
    if one.remedy or one.code not in _BY_ID:
        return one
    return replace(one, remedy=_BY_ID[one.code].remedy)


def under_strict(one: Problem) -> Problem:
    """The same problem with the severity that `--strict` gives it."""
    known = _BY_ID.get(one.code)
    return replace(one, severity=known.strict) if known is not None and known.strict else one


def code_pages() -> str:
    """The tables of the documentation, as Markdown."""
    lines = []
    for section, codes in SECTIONS.items():
        lines += [f"### {section}", "", "| code | severity | what is wrong | what to do |", "| --- | --- | --- | --- |"]
        for one in codes:
            severity = f"{one.severity}; strict: {one.strict}" if one.strict else one.severity
            fix = " (`--fix`)" if one.fixable else ""
            lines.append(f"| `{one.id}` | {severity} | {_cell(one.summary)}. | {_cell(one.remedy)}.{fix} |")
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")
