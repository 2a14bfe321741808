"""A skill and what is wrong with it, as plain data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]

SKILL_FILE = "SKILL.md"
MAX_SKILL_FILE = 2 << 20
"""Bytes of a SKILL.md that are read."""

ROOT_ID = "."

STAGING = ".workbench-installing"
"""The folder that a skill is written in before it is put in its place: what is in it is no skill yet."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a skill, with its place.

    Attributes:
        severity: `error` breaks the specification, `warning` is likely to hurt, `info` is worth knowing.
        code: Stable identifier, for example `name-mismatch`.
        message: One sentence without a full stop, saying what is wrong and, where short, the remedy.
        path: The file, relative to the library, or None for the skill as a whole.
        line: Counted from 1, or None.
        column: In characters, counted from 1, or None.
        remedy: What to do about it, one sentence; empty where the message says it.
    """

    severity: Severity
    code: str
    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    remedy: str = ""

    def to_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of problem.

    Attributes:
        id: Stable, kebab-case; scripts and baselines rely on it.
        severity: `error` breaks the specification or keeps a client from loading the skill, `warning` is likely to
            hurt, `info` is worth knowing.
        summary: What is wrong, a sentence without a full stop.
        remedy: What to do about it, likewise.
        strict: The severity under `--strict`, where it is another.
        fixable: Whether `--fix` can mend it, at least in its plain forms.
    """

    id: str
    severity: Severity
    summary: str
    remedy: str
    strict: Severity | None = None
    fixable: bool = False


@dataclass(frozen=True, slots=True)
class Skill:
    """One skill as its SKILL.md describes it.

    Attributes:
        id: The folder's path relative to the library, `/`-separated; `.` for a skill at the root.
        name: The label: `name` of the frontmatter, else the folder's name.
        description: As written, not sanitised; empty if missing.
        version: `metadata.version` as text, or None.
        frontmatter: All keys as YAML gave them; empty if unreadable.
        problems: What is wrong, errors first.
        loads: Whether any client would load it; False makes its state `invalid`.
    """

    id: str
    name: str
    description: str = ""
    version: str | None = None
    frontmatter: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    loads: bool = True

    @property
    def skill_file(self) -> str:
        """Path of its SKILL.md relative to the library."""
        return SKILL_FILE if self.id == ROOT_ID else f"{self.id}/{SKILL_FILE}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A path that was not read as a skill, and why, in one sentence without a full stop."""

    path: str
    reason: str


FileKind = Literal["text", "binary", "link", "other"]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a skill's folder.

    Attributes:
        path: Relative to the skill's folder, `/`-separated.
        size: In bytes; of a link, the length of its target.
        executable: Whether its owner may execute it.
        kind: `text` or `binary` by its first bytes; `other` is a device, a socket or a pipe.
        target: Where a link points, as written.
        dangling: The link's target does not exist.
        leaves: The link's target is outside the skill's folder.
    """

    path: str
    size: int
    executable: bool
    kind: FileKind
    target: str | None = None
    dangling: bool = False
    leaves: bool = False
