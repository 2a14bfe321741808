"""Cases with parameters: one case for each combination of a matrix's values, put in for `{matrix.NAME}`.

A text that is only `{matrix.NAME}`, at a place that takes more than text, becomes the value itself, number and all; in
longer texts, and where only text can stand, it is the value as YAML would write it.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.skills.bounded_yaml import Path as Place
from workbench.skills.naming import near
from workbench.testing.shapes import shown, wrong
from workbench.text import truncate, visible

MAX_CASES = 200

_REFERENCE = re.compile(r"\{matrix\.([^{}]{0,80})\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TYPED = frozenset(("with", "json", "json_schema", "exit", "times", "status"))
_SHOWN = 40


def expand(entry: Mapping[str, Any], place: Place) -> Iterator[Mapping[str, Any]]:
    """The cases that a case with a `matrix` stands for; itself, where it has none.

    Raises:
        WrongError: The matrix is not one, makes too many cases, or a text refers to what is not in it.
    """
    if "matrix" not in entry:
        yield entry
        return
    axes = _axes(entry["matrix"], (*place, "matrix"))
    for values in itertools.product(*axes.values()):
        chosen = dict(zip(axes, values, strict=True))
        rest = {key: value for key, value in entry.items() if key not in ("matrix", "name")}
        filled = {key: _filled(value, chosen, (*place, key)) for key, value in rest.items()}
        name = _filled(entry.get("name"), chosen, (*place, "name"))
        if isinstance(name, str):
            name = f"{name} [{','.join(f'{key}={_short(value)}' for key, value in chosen.items())}]"
        yield {"name": name, **filled}


def _axes(value: Any, place: Place) -> dict[str, list[Any]]:
    if not isinstance(value, dict) or not value:
        raise wrong(place, "matrix", "'matrix' has to be a mapping from names to lists: {size: [1, 2]}")
    count = 1
    for name, values in value.items():
        at = (*place, name)
        if not _NAME.fullmatch(name):
            raise wrong(at, "matrix", f"{shown(name)} is not a name; letters, digits and '_'")
        if not isinstance(values, list) or not values:
            raise wrong(at, "matrix", f"'{name}' has to be a list of at least one value")
        for number, one in enumerate(values):
            if one is not None and not isinstance(one, str | int | float | bool):
                raise wrong((*at, number), "matrix", f"a value of '{name}' has to be text, a number, true or false")
        written = [_text(one) for one in values]
        if len(set(written)) < len(written):
            raise wrong(at, "matrix", f"'{name}' has the same value twice")
        count *= len(values)
        if count > MAX_CASES:
            raise wrong(place, "matrix", f"the matrix makes more than {MAX_CASES} cases")
    return value


def _filled(value: Any, chosen: Mapping[str, Any], place: Place) -> Any:
    if isinstance(value, str):
        return _filled_text(value, chosen, place)
    if isinstance(value, list):
        return [_filled(item, chosen, (*place, at)) for at, item in enumerate(value)]
    if isinstance(value, dict):
        return {
            _text(_filled_text(key, chosen, place)): _filled(item, chosen, (*place, key)) for key, item in value.items()
        }
    return value


def _filled_text(text: str, chosen: Mapping[str, Any], place: Place) -> Any:
    if "{matrix." not in text:
        return text
    for found in _REFERENCE.finditer(text):
        if found[1] not in chosen:
            hint = near(found[1], tuple(chosen)) or f"known: {', '.join(chosen)}"
            raise wrong(place, "matrix", f"the matrix has no {shown(found[1])}; {hint}")
    whole = _REFERENCE.fullmatch(text)
    if whole and any(part in _TYPED for part in place):
        return chosen[whole[1]]
    return _REFERENCE.sub(lambda found: _text(chosen[found[1]]), text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _short(value: Any) -> str:
    return truncate(visible(_text(value)), _SHOWN)
