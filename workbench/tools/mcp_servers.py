"""The MCP servers that this machine's clients are set up to start: read from their settings, never started here.

Values of environment variables and headers may be secrets: they are kept for starting a server and for its hash, and
nothing prints or stores them. A command is shown as it is written, before variables are put in.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from workbench.skills.clients import ClientId, client, own_folder
from workbench.skills.installed import project_top
from workbench.skills.model import Skipped
from workbench.skills.settings_files import mapping_in, read_mapping
from workbench.text import truncate, visible

MAX_SERVERS = 200
MAX_ARGUMENTS = 1_000
MAX_TEXT = 64 << 10
MAX_STATE = 32 << 20

_VARIABLE = re.compile(r"\$\{([^${}]{1,200})\}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Server:
    """One MCP server, as one or more clients are set up to use it.

    Attributes:
        source: The settings file that names it first.
        written: Its command as written; empty for a server behind a URL.
        argv: The command with variables put in.
        environment: What is added to a small common environment.
        cwd: The folder it starts in.
        url: The address as written, and `address` with variables put in.
        fault: Why it can't be started; None if it can.
    """

    name: str
    clients: tuple[ClientId, ...]
    source: str
    written: tuple[str, ...] = ()
    url: str | None = None
    cwd: str = "/"
    argv: tuple[str, ...] = field(default=(), repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    address: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    fault: str | None = None

    @property
    def transport(self) -> Literal["stdio", "http"]:
        """How it is spoken to."""
        return "stdio" if self.url is None else "http"

    @property
    def is_near(self) -> bool:
        """Whether it is a program of this machine, or an address that never leaves it."""
        return self.address is None or (_host(self.address) in _LOOPBACK)

    @property
    def hash(self) -> str:
        """SHA-256 over exactly what would be started (command, environment, folder) or called (address, headers)."""
        exact = [self.argv, sorted(self.environment.items()), self.cwd] if self.url is None else [
            self.address, sorted(self.headers.items())
        ]  # fmt: skip
        return hashlib.sha256(json.dumps([self.transport, *exact]).encode()).hexdigest()


def configured_servers(
    project: Path, home: Path, env: Mapping[str, str], skipped: list[Skipped], *, machine: Path = Path("/")
) -> tuple[Server, ...]:
    """The servers that clients would start in `project`, each once, by name.

    Args:
        project: The folder the clients start in.
        home: The user's home folder.
        env: The environment that variables in the settings are taken from.
        skipped: Takes what could not be read or used.
        machine: The machine's root folder.
    """
    top = project_top(Path(os.path.realpath(project)))
    found: dict[tuple[str, str], Server] = {}
    named: set[tuple[ClientId, str]] = set()
    for source in _sources(top, home, machine, env, skipped):
        for name, entry in source.entries.items():
            if (source.client, name) in named:
                reason = f"the server '{_short(name)}' is named by a stronger file of {client(source.client).label}"
                skipped.append(Skipped(source.file, reason))
                continue
            named.add((source.client, name))
            server = _server(name, entry, source, top, home, env, skipped)
            if server is None:
                continue
            key = (name, server.hash)
            if key in found:
                known = found[key]
                found[key] = replace(known, clients=(*known.clients, source.client))
            else:
                found[key] = server
    servers = sorted(found.values(), key=lambda server: (server.name, server.source))
    if len(servers) > MAX_SERVERS:
        skipped.append(Skipped(str(home), f"only the first {MAX_SERVERS} of {len(servers):,} MCP servers are read"))
    return tuple(servers[:MAX_SERVERS])


@dataclass(frozen=True, slots=True)
class _Source:
    """The servers of one settings file, for one client."""

    client: ClientId
    file: str
    entries: Mapping[str, Any]


def _sources(top: Path, home: Path, machine: Path, env: Mapping[str, str], skipped: list[Skipped]) -> Iterator[_Source]:
    """Each client's settings that can name servers, the strongest first."""

    def read(id_: ClientId, folder: Path, relative: str, *keys: str, comments: bool = False) -> _Source:
        values = read_mapping(folder, relative, skipped, comments=comments)
        return _Source(id_, str(folder / relative), mapping_in(values, *keys))

    own = {id_: own_folder(client(id_), home, env) for id_ in ("claude", "codex", "copilot", "gemini")}
    personal = own["claude"] if env.get("CLAUDE_CONFIG_DIR") else home
    yield read("claude", machine / "etc/claude-code", "managed-mcp.json", "mcpServers")
    state = read_mapping(personal, ".claude.json", skipped, limit=MAX_STATE)
    place = str(personal / ".claude.json")
    yield _Source("claude", place, mapping_in(state, "projects", str(top), "mcpServers"))
    yield read("claude", top, ".mcp.json", "mcpServers")
    yield _Source("claude", place, mapping_in(state, "mcpServers"))
    yield read("codex", top, ".codex/config.toml", "mcp_servers")
    yield read("codex", own["codex"], "config.toml", "mcp_servers")
    yield read("cursor", top, ".cursor/mcp.json", "mcpServers", comments=True)
    yield read("cursor", home, ".cursor/mcp.json", "mcpServers", comments=True)
    yield read("copilot", top, ".vscode/mcp.json", "servers", comments=True)
    yield read("copilot", top, ".mcp.json", "mcpServers")
    yield read("copilot", top, ".github/mcp.json", "mcpServers")
    yield read("copilot", own["copilot"], "mcp-config.json", "mcpServers")
    yield read("gemini", top, ".gemini/settings.json", "mcpServers", comments=True)
    yield read("gemini", own["gemini"], "settings.json", "mcpServers", comments=True)
    configured = Path(env["XDG_CONFIG_HOME"]) if env.get("XDG_CONFIG_HOME", "").startswith("/") else home / ".config"
    for folder in (top, configured / "opencode"):
        for name in ("opencode.jsonc", "opencode.json"):
            yield read("opencode", folder, name, "mcp", comments=True)


