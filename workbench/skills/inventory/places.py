"""Where each client looks for what it reads besides skills; what several clients read is named once for each."""

from dataclasses import dataclass
from typing import Literal

ReaderName = Literal["instructions", "rule", "command", "agent", "plugin", "settings", "mcp"]


@dataclass(frozen=True, slots=True)
class Place:
    """One file, or all files of a folder and below.

    Attributes:
        path: Relative to the project, or to a client's own folder.
        reader: What is there.
        clients: Ids of the clients that read it.
        suffixes: Of a folder's files; empty where `path` is one file.
    """

    path: str
    reader: ReaderName
    clients: tuple[str, ...]
    suffixes: tuple[str, ...] = ()


_ALL_AGENTS_MD = ("codex", "copilot", "cursor", "opencode")
_MD = (".md",)

PROJECT: tuple[Place, ...] = (
    Place("CLAUDE.md", "instructions", ("claude",)),
    Place(".claude/CLAUDE.md", "instructions", ("claude",)),
    Place("CLAUDE.local.md", "instructions", ("claude",)),
    Place("AGENTS.md", "instructions", _ALL_AGENTS_MD),
    Place("AGENTS.override.md", "instructions", ("codex",)),
    Place("GEMINI.md", "instructions", ("gemini",)),
    Place(".cursorrules", "rule", ("cursor",)),
    Place(".cursor/rules", "rule", ("cursor",), (".mdc", ".md")),
    Place(".claude/rules", "rule", ("claude",), _MD),
    Place(".github/copilot-instructions.md", "instructions", ("copilot",)),
    Place(".github/instructions", "rule", ("copilot",), (".instructions.md",)),
    Place(".claude/commands", "command", ("claude",), _MD),
    Place(".cursor/commands", "command", ("cursor",), _MD),
    Place(".codex/prompts", "command", ("codex",), _MD),
    Place(".gemini/commands", "command", ("gemini",), (".toml",)),
    Place(".opencode/command", "command", ("opencode",), _MD),
    Place(".opencode/commands", "command", ("opencode",), _MD),
    Place(".github/prompts", "command", ("copilot",), (".prompt.md",)),
    Place(".claude/agents", "agent", ("claude",), _MD),
    Place(".cursor/agents", "agent", ("cursor",), _MD),
    Place(".opencode/agent", "agent", ("opencode",), _MD),
    Place(".opencode/agents", "agent", ("opencode",), _MD),
    Place(".github/agents", "agent", ("copilot",), _MD),
    Place(".claude/settings.json", "settings", ("claude",)),
    Place(".claude/settings.local.json", "settings", ("claude",)),
    Place(".cursor/hooks.json", "settings", ("cursor",)),
    Place(".github/hooks", "settings", ("copilot",), (".json",)),
    Place(".codex/config.toml", "settings", ("codex",)),
    Place(".codex/hooks.json", "settings", ("codex",)),
    Place(".gemini/settings.json", "settings", ("gemini",)),
    Place("opencode.json", "settings", ("opencode",)),
    Place("opencode.jsonc", "settings", ("opencode",)),
    Place(".opencode/opencode.json", "settings", ("opencode",)),
    Place(".opencode/plugin", "plugin", ("opencode",), (".js", ".ts", ".mjs")),
    Place(".opencode/plugins", "plugin", ("opencode",), (".js", ".ts", ".mjs")),
    Place(".mcp.json", "mcp", ("claude",)),
    Place(".cursor/mcp.json", "mcp", ("cursor",)),
    Place(".vscode/mcp.json", "mcp", ("copilot",)),
)

NESTED = {
    "CLAUDE.md": ("claude",), "CLAUDE.local.md": ("claude",), "AGENTS.md": _ALL_AGENTS_MD,
    "AGENTS.override.md": ("codex",), "GEMINI.md": ("gemini",),
}  # fmt: skip
"""Instructions that clients also read in folders below the project's."""

PLUGIN: tuple[Place, ...] = (
    Place("hooks/hooks.json", "settings", ("claude",)),
    Place(".mcp.json", "mcp", ("claude",)),
    Place("commands", "command", ("claude",), _MD),
    Place("agents", "agent", ("claude",), _MD),
)
"""In a folder with `.claude-plugin` in it."""

USER: dict[str, tuple[Place, ...]] = {
    "claude": (
        Place("CLAUDE.md", "instructions", ("claude",)),
        Place("rules", "rule", ("claude",), _MD),
        Place("commands", "command", ("claude",), _MD),
        Place("agents", "agent", ("claude",), _MD),
        Place("settings.json", "settings", ("claude",)),
        Place("settings.local.json", "settings", ("claude",)),
    ),
    "codex": (
        Place("AGENTS.md", "instructions", ("codex",)),
        Place("AGENTS.override.md", "instructions", ("codex",)),
        Place("prompts", "command", ("codex",), _MD),
        Place("config.toml", "settings", ("codex",)),
        Place("hooks.json", "settings", ("codex",)),
    ),
    "cursor": (
        Place("hooks.json", "settings", ("cursor",)),
        Place("mcp.json", "mcp", ("cursor",)),
        Place("commands", "command", ("cursor",), _MD),
        Place("agents", "agent", ("cursor",), _MD),
    ),
    "copilot": (
        Place("mcp-config.json", "mcp", ("copilot",)),
        Place("agents", "agent", ("copilot",), _MD),
        Place("copilot-instructions.md", "instructions", ("copilot",)),
    ),
    "gemini": (
        Place("GEMINI.md", "instructions", ("gemini",)),
        Place("commands", "command", ("gemini",), (".toml",)),
        Place("settings.json", "settings", ("gemini",)),
    ),
    "opencode": (
        Place("AGENTS.md", "instructions", ("opencode",)),
        Place("command", "command", ("opencode",), _MD),
        Place("commands", "command", ("opencode",), _MD),
        Place("agent", "agent", ("opencode",), _MD),
        Place("agents", "agent", ("opencode",), _MD),
        Place("opencode.json", "settings", ("opencode",)),
        Place("opencode.jsonc", "settings", ("opencode",)),
        Place("plugin", "plugin", ("opencode",), (".js", ".ts", ".mjs")),
        Place("plugins", "plugin", ("opencode",), (".js", ".ts", ".mjs")),
    ),
}
"""In each client's own folder of the user's."""

HOME: tuple[Place, ...] = (
    Place(".claude.json", "mcp", ("claude",)),
    Place(".config/Code/User/mcp.json", "mcp", ("copilot",)),
)
"""In the home folder itself."""
