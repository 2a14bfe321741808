"""Text in tones for widgets that are not drawn line by line; every piece is made visible, none is markup."""

from textual.content import Content

from workbench.text import visible, visible_block
from workbench.tui.widgets.tones import Span

_STYLES = {
    "plain": "",
    "strong": "bold",
    "muted": "$text-muted",
    "accent": "$text-accent",
    "good": "$text-success",
    "attention": "$text-warning",
    "bad": "$text-error",
    "title": "$text-accent bold",
}


def toned(*pieces: Span | str) -> Content:
    """One line made of pieces."""
    spans = [Span(piece) if isinstance(piece, str) else piece for piece in pieces]
    return Content.assemble(*((visible(text), _STYLES.get(tone, "")) for text, tone in spans))


def toned_lines(*lines: Span | str) -> Content:
    """Blocks of text below each other, each in one tone."""
    spans = [Span(line) if isinstance(line, str) else line for line in lines]
    return Content("\n").join(Content.styled(visible_block(text), _STYLES.get(tone, "")) for text, tone in spans)
