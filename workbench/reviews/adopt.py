"""Adopting: all agents' skills copied into one personal git library, as one baseline, "as found, unread".

Nothing is moved or changed where it was found. A skill that was adopted before is copied again only while the library's
copy is still as it was adopted; one that was changed here is reported instead.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from workbench.config import expanded
from workbench.errors import InputError
from workbench.git import GitError, Identity, Repository, named
from workbench.reviews import ledger, records
from workbench.reviews.ledger import read_ledger
from workbench.reviews.trees import current_trees, trees_at
from workbench.reviews.verdicts import digest_of, encodable
from workbench.skills.clients import user_folders
from workbench.skills.discovery import find
from workbench.skills.model import ROOT_ID, SKILL_FILE, Skipped
from workbench.skills.reader import read
from workbench.skills.treehash import tree_of_folder
from workbench.text import decode, plural, visible

_FROM_STDIN = ("--pathspec-from-file=-", "--pathspec-file-nul")
BASELINE_REASON = "as found, unread"

AGENT_FOLDERS: tuple[tuple[str, str], ...] = user_folders()
"""Each agent's folder of user skills, relative to the home folder."""


@dataclass(frozen=True, slots=True)
class Source:
    """A folder to adopt skills from, and the label their copies are filed under."""

    label: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Adopted:
    """One skill that was found, where its copy is, and the outcome: `new`, `updated`, `same` or `changed here`."""

    path: str
    origin: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """What an adoption did.

    Attributes:
        library: The personal library.
        commit: The commit of the copies; None if nothing was new.
        skipped: What was not copied, with the reason.
    """

    library: Path
    skills: tuple[Adopted, ...]
    commit: str | None
    baseline: str | None
    skipped: tuple[Skipped, ...]


def agent_sources(home: Path) -> tuple[Source, ...]:
    """The agents' folders that exist under a home folder; one that is a link to another is listed once."""
    found: dict[str, Source] = {}
    for label, relative in AGENT_FOLDERS:
        folder = home / relative
        if folder.is_dir():
            found.setdefault(os.path.realpath(folder), Source(label, folder))
    return tuple(found.values())


def source_of(folder: Path, home: Path) -> Source:
    """A folder that the user named, filed under its agent's label if it is an agent's, else under its own name.

    Raises:
        InputError: There is no such folder.
    """
    folder = expanded(folder)
    if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
        raise InputError("there is no such folder", where=visible(str(folder)))
    for source in agent_sources(home):
        if os.path.realpath(source.folder) == os.path.realpath(folder):
            return source
    name = folder.parent.name if folder.name == "skills" else folder.name
    return Source(name.lstrip(".") or "adopted", folder)


def adopt(library: Path, sources: Sequence[Source], now: datetime) -> Adoption:
    """Copy the skills of `sources` into the library (made if missing), commit them and record the baseline.

    Raises:
        InputError: git is missing or does not know who the user is, or the library can't be written.
    """
    repository = _open_library(library)
    who = repository.identity()
    found, skipped = _collect(sources)
    outcomes = _copy(repository, found, skipped)
    refused = _stage(repository, [done for done in outcomes if done.outcome in ("new", "updated")], skipped)
    outcomes = _as_stored(repository, [done for done in outcomes if done not in refused])
    fresh = [done for done in outcomes if done.outcome in ("new", "updated")]
    if not fresh:
        return Adoption(library, tuple(outcomes), None, None, tuple(skipped))
    commit = _commit(repository, [done.path for done in fresh], who)
    baseline = _record_baseline(repository, fresh, who, now)
    return Adoption(library, tuple(outcomes), commit, baseline, tuple(skipped))


@dataclass(frozen=True, slots=True)
class _Found:
    """A skill to copy: its id in the library, its folder, and every place it was found at."""

    path: str
    folder: Path
    origins: tuple[str, ...]


def _open_library(library: Path) -> Repository:
    if not (library / ".git").exists():
        return Repository.create(library)
    repository = Repository.discover(library)
    if repository is None:
        raise InputError("the library is not a git repository", where=str(library))
    return repository


def _collect(sources: Sequence[Source]) -> tuple[list[_Found], list[Skipped]]:
    """The skills of all sources; the same bytes under the same name are one skill with several origins."""
    found: dict[tuple[str, str], _Found] = {}
    taken: set[str] = set()
    skipped: list[Skipped] = []
    for source in sources:
        for name, folder in _skills_of(source, skipped):
            if encodable(name) != name:
                skipped.append(Skipped(str(folder), "its name is not UTF-8, so no record can name it"))
                continue
            tree = tree_of_folder(folder)
            key = (name, tree)
            if key in found:
                same = found[key]
                found[key] = _Found(same.path, same.folder, (*same.origins, str(folder)))
                continue
            path = f"skills/{source.label}/{name}"
            if path in taken:
                skipped.append(Skipped(str(folder), f"another skill is filed as {path}"))
                continue
            taken.add(path)
            found[key] = _Found(path, folder, (str(folder),))
    return list(found.values()), skipped


def _skills_of(source: Source, skipped: list[Skipped]) -> Iterator[tuple[str, Path]]:
    """Each skill of a source: its path below the source, and its folder (links to skills elsewhere are followed)."""
    inside = find(source.folder)
    for id_ in inside.ids:
        yield (source.folder.name, source.folder) if id_ == ROOT_ID else (id_, source.folder / id_)
    for id_, problem in inside.blocked:
        folder = source.folder / id_
        # An installer's usual layout: the agent's folder holds links to one shared copy elsewhere.
        if folder.is_symlink() and (folder / SKILL_FILE).is_file():
            yield id_, folder.resolve()
        else:
            skipped.append(Skipped(str(folder), problem.message))
    skipped += [Skipped(str(source.folder / one.path), one.reason) for one in inside.skipped]


