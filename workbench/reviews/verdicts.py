"""Recording a verdict: one commit on the reviews branch, bound to exactly the tree that was read."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.errors import ConflictError, InputError, UsageError
from workbench.git import Identity, Repository
from workbench.policy.rules import POLICY_FILE
from workbench.reviews import ledger, records
from workbench.reviews.comments import NO_REMARKS, Remarks, checked
from workbench.reviews.digests import digests_of
from workbench.reviews.model import POLICY_ID, Checks, Record, Recorded, Standing, Verdict
from workbench.reviews.policy_object import read_policy, version_at, write_tree
from workbench.reviews.signing import SIGNATURE_SUFFIX, check_signatures
from workbench.reviews.tree_verdicts import open_records
from workbench.reviews.trees import write_root_tree
from workbench.skills.model import ROOT_ID, Skill
from workbench.text import first_line, plural, visible

_NEEDS_REASON: frozenset[Verdict] = frozenset({"approve", "request-changes", "revoke", "comment"})
_MAY_ONLY_REMARK: frozenset[Verdict] = frozenset({"request-changes", "comment"})
"""What comments on lines say well enough without a reason."""
_LEAST_EXPECT = 7


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a reviewer wants to say of a skill.

    Attributes:
        expect: The tree the reviewer read, whole or at least its first 7 digits; None skips the check.
        checks: How the checks stood when the verdict was given, where that is known beforehand.
        examine: Else finds that out, given a skill, its tree and the tree approved before it.
        via: `tui`, `cli` or `ci`.
        sign: Gives the SSH signature of a record's bytes; None records it unsigned.
        seen: Files of the open requests for changes and revokes that the reviewer saw; None skips the check.
    """

    verdict: Verdict
    reason: str
    via: str
    expect: str | None = None
    checks: Mapping[str, Any] | None = None
    examine: Callable[[Skill, str, str | None], Checks] | None = None
    extra: Mapping[str, Any] | None = None
    sign: Callable[[bytes], bytes] | None = None
    seen: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """One skill that a verdict is on.

    Attributes:
        commit: The commit that has the tree which was read; None for HEAD.
        remarks: Comments that go with the verdict, and threads that it resolves.
    """

    skill: Skill
    standing: Standing
    commit: str | None = None
    remarks: Remarks = NO_REMARKS


def decide(
    repository: Repository,
    skill: Skill,
    standing: Standing,
    opinion: Opinion,
    now: datetime,
    remarks: Remarks = NO_REMARKS,
) -> Recorded:
    """Record a verdict; the user's branch, index and work tree stay as they are.

    Raises:
        UsageError: The verdict needs a reason and has none.
        InputError: The skill can't be loaded or named in a record, or git does not know who the user is.
        ConflictError: The tree is not the one expected, or not the one at HEAD, or there is nothing to revoke; or an
            approval would settle what the reviewer did not see.
    """
    return decide_all(repository, [Subject(skill, standing, remarks=remarks)], opinion, now)[0]


def decide_all(
    repository: Repository, subjects: Sequence[Subject], opinion: Opinion, now: datetime
) -> tuple[Recorded, ...]:
    """Record one verdict on several skills in one commit, a record each; on all of them or on none.

    Raises:
        WorkbenchError: As `decide`, for whichever skill comes first.
    """
    said = opinion.verdict in _MAY_ONLY_REMARK and all(subject.remarks for subject in subjects)
    if opinion.verdict in _NEEDS_REASON and not opinion.reason.strip() and not said:
        raise UsageError(f"'{opinion.verdict}' needs a reason", remedy="say what you saw: --reason TEXT")
    trees = [_accepted_tree(repository, subject, opinion) for subject in subjects]
    who = repository.identity()
    place = _place_of(repository, subjects, trees)
    made: dict[str, bytes] = {}
    notes: list[tuple[str, ...]] = []
    for subject, tree in zip(subjects, trees, strict=True):
        checks = _checks(subject, tree, opinion)
        file, data = _record_file(place, subject, opinion, tree, checks, who, now)
        made[file] = data
        notes.append(checks.unknown)
    files = dict(made)
    if opinion.sign is not None:
        files |= {f"{file}{SIGNATURE_SUFFIX}": opinion.sign(data) for file, data in made.items()}
    # What was approved, or has a line that somebody commented on, is kept whatever becomes of its branch.
    kept = [t for t, one in zip(trees, subjects, strict=True) if opinion.verdict == "approve" or one.remarks.comments]
    commit = ledger.append(repository, files, kept, _message(subjects, trees, opinion), who, now)
    return tuple(
        Recorded(_read_back(files, file, commit, who), commit, told) for file, told in zip(made, notes, strict=True)
    )


