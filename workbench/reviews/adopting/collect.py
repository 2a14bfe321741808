"""Reading sources: each skill of each source as a folder that can be copied."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import InputError
from workbench.reviews.adopting import archives, prompts, toolweaver
from workbench.reviews.adopting.model import Findings, Found, NewFile, Source, Version
from workbench.reviews.verdicts import encodable
from workbench.skills.discovery import find
from workbench.skills.files import walk
from workbench.skills.frontmatter import parse
from workbench.skills.model import ROOT_ID, SKILL_FILE
from workbench.skills.treehash import tree_of_folder
from workbench.skills.writing import valid_name
from workbench.text import plural, visible

OnSource = Callable[[Source], None]
"""Called with each source before it is read; may raise to end the work."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A skill of one source: the path it wants below the source's label, its folder, and where it comes from."""

    name: str
    folder: Path
    origin: str
    versions: tuple[Version, ...] = ()


def collect(
    sources: Sequence[Source], scratch: Path, findings: Findings, on_source: OnSource = lambda _: None
) -> list[Found]:
    """The skills of all sources; the same bytes under the same name are one skill with several origins.

    Args:
        sources: What to read.
        scratch: An empty folder, in which archives are unpacked and other forms converted.
        findings: Gets what is left out.
        on_source: See `OnSource`.

    Raises:
        InputError: A source can't be read, no skill of any can be, or an archive is refused.
    """
    found: dict[tuple[str, str], Found] = {}
    taken: set[str] = set()
    first: InputError | None = None
    for number, source in enumerate(sources):
        on_source(source)
        room = scratch / str(number)
        room.mkdir()
        for one in _candidates(source, room, findings):
            if encodable(one.name) != one.name:
                findings.skip(one.origin, "its name is not UTF-8, so no record can name it")
                continue
            try:
                tree = tree_of_folder(one.folder)
            except InputError as error:
                first = first or error
                findings.skip(one.origin, f"{error.what}{f' ({error.where})' if error.where else ''}")
                continue
            key = (one.name, tree)
            if key in found:
                same = found[key]
                found[key] = Found(same.path, same.folder, (*same.origins, one.origin), same.kind, same.versions)
                continue
            path = f"skills/{source.label}/{one.name}"
            if path in taken:
                findings.skip(one.origin, f"another skill is filed as {path}")
                continue
            taken.add(path)
            _note_unkept(one, findings)
            found[key] = Found(path, one.folder, (one.origin,), source.kind, one.versions)
    if first is not None and not found:
        raise first
    return list(found.values())


def _note_unkept(one: _Candidate, findings: Findings) -> None:
    """Say what of a skill git can't keep: a pipe, a socket, a device."""
    with contextlib.suppress(InputError):
        for path, entry in walk(str(one.folder)):
            if not entry.is_symlink() and not entry.is_file(follow_symlinks=False):
                findings.skip(f"{one.origin}/{path}", "neither a file nor a link, so git can't keep it")


def _candidates(source: Source, scratch: Path, findings: Findings) -> Iterator[_Candidate]:
    if source.kind == "archive":
        return _of_archive(source, scratch, findings)
    if source.kind == "toolweaver":
        return _of_store(source, scratch, findings)
    if source.kind == "prompts":
        return _of_prompts(source, scratch, findings)
    return _of_folder(source, findings)


def _of_folder(source: Source, findings: Findings) -> Iterator[_Candidate]:
    """Each skill of a folder, under its path in it; links to skills elsewhere are followed."""
    inside = find(source.path)
    for id_ in inside.ids:
        folder = source.path if id_ == ROOT_ID else source.path / id_
        yield _Candidate(source.path.name if id_ == ROOT_ID else id_, folder, str(folder))
    for id_, problem in inside.blocked:
        folder = source.path / id_
        # An installer's usual layout: the agent's folder holds links to one shared copy elsewhere.
        if folder.is_symlink() and (folder / SKILL_FILE).is_file():
            yield _Candidate(id_, folder.resolve(), str(folder))
        else:
            findings.skip(str(folder), problem.message)
    for one in inside.skipped:
        findings.skip(str(source.path / one.path), one.reason)


def _of_archive(source: Source, scratch: Path, findings: Findings) -> Iterator[_Candidate]:
    """Each skill of an archive: one folder, several, or files at the top."""
    unpacked = scratch / "unpacked"
    unpacked.mkdir()
    where = str(source.path)
    if litter := archives.unpack(source.path, unpacked):
        findings.skip(where, f"{plural(litter, 'entry', 'entries')} that only macOS needs")
    inside = find(unpacked)
    if not inside.ids and not inside.blocked:
        remedy = f"it has to hold a {SKILL_FILE}, at the top or in a folder"
        raise InputError("there is no skill in the archive", where=visible(where), remedy=remedy)
    for id_ in inside.ids:
        if id_ == ROOT_ID:
            yield _Candidate(_name_at_top(unpacked, source.path), unpacked, where)
        else:
            yield _Candidate(id_, unpacked / id_, f"{where}: {id_}")
    for id_, problem in inside.blocked:
        findings.skip(f"{where}: {id_}", problem.message)
    for one in inside.skipped:
        findings.skip(f"{where}: {one.path}", one.reason)


def _of_store(source: Source, scratch: Path, findings: Findings) -> Iterator[_Candidate]:
    """Each skill of a ToolWeaver store, with its versions."""
    for one in toolweaver.convert(source.path, findings):
        folder = scratch / one.name
        _write(folder, one.versions[-1].files)
        yield _Candidate(one.name, folder, one.origin, one.versions)


def _of_prompts(source: Source, scratch: Path, findings: Findings) -> Iterator[_Candidate]:
    """Each prompt template of a file or folder."""
    count = 0
    for one in prompts.convert(source.path, findings):
        count += 1
        folder = scratch / one.name
        _write(folder, one.files)
        yield _Candidate(one.name, folder, one.origin)
    if not count:
        why = f": {findings.skipped[-1].reason}" if findings.skipped else ""
        what = f"there is no prompt template here that can be used{why}"
        raise InputError(what, where=visible(str(source.path)))


def _write(folder: Path, contents: Mapping[str, NewFile]) -> None:
    for path, new in contents.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(new.data)
        file.chmod(0o755 if new.executable else 0o644)


def _name_at_top(unpacked: Path, archive: Path) -> str:
    """What a skill is called whose files have no folder: as it says itself, else as the archive."""
    said = parse((unpacked / SKILL_FILE).read_bytes()[: 1 << 20]).values.get("name")
    name = valid_name(said) if isinstance(said, str) and valid_name(said) == said else valid_name(archive.stem)
    return name or "skill"