def _copy(repository: Repository, found: Sequence[_Found], skipped: list[Skipped]) -> list[Adopted]:
    ids = [one.path for one in found]
    head = repository.head()
    committed = trees_at(repository, head, ids) if head else {}
    existing = [id_ for id_ in ids if (repository.root / id_).exists()]
    with current_trees(repository, existing) as current:
        here = dict(current.trees)
    baselines = {r.path: r.tree for r in read_ledger(repository).records if r.verdict == "baseline"}
    outcomes = []
    for one in found:
        origin = ", ".join(one.origins)
        target = repository.root / one.path
        if here.get(one.path) == tree_of_folder(one.folder) and one.path in committed:
            outcomes.append(Adopted(one.path, origin, "same"))
        elif target.exists() and here.get(one.path) != baselines.get(one.path):
            outcomes.append(Adopted(one.path, origin, "changed here"))
        else:
            outcome = "updated" if one.path in existing else "new"
            try:
                _replace_folder(one.folder, target)
            except (OSError, shutil.Error) as error:
                skipped.append(Skipped(str(one.folder), f"it can't be copied: {visible(str(error))[:200]}"))
                continue
            outcomes.append(Adopted(one.path, origin, outcome))
    return outcomes


def _replace_folder(source: Path, target: Path) -> None:
    """Copy a folder beside its place and put it there; links stay links, `.git` is left out."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.adopting")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(source, fresh, symlinks=True, ignore=_only_storable)
    if target.exists():
        shutil.rmtree(target)
    fresh.rename(target)


def _only_storable(folder: str, names: list[str]) -> list[str]:
    """What git can't keep: its own folder, and pipes, sockets and devices."""
    odd = [name for name in names if not _is_storable(Path(folder, name))]
    return [*odd, ".git"]


def _is_storable(path: Path) -> bool:
    return path.is_symlink() or path.is_file() or path.is_dir()


def _stage(repository: Repository, copies: Sequence[Adopted], skipped: list[Skipped]) -> list[Adopted]:
    """Stage the copies; gives those that git refuses, whose folders are removed again."""
    try:
        _add(repository, [one.path for one in copies])
    except GitError:
        pass  # which of them git refuses is known once each is tried alone
    else:
        return []
    refused = []
    for one in copies:
        try:
            _add(repository, [one.path])
        except GitError as error:
            refused.append(one)
            shutil.rmtree(repository.root / one.path, ignore_errors=True)
            why = visible(error.stderr.partition("\n")[0].removeprefix("error: "))
            skipped.append(Skipped(one.origin, f"git can't store it: {why}"))
    return refused


def _as_stored(repository: Repository, outcomes: Sequence[Adopted]) -> list[Adopted]:
    """The outcomes by what git stores: a copy that only looked different, for line ends say, is the same."""
    ids = [one.path for one in outcomes]
    head = repository.head()
    before = trees_at(repository, head, ids) if head else {}
    after = trees_at(repository, decode(repository.run("write-tree")).strip(), ids)
    return [
        replace(one, outcome="same")
        if one.outcome == "updated" and before.get(one.path) == after.get(one.path)
        else one
        for one in outcomes
    ]


def _add(repository: Repository, paths: Sequence[str]) -> None:
    repository.run("--literal-pathspecs", "add", "-A", "-f", *_FROM_STDIN, stdin=_listing(paths))


def _listing(paths: Sequence[str]) -> bytes:
    return b"\0".join(os.fsencode(path) for path in paths)


def _commit(repository: Repository, paths: Sequence[str], who: Identity) -> str:
    """Commit exactly these folders, whatever else the user has staged."""
    message = f"Adopt {plural(len(paths), 'skill')} as found\n"
    repository.run(
        "--literal-pathspecs", "commit", "--quiet", "--no-verify", "--no-gpg-sign", "-m", message, *_FROM_STDIN,
        stdin=_listing(paths), env=named(who),
    )  # fmt: skip
    return repository.head() or ""


def _record_baseline(repository: Repository, adopted: Sequence[Adopted], who: Identity, now: datetime) -> str:
    """One commit with one baseline record for each skill."""
    head = repository.head()
    trees = trees_at(repository, head or "HEAD", [one.path for one in adopted])
    files: dict[str, bytes] = {}
    for one in adopted:
        skill = read(repository.root, one.path)
        tree = trees[one.path]
        fields = {
            "schema": records.SCHEMA,
            "path": one.path,
            "skill": skill.name,
            "library": repository.roots()[0],
            "tree": tree,
            "digest": digest_of(repository, tree),
            "commit": head,
            "base": None,
            "version": skill.version,
            "policy": repository.resolve("HEAD:.workbench"),
            "verdict": "baseline",
            "answers": [],
            "reviewer": {"name": who.name, "email": who.email},
            "via": "cli",
            "reason": BASELINE_REASON,
            "comments": [],
            "checks": {},
            "origin": visible(one.origin),
            "at": records.timestamp(now),
        }
        data = records.encode(fields)
        files[records.file_path(one.path, tree, now, data)] = data
    message = f"Baseline of {plural(len(adopted), 'skill')}: {BASELINE_REASON}\n\nVerdict: baseline\n"
    return ledger.append(repository, files, list(trees.values()), message, who, now)
