"""Versions that a source kept: each one a commit of its own and an annotated tag, oldest first.

All commits are written by one `git fast-import` below a ref of their own; then the branch and every tag move in one
transaction, so that there is all of the history or none. A tag that exists is never moved.
"""

import re
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workbench.errors import ConflictError
from workbench.git import GitError, Identity, Repository
from workbench.reviews.adopting.model import Findings, Found, Version
from workbench.reviews.adopting.storing import index_tree
from workbench.reviews.trees import skills_at, trees_at
from workbench.skills.model import Skipped
from workbench.text import decode

_TAGGABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_-]+)*")
_UNUSABLE = re.compile(r"[<>\n\0]")


@dataclass(frozen=True, slots=True)
class _Step:
    """One commit to write: a version of a skill, and the tag it gets, if any."""

    found: Found
    version: Version
    last: bool
    tag: str | None


def write(
    repository: Repository, found: Sequence[Found], findings: Findings, who: Identity, now: datetime
) -> dict[str, tuple[str, ...]]:
    """Commit every version of these skills that has no tag yet, and what is staged of them last; gives the versions
    that got a tag, by skill.

    Args:
        repository: The library; the newest version of each skill is in its work tree and index.
        found: Skills with versions.
        findings: Gets the versions whose tag names something else.
        who: The author.
        now: The moment of versions whose source gives none.

    Raises:
        ConflictError: The branch or a tag moved meanwhile; nothing was committed.
    """
    staged = index_tree(repository)
    taken = _names(repository, staged, found)
    steps = [step for one in found for step in _steps(repository, one, taken, findings)]
    head = repository.head()
    ref = f"refs/workbench/adopting-{secrets.token_hex(8)}"
    trees = trees_at(repository, staged, [one.path for one in found])
    with tempfile.TemporaryDirectory(prefix="workbench-adopt-") as scratch:
        marks = Path(scratch, "marks")
        stream = b"".join(_stream(steps, ref, head, trees, who, now))
        repository.run("fast-import", "--quiet", "--done", f"--export-marks={marks}", stdin=stream)
        ids = dict(line.split() for line in marks.read_text(encoding="ascii").splitlines())
        commits = [ids[f":{number}"] for number in range(1, len(steps) + 1)]
        tags = _tag_objects(repository, Path(scratch), steps, commits, who, now)
    _move(repository, ref, head, commits[-1], tags)
    tagged: dict[str, tuple[str, ...]] = {}
    for step in steps:
        if step.tag is not None and step.version.version is not None:
            tagged[step.found.path] = (*tagged.get(step.found.path, ()), step.version.version)
    return tagged


def missing_tags(repository: Repository | None, found: Found, findings: Findings) -> tuple[str, ...]:
    """The versions of a skill that `write` would tag."""
    if not found.versions:
        return ()
    if repository is None:
        return tuple(one.version for one in found.versions if one.version is not None)
    head = repository.head()
    taken = _names(repository, head, [found])
    steps = _steps(repository, found, taken, findings)
    return tuple(step.version.version for step in steps if step.tag and step.version.version)


def _names(repository: Repository, tree: str | None, found: Sequence[Found]) -> Counter[str]:
    """How many skills go by each name, so that a tag can be named by one that is nobody else's."""
    ids = {*(skills_at(repository, tree) if tree else {}), *(one.path for one in found)}
    return Counter(id_.rpartition("/")[2] for id_ in ids)


def _steps(repository: Repository, found: Found, names: Counter[str], findings: Findings) -> Iterator[_Step]:
    """The versions that are not there yet, and the newest in any case."""
    name = found.path.rpartition("/")[2]
    label = name if names[name] == 1 else found.path
    for at, version in enumerate(found.versions):
        last = at == len(found.versions) - 1
        tag = f"{label}/v{version.version}" if version.version is not None else None
        if tag is not None and not _TAGGABLE.fullmatch(label):
            findings.skip(found.origins[0], f"no tag can be called '{tag}', so version {version.version} has none")
            tag = None
        known = _state(repository, found, version, (name, found.path), tag)
        if known == "other":
            reason = f"the tag for version {version.version} exists and names other code; it stays as it is"
            findings.conflicts.append(Skipped(tag or found.path, reason))
        if known == "none":
            yield _Step(found, version, last, tag)
        elif last:
            yield _Step(found, version, last, None)


