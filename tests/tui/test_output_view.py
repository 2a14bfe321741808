"""What a program writes is bounded and harmless, and its newest lines are always the ones that are kept."""

from textual.app import App, ComposeResult

from workbench.config import bundled
from workbench.tui import themes
from workbench.tui.widgets.output_view import MAX_LINES, OutputView


class OutputApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.register_theme(themes.textual_theme(themes.read_theme(bundled("themes") / f"{themes.DEFAULT}.yaml")))
        self.theme = themes.DEFAULT

    def compose(self) -> ComposeResult:
        yield OutputView(empty="nothing was written")


def drawn(view: OutputView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


async def test_an_empty_view_says_why() -> None:
    async with OutputApp().run_test() as pilot:
        assert drawn(pilot.app.query_one(OutputView))[0] == " nothing was written"


async def test_a_line_that_arrives_in_pieces_is_one_line() -> None:
    async with OutputApp().run_test():
        view = OutputView()
        for piece in ("one", " and", " more\ntw", "o\n", "\n", "three"):
            view.append(piece)
        assert list(view.lines) == ["one and more", "two", "", "three"]


async def test_a_flood_keeps_the_newest_lines_and_says_how_many_went() -> None:
    async with OutputApp().run_test() as pilot:
        view = pilot.app.query_one(OutputView)
        for start in range(0, 3 * MAX_LINES, 1_000):
            view.append("".join(f"line {n}\n" for n in range(start, start + 1_000)))
        await pilot.pause()
        assert len(view.lines) == MAX_LINES
        assert view.lines[-1] == f"line {3 * MAX_LINES - 1}"
        assert drawn(view)[-1] == f" line {3 * MAX_LINES - 1}"
        view.action_first()
        await pilot.pause()
        assert drawn(view)[0] == f" … {2 * MAX_LINES:,} earlier lines not kept"


async def test_one_flood_at_once_is_bounded_too() -> None:
    async with OutputApp().run_test():
        view = OutputView()
        view.append("\n".join(str(n) for n in range(2 * MAX_LINES)))
        assert len(view.lines) == MAX_LINES
        assert view.lines[-1] == str(2 * MAX_LINES - 1)


async def test_hostile_output_acts_on_nothing() -> None:
    async with OutputApp().run_test() as pilot:
        view = pilot.app.query_one(OutputView)
        view.show('{"\x1b[2J": "\u202e[/nope]"}', "json")
        text = "\n".join(drawn(view))
        assert "␛[2J" in text
        assert "⟨U+202E⟩[/nope]" in text
        assert not {"\x1b", "\u202e"} & set(text)


async def test_a_very_long_line_is_cut_and_says_how_long_it_is() -> None:
    async with OutputApp().run_test():
        view = OutputView()
        view.append("x" * 1_000_000)
        assert view.lines[0].endswith("… 1,000,000 characters")
        assert len(view.lines[0]) < 3_000


async def test_reading_further_up_is_not_disturbed_by_new_output() -> None:
    async with OutputApp().run_test() as pilot:
        view = pilot.app.query_one(OutputView)
        view.append("".join(f"{n}\n" for n in range(100)))
        await pilot.pause()
        view.action_first()
        view.append("new\n")
        await pilot.pause()
        assert drawn(view)[0] == " 0"
