"""What an agent finds in a skill's folder that the skill's tree does not hold: who read the tree did not read that.

A tree names the bytes that git keeps. A link out of the folder, a submodule, a file that git filters, re-encodes or
leaves out lead to others, and no approval of the tree covers them.
"""

import os
import posixpath
import re
import tempfile
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from workbench.git import FEW, GitError, Repository, RunGit, WorkTree, parse_batch, raw_entries
from workbench.reviews.trees import WORKBENCH_FOLDER
from workbench.skills.model import ROOT_ID, SKILL_FILE
from workbench.text import visible

CACHES = frozenset(
    ("__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache", ".hypothesis", ".DS_Store", "Thumbs.db")
)
"""What programs leave behind: where git keeps it out it is shown, and that is all."""

_SHOWN = 3
_MAX_ATTRIBUTES = 1 << 20
_ATTRIBUTES = ("filter", "working-tree-encoding", "ident")
_CONVERTING = re.compile(rb"filter|working-tree-encoding|ident")
_ODD_ENTRY = re.compile(rb"(?:^|\0)(120000|160000) [a-z]+ ([0-9a-f]{40,64})\t([^\0]+)")
_ATTRIBUTE_FILE = re.compile(rb"(?:^|\0)100[0-9]{3} blob ([0-9a-f]{40,64})\t(?:[^\0]*/)?\.gitattributes\0")
_FOLDER = re.compile(rb"\t([^\0]*)/[^\0/]*(?=\0|$)")
_EXPANDED = b"$Id"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one skill's tree does not hold of its folder, one sentence each.

    Attributes:
        beyond: What no approval of the tree can cover, wherever it is checked out.
        left_out: What stands in this work tree and is not in git.
        beside: What is only shown: caches.
    """

    beyond: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def unread(self) -> tuple[str, ...]:
        """What keeps an approved tree from standing for the folder."""
        return self.beyond + self.left_out


COVERED = Coverage()


class _Missed(NamedTuple):
    """One path below a skill that its tree does not cover, and why."""

    skill: str
    path: str
    why: str


_LINK = "leads out of the skill, and what it leads to is not part of what is approved"
_SUBMODULE = "is a submodule, and its files are not in this repository"
_FALLS_IN = "stands in this folder, too, where file systems take names for one that differ in case or accents only"
_LEFT_OUT = "is not kept by git, so nobody read it"
_CACHE = "is a cache that git leaves out, so nobody read it"


def coverage_at(repository: Repository, commit: str, ids: Sequence[str]) -> Mapping[str, Coverage]:
    """What the trees of these skills at a commit do not hold; a skill whose tree is all there is, is left out."""
    if not ids:
        return {}
    wanted = frozenset(ids)
    listing = repository.lasting("ls-tree", "-z", "--full-tree", "-r", commit)
    missed = [*_leading_away(repository.run, listing, wanted), *_falling_in(listing, wanted)]
    if _converts(repository.run, listing, b""):
        with tempfile.TemporaryDirectory(prefix="workbench-index-") as scratch:
            run = partial(repository.run, env={"GIT_INDEX_FILE": str(Path(scratch, "index"))})
            run("read-tree", commit)
            missed += _converted(run, listing, wanted, "--cached")
    return _summed(missed)


def coverage_in(repository: Repository, scratch: WorkTree, ids: Sequence[str]) -> Mapping[str, Coverage]:
    """The same of the work tree, as `scratch` stores these skills, with what git leaves out of it."""
    if not ids:
        return {}
    wanted = frozenset(ids)
    listing = scratch.run("ls-tree", "-r", "-z", "--full-tree", scratch.tree)
    missed = [*_leading_away(scratch.run, listing, wanted)]
    head = repository.head()
    if head is not None and (len(ids) > FEW or _may_fall_in(repository, head, wanted)):
        missed += _falling_in(repository.lasting("ls-tree", "-z", "--full-tree", "-r", head), wanted)
    if _converts(scratch.run, listing, _attributes_around(repository, ids)):
        missed += _converted(scratch.run, listing, wanted)
    return _summed([*missed, *_left_out(scratch, wanted)])


def coverage_between(
    repository: Repository, listing: bytes, ids: Collection[str], ignored: Iterable[bytes]
) -> Mapping[str, Coverage]:
    """The same of skills that the work tree has as HEAD does.

    Args:
        listing: What `git ls-tree -r -z` printed of HEAD.
        ids: The skills.
        ignored: What git leaves out of the work tree; whole folders end with a stroke.
    """
    missed = [*_leading_away(repository.run, listing, ids), *_falling_in(listing, ids)]
    if _converts(repository.run, listing, _attributes_around(repository, ids)):
        missed += _converted(repository.run, listing, ids)
    return _summed([*missed, *_not_kept(ignored, ids)])


def _leading_away(run: RunGit, listing: bytes, ids: Collection[str]) -> Iterator[_Missed]:
    """Links out of a skill, and submodules."""
    odd = [
        (mode, id_.decode(), os.fsdecode(path), skill)
        for mode, id_, path in _ODD_ENTRY.findall(listing)
        for skill in _skills_of(os.fsdecode(path), ids)
    ]
    if not odd:
        return
    links = dict.fromkeys(id_ for mode, id_, _, _ in odd if mode == b"120000")
    targets = dict(parse_batch(run("cat-file", "--batch", stdin="".join(f"{id_}\n" for id_ in links).encode())))
    for mode, id_, path, skill in odd:
        inner = _below(skill, path)
        if mode == b"160000":
            yield _Missed(skill, inner, _SUBMODULE)
        elif _leads_out(inner, os.fsdecode(targets.get(id_, b"/"))):
            yield _Missed(skill, inner, _LINK)


def _falling_in(listing: bytes, ids: Collection[str]) -> Iterator[_Missed]:
    """Files beside a skill that stand in its folder where names are one that differ in case or accents' writing only.

    Another skill of such a name is judged by itself.
    """
    folders = {os.fsdecode(folder) for folder in _FOLDER.findall(listing)}
    every = set(folders)
    for folder in folders:
        while (folder := posixpath.dirname(folder)) and folder not in every:
            every.add(folder)
    if len({_fold(folder) for folder in every}) == len(every):
        return
    folded: dict[str, list[str]] = {}
    for id_ in ids:
        folded.setdefault(_fold(id_), []).append(id_)
    for folder in sorted(every):
        for skill in folded.get(_fold(folder), ()):
            inside = f"\t{folder}/".encode("utf-8", "surrogateescape")
            if skill != folder and inside + SKILL_FILE.encode() + b"\0" not in listing + b"\0":
                first = listing[listing.index(inside) + 1 :].partition(b"\0")[0]
                yield _Missed(skill, os.fsdecode(first), _FALLS_IN)


def _may_fall_in(repository: Repository, head: str, ids: Collection[str]) -> bool:
    """Whether beside any of these skills, or of the folders above them, HEAD has a name that folds to the same."""
    above = {""}
    for id_ in ids:
        while (id_ := posixpath.dirname(id_)) and id_ not in above:
            above.add(id_)
    found = repository.look_up([f"{head}:{folder}" for folder in sorted(above)])
    trees = [id_ for id_, kind in filter(None, found) if kind == "tree"]  # a submodule has another repository's names
    for tree, (_, data) in zip(trees, repository.stream(trees), strict=True):
        names = list(raw_entries(data, len(tree) // 2))
        if len({_fold(os.fsdecode(name)) for name in names}) < len(names):
            return True
    return False


def _fold(path: str) -> str:
    """A path as file systems compare it that ignore case and how accents are written."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path.casefold())


