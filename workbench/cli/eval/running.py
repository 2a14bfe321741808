"""One run of evaluations for the command line: the versions, the models, progress, and what is printed at the end."""

import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from workbench.cli.output import print_table, styled
from workbench.errors import CancelledError, ExitCode, InputError, RefusedError, UsageError
from workbench.skills.model import Skill
from workbench.skills.writing import short_digest, valid_name
from workbench.testing.evals.agent import Bounds
from workbench.testing.evals.benchmark import Benchmark
from workbench.testing.evals.grading import Graders
from workbench.testing.evals.model import Eval
from workbench.testing.evals.places import make_iteration
from workbench.testing.evals.result_files import BENCHMARK, update
from workbench.testing.evals.runner import Configuration, EvalRun, Plan, Side, run_evals
from workbench.testing.models.opening import opened_models
from workbench.text import plural, truncate, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.testing.models.opening import Asking

T = TypeVar("T")

CASSETTE = "evals/cassette.jsonl"
"""Where a skill's recording is, where nobody names another."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the flags ask for."""

    ids: tuple[str, ...]
    runs: int
    against: str
    judge: str | None
    out: Path | None
    jobs: int
    bounds: Bounds
    unsandboxed: bool


def evaluate(
    workspace: Workspace, skill: Skill, evals: Sequence[Eval], wanted: Wanted, asking: "Asking", *, quiet: bool
) -> Benchmark:
    """Run what is asked for, print what comes, and write `benchmark.json`.

    Raises:
        UsageError: No model is named, or no evaluation has an id that is asked for.
        RefusedError: Programs can't be confined on this machine.
    """
    from workbench.config import config_dir
    from workbench.skills import files

    chosen = _chosen(evals, wanted.ids)
    unsandboxed = wanted.unsandboxed or workspace.unsandboxed_allowed(skill.id)
    if not unsandboxed:
        _need_sandbox()
    folder = Path(files.folder_of(workspace.root, skill.id))
    place = str(config_dir() / "config.yaml")
    with ExitStack() as stack:
        models = stack.enter_context(
            opened_models(asking, workspace.settings.models, own_cassette=folder / CASSETTE, where=place)
        )
        model = models.model()
        if model is None or models.spec is None:
            remedy = "--model NAME; 'workbench models list' shows what there is, docs/models.md how to add one"
            raise UsageError("an evaluation needs a model", remedy=remedy)
        judge = models.other(wanted.judge) if wanted.judge else None
        sides = _sides(stack, workspace, skill, wanted.against)
        places = make_iteration(wanted.out or workspace_of(workspace, skill), chosen)
        plan = Plan(
            skill.id, folder, chosen, sides, wanted.runs, wanted.jobs, wanted.bounds, unsandboxed=unsandboxed
        )  # fmt: skip
        progress = _Progress(len(chosen) * len(sides) * wanted.runs, quiet=quiet)
        began = time.time()
        found = stoppable(
            lambda cancel: run_evals(
                plan,
                model,
                Graders(folder, judge, unsandboxed=unsandboxed),
                places,
                store=workspace.store,
                library=workspace.library_id,
                on_start=progress.began,
                on_run=progress.ended,
                cancel=cancel,
            )
        )
        progress.stop()
    benchmark = Benchmark(found, skill.name, skill.id, models.spec.model, wanted.judge, began)
    update(places.folder / BENCHMARK, benchmark.to_json())
    return benchmark


def exit_code(benchmark: Benchmark, least: float) -> ExitCode:
    """The exit code that an evaluation stands for."""
    stopped = benchmark.evaluation.stopped
    if stopped == "cancelled":
        return ExitCode.CANCELLED
    if stopped:
        return ExitCode.REFUSED
    if benchmark.errors:
        return ExitCode.BAD_INPUT
    rate = benchmark.pass_rate
    return ExitCode.OK if rate is not None and rate >= least else ExitCode.NO


