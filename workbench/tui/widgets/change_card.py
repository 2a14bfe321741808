"""The change card above a diff: a few rows that say what a change is about."""

from textual.content import Content
from textual.widgets import Static

from workbench.reviews.card import Card
from workbench.reviews.card_text import card_rows
from workbench.tui.toned import toned
from workbench.tui.widgets.tones import Span

_LABEL = 10


class ChangeCard(Static):
    """The rows of a card, each cut where there is no room; nothing is shown before there is one."""

    DEFAULT_CSS = """
    ChangeCard {
        display: none;
        height: auto;
        max-height: 6;
        padding: 0 2;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &.-shown { display: block; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(Content(""), id=id)
        self._card: Card | None = None
        self._wanted = True

    @property
    def card(self) -> Card | None:
        """What is shown, or would be if it were not put away."""
        return self._card

    def show(self, card: Card | None) -> None:
        """Show another card; None takes it away."""
        self._card = card
        if card is not None:
            rows = [
                toned(Span(label.ljust(_LABEL), "muted"), *(Span(text, tone) for text, tone in pieces))
                for label, pieces in card_rows(card)
            ]
            self.update(Content("\n").join(rows))
        self._arrange()

    def toggle(self) -> bool:
        """Put it away, or bring it back; gives whether it is wanted now."""
        self._wanted = not self._wanted
        self._arrange()
        return self._wanted

    def _arrange(self) -> None:
        self.set_class(self._wanted and self._card is not None, "-shown")
