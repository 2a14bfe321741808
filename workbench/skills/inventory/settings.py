"""What clients' settings start and allow: hooks, servers, helper programs and permissions, one entry each."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from workbench.skills.inventory.documents import MAX_JSON, read_document
from workbench.skills.inventory.masking import HIDDEN, masked
from workbench.skills.inventory.model import Entry, Kind, Risk, Source, path_text, sha256
from workbench.skills.model import Problem
from workbench.text import truncate, visible

MAX_ENTRIES = 500
MAX_LINES = 50
"""Entries of one file, and lines of what else one of them says."""

_COMMAND_KEYS = ("command", "bash", "powershell", "windows", "linux", "osx", "cmd", "script", "url", "prompt")
_SERVER_TABLES = ("mcpServers", "servers", "mcp_servers")
_ADDRESSES = ("url", "httpUrl", "serverUrl")
_HELPERS = ("apiKeyHelper", "awsAuthRefresh", "awsCredentialExport", "gcpAuthRefresh", "otelHeadersHelper",
            "statusLine", "fileSuggestion", "subagentStatusLine", "notify")  # fmt: skip
_PERMISSION_KEYS = (
    "permissions", "permission", "enableAllProjectMcpServers", "enabledMcpjsonServers", "disabledMcpjsonServers",
    "allowedTools", "sandbox", "approval_policy", "sandbox_mode", "sandbox_workspace_write", "tools",
    "allowManagedHooksOnly", "disableAllHooks", "enabledPlugins", "extraKnownMarketplaces", "plugin", "env",
)  # fmt: skip
_NAMES_ONLY = ("env", "environment", "headers", "http_headers", "env_http_headers")
"""Mappings whose values may be secrets: only their names are read."""

_WIDE = ("never", "*", "Bash", "Bash(*)", "Bash(*:*)", "bypassPermissions", "danger-full-access")


def entries_of_settings(source: Source, path: str, data: bytes, project: str = "") -> list[Entry]:
    """The entries of one settings file; a file that can't be read is one entry with the problem.

    Args:
        source: Where it was read.
        path: As it is shown.
        data: The file.
        project: The project's folder, for what a user's settings hold for this project only.
    """
    if len(data) > MAX_JSON:
        what = f"it is larger than {MAX_JSON >> 20} MiB and is not read"
        return [_Settings(source, path).broken(Problem("error", "agent-file-too-large", what, path), None)]
    value, problem = read_document(path, data)
    settings = _Settings(source, path)
    if problem is not None and problem.severity == "error":
        return [settings.broken(problem, data)]
    settings.read(value)
    projects = value.get("projects")
    own = projects.get(project) if project and isinstance(projects, dict) else None
    if isinstance(own, dict):
        settings.suffix = " (this project)"
        settings.read(own)
    found = settings.found
    if problem is not None and found:
        found[0] = replace(found[0], problem=problem)
    if settings.left_out:
        what = f"it has {MAX_ENTRIES + settings.left_out:,} entries; only the first {MAX_ENTRIES} are listed"
        return [*found, settings.broken(Problem("error", "agent-file-too-large", what, path), data)]
    return found


def entries_of_frontmatter(source: Source, path: str, values: Mapping[str, Any]) -> list[Entry]:
    """The hooks and servers that the frontmatter of a command or sub-agent brings."""
    settings = _Settings(source, path)
    settings.hooks(values.get("hooks"))
    servers = values.get("mcpServers")
    settings.servers(servers if isinstance(servers, dict) else None)
    return settings.found


@dataclass(slots=True)
class _Settings:
    """One file while its entries are collected."""

    source: Source
    path: str
    suffix: str = ""
    left_out: int = 0
    found: list[Entry] = field(default_factory=list)
    taken: dict[tuple[Kind, str], int] = field(default_factory=dict)

    def read(self, value: Mapping[str, Any]) -> None:
        self.hooks(value.get("hooks"))
        for table in (*_SERVER_TABLES, *(("mcp",) if "opencode" in self.source.clients else ())):
            servers = value.get(table)
            self.servers(servers if isinstance(servers, dict) else None)
        for key in _HELPERS:
            if key in value:
                self.helper(key, value[key])
        self.permissions({key: value[key] for key in _PERMISSION_KEYS if key in value})

    def broken(self, problem: Problem, data: bytes | None) -> Entry:
        """A file whose entries can't be told: as risky as what it might hold."""
        digest = None if data is None else sha256(data)
        return Entry(
            "mcp-server" if "mcp" in self.source.reader else "hook", path_text(self.path), "", self.source.root.scope,
            self.source.clients, digest, "high", problem=problem, source=self.source,
        )  # fmt: skip

    def add(self, kind: Kind, name: str, value: Any, runs: list[str], about: list[str], risk: Risk = "high") -> None:
        if len(self.found) >= MAX_ENTRIES:
            self.left_out += 1
            return
        count = self.taken[kind, name] = self.taken.get((kind, name), 0) + 1
        shown = f"{name} #{count}" if count > 1 else name
        canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
        self.found.append(
            Entry(
                kind, path_text(self.path), truncate(visible(shown), 120) + self.suffix,
                self.source.root.scope if not self.suffix else "project",
                self.source.clients, sha256(canonical.encode()), risk, runs=tuple(masked(run) for run in runs),
                about=tuple(masked(one) for one in about[:MAX_LINES]), source=self.source,
            )
        )  # fmt: skip

    def hooks(self, events: Any) -> None:
        if not isinstance(events, dict):
            return
        for event, items in events.items():
            for item in items if isinstance(items, list) else [items]:
                if not isinstance(item, dict):
                    continue
                matcher = item.get("matcher")
                name = f"{event}:{matcher}" if isinstance(matcher, str) and matcher not in ("", "*") else str(event)
                inner = item.get("hooks")
                for hook in inner if isinstance(inner, list) else [item]:
                    if isinstance(hook, dict):
                        self._hook(name, hook)

    def _hook(self, name: str, hook: Mapping[str, Any]) -> None:
        kept = _without_values(hook)
        runs = [_line(hook[key]) for key in _COMMAND_KEYS if isinstance(hook.get(key), str | list)]
        self.add("hook", name, {"name": name, "hook": kept}, runs, _about(kept, (*_COMMAND_KEYS, "hooks", "matcher")))

    def servers(self, servers: Mapping[str, Any] | None) -> None:
        for name, server in (servers or {}).items():
            if not isinstance(server, dict):
                continue
            kept = _without_values(server)
            command, args = server.get("command"), server.get("args")
            argv = [*(command if isinstance(command, list) else [command] if isinstance(command, str) else []),
                    *(args if isinstance(args, list) else [])]  # fmt: skip
            runs = [shlex.join(map(str, argv))] if argv else []
            runs += [str(server["headersHelper"])] if isinstance(server.get("headersHelper"), str) else []
            runs += [f"connects to {server[key]}" for key in _ADDRESSES if isinstance(server.get(key), str)]
            hidden = ("command", "args", "headersHelper", *_ADDRESSES)
            self.add("mcp-server", str(name), kept, runs, _about(kept, hidden))

    def helper(self, key: str, value: Any) -> None:
        command = value.get("command") if isinstance(value, dict) else value
        if isinstance(command, str | list) and command:
            kept = _without_values(value) if isinstance(value, dict) else value
            self.add("hook", key, {"name": key, "hook": kept}, [_line(command)], [])

    def permissions(self, value: Mapping[str, Any]) -> None:
        if not any(value.values()):
            return
        wide = any(text in _WIDE for text in _allowed(value)) or value.get("enableAllProjectMcpServers") is True
        kept = _without_values(value)
        self.add("permission", "permissions", kept, [], _about(kept, ()), "high" if wide else "medium")


