"""Text from outside in Markdown, so that it is read as text and as nothing else."""

import re

from workbench.text import visible, visible_block

_BACKTICKS = re.compile("`+")


def escaped(text: str) -> str:
    """Text on one line that can neither leave its cell nor be markup, a mention or a link."""
    shown = visible(text)
    for char in "\\`*_[]|#~":
        shown = shown.replace(char, f"\\{char}")
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace("@", "@\u200b").replace("://", ":\u200b//")


def code(text: str) -> str:
    """Text within backticks, in a cell or not."""
    return visible(text).replace("`", "'").replace("|", "¦")


def fenced(text: str, kind: str = "text") -> str:
    """Text as a block of code whose fence is longer than any in it, so that nothing in it can end the block."""
    shown = visible_block(text.rstrip("\n"))
    longest = max(map(len, _BACKTICKS.findall(shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{kind}\n{shown}\n{fence}"
