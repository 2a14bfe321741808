"""Markdown as a person reads it, line by line, and nothing in it hidden.

What a usual rendering leaves out (HTML and its comments, link targets, definitions of links) is shown as it stands:
this is what an agent reads, so it is what a reviewer has to see.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.text import cell_width, visible_block
from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span

if TYPE_CHECKING:
    from markdown_it.token import Token

MOST_CHARACTERS = 200_000

_BULLETS = ("• ", "◦ ", "▪ ")
_WIDEST_CELL = 48
_CUT = "The rest is not rendered here; the source shows all of it."
_WORD = re.compile(r"\w{3,}")
_FENCE = re.compile(r"^\s*(?:```|~~~)\s*\w+\s*$", re.MULTILINE)


class Rendered(NamedTuple):
    """One line of a rendered document, and where it comes from: lines of the source, counted from 0."""

    line: TextLine
    start: int
    end: int


def markdown_lines(text: str) -> list[TextLine]:
    """A Markdown document as lines to read; what is longer than `MOST_CHARACTERS` is cut, and says so."""
    return [one.line for one in rendered(text)]


def left_out(source: str, shown: Sequence[TextLine], where: str) -> Iterator[TextLine]:
    """Say so where a rendering lacks words that the source has; `where` says what shows them."""
    words = {word for line in shown for span in line.spans for word in _WORD.findall(span.text)}
    bare = _FENCE.sub("", source)
    lacking = [word for word in dict.fromkeys(_WORD.findall(bare)) if word not in words]
    if lacking:
        some = " ".join(lacking[:8])
        text = f"! This rendering leaves out some of the source ({some}): {where}."
        yield TextLine((Span(text, "attention"),), hang=2)
        yield TextLine()


def rendered(text: str) -> list[Rendered]:
    """A Markdown document as lines to read, each with its place in the source. Cut as `markdown_lines` says."""
    from markdown_it import MarkdownIt

    env: dict[str, Any] = {}
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader = _Reader()
    for token in parser.parse(visible_block(text[:MOST_CHARACTERS]), env):
        reader.read(token)
    lines = [*reader.lines, *_definitions(env)]
    if len(text) > MOST_CHARACTERS:
        end = lines[-1].end if lines else 0
        lines += [Rendered(line, end, end) for line in (TextLine(), TextLine((Span(_CUT, "attention"),)))]
    return lines


class _Reader:
    """Walks the tokens of a document and collects its lines."""

    def __init__(self) -> None:
        self.lines: list[Rendered] = []
        self._place = (0, 0)
        self._before: list[Span] = []
        self._lead: Span | None = None
        self._lists: list[int | None] = []
        self._heading = 0
        self._table: list[list[tuple[Span, ...]]] | None = None
        self._table_top = 0
        self._handlers: Mapping[str, Callable[[Token], None]] = {
            "heading_open": self._heading_open,
            "heading_close": self._heading_close,
            "bullet_list_open": lambda _: self._lists.append(None),
            "ordered_list_open": lambda token: self._lists.append(int(token.attrs.get("start", 1))),
            "bullet_list_close": self._list_close,
            "ordered_list_close": self._list_close,
            "list_item_open": self._item_open,
            "list_item_close": self._item_close,
            "blockquote_open": lambda _: self._before.append(Span("│ ", "muted")),
            "blockquote_close": lambda _: self._quote_close(),
            "paragraph_close": lambda token: None if token.hidden else self._blank(),
            "inline": self._inline,
            "fence": self._code,
            "code_block": self._code,
            "hr": self._rule,
            "table_open": self._table_open,
            "tr_open": lambda _: self._table.append([]) if self._table is not None else None,
            "table_close": self._table_close,
        }

    def read(self, token: "Token") -> None:
        """Take in the next token."""
        if token.map is not None:
            self._place = (token.map[0], token.map[1])
        handler = self._handlers.get(token.type)
        if handler is not None:
            handler(token)

    def _heading_open(self, token: "Token") -> None:
        self._heading = int(token.tag[1:])
        self._blank()

    def _heading_close(self, token: "Token") -> None:
        self._heading = 0
        self._blank()

    def _list_close(self, token: "Token") -> None:
        self._lists.pop()
        if not self._lists:
            self._blank()

    def _item_open(self, token: "Token") -> None:
        number = self._lists[-1]
        if number is None:
            lead = _BULLETS[min(len(self._lists), len(_BULLETS)) - 1]
        else:
            lead = f"{number}. "
            self._lists[-1] = number + 1
        self._lead = Span(lead, "muted")
        self._before.append(Span(" " * len(lead)))

    def _item_close(self, token: "Token") -> None:
        if self._lead is not None:
            self._add((), hang=0)
        self._pop()

    def _quote_close(self) -> None:
        self._pop()
        while self.lines and "".join(span.text for span in self.lines[-1].line.spans).strip() == "│":
            self.lines.pop()
        self._blank()

    def _pop(self) -> None:
        if self._before:
            self._before.pop()

    def _inline(self, token: "Token") -> None:
        parts = _parts(token)
        if self._table:
            self._table[-1].append(parts[0] if parts else ())
            return
        for spans in parts:
            if self._heading:
                tone = "title" if self._heading <= 2 else "strong"
                spans = tuple(Span(text, tone if old == "plain" else old) for text, old in spans)
            self._add(spans)
            if self._heading == 1:
                width = sum(cell_width(span.text) for span in spans)
                self._add((Span("─" * min(width, 60), "muted"),))

    def _code(self, token: "Token") -> None:
        from workbench.tui.syntax_lines import coloured

        if len(token.info.split()) > 1:
            self._add((Span(f"▏ {token.info}", "muted"),))
        language = (token.info.split() or [""])[0]
        for spans in coloured(token.content.removesuffix("\n"), f"code.{_SUFFIX.get(language, language)}"):
            self._add((Span("▏ ", "muted"), *spans), hang=2)
        self._blank()

    def _rule(self, token: "Token") -> None:
        self._add((Span("─" * 24, "muted"),))
        self._blank()

    def _table_open(self, token: "Token") -> None:
        self._table, self._table_top = [], self._place[0]

    def _table_close(self, token: "Token") -> None:
        rows, self._table = self._table or [], None
        for number, spans in enumerate(_table_lines(rows)):
            # A row of a table is one line of the source, and so is what stands below its head.
            self._place = (self._table_top + number, self._table_top + number + 1)
            self._add(spans)
        self._blank()

    def _add(self, spans: tuple[Span, ...], hang: int = 0) -> None:
        before = list(self._before)
        if self._lead is not None and before:
            before[-1], self._lead = self._lead, None
        width = sum(cell_width(span.text) for span in before)
        self._line(TextLine((*before, *spans), hang=width + hang))

    def _line(self, line: TextLine) -> None:
        self.lines.append(Rendered(line, *self._place))

    def _blank(self) -> None:
        if self.lines and any(span.text.strip(" │") for span in self.lines[-1].line.spans):
            self._line(TextLine(tuple(self._before) if any("│" in s.text for s in self._before) else ()))


_SUFFIX = {"python": "py", "bash": "sh", "shell": "sh", "console": "sh", "javascript": "js", "typescript": "ts"}


def _parts(token: "Token") -> list[tuple[Span, ...]]:
    """The lines of an inline token: one, and one more for every hard break."""
    parts: list[list[Span]] = [[]]
    tones = ["plain"]
    for child in token.children or ():
        match child.type:
            case "softbreak":
                parts[-1].append(Span(" ", tones[-1]))
            case "hardbreak":
                parts.append([])
            case "code_inline":
                parts[-1].append(Span(child.content, "code"))
            case "strong_open":
                tones.append("strong")
            case "em_open":
                tones.append("emphasis")
            case "s_open":
                tones.append("muted")
            case "link_open":
                tones.append("link")
            case "strong_close" | "em_close" | "s_close":
                tones.pop()
            case "link_close":
                tones.pop()
                parts[-1].append(Span("\x00", "muted"))
            case "image":
                parts[-1].append(Span(f"[image: {child.content}]", "link"))
                parts[-1].append(_target(child))
            case _:
                parts[-1].append(Span(child.content, tones[-1]))
    return [tuple(spans) for spans in _with_targets(parts, token)]


def _with_targets(parts: list[list[Span]], token: "Token") -> Iterator[list[Span]]:
    """Put each link's target behind its text, unless the text is the target."""
    links = iter([child for child in token.children or () if child.type == "link_open"])
    for spans in parts:
        done: list[Span] = []
        for span in spans:
            if span.text != "\x00":
                done.append(span)
                continue
            target = _target(next(links))
            if not (done and target.text.strip(" <>") == done[-1].text):
                done.append(target)
        yield done


