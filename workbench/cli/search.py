"""`workbench skills search` and `workbench skills similar`: skills by what they say, and skills like another."""

import re
import time
from typing import TYPE_CHECKING

import click

from workbench.cli.output import library_option, print_json, print_table, state_label
from workbench.commands import command
from workbench.errors import ExitCode
from workbench.text import plural, truncate, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.skills.catalogue import Catalogue
    from workbench.skills.search import Hit

_SAY_AFTER_SECONDS = 0.5
_QUERY_HELP = """\b
Every word has to be found; the last one may be a beginning of three letters or more. Besides words:
  "two words"       words that stand together
  state:stale       draft, in-review, approved, stale, changes-requested, revoked, invalid
  cap:network       what its files can do; see 'workbench skills capabilities'
  author:ada        who changed it, by name or e-mail
  name:csv path:a/* its name or path contains this, or matches it where there is a *
  problem:CODE      a problem's code, or error, warning, info
  version:1.2       its version, or the beginning of it; none for no version
  -state:approved   a minus turns a filter round
"""
_NEGATED = re.compile(r"-[a-z]+:")


class _Search(click.Command):
    """Takes `-state:approved` for a filter, where click would take it for seven options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [f" {arg}" if _NEGATED.match(arg) else arg for arg in args])


@click.command("search", cls=_Search, help=f"{command('skills.search').help}\n\n{_QUERY_HELP}")
@click.argument("words", metavar="QUERY...", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many results.")
@library_option
def search(workspace: Workspace, words: tuple[str, ...], limit: int, as_json: bool) -> int:
    """Search the skills."""
    from workbench.reviews.finding import bare_rows, find_skills
    from workbench.reviews.judging import rows_in_git
    from workbench.reviews.listing import row_outside_git
    from workbench.skills.query import parse_query

    text = " ".join(words).strip()
    query = parse_query(text)
    if text.count('"') % 2:
        click.echo("note: a quote is not closed, so everything behind it is one phrase", err=True)
    judged = query.asks_for("state", "author")
    rows = workspace.glance().rows if judged else bare_rows(workspace.skills()[0])
    skills = tuple(row.skill for row in rows)
    catalogue = workspace.catalogue.searchable(skills)
    _take_texts(catalogue, scanning=query.asks_for("cap"))
    results = find_skills(catalogue, query, rows, limit=limit)
    by_id = {row.id: row for row in rows}
    shown = tuple(by_id[hit.id] for hit in results.hits)
    if not judged and workspace.repository is not None:
        shown, _ = rows_in_git(workspace.repository, [row.skill for row in shown], among=skills)
    elif not judged:
        shown = tuple(row_outside_git(workspace.root, row.skill) for row in shown)
    states = {row.id: row.state for row in shown}
    if as_json:
        listed = [{**_to_json(hit), "state": states[hit.id]} for hit in results.hits]
        print_json({"query": text, "total": results.total, "results": listed})
    else:
        for hit in results.hits:
            click.echo(f"{visible(hit.name)}  {state_label(states[hit.id])}  {visible(hit.id)}")
            click.echo(f"    {truncate(visible(_plain(hit.snippet)), 160)}")
        left = results.total - len(results.hits)
        more = f"; {left:,} more with --limit" if left else ""
        click.echo(f"{plural(results.total, 'skill')} found{more}", err=True)
    return ExitCode.OK if results.total else ExitCode.NO


def _to_json(hit: "Hit") -> dict[str, object]:
    return {
        "path": hit.id,
        "name": hit.name,
        "description": hit.description,
        "score": hit.score,
        "matched": list(hit.matched),
        "snippet": _plain(hit.snippet),
    }


def _plain(snippet: str) -> str:
    from workbench.skills.search import MARKED, UNMARKED

    return " ".join(snippet.replace(MARKED, "").replace(UNMARKED, "").split())


def _take_texts(catalogue: "Catalogue", *, scanning: bool) -> None:
    """Bring the index up to date, and what skills can do if asked for; of what takes long, say how far it is."""
    from workbench.skills.catalogue_texts import take_texts
    from workbench.skills.skill_texts import scan_kinds

    began = said = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - began > _SAY_AFTER_SECONDS and (now - said > _SAY_AFTER_SECONDS or done == total):
            said = now
            click.echo(f"reading the skills' texts: {done:,} of {total:,}", err=True)

    take_texts(catalogue, scan=scan_kinds if scanning else None, on_progress=progress)


@click.command("similar", help=command("skills.similar").help)
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="At most so many results.")
@library_option
def similar(workspace: Workspace, name: str, limit: int, as_json: bool) -> int:
    """Show the skills like one."""
    from pathlib import Path

    from workbench.skills.naming import resolve
    from workbench.skills.similar import similar as most_like

    skills, _ = workspace.skills()
    me = resolve(skills, name, cwd=Path.cwd(), root=workspace.root)
    found = most_like(skills, me.id, limit=limit)
    if as_json:
        results = [
            {"path": one.id, "name": one.name, "score": one.score, "shared": list(one.shared),
             "same_name": one.same_name}
            for one in found
        ]  # fmt: skip
        print_json({"skill": me.id, "results": results})
    elif found:
        print_table(
            ("NAME", "SCORE", "SHARED WORDS", "PATH"),
            [
                (truncate(visible(one.name), 40) + (" (same name)" if one.same_name else ""), f"{one.score:.2f}",
                 truncate(visible(" ".join(one.shared)), 60), one.id)
                for one in found
            ],
            right=(1,),
        )  # fmt: skip
        click.echo("The score compares words, not meanings: 1 is the same words, 0 none shared.", err=True)
    else:
        click.echo(f"no skill shares telling words with {visible(me.name)}", err=True)
    return ExitCode.OK if found else ExitCode.NO
