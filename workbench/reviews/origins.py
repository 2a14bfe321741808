"""Where a skill came from: the first that says of what installers and adoptions leave behind.

For a skill of the library: its own `skills-lock.json`, the metadata that `gh skill` writes into SKILL.md, and, for one
that was adopted, the home's `.skill-lock.json` and the baseline. For a folder that an agent reads: the metadata, the
lock files around it, and the git repository it lies in. A credential in an address is neither kept nor shown.
"""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from workbench.errors import WorkbenchError
from workbench.git import Repository
from workbench.reviews.lockfile import (
    HOME_LOCK,
    LOCK_FILE,
    Lock,
    ReadLock,
    changed_lock,
    computed_hash,
    read_lock,
    write_lock,
)
from workbench.reviews.model import Record
from workbench.skills.model import ROOT_ID, SKILL_FILE, Problem, Skill
from workbench.skills.reader import read
from workbench.text import visible

Kind = Literal["github", "git", "local", "archive", "well-known", "unknown"]

MAX_TEXT = 2_000

_HEX = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORTHAND = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://(?:([^/@]*)@)?([^?#]*)", re.IGNORECASE)
_SOURCE_TYPES: Mapping[str, Kind] = {"github": "github", "gitlab": "git", "git": "git", "local": "local",
                                     "archive": "archive", "well-known": "well-known"}  # fmt: skip
_ABOVE = 5


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a skill came from.

    Attributes:
        url: The repository's address without credentials, or the folder or archive on this machine.
        path: The skill's folder in the repository; `.` for its root.
        ref: The branch or tag that was asked for, as it was written.
        revision: The commit it was taken at.
        tree: The tree of the folder there: what a later version is compared and merged with.
        pinned: The user asked to stay at `ref`.
        said_by: What says so: the file, `git remote` or `baseline`.
    """

    kind: Kind
    url: str | None = None
    path: str | None = None
    ref: str | None = None
    revision: str | None = None
    tree: str | None = None
    pinned: bool = False
    said_by: str = ""

    @property
    def label(self) -> str:
        """The address and the path in it, for people; not sanitised."""
        inside = f" {self.path}" if self.path not in (None, ROOT_ID) else ""
        return f"{self.url or 'unknown'}{inside}"

    def to_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return asdict(self)


UNKNOWN = Origin("unknown")


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins of a library's skills by id, and what was wrong with the files that name them."""

    by_id: Mapping[str, Origin]
    problems: tuple[Problem, ...] = ()

    def of(self, skill_id: str) -> Origin:
        """The skill's origin; one of the kind `unknown` where nothing says."""
        return self.by_id.get(skill_id, UNKNOWN)


def read_origins(
    root: Path, skills: Sequence[Skill], *, records: Sequence[Record] = (), home: Path | None = None
) -> Origins:
    """The origins of the library's skills.

    Args:
        records: The library's records; those of a baseline say where a skill was adopted from.
        home: The home folder whose lock file names what was adopted from it; None: it is not looked at.
    """
    lock = read_lock(root)
    home_lock = read_lock(home, HOME_LOCK) if home else Lock(root)
    baselines = {record.path: record for record in records if record.verdict == "baseline" and record.counts}
    owned = _owners(lock, [skill.id for skill in skills])
    found: dict[str, Origin] = {}
    for skill in skills:
        baseline = baselines.get(skill.id)
        said = (
            from_entry(lock.skills[owned[skill.id]], LOCK_FILE) if skill.id in owned else None,
            from_metadata(skill.frontmatter),
            from_entry(home_lock.skills.get(_label(skill.id), {}), HOME_LOCK) if baseline else None,
            _from_baseline(baseline),
        )
        if origin := next((one for one in said if one), None):
            found[skill.id] = origin
    return Origins(found, (*lock.problems, *_shared_names(lock, skills, owned), *home_lock.problems))


def origin_of(folder: Path, *, home: Path | None = None) -> Origin:
    """Where the skill in a folder that an agent reads came from; at least that folder itself.

    Args:
        home: The user's home folder, whose lock file names what is installed below it.
    """
    if said := installed_origin(folder, read(folder, ROOT_ID).frontmatter, home):
        return said
    try:
        remote = _from_remote(folder)
    except WorkbenchError:
        remote = None  # a damaged repository says nothing about where the skill came from
    return remote or Origin("local", url=str(folder), said_by="folder")


def installed_origin(
    folder: Path, frontmatter: Mapping[str, Any], home: Path | None, locks: ReadLock = read_lock
) -> Origin | None:
    """What files say of where an installed copy came from: its metadata, then the lock files around it."""
    return from_metadata(frontmatter) or _from_locks_around(folder, home, locks)


