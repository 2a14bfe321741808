"""The change card: what a change of a skill is about, at a glance, before one reads its lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from workbench.analytics.evaluations import StoredEvaluation, last_evaluation
from workbench.analytics.usage import USAGE_DAYS, SkillTestRun, UsageRow, last_test_run, used_lately
from workbench.git import RunGit
from workbench.reviews import bump
from workbench.reviews.bump import ROUTING, Bump
from workbench.reviews.described import Described, Scanned, describe, is_code
from workbench.reviews.diff import SkillDiff
from workbench.skills.capabilities import Difference, Finding, compare
from workbench.skills.model import SKILL_FILE
from workbench.storage import Store

RiskKind = Literal["alike", "routing", "gains", "loses", "code", "data", "words", "nothing"]

RISK_WORDS: dict[RiskKind, str] = {
    "alike": "looks like another skill",
    "routing": "routing",
    "gains": "can do more",
    "loses": "can do less",
    "code": "code",
    "data": "other files",
    "words": "only words",
    "nothing": "nothing changed",
}
"""What each part of the strip is called on the screen and in print."""
ALARMING: frozenset[RiskKind] = frozenset(("alike", "routing", "gains", "code"))
"""The parts that a reader has to look at first."""


@dataclass(frozen=True, slots=True)
class Risk:
    """One part of the risk strip: what is concerned, and which keys, capabilities or files; not sanitised."""

    kind: RiskKind
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestCount:
    """How the last whole run of a skill's tests on one tree ended."""

    __test__ = False

    passed: int
    failed: int
    skipped: int

    def to_json(self) -> dict[str, int]:
        """All of it, for programs."""
        return {"passed": self.passed, "failed": self.failed, "skipped": self.skipped}


@dataclass(frozen=True, slots=True)
class Card:
    """What a change is about.

    Attributes:
        base: The tree it is compared with; None for nothing.
        base_label: What to call that.
        tree: The tree that the card is of.
        risks: The risk strip, the gravest first.
        change: What it can do and could not, and the other way round.
        tokens: Estimated tokens before and after; before is None without a base.
        tests: The last run before and after; None where it was not run on that very tree.
        evaluations: The last evaluation by a model before and after; None where there was none on that very tree.
        fresh: Risky findings that are new, by fingerprint; `fixed` those that are gone.
        unchanged: How many risky findings are in both.
        bump: The version that the change asks for.
        usage: Calls in the last `USAGE_DAYS` days; None where that is not known or there were none.
        unread: Files of the tree that were not looked through for capabilities.
    """

    skill: str
    name: str
    base: str | None
    base_label: str
    tree: str | None
    files: int
    added: int
    removed: int
    risks: tuple[Risk, ...]
    change: Difference
    tokens: tuple[int | None, int]
    tests: tuple[TestCount | None, TestCount | None]
    fresh: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    unchanged: int
    bump: Bump
    usage: UsageRow | None
    unread: tuple[str, ...] = ()
    evaluations: tuple[StoredEvaluation | None, StoredEvaluation | None] = (None, None)

    def to_json(self) -> dict[str, Any]:
        """The contract of `review card --format json`."""
        before, after = self.tests
        used = self.usage
        return {
            "skill": self.skill,
            "name": self.name,
            "base": self.base,
            "base_label": self.base_label,
            "tree": self.tree,
            "files": self.files,
            "added": self.added,
            "removed": self.removed,
            "risks": [{"kind": risk.kind, "what": list(risk.what)} for risk in self.risks],
            "gained": [finding.to_json() for finding in self.change.gained],
            "lost": [finding.to_json() for finding in self.change.lost],
            "tokens": {"estimated": True, "before": self.tokens[0], "after": self.tokens[1]},
            "tests": {"before": before and before.to_json(), "after": after and after.to_json()},
            "evaluations": {
                when: evaluation and evaluation.to_json()
                for when, evaluation in zip(("before", "after"), self.evaluations, strict=True)
            },
            "findings": {
                "new": [finding.to_json() for finding in self.fresh],
                "fixed": [finding.to_json() for finding in self.fixed],
                "unchanged": self.unchanged,
            },
            "bump": self.bump.to_json(),
            "usage": {"days": USAGE_DAYS, "calls": used.calls if used else 0, "failed": used.failed if used else 0},
            "unread": list(self.unread),
        }