def _server(
    name: str, entry: Any, source: _Source, top: Path, home: Path, env: Mapping[str, str], skipped: list[Skipped]
) -> Server | None:
    """A server from its entry, in whichever way the client writes it; None where it says nothing to start."""
    if not isinstance(entry, dict):
        skipped.append(Skipped(source.file, f"the server '{_short(name)}' is not described by keys"))
        return None
    if entry.get("enabled") is False or entry.get("disabled") is True:
        skipped.append(Skipped(source.file, f"the server '{_short(name)}' is switched off"))
        return None
    variables = {**env, "workspaceFolder": str(top), "userHome": str(home), "PWD": str(top)}
    missing: list[str] = []
    url = next((entry[key] for key in ("url", "httpUrl", "serverUrl") if isinstance(entry.get(key), str)), None)
    written = _command(entry)
    if (url is None and not written) or len(written) > MAX_ARGUMENTS or max(map(len, (*written, url or ""))) > MAX_TEXT:
        skipped.append(Skipped(source.file, f"the server '{_short(name)}' has no command and no address to use"))
        return None
    headers = _texts(entry.get("headers", entry.get("http_headers")))
    if isinstance(token := entry.get("bearer_token_env_var"), str):
        headers = {**headers, "Authorization": f"Bearer ${{{token}}}"}
    environment = _texts(entry.get("env", entry.get("environment")))
    cwd = entry.get("cwd")
    server = Server(
        name=name,
        clients=(source.client,),
        source=source.file,
        written=written if url is None else (),
        url=url,
        cwd=os.path.normpath(top / _put_in(cwd, variables, missing)) if isinstance(cwd, str) else str(top),
        argv=tuple(_put_in(part, variables, missing) for part in written) if url is None else (),
        environment={key: _put_in(value, variables, missing) for key, value in environment.items()},
        address=_put_in(url, variables, missing) if url is not None else None,
        headers={key: _put_in(value, variables, missing) for key, value in headers.items()},
    )
    return replace(server, fault=_fault(server, missing))


def _command(entry: Mapping[str, Any]) -> tuple[str, ...]:
    command, arguments = entry.get("command"), entry.get("args")
    first = command if isinstance(command, list) else [command] if isinstance(command, str) and command else []
    parts = [*first, *(arguments if isinstance(arguments, list) and first else [])]
    return tuple(part if isinstance(part, str) else json.dumps(part) for part in parts)


def _texts(value: Any) -> dict[str, str]:
    """A mapping of texts; numbers and truth values as the text they are written as, everything else left out."""
    pairs = value.items() if isinstance(value, dict) else ()
    return {
        str(key): item if isinstance(item, str) else json.dumps(item)
        for key, item in pairs
        if isinstance(item, str | int | float)
    }


def _put_in(text: str, variables: Mapping[str, str], missing: list[str]) -> str:
    """The text with `${NAME}`, `${NAME:-default}` and `${env:NAME}` replaced, once."""

    def value(found: re.Match[str]) -> str:
        name, has_default, default = found[1].partition(":-")
        known = variables.get(name.removeprefix("env:"))
        if known is None and not has_default:
            missing.append(name)
        return known if known is not None else default

    return _VARIABLE.sub(value, text)


def _fault(server: Server, missing: Sequence[str]) -> str | None:
    if missing:
        return f"it needs {', '.join(f'${{{_short(name)}}}' for name in dict.fromkeys(missing))}, which is not set"
    everything = (*server.argv, *server.environment, *server.environment.values(), server.cwd, server.address or "")
    if any("\0" in text for text in everything) or any("=" in key or not key for key in server.environment):
        return "its command or environment holds what no program can be given"
    if server.address is not None and not (
        server.address.startswith(("http://", "https://")) and _host(server.address)
    ):
        return "its address is not one of http or https"
    return None


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _short(value: object) -> str:
    return truncate(visible(str(value)), 60)
