"""Which skill is loaded for a question: for one question of the library, or for a skill's whole trigger set."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.output import library_option, print_json, print_table, styled
from workbench.commands import command
from workbench.errors import ExitCode, UsageError
from workbench.text import truncate, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.testing.triggers import TriggerReport


@click.command("trigger", help=command("eval.trigger").help)
@click.argument("query", metavar="QUERY")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="At most so many skills.")
@library_option
def trigger(workspace: Workspace, query: str, limit: int, as_json: bool) -> int:
    """Rank the skills for a question."""
    from workbench.testing.triggers import CAVEAT, LexicalIndex

    if not query.strip():
        raise UsageError("there is no question", remedy='workbench eval trigger "what a user would ask"')
    ranked = LexicalIndex(workspace.skills()[0]).rank(query, limit=limit)
    if as_json:
        print_json(
            {"query": query, "method": "lexical", "caveat": CAVEAT, "results": [one.to_json() for one in ranked]}
        )
    elif ranked:
        print_table(
            ("SCORE", "NAME", "SHARED WORDS", "PATH"),
            [
                (f"{one.score:.2f}", truncate(visible(one.name), 40), truncate(visible(" ".join(one.shared)), 50),
                 one.id)
                for one in ranked
            ],
            right=(0,),
        )  # fmt: skip
        click.echo(CAVEAT, err=True)
    else:
        click.echo(f"no skill shares a telling word with the question. {CAVEAT}", err=True)
    return ExitCode.OK if ranked else ExitCode.NO


@click.command("triggers", help=command("eval.triggers").help)
@click.argument("name")
@click.option("--set", "set_file", type=click.Path(path_type=Path), metavar="FILE", help="Another trigger set.")
@library_option
def triggers(workspace: Workspace, name: str, set_file: Path | None, as_json: bool) -> int:
    """Ask all questions of a trigger set."""
    from workbench.testing.evals import json_file
    from workbench.testing.evals.evals_file import TRIGGERS, load_triggers, read_in_skill
    from workbench.testing.triggers import lexical_report

    skill = workspace.find(name)
    document = json_file.read(set_file) if set_file else read_in_skill(workspace.root, skill.id, TRIGGERS)
    queries = load_triggers(document)
    if not queries:
        raise document.wrong((), "it has no queries")
    skills = [one for one in workspace.skills()[0] if one.loads]
    report = lexical_report(skills, skill, queries)
    if as_json:
        print_json(report.to_json())
    else:
        print_report(report)
    return ExitCode.OK if report.passed == len(queries) else ExitCode.NO


def print_report(report: "TriggerReport") -> None:
    """Print each question that went wrong, and the sums."""
    from workbench.testing.triggers import CAVEAT

    for one in report.results:
        fine = one.passes(report.threshold)
        sign = styled("✓", fg="green") if fine else styled("✗", fg="red")
        click.echo(f"{sign} {one.triggers}/{one.runs}  {truncate(visible(one.query), 100)}")
        if fine:
            continue
        wanted = "should load it" if one.should_trigger else "should not load it"
        instead = ", ".join(visible(id_) or "no skill" for id_, _ in one.chosen[:3])
        click.echo(f"       {wanted}; chosen: {instead or 'nothing'}")
        for why in one.errors[:1]:
            click.echo(f"       {visible(why)}")
    cells = report.counts
    click.echo(
        f"{report.passed} of {len(report.results)} as they should be; precision {_share(report.precision)},"
        f" recall {_share(report.recall)}"
        f" (loaded rightly {cells['true_positive']}, wrongly {cells['false_positive']};"
        f" left rightly {cells['true_negative']}, wrongly {cells['false_negative']})"
    )
    for id_, count in report.neighbours[:5]:
        click.echo(f"  {count}× {visible(id_) or 'no skill'} instead")
    for note in report.notes:
        click.echo(f"note: {visible(note)}", err=True)
    if report.method == "lexical":
        click.echo(CAVEAT, err=True)


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0%}"
