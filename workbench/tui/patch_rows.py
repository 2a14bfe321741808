"""A diff as plain lines to read in a dialog, where its own screen would be too much."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span

if TYPE_CHECKING:
    from workbench.reviews.diff import FileDiff

_MOST_LINES = 2_000
_TONES = {"+": "good", "-": "bad", "file": "strong", "note": "attention"}


def patch_rows(files: "Iterable[FileDiff]", rest: str) -> list[TextLine]:
    """Changed files, line by line; `rest` is said where there are too many."""
    from workbench.reviews.diff_text import patch_lines

    lines: list[TextLine] = []
    for text in patch_lines(files, lambda text, style: f"{style}\0{text}"):
        style, _, said = text.partition("\0")
        lines.append(TextLine((Span(said, _TONES.get(style, "plain")),)))
        if len(lines) > _MOST_LINES:
            return [*lines, TextLine((Span(rest, "muted"),))]
    return lines