def record_origins(root: Path, origins: Mapping[str, Origin], *, skills: Collection[str] = ()) -> Path | None:
    """Write the origins of these skills (by id) into the library's `skills-lock.json`; gives the file.

    One that is unknown is not written, and None comes back where nothing was. The file is not added to git.

    Args:
        skills: Ids of all skills of the library, so that an entry is filed under a skill's name only where no other
            skill has it; by default those of `origins`.

    Raises:
        ConflictError: The file that is there can't be read.
        InputError: It can't be written.
    """
    lock = read_lock(root)
    data = lock_with(lock, origins, skills=skills, hashes={id_: computed_hash(root / id_) for id_ in origins})
    if data is None:
        return None
    write_lock(lock, data)
    return lock.path


def lock_with(
    lock: Lock, origins: Mapping[str, Origin], *, skills: Collection[str] = (), hashes: Mapping[str, str | None]
) -> bytes | None:
    """The bytes of a lock file with these origins in it; None where none is known. Raises as `record_origins`."""
    known = {id_: origin for id_, origin in origins.items() if origin.kind != "unknown" and origin.url}
    if not known:
        return None
    owned = _owners(lock, [*skills, *known])
    taken = set(lock.skills)
    changes: dict[str, Mapping[str, Any]] = {}
    for id_, origin in sorted(known.items()):
        label = _label(id_)
        alone = sum(_label(other) == label for other in {*skills, *known}) == 1
        name = owned.get(id_) or (label if alone and label not in taken else id_)
        entry = _entry(origin, lock.skills.get(name, {}), hashes.get(id_))
        changes[name] = entry if name == label and alone else {**entry, "libraryPath": id_}
        taken.add(name)
    return changed_lock(lock, changes)


def without_credentials(address: str) -> str:
    """An address without user, password and query; the user of an ssh address stays, because it says where to go."""
    if found := _URL.match(address):
        scheme, user, rest = found.groups()
        name = (user or "").partition(":")[0]
        return f"{scheme}://{name + '@' if name and scheme.lower().endswith('ssh') else ''}{rest}"
    return address


def from_metadata(frontmatter: Mapping[str, Any]) -> Origin | None:
    """What `gh skill` wrote into a SKILL.md's metadata; None where it wrote nothing."""
    metadata = frontmatter.get("metadata")
    if not isinstance(metadata, Mapping):
        return None
    if url := _text(metadata, "github-repo"):
        pinned = _text(metadata, "github-pinned")
        return Origin(
            "github",
            url=_address(url),
            path=_inside(_text(metadata, "github-path")),
            ref=(pinned or _text(metadata, "github-ref")),
            revision=_hex(pinned),
            tree=_hex(_text(metadata, "github-tree-sha")),
            pinned=bool(pinned),
            said_by=SKILL_FILE,
        )
    path = _text(metadata, "local-path")
    return Origin("local", url=path, said_by=SKILL_FILE) if path else None


def from_entry(entry: Mapping[str, Any], said_by: str) -> Origin | None:
    """What an entry of a lock file says; None where it names no source."""
    source = _text(entry, "source")
    address = _text(entry, "sourceUrl") or source
    if not address:
        return None
    kind = _SOURCE_TYPES.get(_text(entry, "sourceType") or "", "unknown")
    pinned = _text(entry, "pinnedRef")
    ref = pinned or _text(entry, "ref")
    return Origin(
        kind,
        url=_address(address) if kind == "github" else without_credentials(address),
        path=_inside(_text(entry, "skillPath")),
        ref=ref,
        revision=_hex(_text(entry, "revision")) or _hex(ref),
        tree=_hex(_text(entry, "tree")) or _hex(_text(entry, "skillFolderHash")),
        pinned=bool(pinned),
        said_by=said_by,
    )


def _entry(origin: Origin, old: Mapping[str, Any], digest: str | None) -> dict[str, Any]:
    """An origin as an entry of `skills-lock.json`, laid over the old one."""
    url = without_credentials(origin.url or "")
    ref = (origin.ref or "").removeprefix("refs/heads/").removeprefix("refs/tags/")
    own: dict[str, Any] = {
        "source": _shorthand(url) if origin.kind == "github" else url,
        "ref": ref or None,
        "sourceType": old.get("sourceType") if _SOURCE_TYPES.get(str(old.get("sourceType"))) == origin.kind
        else origin.kind,
        "computedHash": digest,
        "skillPath": _skill_path(origin.path),
        "sourceUrl": url if origin.kind in ("github", "git", "well-known") else None,
        "pinnedRef": ref if origin.pinned else None,
        "revision": origin.revision,
        "tree": origin.tree,
    }  # fmt: skip
    kept = {key: value for key, value in old.items() if key not in own}
    return {**{key: value for key, value in own.items() if value}, **kept}


def _from_locks_around(folder: Path, home: Path | None, locks: ReadLock) -> Origin | None:
    """What the lock file of a project above says about this folder, or the home's where it is below the home."""
    real_home = Path(os.path.realpath(home)) if home else None
    for above in folder.parents[1:_ABOVE]:
        if real_home and above == real_home:
            break
        if said := from_entry(locks(above, LOCK_FILE).skills.get(folder.name, {}), LOCK_FILE):
            return said
    below_home = (
        home and real_home and any(place in Path(os.path.realpath(folder)).parents for place in (home, real_home))
    )
    if home and below_home:
        return from_entry(locks(home, HOME_LOCK).skills.get(folder.name, {}), HOME_LOCK)
    return None


