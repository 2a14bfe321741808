"""One thing that an agent reads or starts, as plain data."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.skills.model import Problem

Kind = Literal["hook", "mcp-server", "script", "permission", "command", "agent", "rule", "instructions"]
Scope = Literal["project", "user"]
Risk = Literal["high", "medium", "low"]
Status = Literal["new", "changed", "same"]

KINDS: tuple[Kind, ...] = (
    "hook", "mcp-server", "script", "permission", "command", "agent", "rule", "instructions",
)  # fmt: skip
RISKS: tuple[Risk, ...] = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Root:
    """A folder whose files are read, and nothing outside it.

    Attributes:
        folder: Absolute.
        shown: What stands before a path in it: empty for the project, `~/` for the home folder.
        scope: Whose it is.
    """

    folder: Path
    shown: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Source:
    """Where an entry was read: a file of a root, and the reader and the clients that it is for."""

    root: Root
    path: str
    reader: str
    clients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing.

    Attributes:
        path: The file, as a person would write it: relative to the project, or with `~/`.
        name: Which thing in the file; empty where the file is the thing.
        clients: Ids of the clients that read it.
        digest: SHA-256 of exactly this thing, `sha256:…`; None where it can't be read. Values of environment
            variables and headers never go into it.
        size: Bytes of the file, where the file is the thing.
        tokens: An estimate of what it takes of an agent's context; None where it takes none.
        runs: The command lines that it starts, with what looks like a secret left out.
        about: What else it says, one `key: value` each, likewise.
        source: Where it was read, for showing it; None for what has no file.
        git: `tracked`, `modified`, `untracked` or `ignored` in the project's repository; None where that is not known.
    """

    kind: Kind
    path: str
    name: str
    scope: Scope
    clients: tuple[str, ...]
    digest: str | None
    risk: Risk
    size: int | None = None
    tokens: int | None = None
    runs: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    problem: Problem | None = None
    source: Source | None = None
    git: str | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What stays the same when its content changes."""
        return (self.scope, self.kind, self.path, self.name)

    def to_json(self, status: Status) -> dict[str, Any]:
        """Exact data for scripts."""
        return {
            "kind": self.kind, "path": self.path, "name": self.name, "scope": self.scope,
            "clients": list(self.clients), "digest": self.digest, "size": self.size, "tokens": self.tokens,
            "runs": list(self.runs), "about": list(self.about), "risk": self.risk, "status": status, "git": self.git,
            "problem": self.problem.to_json() if self.problem else None,
        }  # fmt: skip


def sha256(data: bytes) -> str:
    """A digest with its name."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def path_text(path: str) -> str:
    """A path that can be printed and stored, whatever bytes it has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
