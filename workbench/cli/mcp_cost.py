"""The part of `workbench skills budget` that tells what MCP servers cost, and asks before one is started."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from workbench.cli.mcp_options import Asked
from workbench.cli.output import print_table
from workbench.config import expanded, store_path
from workbench.errors import InputError, RefusedError, UsageError, WorkbenchError
from workbench.sandbox import consent
from workbench.skills.clients import client
from workbench.skills.inventory.masking import HIDDEN, masked, masked_argv
from workbench.skills.model import Skipped
from workbench.skills.naming import near
from workbench.storage import Store
from workbench.text import plural, truncate, visible
from workbench.tools.mcp_cost import ServerCost, keep_listing, kept_listings, sums, tool_costs
from workbench.tools.mcp_listing import MAX_LISTING, Listing, list_tools, parsed_listing
from workbench.tools.mcp_servers import Server, configured_servers
from workbench.workspace import Workspace

_NOT_ASKED = "not asked; --mcp starts it once you accept that"
_FAR = "not asked: it is on another machine, so that --mcp needs --server with its name"


def mcp_costs(
    workspace: Workspace, asked: Asked, project: Path, home: Path, env: Mapping[str, str]
) -> tuple[tuple[ServerCost, ...], tuple[Skipped, ...]]:
    """What the servers cost that clients would start in `project`, as far as that is known or was asked for.

    Raises:
        UsageError: A name or a hash is no server's.
        RefusedError: A server would have to be started that this user did not say yes to.
    """
    skipped: list[Skipped] = []
    servers = configured_servers(project, home, env, skipped)
    chosen = _chosen(servers, asked)
    given = _given(asked.listings, [server.name for server in servers])
    store = workspace.store if asked.starts else _store_if_there(workspace)
    kept = kept_listings(store, [server.hash for server in servers]) if store else {}
    costs = []
    for server in servers:
        accepted = store is not None and consent.given(store, [server.hash], "mcp-server")
        listing, origin = given.get(server.name), "listing"
        if listing is None:
            listing, origin = kept.get(server.hash), "store"
        if asked.fresh and server in chosen and origin == "store":
            listing = None
        tools = tool_costs(listing) if listing is not None else None
        why = None if tools is not None else server.fault or (_NOT_ASKED if server.is_near else _FAR)
        costs.append(ServerCost(server, tools, origin if tools is not None else None, accepted, why))
    strange = given.keys() - {server.name for server in servers}
    costs += [
        ServerCost(Server(name, (), "--mcp-tools"), tool_costs(given[name]), "listing") for name in sorted(strange)
    ]
    if asked.starts and store is not None:
        waiting = [cost for cost in costs if cost.tools is None and cost.server in chosen]
        answers = _ask(store, waiting, asked)
        costs = [
            replace(answers[cost.server.hash], server=cost.server)
            if cost.tools is None and cost.server.hash in answers
            else cost
            for cost in costs
        ]
    return tuple(costs), tuple(skipped)


def mcp_json(costs: Sequence[ServerCost], skipped: Sequence[Skipped]) -> dict[str, Any]:
    """Exact data for scripts."""
    return {
        "servers": [cost.to_json() for cost in costs],
        "sum": sums(costs),
        "skipped": [{"path": one.path, "reason": one.reason} for one in skipped],
    }


def print_mcp(costs: Sequence[ServerCost], skipped: Sequence[Skipped]) -> None:
    """Print a table of the servers, and their sum."""
    if costs:
        click.echo("\nMCP servers, whose tools are loaded at start; tokens are estimates.")
        print_table(("SERVER", "TOOLS", "TOKENS", "CLIENTS", "COMMAND"), [_cells(cost) for cost in costs], right=(1, 2))
        total = sums(costs)
        unknown = f"; {plural(total['unknown'], 'server')} unknown" if total["unknown"] else ""
        click.echo(f"all servers: about {total['tokens']:,} tokens{unknown}")
        for cost in costs:
            if cost.why not in (None, _NOT_ASKED):
                click.echo(f"note: {visible(cost.server.name)}: {visible(cost.why or '')}", err=True)
        if any(cost.why == _NOT_ASKED for cost in costs):
            click.echo("note: --mcp asks the unknown ones, once you accept each command", err=True)
    for one in skipped:
        click.echo(f"note: {visible(one.path)}: {visible(one.reason)}", err=True)


def _chosen(servers: Sequence[Server], asked: Asked) -> list[Server]:
    """The servers that may be started: those named, else all that are on this machine."""
    names = [server.name for server in servers]
    for name in asked.only:
        if name not in names:
            raise UsageError(f"no MCP server is called '{truncate(visible(name), 80)}'", remedy=near(name, names))
    for hash_ in asked.accepted:
        if hash_ not in {server.hash for server in servers}:
            raise UsageError(f"no MCP server has the hash '{truncate(visible(hash_), 80)}'; it may have changed")
    if asked.only:
        return [server for server in servers if server.name in asked.only]
    return [server for server in servers if server.is_near]


def _given(listings: Sequence[str], names: Sequence[str]) -> dict[str, Listing]:
    """The saved listings by server."""
    given: dict[str, Listing] = {}
    for text in listings:
        name, has_name, path = text.partition("=")
        file = expanded(Path(path if has_name else text))
        try:
            with file.open("rb") as opened:
                data = opened.read(MAX_LISTING + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it can't be read"
            raise InputError(f"the listing can't be read: {reason}", where=visible(str(file))) from error
        for server, tools in parsed_listing(data, str(file)).items():
            own = name if has_name else names[0] if len(names) == 1 else file.stem
            given[own if server is None else server] = tools
    return given


def _store_if_there(workspace: Workspace) -> Store | None:
    """The store where there is one already: telling costs leaves nothing behind."""
    try:
        return workspace.store if store_path().exists() else None
    except WorkbenchError:
        return None


def _ask(store: Store, waiting: Sequence[ServerCost], asked: Asked) -> dict[str, ServerCost]:
    """Start each server that is not known yet, once the user has said yes to all of them; by hash."""
    ready = [cost for cost in waiting if cost.server.fault is None]
    missing = [cost for cost in ready if not (cost.accepted or cost.server.hash in asked.accepted)]
    if missing and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise _refused([cost.server for cost in missing])
    for cost in missing:
        click.echo(_described(cost.server), err=True)
        if not click.confirm("Start it, now and later as long as nothing of this changes?", err=True):
            raise _refused([cost.server])
        consent.give(store, cost.server.hash, "mcp-server")
    for hash_ in asked.accepted:
        consent.give(store, hash_, "mcp-server")
    done: dict[str, ServerCost] = {}
    for cost in ready:
        if cost.server.hash in done:
            continue
        try:
            listing = list_tools(cost.server)
        except InputError as error:
            why = " ".join(filter(None, (error.what, error.remedy)))
            done[cost.server.hash] = replace(cost, accepted=True, why=why)
            continue
        keep_listing(store, cost.server.hash, listing)
        done[cost.server.hash] = replace(cost, tools=tool_costs(listing), origin="started", accepted=True, why=None)
    return done


def _refused(servers: Sequence[Server]) -> RefusedError:
    described = "\n".join(_described(server) for server in servers).replace("\n", "\n  ")
    return RefusedError(
        f"{plural(len(servers), 'MCP server')} would be started that you have not accepted; nothing was started",
        remedy=f"{described}\n  read it; then add --accept with its hash, or --server to start fewer",
    )


def _described(server: Server) -> str:
    """Everything that is about to be started or called, with no value that may be a secret."""
    names = sorted(server.environment if server.url is None else server.headers)
    what = f"url: {visible(server.url)}" if server.url is not None else f"command: {_quoted(server.written)}"
    lines = [f"{visible(server.name)} ({visible(server.source)})", f"  {what}"]
    if server.url is None:
        lines.append(f"  folder: {visible(server.cwd)}")
    lines.append(f"  {'environment' if server.url is None else 'headers'}: {', '.join(map(visible, names)) or 'none'}")
    return "\n".join((*lines, f"  hash: {server.hash}"))


def _quoted(argv: Sequence[str]) -> str:
    import shlex

    return visible(shlex.join(argv))


def _cells(cost: ServerCost) -> tuple[str, ...]:
    server = cost.server
    tools = str(len(cost.tools)) if cost.tools is not None else "unknown"
    tokens = f"{cost.tokens:,}" if cost.tokens is not None else "unknown"
    words = _quoted(masked_argv(server.written)).replace(f"'{HIDDEN}'", HIDDEN)
    command = masked(server.url) if server.url is not None else words or "-"
    clients = ", ".join(client(id_).label for id_ in server.clients) or "-"
    return (truncate(visible(server.name), 30), tools, tokens, clients, command)
