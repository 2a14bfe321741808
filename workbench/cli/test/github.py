"""Annotations of GitHub Actions: what is not fine, at its line of the file of cases."""

import click

from workbench.skills.annotations import annotation
from workbench.skills.model import Problem
from workbench.testing.results import FINE, TestRun
from workbench.text import truncate, visible

_MOST = 1000


def print_annotations(run: TestRun) -> None:
    """Print one annotation for each case that is not fine and each problem."""
    for result in run.results:
        if result.outcome not in FINE:
            file, _, line = result.place.rpartition(":")
            title = visible(f"{result.skill}: {result.case} ({result.outcome})")
            reason = truncate(visible(result.reason or result.outcome), _MOST)
            number = int(line) if line.isdigit() else None
            click.echo(annotation(Problem("error", title, reason, column=result.column, line=number), visible(file)))
    for problem in run.problems:
        click.echo(annotation(problem, None if problem.path is None else visible(problem.path)))
