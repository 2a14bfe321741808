"""What this user allowed: exactly one thing each time, named by its hash, so that a changed byte asks again."""

import time
from collections.abc import Collection
from typing import Literal

from workbench.storage import Store

What = Literal["unsandboxed", "mcp-server", "generator"]
"""`unsandboxed`: the subject is a tree. `mcp-server`: the subject is the hash of a server's command and environment.
`generator`: the subject is the hash of a command that makes a skill and of what it makes it of."""


def give(store: Store, subject: str, what: What) -> None:
    """Remember a yes to doing `what` with exactly this subject, which is a hash."""
    with store.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO consent (subject, what, at) VALUES (?, ?, ?)",
            (subject, what, int(time.time() * 1000)),
        )


def given(store: Store, subjects: Collection[str], what: What) -> bool:
    """Whether there is a yes to doing `what` with every one of these subjects; no subjects, no yes."""
    known = {row["subject"] for row in store.query("SELECT subject FROM consent WHERE what = ?", (what,))}
    return bool(subjects) and known.issuperset(subjects)


def allow(store: Store, tree: str) -> None:
    """Remember a yes to running the programs of this very tree without a sandbox."""
    give(store, tree, "unsandboxed")


def allowed(store: Store, trees: Collection[str]) -> bool:
    """Whether there is a yes to every one of these trees; no trees, no yes."""
    return given(store, trees, "unsandboxed")