def _from_remote(folder: Path) -> Origin | None:
    """The repository that a folder lies in and is kept by, where it has a remote; else None."""
    repository = Repository.discover(folder)
    if repository is None or repository.head() is None or repository.ignores(folder):
        return None
    names = repository.run("remote").decode("utf-8", "replace").split()
    name = "origin" if "origin" in names else next(iter(names), None)
    url = name and repository.config(f"remote.{name}.url")
    if not url:
        return None
    inside = os.path.relpath(os.path.realpath(folder), os.path.realpath(repository.root))
    tree = repository.resolve(f"HEAD:{'' if inside == '.' else inside}")
    if tree is None:
        return None
    branch = repository.branch()
    kind: Kind = "github" if _URL.match(url) and "github.com/" in url else "git"
    return Origin(
        kind, without_credentials(url), inside, branch and f"refs/heads/{branch}", repository.head(), tree,
        said_by="git remote",
    )  # fmt: skip


def _from_baseline(record: Record | None) -> Origin | None:
    """Where a skill was adopted from; what was adopted is the tree that its later versions are compared with."""
    if record is None:
        return None
    raw = record.raw.get("origin")
    if isinstance(raw, Mapping) and raw.get("kind") in get_args(Kind) and _text(raw, "url"):
        return Origin(
            raw["kind"],
            url=without_credentials(_text(raw, "url") or ""),
            path=_inside(_text(raw, "path")),
            ref=_text(raw, "ref"),
            revision=_hex(_text(raw, "revision")),
            tree=_hex(_text(raw, "tree")) or record.tree,
            pinned=raw.get("pinned") is True,
            said_by="baseline",
        )
    place = _text(record.raw, "origin")
    # Several places held the same bytes: the first stands for all.
    return Origin("local", place.split(", /")[0], tree=record.tree, said_by="baseline") if place else None


def _owners(lock: Lock, ids: Sequence[str]) -> dict[str, str]:
    """The entry's name for each skill: the one that says its path, else its id, else its folder's name if unshared."""
    labels = [_label(id_) for id_ in dict.fromkeys(ids)]
    said = {_text(entry, "libraryPath"): name for name, entry in lock.skills.items() if "libraryPath" in entry}
    owners = {}
    for id_ in ids:
        label = _label(id_)
        named = label in lock.skills and "libraryPath" not in lock.skills[label] and labels.count(label) == 1
        if name := said.get(id_) or (id_ if id_ in lock.skills else None) or (label if named else None):
            owners[id_] = name
    return owners


def _shared_names(lock: Lock, skills: Sequence[Skill], owned: Mapping[str, str]) -> list[Problem]:
    """The entries that could be any of several skills of one name: none of them is believed."""
    sharing: dict[str, list[str]] = {}
    for skill in skills:
        sharing.setdefault(_label(skill.id), []).append(skill.id)
    return [
        Problem(
            "warning",
            "lock-entry",
            f"the entry '{visible(name)[:80]}' could be {visible(' or '.join(sharing[name][:5]))}, so it is not read",
            path=LOCK_FILE,
            remedy="write the skill's path as 'libraryPath' into the entry",
        )
        for name, entry in lock.skills.items()
        if len(sharing.get(name, ())) > 1 and name not in owned.values() and "libraryPath" not in entry
    ]


def _label(skill_id: str) -> str:
    return skill_id.rpartition("/")[2]


def _text(raw: Mapping[str, Any], key: str) -> str | None:
    """A text of a decent length with nothing in it that would act on a terminal or end a line; else None."""
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        return None
    return value.strip() if all(ord(char) >= 0x20 and ord(char) != 0x7F for char in value) else None


def _hex(value: str | None) -> str | None:
    return value if value and _HEX.fullmatch(value) else None


def _inside(path: str | None) -> str | None:
    """A folder in a repository from what a lock file says (often its SKILL.md); None if it would lead out."""
    if path is None:
        return None
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or "\\" in path or ".." in parts or ".git" in (part.lower() for part in parts):
        return None
    if parts and parts[-1] == SKILL_FILE:
        parts.pop()
    return "/".join(parts) or ROOT_ID


def _skill_path(path: str | None) -> str | None:
    if path is None:
        return None
    return SKILL_FILE if path == ROOT_ID else f"{path}/{SKILL_FILE}"


def _address(said: str) -> str:
    """A repository's address; `owner/name` is one on GitHub."""
    return f"https://github.com/{said}.git" if _SHORTHAND.fullmatch(said) else without_credentials(said)


def _shorthand(url: str) -> str:
    """`owner/name` of a GitHub address; the address itself for another host."""
    found = re.fullmatch(r"https://github\.com/([^/]+/[^/]+?)(?:\.git)?/?", url)
    return found[1] if found else url
