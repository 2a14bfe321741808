"""Whether an AI agent runs this program: a hint and not a wall, since whoever sets a variable can unset it.

The names are those that the agents set for the programs they start, as their documentation or source says; a terminal
inside an editor that a person types into is not told from any other.
"""

import os
from collections.abc import Mapping

from workbench.errors import RefusedError

AGENT_VARIABLES: tuple[tuple[str, str], ...] = (
    ("CLAUDECODE", "Claude Code"),
    ("CLAUDE_CODE_ENTRYPOINT", "Claude Code"),
    ("CODEX_SANDBOX", "Codex"),
    ("CODEX_SANDBOX_NETWORK_DISABLED", "Codex"),
    ("CODEX_THREAD_ID", "Codex"),
    ("CURSOR_AGENT", "Cursor"),
    ("GEMINI_CLI", "Gemini CLI"),
    ("OPENCODE", "OpenCode"),
    ("COPILOT_AGENT_SESSION_ID", "GitHub Copilot"),
    ("AI_AGENT", "an AI agent"),
)
"""A variable that an agent sets for what it runs, and the agent."""


def agent_here(environment: Mapping[str, str] = os.environ) -> tuple[str, str] | None:
    """The variable that says an agent runs this program, and which agent; None where nothing says so."""
    codex = ((name, "Codex") for name in sorted(environment) if _is_codex(name))
    return next((found for found in (*AGENT_VARIABLES, *codex) if environment.get(found[0], "") not in ("", "0")), None)


def _is_codex(name: str) -> bool:
    """Whether Codex sets this variable; a person sets those that say where it is and how it signs in."""
    return name.startswith("CODEX_") and not name.endswith(("_HOME", "_KEY", "_TOKEN", "_CERTIFICATE"))


def refuse_agents(what: str, environment: Mapping[str, str] = os.environ) -> None:
    """Refuse what only a person may do.

    Raises:
        RefusedError: An agent runs this program.
    """
    if found := agent_here(environment):
        variable, agent = found
        raise RefusedError(
            f"{what} is a person's word, and {agent} runs this program ({variable} is set)",
            remedy="run it in a terminal of your own; an agent's door is: workbench propose DIR",
        )
