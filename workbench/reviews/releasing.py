"""Releasing a version of a skill: an annotated tag on a commit that is there already."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from workbench.errors import ConflictError, InputError, RefusedError, WorkbenchError
from workbench.git import GitError, Repository
from workbench.reviews.listing import SkillRow
from workbench.reviews.model import Record
from workbench.reviews.survey import Background
from workbench.reviews.tag_evidence import released_fields
from workbench.reviews.verdicts import Opinion, decide
from workbench.reviews.versions import Release, label_of
from workbench.skills.model import Skill
from workbench.skills.naming import is_in_agents_folder
from workbench.skills.versions import parse_version
from workbench.text import visible

_SIGNATURE = re.compile(rb"^-----BEGIN (SSH SIGNATURE|PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE)-----$", re.MULTILINE)
"""How a signature begins; the lines of a changelog begin otherwise."""

Signer = Callable[[], Callable[[bytes], bytes] | None]
"""Gives what signs a record, or raises `WorkbenchError` where nothing can."""


@dataclass(frozen=True, slots=True)
class Released:
    """The tag that was made."""

    skill: str
    version: str
    tag: str
    commit: str
    tree: str
    signed: bool
    changelog: tuple[str, ...]
    note: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The contract of `version release --json`."""
        return {
            "skill": self.skill, "version": self.version, "tag": self.tag, "commit": self.commit, "tree": self.tree,
            "signed": self.signed, "changelog": list(self.changelog), "note": self.note,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """What a release would do; the texts are made visible but for the tag.

    Attributes:
        head: The commit that the tag would name.
        changelog: The reasons of the approvals since the last release, oldest first.
        signed: Whether the tag would be signed.
    """

    version: str
    tag: str
    head: str
    tree: str
    changelog: tuple[str, ...]
    signed: bool


def plan_release(
    repository: Repository,
    row: SkillRow,
    background: Background,
    among: Sequence[Skill],
    *,
    version: str | None = None,
    sign: bool | None = None,
) -> Planned:
    """What `release` would do. Args and raises as there."""
    standing = row.standing
    head = background.head
    if head is None or standing.tree is None or standing.tree != standing.head_tree:
        raise ConflictError("its folder is not what HEAD has", where=visible(row.id), remedy="commit the skill first")
    said = _version(row, version)
    if standing.state != "approved":
        why = "; ".join(standing.reasons[:2])
        raise RefusedError(
            f"it is {standing.state}, and only what is approved is released: {why}", where=visible(row.id)
        )
    earlier = background.releases.get(row.id, ())
    _must_be_newer(row, said, earlier)
    tag = f"{label_of(row.skill, among)}/v{said}"
    _must_be_a_tag(repository, row, tag)
    if repository.resolve(f"refs/tags/{tag}") is not None:
        raise ConflictError(f"the tag {visible(tag)} exists, and is never moved", where=visible(row.id))
    signed = repository.config("tag.gpgSign") == "true" if sign is None else sign
    others = [one for one in earlier if one.tree != standing.tree]
    return Planned(said, tag, head, standing.tree, _changelog(standing.records, others), signed)


def release(
    repository: Repository,
    row: SkillRow,
    background: Background,
    among: Sequence[Skill],
    *,
    version: str | None = None,
    sign: bool | None = None,
    now: datetime | None = None,
    expect: Planned | None = None,
    signer: Signer | None = None,
) -> Released:
    """Make the annotated tag `<skill>/v<version>` on the commit that was looked at, if the rules hold for it there.

    Args:
        repository: The library's.
        row: The skill.
        background: What its standing rests on.
        among: All skills, since a label that two share can't be in a tag.
        version: The version; it has to be the one that SKILL.md says, which is the default.
        sign: Whether to sign the tag; None as git's `tag.gpgSign` says.
        now: The moment of the record that tells of it; None for this one.
        expect: What was agreed to; another commit with the same skill is as good.
        signer: Gives what signs the record of a release whose tag is signed.

    Raises:
        RefusedError: The rules do not hold for it.
        InputError: SKILL.md says no version, or none that is one; or git allows no such tag; or it could not be signed.
        ConflictError: The version is not newer, or the tag exists, or the skill has uncommitted changes, or it would
            be another release than was agreed to.
    """
    plan = plan_release(repository, row, background, among, version=version, sign=sign)
    if expect is not None and replace(plan, head=expect.head) != expect:
        what = "what would be released is not what was agreed to any more"
        raise ConflictError(what, where=visible(row.id), remedy="look at it again")
    lines = [f"{row.name} {plan.version}", "", *(f"- {line}" for line in plan.changelog)]
    message = "\n".join(lines).rstrip() + "\n"
    how = "--sign" if plan.signed else "--no-sign"
    options = ("--annotate", how, "--cleanup=verbatim", "-F", "-")
    repository.run("tag", *options, plan.tag, plan.head, stdin=message.encode())
    if plan.signed:
        _hold_signature(repository, plan.tag)
    opinion = Opinion("comment", f"Released as {plan.tag}.", "cli", extra=released_fields(plan.version, plan.tag))
    note = _noted(repository, row, opinion, now or datetime.now(UTC), signer if plan.signed else None)
    return Released(row.id, plan.version, plan.tag, plan.head, plan.tree, plan.signed, plan.changelog, note)


def _hold_signature(repository: Repository, tag: str) -> None:
    """Take a tag away that was to be signed and is not: git leaves it so where `ssh-keygen` refuses and exits with 0.

    Raises:
        InputError: It is not.
    """
    ref = f"refs/tags/{tag}"
    id_ = repository.run("rev-parse", "--verify", "--end-of-options", ref).decode().strip()
    if _SIGNATURE.search(repository.run("cat-file", "tag", id_)):
        return
    repository.run("update-ref", "-d", ref, id_)
    remedy = "put the key into an agent (ssh-add) or give the right passphrase; --no-sign makes it without"
    raise InputError("git could not sign the tag, and it was taken away again", where=visible(tag), remedy=remedy)


def _noted(repository: Repository, row: SkillRow, opinion: Opinion, now: datetime, signer: Signer | None) -> str | None:
    """Leave a comment that names the tag on the reviews branch, where it can't be moved; gives why there is none.

    It is signed as the tag is, if it can be: unsigned it tells of the release all the same.
    """
    if signer is not None:
        with suppress(WorkbenchError):
            decide(repository, row.skill, row.standing, replace(opinion, sign=signer()), now)
            return None
    try:
        decide(repository, row.skill, row.standing, opinion, now)
    except WorkbenchError as error:
        return f"the reviews do not tell of this release: {visible(error.what)}"
    return None


def _version(row: SkillRow, wanted: str | None) -> str:
    if row.version is None:
        remedy = "write it into SKILL.md: metadata: {version: '1.0.0'}"
        raise InputError("the skill says no version", where=visible(row.skill.skill_file), remedy=remedy)
    bare = row.version[:1].isdigit() and row.version == row.version.strip()
    if not bare or parse_version(row.version) is None or row.version.count(".") < 2:
        what = f"'{visible(row.version)}' is not a semantic version like 1.2.0"
        raise InputError(what, where=visible(row.skill.skill_file))
    if wanted is not None and wanted.removeprefix("v") != row.version:
        what = f"SKILL.md says version {visible(row.version)}, not {visible(wanted)}"
        raise ConflictError(
            what, where=visible(row.id), remedy="the version is part of what was approved: change it there"
        )
    return row.version


def _must_be_newer(row: SkillRow, version: str, earlier: Sequence[Release]) -> None:
    """Stop at a version that is not newer than all; a tag that got lost may be made again on the same bytes."""
    here = parse_version(version)
    for one in earlier:
        there = parse_version(one.version)
        again = one.missing and (one.version, one.tree) == (version, row.standing.tree)
        if not again and here is not None and there is not None and not there < here:
            what = f"version {visible(version)} is not newer than {visible(one.version)}, which was released"
            what += " (its tag is not here)" if one.missing else ""
            raise ConflictError(what, where=visible(row.id), remedy="raise metadata.version in SKILL.md")


def _must_be_a_tag(repository: Repository, row: SkillRow, tag: str) -> None:
    try:
        allowed = not tag.startswith("-") and repository.run("check-ref-format", f"refs/tags/{tag}") == b""
    except (GitError, ValueError):  # the latter where it can't even be said on a command line
        allowed = False
    if not allowed:
        copy = is_in_agents_folder(row.id)
        remedy = "release the skill that it is a copy of" if copy else "give it a name of a-z, 0-9 and hyphens"
        raise InputError(f"git allows no tag '{visible(tag)}'", where=visible(row.id), remedy=remedy)


def _changelog(records: Sequence[Record], earlier: Sequence[Release]) -> tuple[str, ...]:
    """The reasons of the approvals since the last release, oldest first."""
    released = next((one.tree for one in reversed(earlier) if not one.moved), None)
    lines: list[str] = []
    for record in reversed(records):
        if released is not None and record.tree == released:
            break
        if record.counts and record.verdict == "approve" and record.reason:
            lines.append(f"{' '.join(visible(record.reason).split())} ({visible(record.reviewer_name)})")
    return tuple(dict.fromkeys(reversed(lines)))
