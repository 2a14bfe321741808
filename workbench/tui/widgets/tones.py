"""The few ways a text may look, shared by everything that is drawn line by line, so that a theme decides them once."""

from typing import ClassVar, NamedTuple

from rich.style import Style
from textual.scroll_view import ScrollView


class Span(NamedTuple):
    """A piece of a line; its text is raw and made visible where it is drawn."""

    text: str
    tone: str = "plain"


TONES = (
    "plain", "strong", "muted", "accent", "good", "attention", "bad", "title", "emphasis", "code", "link", "keyword",
    "string", "number", "comment", "name", "mark",
)  # fmt: skip


class TonedView(ScrollView):
    """A view drawn line by line in tones."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in TONES}
    DEFAULT_CSS = """
    TonedView {
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        scrollbar-size: 1 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        scrollbar-color: $border-blurred;
        scrollbar-color-hover: $accent;
        scrollbar-color-active: $accent;
        scrollbar-corner-color: $background;
        & > .tone--plain { color: $foreground; }
        & > .tone--strong { color: $foreground; text-style: bold; }
        & > .tone--muted { color: $text-muted; }
        & > .tone--accent { color: $text-accent; }
        & > .tone--good { color: $text-success; }
        & > .tone--attention { color: $text-warning; }
        & > .tone--bad { color: $text-error; }
        & > .tone--title { color: $text-accent; text-style: bold; }
        & > .tone--emphasis { color: $foreground; text-style: italic; }
        & > .tone--code { color: $text-warning; }
        & > .tone--link { color: $text-accent; text-style: underline; }
        & > .tone--keyword { color: $text-accent; }
        & > .tone--string { color: $text-success; }
        & > .tone--number { color: $text-warning; }
        & > .tone--comment { color: $text-muted; text-style: italic; }
        & > .tone--name { color: $foreground; text-style: bold; }
        & > .tone--mark { color: $text-warning; text-style: underline; }
    }
    """

    _ground: Style | None = None

    @property
    def ground(self) -> Style:
        """The style that everything is laid over; worked out once for each look of the widget."""
        if self._ground is None:
            self._ground = self.rich_style
        return self._ground

    def notify_style_update(self) -> None:
        """Forget the ground: theme, focus or size class changed."""
        self._ground = None
        super().notify_style_update()

    def tone(self, name: str) -> Style:
        """The style of a tone, to lay over a background."""
        return self.get_component_rich_style(f"tone--{name}", partial=True)