def card_of(
    run: RunGit, diff: SkillDiff, store: Store | None, today: date, *, alike: Sequence[str] = (), library: str = ""
) -> Card:
    """The card of a change.

    Args:
        run: Runs git where both trees can be read.
        diff: The change.
        store: Where runs and calls are kept; None where it can't be opened, and they are unknown.
        today: The day that use is counted up to.
        alike: What is said of skills that its name looks like.
        library: The library's id, by which evaluations and use are kept.

    Raises:
        InputError: A tree has too many or too large files, or some are not in this clone.
    """
    assert diff.tree is not None
    scanned: Scanned = {}
    after = describe(run, diff.tree, diff.skill, scanned)
    before = describe(run, diff.base, diff.skill, scanned) if diff.base else None
    was = before.findings if before else ()
    change = compare(was, after.findings)
    fresh, fixed, unchanged = _findings(was, after.findings)
    return Card(
        skill=diff.skill,
        name=after.skill.name,
        base=diff.base,
        base_label=diff.base_label,
        tree=diff.tree,
        files=len(diff.files),
        added=diff.added,
        removed=diff.removed,
        risks=(*([Risk("alike", tuple(alike))] if alike else []), *_risks(diff, before, after, change)),
        change=change,
        tokens=(before.tokens.total if before else None, after.tokens.total),
        tests=(_tests(store, diff.skill, diff.base), _tests(store, diff.skill, diff.tree)),
        fresh=fresh,
        fixed=fixed,
        unchanged=unchanged,
        bump=bump.suggest(before, after) if before else Bump("none", declared=after.skill.version),
        usage=used_lately(store, library, today).get(diff.skill),
        unread=after.unread,
        evaluations=(_evaluation(store, library, diff, diff.base), _evaluation(store, library, diff, diff.tree)),
    )


def _risks(diff: SkillDiff, before: Described | None, after: Described, change: Difference) -> tuple[Risk, ...]:
    """The strip: what decides when it is taken up, what it can do, what runs, and else that only words changed."""
    if not diff.files:
        return (Risk("nothing"),)
    found = []
    routing = [key for key in ROUTING if before is None or before.fields.get(key) != after.fields.get(key)]
    if before is not None and routing:
        found.append(Risk("routing", tuple(routing)))
    gained = [one for one in change.gained if one.certainty != "mention"]
    if gained:
        found.append(Risk("gains", tuple(f"{one.kind} {one.what}" for one in gained)))
    lost = [one for one in change.lost if one.certainty != "mention"]
    if lost:
        found.append(Risk("loses", tuple(f"{one.kind} {one.what}" for one in lost)))
    code, others = _concerned(diff, before, after)
    if code:
        found.append(Risk("code", tuple(code)))
    if others:
        found.append(Risk("data", tuple(others)))
    return tuple(found) or (Risk("words"),)


def _concerned(diff: SkillDiff, before: Described | None, after: Described) -> tuple[list[str], list[str]]:
    """The changed files that can run, and those that are neither code nor words."""
    code, others = [], []
    for file in diff.files:
        old = before.contents.get(file.old_path or file.path) if before else None
        sides = [content for content in (old, after.contents.get(file.path)) if content is not None]
        if any(is_code(file.path, content) for content in sides):
            code.append(file.path)
        elif file.binary or not sides or any(content.mode == "120000" for content in sides) or not _is_prose(file.path):
            others.append(file.path)
    return code, others


def _is_prose(path: str) -> bool:
    name = path.rpartition("/")[2]
    return path == SKILL_FILE or name.lower().endswith((".md", ".txt", ".rst")) or "." not in name


def _findings(
    before: Sequence[Finding], after: Sequence[Finding]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...], int]:
    """The risky findings that are new, those that are gone, and how many stayed."""
    old = {finding.fingerprint: finding for finding in before if finding.risky}
    new = {finding.fingerprint: finding for finding in after if finding.risky}
    fresh = tuple(finding for key, finding in new.items() if key not in old)
    fixed = tuple(finding for key, finding in old.items() if key not in new)
    return fresh, fixed, len(old.keys() & new.keys())


def _tests(store: Store | None, skill: str, tree: str | None) -> TestCount | None:
    run: SkillTestRun | None = last_test_run(store, skill, tree) if store is not None and tree else None
    return TestCount(run.passed, run.failed, run.skipped) if run else None


def _evaluation(store: Store | None, library: str, diff: SkillDiff, tree: str | None) -> StoredEvaluation | None:
    return last_evaluation(store, library, diff.skill, tree) if store is not None and tree else None
