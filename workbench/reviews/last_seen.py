"""The head of the reviews branch that this user saw last: the branch only grows, so one that lost it was rewritten.

It is kept in the user's own store, where nobody who can push reaches it. A fresh clone has seen nothing yet.
"""

from workbench.errors import WorkbenchError
from workbench.git import Repository
from workbench.storage import Store
from workbench.text import visible


def rewritten(store: Store, repository: Repository, head: str | None, place: str = "") -> str | None:
    """What is wrong with a head that does not descend from the last one seen; None if it does.

    Args:
        store: The user's.
        repository: The library's.
        head: The head now; None where the branch is gone.
        place: A remote's name; empty for this repository's own branch.
    """
    ask = "SELECT head FROM reviews_seen WHERE place = ?"
    heads = (row["head"] for key in _keys(repository, place) for row in store.query(ask, (key,)))
    seen = next(map(str, heads), None)
    if seen is None:
        return None
    if head is not None and (seen == head or repository.is_ancestor(seen, head)):
        return None
    where = f" of {visible(place)}" if place else ""
    if head is None:
        return f"the branch workbench/reviews{where} is gone; it was at {seen[:12]}"
    return f"the branch workbench/reviews{where} was rewritten: {head[:12]} does not descend from {seen[:12]}"


def remember(store: Store, repository: Repository, head: str | None, place: str = "") -> None:
    """Keep a head as the last one seen. Where the store can't be written, what was seen before stays."""
    if head is None:
        return
    key = _keys(repository, place)[0]
    try:
        if store.query("SELECT 1 FROM reviews_seen WHERE place = ? AND head = ?", (key, head)):
            return
        with store.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO reviews_seen (place, head) VALUES (?, ?)", (key, head))
    except WorkbenchError:
        return


def _keys(repository: Repository, place: str) -> tuple[str, ...]:
    """What a head is kept under: with the library's first commit, as a folder may come to hold another library.

    The second is what it was kept under where that was not known, as in a shallow clone.
    """
    folder = str(repository.common_dir).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    without = f"{folder}\n{place}"
    head = None if repository.is_shallow() else repository.head()
    root = repository.first_root(head) if head else None
    return (f"{without}\n{root}", without) if root else (without,)
