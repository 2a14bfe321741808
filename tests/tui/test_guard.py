"""The second wall: nothing that a widget draws can act on the terminal, whatever got past the first."""

import pytest
from rich.segment import Segment
from textual.app import ComposeResult
from textual.color import Color
from textual.widgets import Static

from workbench.tui.app import WorkbenchApp
from workbench.tui.guard import TerminalGuard, harmless

BLACK = Color(0, 0, 0)
CLIPBOARD = "\x1b]52;c;cHduZWQ=\x1b\\"


@pytest.mark.parametrize("hostile", [*map(chr, range(0x20)), "\x7f", *map(chr, range(0x80, 0xA0)), "\u202e", "\u200b"])
def test_every_control_and_hidden_character_becomes_a_visible_one(hostile: str) -> None:
    shown = harmless(f"a{hostile}b")
    assert len(shown) == 3
    assert shown[1].isprintable()
    assert not shown[1].isspace()


def test_what_a_person_can_read_stays() -> None:
    text = "naïve 日本語 ✓ ▌ é — “quoted”"
    assert harmless(text) == text


def test_styles_and_textuals_own_control_segments_stay() -> None:
    control = Segment("\x1b[2J", None, ((1,),))  # type: ignore[arg-type]  # any control will do
    [text, kept] = TerminalGuard().apply([Segment("\x1b"), control], BLACK)
    assert text.text == "␛"
    assert kept is control or kept.text == "\x1b[2J"


async def test_an_escape_sequence_in_a_widget_never_reaches_the_screen() -> None:
    class Careless(WorkbenchApp):
        MODES = {}  # noqa: RUF012
        DEFAULT_MODE = "_default"
        CSS_PATH = None

        def compose(self) -> ComposeResult:
            yield Static(f"read this {CLIPBOARD}", markup=False)

        def offer_libraries(self) -> None:
            pass

    app = Careless()
    async with app.run_test() as pilot:
        await pilot.pause()
        drawn = "".join(s.text for strip in app.screen._compositor.render_strips() for s in strip)
    assert "read this ␛]52;c;cHduZWQ=␛\\" in drawn
    assert "\x1b" not in drawn
