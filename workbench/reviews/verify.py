"""Whether the rules hold at HEAD: what CI asks, and what a clone alone can answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from workbench.errors import InputError
from workbench.git import Repository
from workbench.policy.decide import authors_matter
from workbench.policy.rules import Policy
from workbench.reviews.coverage import COVERED, Coverage, coverage_at
from workbench.reviews.deprecating import deprecated_now
from workbench.reviews.digests import digests_at
from workbench.reviews.in_force import RulesOf, named_commit
from workbench.reviews.model import POLICY_ID, REVIEWS_REF, Judged, Standing, Verdict, Verification
from workbench.reviews.survey import Ahead, Background, look_into, policy_standing, read_background, standing_of
from workbench.reviews.tag_evidence import FETCH_TAGS
from workbench.reviews.trees import skills_at, trees_at
from workbench.reviews.unread_places import unread_places
from workbench.skills.globs import first_match
from workbench.skills.model import ROOT_ID, SKILL_FILE, Problem, Skill
from workbench.skills.reader import parse_skill
from workbench.text import decode, plural, visible

_NAMED = 3
_NOUNS: Mapping[Verdict, str] = {
    "approve": "an approval", "revoke": "a revoke", "request-changes": "a request for changes",
    "request": "a request for review", "comment": "a comment", "baseline": "a baseline",
}  # fmt: skip
_BRANCH = REVIEWS_REF.removeprefix("refs/heads/")


def verify(
    repository: Repository,
    now: datetime,
    *,
    names: Sequence[str] = (),
    base: str | None = None,
    policy_from: str | None = None,
) -> Verification:
    """Judge the skills at HEAD, and HEAD's policy where it is not the one in force.

    Args:
        names: Ids of the skills to judge; empty means all.
        base: Judge only what HEAD changed since it left this revision, by this revision's policy.
        policy_from: Judge by this revision's policy, which HEAD's own has to be, unless that was approved under it.

    Raises:
        InputError: There is no commit, or a revision names none; or this clone was made without the reviews branch, or
            lacks the part of the history that the answer rests on.
    """
    head = repository.head()
    if head is None:
        raise InputError("there is no commit to verify", where=str(repository.root), remedy="commit the skills first")
    left = _where_it_left(repository, head, base) if base is not None else None
    rules_of = RulesOf(policy_from) if policy_from else RulesOf(base, left) if base is not None else None
    ahead = Ahead(repository, cached=False)
    found = committed_skills(repository, head)
    coverage = coverage_at(repository, head, [skill.id for skill in found])
    digests = digests_at(repository, head, [skill.id for skill in found])
    background = read_background(repository, found, found, rules_of=rules_of, cached=False, ahead=ahead)
    if background.ledger.head is None:
        _refuse_a_partial_clone(repository)
    policy = background.policy
    every = [skill for skill in found if not (policy and first_match(policy.exclude, skill.id))]
    skills = [skill for skill in every if not names or skill.id in names]
    if left is not None:
        skills = _changed(repository, skills, coverage, head, left)
    if policy_from is None and base is None:
        _refuse_an_unseen_policy(background)
    look_into(background, skills)
    judged = [_judge(skill, background, digests, coverage.get(skill.id, COVERED), now) for skill in skills]
    judged += _unread(repository, head, left, [skill.id for skill in every], policy) if not names else []
    _refuse_unseen_authors(background, judged)
    if background.in_force.pending is not None and (not names or POLICY_ID in names):
        judged.insert(0, _judge_policy(background, now))
    moved = tuple(
        f"{visible(skill.id)}: the tag {visible(one.tag)} was moved: {one.moved}"
        for skill in skills
        for one in background.releases.get(skill.id, ())
        if one.moved
    )
    ok = all(one.ok for one in judged) and not moved
    gone = _removed(repository, left, [skill.id for skill in found], policy) if left is not None and not names else ()
    notes = (*background.notes, *moved, *gone, *_lost_tags(skills, background), *_signer_notes(judged, background))
    return Verification(ok, head, tuple(judged), notes)


def _lost_tags(skills: Sequence[Skill], background: Background) -> Iterator[str]:
    """Released versions whose tags are not here: a clone can lack them, so that it is a note."""
    lost = [one for skill in skills for one in background.releases.get(skill.id, ()) if one.missing]
    if lost:
        tags = ", ".join(visible(one.tag) for one in lost[:_NAMED]) + (", …" if len(lost) > _NAMED else "")
        here = f"{plural(len(lost), 'released version')} without a tag here ({tags})"
        yield f"{here}: deleted, or not fetched: {FETCH_TAGS}"


def _signer_notes(judged: Sequence[Judged], background: Background) -> Iterator[str]:
    """Who approved what is judged with another key than they were known by, or with none."""
    mailmap = background.in_force.people.mailmap
    approvals = {
        (mailmap.of(record.reviewer_email), record.signer)
        for one in judged
        for record in one.records
        if record.counts and record.verdict == "approve" and record.tree == one.tree
    }
    for change in background.ledger.signer_changes.values():
        if (change.person, change.now) in approvals:
            what = f"{_NOUNS[change.record.verdict]} of {change.record.at:%Y-%m-%d}"
            yield f"{what} is {change.text} ({visible(change.record.file)})"


def committed_skills(repository: Repository, revision: str) -> list[Skill]:
    """Every skill of a commit, read from git alone."""
    files = skills_at(repository, revision)
    contents = repository.blobs(filter(None, files.values()))
    return [_committed(id_, contents.get(blob, b"") if blob else None) for id_, blob in sorted(files.items())]


def _committed(id_: str, data: bytes | None) -> Skill:
    """A skill as its SKILL.md says; one that is only a link (None) is invalid: no approval covers what it leads to."""
    skill = parse_skill(id_, data or b"", folder_name=id_.rpartition("/")[2] if id_ != ROOT_ID else None)
    if data is not None:
        return skill
    problem = Problem("error", "skill-file-link", f"{SKILL_FILE} is a link: no approval covers what it leads to")
    return replace(skill, problems=(problem,), loads=False)


def _refuse_a_partial_clone(repository: Repository) -> None:
    """Say so where the reviews branch may be missing because this clone has only a part of the library's history.

    Raises:
        InputError: It was made of one branch only, or shallow.
    """
    fetched = decode(repository.run("config", "--get-all", "remote.origin.fetch", ok=(0, 1))).split()
    one_branch = bool(fetched) and not any("refs/heads/*" in refs for refs in fetched)
    shallow = repository.is_shallow()
    if one_branch or shallow:
        lacks = "has one branch only" if one_branch else "is shallow"
        raise InputError(
            f"this clone {lacks}, and has no branch {_BRANCH}, so no record can be seen",
            where=visible(str(repository.root)),
            remedy=f"git fetch {'--unshallow ' if shallow else ''}origin {_BRANCH}:{_BRANCH}",
        )


def _refuse_an_unseen_policy(background: Background) -> None:
    """Stop where the first version of the policy may lie where a shallow clone does not reach.

    Where no policy is seen, and no record was ever made under one, there was none for all that this clone can tell.

    Raises:
        InputError: So it is.
    """
    named = any(record.path == POLICY_ID or record.raw.get("policy") for record in background.ledger.records)
    if background.in_force.cut and (background.in_force.version is not None or named):
        _refuse_a_cut(background, "which policy is in force can't be known")


def _refuse_unseen_authors(background: Background, judged: Sequence[Judged]) -> None:
    """Stop where a rule leaves out the authors of a change, and some of them may be where a clone does not reach.

    Raises:
        InputError: So it is.
    """
    policy = background.policy
    if policy is None or not background.in_force.cut:
        return
    for one in judged:
        approved = any(r.counts and r.verdict == "approve" and r.tree == one.tree for r in one.records)
        if (one.ok or approved) and authors_matter(policy, one.path):
            _refuse_a_cut(background, f"who the authors of '{visible(one.path)}' are can't be known")


def _refuse_a_cut(background: Background, what: str) -> None:
    where = visible(str(background.repository.root))
    raise InputError(f"this clone is shallow, so {what}", where=where, remedy="git fetch --unshallow")


def _where_it_left(repository: Repository, head: str, base: str) -> str:
    """The commit where HEAD left `base`: what is the same there is not HEAD's doing. `base` where there is no such one.

    Raises:
        InputError: `base` names no commit.
    """
    commit = named_commit(repository, base)
    if repository.is_cut_off(head, commit):
        return commit
    both = decode(repository.run("merge-base", "--all", commit, head, ok=(0, 1))).split()
    return both[0] if len(both) == 1 else commit


def _changed(
    repository: Repository, skills: Sequence[Skill], coverage: Mapping[str, Coverage], head: str, commit: str
) -> list[Skill]:
    """The skills that differ from `commit`, or that agents read otherwise since, as an attribute file can have it."""
    ids = [skill.id for skill in skills]
    before, after = trees_at(repository, commit, ids), trees_at(repository, head, ids)
    covered = coverage_at(repository, commit, list(coverage)) if coverage else {}
    return [
        skill
        for skill in skills
        if before.get(skill.id) != after.get(skill.id) or coverage.get(skill.id) != covered.get(skill.id)
    ]


def _removed(repository: Repository, left: str, ids: Sequence[str], policy: Policy | None) -> Iterator[str]:
    """What HEAD has no more: to remove a skill needs no approval, and should not go unseen."""
    before = sorted(skills_at(repository, left).keys() - set(ids))
    gone = [visible(id_) for id_ in before if not (policy and first_match(policy.exclude, id_))]
    if gone:
        more = ", …" if len(gone) > _NAMED else ""
        yield f"{plural(len(gone), 'skill')} removed, which needs no approval: {', '.join(gone[:_NAMED])}{more}"


def _unread(
    repository: Repository, head: str, left: str | None, ids: Sequence[str], policy: Policy | None
) -> list[Judged]:
    """Places where agents look for skills that no approval covers, but for those that were there before."""
    before = {(one.path, one.id) for one in unread_places(repository, left, ids)} if left is not None else set()
    return [
        Judged(one.path, one.path.rpartition("/")[2], False, "invalid", None, (one.why,))
        for one in unread_places(repository, head, ids)
        if (one.path, one.id) not in before and not (policy and first_match(policy.exclude, one.path))
    ]


def _judge_policy(background: Background, now: datetime) -> Judged:
    """HEAD's policy, which nobody approved yet: the rules hold only once somebody did."""
    pending = background.in_force.pending
    tree = pending.tree if pending else None
    standing = policy_standing(background, tree, tree, now)
    reasons = (*background.in_force.notes, *standing.reasons)
    return Judged(POLICY_ID, POLICY_ID, False, standing.state, tree, reasons, standing.records)


def _judge(
    skill: Skill, background: Background, digests: Mapping[str, str], coverage: Coverage, now: datetime
) -> Judged:
    tree = background.head_trees.get(skill.id)
    standing = standing_of(skill, tree, background, now, coverage)
    ok, reasons = standing.state == "approved", standing.reasons
    if ok:
        forged = _forged_digest(standing, digests.get(skill.id))
        ok, reasons = not forged, (*forged, *reasons)
    old = deprecated_now(standing)
    return Judged(skill.id, skill.name, ok, standing.state, tree, reasons, standing.records, old)


def _forged_digest(standing: Standing, real: str | None) -> tuple[str, ...]:
    """Approvals whose digest is not that of the tree's bytes: git's id alone must not be enough."""
    claims = {r.digest for r in standing.records if r.counts and r.verdict == "approve" and r.tree == standing.tree}
    if real is None:
        return ()
    return tuple(f"an approval names the digest {visible(claim)}, the bytes have {real}" for claim in claims - {real})
