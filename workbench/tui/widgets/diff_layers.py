"""What lies over the text of a diff's line: colours of the language, words that changed, what is hidden, matches."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

from workbench.reviews.diff import DiffLine
from workbench.reviews.odd_characters import odd_characters
from workbench.tui.diff_colours import FileColours
from workbench.tui.widgets.diff_rows import MAX_CHARACTERS, places_in_shown

Layer = tuple[int, int, Style]
"""A style for the characters from a place to another."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of a row beyond the diff itself.

    Attributes:
        old: Colours of the file before; None where there are none. Likewise `new`.
        words: What was searched for; empty for nothing.
        current: Whether the row is the match that the cursor is on.
    """

    old: FileColours | None = None
    new: FileColours | None = None
    words: str = ""
    current: bool = False

    def colours(self, line: DiffLine) -> Iterator[tuple[int, int, str]]:
        """The colours of a line, of the side that it is on."""
        if line.new is not None and self.new is not None:
            yield from self.new.of(line.new, line.text)
        elif line.new is None and self.old is not None:
            yield from self.old.of(line.old, line.text)


PLAIN_SIGHT = Sight()


def matches(text: str, words: str) -> Iterator[tuple[int, int]]:
    """Where a line holds what was searched for, whatever its case."""
    if words:
        yield from (match.span() for match in re.finditer(re.escape(words), text[:MAX_CHARACTERS], re.IGNORECASE))


def hidden_places(text: str) -> Iterator[tuple[int, int]]:
    """Where a line holds what can't be seen or looks like something else."""
    yield from ((odd.start, odd.end) for odd in odd_characters(text[:MAX_CHARACTERS]))


def in_shown(text: str, spans: Iterable[tuple[int, int, Style]]) -> Iterator[Layer]:
    """Layers by places in a line of the file, as layers by places in what is shown of it."""
    places = places_in_shown(text)
    if places is None:
        yield from spans
        return
    last = len(places) - 1
    for start, end, style in spans:
        yield places[min(start, last)], places[min(end, last)], style


def layered(text: str, base: Style, layers: Sequence[Layer]) -> list[Segment]:
    """A text with its layers laid over each other, the later ones on top."""
    if not layers:
        return [Segment(text, base)]
    styles = [base] * len(text)
    sums: dict[tuple[int, int], Style] = {}
    for start, end, style in layers:
        for at in range(max(0, start), min(end, len(text))):
            under = styles[at]
            key = (id(under), id(style))
            if key not in sums:
                sums[key] = under + style
            styles[at] = sums[key]
    segments: list[Segment] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or styles[at] is not styles[start]:
            segments.append(Segment(text[start:at], styles[start]))
            start = at
    return segments
