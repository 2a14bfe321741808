"""`workbench analytics` and `workbench cost`: what was used, how well it went, and what it cost."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import library_option, print_json, print_table
from workbench.commands import command
from workbench.text import plural
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.analytics.costs import By as CostBy
    from workbench.analytics.usage import By

_DAY = click.DateTime(["%Y-%m-%d"])
_CLEAR_LINE = "\r\x1b[K"


def _period_options(function: Any) -> Any:
    function = click.option("--until", type=_DAY, metavar="DAY", help="Last day, YYYY-MM-DD, included.")(function)
    return click.option("--since", type=_DAY, metavar="DAY", help="First day, YYYY-MM-DD.")(function)


def _days(since: datetime | None, until: datetime | None) -> tuple[date | None, date | None]:
    first, last = since.date() if since else None, until.date() if until else None
    if first and last and first > last:
        raise click.UsageError("--since is after --until")
    return first, last


@click.command(help=command("open.analytics").help)
@click.option("--by", type=click.Choice(["skill", "tool", "day"]), default="skill", help="What a row stands for.")
@_period_options
@library_option
def analytics(workspace: Workspace, by: "By", since: datetime | None, until: datetime | None, as_json: bool) -> None:
    """Print calls, success and time."""
    first, last = _days(since, until)
    rows = workspace.analytics.usage(by=by, since=first, until=last)
    if as_json:
        print_json({"by": by, "rows": [row.to_json() for row in rows]})
        return
    if not rows:
        click.echo("Nothing was called or tested yet: workbench test, or workbench tools call, fills this.")
        return
    print_table(
        (by.upper(), "CALLS", "OK", "FAILED", "SUCCESS", "P50 MS", "P95 MS", "LAST"),
        [
            (
                row.key, str(row.calls), str(row.ok), str(row.failed),
                "-" if row.success is None else f"{row.success:.0%}",
                "-" if row.p50_ms is None else str(row.p50_ms), "-" if row.p95_ms is None else str(row.p95_ms),
                f"{datetime.fromtimestamp(row.last_at / 1000).astimezone():%Y-%m-%d %H:%M}",
            )
            for row in rows
        ],
        right=(1, 2, 3, 4, 5, 6),
    )  # fmt: skip


@click.command(help=command("open.cost").help)
@click.option(
    "--by",
    type=click.Choice(["day", "week", "month", "model", "project", "session"]),
    default="day",
    help="What a row stands for.",
)
@_period_options
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Read the Claude Code folder DIR (the one that holds projects/) into a scratch store.",
)
@click.option("--json", "as_json", is_flag=True, help="Print exact data as JSON.")
def cost(by: "CostBy", since: datetime | None, until: datetime | None, folder: Path | None, as_json: bool) -> None:
    """Import what agents' logs have new, and print what it cost."""
    from workbench.analytics.claude_logs import import_claude, open_scratch
    from workbench.analytics.costs import cost_report
    from workbench.analytics.money import dollars
    from workbench.config import store_path
    from workbench.storage import Store

    first, last = _days(since, until)
    if folder is not None:
        store = open_scratch([folder])
    else:
        store = Store(store_path())
        _report_import(import_claude(store, on_progress=_progress if sys.stderr.isatty() else None))
    report = cost_report(store, by=by, since=first, until=last)
    if as_json:
        print_json(report.to_json())
        return
    if not report.total.calls:
        click.echo("No model calls were found. Claude Code keeps its logs in ~/.claude/projects; --from reads others.")
        return
    headings = (by.upper(), "COST", "CALLS", "UNPRICED", "INPUT", "OUTPUT", "CACHE READ", "WRITE 5M", "WRITE 1H")
    rows = [*report.rows, report.total]
    print_table(
        headings,
        [
            (
                row.key if row is not report.total else "total", dollars(row.cost_nd), f"{row.calls:,}",
                f"{row.unpriced_calls:,}" if row.unpriced_calls else "-",
                *(f"{count:,}" for count in (
                    row.tokens.input, row.tokens.output, row.tokens.cache_read,
                    row.tokens.cache_write_5m, row.tokens.cache_write_1h,
                )),
            )
            for row in rows
        ],
        right=range(1, len(headings)),
    )  # fmt: skip


def _progress(progress: Any) -> None:
    done = f"{progress.bytes_read / 1e6:,.0f} of {progress.bytes_total / 1e6:,.0f} MB"
    click.echo(f"{_CLEAR_LINE}reading logs: {done}", err=True, nl=False)


def _report_import(report: Any) -> None:
    if sys.stderr.isatty() and report.files_read:
        click.echo(_CLEAR_LINE, err=True, nl=False)
    if report.problems:
        click.echo(f"note: {plural(report.problems, 'place')} in the logs could not be counted", err=True)
