"""Which skill is loaded for a question: for one question of the library, or for a skill's whole trigger set."""

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.model_options import model_options
from workbench.cli.output import library_option, print_json, print_table, styled
from workbench.commands import command
from workbench.errors import ExitCode, UsageError
from workbench.text import truncate, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.skills.model import Skill
    from workbench.testing.evals.model import TriggerQuery
    from workbench.testing.models.endpoint import Endpoint
    from workbench.testing.models.opening import Asking, OpenModels
    from workbench.testing.triggers import TriggerReport


@click.command("trigger", help=command("eval.trigger").help)
@click.argument("query", metavar="QUERY")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="At most so many skills.")
@click.option("--runs", type=click.IntRange(1, 20), default=3, show_default=True, help="With a model: times to ask it.")
@model_options
@library_option
def trigger(workspace: Workspace, query: str, limit: int, runs: int, asking: "Asking", as_json: bool) -> int:
    """Rank the skills for a question, or ask a model which one it would load."""
    if not query.strip():
        raise UsageError("there is no question", remedy='workbench eval trigger "what a user would ask"')
    if asks_a_model(asking):
        return _ask(workspace, query, runs, asking, as_json=as_json)
    from workbench.testing.triggers import CAVEAT, LexicalIndex

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
@click.option("--against", metavar="REV", help="Also ask with its description in REV, or in the 'approved' version.")
@click.option("--runs", type=click.IntRange(1, 20), default=3, show_default=True, help="With a model: times per query.")
@click.option(
    "--threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Share of runs that triggers."
)
@click.option("--jobs", "-j", type=click.IntRange(1, 32), default=4, show_default=True, help="Questions at once.")
@model_options
@library_option
def triggers(
    workspace: Workspace, name: str, set_file: Path | None, against: str | None, as_json: bool, **options: Any
) -> int:
    """Ask all questions of a trigger set, of the words alone or of a model."""
    from workbench.testing.evals import json_file
    from workbench.testing.evals.evals_file import TRIGGERS, load_triggers, read_in_skill

    skill = workspace.find(name)
    document = json_file.read(set_file) if set_file else read_in_skill(workspace.root, skill.id, TRIGGERS)
    queries = load_triggers(document)
    if not queries:
        raise document.wrong((), "it has no queries")
    versions = [skill] if against is None else [skill, _old(workspace, skill, against)]
    reports = _reports(workspace, versions, queries, quiet=as_json, **options)
    after, before = reports[0], reports[1] if len(reports) > 1 else None
    if as_json:
        print_json({**after.to_json(), **({"before": before.to_json()} if before else {})})
    else:
        print_report(after)
        if before is not None:
            _print_change(before, after, against or "")
    return _exit_code(after)


def asks_a_model(asking: "Asking") -> bool:
    """Whether the flags want a model to be asked, or what it said to be replayed."""
    return asking.model is not None or asking.endpoint is not None or asking.mode != "off"


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
        click.echo(f"       {wanted}; chosen: {instead or 'nothing, for it could not be asked'}")
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
    if report.stopped:
        click.echo("stopped: " + ("the budget is spent" if report.stopped == "budget" else "cancelled"), err=True)
    if report.method == "lexical":
        click.echo(CAVEAT, err=True)


def _ask(workspace: Workspace, query: str, runs: int, asking: "Asking", *, as_json: bool) -> int:
    """Ask a model which skill it would load."""
    from workbench.testing.model_triggers import listing, model_choice

    skills = workspace.skills()[0]
    told = listing(skills, query=query)
    with ExitStack() as stack:
        model, name = _opened(stack, workspace, asking)
        chosen = Counter(model_choice(model, told, query, run) for run in range(1, runs + 1))
    found = sorted(chosen.items(), key=lambda item: (-item[1], item[0]))
    if as_json:
        results = [{"path": id_ or None, "runs": count} for id_, count in found]
        said = {"query": query, "method": "model", "model": name, "runs": runs, "results": results}
        print_json({**said, "notes": list(told.notes)})
    else:
        for id_, count in found:
            click.echo(f"{count}/{runs}  {visible(id_) or 'no skill'}")
        for note in told.notes:
            click.echo(f"note: {visible(note)}", err=True)
    return ExitCode.OK if any(chosen) and found[0][0] else ExitCode.NO


def _reports(
    workspace: Workspace,
    versions: "Sequence[Skill]",
    queries: "Sequence[TriggerQuery]",
    *,
    asking: "Asking",
    runs: int,
    threshold: float,
    jobs: int,
    quiet: bool,
) -> "list[TriggerReport]":
    """One report for each version of the skill."""
    from workbench.testing.triggers import lexical_report

    skills = [one for one in workspace.skills()[0] if one.loads]
    if not asks_a_model(asking):
        return [lexical_report(skills, one, queries) for one in versions]
    from workbench.cli.eval.running import stoppable
    from workbench.testing.model_triggers import model_report

    live = not quiet and sys.stderr.isatty()

    def progress(done: int, total: int) -> None:
        if live:
            end = "\r\x1b[K" if done == total else ""
            click.echo(f"\r\x1b[K{done} of {total}, ctrl+c stops{end}", nl=False, err=True)

    with ExitStack() as stack:
        model, name = _opened(stack, workspace, asking, versions[0].id)
        return stoppable(
            lambda cancel: [
                model_report(
                    model, skills, one, queries, name=name, runs=runs, threshold=threshold, jobs=jobs, cancel=cancel,
                    on_done=progress,
                )
                for one in versions
            ]
        )  # fmt: skip


def _opened(
    stack: ExitStack, workspace: Workspace, asking: "Asking", skill_id: str | None = None
) -> "tuple[Endpoint, str]":
    from workbench.cli.eval.running import CASSETTE
    from workbench.config import config_dir
    from workbench.testing.models.opening import opened_models

    own = workspace.root / skill_id / CASSETTE if skill_id is not None else None
    place = str(config_dir() / "config.yaml")
    models: OpenModels = stack.enter_context(
        opened_models(asking, workspace.settings.models, own_cassette=own, where=place)
    )
    model = models.model()
    if model is None or models.spec is None:
        raise UsageError("it is not said which model to ask", remedy="--model NAME")
    return model, models.spec.model


def _old(workspace: Workspace, skill: "Skill", against: str) -> "Skill":
    """The skill with the description that it had."""
    from workbench.reviews.evaluating import old_version

    if workspace.repository is None:
        raise UsageError("only a git repository has other versions", remedy="leave --against out")
    against = workspace.reviews.base(skill.id, against) or against
    with old_version(workspace.repository, workspace.row(skill.id), against) as old:
        return replace(skill, name=old.skill.name, description=old.skill.description)


def _print_change(before: "TriggerReport", after: "TriggerReport", against: str) -> None:
    click.echo(
        f"with the description of {visible(against)}: {before.passed} of {len(before.results)} as they should be"
    )
    for old, new in zip(before.results, after.results, strict=True):
        was, now = old.passes(before.threshold), new.passes(after.threshold)
        if was is not now:
            word = styled("fixed", fg="green") if now else styled("broken", fg="red")
            rates = f"{old.triggers}/{old.runs} → {new.triggers}/{new.runs}"
            click.echo(f"  {word}: {truncate(visible(new.query), 100)} ({rates})")


def _exit_code(report: "TriggerReport") -> ExitCode:
    if report.stopped == "cancelled":
        return ExitCode.CANCELLED
    if report.stopped:
        return ExitCode.REFUSED
    if any(one.errors for one in report.results):
        return ExitCode.BAD_INPUT
    return ExitCode.OK if report.passed == len(report.results) else ExitCode.NO


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0%}"
