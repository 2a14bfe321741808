"""Reading a ToolWeaver store: `manifest.json`, the code it names, and the versions archived beside it.

The format, as ToolWeaver's `skill_library.py` writes it: `skills` is a list with one entry for each skill or version,
the last of a name being the current one; `code_path` is the absolute path it had when it was written;
`version_history` maps names to versions; the code of an older version is `<name>_<version>.py`. Nothing of it is
trusted or run.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from workbench.errors import InputError
from workbench.reviews.adopting.model import Findings
from workbench.reviews.adopting.sources import MAX_STORE_FILE, STORE_FILE
from workbench.reviews.verdicts import encodable
from workbench.skills import files
from workbench.text import plural, truncate, visible

MAX_SKILLS = 2_000
MAX_VERSIONS = 500
MAX_CODE = 1 << 20
MAX_NAME = 200
MAX_DEPTH = 64

_VERSION = re.compile(r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?((?:[-+][0-9A-Za-z.+-]{1,40})?)")
_IN_FILE_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,63}")
_SHOWN_FILES = 20
_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version of a stored skill.

    Attributes:
        version: As a semantic version; None where the store gives none that is one.
        tagged: Whether the version is this code's alone, so that a tag may name it.
        code: The Python file, as it is.
        entry: The manifest's entry for this version, or the skill's current one where it has none.
        own_entry: Whether the entry is this version's own.
        at: When it was made; None where the store does not say.
    """

    version: str | None
    code: bytes
    entry: Mapping[str, Any]
    own_entry: bool
    at: datetime | None = None
    tagged: bool = True


@dataclass(slots=True)
class StoredSkill:
    """One skill of a store, its versions oldest first, the current one last."""

    name: str
    origin: str
    versions: list[StoredVersion] = field(default_factory=list)


def read_store(folder: Path, findings: Findings) -> list[StoredSkill]:
    """Every skill of a store whose code is there; `findings` gets what is not, and why.

    Raises:
        InputError: The manifest can't be read, or is no manifest.
    """
    manifest = _manifest(folder)
    entries = _by_name(folder, manifest["skills"], findings)
    history = manifest.get("version_history")
    if history is not None and not isinstance(history, dict):
        findings.skip(str(folder / STORE_FILE), "version_history is not a mapping, so older versions are not known")
    known: Mapping[str, Any] = history if isinstance(history, dict) else {}
    used: set[str] = set()
    skills = []
    for name, own in entries.items():
        skill = _Reader(folder, name, own, known.get(name), findings, used).read()
        if skill is not None:
            skills.append(skill)
    for name in [name for name in known if name not in entries][:_SHOWN_FILES]:
        findings.skip(f"{folder}: {_short(name)}", "version_history names it, but it is not among the skills")
    _report_strays(folder, used, findings)
    return skills


def semantic(value: Any) -> str | None:
    """A version as three numbers and what follows them; None where it is nothing like one."""
    text = value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
    match = None if isinstance(value, bool) else _VERSION.fullmatch(text.strip()[:80])
    if match is None:
        return None
    numbers = ".".join(str(int(part or 0)) for part in match.groups()[:3])
    return f"{numbers}{match.group(4)}"


def order(version: str) -> tuple[tuple[int, ...], bool, str]:
    """The order of semantic versions: by number, and what leads up to a version before the version itself."""
    numbers, _, rest = version.partition("-")
    return tuple(int(part) for part in numbers.partition("+")[0].split(".")), not rest, rest


def moment(value: Any) -> datetime | None:
    """A moment that a store gives, as ISO 8601 or as seconds since 1970; None where it can't be one."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value[:64].strip())
            found = found if found.tzinfo else found.astimezone()
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value, UTC)
        else:
            return None
        return found if _FIRST <= found < _LAST else None
    except (ValueError, OverflowError, OSError):
        return None


def safe_name(name: str) -> str:
    """The name that the store's files go by."""
    return "".join(char for char in name if char.isalnum() or char in "-_")


