"""The change card above a diff: a few rows that say what a change is about."""

from textual.content import Content
from textual.widgets import Static

from workbench.reviews.card import Card
from workbench.reviews.card_text import card_rows, fits, fitting_rows
from workbench.tui.toned import toned
from workbench.tui.widgets.tones import Span

_LABEL = 10


class ChangeCard(Static):
    """The rows of a card; nothing is shown before there is one.

    What there is no room for is counted, and the whole card is one key away.
    """

    DEFAULT_CSS = """
    ChangeCard {
        display: none;
        height: auto;
        max-height: 6;
        padding: 0 2;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &.-shown { display: block; }
        &.-whole { max-height: 70%; text-wrap: wrap; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(Content(""), id=id)
        self._card: Card | None = None
        self._wanted = True
        self._whole = False

    @property
    def card(self) -> Card | None:
        """What is shown, or would be if it were not put away."""
        return self._card

    def show(self, card: Card | None) -> None:
        """Show another card; None takes it away."""
        self._card = card
        self._arrange()

    def toggle(self) -> str:
        """Show all of it where something is left out, else put it away or bring it back; says what it did."""
        if self._wanted and not self._whole and self._leaves_out:
            self._whole = True
        else:
            self._wanted, self._whole = not self._wanted, False
        self._arrange()
        if self._whole:
            return "All of the change card is shown"
        return "The change card is shown" if self._wanted else "The change card is put away"

    def on_resize(self) -> None:
        """Use the room there is now."""
        self._draw()

    @property
    def _leaves_out(self) -> bool:
        card = self._card
        return card is not None and not fits(card, self._room)

    @property
    def _room(self) -> int:
        return max((self.size.width or self.app.size.width - 4) - _LABEL, 20)

    def _arrange(self) -> None:
        self.set_class(self._wanted and self._card is not None, "-shown")
        self.set_class(self._whole, "-whole")
        self._draw()

    def _draw(self) -> None:
        if self._card is None:
            return
        rows = card_rows(self._card) if self._whole else fitting_rows(self._card, self._room)
        lines = [
            toned(Span(label.ljust(_LABEL), "muted"), *(Span(text, tone) for text, tone in pieces))
            for label, pieces in rows
        ]
        self.update(Content("\n").join(lines))
