"""Google-style docstrings: what a function does, and what each argument means."""

import inspect
import re
from dataclasses import dataclass, field

_SECTION = re.compile(r"(Args|Arguments|Attributes|Returns|Return|Raises|Yields|Examples?|Notes?):\s*$")
_ENTRY = re.compile(r"\*{0,2}([A-Za-z_]\w*)\s*(?:\([^)]*\))?\s*:\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Docstring:
    """Text before the first section, as paragraphs, and the entries of `Args` or `Attributes`."""

    description: str = ""
    arguments: dict[str, str] = field(default_factory=dict)


def parse(text: str | None) -> Docstring:
    """Take a docstring apart; never fails, an odd one has fewer parts."""
    if not text:
        return Docstring()
    description: list[str] = []
    arguments: dict[str, str] = {}
    section, current, indent = "", "", 0
    for line in inspect.cleandoc(text).split("\n"):
        if heading := _SECTION.match(line):
            section, current, indent = heading[1], "", 0
        elif not section:
            description.append(line)
        elif section in ("Args", "Arguments", "Attributes") and line.strip():
            depth = len(line) - len(line.lstrip())
            indent = indent or depth
            entry = _ENTRY.match(line.strip()) if depth == indent else None
            if entry:
                current = entry[1]
                arguments[current] = entry[2].strip()
            elif current:
                arguments[current] = f"{arguments[current]} {line.strip()}".strip()
    return Docstring(_paragraphs(description), arguments)


def _paragraphs(lines: list[str]) -> str:
    """Lines joined where they only wrap."""
    text = "\n".join(line.rstrip() for line in lines).strip()
    return "\n\n".join(" ".join(part.split("\n")) for part in re.split(r"\n\s*\n", text)) if text else ""
