"""Answers of git that can't change, kept so that a command that asks again starts no process again.

What is asked of objects by their full ids alone stays true as long as the objects are there.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

_BY_ID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})(?:\^\{\w+\}|\.\.(?:[0-9a-f]{40}|[0-9a-f]{64}))?")
_LARGEST = 128 * 1024
_MOST = 2 * 1024 * 1024


class Lasting:
    """What git printed for questions about objects by their ids, a few megabytes at most."""

    def __init__(self) -> None:
        self._said: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, args: Sequence[str], ask: Callable[[], bytes | None]) -> bytes:
        """What git said to these arguments before, or what `ask` gives. None from `ask` is no answer to keep."""
        key = tuple(args)
        with self._lock:
            held = self._said.get(key)
            if held is not None:
                self._said.move_to_end(key)
                return held
        said = ask()
        if said is not None and len(said) <= _LARGEST:
            self._keep(key, said)
        return said or b""

    def _keep(self, key: tuple[str, ...], said: bytes) -> None:
        with self._lock:
            if key not in self._said:
                self._said[key] = said
                self._size += len(said)
            while self._size > _MOST:
                self._size -= len(self._said.popitem(last=False)[1])


def names_objects_alone(args: Sequence[str]) -> bool:
    """Whether a command names revisions only by full ids, so that no ref, index or file has a part in its answer."""
    asked = list(args[: args.index("--")] if "--" in args else args)
    named = [arg for arg in asked if not arg.startswith("-")][1:]  # the first is the command itself
    return bool(named) and all(_BY_ID.fullmatch(arg) for arg in named)
