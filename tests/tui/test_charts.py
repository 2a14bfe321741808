"""A chart names its ends, keeps what is unknown apart from zero, and fits where it is put."""

import pytest

from workbench.tui.widgets.charts import Bar, merge, plot


def dollars(value: float) -> str:
    return f"${value:.2f}"


def bars(*values: float | None) -> list[Bar]:
    return [Bar(f"11-{number:02}", value) for number, value in enumerate(values, start=1)]


def test_the_axis_names_the_highest_value_and_zero() -> None:
    drawing = plot(bars(1, 4, 2), 40, 6, dollars, "day")
    assert drawing.lines[0][0] == "$4.00 ┤"
    assert drawing.lines[-1][0] == "$0.00 ┤"
    assert drawing.labels.split() == ["11-01", "11-03"]
    assert "highest $4.00 (11-02)" in drawing.summary
    assert "lowest $1.00 (11-01)" in drawing.summary


def test_unknown_is_marked_and_never_drawn_as_zero() -> None:
    drawing = plot(bars(1, None, 0), 40, 6, dollars, "day")
    assert drawing.lines[-1][1].count("?") == 1
    assert "1 unknown (?)" in drawing.summary


def test_a_value_that_is_tiny_beside_the_others_still_shows() -> None:
    assert "▁" in plot(bars(0.001, 1_000), 40, 6, dollars, "day").lines[-1][1]


@pytest.mark.parametrize("count", [1, 7, 30, 90, 365, 1_000])
@pytest.mark.parametrize("width", [20, 76, 120])
def test_every_line_fits_the_width(count: int, width: int) -> None:
    drawing = plot(bars(*range(count)), width, 8, dollars, "day")
    assert all(len(f"{axis} {drawn}") <= width for axis, drawn in drawing.lines)
    assert len(drawing.lines) == 6


def test_more_days_than_columns_are_summed_and_the_chart_says_so() -> None:
    merged, each = merge(bars(1, 2, 3, None, 5), 3)
    assert [bar.value for bar in merged] == [3, 3, 5]
    assert each == 2
    assert plot(bars(*range(200)), 60, 8, dollars, "day").summary.startswith("4 days a bar")


def test_hostile_labels_are_harmless() -> None:
    drawing = plot([Bar("\x1b[2J", 1), Bar("\u202e", 2)], 60, 6, dollars, "day")
    assert "\x1b" not in drawing.labels + drawing.summary
    assert "\u202e" not in drawing.labels + drawing.summary
