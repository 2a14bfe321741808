"""Which commit came before which, asked of the whole history at once."""

from collections.abc import Sequence
from threading import Lock

from workbench.git import Repository
from workbench.text import decode


class Ancestry:
    """The commits up to one of them, read when the first question is asked.

    A commit on the first-parent line of `head` contains exactly what came into that line up to it; so most questions
    compare two numbers, and only those about a commit beside the line walk.
    """

    def __init__(self, repository: Repository, head: str) -> None:
        self._repository = repository
        self._head = head
        self._lock = Lock()
        self._parents: dict[str, Sequence[str]] | None = None
        self._came: dict[str, int] = {}
        self._line: frozenset[str] = frozenset()

    def precedes(self, earlier: str, later: str) -> bool:
        """Whether `later` contains `earlier`, or is it. A commit that is not below the head precedes nothing."""
        if earlier == later:
            return True
        self._look()
        came = self._came.get(earlier)
        if came is None or later not in self._came:
            return False
        if later in self._line:
            return came <= self._came[later]
        return self._walked(earlier, came, later)

    def leads(self, earlier: str, later: str, past: frozenset[str]) -> bool:
        """Whether `later` contains `earlier` by a way that passes none of these commits."""
        if not past or not self.precedes(earlier, later):
            return self.precedes(earlier, later)
        return earlier == later or self._walked(earlier, self._came[earlier], later, past)

    def _look(self) -> None:
        with self._lock:
            if self._parents is None:
                self._parents = self._read()
                self._count()

    def _read(self) -> dict[str, Sequence[str]]:
        said = decode(self._repository.lasting("rev-list", "--parents", self._head, "--"))
        return {commit: parents for commit, *parents in map(str.split, said.splitlines())}

    def _count(self) -> None:
        """Number the first-parent line from its oldest commit, and every other commit as where it came into it."""
        parents = self._parents or {}
        line = []
        at: str | None = self._head
        while at in parents:
            line.append(at)
            at = next(iter(parents[at]), None)
        for number, onto in enumerate(reversed(line)):
            waiting = [onto]
            while waiting:
                commit = waiting.pop()
                if commit in parents and commit not in self._came:
                    self._came[commit] = number
                    waiting += parents[commit]
        self._line = frozenset(line)

    def _walked(self, earlier: str, came: int, later: str, past: frozenset[str] = frozenset()) -> bool:
        parents = self._parents or {}
        seen, waiting = {later, *past}, [later]
        while waiting:
            for parent in parents.get(waiting.pop(), ()):
                if parent == earlier:
                    return True
                # What came into the line before `earlier` did can't contain it.
                if parent not in seen and self._came.get(parent, -1) >= came:
                    seen.add(parent)
                    waiting.append(parent)
        return False