def _state(repository: Repository, found: Found, version: Version, labels: Sequence[str], tag: str | None) -> str:
    """Whether a version has a tag: `none`, `same` (code under the tag) or `other`."""
    if version.version is None:
        return "none"
    tags = [f"{label}/v{version.version}" for label in labels]
    asked = [spec for one in tags for spec in (f"refs/tags/{one}^{{commit}}", f"refs/tags/{one}:{found.path}",
                                               f"refs/tags/{one}:{found.path}/{version.code}")]  # fmt: skip
    said = repository.ids_of(asked)
    for at, one in enumerate(tags):
        commit, tree, code = said[3 * at : 3 * at + 3]
        if commit is None or (tree is None and one != tag):
            continue  # no such tag, or that of another skill with this name
        data = version.files[version.code].data
        return "same" if code is not None and repository.blobs([code]).get(code) == data else "other"
    return "none"


def _stream(
    steps: Sequence[_Step],
    ref: str,
    head: str | None,
    trees: dict[str, str],
    who: Identity,
    now: datetime,
) -> Iterator[bytes]:
    """What `git fast-import` reads."""
    for number, step in enumerate(steps, start=1):
        name = step.found.path.rpartition("/")[2]
        person = _person(who, step.version.at or now)
        yield b"commit " + ref.encode() + b"\nmark :%d\n" % number
        yield b"author " + person + b"\ncommitter " + person + b"\n"
        version = f" {step.version.version}" if step.version.version else ""
        yield _data(f"Adopt {name}{version} as found\n".encode())
        if number == 1 and head is not None:
            yield b"from " + head.encode() + b"\n"
        path = step.found.path
        if step.last:
            yield b"M 040000 " + trees[path].encode() + b" " + _path(path) + b"\n"
            continue
        yield b"D " + _path(path) + b"\n"
        for file, new in sorted(step.version.files.items()):
            mode = b"100755" if new.executable else b"100644"
            yield b"M " + mode + b" inline " + _path(f"{path}/{file}") + b"\n" + _data(new.data)
    yield b"done\n"


def _data(data: bytes) -> bytes:
    return b"data %d\n" % len(data) + data + b"\n"


def _path(path: str) -> bytes:
    """A path in quotes, as the stream wants it where it may hold anything."""
    escaped = path.encode("utf-8", "surrogateescape").replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"' + escaped.replace(b"\n", b"\\n") + b'"'


def _person(who: Identity, at: datetime) -> bytes:
    name, email = (_UNUSABLE.sub("", text).strip() for text in (who.name, who.email))
    return f"{name} <{email}> {int(at.timestamp())} {at.astimezone():%z}".encode("utf-8", "replace")


def _tag_objects(
    repository: Repository, scratch: Path, steps: Sequence[_Step], commits: Sequence[str], who: Identity, now: datetime
) -> dict[str, str]:
    """Write the tags' objects in one go; gives the object of each tag."""
    named: dict[str, Path] = {}
    for step, commit in zip(steps, commits, strict=True):
        if step.tag is not None:
            file = scratch / f"tag-{len(named)}"
            person = _person(who, step.version.at or now)
            message = f"Version {step.version.version} as found, unread\n".encode()
            file.write_bytes(
                b"object " + commit.encode() + b"\ntype commit\ntag " + step.tag.encode() + b"\ntagger " + person
                + b"\n\n" + message
            )  # fmt: skip
            named[step.tag] = file
    if not named:
        return {}
    listing = "".join(f"{file}\n" for file in named.values()).encode()
    said = decode(repository.run("hash-object", "-w", "-t", "tag", "--stdin-paths", stdin=listing)).split()
    return dict(zip(named, said, strict=True))


def _move(repository: Repository, ref: str, head: str | None, commit: str, tags: dict[str, str]) -> None:
    """Move the branch and make the tags, all or nothing."""
    lines = [f"update HEAD {commit} {head or '0' * len(commit)}"]
    lines += [f"create refs/tags/{tag} {id_}" for tag, id_ in tags.items()]
    try:
        repository.run(
            "update-ref", "-m", "workbench: adopt", "--stdin", stdin="".join(f"{one}\n" for one in lines).encode()
        )
    except GitError as error:
        raise ConflictError(
            "the branch or a tag moved while skills were adopted; nothing was committed",
            where=str(repository.root),
            remedy=error.what,
        ) from error
    finally:
        repository.run("update-ref", "-d", ref, ok=(0, 1, 128))
