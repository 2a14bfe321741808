"""`workbench skills new`: a skill to start from."""

from pathlib import Path

import click

from workbench.cli.output import library_option, print_json
from workbench.commands import command
from workbench.text import visible
from workbench.workspace import Workspace

_EPILOG = """\b
Exit codes:
  0  made                      3  the folder can't be written
  2  the name is not valid     4  there is something in its place already
"""


@click.command("new", help=command("skills.new").help, epilog=_EPILOG)
@click.argument("name")
@click.option(
    "--dir", "parent", type=click.Path(path_type=Path), metavar="DIR", help="Make it in DIR instead of skills/."
)
@click.option("--description", default="", metavar="TEXT", help="What it does and when to use it.")
@click.option(
    "--script",
    type=click.Choice(("python", "shell", "none")),
    default="python",
    show_default=True,
    help="What its tool is written in; none makes a skill of text alone.",
)
@library_option
def new(workspace: Workspace, name: str, parent: Path | None, description: str, script: str, as_json: bool) -> None:
    """Make a skill that validates and has a case that passes."""
    from workbench.config import expanded
    from workbench.skills import scaffold

    where = expanded(parent) if parent else workspace.root / scaffold.FOLDER
    made = scaffold.create(name, where, description=description, script=script)  # type: ignore[arg-type] # click checked it
    inside = made.folder.resolve().is_relative_to(workspace.root.resolve())
    id_ = made.folder.resolve().relative_to(workspace.root.resolve()).as_posix() if inside else None
    if as_json:
        print_json({"name": name, "id": id_, "path": str(made.folder), "files": list(made.files)})
        return
    for file in made.files:
        click.echo(f"wrote {visible(str(made.folder / file))}")
    if id_ is not None:
        click.echo(f"next: workbench test {visible(id_)}, then workbench skills show {visible(id_)}")
