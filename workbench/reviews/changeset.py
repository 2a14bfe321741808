"""A change set: every skill that a range of commits or a pull request touches, read and decided as one.

Nothing is checked out: both sides are read as git holds them. A pull request has to be fetched first (`pulls`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from workbench.errors import ConflictError, InputError, UsageError
from workbench.git import Repository, WorkTree, empty_tree
from workbench.reviews.ancestry import Ancestry
from workbench.reviews.comparing import folded_of
from workbench.reviews.coverage import COVERED, coverage_at
from workbench.reviews.diff import FileDiff, SkillDiff, diff_trees
from workbench.reviews.file_notes import notes_of
from workbench.reviews.gains import Gains
from workbench.reviews.generated import Generated
from workbench.reviews.history import read_history
from workbench.reviews.listing import SkillRow
from workbench.reviews.model import Standing
from workbench.reviews.policy_check import PolicyCheck, check
from workbench.reviews.pulls import commit_of, is_request, pull_base
from workbench.reviews.queue import RISKS, Risk, risk_of
from workbench.reviews.set_inputs import SetInputs
from workbench.reviews.states import discussion_of
from workbench.reviews.survey import Background, evidence_of, read_background, standing_of
from workbench.reviews.threads import Discussion
from workbench.reviews.trees import WORKBENCH_FOLDER, trees_at, write_root_tree
from workbench.reviews.twins import with_originals
from workbench.reviews.verdicts import Subject
from workbench.reviews.verify import committed_skills
from workbench.skills.globs import first_match
from workbench.skills.model import ROOT_ID, Skill
from workbench.text import decode, visible

_LEAST_EXPECT = 7


@dataclass(frozen=True, slots=True)
class Ends:
    """What a range names: its two commits."""

    range: str
    base: str
    head: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One skill of a set.

    Attributes:
        standing: Where it stands with the set's tree; None for a skill that the set removes.
        base: The tree it is compared with; None for nothing.
        gains: Kinds of capabilities that it has over `base`; None where that can't be known.
        folded: As in `SkillDiff`.
        read_in: For each hunk (by file and number) that is the same in an earlier skill of the set: that skill.
        made: For a generated skill: what it is made of, and what of that the set changes.
        discussion: What was said about it so far.
        rules: What the policy demands of it; None where it is removed, or only trees were read.
    """

    skill: Skill
    standing: Standing | None
    base: str | None
    tree: str | None
    files: tuple[FileDiff, ...]
    gains: frozenset[str] | None = frozenset()
    folded: FileDiff | None = None
    read_in: Mapping[tuple[str, int], str] = field(default_factory=dict)
    made: Generated | None = None
    discussion: Discussion = field(default_factory=Discussion)
    rules: PolicyCheck | None = None

    @property
    def risk(self) -> Risk:
        """How risky the gains look; triage, never a promise."""
        return risk_of(self.gains)

    def diff(self, label: str) -> SkillDiff:
        """What changed, as the diff of one skill; `label` says what it is compared with."""
        return SkillDiff(self.skill.id, self.base, label, self.tree, self.files, self.folded)

    def to_json(self, *, lines: bool = False) -> dict[str, Any]:
        """One item of `skills` in `review open --json`; the changed lines only where asked for."""
        return {
            "path": self.skill.id,
            "name": self.skill.name,
            "removed": self.tree is None,
            "state": self.standing.state if self.standing else None,
            "base_tree": self.base,
            "tree": self.tree,
            "risk": self.risk,
            "looks_like": list(self.standing.alike) if self.standing else [],
            "gains": sorted(self.gains or ()),
            "added_lines": sum(file.added for file in self.files),
            "removed_lines": sum(file.removed for file in self.files),
            "files": [self._file(file, lines) for file in self.files],
            "generated": self._generated(lines),
        }

    def _generated(self, lines: bool) -> dict[str, Any] | None:
        if self.made is None:
            return None
        return {**self.made.to_json(), "files": [self._file(file, lines) for file in self.made.files]}

    def _file(self, file: FileDiff, lines: bool) -> dict[str, Any]:
        hunks = []
        for number, hunk in enumerate(file.hunks):
            said: dict[str, Any] = {"old_start": hunk.old_start, "new_start": hunk.new_start,
                                    "same_as_in": self.read_in.get((file.path, number))}  # fmt: skip
            if lines:
                said["lines"] = [line.kind + line.text for line in hunk.lines]
            hunks.append(said)
        return {"path": file.path, "old_path": file.old_path, "status": file.status, "added": file.added,
                "removed": file.removed, "notes": list(notes_of(file)), "hunks": hunks}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """All that a range touches.

    Attributes:
        skills: The touched skills, the riskiest first.
        outside: Changed files that are in no touched skill.
        excluded: Touched skills that the policy leaves out.
        policy_changes: Whether the set changes the library's rules, which are approved apart, as `@policy`.
    """

    ends: Ends
    skills: tuple[Changed, ...]
    outside: tuple[str, ...]
    excluded: tuple[str, ...]
    policy_changes: bool

    @property
    def hunks(self) -> int:
        """How many changed places there are, repeated ones included."""
        return sum(len(file.hunks) for one in self.skills for file in one.files)

    @property
    def repeated(self) -> int:
        """How many of them are the same as in another skill."""
        return sum(len(one.read_in) for one in self.skills)

    def to_json(self, *, lines: bool = False) -> dict[str, Any]:
        """The contract of `review open --json`."""
        return {
            "range": self.ends.range,
            "base": self.ends.base,
            "head": self.ends.head,
            "skills": [one.to_json(lines=lines) for one in self.skills],
            "outside": list(self.outside),
            "excluded": list(self.excluded),
            "policy_changes": self.policy_changes,
            "hunks": self.hunks,
            "repeated": self.repeated,
        }

    def subjects(self, expect: str | None) -> tuple[Subject, ...]:
        """What a verdict on the set is on: every skill that it does not remove.

        Args:
            expect: The head that was read, at least its first 7 digits; None skips the check.

        Raises:
            ConflictError: The head is another one.
            InputError: The set touches no skill that is still there.
        """
        head = self.ends.head
        if expect is not None and not (len(expect) >= _LEAST_EXPECT and head.startswith(expect.lower())):
            what = f"the head is {head}, not {visible(expect)}: it moved since you read it"
            remedy = f"read what changed: workbench review open {visible(self.ends.range)}"
            raise ConflictError(what, where=visible(self.ends.range), remedy=remedy)
        found = tuple(Subject(one.skill, one.standing, head) for one in self.skills if one.standing is not None)
        if not found:
            raise InputError("no skill changed there, so there is none to judge", where=visible(self.ends.range))
        return found


