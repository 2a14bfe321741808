"""A Markdown file before and after, as a person reads it: the rendered lines put against each other and laid out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, pairwise, zip_longest
from operator import attrgetter
from typing import NamedTuple

from workbench.reviews.diff_text import odd_lines
from workbench.reviews.odd_characters import odd_characters
from workbench.skills.reader import parse_document
from workbench.text import cell_width, decode, fit, visible
from workbench.tui.markdown_lines import MOST_CHARACTERS, Rendered, left_out, rendered
from workbench.tui.widgets.diff_rows import changed_words
from workbench.tui.widgets.text_view import TextLine, wrap
from workbench.tui.widgets.tones import Span

MARKDOWN = (".md", ".markdown")
"""How the names of files that can be rendered end."""

LIKE, UNSEEN, OTHER = " ", "~", "*"

_EXACT_UP_TO = 1_500
"""Lines of a changed stretch up to which every one counts when two sides are put against each other."""

_MOST_LINES = 6_000
"""Rendered lines of a side that are shown; laying out many more would hold the screen up."""

_SOURCE = "the diff of the source shows every byte"
_GUTTER = 2
_SIGN_TONES = {"+": "good", "-": "bad", UNSEEN: "attention", LIKE: "plain"}


class Pair(NamedTuple):
    """A line before and a line after.

    Attributes:
        sign: `LIKE` for the same, `UNSEEN` for what reads the same and is written otherwise, `OTHER` for a change.
    """

    old: Rendered | None
    new: Rendered | None
    sign: str


@dataclass(frozen=True, slots=True)
class Laid:
    """What is shown in one layout.

    Attributes:
        lines: Every row; the tone of a span begins with `+` or `-` on what came and went (`+!`, `-!`: the very words).
        places: Rows at which a changed place begins.
    """

    lines: list[TextLine]
    places: list[int]


def compare(old: bytes | None, new: bytes | None) -> list[Pair]:
    """Put the rendered lines of a file's two states against each other; None for a state without the file."""
    before, after = _Side(old), _Side(new)
    return [
        pair._replace(sign=UNSEEN)
        if pair.sign == LIKE and before.written(pair.old) != after.written(pair.new)
        else pair
        for pair in _paired(before.lines, after.lines)
    ]


def lay_out(pairs: Sequence[Pair], width: int, *, split: bool) -> Laid:
    """The rows for a width in cells: side by side, or what went above what came."""
    lines: list[TextLine] = []
    places: list[int] = []
    changing = False
    for sign, some in groupby(pairs, key=attrgetter("sign")):
        if sign != LIKE and not changing:
            places.append(len(lines))
        changing = sign != LIKE
        run = list(some)
        lines += _beside(run, width) if split else _stacked(run, width)
    return Laid(lines, places)


class _Side:
    """One state of a file: its rendered lines, and its source."""

    def __init__(self, data: bytes | None) -> None:
        self._source = decode(data or b"").split("\n")
        self.lines = [] if data is None else list(_with_odd(self._read(data)))
        if len(self.lines) > _MOST_LINES:
            rest = f"What comes after these {_MOST_LINES:,} lines is not rendered"
            self.lines[_MOST_LINES:] = [self._note(rest, self.lines[_MOST_LINES].start)]

    def _read(self, data: bytes) -> list[Rendered]:
        document = parse_document(data)
        head = self._source[: document.body_line - 1]
        body = [one._replace(start=one.start + len(head), end=one.end + len(head)) for one in rendered(document.body)]
        above = [Rendered(TextLine((Span(text, "string"),), hang=2), at, at + 1) for at, text in enumerate(head)]
        lacking = left_out(document.body, [one.line for one in body], _SOURCE)
        lines = [*above, *(Rendered(line, 0, 0) for line in lacking), *body]
        if not lines and data.strip():
            return [self._note("Nothing of this file is rendered", 0)]
        if len(document.body) > MOST_CHARACTERS:
            lines[-1] = lines[-1]._replace(end=len(self._source))
        return lines

    def _note(self, said: str, start: int) -> Rendered:
        """A row that stands for all that is written from a line on."""
        return Rendered(TextLine((Span(f"! {said}: {_SOURCE}.", "attention"),), hang=2), start, len(self._source))

    def written(self, line: Rendered | None) -> list[str]:
        """The source of a rendered line; nothing for an empty one, which stands between others."""
        return self._source[line.start : line.end] if line and _plain(line.line.spans).strip(" │") else []


def _with_odd(lines: Sequence[Rendered]) -> Iterator[Rendered]:
    """Below each line with letters that look like others, or characters that can't be seen, a row that names them."""
    for one in lines:
        yield one
        for said in odd_lines(odd_characters(_plain(one.line.spans))):
            yield Rendered(TextLine((Span(f"! {said}", "attention"),), hang=2), one.start, one.end)