def _leads_out(path: str, target: str) -> bool:
    """Whether a link leads to what the tree does not hold; one that goes back up after going down may, so it does."""
    parts = [part for part in target.split("/") if part not in ("", ".")]
    ups = next((number for number, part in enumerate(parts) if part != ".."), len(parts))
    if target.startswith("/") or ".." in parts[ups:] or ups > path.count("/"):
        return True
    where = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return where.split("/")[0] in (".git", WORKBENCH_FOLDER)


def _converts(run: RunGit, listing: bytes, around: bytes) -> bool:
    """Whether any attribute file may have git change bytes on their way in or out."""
    ids = dict.fromkeys(_ATTRIBUTE_FILE.findall(listing))
    if ids:
        asked = b"".join(id_ + b"\n" for id_ in ids)
        around += b"\n".join(data for _, data in parse_batch(run("cat-file", "--batch", stdin=asked)))
    return _CONVERTING.search(around) is not None


def _attributes_around(repository: Repository, ids: Collection[str]) -> bytes:
    """The attribute files on disk that apply to these skills from outside, which their trees do not show."""
    folders = {""}
    for id_ in ids:
        above = posixpath.dirname(id_)
        while above not in folders:
            folders.add(above)
            above = posixpath.dirname(above)
    places = [repository.root / folder / ".gitattributes" for folder in folders]
    found = []
    for place in (*places, repository.common_dir / "info" / "attributes"):
        try:
            with place.open("rb") as file:
                found.append(file.read(_MAX_ATTRIBUTES))
        except OSError:
            continue
    return b"\n".join(found)