def ends_of(repository: Repository, text: str) -> Ends:
    """The commits that `A...B` (since they parted), `A..B`, `pr/N` or `mr/N` name; an empty side is HEAD.

    Raises:
        UsageError: It is none of these.
        InputError: A side names no commit, or both have no history in common.
    """
    if is_request(text):
        head = commit_of(repository, text)
        return Ends(text, _parted(repository, pull_base(repository, text), head, text), head)
    left, dots, right = text.partition("...")
    parted = bool(dots)
    if not dots:
        left, dots, right = text.partition("..")
    if not dots:
        remedy = "name a range: main...HEAD, or a pull request: pr/123 (mr/123 on GitLab)"
        raise UsageError(f"'{visible(text)}' is not a range", remedy=remedy)
    base, head = commit_of(repository, left or "HEAD"), commit_of(repository, right or "HEAD")
    return Ends(text, _parted(repository, base, head, text) if parted else base, head)


def _parted(repository: Repository, one: str, other: str, text: str) -> str:
    found = decode(repository.run("merge-base", one, other, ok=(0, 1))).split()
    if not found:
        remedy = "in a shallow clone: git fetch --unshallow" if repository.is_shallow() else None
        raise InputError("the two sides have no history in common", where=visible(text), remedy=remedy)
    return found[0]


