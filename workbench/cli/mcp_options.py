"""The options with which `workbench skills budget` asks about MCP servers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from workbench.errors import UsageError


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked about MCP servers.

    Attributes:
        starts: Whether to start or call servers whose tools are not known.
        fresh: Whether to ask those again whose tools are known.
        only: The servers meant; empty for all.
        accepted: Hashes that the user said yes to.
        listings: Saved listings, as `FILE` or `SERVER=FILE`.
    """

    starts: bool = False
    fresh: bool = False
    only: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()


def mcp_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options about MCP servers, and hands the function them as `asked`."""

    @click.option("--mcp", "starts", is_flag=True, help="Start MCP servers whose tools are unknown.")
    @click.option("--server", "only", multiple=True, metavar="NAME", help="Start only this server; may be repeated.")
    @click.option("--fresh", is_flag=True, help="Ask servers again whose tools are known.")
    @click.option("--accept", "accepted", multiple=True, metavar="HASH", help="Accept the server that has this hash.")
    @click.option("--mcp-tools", "listings", multiple=True, metavar="[NAME=]FILE", help="A saved answer of tools/list.")
    @wraps(function)
    def with_asked(
        *args: Any,
        starts: bool,
        fresh: bool,
        only: tuple[str, ...],
        accepted: tuple[str, ...],
        listings: tuple[str, ...],
        **kwargs: Any,
    ) -> Any:
        if (only or fresh or accepted) and not starts:
            raise UsageError("--server, --fresh and --accept go with --mcp, which starts servers")
        return function(*args, asked=Asked(starts, fresh, only, accepted, listings), **kwargs)

    return with_asked
