"""Argument templates: from a tool's `run:` and the arguments to the command line, never through a shell.

An element that is exactly `"{x}"` expands a list and vanishes when `x` is absent or null; one that holds `{x}` among
other text vanishes likewise. `{{` and `}}` stand for braces.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.errors import InputError
from workbench.text import truncate, visible
from workbench.tools.model import RunForm

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


class TemplateError(Exception):
    """An element is not a template; the message says why, sanitised."""


def parse(elements: Sequence[Any], *, stdin_args: bool = False) -> RunForm:
    """The template that a `run:` list means.

    Raises:
        TemplateError: It is not one.
    """
    parsed: list[str | tuple[str, str]] = []
    for element in elements:
        if isinstance(element, list):
            parsed.append(_flag(element))
        elif isinstance(element, bool) or not isinstance(element, str | int | float):
            raise TemplateError(f"an element of 'run' has to be text or [flag, {{if: name}}], not {_shown(element)}")
        else:
            for _ in _pieces(str(element)):
                pass
            parsed.append(str(element))
    if not parsed or not isinstance(parsed[0], str) or not parsed[0]:
        raise TemplateError("'run' has to begin with the program to run")
    if any(is_name for is_name, _ in _pieces(parsed[0])):
        raise TemplateError("the program itself can't come from an argument")
    return RunForm(tuple(parsed), stdin_args)


def names(form: RunForm) -> Iterator[str]:
    """The arguments that a template uses."""
    for element in form.argv:
        if isinstance(element, tuple):
            yield element[1]
        else:
            yield from (text for is_name, text in _pieces(element) if is_name)


def literal(element: str | tuple[str, str]) -> str | None:
    """The text of an element that takes no argument; None if it takes one."""
    if isinstance(element, tuple):
        return None
    pieces = list(_pieces(element))
    return None if any(is_name for is_name, _ in pieces) else "".join(text for _, text in pieces)


def expand(form: RunForm, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The command line for these arguments.

    Raises:
        InputError: A value would be taken for an option, or can't be given to a program.
    """
    argv: list[str] = []
    only_values = False
    previous: str | None = None
    for element in form.argv:
        if isinstance(element, tuple):
            argv += [element[0]] if arguments.get(element[1]) is True else []
            previous = None
            continue
        text = literal(element)
        if text is not None:
            only_values = only_values or text == "--"
            argv.append(text)
        else:
            after_option = previous is not None and previous.startswith("-")
            argv += _values(element, arguments, only_values=only_values, after_option=after_option)
        previous = text
    return tuple(argv)


def _values(element: str, arguments: Mapping[str, Any], *, only_values: bool, after_option: bool) -> Iterator[str]:
    pieces = list(_pieces(element))
    used = [text for is_name, text in pieces if is_name]
    if any(arguments.get(name) is None for name in used):
        return
    if len(pieces) == 1:
        value = arguments[used[0]]
        items = value if isinstance(value, list | tuple) else [value]
        made = [(_text(item), isinstance(item, int | float) and after_option) for item in items if item is not None]
    else:
        written = "".join(_text(arguments[text]) if is_name else text for is_name, text in pieces)
        made = [(written, not pieces[0][0])]  # text before the first placeholder: its dash is the author's
    for text, dash_is_fine in made:
        if "\0" in text:
            raise InputError(f"'{visible(used[0])}' has a NUL character, which no program can be given")
        if text.startswith("-") and not only_values and not dash_is_fine:
            raise InputError(
                f"'{visible(used[0])}' is {_shown(text)}, which the program would take for an option",
                remedy='in tools.yaml, put "--" before the element, or write it as one: "--name={name}"',
            )
        yield text


def _text(value: Any) -> str:
    """A value as a program's argument: text as it is, everything else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _flag(element: list[Any]) -> tuple[str, str]:
    if len(element) == 2 and isinstance(element[0], str) and isinstance(element[1], dict):
        condition = element[1]
        if list(condition) == ["if"] and isinstance(condition["if"], str):
            return element[0], condition["if"]
    raise TemplateError(f"a list in 'run' has to be [flag, {{if: name}}], not {_shown(element)}")


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """The parts of an element: (is the name of an argument, text)."""
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece in ("{", "}") or piece == "{}":
            raise TemplateError(f"{_shown(text)} has a lone brace; write {{{{ or }}}} for a brace itself")
        if match[1] is not None:
            yield True, match[1]
        else:
            yield False, piece[0] if piece in ("{{", "}}") else piece


def _shown(value: Any) -> str:
    return f"'{truncate(visible(str(value)), 60)}'"
