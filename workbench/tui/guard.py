"""The second wall against hostile text: whatever a widget draws, nothing in it can act on the terminal.

Text from outside is made visible where it enters (`workbench.text`). Textual itself lets escape sequences, C1 controls
and bidirectional overrides through, so this filter looks at every segment once more, just before it is written.
"""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_HIDDEN = (
    0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, *range(0x200B, 0x2010), *range(0x2028, 0x202F),
    *range(0x2060, 0x2070), 0x3164, 0xFEFF, 0xFFA0, *range(0xFFF9, 0xFFFC),
)  # fmt: skip
_TABLE: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\u2421",
    **dict.fromkeys((*range(0x80, 0xA0), *range(0xD800, 0xE000), *_HIDDEN), "\ufffd"),
}
"""One symbol of one cell for each character."""


def harmless(text: str) -> str:
    """`text` with every character that would act on a terminal, or hide, replaced by a visible one of one cell."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_TABLE)


class TerminalGuard(LineFilter):
    """Makes every drawn line harmless. Control segments are Textual's own and stay."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments, with hostile characters replaced."""
        if all(text.isascii() and text.isprintable() for text, _, _ in segments):
            return segments
        return [Segment(text if control else harmless(text), style, control) for text, style, control in segments]
