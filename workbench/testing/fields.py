"""One case from its YAML mapping: every key known, every value of the right type, or an error with its place."""

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.skills.bounded_yaml import Loaded, Path
from workbench.skills.naming import near
from workbench.testing.matchers import MatcherError, parse
from workbench.testing.model import DEFAULT_TIMEOUT, Case, Expectation, Matcher
from workbench.text import truncate, visible

MAX_TIMEOUT = 600.0

_KEYS = ("name", "tool", "with", "run", "files", "fixture", "env", "timeout", "network", "expect")
_EXPECT_KEYS = ("exit", "stdout", "stderr", "output", "files")
_MAX_NAME = 200
_TIMEOUT = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(ms|s|m)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class FieldError(Exception):
    """Something in a file of cases is wrong, at `place`."""

    def __init__(self, place: Path, code: str, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.code = code
        self.message = message


def read_case(entry: object, at: int, loaded: Loaded, path: str) -> Case:
    """The case at position `at` under `cases`.

    Raises:
        FieldError: It is not a case.
    """
    here: Path = ("cases", at)
    if not isinstance(entry, dict):
        raise FieldError(here, "case-type", "a case has to be a mapping with 'name', 'tool' or 'run', and 'expect'")
    _known(entry, _KEYS, here)
    name = _name(entry, here)
    if ("tool" in entry) == ("run" in entry):
        problem = "either 'tool' or 'run', not both" if "tool" in entry else "'tool' or 'run', to say what to test"
        raise FieldError(here, "case-incomplete", f"the case has to have {problem}")
    if "with" in entry and "tool" not in entry:
        message = "'with' gives arguments to a tool; write them into 'run' instead"
        raise FieldError((*here, "with"), "case-incomplete", message)
    return Case(
        name=name,
        path=path,
        line=loaded.line(*here) or 1,
        tool=_text(entry, "tool", here) if "tool" in entry else None,
        run=_command(entry["run"], (*here, "run")) if "run" in entry else (),
        arguments=_mapping(entry, "with", here),
        files=_files(entry, here),
        fixture=_relative(entry["fixture"], (*here, "fixture")) if "fixture" in entry else None,
        env=_environment(entry, here),
        timeout=_timeout(entry["timeout"], (*here, "timeout")) if "timeout" in entry else DEFAULT_TIMEOUT,
        network=_network(entry["network"], (*here, "network")) if "network" in entry else False,
        expect=_expectation(entry, here),
        lines={".".join(map(str, place[2:])): line for place, line in loaded.lines.items() if place[:2] == here},
    )


def _known(mapping: Mapping[str, Any], known: Sequence[str], place: Path) -> None:
    for key in mapping:
        if key not in known:
            hint = near(key, known) or f"known: {', '.join(known)}"
            message = f"'{truncate(visible(key), 60)}' is not known here; {hint}"
            raise FieldError((*place, key), "unknown-key", message)


def _name(entry: Mapping[str, Any], here: Path) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip():
        raise FieldError((*here, "name"), "name-missing", "the case has to have a name, as text")
    if len(name) > _MAX_NAME or "\n" in name:
        message = f"the name has to be one line of at most {_MAX_NAME} characters"
        raise FieldError((*here, "name"), "name-too-long", message)
    return name


def _text(entry: Mapping[str, Any], key: str, here: Path) -> str:
    value = entry[key]
    if not isinstance(value, str) or not value:
        raise FieldError((*here, key), "wrong-type", f"'{key}' has to be text")
    return value


def _mapping(entry: Mapping[str, Any], key: str, here: Path) -> dict[str, Any]:
    value = entry.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FieldError((*here, key), "wrong-type", f"'{key}' has to be a mapping")
    return value


def _command(value: object, place: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise FieldError(place, "wrong-type", "'run' has to be a list: the program and its arguments")
    return tuple(_plain(item, "an argument", (*place, at)) for at, item in enumerate(value))


def _plain(value: object, what: str, place: Path) -> str:
    """Text, or a whole number as text; anything else would not come out as it was written."""
    if isinstance(value, str):
        if "\0" in value:
            raise FieldError(place, "wrong-type", f"{what} can't have a NUL character")
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise FieldError(place, "wrong-type", f"{what} has to be text; put it in quotes")


def _relative(value: object, place: Path) -> str:
    """A path that stays in its folder, normalised."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise FieldError(place, "wrong-type", "a path has to be text")
    normal = posixpath.normpath(value)
    if normal.startswith(("/", "../")) or normal in ("..", "."):
        message = f"the path '{truncate(visible(value), 80)}' has to be relative and stay inside"
        raise FieldError(place, "path-leaves", message)
    return normal


def _files(entry: Mapping[str, Any], here: Path) -> dict[str, str]:
    written: dict[str, str] = {}
    for name, content in _mapping(entry, "files", here).items():
        place = (*here, "files", name)
        if not isinstance(content, str):
            raise FieldError(place, "wrong-type", "a file's content has to be text; put it in quotes")
        written[_relative(name, place)] = content
    for path in written:
        above = posixpath.dirname(path)
        while above:
            if above in written:
                message = f"'{truncate(visible(above), 80)}' can't be a file and a folder"
                raise FieldError((*here, "files"), "path-conflict", message)
            above = posixpath.dirname(above)
    return written


def _environment(entry: Mapping[str, Any], here: Path) -> dict[str, str]:
    env = {}
    for name, value in _mapping(entry, "env", here).items():
        place = (*here, "env", name)
        if not _VARIABLE.fullmatch(name):
            message = f"'{truncate(visible(name), 60)}' is not a name of an environment variable"
            raise FieldError(place, "wrong-type", message)
        env[name] = _plain(value, "an environment variable", place)
    return env


def _timeout(value: object, place: Path) -> float:
    seconds: float | None = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    elif isinstance(value, str) and (found := _TIMEOUT.fullmatch(value.strip())):
        seconds = float(found[1]) * _UNITS[found[2]]
    if seconds is None or not 0 < seconds <= MAX_TIMEOUT:
        message = f"'timeout' has to be a time like 5s or 500ms, more than 0 and at most {MAX_TIMEOUT:.0f}s"
        raise FieldError(place, "wrong-type", message)
    return seconds


def _network(value: object, place: Path) -> bool:
    if value == "none":
        return False
    if value == "host":
        return True
    raise FieldError(place, "wrong-type", "'network' has to be none, or host (which then has to be allowed)")


def _expectation(entry: Mapping[str, Any], here: Path) -> Expectation:
    place = (*here, "expect")
    expect = _mapping(entry, "expect", here)
    _known(expect, _EXPECT_KEYS, place)
    code = expect.get("exit", 0)
    if isinstance(code, bool) or not isinstance(code, int) or not 0 <= code <= 255:
        raise FieldError((*place, "exit"), "wrong-type", "'exit' has to be a whole number from 0 to 255")
    streams = {key: _matchers(expect[key], (*place, key)) for key in ("stdout", "stderr", "output") if key in expect}
    files = {}
    for name, value in _mapping(expect, "files", place).items():
        at = (*place, "files", name)
        files[_relative(name, at)] = _matchers(value, at)
    return Expectation(code, **streams, files=files)


def _matchers(value: object, place: Path) -> tuple[Matcher, ...]:
    try:
        matchers = parse(value)
    except MatcherError as error:
        at = (*place, error.key) if error.key is not None else place
        raise FieldError(at, "matcher", f"'{visible(str(place[-1]))}': {error}") from error
    for matcher in matchers:
        if matcher.kind == "snapshot":
            _relative(matcher.value, (*place, "snapshot"))
    return matchers
