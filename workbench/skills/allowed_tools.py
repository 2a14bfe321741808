"""The tools that a skill asks to use without being asked: `allowed-tools`, in every form that clients read."""

from collections.abc import Iterator
from dataclasses import dataclass

MAX_TOOLS = 1_000


@dataclass(frozen=True, slots=True)
class AllowedTool:
    """One tool, and what its use is limited to.

    Attributes:
        text: As it is written: `Bash(git:*)`.
        name: `Bash`; `mcp__github__create_issue` for a tool of an MCP server.
        pattern: What stands in the parentheses (`git:*`), or None without any; never empty space around it.
        closed: Whether its parentheses are closed.
    """

    text: str
    name: str
    pattern: str | None = None
    closed: bool = True


def parse(value: object) -> tuple[AllowedTool, ...]:
    """The tools of an `allowed-tools` or `disallowed-tools` value, in the order they are written, at most `MAX_TOOLS`.

    A text is divided at spaces and commas that are outside parentheses; so is each text of a list. What is neither
    gives none.
    """
    texts = value if isinstance(value, list) else [value]
    found: list[AllowedTool] = []
    for text in texts:
        if isinstance(text, str):
            for part in _parts(text):
                if len(found) == MAX_TOOLS:
                    return tuple(found)
                found.append(_tool(part))
    return tuple(found)


def _parts(text: str) -> Iterator[str]:
    """The pieces between separators; a space before an opening parenthesis belongs to the next piece."""
    depth = start = 0
    for at, char in enumerate(text):
        if char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif not depth and (char == "," or char.isspace()):
            if start < at:
                yield text[start:at]
            start = at + 1
    if start < len(text):
        yield text[start:].rstrip()


def _tool(text: str) -> AllowedTool:
    name, opening, rest = text.partition("(")
    if not opening:
        return AllowedTool(text, text, closed=")" not in text)
    closed = rest.endswith(")") and rest.count("(") + 1 == rest.count(")")
    return AllowedTool(text, name, rest.removesuffix(")").strip(), closed)
