"""`workbench adopt`: skills from agents, archives, stores and prompt templates into the personal library."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.output import print_json, print_table
from workbench.commands import command
from workbench.config import home_dir, personal_library
from workbench.errors import ExitCode
from workbench.text import plural, visible

if TYPE_CHECKING:
    from workbench.reviews.adopting.model import Adoption

_KINDS = ("skills", "archive", "toolweaver", "prompts")
_EPILOG = """\b
SOURCE is
  a folder of skills, or the folder of one skill
  a .skill or .zip archive
  the folder of a ToolWeaver store (manifest.json and the code it names)
  a prompt template in YAML, or a folder of them
Without one: the folders of all agents on this machine. What agents fetched as
plugins is listed, and copied only when you name it.

\b
Exit codes:
  0  adopted, or nothing new      3  a source can't be read or is refused
  2  usage                        4  a version's tag exists and names other
                                     code, or the library is busy
"""


@click.command(help=command("adopt").help, epilog=_EPILOG)
@click.argument("named", metavar="[SOURCE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--as", "kind", type=click.Choice(_KINDS), help="Read SOURCE as this; otherwise its content tells.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print exact data as JSON.")
@click.pass_context
def adopt(ctx: click.Context, named: tuple[Path, ...], kind: str | None, dry_run: bool, as_json: bool) -> None:
    """Copy skills into the personal library."""
    from workbench.reviews.adopting import adopt as adopting
    from workbench.reviews.adopting.sources import agent_sources, plugins_of, source_of

    home = home_dir()
    if kind and not named:
        raise click.UsageError("--as says how to read SOURCE; name one")
    sources = [source_of(one, home, kind) for one in named] if named else agent_sources(home)  # type: ignore[arg-type] # click checked it
    plugins = () if named else plugins_of(home)
    if dry_run:
        done = adopting.preview(personal_library(), sources, plugins=plugins)
    else:
        done = adopting.adopt(personal_library(), sources, datetime.now(UTC), home=home, plugins=plugins)
    if as_json:
        print_json(done.to_json())
    else:
        _print(done)
    ctx.exit(ExitCode.CONFLICT if done.conflicts and not dry_run else ExitCode.OK)


def _print(done: "Adoption") -> None:
    if not done.sources:
        click.echo("No agent on this machine has a folder of skills.")
    if done.skills:
        rows = [(one.path, one.outcome, ", ".join(one.versions) or "-", one.origin) for one in done.skills]
        print_table(("SKILL", "WOULD BE" if done.dry_run else "OUTCOME", "VERSIONS", "FROM"), rows)
    for one in done.conflicts:
        click.echo(f"conflict {visible(one.path)}: {visible(one.reason)}", err=True)
    for one in done.skipped:
        click.echo(f"skipped {visible(one.path)}: {visible(one.reason)}", err=True)
    for plugin in done.plugins:
        count = plural(plugin.skills, "skill")
        click.echo(f"not copied: {count} of a plugin of {visible(plugin.client)}, {visible(plugin.path)}")
    click.echo(f"library: {visible(str(done.library))}")
    if done.dry_run:
        click.echo("Nothing was changed: this is what `workbench adopt` would do.")
    elif done.commit:
        where = visible(str(done.library))
        click.echo(f"Everything in it is as found, unread. To review it: workbench --library {where}")