def _paired(old: Sequence[Rendered], new: Sequence[Rendered]) -> Iterator[Pair]:
    left, right = [_look(one.line) for one in old], [_look(one.line) for one in new]
    first, least = 0, min(len(left), len(right))
    while first < least and left[first] == right[first]:
        first += 1
    last = 0
    while last < least - first and left[-1 - last] == right[-1 - last]:
        last += 1
    ends = len(left) - last, len(right) - last
    yield from (Pair(one, other, LIKE) for one, other in zip(old[:first], new[:first], strict=True))
    exact = max(ends) - first <= _EXACT_UP_TO
    matcher = SequenceMatcher(None, left[first : ends[0]], right[first : ends[1]], autojunk=not exact)
    for tag, a, b, c, d in matcher.get_opcodes():
        before, after = old[first + a : first + b], new[first + c : first + d]
        sign = LIKE if tag == "equal" else OTHER
        for at in range(max(len(before), len(after))):
            yield Pair(before[at] if at < len(before) else None, after[at] if at < len(after) else None, sign)
    yield from (Pair(one, other, LIKE) for one, other in zip(old[ends[0] :], new[ends[1] :], strict=True))


def _look(line: TextLine) -> tuple[tuple[str, str], ...]:
    """What tells how a line looks: its text by tone, wherever one piece ends and the next begins."""
    pieces = groupby(line.spans, key=attrgetter("tone"))
    return tuple((tone, "".join(span.text for span in some)) for tone, some in pieces)


def _stacked(pairs: Sequence[Pair], width: int) -> Iterator[TextLine]:
    """What went, then what came; what both have, once."""
    words = [_words(pair) for pair in pairs]
    for pair, (went, _) in zip(pairs, words, strict=True):
        if pair.old is not None and pair.sign == OTHER:
            yield from _rows(pair.old.line, went, "-", width)
    for pair, (_, came) in zip(pairs, words, strict=True):
        if pair.new is not None:
            yield from _rows(pair.new.line, came, "+" if pair.sign == OTHER else pair.sign, width)


def _beside(pairs: Sequence[Pair], width: int) -> Iterator[TextLine]:
    """What was at the left, what is at the right."""
    half = (width - 1) // 2
    for pair in pairs:
        went, came = _words(pair)
        signs = ("-", "+") if pair.sign == OTHER else (pair.sign, pair.sign)
        left = list(_rows(pair.old.line, went, signs[0], half)) if pair.old else []
        right = list(_rows(pair.new.line, came, signs[1], half)) if pair.new else []
        for one, two in zip_longest(left, right, fillvalue=TextLine()):
            gap = Span(" " * (half - _cells(one.spans) + 1))
            yield TextLine((*one.spans, gap, *two.spans))


def _words(pair: Pair) -> tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]]:
    """The characters of both lines that differ, where they have something in common."""
    if pair.sign != OTHER or pair.old is None or pair.new is None:
        return (), ()
    return changed_words(_plain(pair.old.line.spans), _plain(pair.new.line.spans))


def _rows(line: TextLine, words: Sequence[tuple[int, int]], sign: str, width: int) -> Iterator[TextLine]:
    """A line wrapped into rows of `width` cells, with its sign before the first; a changed one fills its row."""
    kind = sign if sign in "+-" else ""
    spans = list(_toned(line.spans, words, kind))
    room = max(8, width - _GUTTER)
    for number, (start, end) in enumerate(wrap(_plain(spans), room, line.hang)):
        row = [Span(fit("" if number else sign, _GUTTER), _SIGN_TONES[sign])]
        if number and line.hang:
            row.append(Span(" " * line.hang, f"{kind}plain"))
        # What is wrapped ends in the space where it was broken, which may not fit.
        row += _slice(spans, start, start + len(_plain(spans)[start:end].rstrip(" ")))
        if kind:
            row.append(Span(" " * max(0, width - _cells(row)), f"{kind}plain"))
        yield TextLine(tuple(row))


def _toned(spans: Sequence[Span], words: Sequence[tuple[int, int]], kind: str) -> Iterator[Span]:
    """The spans made visible, on the ground of what came or went, the very words that changed on a stronger one."""
    at = 0
    for text, tone in spans:
        cuts = sorted({0, len(text), *(min(max(0, edge - at), len(text)) for span in words for edge in span)})
        for start, end in pairwise(cuts):
            inside = any(begin <= at + start < stop for begin, stop in words)
            yield Span(visible(text[start:end]), f"{kind}{'!' if inside and kind else ''}{tone}")
        at += len(text)


def _slice(spans: Sequence[Span], start: int, end: int) -> Iterator[Span]:
    at = 0
    for text, tone in spans:
        piece = text[max(0, start - at) : max(0, end - at)]
        at += len(text)
        if piece:
            yield Span(piece, tone)


def _plain(spans: Sequence[Span]) -> str:
    return "".join(span.text for span in spans)


def _cells(spans: Sequence[Span]) -> int:
    return sum(cell_width(span.text) for span in spans)
