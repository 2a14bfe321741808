"""The background that this process read last, for as long as nothing that it rests on has moved.

What a background says follows from commits: HEAD's, the reviews branch's, the default branch's and those of tags. While
all of them are where they were, it is taken as it is; one question to git tells.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

from workbench.git import Repository
from workbench.skills.model import Skill

_REFS = (
    "refs/tags", "refs/heads/workbench/reviews", "refs/remotes/*/workbench/reviews",
    "refs/remotes/origin/HEAD", "refs/heads/main", "refs/heads/master",
)  # fmt: skip
_MOST = 4

Read = TypeVar("Read")


class Position(NamedTuple):
    """Where everything stands that a background rests on."""

    head: str | None
    branch: str | None
    refs: bytes
    shallow: bytes
    config: tuple[int, int]


def position_of(repository: Repository) -> Position:
    """Where everything stands now."""
    refs = repository.run("for-each-ref", "--format=%(refname) %(objectname) %(symref)", *_REFS)
    try:
        shallow = (repository.common_dir / "shallow").read_bytes()
    except OSError:
        shallow = b""
    try:
        info = (repository.common_dir / "config").stat()  # it names the remotes, of which only one's reviews count
        config = info.st_mtime_ns, info.st_size
    except OSError:
        config = 0, 0
    return Position(*repository.checked_out_at(), refs, shallow, config)


@dataclass(frozen=True, slots=True)
class _Held(Generic[Read]):
    position: Position
    ids: frozenset[str]
    labels: tuple[tuple[str, str], ...]
    value: Read

    def covers(self, ids: Sequence[str], labels: tuple[tuple[str, str], ...]) -> bool:
        """Whether it answers for these skills."""
        return not ids or (self.ids.issuperset(ids) and self.labels == labels)


class AtHand(Generic[Read]):
    """What was read last of a few repositories."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], _Held[Read]] = OrderedDict()
        self._lock = Lock()

    def has(self, repository: Repository) -> bool:
        """Whether anything was read of a repository, be it outdated by now."""
        return _key(repository) in self._held

    def get(self, repository: Repository, ids: Sequence[str], among: Sequence[Skill], read: Callable[[], Read]) -> Read:
        """What was read of these skills or of more, if nothing moved since; else what `read` gives.

        Args:
            ids: The skills asked about. Without any, what does not depend on skills is asked for.
            among: All skills of the library: a tag's label stands for one of them.
        """
        key = _key(repository)
        now = position_of(repository)
        labels = tuple((skill.id, skill.name) for skill in among)
        with self._lock:
            held = self._held.get(key)
        if held is not None and held.position == now and held.covers(ids, labels):
            return held.value
        made = _Held(now, frozenset(ids), labels, read())
        with self._lock:
            if held is None or held.position != now or len(made.ids) >= len(held.ids):
                self._held[key] = made
                self._held.move_to_end(key)
                while len(self._held) > _MOST:
                    self._held.popitem(last=False)
        return made.value


def _key(repository: Repository) -> tuple[str, str]:
    return str(repository.common_dir), str(repository.root)
