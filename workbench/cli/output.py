"""How results reach a terminal or a script: exact JSON, aligned tables, and errors that say what to do."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from workbench.errors import WorkbenchError
from workbench.reviews.model import STATE_SIGNS, State
from workbench.skills.model import Problem
from workbench.text import cell_width, fit, truncate, visible, visible_block
from workbench.workspace import Workspace

_STATE_COLOURS = {
    "invalid": "red", "revoked": "red", "changes-requested": "yellow", "approved": "green", "in-review": "cyan",
    "stale": "yellow",
}  # fmt: skip
_COLUMN_GAP = "  "
_LARGE_JSON = 100_000
"""Characters from which indenting JSON is worth another library."""


def library_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--library` and `--json`, and hands the function an open `workspace`."""
    return _with_library(function, to_install_from=False)


def source_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `library_option`, of a library that skills are installed from: a project that only has copies is none."""
    return _with_library(function, to_install_from=True)


def _with_library(function: Callable[..., Any], *, to_install_from: bool) -> Callable[..., Any]:
    @click.option("--library", type=click.Path(path_type=Path), metavar="PATH", help="The library to work on.")
    @click.option("--json", "as_json", is_flag=True, help="Print exact data as JSON.")
    @wraps(function)
    def opened(*args: Any, library: Path | None, **kwargs: Any) -> Any:
        ctx = click.get_current_context()
        chosen = library or (ctx.obj or {}).get("library")
        return ctx.invoke(function, *args, workspace=Workspace.open(chosen, to_install_from=to_install_from), **kwargs)

    return opened


def print_json(data: Any) -> None:
    """Print exact data, ASCII-escaped."""
    click.echo(indented(data))


def indented(data: Any) -> str:
    """Exact data as JSON, ASCII-escaped and indented by two."""
    text = json.dumps(data, ensure_ascii=True)
    if len(text) < _LARGE_JSON:
        return json.dumps(data, indent=2, ensure_ascii=True)
    import msgspec  # json indents in Python, ten times slower than it encodes

    try:
        return msgspec.json.format(text, indent=2)
    except msgspec.DecodeError:  # Infinity and NaN, which only Python's json reads and writes
        return json.dumps(data, indent=2, ensure_ascii=True)


def print_error(error: WorkbenchError) -> None:
    """Print what happened, where and what to do, on standard error."""
    place = f"{visible(error.where)}: " if error.where else ""
    click.echo(f"{styled('error', fg='red', err=True)}: {place}{visible_block(error.what)}", err=True)
    if error.remedy:
        click.echo(f"  {visible_block(error.remedy)}", err=True)


def print_problem(problem: Problem, *, err: bool = False) -> None:
    """Print what is wrong with its place, as compilers do, so that editors can jump to it."""
    place = visible(problem.path or "") + (f":{problem.line}" if problem.line else "")
    click.echo(f"{place + ': ' if place else ''}{problem.severity}: {problem.message} [{problem.code}]", err=err)


_DIFF_STYLES: dict[str, dict[str, Any]] = {
    "file": {"bold": True}, "note": {"fg": "yellow"}, "hunk": {"fg": "cyan"}, "+": {"fg": "green"}, "-": {"fg": "red"},
}  # fmt: skip


def styled(text: str, *, err: bool = False, **style: Any) -> str:
    """Text in a colour where the stream is a terminal and the user did not ask for none."""
    import os

    stream = sys.stderr if err else sys.stdout
    return click.style(text, **style) if stream.isatty() and not os.environ.get("NO_COLOR") else text


def diff_paint(text: str, style: str) -> str:
    """A line of a diff in its colour; `style` is what `diff_text.as_text` calls it."""
    return styled(text, **_DIFF_STYLES.get(style, {}))


def state_word(state: State) -> str:
    """A state as its sign and its word, for a cell of a table."""
    return f"{STATE_SIGNS[state]} {state}"


def state_label(state: State, width: int = 0) -> str:
    """A state as its sign and its word, in its colour, and at least so many cells wide."""
    return styled(f"{state_word(state):<{width}}", fg=_STATE_COLOURS.get(state))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """Print aligned columns; cells are made harmless here. The last column takes what width is left.

    Args:
        right: Numbers of the columns to align on the right.
    """
    table = [[visible(cell) for cell in row] for row in rows]
    widths = [max(cell_width(cell) for cell in column) for column in zip(headings, *table, strict=True)]
    click.echo(styled(_line(headings, widths, right), bold=True))
    for row in table:
        click.echo(_line(row, widths, right))


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[int]) -> str:
    shown = [
        fit(cell, width, right=number in right) for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    line = _COLUMN_GAP.join(shown).rstrip()
    return truncate(line, _terminal_width()) if sys.stdout.isatty() else line


def _terminal_width() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def raw_or_visible(text: str) -> str:
    """A program's own output: as it is into a pipe or file, made harmless on a terminal."""
    if sys.stdout.isatty():
        return visible_block(text)
    return text.encode("utf-8", "replace").decode("utf-8")
