"""A bar chart by day, drawn line by line: an axis with its ends named, and what the highest and lowest bars are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from workbench.text import cell_width, fit, truncate, visible

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_UNKNOWN = "?"
_MAX_BAR = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it stands for, and its value; None where the value is not known, which is not 0."""

    label: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart worked out for one size.

    Attributes:
        lines: The drawing, top to bottom, each as (axis, bars).
        labels: The line under it.
        summary: The line over it, in words.
    """

    lines: list[tuple[str, str]]
    labels: str
    summary: str


Format = Callable[[float], str]


def merge(bars: Sequence[Bar], most: int) -> tuple[list[Bar], int]:
    """At most `most` bars and how many of the given ones each of them sums up; an unknown part makes no sum unknown."""
    each = max(1, -(-len(bars) // max(1, most)))
    if each == 1:
        return list(bars), 1
    merged = []
    for start in range(0, len(bars), each):
        group = bars[start : start + each]
        known = [bar.value for bar in group if bar.value is not None]
        merged.append(Bar(group[0].label, sum(known) if known else None))
    return merged, each


def plot(bars: Sequence[Bar], width: int, height: int, form: Format, unit: str) -> Plot:
    """Work out a chart of `width` × `height` cells; `form` writes a value, `unit` says what one bar is (`day`)."""
    rows = max(1, height - 2)
    known = [bar.value for bar in bars if bar.value is not None]
    top = max(known, default=0)
    axis = max(cell_width(form(top)), cell_width(form(0)))
    room = max(1, width - axis - 3)
    shown, each = merge(bars, room)
    top = max((bar.value for bar in shown if bar.value is not None), default=0)
    axis = max(cell_width(form(top)), axis)
    room = max(1, width - axis - 3)
    shown = shown[-room:]
    step = max(1, min(_MAX_BAR, room // max(1, len(shown))))
    columns = [_column(bar.value, top, rows) for bar in shown]
    bar_width = step - 1 if step > 1 else 1
    gap = " " * (step - bar_width)
    lines = []
    for row in range(rows):
        name = form(top) if row == 0 else form(0) if row == rows - 1 and rows > 1 else ""
        drawn = gap.join(_cells(column[row], bar_width) for column in columns)
        lines.append((f"{fit(name, axis, right=True)} {'┤' if name else '│'}", fit(drawn, room)))
    ends = _ends(bars, min(room, step * len(shown) - len(gap)))
    return Plot(lines, fit(" " * (axis + 2) + ends, width), _summary(bars, each, form, unit))


def _cells(cell: str, width: int) -> str:
    """One cell of a column, as wide as a bar."""
    return f"{cell:<{width}}" if cell == _UNKNOWN else cell * width


def _column(value: float | None, top: float, rows: int) -> list[str]:
    """The cells of one bar, top to bottom; anything above zero shows at least an eighth."""
    if value is None:
        return [" "] * (rows - 1) + [_UNKNOWN]
    eighths = round(value / top * rows * 8) if top > 0 else 0
    if value > 0:
        eighths = max(1, eighths)
    return [_EIGHTHS[max(0, min(8, eighths - 8 * (rows - 1 - row)))] for row in range(rows)]


def _ends(bars: Sequence[Bar], width: int) -> str:
    """The first label on the left, the last on the right."""
    if not bars:
        return ""
    first, last = visible(bars[0].label), visible(bars[-1].label)
    if len(bars) == 1 or len(first) + len(last) + 1 > width:
        return first
    return first + " " * (width - cell_width(first) - cell_width(last)) + last


def _summary(bars: Sequence[Bar], each: int, form: Format, unit: str) -> str:
    known = [bar for bar in bars if bar.value is not None]
    if not known:
        return "no value is known"
    high = max(known, key=lambda bar: bar.value or 0)
    low = min(known, key=lambda bar: bar.value or 0)
    per = f"a {unit}" if each == 1 else f"{each} {unit}s a bar"
    unknown = f" · {len(bars) - len(known)} unknown ({_UNKNOWN})" if len(known) < len(bars) else ""
    return (
        f"{per} · highest {form(high.value or 0)} ({visible(high.label)})"
        f" · lowest {form(low.value or 0)} ({visible(low.label)}){unknown}"
    )


class BarChart(Widget):
    """Bars over time. `show` gives it new ones."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"chart--bar", "chart--axis", "chart--title"}
    DEFAULT_CSS = """
    BarChart {
        height: 8;
        & > .chart--bar { color: $accent; }
        & > .chart--axis { color: $text-muted; }
        & > .chart--title { text-style: bold; }
    }
    """

    def __init__(self, title: str, form: Format, *, unit: str = "day", id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = title
        self._form = form
        self._unit = unit
        self._bars: Sequence[Bar] = ()
        self._plot: tuple[int, int, Plot] | None = None

    def show(self, bars: Sequence[Bar], *, title: str | None = None, form: Format | None = None) -> None:
        """Draw these bars, oldest first."""
        self._bars = bars
        self._title = title if title is not None else self._title
        self._form = form or self._form
        self._plot = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the chart."""
        width, height = self.size
        axis = self.get_component_rich_style("chart--axis")
        if not self._bars:
            return Strip.blank(width, self.rich_style)
        if self._plot is None or self._plot[:2] != (width, height):
            self._plot = (width, height, plot(self._bars, width, height, self._form, self._unit))
        drawing = self._plot[2]
        if y == 0:
            return self._heading(drawing.summary, width, axis)
        if y <= len(drawing.lines):
            left, bars = drawing.lines[y - 1]
            segments = [Segment(left + " ", axis), Segment(bars, self.get_component_rich_style("chart--bar"))]
        else:
            segments = [Segment(drawing.labels if y == len(drawing.lines) + 1 else "", axis)]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _heading(self, summary: str, width: int, axis: Style) -> Strip:
        title = truncate(visible(self._title), width)
        words = truncate("  " + summary, width - cell_width(title))
        segments = [Segment(title, self.get_component_rich_style("chart--title")), Segment(words, axis)]
        return Strip(segments).adjust_cell_length(width, self.rich_style)