def read_changeset(
    repository: Repository, ends: Ends, now: datetime, *, since_verdict_of: str | None = None, read_lines: bool = True
) -> ChangeSet:
    """Read a set, with where each of its skills would stand once its head is merged.

    Args:
        since_verdict_of: An e-mail: compare each skill with the tree that this person judged last, where there is one.
        read_lines: Whether to read what changed and what it gains; a verdict needs only the trees.
    """
    after = {skill.id: skill for skill in committed_skills(repository, ends.head)}
    before = {skill.id: skill for skill in committed_skills(repository, ends.base)}
    ids = sorted(after.keys() | before.keys())
    old, new = trees_at(repository, ends.base, ids), trees_at(repository, ends.head, ids)
    old = {id_: tree for id_, tree in old.items() if id_ in before}
    new = {id_: tree for id_, tree in new.items() if id_ in after}
    touched = [id_ for id_ in ids if old.get(id_) != new.get(id_)]
    background = _background(
        repository, ends, [after[id_] for id_ in touched if id_ in after], list(after.values()), new
    )
    policy = background.policy
    excluded = tuple(id_ for id_ in touched if policy and first_match(policy.exclude, id_))
    shown = [id_ for id_ in touched if id_ not in excluded]
    coverage = coverage_at(repository, ends.head, [id_ for id_ in shown if id_ in after])
    with repository.work_tree([]) as scratch:
        if ROOT_ID in shown:
            for commit in (ends.base, ends.head):
                write_root_tree(scratch.run, commit)
        found = []
        for id_ in shown:
            base = old.get(id_)
            if since_verdict_of is not None:
                base = _judged_last(repository, background, id_, since_verdict_of) or base
            skill = after.get(id_) or before[id_]
            tree = new.get(id_)
            standing = standing_of(skill, tree, background, now, coverage.get(id_, COVERED)) if tree else None
            talk = discussion_of(evidence_of(skill, tree, background, now)) if tree else Discussion()
            held = check(SkillRow(skill, standing), background, now) if standing and read_lines else None
            found.append(Changed(skill, standing, base, tree, (), discussion=talk, rules=held))
        if read_lines:
            background.gains.read(tree for one in found if one.tree for tree in (one.tree, one.base) if tree)
            inputs = SetInputs(scratch, ends.base, ends.head)
            found = [_read(scratch, one, background.gains, inputs) for one in found]
    found.sort(key=lambda one: (RISKS.index(one.risk), one.skill.id))
    changed = decode(repository.run("diff-tree", "-r", "--name-only", "--no-renames", "-z", ends.base, ends.head))
    files = sorted(filter(None, changed.split("\0")))
    outside = tuple(file for file in files if not any(_holds(id_, file) for id_ in touched))
    rules = any(file.startswith(f"{WORKBENCH_FOLDER}/") or file == ".mailmap" for file in files)
    return ChangeSet(ends, tuple(_marked(found)), outside, excluded, rules)


def _background(
    repository: Repository, ends: Ends, skills: Sequence[Skill], among: Sequence[Skill], trees: Mapping[str, str]
) -> Background:
    """What states rest on, were the set's head the one that is checked out."""
    background = read_background(repository, skills, among)
    ids = with_originals([skill.id for skill in skills], background.originals)
    history = read_history(repository, ids, ends.head)
    return replace(
        background,
        head_trees=trees,
        history=history,
        moved=history.moved,
        ancestry=Ancestry(repository, ends.head),
    )


def _judged_last(repository: Repository, background: Background, id_: str, email: str) -> str | None:
    """The tree that a person judged last; None where there is none, or it is not in this clone."""
    mailmap = background.in_force.people.mailmap
    me = mailmap.of(email)
    for record in reversed(background.ledger.of(id_)):
        mine = record.counts and mailmap.of(record.reviewer_email) == me
        if mine and record.verdict != "request" and repository.resolve(f"{record.tree}^{{tree}}"):
            return record.tree
    return None


def _read(scratch: WorkTree, one: Changed, gains: Gains, inputs: SetInputs) -> Changed:
    """The same with what changed and what it gains."""
    files = diff_trees(scratch.compare, one.base, one.tree or empty_tree(one.base or ""))
    gained = gains.between(one.base, one.tree) if one.tree else frozenset()
    made = inputs.of(one.skill.id) if one.tree else None
    return replace(one, files=files, gains=gained, folded=folded_of(scratch.run, files), made=made)


def _holds(id_: str, file: str) -> bool:
    return file.startswith(f"{id_}/") if id_ != ROOT_ID else not file.startswith(f"{WORKBENCH_FOLDER}/")


def _marked(found: Sequence[Changed]) -> Iterator[Changed]:
    """The skills with each hunk marked that an earlier one has, line by line."""
    first: dict[tuple[tuple[str, str], ...], str] = {}
    for one in found:
        read_in = {}
        for file in one.files:
            for number, hunk in enumerate(file.hunks):
                lines = tuple((line.kind, line.text) for line in hunk.lines)
                where = first.setdefault(lines, one.skill.id)
                if where != one.skill.id:
                    read_in[file.path, number] = where
        yield replace(one, read_in=read_in)
