"""Test cases as rows of a list, with their outcomes, and the reasons of one that did not pass as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.text import plural
from workbench.tui.units import duration
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

if TYPE_CHECKING:
    from workbench.reviews.listing import SkillRow
    from workbench.skills.model import Problem
    from workbench.testing.model import Case
    from workbench.testing.results import CaseResult, Mismatch, TestRun
    from workbench.workspace import Workspace

ALL = "\0all"
COLUMNS = (
    Column("Case", 0),
    Column("Last run", 14),
    Column("Time", 9, right=True),
    Column("Skill", 20, least=130),
)

_SIGNS = {
    "passed": ("✓", "good"),
    "failed": ("×", "bad"),
    "error": ("×", "bad"),
    "skipped": ("○", "muted"),
    "xfail": ("~", "muted"),
    "flaky": ("≈", "bad"),
    "running": ("…", "accent"),
    "not run": ("·", "muted"),
}
_STORED = {"ok": "passed", "failed": "failed", "cancelled": "skipped", "skipped": "skipped"}
FINE = ("passed", "xfail", "skipped")
_MOST_OUTPUT = 20_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case ended: an outcome of `testing.results`, or `running`."""

    word: str
    duration_ms: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class SkillCases:
    """The cases of one skill, and what is wrong with their files."""

    id: str
    name: str
    cases: "tuple[Case, ...]"
    problems: "tuple[Problem, ...]"


@dataclass(frozen=True, slots=True)
class CaseList:
    """The cases of a library, and how each ended in the last run on the skill's current tree."""

    skills: tuple[SkillCases, ...]
    outcomes: Mapping[tuple[str, str], Outcome]


def read_cases(workspace: "Workspace", rows: "Sequence[SkillRow]") -> CaseList:
    """The cases of these skills with their last outcomes. Reads files and the store: takes time."""
    from workbench.analytics.usage import last_test_run
    from workbench.testing.cases import load_cases

    skills = []
    outcomes: dict[tuple[str, str], Outcome] = {}
    for row in sorted(rows, key=lambda row: (row.name.casefold(), row.id)):
        cases, problems = load_cases(workspace.root, row.skill)
        skills.append(SkillCases(row.id, row.name, cases, problems))
        last = last_test_run(workspace.store, row.id, row.standing.tree) if cases and row.standing.tree else None
        known = {case.name for case in cases}
        for one in last.cases if last else ():
            if one.name in known:
                word = one.word if one.word in _SIGNS else _STORED.get(one.outcome, "error")
                outcomes[row.id, one.name] = Outcome(word, one.duration_ms, one.reason)
    return CaseList(tuple(skills), outcomes)


def word_span(word: str) -> Span:
    """An outcome as its sign and word."""
    sign, tone = _SIGNS.get(word, ("", "muted"))
    return Span(f"{sign} {word}".strip(), tone)


def outcome_of(result: "CaseResult") -> Outcome:
    """How a case ended that ran just now."""
    return Outcome(result.outcome, result.duration_ms, result.reason)


def case_rows(cases: CaseList, outcomes: Mapping[tuple[str, str], Outcome]) -> list[Row]:
    """A row for all, then one for each skill that brings cases, each followed by its cases."""
    skills = [skill for skill in cases.skills if skill.cases or skill.problems]
    rows = []
    if len(skills) > 1:
        total = sum(len(skill.cases) for skill in skills)
        rows.append(Row(ALL, (Span("All cases", "strong"), Span(plural(total, "case"), "muted"), "", "")))
    for skill in skills:
        path = Span(skill.id, "muted")
        rows.append(Row(skill.id, (Span(skill.name, "strong"), _summary(skill, outcomes), "", path)))
        for case in skill.cases:
            outcome = outcomes.get((skill.id, case.name), Outcome("not run"))
            time = "" if outcome.duration_ms is None else duration(outcome.duration_ms)
            shown = (f"  {case.name}", word_span(outcome.word), Span(time, "muted"), path)
            rows.append(Row(f"{skill.id}\0{case.name}", shown))
    return rows


