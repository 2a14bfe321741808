"""A case as the YAML that a person would have written: block style for its keys, flow style for values."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.skills.writing import quoted, scalar

_WIDTH = 110
_STEP = "  "

Entry = Mapping[str, Any]


def case_text(case: Entry, indent: int) -> str:
    """The lines of one entry of `cases`, its dash at column `indent`; what it says is the same data when read.

    Args:
        case: Keys in the order in which they are written. Texts, numbers, true, false, None, lists and mappings.
        indent: Spaces before the dash.
    """
    lines: list[str] = []
    for key, value in case.items():
        lines += _entry(key, value, indent + 2)
    first = lines[0][indent + 2 :]
    return "\n".join([f"{' ' * indent}- {first}", *lines[1:]]) + "\n"


def _entry(key: str, value: Any, indent: int) -> list[str]:
    pad = " " * indent
    if isinstance(value, str) and _can_be_block(value):
        return _block(f"{pad}{scalar(key)}:", value, indent + 2)
    short = f"{pad}{scalar(key)}: {_flow(value)}"
    if len(short) <= _WIDTH or not value or not isinstance(value, Mapping | list | tuple):
        return [short]
    if isinstance(value, Mapping):
        inner = [line for name, item in value.items() for line in _entry(str(name), item, indent + 2)]
        return [f"{pad}{scalar(key)}:", *inner]
    return [f"{pad}{scalar(key)}:", *_items(value, indent + 2)]


def _items(values: Sequence[Any], indent: int) -> list[str]:
    """A list too long for one line: an item a line, mappings and lists in it in flow style however long they are."""
    return [f"{' ' * indent}- {_flow(value)}" for value in values]


def _block(head: str, text: str, indent: int) -> list[str]:
    mark = "|" if text.endswith("\n") else "|-"
    body = text.removesuffix("\n").split("\n")
    return [f"{head} {mark}", *(f"{' ' * indent}{line}" if line else "" for line in body)]


def _can_be_block(text: str) -> bool:
    """Whether a literal block says exactly this text, and is easier to read than quotes."""
    body = text.removesuffix("\n")
    if "\n" not in body or not body.strip() or body.endswith("\n") or body[0] in " \n":
        return False
    return all(line.isprintable() and line == line.rstrip() for line in body.split("\n"))


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_word(str(key))}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, str):
        return _word(value)
    return _number(value) if isinstance(value, float) else json.dumps(value)


def _word(text: str) -> str:
    plain = scalar(text)
    return quoted(text) if any(char in plain for char in ",[]{}") else plain


def _number(value: float) -> str:
    """A float that YAML 1.1 readers take for one too: they want a point in it."""
    digits, letter, power = repr(value).partition("e")
    return f"{digits if '.' in digits else digits + '.0'}{letter}{power}"