def _converted(run: RunGit, listing: bytes, ids: Collection[str], *options: str) -> Iterator[_Missed]:
    """Files that git filters, re-encodes or fills in, so that agents read other bytes than it keeps."""
    blobs = {}
    for line in listing.split(b"\0"):
        head, _, path = line.partition(b"\t")
        if head.startswith(b"100") and any(_skills_of(os.fsdecode(path), ids)):
            blobs[path] = head.split(b" ")[2]
    said = run("check-attr", *options, "-z", "--stdin", *_ATTRIBUTES, stdin=b"\0".join(blobs)).split(b"\0")
    found: dict[bytes, str] = {}
    expanded = []
    for path, name, value in zip(said[::3], said[1::3], said[2::3], strict=False):
        if value in (b"unspecified", b"unset", b""):
            continue
        if name == b"ident":
            expanded.append(path)
        else:
            found[path] = f"is converted by git ({os.fsdecode(name)}={os.fsdecode(value)}), so agents read other bytes"
    asked = b"".join(blobs[path] + b"\n" for path in expanded)
    contents = dict(parse_batch(run("cat-file", "--batch", stdin=asked))) if expanded else {}
    for path in expanded:
        if _EXPANDED in contents.get(blobs[path].decode(), _EXPANDED):
            found.setdefault(path, "is filled in by git (ident), so agents read other bytes")
    for path, why in found.items():
        for skill in _skills_of(os.fsdecode(path), ids):
            yield _Missed(skill, _below(skill, os.fsdecode(path)), why)


def _left_out(scratch: WorkTree, ids: Collection[str]) -> Iterator[_Missed]:
    """Files of the folders that `git add` leaves out: ignored ones, and those of other repositories."""
    # Where names differ in case only, git may be told to take one for the other.
    options = ("-c", "core.ignoreCase=false", "--literal-pathspecs", "ls-files", "--others", "--directory",
               "--no-empty-directory", "-z", "--")  # fmt: skip
    try:
        said = scratch.run(*options, *(ids if len(ids) <= FEW and ROOT_ID not in ids else ()))
    except GitError:  # one of them lies beyond a link or in another repository, where git does not look
        said = scratch.run(*options)
    yield from _not_kept(said.split(b"\0"), ids)


def _not_kept(paths: Iterable[bytes], ids: Collection[str]) -> Iterator[_Missed]:
    for path in paths:
        name = os.fsdecode(path)
        for skill in _skills_of(name, ids):
            cache = not CACHES.isdisjoint(name.rstrip("/").split("/"))
            yield _Missed(skill, _below(skill, name), _CACHE if cache else _LEFT_OUT)


def _skills_of(path: str, ids: Collection[str]) -> Iterator[str]:
    """The skills whose folders hold a path; the workbench's own folder is not part of a skill at the root."""
    if ROOT_ID in ids and path and not path.startswith(f"{WORKBENCH_FOLDER}/"):
        yield ROOT_ID
    at = path.find("/")
    while at >= 0:
        # The folder itself, which git lists with a stroke at its end, is not in itself.
        if path[:at] in ids and at + 1 < len(path):
            yield path[:at]
        at = path.find("/", at + 1)


def _below(skill: str, path: str) -> str:
    return path if skill == ROOT_ID else path[len(skill) + 1 :]


def _summed(missed: Iterable[_Missed]) -> dict[str, Coverage]:
    """What was missed of each skill, the files with one reason in one sentence."""
    by_skill: dict[str, dict[str, list[str]]] = {}
    for skill, path, why in missed:
        by_skill.setdefault(skill, {}).setdefault(why, []).append(path)
    return {
        skill: Coverage(
            tuple(_sentence(paths, why) for why, paths in reasons.items() if why not in (_LEFT_OUT, _CACHE)),
            tuple(_sentence(paths, why) for why, paths in reasons.items() if why == _LEFT_OUT),
            tuple(_sentence(paths, why) for why, paths in reasons.items() if why == _CACHE),
        )
        for skill, reasons in by_skill.items()
    }


def _sentence(paths: Sequence[str], why: str) -> str:
    more = f" (and {len(paths) - _SHOWN:,} more like it)" if len(paths) > _SHOWN else ""
    return f"{', '.join(visible(path) for path in paths[:_SHOWN])} {visible(why)}{more}"