def _summary(skill: SkillCases, outcomes: Mapping[tuple[str, str], Outcome]) -> Span:
    """How the cases of a skill did together."""
    wrong = sum(problem.severity == "error" for problem in skill.problems)
    if wrong:
        return Span(f"× {plural(wrong, 'problem')}", "bad")
    words = [outcomes[skill.id, case.name].word for case in skill.cases if (skill.id, case.name) in outcomes]
    if "running" in words or not words:
        return Span(plural(len(skill.cases), "case"), "muted")
    passed = words.count("passed")
    all_passed = len(words) == len(skill.cases) and all(word in FINE for word in words)
    return Span(f"{'✓' if all_passed else '×'} {passed} of {len(skill.cases)}", "good" if all_passed else "bad")


def report(
    cases: CaseList,
    outcomes: Mapping[tuple[str, str], Outcome],
    results: "Mapping[tuple[str, str], CaseResult]",
    row_id: str,
) -> str:
    """Why a row's case did not pass, as a diff where texts were compared; empty where there is nothing to say. Raw."""
    skill_id, _, name = row_id.partition("\0")
    if not name:
        problems = next((skill.problems for skill in cases.skills if skill.id == skill_id), ())
        return "\n".join(f"{p.severity}: {p.message} ({p.path}:{p.line})" for p in problems)
    result = results.get((skill_id, name))
    if result is None:
        outcome = outcomes.get((skill_id, name))
        if outcome is None or outcome.word in ("passed", "running") or not outcome.reason:
            return ""
        return f"{name}: {outcome.word}\n{outcome.reason}\n\nRun it again to see what was expected and what came."
    return "" if result.outcome == "passed" else _report_of(result)


def run_lines(run: "TestRun") -> list[TextLine]:
    """What came of a run, to be read at once: a line for each case, and why it did not pass."""
    lines = []
    for result in run.results:
        took = Span(f"  {duration(result.duration_ms)}", "muted")
        lines.append(TextLine((word_span(result.outcome), Span(f"  {result.case}"), took)))
        if result.outcome not in FINE:
            lines += [TextLine((Span(f"    {line}", "muted"),), hang=4) for line in _report_of(result).split("\n")[1:]]
    lines += [TextLine((Span(f"{p.severity}: {p.message} ({p.path}:{p.line})", "bad"),), hang=2) for p in run.problems]
    if not run.results:
        lines.append(TextLine((Span("It brings no cases.", "muted"),)))
    where = f"sandbox: {run.level or 'nothing ran'}"
    done = f"{run.passed} of {plural(len(run.results), 'case')} passed in {duration(run.duration_ms)}; {where}"
    return [*lines, TextLine(), TextLine((Span(done, "good" if run.ok else "bad"),))]


def _report_of(result: "CaseResult") -> str:
    exit_code = "no exit code" if result.exit_code is None else f"exit {result.exit_code}"
    head = [f"{result.case}: {result.outcome}, {exit_code}, {duration(result.duration_ms)}", result.place]
    body = [result.reason] if result.reason and not result.mismatches else []
    for mismatch in result.mismatches:
        body += ["", *_mismatch(mismatch)]
    for title, text in (("standard output", result.stdout), ("diagnostics", result.stderr)):
        if text.strip():
            body += ["", f"@@ {title} @@", *(f" {line}" for line in text[:_MOST_OUTPUT].rstrip("\n").split("\n"))]
    return "\n".join([*head, *body])


def _mismatch(mismatch: "Mismatch") -> list[str]:
    at = f" (line {mismatch.line})" if mismatch.line else ""
    title = f"@@ {mismatch.where}: {mismatch.message}{at} @@"
    if mismatch.diff:
        lines = [line for line in mismatch.diff.rstrip("\n").split("\n") if not line.startswith(("---", "+++"))]
        return [title, "   - expected   + seen", *lines]
    expected = [f"-{line}" for line in mismatch.expected.rstrip("\n").split("\n")]
    seen = [f"+{line}" for line in mismatch.seen.rstrip("\n").split("\n")]
    return [title, "   - expected   + seen", *expected, *seen]
