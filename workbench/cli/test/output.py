"""What a person reads of a run: why cases were chosen, each result as it comes, what runs just now, and the sum."""

import secrets
import sys
import time
from collections.abc import Sequence
from types import TracebackType

import click

from workbench.cli.output import print_problem, styled
from workbench.testing.results import FINE, CaseResult, TestRun
from workbench.testing.selection import Plan
from workbench.text import plural, truncate, visible, visible_lines

SIGNS = {
    "passed": ("✓", "green"), "failed": ("✗", "red"), "error": ("!", "red"), "skipped": ("-", "yellow"),
    "xfail": ("~", "yellow"), "flaky": ("≈", "red"),
}  # fmt: skip
_WORDS = {"skipped": "skipped", "xfail": "failed as expected", "flaky": "flaky"}
_LISTED = 5
_LINE_SECONDS = 0.1


class Printer:
    """Prints a run while it goes on.

    With `github`, nothing that a program or a skill says can pose as a command to the runner: the runner is told to
    take no commands until a word that nobody can guess.

    Args:
        quiet: Print nothing but the line of progress on a terminal.
        github: What is printed is read by GitHub Actions.
    """

    def __init__(self, *, quiet: bool = False, github: bool = False) -> None:
        self.quiet = quiet
        self._token = secrets.token_hex(16) if github else None
        self._live = sys.stderr.isatty()
        self._total = self._done = self._bad = 0
        self._running: list[tuple[str, str]] = []
        self._began = time.monotonic()
        self._drawn_at = 0.0

    def __enter__(self) -> "Printer":
        if self._token:
            click.echo(f"::stop-commands::{self._token}")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        if self._token:
            click.echo(f"::{self._token}::")

    def planned(self, plan: Plan) -> None:
        """Say why cases were chosen, where not all were."""
        self._total, self._done, self._bad, self._began = len(plan.selected), 0, 0, time.monotonic()
        if self.quiet or not plan.why:
            return
        reasons: dict[tuple[str, str], int] = {}
        for (skill, _), why in plan.why.items():
            reasons[skill, why] = reasons.get((skill, why), 0) + 1
        for (skill, why), count in reasons.items():
            click.echo(f"{visible(skill)}: {plural(count, 'case')}: {why}")

    def began(self, skill: str, case: str) -> None:
        """A case began; called from the thread that runs it."""
        self._running.append((skill, case))
        self._draw()

    def ended(self, result: CaseResult) -> None:
        """A case ended; called from the thread that ran it, never twice at a time."""
        self._done += 1
        self._bad += result.outcome not in FINE
        if (result.skill, result.case) in self._running:
            self._running.remove((result.skill, result.case))
        if not self.quiet:
            self._clear()
            print_result(result)
        self._draw()

    def say(self, text: str) -> None:
        """Print a line, unless it has to be quiet."""
        if not self.quiet:
            click.echo(text)

    def stop(self) -> None:
        """No case runs any more."""
        self._clear()
        self._running.clear()

    def _draw(self) -> None:
        now = time.monotonic()
        if not self._live or now - self._drawn_at < _LINE_SECONDS:
            return
        self._drawn_at = now
        bad = f", {self._bad} not fine" if self._bad else ""
        names = ", ".join(visible(case) for _, case in self._running[:3])
        line = f"{self._done} of {self._total}{bad}, {now - self._began:.0f} s, ctrl+c stops: {names}"
        click.echo(f"\r\x1b[K{truncate(line, 79)}", nl=False, err=True)

    def _clear(self) -> None:
        if self._live and self._drawn_at:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._drawn_at = 0.0


def print_result(result: CaseResult) -> None:
    """Print how a case ended and, if it is not fine, why."""
    sign, colour = SIGNS[result.outcome]
    word = f"  {_WORDS[result.outcome]}" if result.outcome in _WORDS else ""
    times = f", {len(result.attempts)} times" if result.attempts else ""
    name = f"{visible(result.skill)}: {visible(result.case)}"
    click.echo(f"{styled(sign, fg=colour)} {name}  {result.duration_ms} ms{times}{word}")
    for note in result.notes:
        click.echo(f"    note: {note}")
    if result.outcome == "passed":
        return
    if result.outcome in FINE:
        click.echo(f"    {result.reason}")
        return
    click.echo(f"    {visible(result.place)}")
    if result.reason:
        click.echo(f"    {result.reason}")
    for mismatch in result.mismatches:
        if not (result.reason or "").startswith(mismatch.message):
            click.echo(f"    {visible(mismatch.message)}")
        print_diff(mismatch.diff, "      ")
    sys.stdout.flush()


def print_diff(diff: str, indent: str) -> None:
    """Print a unified diff, made harmless."""
    for line in visible_lines(diff.rstrip("\n")) if diff else ():
        click.echo(f"{indent}{styled(line, fg={'+': 'green', '-': 'red'}.get(line[:1]))}")


def print_summary(run: TestRun) -> None:
    """Print the sum of a run: problems, what no case reaches, counts."""
    for problem in run.problems:
        print_problem(problem)
    for skill, scripts in (run.unreached or {}).items():
        click.echo(f"{visible(skill)}: no case reaches {_listed(scripts)}")
    counts = [
        f"{run.passed} passed",
        f"{run.failed} failed",
        *([plural(run.errors, "error")] if run.errors else []),
        *([f"{run.count('flaky')} flaky"] if run.count("flaky") else []),
        *([f"{run.count('xfail')} failed as expected"] if run.count("xfail") else []),
        *([f"{run.skipped} skipped"] if run.skipped else []),
    ]
    seed = f"; order: --seed {run.seed}" if run.seed is not None else ""
    level = run.level or "nothing ran"
    click.echo(f"{', '.join(counts)} in {run.duration_ms / 1000:.1f} s; sandbox: {level}{seed}")
    if not run.results:
        click.echo("There were no cases to run; a skill's cases are tests/*.yaml in its folder.")
    if run.note:
        click.echo(f"note: {visible(run.note)}", err=True)


def _listed(scripts: Sequence[str]) -> str:
    more = f" and {plural(len(scripts) - _LISTED, 'more script')}" if len(scripts) > _LISTED else ""
    return f"{', '.join(visible(script) for script in scripts[:_LISTED])}{more}"
