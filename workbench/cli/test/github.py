"""Annotations of GitHub Actions: what is not fine, at its line of the file of cases.

The format: a line `::error file=…,line=…,col=…,title=…::message`, with `%`, line ends and, in properties, `:` and `,`
written as percent codes.
"""

import click

from workbench.testing.results import FINE, TestRun
from workbench.text import truncate, visible

_MOST = 1000


def print_annotations(run: TestRun) -> None:
    """Print one annotation for each case that is not fine and each problem."""
    for result in run.results:
        if result.outcome not in FINE:
            file, _, line = result.place.rpartition(":")
            title = f"{result.skill}: {result.case} ({result.outcome})"
            _print("error", file, int(line) if line.isdigit() else None, result.column, title, result.reason or "")
    for problem in run.problems:
        kind = {"error": "error", "warning": "warning"}.get(problem.severity, "notice")
        _print(kind, problem.path or "", problem.line, problem.column, problem.code, problem.message)


def _print(kind: str, file: str, line: int | None, column: int | None, title: str, message: str) -> None:
    properties = {"file": file, "line": line, "col": column if line else None, "title": title}
    said = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value)
    click.echo(f"::{kind} {said}::{_data(message)}")


def _data(text: str) -> str:
    shown = truncate(visible(text), _MOST)
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
