"""What this user allowed to run without a sandbox: exactly one tree each time, so that a changed byte asks again."""

import time
from collections.abc import Collection

from workbench.storage import Store

_UNSANDBOXED = "unsandboxed"


def allow(store: Store, tree: str) -> None:
    """Remember a yes to running the programs of this very tree without a sandbox."""
    with store.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO consent (subject, what, at) VALUES (?, ?, ?)",
            (tree, _UNSANDBOXED, int(time.time() * 1000)),
        )


def allowed(store: Store, trees: Collection[str]) -> bool:
    """Whether there is a yes to every one of these trees; no trees, no yes."""
    given = {row["subject"] for row in store.query("SELECT subject FROM consent WHERE what = ?", (_UNSANDBOXED,))}
    return bool(trees) and given.issuperset(trees)
