"""Base, mine and theirs of a skill brought together, file by file; git merges the lines.

What can't be merged is a conflict: in a text file it is marked as git marks it; of any other file mine stays, and
theirs is put beside it as `<name>.theirs`. An installer's metadata in a SKILL.md is folded first (`folding`) and not
brought back.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from workbench.git import RunGit
from workbench.reviews.folding import carries_metadata, folded_file, respelled
from workbench.skills.contents import Content, Contents
from workbench.skills.model import SKILL_FILE

How = Literal["theirs", "merged", "removed", "conflict"]

MAX_MERGED = 4 << 20


@dataclass(frozen=True, slots=True)
class MergedFile:
    """One file that is not as mine: what became of it, and why where it is a conflict."""

    path: str
    how: How
    why: str = ""


@dataclass(frozen=True, slots=True)
class Merge:
    """The files that came of a merge, and what happened to each that is not as mine.

    Attributes:
        folded: Whether an installer's metadata was taken out of a SKILL.md.
    """

    contents: Contents
    files: tuple[MergedFile, ...]
    folded: bool

    @property
    def conflicts(self) -> tuple[MergedFile, ...]:
        """The files that a person has to settle."""
        return tuple(file for file in self.files if file.how == "conflict")


def merge(run: RunGit, base: Contents | None, mine: Contents, theirs: Contents, label: str) -> Merge:
    """Mine with what changed from base to theirs; without a base every difference is a conflict.

    Args:
        run: Runs git; only `merge-file` on files of a scratch folder.
        label: What the conflict marks call theirs.
    """
    unfolded = without_metadata(base or {}, mine, theirs)
    started = dict(mine)
    known, mine, theirs = unfolded if base is not None else (None, *unfolded[1:])
    result: dict[str, Content] = {}
    files: list[MergedFile] = []
    for path in sorted({*(known or {}), *mine, *theirs}):
        for at, content, file in _merge_file(run, path, known, mine.get(path), theirs.get(path), label):
            if content is not None:
                result[at] = content
            if file is not None:
                files.append(file)
    folded = any(carries_metadata(one.data) for path, one in started.items() if _is_skill_file(path))
    placed = _apart(result, mine, files)
    return Merge(placed, tuple(files), folded)


_Outcome = tuple[str, Content | None, MergedFile | None]


def _merge_file(
    run: RunGit, path: str, known: Contents | None, mine: Content | None, theirs: Content | None, label: str
) -> Iterator[_Outcome]:
    """What comes of one path: (path, content, what happened), content None where nothing stays there."""
    base = known.get(path) if known is not None else None
    if mine == theirs or (known is not None and theirs == base):
        yield path, mine, None
    elif known is not None and mine == base:
        yield path, theirs, MergedFile(path, "theirs" if theirs else "removed")
    elif mine is not None and theirs is not None:
        yield from _merge_both(run, path, base, mine, theirs, label)
    elif mine is not None:
        lost = MergedFile(path, "conflict", "changed here, removed there; it stays")
        yield path, mine, lost if known is not None else None
    elif base is not None:
        beside = f"{path}.theirs"
        why = f"removed here, changed there; theirs is {PurePosixPath(beside).name}"
        yield beside, theirs, MergedFile(path, "conflict", why)
    else:
        yield path, theirs, MergedFile(path, "theirs")


def _merge_both(
    run: RunGit, path: str, base: Content | None, mine: Content, theirs: Content, label: str
) -> Iterator[_Outcome]:
    """A path that both changed, or of which no base is known."""
    old = base or Content(mine.mode, b"")
    mode = theirs.mode if mine.mode == old.mode else mine.mode
    sides = (mine, old, theirs)
    if not all(one.mergeable and len(one.data) <= MAX_MERGED for one in sides):
        if mine.data == theirs.data and "120000" not in (mine.mode, theirs.mode):
            yield path, Content(mode, mine.data), MergedFile(path, "merged")
            return
        beside = f"{path}.theirs"
        why = f"both changed it, and its lines can't be merged; theirs is {PurePosixPath(beside).name}"
        yield path, mine, MergedFile(path, "conflict", why)
        yield beside, theirs, None
        return
    data, conflicts = _merge_lines(run, mine.data, old.data, theirs.data, label)
    if conflicts:
        why = "both changed the same lines" if base else "what it was taken from is not known"
        yield path, Content(mode, data), MergedFile(path, "conflict", why)
    else:
        merged = Content(mode, data)
        yield path, merged, MergedFile(path, "merged") if merged != mine else None


def _merge_lines(run: RunGit, mine: bytes, base: bytes, theirs: bytes, label: str) -> tuple[bytes, bool]:
    """The merged lines, and whether there are conflicts marked in them."""
    with tempfile.TemporaryDirectory(prefix="workbench-merge-") as scratch:
        files = [Path(scratch, name) for name in ("mine", "base", "theirs")]
        for file, data in zip(files, (mine, base, theirs), strict=True):
            file.write_bytes(data)
        merge_file = ("-c", "merge.conflictStyle=merge", "merge-file", "-p")
        ours, others = (run(*merge_file, side, *map(str, files)) for side in ("--ours", "--theirs"))
        if ours == others:
            return ours, False  # where there is no conflict, it makes no difference who would win one
        labels = ("-L", "mine", "-L", "base", "-L", label)
        return run(*merge_file, *labels, *map(str, files), ok=range(128)), True


def _apart(result: Mapping[str, Content], mine: Contents, files: list[MergedFile]) -> dict[str, Content]:
    """No name is a file and a folder at once: where one side made it the other, theirs is put beside mine."""
    placed: dict[str, Content] = {}
    folders = {str(parent) for path in result for parent in PurePosixPath(path).parents}
    for path, content in result.items():
        above = next((str(parent) for parent in PurePosixPath(path).parents if str(parent) in result), None)
        at = path
        if path in folders and path not in mine:
            at = f"{path}.theirs"
        elif above is not None and above in mine:
            at = f"{above}.theirs{path[len(above) :]}"
        if at != path:
            files.append(
                MergedFile(path, "conflict", "a file on one side, a folder on the other; theirs is beside mine")
            )
        placed[at] = content
    return placed


def without_metadata(base: Contents, mine: Contents, theirs: Contents) -> tuple[Contents, Contents, Contents]:
    """Base, mine and theirs with each SKILL.md as its author spelt it, and no bit that an installer set on a script."""
    sides = [dict(base), dict(mine), dict(theirs)]
    for path in [path for path in mine if _is_skill_file(path)]:
        _unfold(sides, path)
    if any(carries_metadata(one.data) for path, one in mine.items() if _is_skill_file(path)):
        for path, one in mine.items():
            other = base.get(path) or theirs.get(path)
            if "scripts" in path.split("/")[:-1] and one.mode == "100755" and other and other.mode == "100644":
                sides[1][path] = replace(sides[1][path], mode="100644")
    return sides[0], sides[1], sides[2]


def _unfold(sides: list[dict[str, Content]], path: str) -> None:
    """Take an installer's metadata out of one SKILL.md of all sides.

    Where its values are those of another side's, it is spelt as that one; else all sides are compared in one spelling.
    """
    here = [side for side in sides if path in side and side[path].mergeable]
    carrying = [side for side in here if carries_metadata(side[path].data)]
    if not carrying:
        return
    likes = [side[path].data for side in (sides[0], sides[2], sides[1]) if side in here and side not in carrying]
    spelt = [respelled(side[path].data, likes) for side in carrying]
    if all(data is not None for data in spelt):
        for side, data in zip(carrying, spelt, strict=True):
            side[path] = replace(side[path], data=data or b"")
    else:
        for side in here:
            side[path] = replace(side[path], data=folded_file(side[path].data))


def _is_skill_file(path: str) -> bool:
    return PurePosixPath(path).name == SKILL_FILE