def print_benchmark(benchmark: Benchmark, least: float) -> None:
    """Print the sums for people."""
    said = benchmark.to_json()
    _print_sides(benchmark, said["statistics"]["configurations"], said["run_summary"])
    for one in said["statistics"]["evals"]:
        for text in _failing(one, benchmark.configurations[0]):
            click.echo(text)
    found = benchmark.difference("pass_rate")
    if found is not None:
        within = f", 95 % {found.interval.low:+.2f} to {found.interval.high:+.2f}" if found.interval else ""
        other = benchmark.configurations[1].replace("_", " ")
        click.echo(f"pass rate against {other}: {found.mean:+.2f}{within}: {styled(found.verdict, bold=True)}")
    rate = benchmark.pass_rate
    passed, total = benchmark.passed
    if rate is None:
        click.echo("nothing was graded")
    else:
        click.echo(f"{passed} of {total} expectations met ({rate:.0%}; {least:.0%} asked for)")
    for note in said["notes"]:
        click.echo(f"note: {visible(note)}", err=True)
    for error in benchmark.errors[:5]:
        click.echo(f"{styled('error', fg='red', err=True)}: {visible(error)}", err=True)
    if benchmark.evaluation.why:
        click.echo(f"{styled('stopped', fg='red', err=True)}: {visible(benchmark.evaluation.why)}", err=True)
    if said["not_run"]:
        click.echo(f"{plural(len(said['not_run']), 'run')} without a result", err=True)
    click.echo(f"results: {visible(said['folder'])}", err=True)


def stoppable(work: Callable[[threading.Event], T]) -> T:
    """Do work in a thread, so that ctrl+c stops it and what was done by then is kept."""
    cancel, finished = threading.Event(), threading.Event()
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work(cancel))
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)
        finally:
            finished.set()

    threading.Thread(target=run).start()
    # Not join: when that is interrupted, Python 3.11 takes the thread for ended.
    while not finished.is_set():
        try:
            finished.wait(0.2)
        except KeyboardInterrupt:
            cancel.set()
    if failed:
        raise failed[0]
    if not done:
        raise CancelledError("cancelled")
    return done[0]


def _chosen(evals: Sequence[Eval], ids: Sequence[str]) -> list[Eval]:
    known = [str(one.id) for one in evals]
    for id_ in ids:
        if id_ not in known:
            remedy = f"there are: {', '.join(map(visible, known[:20]))}"
            raise UsageError(f"no evaluation has the id '{visible(id_)}'", remedy=remedy)
    chosen = [one for one in evals if not ids or str(one.id) in ids]
    if not chosen:
        raise InputError("there are no evaluations to run", where="evals/evals.json")
    return chosen


def _need_sandbox() -> None:
    from workbench.sandbox.probe import probe

    level = probe()
    if not level.works:
        remedy = f"{level.remedy or 'see workbench doctor'}; or --unsandboxed, which gives the model your own rights"
        raise RefusedError(f"programs can't be confined here: {level.reason}", remedy=remedy)


def _sides(stack: ExitStack, workspace: Workspace, skill: Skill, against: str) -> list[Side]:
    from workbench.reviews.evaluating import current_version, old_version

    current = stack.enter_context(current_version(workspace.root, skill.id, workspace.tree(skill.id)))
    sides = [Side("with_skill", current)]
    if against == "without":
        sides.append(Side("without_skill", None))
    elif against != "none":
        if workspace.repository is None:
            raise UsageError("only a git repository has other versions", remedy="--against without")
        against = workspace.reviews.base(skill.id, against) or against
        old = stack.enter_context(old_version(workspace.repository, workspace.row(skill.id), against))
        sides.append(Side("old_skill", old))
    return sides


