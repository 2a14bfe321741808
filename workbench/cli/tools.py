"""`workbench tools`: what can be called, and calling it."""

import json
import threading
from typing import Any

import click

from workbench.cli.output import library_option, print_json, print_problem, print_table, raw_or_visible, styled
from workbench.commands import command
from workbench.errors import ExitCode, RefusedError, UsageError
from workbench.text import first_line, visible, visible_block
from workbench.tools.model import Tool
from workbench.workspace import Workspace


@click.group(help=command("open.tools").help)
def tools() -> None:
    """The library's tools."""


@tools.command("list", help=command("open.tools").help)
@library_option
def list_tools(workspace: Workspace, as_json: bool) -> None:
    """List the tools that the library's skills bring."""
    found = workspace.tools()
    if as_json:
        print_json([_as_json(tool) for tool in found])
        return
    for problem in workspace.tool_problems():
        print_problem(problem, err=True)
    rows = [(tool.id, "yes" if tool.callable else "no", first_line(tool.description), tool.skill) for tool in found]
    print_table(("TOOL", "CALLABLE", "DESCRIPTION", "SKILL"), rows)


@tools.command("show", help=command("tools.show").help)
@click.argument("tool", metavar="SKILL.TOOL")
@library_option
def show(workspace: Workspace, tool: str, as_json: bool) -> None:
    """Show a tool with its schema."""
    found = workspace.tool(tool)
    if as_json:
        print_json(_as_json(found))
        return
    click.echo(f"{visible(found.id)}\n\n{visible_block(found.description.strip())}\n")
    for problem in found.problems:
        print_problem(problem)
    click.echo(json.dumps(dict(found.input_schema), indent=2, ensure_ascii=True))


@tools.command("call", help=command("tool.call").help)
@click.argument("tool", metavar="SKILL.TOOL")
@click.option("--args", "arguments", default="{}", metavar="JSON", help="The arguments, a JSON object.")
@click.option(
    "--unsandboxed", is_flag=True, help="Run with your own rights where no sandbox works. Read the code first."
)
@click.option("--save-case", metavar="NAME", help="Save the call as a case that expects what came, and run that once.")
@library_option
@click.pass_context
def call(
    ctx: click.Context,
    workspace: Workspace,
    tool: str,
    arguments: str,
    unsandboxed: bool,
    save_case: str | None,
    as_json: bool,
) -> None:
    """Call a tool; exit 0 if it succeeded, 1 if not."""
    given = _arguments(arguments)
    found = workspace.tool(tool)
    if save_case is not None:
        from workbench.testing.saving import check_name

        check_name(workspace.root, workspace.find(found.skill), save_case)
    cancel = threading.Event()
    try:
        result = workspace.call(found, given, cancel=cancel, unsandboxed=unsandboxed)
    except KeyboardInterrupt:
        cancel.set()
        raise
    if not as_json:
        _print(result)
    saved: dict[str, Any] = {}
    if save_case is not None and result.outcome not in ("refused", "cancelled"):
        from workbench.cli.save_case import save

        saved = {"saved_case": save(workspace, found, result, save_case, unsandboxed=unsandboxed)}
    if as_json:
        print_json({**result.to_json(), **saved})
    if result.outcome == "refused":
        raise RefusedError(
            result.reason or "no sandbox works here", remedy="workbench doctor says why; or --unsandboxed"
        )
    if result.outcome == "cancelled":
        ctx.exit(ExitCode.CANCELLED)
    if saved and saved["saved_case"]["error"] is not None:
        ctx.exit(ExitCode.BAD_INPUT)
    ctx.exit(ExitCode.OK if result.ok else ExitCode.NO)


def _arguments(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UsageError(
            f"--args is not JSON: {error}", remedy="""for example: --args '{"path": "data.csv"}'"""
        ) from error
    if not isinstance(given, dict):
        raise UsageError("--args has to be a JSON object")
    return given


def _print(result: Any) -> None:
    if result.output is not None and not isinstance(result.output, str):
        click.echo(json.dumps(result.output, indent=2, ensure_ascii=True))
    else:
        click.echo(raw_or_visible(result.output if isinstance(result.output, str) else result.stdout), nl=False)
    if result.stderr:
        click.echo(raw_or_visible(result.stderr), nl=False, err=True)
    word = styled("ok", fg="green", err=True) if result.ok else styled(result.outcome, fg="red", err=True)
    code = "" if result.exit_code is None else f", exit code {result.exit_code}"
    click.echo(f"{word} after {result.duration_ms} ms{code}, sandbox: {result.level}", err=True)
    if result.reason:
        click.echo(f"  {visible(result.reason)}", err=True)


def _as_json(tool: Tool) -> dict[str, Any]:
    return {
        "id": tool.id,
        "name": tool.name,
        "skill": tool.skill,
        "source": tool.source,
        "description": tool.description,
        "input_schema": dict(tool.input_schema),
        "output": tool.output,
        "output_schema": dict(tool.output_schema) if tool.output_schema is not None else None,
        "callable": tool.callable,
        "problems": [problem.to_json() for problem in tool.problems],
    }
