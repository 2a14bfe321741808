"""What an MCP server's tools cost an agent's context at start, and the listings kept so that asking again is free."""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.skills.inventory.masking import masked, masked_argv
from workbench.skills.tokens import estimate_tokens
from workbench.storage import Store
from workbench.tools.mcp_listing import Listing
from workbench.tools.mcp_servers import Server


@dataclass(frozen=True, slots=True)
class ServerCost:
    """A server, and what its tools cost.

    Attributes:
        tools: Each tool's name and estimated tokens; None where the tools are not known.
        origin: Where the tools are known from: a `listing` that was given, the `store`, or the server itself
            (`started`); None where they are not known.
        accepted: Whether this user said yes to starting exactly this.
        why: Why the tools are not known.
    """

    server: Server
    tools: tuple[tuple[str, int], ...] | None = None
    origin: str | None = None
    accepted: bool = False
    why: str | None = None

    @property
    def tokens(self) -> int | None:
        """The estimated sum; None where the tools are not known."""
        return sum(tokens for _, tokens in self.tools) if self.tools is not None else None

    def to_json(self) -> dict[str, Any]:
        """Exact data for scripts; no environment variable's or header's value, no secret in a command."""
        server = self.server
        return {
            "name": server.name,
            "clients": list(server.clients),
            "source": server.source,
            "transport": server.transport,
            "command": masked_argv(server.written),
            "url": None if server.url is None else masked(server.url),
            "cwd": server.cwd if server.url is None else None,
            "environment": sorted(server.environment),
            "headers": sorted(server.headers),
            "hash": server.hash,
            "accepted": self.accepted,
            "estimated": True,
            "tokens": self.tokens,
            "tools": [{"name": n, "tokens": t} for n, t in self.tools] if self.tools is not None else None,
            "from": self.origin,
            "why": self.why,
        }


def tool_costs(listing: Listing) -> tuple[tuple[str, int], ...]:
    """Each tool's name with the estimated tokens of its name, description and input schema, as a client sends them."""
    costs = []
    for tool in listing:
        schema = json.dumps(tool.get("inputSchema") or {}, ensure_ascii=False, separators=(",", ":"))
        description = tool.get("description")
        text = f"{tool['name']}\n{description if isinstance(description, str) else ''}\n{schema}"
        costs.append((str(tool["name"]), estimate_tokens(text)))
    return tuple(costs)


def sums(costs: Sequence[ServerCost]) -> dict[str, Any]:
    """The sum over all servers and by client, and how many of each are not known, for scripts."""

    def summed(chosen: Collection[ServerCost]) -> dict[str, Any]:
        known = [cost.tokens for cost in chosen if cost.tokens is not None]
        return {"servers": len(chosen), "tokens": sum(known), "unknown": len(chosen) - len(known), "estimated": True}

    clients = dict.fromkeys(client for cost in costs for client in cost.server.clients)
    by_client = {client: summed([cost for cost in costs if client in cost.server.clients]) for client in clients}
    return {**summed(costs), "by_client": by_client}


def keep_listing(store: Store, hash_: str, listing: Listing) -> None:
    """Keep what a server said its tools are: names, descriptions and input schemas, and nothing else of it."""
    kept = [{key: tool[key] for key in ("name", "description", "inputSchema") if key in tool} for tool in listing]
    with store.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO mcp_listing (hash, at, tools) VALUES (?, ?, ?)",
            (hash_, int(time.time() * 1000), json.dumps(kept)),
        )


def kept_listings(store: Store, hashes: Collection[str]) -> Mapping[str, Listing]:
    """The listings that are kept for these servers, by hash."""
    found = {}
    for hash_ in hashes:
        for row in store.query("SELECT tools FROM mcp_listing WHERE hash = ?", (hash_,)):
            found[hash_] = tuple(json.loads(row["tools"]))
    return found