def _target(token: "Token") -> Span:
    href = str(token.attrs.get("href") or token.attrs.get("src") or "")
    title = token.attrs.get("title")
    return Span(f' <{href} "{title}">' if title else f" <{href}>", "muted")


def _table_lines(rows: list[list[tuple[Span, ...]]]) -> Iterator[tuple[Span, ...]]:
    """A table with its columns aligned; a cell that is too wide pushes the rest of its row."""
    count = max((len(row) for row in rows), default=0)
    widths = [0] * count
    for row in rows:
        for index, cell in enumerate(row):
            widths[index] = min(_WIDEST_CELL, max(widths[index], _width(cell)))
    for number, row in enumerate(rows):
        spans: list[Span] = []
        for index, cell in enumerate(row):
            spans += [Span(s.text, "strong" if number == 0 and s.tone == "plain" else s.tone) for s in cell]
            spans.append(Span(" " * max(0, widths[index] - _width(cell)) + "  "))
        yield tuple(spans)
        if number == 0:
            yield (Span("  ".join("─" * width for width in widths), "muted"),)


def _width(spans: tuple[Span, ...]) -> int:
    return sum(cell_width(span.text) for span in spans)


def _definitions(env: Mapping[str, Any]) -> Iterator[Rendered]:
    """The definitions of links, which a usual rendering hides; hidden instructions like to live there."""
    found = [
        *env.get("references", {}).items(),
        *((one.get("label", ""), one) for one in env.get("duplicate_refs", ())),
    ]
    if found:
        yield Rendered(TextLine(), 0, 0)
        yield Rendered(TextLine((Span("Link definitions (a usual rendering hides them)", "muted"),)), 0, 0)
    for label, one in found:
        start, end = one.get("map") or (0, 0)
        title = f' "{one["title"]}"' if one.get("title") else ""
        text = f"[{label.casefold()}]: {one.get('href', '')}{title}"
        yield Rendered(TextLine((Span(text, "muted"),), hang=2), start, end)