def _checks(subject: Subject, tree: str, opinion: Opinion) -> Checks:
    if subject.skill.id == POLICY_ID:
        return Checks({"validation": "pass"})
    if opinion.examine is None:
        return Checks(opinion.checks or {})
    return opinion.examine(subject.skill, tree, compared_with(subject.standing, tree))


def _accepted_tree(repository: Repository, subject: Subject, opinion: Opinion) -> str:
    """The tree that the verdict is on, written where git keeps it only as part of another."""
    skill, standing = subject.skill, subject.standing
    if encodable(skill.id) != skill.id:
        raise InputError(
            "the folder's name is not UTF-8, so no record can name it", where=visible(skill.id), remedy="rename it"
        )
    tree = _tree_to_judge(skill, standing, opinion)
    if skill.id == ROOT_ID and tree == standing.head_tree:
        write_root_tree(repository.run, subject.commit or "HEAD")
    if skill.id == POLICY_ID and tree == standing.head_tree:
        _usable_policy(repository, opinion)
    return tree


def _tree_to_judge(skill: Skill, standing: Standing, opinion: Opinion) -> str:
    tree = standing.tree
    if opinion.verdict == "revoke" and standing.state != "approved":
        tree = _tree_to_revoke(skill, standing)
    if tree is None or (standing.head_tree is None and opinion.verdict != "revoke"):
        raise ConflictError(
            "this skill was never committed, so git can't keep what you read",
            where=visible(skill.id),
            remedy="commit the skill first",
        )
    expect = opinion.expect
    if expect is not None and not (len(expect) >= _LEAST_EXPECT and tree.startswith(expect.lower())):
        raise ConflictError(
            f"the tree is {tree}, not {visible(expect)}: the skill changed since you read it",
            where=visible(skill.id),
            remedy=f"read what changed: workbench review diff {skill.id}",
        )
    if opinion.verdict == "revoke":
        return tree
    if not skill.loads and opinion.verdict == "approve":
        raise InputError(
            f"no client would load it: {'; '.join(standing.reasons[:1])}",
            where=visible(skill.id),
            remedy="mend the skill first",
        )
    if standing.uncovered and opinion.verdict == "approve":
        raise InputError(
            f"an approval can't cover all that an agent finds here: {'; '.join(standing.uncovered[:3])}",
            where=visible(skill.id),
            remedy="keep the files themselves in the skill, as plain files of git, or take them out of the folder",
        )
    if tree != standing.head_tree:
        raise ConflictError(
            f"the folder's tree is {tree[:12]}, HEAD has {(standing.head_tree or 'none')[:12]}",
            where=visible(skill.id),
            remedy="commit the skill first",
        )
    return tree


def _usable_policy(repository: Repository, opinion: Opinion) -> None:
    """Keep the policy's tree in git; one that can't be read must not come into force."""
    head = repository.head() or "HEAD"
    if opinion.verdict == "approve" and read_policy(repository, version_at(repository, head)) is None:
        what = "the policy at HEAD can't be used, and would approve nothing"
        raise InputError(what, where=POLICY_FILE, remedy="workbench policy validate says what is wrong")
    write_tree(repository.run, head)


def _tree_to_revoke(skill: Skill, standing: Standing) -> str:
    on_this = any(r.counts and r.verdict == "approve" and r.tree == standing.tree for r in standing.records)
    tree = standing.tree if on_this and standing.state != "revoked" else standing.approved_tree
    if tree is None:
        raise ConflictError(
            "no approval of this skill is in force, so there is none to revoke", where=visible(skill.id)
        )
    return tree


@dataclass(frozen=True, slots=True)
class _Place:
    """What all records of one action say of the library, read once.

    Attributes:
        library: Its root commit.
        head: The commit at HEAD.
        policies: The policy in force by the commit that was read; None in the key for HEAD.
        digests: By tree.
    """

    library: str | None
    head: str | None
    policies: Mapping[str | None, str | None]
    digests: Mapping[str, str]