def _without_values(value: Any) -> Any:
    """The same without the values of environment variables and headers: only their names."""
    if isinstance(value, list):
        return [_without_values(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_values(inner) if key not in _NAMES_ONLY
        else sorted(map(str, inner)) if isinstance(inner, dict) else HIDDEN
        for key, inner in value.items()
    }  # fmt: skip


def hidden_values(value: Any) -> list[str]:
    """The values of environment variables and headers anywhere in a document, the longest first."""
    found: set[str] = set()
    work = [value]
    while work:
        one = work.pop()
        if isinstance(one, dict):
            for key, inner in one.items():
                secret = key in _NAMES_ONLY and isinstance(inner, dict)
                found.update(str(text) for text in inner.values() if len(str(text)) > 2) if secret else work.append(
                    inner
                )
        elif isinstance(one, list):
            work += one
    return sorted(found, key=len, reverse=True)


def _line(command: Any) -> str:
    return shlex.join(map(str, command)) if isinstance(command, list) else str(command)


def _about(value: Mapping[str, Any], hidden: tuple[str, ...]) -> list[str]:
    found = (line for key, inner in value.items() if key not in hidden for line in _lines(key, inner))
    return list(islice(found, MAX_LINES + 1))


def _lines(key: str, value: Any, depth: int = 0) -> Iterator[str]:
    """`key: value` lines of whatever is under a key, a few levels deep."""
    if isinstance(value, dict) and depth < 3:
        for inner, below in list(value.items())[:50]:
            yield from _lines(f"{key}.{inner}", below, depth + 1)
    elif isinstance(value, list):
        shown = ", ".join(truncate(visible(str(one)), 80) for one in value[:50])
        yield f"{key}: {shown}" + (f" and {len(value) - 50:,} more" if len(value) > 50 else "")
    else:
        yield f"{key}: {truncate(visible(str(value)), 200)}"


def _allowed(value: Any) -> Iterator[str]:
    """Every text that stands under a key which allows something, or names a mode."""
    work = [("", value)]
    while work:
        key, one = work.pop()
        if isinstance(one, dict):
            work += [(str(inner), below) for inner, below in one.items()]
        elif isinstance(one, list):
            work += [(key, below) for below in one]
        elif isinstance(one, str) and key not in ("deny", "ask", "disabledMcpjsonServers"):
            yield one
