"""Findings that somebody accepted with a reason: `.workbench/accepted.yaml`, which people read, diff and review.

An acceptance names a fingerprint, which binds the evidence: when that changes, the finding is open again and the
acceptance is listed as stale. The file is part of the policy in force, so that changing it is reviewed as that is.
"""

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.errors import ConflictError, InputError
from workbench.git import Repository
from workbench.skills.bounded_yaml import YamlError, load
from workbench.skills.capabilities.model import Finding, SkillCapabilities
from workbench.skills.files import read_inside
from workbench.text import decode, visible

FOLDER = ".workbench"
FILE = f"{FOLDER}/accepted.yaml"
MAX_BYTES = 4 << 20
MAX_ACCEPTED = 20_000

_FIELDS = ("skill", "fingerprint", "kind", "what", "path", "evidence", "by", "at", "reason")
_HEAD = """\
# Findings of `workbench skills capabilities` that somebody looked at, with the reason. Each is bound to its evidence:
# when that changes, the finding is open again. Written by `workbench skills accept`.
"""
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One finding that was accepted.

    Attributes:
        skill: The skill's id.
        fingerprint: The finding's.
        kind: What the finding was, so that the file says something to people; likewise `what`, `path`, `evidence`.
        by: Who accepted it, as git knows them: `Ada <ada@example.com>`.
        at: When, as `2026-11-21T10:00:00Z`.
        reason: Why it is fine.
    """

    skill: str
    fingerprint: str
    kind: str
    what: str
    path: str
    evidence: str
    by: str
    at: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """All of it, for programs."""
        return asdict(self)


def read_accepted(root: Path) -> tuple[Acceptance, ...]:
    """What was accepted in a library; nothing where there is no file.

    Raises:
        InputError: The file can't be read, or is not what it has to be.
    """
    try:
        data = read_inside(root, FILE, MAX_BYTES + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise InputError(f"it can't be read: {error.strerror}", where=FILE) from error
    if len(data) > MAX_BYTES:
        raise InputError(f"it is larger than {MAX_BYTES >> 20} MiB and is not read", where=FILE)
    return parse_accepted(data)


def parse_accepted(data: bytes) -> tuple[Acceptance, ...]:
    """What a file says was accepted.

    Raises:
        InputError: It is not what it has to be.
    """
    try:
        value = load(decode(data), most_values=MAX_ACCEPTED * 2 * len(_FIELDS)).value
    except YamlError as error:
        raise InputError(f"it is not YAML that can be read: {error.what}", where=f"{FILE}:{error.line}") from error
    entries = value.get("accepted") if isinstance(value, dict) else None
    if not isinstance(entries, list) or value.get("schema") != 1:
        raise InputError("it has to be a mapping with 'schema: 1' and a list 'accepted'", where=FILE)
    return tuple(_acceptance(entry, number) for number, entry in enumerate(entries, start=1))


def _acceptance(entry: object, number: int) -> Acceptance:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in _FIELDS):
        what = f"its entry {number} has to be a mapping of texts: {', '.join(_FIELDS)}"
        raise InputError(what, where=FILE, remedy="mend it by hand, or restore it from git")
    return Acceptance(**{key: entry[key] for key in _FIELDS})


def accepted_in(skill: str, acceptances: Iterable[Acceptance]) -> Mapping[str, Acceptance]:
    """What was accepted of one skill, by fingerprint."""
    return {one.fingerprint: one for one in acceptances if one.skill == skill}


def stale(seen: Sequence[SkillCapabilities], acceptances: Iterable[Acceptance]) -> tuple[tuple[Acceptance, str], ...]:
    """Acceptances that no finding of these skills has any more, each with why; other skills' are left out."""
    prints = {(one.skill, finding.fingerprint) for one in seen for finding in one.findings}
    subjects = {(one.skill, f.kind, f.what, f.path) for one in seen for f in one.findings}
    skills = {one.skill for one in seen}
    found = []
    for one in acceptances:
        if one.skill in skills and (one.skill, one.fingerprint) not in prints:
            changed = (one.skill, one.kind, one.what, one.path) in subjects
            found.append((one, "evidence changed" if changed else "no longer found"))
    return tuple(found)


