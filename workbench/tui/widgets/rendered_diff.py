"""A Markdown file before and after, as one reads it: side by side where there is room, else one above the other."""

from collections.abc import Sequence

from rich.style import Style
from textual.color import Color
from textual.message import Message

from workbench.tui.contrast import readable
from workbench.tui.rendered_rows import Laid, Pair, lay_out
from workbench.tui.widgets.diff_palette import GROUNDS
from workbench.tui.widgets.diff_view import SPLIT_FROM, Layout
from workbench.tui.widgets.text_view import TextView
from workbench.tui.widgets.tones import tone_parts

_ABOVE = 2


class RenderedDiff(TextView):
    """Shows pairs of rendered lines."""

    class Ready(Message):
        """Other pairs are laid out: how many changed places there are is known only then."""

    def __init__(self, *, layout: Layout = "auto", id: str | None = None) -> None:
        super().__init__(id=id)
        self.layout_wanted: Layout = layout
        self._pairs: Sequence[Pair] = ()
        self._laid = Laid([], [])
        self._shown: tuple[int, bool] | None = None
        self._at = 0
        self._fresh = False

    @property
    def places(self) -> Sequence[int]:
        """Rows at which a changed place begins."""
        return self._laid.places

    def load(self, pairs: Sequence[Pair]) -> None:
        """Show other pairs, from the first changed place."""
        self._pairs, self._shown, self._at, self._fresh = pairs, None, 0, True
        self._lay_out()
        if not pairs:
            self.post_message(self.Ready())

    def put(self, layout: Layout) -> None:
        """Show the two sides in another layout; the reader stays at the same changed place."""
        self.layout_wanted = layout
        self._lay_out()

    def on_resize(self) -> None:
        """Lay out for the new width."""
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        split = width >= SPLIT_FROM if self.layout_wanted == "auto" else self.layout_wanted == "split"
        if not self._pairs or width <= 0 or self._shown == (width, split):
            return
        here = self.scroll_offset.y
        near = sum(place <= here + _ABOVE for place in self.places)
        beyond = here - self.places[near - 1] if near else here
        self._shown = (width, split)
        self._laid = lay_out(self._pairs, width, split=split)
        self.show(self._laid.lines, top=False)
        if self._fresh:
            self._fresh = False
            if self.places:
                self._bring(self.places[0])
            self.post_message(self.Ready())
            return
        self.scroll_to(None, (self.places[near - 1] if near else 0) + beyond, animate=False, immediate=True)

    def go(self, step: int) -> int:
        """To the changed place after (1) or before (-1) the one at the top; gives its number from 1, or 0."""
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        at = self._at + step
        if not 0 <= self._at < len(self.places) or not top <= self.places[self._at] < top + height:
            # The reader has scrolled away from where the last step led.
            before = sum(place < top + _ABOVE for place in self.places)
            at = before if step > 0 else before - 1
        if not 0 <= at < len(self.places):
            return 0
        self._at = at
        self._bring(self.places[at])
        return at + 1

    def _bring(self, row: int) -> None:
        self.scroll_to(None, max(0, row - _ABOVE), animate=False, force=True, immediate=True)

    def tone(self, name: str) -> Style:
        """The style of a tone; one that begins with `+` or `-` stands on the ground of what came or went."""
        if name[0] not in GROUNDS or (self._tones is not None and name in self._tones):
            return super().tone(name)
        style = super().tone("plain")
        assert self._tones is not None
        kind, strong, bare = name[0], name[1] == "!", name[1:].removeprefix("!")
        variables = self.app.theme_variables
        ground = Color.parse(variables[GROUNDS[kind][strong]])
        variable, attributes = tone_parts(bare)
        colour = readable(Color.parse(variables[variable]), ground, Color.parse(variables["foreground"]))
        style = Style.parse(attributes) + Style(color=colour.rich_color, bgcolor=ground.rich_color)
        if strong:
            style += Style(bold=True, underline=True)
        if self.app.no_color and kind == "-":
            style += Style(dim=True)
        self._tones[name] = style
        return style
