"""What can be adopted, and what an adoption did, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from workbench.skills.model import Skipped

Kind = Literal["skills", "archive", "toolweaver", "prompts"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Outcome = Literal["new", "updated", "same", "changed here"]


@dataclass(frozen=True, slots=True)
class Source:
    """Something to adopt skills from.

    Attributes:
        label: The folder below `skills/` that its copies are filed in.
        path: A folder, or the file of an archive or of a prompt template.
        kind: How it is read.
    """

    label: str
    path: Path
    kind: Kind = "skills"


@dataclass(frozen=True, slots=True)
class Plugin:
    """Skills in an agent's plugin cache, which the agent owns: they are shown, and copied only when named."""

    client: str
    path: str
    skills: int


@dataclass(frozen=True, slots=True)
class NewFile:
    """One file that a conversion writes."""

    data: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a skill that its source kept.

    Attributes:
        version: A semantic version; None where the source gives none that is one.
        files: The skill's files in that version, by path.
        at: When it was made; None where the source does not say.
        code: The file that tells whether a released version is this one.
    """

    version: str | None
    files: Mapping[str, NewFile]
    at: datetime | None
    code: str


@dataclass(frozen=True, slots=True)
class Found:
    """A skill to copy.

    Attributes:
        path: Its id in the library.
        folder: Where it is now: where it was found, or a scratch folder it was unpacked or converted into.
        origins: Every place it was found at, for people.
        versions: Its versions, oldest first, the last one being what is in `folder`; empty where there is just one.
    """

    path: str
    folder: Path
    origins: tuple[str, ...]
    kind: Kind = "skills"
    versions: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True)
class Adopted:
    """One skill that was found, where its copy is, what came of it, and the versions that got a tag."""

    path: str
    origin: str
    outcome: Outcome
    kind: Kind = "skills"
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Adoption:
    """What an adoption did, or would do.

    Attributes:
        library: The personal library.
        commit: The last commit of the copies; None if nothing was new.
        baseline: The commit of the records that say "as found, unread".
        skipped: What was not copied, or not as it was, with the reason.
        plugins: Skills in agents' plugin caches, which are not copied.
        conflicts: Versions whose tag exists and names something else; the tags stay as they are.
        dry_run: Nothing was changed: this is what would be done.
    """

    library: Path
    skills: tuple[Adopted, ...]
    commit: str | None
    baseline: str | None
    skipped: tuple[Skipped, ...]
    sources: tuple[Source, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    conflicts: tuple[Skipped, ...] = ()
    dry_run: bool = False

    def to_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "library": str(self.library),
            "skills": [
                {"path": one.path, "origin": one.origin, "outcome": one.outcome, "kind": one.kind,
                 "versions": list(one.versions)}
                for one in self.skills
            ],
            "commit": self.commit,
            "baseline": self.baseline,
            "skipped": [{"path": one.path, "reason": one.reason} for one in self.skipped],
            "sources": [{"path": str(one.path), "label": one.label, "kind": one.kind} for one in self.sources],
            "plugins": [{"client": one.client, "path": one.path, "skills": one.skills} for one in self.plugins],
            "conflicts": [{"path": one.path, "reason": one.reason} for one in self.conflicts],
            "dry_run": self.dry_run,
        }  # fmt: skip


@dataclass(slots=True)
class Findings:
    """What is noticed while sources are read."""

    skipped: list[Skipped] = field(default_factory=list)
    conflicts: list[Skipped] = field(default_factory=list)

    def skip(self, path: str, reason: str) -> None:
        """Note something that is left out, and why."""
        self.skipped.append(Skipped(path, reason))
