"""Values out of a library's own files, each of the type it has to be, with the place where one is not."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from workbench.errors import InputError
from workbench.text import visible


class Reader:
    """Reads values of the types that a file has, and says where one is not.

    Args:
        where: The file.
        what: What the file is.
    """

    def __init__(self, where: str, what: str = "the policy") -> None:
        self._where = where
        self._what = what

    def fail(self, what: str, remedy: str | None = None) -> InputError:
        """The error to raise: the file can't be used, and why."""
        return InputError(f"{self._what} can't be used: {what}", where=self._where, remedy=remedy)

    def any_mapping(self, value: Any, name: str) -> Mapping[str, Any]:
        """A mapping with any keys; an absent one is empty."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.fail(f"{name} has to be a mapping")
        return value

    def mapping(self, value: Any, name: str, known: Iterable[str]) -> Mapping[str, Any]:
        """A mapping that has only known keys; a near match of another is named."""
        found = self.any_mapping(value, name)
        known = tuple(known)
        for key in found:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                raise self.fail(
                    f"unknown key '{visible(key)}' in {name}",
                    f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(known)}",
                )
        return found

    def items(self, mapping: Mapping[str, Any], key: str) -> list[Any]:
        """The list under a key; an absent one is empty."""
        value = mapping.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.fail(f"'{key}' has to be a list")
        return value

    def texts(self, mapping: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """The list of texts under a key; an absent one is empty."""
        values = self.items(mapping, key)
        if not all(isinstance(value, str) for value in values):
            raise self.fail(f"'{key}' has to be a list of texts")
        return tuple(values)

    def one_of(self, mapping: Mapping[str, Any], key: str, choices: tuple[str, ...], name: str) -> str:
        """One of a few words, the first where the key is absent."""
        value = mapping.get(key, choices[0])
        if not isinstance(value, str) or value not in choices:
            raise self.fail(f"{key} of {name} is {visible(repr(value))}", f"one of: {', '.join(choices)}")
        return value

    def flag(self, mapping: Mapping[str, Any], key: str, name: str) -> bool | None:
        """True or false; None where the key is absent."""
        value = mapping.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.fail(f"{key} of {name} has to be true or false")
        return value

    def text(self, mapping: Mapping[str, Any], key: str, name: str) -> str | None:
        """A text that is not empty; None where the key is absent."""
        value = mapping.get(key)
        if value is not None and not (isinstance(value, str) and value.strip()):
            raise self.fail(f"{key} of {name} has to be text")
        return value