def workspace_of(workspace: Workspace, skill: Skill) -> Path:
    """The folder in which a skill's results are kept where no other is named."""
    from workbench.config import data_dir

    library = short_digest(workspace.library_id)
    name = valid_name(skill.name) or "skill"
    return data_dir() / "evaluations" / library / f"{name}-workspace"


def _print_sides(benchmark: Benchmark, statistics: dict[str, dict[str, object]], sums: dict[str, object]) -> None:
    rows = []
    for name in benchmark.configurations:
        of, sum_ = statistics[name], sums[name]
        assert isinstance(sum_, dict)
        whole, cost = of["passed_whole"], of["cost_usd"]
        assert isinstance(whole, dict)
        assert isinstance(cost, dict)
        graded = bool(of["graded"])
        rows.append(
            (
                name.replace("_", " "),
                str(of["runs"]),
                f"{sum_['pass_rate']['mean']:.0%} ±{sum_['pass_rate']['stddev']:.0%}" if graded else "not graded",
                f"{whole['passed']}/{whole['total']} ({whole['interval']['low']:.0%}–{whole['interval']['high']:.0%})"
                if graded
                else "",
                f"{sum_['time_seconds']['mean']:.1f} ±{sum_['time_seconds']['stddev']:.1f} s",
                f"{sum_['tokens']['mean']:,.0f} ±{sum_['tokens']['stddev']:,.0f}",
                "unpriced" if cost["unpriced"] else f"${cost['total']:.4f}",
            )
        )
    headings = ("SIDE", "RUNS", "PASS RATE", "WHOLE RUNS (95 %)", "TIME", "TOKENS", "COST")
    print_table(headings, rows, right=(1, 2, 3, 4, 5, 6))


def _failing(one: dict[str, object], configuration: str) -> list[str]:
    """The demands of an evaluation that do not always hold on the side that counts."""
    sides = one["configurations"]
    assert isinstance(sides, dict)
    lines = []
    for demand in sides[configuration]["expectations"]:
        if demand["passed"] < demand["total"]:
            sign = styled("✗", fg="red")
            text = truncate(visible(demand["text"]), 90)
            lines.append(f"{sign} {visible(str(one['eval_id']))}: {demand['passed']}/{demand['total']} {text}")
    return lines


class _Progress:
    """Prints each run as it ends and, on a terminal, how far it is."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._total = total
        self._quiet = quiet
        self._done = 0
        self._cost = 0
        self._began = time.monotonic()
        self._live = sys.stderr.isatty()

    def began(self, one: Eval, configuration: Configuration, number: int) -> None:
        """A run began."""
        self._draw(f"{one.id} {configuration.replace('_', ' ')} {number}")

    def ended(self, run: EvalRun) -> None:
        """A run ended."""
        self._done += 1
        self._cost += run.cost_nd or 0
        self.stop()
        if self._quiet or run.status == "not run":
            return
        rate = run.grading.pass_rate
        colour = "red" if run.status == "error" or (rate is not None and rate < 1) else "green"
        said = f"{run.grading.passed}/{run.grading.total}" if run.grading.total else "not graded"
        if run.status == "error":
            said = truncate(visible(run.reason.splitlines()[0]), 120)
        seconds = f"  {run.episode.seconds:.1f} s" if run.episode else ""
        label = f"{visible(str(run.one.id))} {run.configuration.replace('_', ' ')} {run.number}"
        click.echo(f"{styled('✓' if colour == 'green' else '✗', fg=colour)} {label}: {said}{seconds}", err=True)

    def stop(self) -> None:
        """Take the line of progress away."""
        if self._live:
            click.echo("\r\x1b[K", nl=False, err=True)

    def _draw(self, now: str) -> None:
        if self._live:
            seconds = time.monotonic() - self._began
            line = (
                f"{self._done} of {self._total}, {seconds:.0f} s, ${self._cost / 1e9:.4f}, ctrl+c stops: {visible(now)}"
            )
            click.echo(f"\r\x1b[K{truncate(line, 79)}", nl=False, err=True)
