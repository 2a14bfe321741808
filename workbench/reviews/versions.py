"""Released versions: annotated tags `<skill>/v<version>`, and which tree of the skill each one names."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.errors import UsageError
from workbench.git import Repository
from workbench.reviews.trees import trees_at
from workbench.skills.model import ROOT_ID, Skill
from workbench.skills.naming import is_in_agents_folder
from workbench.skills.reader import parse_skill
from workbench.skills.versions import Version, parse_version
from workbench.text import visible


@dataclass(frozen=True, slots=True)
class Release:
    """One released version: its tag, the commit the tag names, and the skill's tree there.

    Attributes:
        moved: Why the tag is not to be believed; None if nothing speaks against it.
        missing: Whether there is no such tag here: what is known of it says the record of the release.
    """

    version: str
    tag: str
    commit: str
    tree: str | None
    moved: str | None = None
    missing: bool = False

    @property
    def stands(self) -> bool:
        """Whether its tag is here and may be believed."""
        return not self.missing and not self.moved


@dataclass(frozen=True, slots=True)
class Tags:
    """What a repository's tags say of versions.

    Attributes:
        releases: By skill, the least version first: annotated tags of commits.
        commits: The commit of each annotated tag that a version could have.
        odd: The commit of each such tag that is none of a commit; empty where there is none behind it.
    """

    releases: Mapping[str, Sequence[Release]]
    commits: Mapping[str, str]
    odd: Mapping[str, str]


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


def label_of(skill: Skill, among: Sequence[Skill]) -> str:
    """What stands for a skill in its tags: its name where that can mean nothing else, or its id.

    A copy in an agent's folder takes no name from the skill that it was installed from.
    """
    copy = is_in_agents_folder(skill.id)
    others = (one for one in among if one.id != skill.id and skill.name in (one.id, one.name))
    return skill.id if any(copy or not is_in_agents_folder(one.id) for one in others) else skill.name


def read_tags(repository: Repository, skills: Sequence[Skill]) -> Tags:
    """The releases of these skills, and every tag that could be one."""
    said = repository.run(
        "for-each-ref", "--format=%(objecttype)%00%(*objecttype)%00%(*objectname)%00%(refname:strip=2)", "refs/tags"
    )
    commits: dict[str, str] = {}
    odd: list[str] = []
    for line in said.splitlines():
        kind, target_kind, commit, tag = os.fsdecode(line).split("\0")
        if not tag.rpartition("/v")[2][:1].isdigit():
            continue
        if kind == "tag" and target_kind == "commit":
            commits[tag] = commit
        else:
            odd.append(tag)
    behind = repository.ids_of([f"refs/tags/{tag}^{{commit}}" for tag in odd])
    named = {tag: commit or "" for tag, commit in zip(odd, behind, strict=True)}
    return Tags(_releases(repository, commits, skills), commits, named)


def _releases(
    repository: Repository, tags: Mapping[str, str], skills: Sequence[Skill]
) -> dict[str, tuple[Release, ...]]:
    labels: dict[str, list[Skill]] = {}
    for skill in skills:
        for label in {skill.id, skill.name}:
            labels.setdefault(label, []).append(skill)
    possible = {tag: some for tag in tags if (some := labels.get(tag.rpartition("/v")[0]))}
    owned = list(_owned(repository, tags, possible))
    trees = trees_then(repository, [(tags[tag], id_) for tag, id_ in owned])
    found: dict[str, list[Release]] = {}
    for (tag, id_), tree in zip(owned, trees, strict=True):
        found.setdefault(id_, []).append(Release(tag.rpartition("/v")[2], tag, tags[tag], tree))
    return {id_: in_order(some) for id_, some in found.items()}


def trees_then(repository: Repository, asked: Sequence[tuple[str, str]]) -> list[str | None]:
    """The trees that skills had at commits, given as commit and id; None where one was not there."""
    found = repository.ids_of([f"{commit}:{'' if id_ == ROOT_ID else id_}" for commit, id_ in asked])
    return [
        trees_at(repository, commit, [ROOT_ID])[ROOT_ID] if tree and id_ == ROOT_ID else tree
        for (commit, id_), tree in zip(asked, found, strict=True)
    ]


def _owned(
    repository: Repository, tags: Mapping[str, str], possible: Mapping[str, Sequence[Skill]]
) -> Iterator[tuple[str, str]]:
    """Each tag with the skill that its label meant at its commit, whichever skills came since.

    Skills that moved were elsewhere then: where none of them was there, the label means what it means now.
    """
    asked = [(tag, skill.id) for tag, some in possible.items() if len(some) > 1 for skill in some]
    files = repository.ids_of([f"{tags[tag]}:{Skill(id_, '').skill_file}" for tag, id_ in asked])
    texts = repository.blobs(filter(None, files))
    then: dict[str, list[Skill]] = {}
    for (tag, id_), file in zip(asked, files, strict=True):
        if file in texts:
            then.setdefault(tag, []).append(parse_skill(id_, texts[file]))
    for tag, now in possible.items():
        label, skills = tag.rpartition("/v")[0], then.get(tag, now)
        meant = [one for one in skills if one.id == label] or [one for one in skills if label_of(one, skills) == label]
        if len(meant) == 1:
            yield tag, meant[0].id


def in_order(releases: Iterable[Release]) -> tuple[Release, ...]:
    """Releases by their versions, the least first; what is no semantic version comes before all."""
    return tuple(sorted(releases, key=lambda release: _order(release.version)))


def _order(version: str) -> tuple[bool, Version, str]:
    parsed = parse_version(version)
    return parsed is not None, parsed or Version((0, 0, 0)), version
