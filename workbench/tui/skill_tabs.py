"""What each tab of a skill's detail shows, read from the workspace; runs in workers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.skills.model import FileEntry
from workbench.text import plural
from workbench.tui.capability_rows import COLUMNS, capability_rows
from workbench.tui.graph_rows import detail_lines
from workbench.tui.graphs import graph_at_hand
from workbench.tui.skill_text import review_lines, says_lines, skill_source_lines
from workbench.tui.syntax_lines import problem_line
from workbench.tui.units import size
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.skill_detail import Listing, Load
from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

if TYPE_CHECKING:
    from workbench.reviews.listing import SkillRow
    from workbench.testing.model import Case
    from workbench.workspace import Workspace

_FILES = (Column("file", 0), Column("size", 8, right=True), Column("", 24, least=40))
_TESTS = (Column("case", 0), Column("last run", 12), Column("runs", 20, least=56))
_VERSIONS = (
    Column("when", 10),
    Column("what", 0),
    Column("", 20),
    Column("commit", 8, least=80),
    Column("by", 18, least=90),
)


def _says(workspace: "Workspace", row: "SkillRow") -> list[TextLine]:
    graph = graph_at_hand(workspace)
    judged = _judged(workspace, row)
    return says_lines(judged, workspace.document(row.id), detail_lines(graph, row.id) if graph else ())


def _source(workspace: "Workspace", row: "SkillRow") -> list[TextLine]:
    return skill_source_lines(_judged(workspace, row), workspace.document(row.id))


def _judged(workspace: "Workspace", row: "SkillRow") -> "SkillRow":
    """The row with everything that is wrong: with the files beside SKILL.md, the tools and the cases too."""
    from workbench.testing.companions import judge

    return replace(row, skill=replace(row.skill, problems=judge(workspace.root, row.skill).problems))


def _can_do(workspace: "Workspace", row: "SkillRow") -> Listing:
    return Listing(COLUMNS, capability_rows(workspace, row), "")


def _files(workspace: "Workspace", row: "SkillRow") -> Listing:
    rows = [
        Row(entry.path, (entry.path, Span(size(entry.size), "muted"), _about(entry)))
        for entry in workspace.files(row.id)
    ]
    return Listing(_FILES, rows, "The folder holds no files.")


def _about(entry: FileEntry) -> Span:
    """What is worth knowing of a file before it is opened."""
    if entry.kind == "link":
        target = f"→ {entry.target}"
        if entry.leaves:
            return Span(f"! link out of the skill {target}", "attention")
        return Span(f"! link to nothing {target}", "attention") if entry.dangling else Span(f"link {target}", "muted")
    if entry.kind == "other":
        return Span("! neither file nor link", "attention")
    kind = "binary" if entry.kind == "binary" else ""
    if entry.executable:
        return Span(f"executable {kind}".strip(), "accent")
    return Span(kind, "muted")


def _tests(workspace: "Workspace", row: "SkillRow") -> Listing | list[TextLine]:
    from workbench.tui.case_rows import Outcome, read_cases, word_span

    note = word_span("not run")
    outcomes: Mapping[tuple[str, str], Outcome] = {}
    try:
        found = read_cases(workspace, [row])
        (cases, problems), outcomes = (found.skills[0].cases, found.skills[0].problems), found.outcomes
    except WorkbenchError as error:
        cases, problems = workspace.cases(row.id)
        note = Span(f"the store can't be read: {error.what}", "attention")
    if problems and not cases:
        return [problem_line(problem) for problem in problems]
    shown = {name: word_span(outcome.word) for (_, name), outcome in outcomes.items()}
    rows = [_case_row(case, row, shown.get(case.name, note)) for case in cases]
    rows += [
        Row(
            f"{(problem.path or '').removeprefix(row.id + '/')}:{problem.line or 1}",
            (Span(problem.message, "bad"), Span("× broken", "bad"), ""),
        )
        for problem in problems
    ]
    return Listing(_TESTS, rows, "This skill brings no tests.\ntests/*.yaml in its folder would hold them.")


def _case_row(case: "Case", row: "SkillRow", shown: Span) -> Row:
    runs = case.tool or case.call or " ".join(case.run)
    return Row(f"{case.path.removeprefix(row.id + '/')}:{case.line}", (case.name, shown, Span(runs, "muted")))


def _versions(workspace: "Workspace", row: "SkillRow") -> Listing:
    from workbench.reviews.deprecating import deprecation_of

    rows = []
    for change in workspace.reviews.history(row.id):
        marks = [f"v{change.version}"] if change.version else []
        old = deprecation_of(row.standing.records, change.version) if change.version else None
        marks += ["✓ approved"] if change.approved else []
        now = change.tree is not None and change.tree == row.standing.tree
        marks += ["now"] if now else []
        rows.append(
            Row(
                change.commit,
                (
                    Span(f"{datetime.fromtimestamp(change.at):%Y-%m-%d}", "muted"),
                    Span(f"! {old.said} · {change.subject}", "attention") if old else change.subject,
                    Span(" · ".join(marks), "good" if change.approved else "accent"),
                    Span(change.commit[:8], "muted"),
                    Span(change.author.partition(" <")[0], "muted"),
                ),
            )
        )
    why = "No commit has touched this skill yet." if workspace.in_git else "This folder is in no git repository."
    return Listing(_VERSIONS, rows, why)


def _reviews(workspace: "Workspace", row: "SkillRow") -> list[TextLine]:
    return review_lines(row, in_git=workspace.in_git)


def _copies(workspace: "Workspace", row: "SkillRow") -> Listing:
    """The copies of this skill that agents on this machine read."""
    import os

    from workbench.config import home_dir
    from workbench.reviews.drift import installed_drift
    from workbench.tui.copy_rows import TAB_COLUMNS, place, status_span

    names = {row.name, row.id.rpartition("/")[2]}
    # Only those of the same name can be taken for this one.
    near = [skill for skill in workspace.skills()[0] if names & {skill.name, skill.id.rpartition("/")[2]}]
    drift = installed_drift(
        workspace.root, workspace.repository, near, home=home_dir(), project=Path.cwd(), env=dict(os.environ)
    )
    rows = [
        Row(
            copy.path,
            (place(copy.path), status_span(copy), Span(", ".join(copy.clients), "muted"), Span(copy.scope, "muted")),
        )
        for copy in drift.copies
        if copy.skill == row.id
    ]
    kept = {name: count for name, count in workspace.installs.quarantined().items() if name in names}
    for name, count in kept.items():
        said = f"{plural(count, 'copy', 'copies')}: Put back, in the palette, brings them where they were"
        rows.append(Row(f"quarantine:{name}", (said, Span("⊘ quarantined", "attention"), "", "")))
    return Listing(TAB_COLUMNS, rows, "No agent on this machine reads a copy of this skill.")


LOADERS: Mapping[str, Load] = {
    "Says": _says,
    "Source": _source,
    "Can do": _can_do,
    "Files": _files,
    "Tests": _tests,
    "Versions": _versions,
    "Reviews": _reviews,
    "Copies": _copies,
}