def who(repository: Repository | None) -> str:
    """Who accepts, as git knows them.

    Raises:
        InputError: There is no repository, or git does not know who works in it.
    """
    if repository is None:
        raise InputError(
            "accepting needs a git repository, because the next reader has to see who did",
            remedy="workbench adopt copies skills into a git library of your own; or: git init",
        )
    identity = repository.identity()
    return f"{identity.name} <{identity.email}>"


def accept(
    root: Path, skill: str, findings: Sequence[Finding], reason: str, by: str, at: str
) -> tuple[Acceptance, ...]:
    """Note that these findings of a skill were looked at; gives what was written. What was accepted before is replaced.

    Raises:
        InputError: The reason is empty, or the file or its folder can't be read or written.
        ConflictError: Another process holds the file.
    """
    if not reason.strip():
        raise InputError("a reason is needed: it is what the next reader has", where=FILE)
    unique = {finding.fingerprint: finding for finding in findings}
    new = tuple(
        Acceptance(skill, fingerprint, f.kind, f.what, f.path, f.evidence, by, at, reason.strip())
        for fingerprint, f in unique.items()
    )

    def change(old: tuple[Acceptance, ...]) -> list[Acceptance]:
        return [one for one in old if one.skill != skill or one.fingerprint not in unique] + list(new)

    _rewrite(root, change)
    return new


def withdraw(root: Path, skill: str, fingerprints: Collection[str]) -> tuple[Acceptance, ...]:
    """Take acceptances back, so that their findings are open again; gives them. Raises as `accept`."""
    gone: list[Acceptance] = []

    def change(old: tuple[Acceptance, ...]) -> list[Acceptance]:
        gone[:] = [one for one in old if one.skill == skill and one.fingerprint in fingerprints]
        return [one for one in old if one not in gone]

    _rewrite(root, change)
    return tuple(gone)


def _rewrite(root: Path, change: Callable[[tuple[Acceptance, ...]], list[Acceptance]]) -> None:
    """Read, change and write the file; as in git, a file beside it that only one can make keeps others away."""
    folder = _open_folder(root)
    try:
        lock = _lock(folder)
        try:
            entries = sorted(
                change(read_accepted(root)), key=lambda one: (one.skill, one.path, one.kind, one.what, one.fingerprint)
            )
            with os.fdopen(lock, "wb") as beside:
                beside.write(_document(entries).encode("utf-8", "replace"))
                beside.flush()
                os.fsync(beside.fileno())
            os.rename("accepted.yaml.lock", "accepted.yaml", src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            os.unlink("accepted.yaml.lock", dir_fd=folder)
            raise
    except OSError as error:
        raise InputError(f"it can't be written: {error.strerror}", where=FILE) from error
    finally:
        os.close(folder)


def _open_folder(root: Path) -> int:
    """The library's `.workbench`, made where there is none; a link is refused, because it may lead outside."""
    real = os.path.realpath(root)
    try:
        at = os.open(real, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with suppress(FileExistsError):
                os.mkdir(FOLDER, dir_fd=at)
            return os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
        finally:
            os.close(at)
    except OSError as error:
        what = f"the folder for it can't be used: {error.strerror}"
        raise InputError(what, where=visible(f"{root}/{FOLDER}")) from error


def _lock(folder: int) -> int:
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return os.open("accepted.yaml.lock", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
        except FileExistsError as error:
            if time.monotonic() > end:
                raise ConflictError(
                    "another process is writing it",
                    where=FILE,
                    remedy=f"try again; if nothing runs, remove {FILE}.lock",
                ) from error
            time.sleep(0.02)


def _document(entries: Sequence[Acceptance]) -> str:
    import yaml

    data: dict[str, Any] = {"schema": 1, "accepted": [one.to_json() for one in entries]}
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return _HEAD + str(yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True, width=10_000))