def _manifest(folder: Path) -> dict[str, Any]:
    where = visible(str(folder / STORE_FILE))
    try:
        data = files.read_inside(folder, STORE_FILE, MAX_STORE_FILE + 1)
    except FileNotFoundError as error:
        raise InputError("there is no manifest.json, so this is no ToolWeaver store", where=where) from error
    except OSError as error:
        raise InputError(f"the manifest can't be read: {error.strerror}", where=where) from error
    if len(data) > MAX_STORE_FILE:
        raise InputError(f"the manifest is larger than {MAX_STORE_FILE >> 20} MiB and is not read", where=where)
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=str)
    except UnicodeDecodeError as error:
        raise InputError(f"the manifest is not UTF-8 (byte {error.start})", where=where) from error
    except json.JSONDecodeError as error:
        what = f"{error.msg[:1].lower()}{error.msg[1:]}"
        raise InputError(f"the manifest is not JSON: {what}", where=f"{where}:{error.lineno}:{error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise InputError("the manifest is not JSON that can be read: it nests too deep, or has too large numbers",
                         where=where) from error  # fmt: skip
    if not isinstance(value, dict) or not isinstance(value.get("skills"), list):
        raise InputError("the manifest has to be a mapping with a list 'skills'", where=where)
    if _too_deep(value):
        raise InputError(f"the manifest nests deeper than {MAX_DEPTH} levels", where=where)
    return value


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for one in level
            if isinstance(one, dict | list)
            for item in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _by_name(folder: Path, entries: list[Any], findings: Findings) -> dict[str, list[Mapping[str, Any]]]:
    """The entries of each name, in their order."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for number, entry in enumerate(entries[:MAX_SKILLS], start=1):
        where = f"{folder / STORE_FILE}: entry {number}"
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(entry, dict):
            findings.skip(where, "it is not a mapping")
        elif not isinstance(name, str) or not name.strip():
            findings.skip(where, "it has no name, or one that is not text")
        elif len(name) > MAX_NAME:
            findings.skip(where, f"its name has more than {MAX_NAME} characters")
        else:
            if any(one.get("version") == entry.get("version") for one in found.get(name, ())):
                findings.skip(where, f"an entry before it has the same name and version: '{_short(name)}'")
            found.setdefault(name, []).append(entry)
    if len(entries) > MAX_SKILLS:
        findings.skip(str(folder / STORE_FILE), f"only the first {MAX_SKILLS:,} of {len(entries):,} entries are read")
    return found


@dataclass(slots=True)
class _Reader:
    """One skill while it is read."""

    folder: Path
    name: str
    entries: list[Mapping[str, Any]]
    history: Any
    findings: Findings
    used: set[str]

    @property
    def origin(self) -> str:
        return f"{self.folder}: {self.name}"

    def read(self) -> StoredSkill | None:
        current = self.entries[-1]
        code = self._current_code(current.get("code_path"))
        version = semantic(current.get("version"))
        if version is None and current.get("version") is not None:
            self._skip(f"its version {_shown(current['version'])} is no semantic version, so it gets no tag")
        archived = self._archived(code, version)
        versions = [self._version(older, archived[older]) for older in sorted(archived, key=order)]
        if code is not None:
            twice = version in archived
            if twice:
                self._skip(f"the store has two texts of version {version}; the archived one gets the tag")
            at = moment(current.get("updated_at")) or moment(current.get("created_at"))
            versions.append(StoredVersion(version, code, current, True, at, not twice))
        if not versions:
            return None
        return StoredSkill(self.name, self.origin, list(_dated(versions, moment(current.get("created_at")))))

    def _version(self, version: str, code: bytes) -> StoredVersion:
        """An archived version, with its own entry where the manifest kept one."""
        own = next((one for one in reversed(self.entries) if semantic(one.get("version")) == version), None)
        current = self.entries[-1]
        at = moment(own.get("updated_at")) if own is not None and own is not current else None
        return StoredVersion(version, code, own or current, own is not None, at)

    def _current_code(self, code_path: Any) -> bytes | None:
        relative = self._relative(code_path)
        if relative is None:
            return None
        return self._read(relative, "its code")

    def _relative(self, code_path: Any) -> str | None:
        """Where the code is in the store; the store may have been moved since the path was written."""
        if code_path is None:
            return f"{safe_name(self.name)}.py"
        if not isinstance(code_path, str) or not code_path or "\0" in code_path or encodable(code_path) != code_path:
            self._skip("its code_path is no path")
            return None
        windows = "\\" in code_path or code_path[1:2] == ":"
        path = PureWindowsPath(code_path) if windows else PurePosixPath(code_path)
        if ".." in path.parts:
            self._skip(f"its code_path {_shown(code_path)} leads out of the store")
            return None
        if not path.is_absolute():
            return path.as_posix()
        if not windows and path.is_relative_to(self.folder):
            return path.relative_to(self.folder).as_posix()
        return path.name

    def _archived(self, code: bytes | None, current: str | None) -> dict[str, bytes]:
        """The code of each older version, by its semantic version."""
        listed = self.history if isinstance(self.history, list) else []
        if self.history is not None and not isinstance(self.history, list):
            self._skip("its version_history is not a list, so older versions are not known")
        if len(listed) > MAX_VERSIONS:
            self._skip(f"only the last {MAX_VERSIONS} of its {len(listed):,} versions are read")
        found: dict[str, bytes] = {}
        for raw in [*listed[-MAX_VERSIONS:], *(entry.get("version") for entry in self.entries[:-1][-MAX_VERSIONS:])]:
            version = semantic(raw)
            if version is None:
                self._skip(f"its older version {_shown(raw)} is no semantic version and is left out")
            elif version not in found and (data := self._old_code(raw, version, current)) is not None:
                found[version] = data
        if current in found and found[current] == code:
            del found[current]
        return found

    def _old_code(self, raw: Any, version: str, current: str | None) -> bytes | None:
        """The archived code of a version; None where there is none, which for the current one is as it should be."""
        name = f"{safe_name(self.name)}_{raw}.py"
        if not _IN_FILE_NAME.fullmatch(str(raw)):
            self._skip(f"its version {_shown(raw)} can't be part of a file's name")
            return None
        return self._read(name, f"the code of version {version}", needed=version != current)

    def _read(self, relative: str, what: str, *, needed: bool = True) -> bytes | None:
        shown = _short(relative)
        try:
            data = files.read_inside(self.folder, relative, MAX_CODE + 1)
        except FileNotFoundError:
            if needed:
                self._skip(f"{what} is missing: there is no '{shown}' in the store")
            return None
        except (OSError, InputError) as error:
            why = error.what if isinstance(error, InputError) else error.strerror
            self._skip(f"{what} can't be read: '{shown}': {why}")
            return None
        self.used.add(relative)
        if len(data) > MAX_CODE:
            self._skip(f"{what} is larger than {MAX_CODE >> 20} MiB: '{shown}'")
            return None
        return data

    def _skip(self, reason: str) -> None:
        self.findings.skip(self.origin, reason)


def _dated(versions: list[StoredVersion], created: datetime | None) -> Iterator[StoredVersion]:
    """The versions with the best moment known: their own, the skill's first, or that of the version before."""
    before = created
    for one in versions:
        at = one.at or before
        before = at
        yield StoredVersion(one.version, one.code, one.entry, one.own_entry, at, one.tagged)


def _report_strays(folder: Path, used: set[str], findings: Findings) -> None:
    """Python files that no entry names."""
    try:
        strays = sorted(file.name for file in folder.glob("*.py") if file.name not in used)
    except OSError:
        return
    for name in strays[:_SHOWN_FILES]:
        findings.skip(str(folder / name), "nothing that is adopted from the manifest names it")
    if len(strays) > _SHOWN_FILES:
        findings.skip(str(folder), f"{plural(len(strays) - _SHOWN_FILES, 'further file')} that nothing names")


def _shown(value: Any) -> str:
    return f"'{_short(value if isinstance(value, str) else repr(value)[:200])}'"


def _short(text: str) -> str:
    return truncate(visible(text), 60)
