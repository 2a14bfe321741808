"""Which tool a person means."""

from collections.abc import Sequence

from workbench.errors import UsageError
from workbench.skills.naming import near
from workbench.text import visible
from workbench.tools.model import Tool


def resolve_tool(tools: Sequence[Tool], name: str) -> Tool:
    """The tool that `SKILL.TOOL` means, where SKILL is a skill's name or its id.

    Raises:
        UsageError: None or several are meant; it lists the candidates.
    """
    found = [tool for tool in tools if name in (tool.id, f"{tool.skill}.{tool.name}")]
    if len(found) == 1:
        return found[0]
    shown = visible(name)
    if found:
        candidates = ", ".join(visible(f"{tool.skill}.{tool.name}") for tool in found)
        raise UsageError(f"'{shown}' is ambiguous", remedy=f"one of: {candidates}")
    hint = near(name, [tool.id for tool in tools])
    raise UsageError(f"there is no tool '{shown}'", remedy=hint or "'workbench tools list' shows what there is")