def _place_of(repository: Repository, subjects: Sequence[Subject], trees: Sequence[str]) -> _Place:
    """Raises InputError in a shallow clone: what it names as the library's first commit would be another."""
    if repository.is_shallow():
        raise InputError(
            "a record names the library by its first commit, and this clone does not go back to it",
            where=visible(str(repository.root)),
            remedy="git fetch --unshallow",
        )
    commits = list(dict.fromkeys(subject.commit for subject in subjects))
    named = repository.ids_of([f"{commit or 'HEAD'}:.workbench" for commit in commits])
    roots = repository.roots()
    return _Place(
        library=roots[0] if roots else None,
        head=repository.head(),
        policies=dict(zip(commits, named, strict=True)),
        digests=digests_of(repository, trees),
    )


def _record_file(
    place: _Place,
    subject: Subject,
    opinion: Opinion,
    tree: str,
    checks: Checks,
    who: Identity,
    now: datetime,
) -> tuple[str, bytes]:
    skill, standing = subject.skill, subject.standing
    settles = _settled(skill, standing, tree, opinion)
    fields = {
        "schema": records.SCHEMA,
        "path": skill.id,
        "skill": skill.name,
        "library": place.library,
        "tree": tree,
        "digest": place.digests[tree],
        "commit": subject.commit or place.head,
        "base": compared_with(standing, tree),
        "version": skill.version,
        "policy": place.policies[subject.commit],
        "verdict": opinion.verdict,
        "answers": [record.file for record in settles],
        "reviewer": {"name": who.name, "email": who.email},
        "via": "ci" if opinion.via == "cli" and os.environ.get("CI") == "true" else opinion.via,
        "reason": encodable(opinion.reason).strip(),
        "comments": [_encodable_fields(comment.fields()) for comment in checked(subject.remarks).comments],
        **({"resolves": list(subject.remarks.resolves)} if subject.remarks.resolves else {}),
        "checks": dict(checks.fields),
        **(opinion.extra or {}),
        "at": records.timestamp(now),
    }
    data = records.encode(fields)
    if len(data) > records.MAX_BYTES:
        what = f"the record would be larger than {records.MAX_BYTES >> 20} MiB"
        raise InputError(what, where=visible(skill.id), remedy="send the comments with several verdicts")
    return records.file_path(skill.id, tree, now, data), data


def _settled(skill: Skill, standing: Standing, tree: str, opinion: Opinion) -> Sequence[Record]:
    """The open requests for changes and revokes that this verdict settles."""
    found = open_records(standing, tree) if opinion.verdict == "approve" else ()
    for record in found:
        if opinion.seen is not None and record.file not in opinion.seen:
            said = {"revoke": "revoked it"}.get(record.verdict, "asked for changes")
            what = (
                f"{visible(record.reviewer_name)} {said} while you read: {first_line(record.reason) or 'see comments'}"
            )
            raise ConflictError(what, where=visible(skill.id), remedy="read that first: an approval settles it")
    return found


def compared_with(standing: Standing, tree: str) -> str | None:
    """The tree approved last before this one."""
    if standing.approved_tree != tree:
        return standing.approved_tree
    earlier = [r.tree for r in standing.records if r.counts and r.verdict == "approve" and r.tree != tree]
    return earlier[-1] if earlier else None


def _encodable_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: encodable(value) if isinstance(value, str) else value for key, value in fields.items()}


def encodable(text: str) -> str:
    """Text that UTF-8 can hold: an argument of the command line may carry bytes that are not text."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _message(subjects: Sequence[Subject], trees: Sequence[str], opinion: Opinion) -> str:
    what = {"approve": "Approve", "request": "Request review of", "request-changes": "Request changes of",
            "comment": "Comment on", "revoke": "Revoke", "baseline": "Baseline"}[opinion.verdict]  # fmt: skip
    name = visible(subjects[0].skill.name) if len(subjects) == 1 else plural(len(subjects), "skill")
    reason = f"{visible(opinion.reason.strip())}\n\n" if opinion.reason.strip() else ""
    named = "".join(
        f"Skill: {visible(subject.skill.id)}\nSkill-Tree: {tree}\n"
        for subject, tree in zip(subjects, trees, strict=True)
    )
    return f"{what} {name}\n\n{reason}{named}Verdict: {opinion.verdict}\n"


def _read_back(files: Mapping[str, bytes], file: str, commit: str, who: Identity) -> Record:
    signatures = {data: 0 for name, data in files.items() if name != file}
    found = check_signatures(signatures, files[file])
    author = f"{who.name} <{who.email}>"
    return records.read(file, files[file], introduced=commit, author=author, signatures=found)
