"""Which changed files this user has looked at: ticks that survive a restart, and are gone when the file changes."""

from workbench.reviews.diff import FileDiff
from workbench.storage import Store


def viewed(store: Store, library: str, skill: str, files: tuple[FileDiff, ...]) -> frozenset[str]:
    """The paths of those files that were ticked with exactly these contents before and after."""
    rows = store.query("SELECT path, pair FROM viewed WHERE library = ? AND skill = ?", (library, skill))
    ticked = {row["path"]: row["pair"] for row in rows}
    return frozenset(file.path for file in files if ticked.get(file.path) == _pair(file))


def tick(store: Store, library: str, skill: str, file: FileDiff, *, seen: bool, at: int) -> None:
    """Tick a file, or take its tick away.

    Args:
        at: UTC milliseconds.
    """
    key = (library, skill, file.path)
    with store.transaction() as connection:
        connection.execute("DELETE FROM viewed WHERE library = ? AND skill = ? AND path = ?", key)
        if seen:
            connection.execute("INSERT INTO viewed VALUES (?, ?, ?, ?, ?)", (*key, _pair(file), at))


def _pair(file: FileDiff) -> str:
    """What a tick is bound to: the contents and modes of both sides."""
    return f"{file.old_mode} {file.old_id} {file.new_mode} {file.new_id}"
