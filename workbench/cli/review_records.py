"""`workbench review log`, `receipt` and `verify-receipt`: what was decided, searched, kept and checked."""

import json
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

import click

from workbench.cli.output import library_option, print_json, print_table, styled
from workbench.commands import command
from workbench.errors import ExitCode, UsageError
from workbench.reviews.model import VERDICTS, Record
from workbench.reviews.receipt_file import load_receipt
from workbench.reviews.receipts import as_markdown
from workbench.reviews.record_words import proof_of, said_in
from workbench.workspace import Workspace


@click.command("log", help=command("review.log").help)
@click.option("--skill", metavar="NAME", help="Only records of this skill (@policy is the policy's).")
@click.option("--by", metavar="WHO", help="Only records of people whose name or e-mail holds WHO; a glob may be.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="Only from this day (UTC) on.")
@click.option("--verdict", type=click.Choice(VERDICTS), multiple=True, help="Only this verdict; may be repeated.")
@library_option
def log(
    workspace: Workspace,
    skill: str | None,
    by: str | None,
    since: datetime | None,
    verdict: tuple[str, ...],
    as_json: bool,
) -> None:
    """Search the records, newest first; exit 1 if none is found."""
    path = _path_of(workspace, skill) if skill else None
    found = [
        record
        for record in workspace.reviews.log()
        if (path is None or record.path == path)
        and (by is None or _is_by(record, by))
        and (since is None or record.at >= since.replace(tzinfo=UTC))
        and (not verdict or record.verdict in verdict)
    ]
    if as_json:
        print_json([record.to_json() for record in found])
    elif found:
        print_table(("WHEN", "VERDICT", "SKILL", "BY", "PROOF", "TREE", "REASON"), [_cells(record) for record in found])
        for record in found:
            if record.signer_change:
                click.echo(f"note: {record.verdict} of {record.at:%Y-%m-%d}: {record.signer_change}", err=True)
    else:
        click.echo("no record matches", err=True)
    click.get_current_context().exit(ExitCode.OK if found else ExitCode.NO)


def _path_of(workspace: Workspace, name: str) -> str:
    """The id of a skill; one that is no longer there is known by its records."""
    from workbench.reviews.gone import id_of_records

    records = workspace.reviews.log()
    if name in {record.path for record in records}:
        return name
    try:
        return workspace.find(name).id
    except UsageError:
        gone = id_of_records(records, name)
        if gone is None:
            raise
        return gone


def _is_by(record: Record, who: str) -> bool:
    asked = who.casefold()
    names = (record.reviewer_email.casefold(), record.reviewer_name.casefold())
    return any(asked in name or fnmatchcase(name, asked) for name in names)


def _cells(record: Record) -> tuple[str, ...]:
    when = f"{record.at.astimezone():%Y-%m-%d %H:%M}"
    who = record.reviewer_name or record.reviewer_email
    return when, record.verdict, record.path, who, proof_of(record), record.tree[:12], said_in(record)


@click.command("receipt", help=command("review.receipt").help)
@click.argument("name", metavar="NAME[@VERSION]")
@click.option("--format", "form", type=click.Choice(["json", "md"]), default="json", help="To keep, or to read.")
@library_option
def receipt(workspace: Workspace, name: str, form: str, as_json: bool) -> None:
    """Print the receipt."""
    made = workspace.reviews.receipt(name)
    if form == "md" and not as_json:
        click.echo(as_markdown(made), nl=False)
    else:
        click.echo(json.dumps(made, indent=2, ensure_ascii=True, sort_keys=True))


@click.command("verify-receipt", help=command("review.verify-receipt").help)
@click.argument("file", type=click.Path(path_type=Path))
@library_option
def verify_receipt(workspace: Workspace, file: Path, as_json: bool) -> None:
    """Say whether a receipt holds; exit 1 if not."""
    found = workspace.reviews.check_receipt(load_receipt(file))
    if as_json:
        print_json(found.to_json())
    else:
        for line in found.wrong:
            click.echo(f"{styled('no', fg='red')}  {line}")
        for note in found.notes:
            click.echo(f"note: {note}", err=True)
        if found.ok:
            click.echo(f"{styled('ok', fg='green')}  {found.held}")
    click.get_current_context().exit(ExitCode.OK if found.ok else ExitCode.NO)
