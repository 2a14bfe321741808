"""Released versions: annotated tags `<skill>/v<version>`, and which tree of the skill each one names."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.errors import UsageError
from workbench.git import Repository
from workbench.skills.model import ROOT_ID, Skill
from workbench.text import visible


@dataclass(frozen=True, slots=True)
class Release:
    """One released version: its tag, the commit the tag names, and the skill's tree there.

    Attributes:
        moved: Why the tag is not to be believed; None if nothing speaks against it.
    """

    version: str
    tag: str
    commit: str
    tree: str | None
    moved: str | None = None


def name_and_version(text: str) -> tuple[str, str | None]:
    """The two parts of `NAME@VERSION`; no version where there is no `@` behind the name.

    Raises:
        UsageError: Nothing is behind the `@`, as where a script's variable is empty.
    """
    if "@" not in text[1:]:
        return text, None
    name, _, version = text.rpartition("@")
    if not version:
        raise UsageError("a version has to be behind the @", where=visible(text), remedy="NAME, or NAME@VERSION")
    return name, version


def released_tree(releases: Sequence[Release], word: str) -> str | None:
    """The tree of the version that a word names, with or without a `v`; None where it names none."""
    return next((one.tree for one in releases if one.version == word.removeprefix("v")), None)


def read_releases(repository: Repository, skills: Sequence[Skill]) -> dict[str, tuple[Release, ...]]:
    """The releases of each skill. `<skill>` in a tag is the skill's id, or its name where only one skill has it."""
    said = repository.run(
        "for-each-ref", "--format=%(objecttype)%00%(*objecttype)%00%(*objectname)%00%(refname:strip=2)", "refs/tags"
    )
    owners = _owners(skills)
    found: list[tuple[str, str, str, str]] = []
    for line in said.splitlines():
        kind, target_kind, commit, tag = os.fsdecode(line).split("\0")
        label, _, version = tag.rpartition("/v")
        if kind == "tag" and target_kind == "commit" and label in owners and version[:1].isdigit():
            found.append((owners[label], version, tag, commit))
    trees = repository.ids_of([f"{commit}:{'' if id_ == ROOT_ID else id_}" for id_, _, _, commit in found])
    releases: dict[str, list[Release]] = {}
    for (id_, version, tag, commit), tree in zip(found, trees, strict=True):
        releases.setdefault(id_, []).append(
            Release(version, os.fsdecode(tag.encode("utf-8", "surrogateescape")), commit, tree)
        )
    return {id_: tuple(sorted(some, key=lambda release: _order(release.version))) for id_, some in releases.items()}


def _owners(skills: Sequence[Skill]) -> Mapping[str, str]:
    """The skill that each label in a tag stands for; a label that two skills share stands for neither."""
    by_name: dict[str, list[str]] = {}
    for skill in skills:
        by_name.setdefault(skill.name, []).append(skill.id)
    owners = {name: ids[0] for name, ids in by_name.items() if len(ids) == 1}
    return owners | {skill.id: skill.id for skill in skills}


def _order(version: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in version.replace("-", ".").split("."))
