"""Saving a call as a case from the command line, and running that case once: does the same come again?"""

from pathlib import Path
from typing import Any

import click

from workbench.errors import InputError
from workbench.testing.saving import said_of, save_case
from workbench.testing.selection import Wanted
from workbench.testing.session import How
from workbench.text import visible
from workbench.tools.model import CallResult, Tool
from workbench.workspace import Workspace


def save(workspace: Workspace, tool: Tool, result: CallResult, name: str, *, unsandboxed: bool) -> dict[str, Any]:
    """Write the case, run it, say on standard error what came of both; gives `saved_case` for the JSON.

    What can't be saved is no reason to lose the call's result, so it is said there too, under `error`.
    """
    try:
        saved = save_case(workspace.root, workspace.find(tool.skill), tool, result, name, cwd=Path.cwd())
    except InputError as error:
        click.echo(f"not saved: {error}", err=True)
        return {"skill": tool.skill, "name": name, "error": error.what}
    run = workspace.test([tool.skill], wanted=Wanted(case=name), how=How(unsandboxed=unsandboxed))
    again = next((one for one in run.results if one.case == name), None)
    click.echo(f"saved: {visible(saved.path)}:{saved.line}{_listed(saved.files)}", err=True)
    click.echo(said_of(again), err=True)
    outcome = None if again is None else again.outcome
    reason = None if again is None else again.reason
    return {**saved.to_json(), "error": None, "outcome": outcome, "reason": reason}


def _listed(files: tuple[str, ...]) -> str:
    return f", with {', '.join(map(visible, files))}" if files else ""
