"""The few ways a text may look, shared by everything that is drawn line by line, so that a theme decides them once."""

from typing import NamedTuple

from rich.style import Style
from textual.color import Color
from textual.scroll_view import ScrollView


class Span(NamedTuple):
    """A piece of a line; its text is raw and made visible where it is drawn."""

    text: str
    tone: str = "plain"


_TONES: dict[str, tuple[str, str]] = {
    "plain": ("foreground", ""),
    "strong": ("foreground", "bold"),
    "muted": ("text-muted", ""),
    "accent": ("text-accent", ""),
    "good": ("text-success", ""),
    "attention": ("text-warning", ""),
    "bad": ("text-error", ""),
    "title": ("text-accent", "bold"),
    "emphasis": ("foreground", "italic"),
    "code": ("text-warning", ""),
    "link": ("text-accent", "underline"),
    "keyword": ("text-accent", ""),
    "string": ("text-success", ""),
    "number": ("text-warning", ""),
    "comment": ("text-muted", "italic"),
    "name": ("foreground", "bold"),
}
"""Each tone is a variable of the theme and an attribute. Looked up rather than written as component classes: Textual
works out every component class of every widget before the first paint, and there are many."""


def tone_parts(name: str) -> tuple[str, str]:
    """The theme's variable with a tone's colour, and its attributes."""
    return _TONES[name]


class TonedView(ScrollView):
    """A view drawn line by line in tones."""

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
    }
    """

    _ground: Style | None = None
    _tones: dict[str, Style] | None = None

    @property
    def ground(self) -> Style:
        """The style that everything is laid over; worked out once for each look of the widget."""
        if self._ground is None:
            self._ground = self.rich_style
        return self._ground

    def tone(self, name: str) -> Style:
        """The style of a tone, to lay over the ground or another background."""
        if self._tones is None:
            self._tones = {}
        if name not in self._tones:
            variable, attributes = _TONES[name]
            colour = Color.parse(self.app.theme_variables[variable]).rich_color
            self._tones[name] = Style.parse(attributes) + Style(color=colour)
        return self._tones[name]

    def notify_style_update(self) -> None:
        """Forget what was worked out: theme, focus or size class changed."""
        self._ground = self._tones = None
        super().notify_style_update()
