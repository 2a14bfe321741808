"""The colours of a language, of what was searched for and of what is hidden lie on the diff and can be read there."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.pilot import Pilot

from workbench.config import bundled
from workbench.reviews.diff import DiffLine, FileDiff, Hunk, SkillDiff
from workbench.tui import themes
from workbench.tui.contrast import contrast
from workbench.tui.diff_colours import TONES, colour_slices
from workbench.tui.screens.review import ReviewScreen
from workbench.tui.widgets.diff_palette import GROUNDS, tone_colours
from workbench.tui.widgets.diff_view import DiffView
from workbench.workspace import Workspace

THEMES = sorted(bundled("themes").glob("*.yaml"))
OLD = 'def f():\n    """One\n    return 1\n    """\n    return 1\n'
NEW = OLD.replace("One", "Two").replace("    return 1\n", "    return 12\n")


@pytest.mark.parametrize("path", THEMES, ids=lambda path: path.stem)
def test_every_colour_can_be_read_on_every_background_of_its_line(path: Any) -> None:
    theme = themes.textual_theme(themes.read_theme(path))
    variables = {**theme.to_color_system().generate(), **theme.variables}
    colours = tone_colours(variables)
    assert {kind for kind, _ in colours} == {" ", "+", "-"}
    assert len(colours) == 3 * len(TONES), "a tone without a readable colour would be left out"
    for (kind, tone), colour in colours.items():
        for ground in GROUNDS[kind]:
            assert contrast(colour, Color.parse(variables[ground])) >= 4.5, (kind, tone, ground)
    assert contrast(Color.parse(variables["foreground"]), Color.parse(variables["selection"])) >= 4.5
    assert contrast(Color.parse(variables["background"]), Color.parse(variables["text-accent"])) >= 4.5


def changed() -> SkillDiff:
    lines = []
    for number, (old, new) in enumerate(zip(OLD.splitlines(), NEW.splitlines(), strict=True), start=1):
        if old == new:
            lines.append(DiffLine(" ", number, number, old))
        else:
            lines += [DiffLine("-", number, None, old), DiffLine("+", None, number, new)]
    hunk = Hunk(1, 5, 1, 5, "", tuple(lines))
    file = FileDiff("run.py", None, "modified", "100644", "100644", False, (hunk,), old_id="old", new_id="new")
    return SkillDiff("skills/x", "a" * 40, "approved", "b" * 40, (file,))


class DiffApp(App[None]):
    AUTO_FOCUS = "DiffView"

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(themes.textual_theme(themes.read_theme(bundled("themes") / f"{themes.DEFAULT}.yaml")))
        self.theme = themes.DEFAULT
        self.asked: list[str] = []

    def compose(self) -> ComposeResult:
        yield DiffView(changed(), layout="unified")

    def on_diff_view_uncoloured(self, event: DiffView.Uncoloured) -> None:
        self.asked.append(event.file.path)
        for blob, text in (("old", OLD), ("new", NEW)):
            event.diff_view.begin_colours(blob)
            for more in colour_slices(text.encode(), "run.py", lambda: False):
                event.diff_view.add_colours(blob, more)


def styled(pilot: Pilot[None], words: str) -> list[tuple[str, Any]]:
    """The pieces of the first drawn row that holds these words."""
    view = pilot.app.query_one(DiffView)
    rows = [view.render_line(y) for y in range(view.size.height)]
    row = next(row for row in rows if words in row.text)
    return [(segment.text, segment.style) for segment in row]


def colour_of(pieces: Sequence[tuple[str, Any]], text: str) -> Any:
    return next(style.color for piece, style in pieces if text in piece)


async def test_a_string_over_many_lines_has_one_colour_and_words_that_changed_stay_marked() -> None:
    async with DiffApp().run_test(size=(80, 24)) as pilot:
        view = pilot.app.query_one(DiffView)
        while not view._colours:
            await pilot.pause(0.01)
        colours = {(kind, tone): style.color for (kind, tone), style in view._palette.tones.items()}
        doc = styled(pilot, '+    """Two')
        assert colour_of(doc, '"""') == colours["+", "string"]
        [two] = [style for piece, style in doc if piece == "Two"]
        assert two.bgcolor == view._palette.added_word.bgcolor
        assert two.underline
        assert two.color == colours["+", "string"]
        assert colour_of(styled(pilot, "+    return 12"), "12") == colours["+", "string"], "it is within the string"
        assert colour_of(styled(pilot, " def f"), "def") == colours[" ", "keyword"]
        assert pilot.app.asked == ["run.py"]


async def test_without_colours_nothing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = DiffApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        view = app.query_one(DiffView)
        assert app.asked == []
        assert view._palette.tones == {}
        view.find("return")
        await pilot.pause()
        here = next(style for piece, style in styled(pilot, "return") if piece == "return")
        assert here.reverse, "what was found stands out without a colour"


async def test_what_was_found_is_marked_and_the_one_at_the_cursor_differs() -> None:
    async with DiffApp().run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        view = pilot.app.query_one(DiffView)

        def marks() -> list[str]:
            palette = view._palette
            looks = {palette.match.bgcolor: "match", palette.match_here.bgcolor: "here"}
            rows = [view.render_line(y) for y in range(view.size.height)]
            seen = [[looks[s.style.bgcolor] for s in row if s.style and s.style.bgcolor in looks] for row in rows]
            return [row[0] for row in seen if row]

        number, count = view.find("RETURN 1")
        assert (number, count) == (1, 4)
        await pilot.pause()
        assert marks() == ["here", "match", "match", "match"]
        view.find("RETURN 1")
        await pilot.pause()
        assert marks() == ["match", "here", "match", "match"]
        view.find("")
        await pilot.pause()
        assert marks() == []


async def test_what_is_hidden_stands_out_within_its_line() -> None:
    line = DiffLine("+", None, 1, "\tuser = '\u202eadmin'")
    file = FileDiff("f", None, "added", None, "100644", False, (Hunk(0, 0, 1, 1, "", (line,)),))
    app = DiffApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(DiffView).load(SkillDiff("x", None, "nothing", "b" * 40, (file,)))
        await pilot.pause()
        assert [piece for piece, style in styled(pilot, "admin") if style.reverse] == ["⟨U+202E⟩"]


async def test_the_review_colours_what_is_read_though_it_is_not_committed(opened: Any, skill_library: Any) -> None:
    Workspace.open(skill_library.root).reviews.decide("skills/echo", "approve", "Read.")
    skill_library.write("skills/echo/scripts/echo.py", "import json  # a remark\n")
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        await page.shows("a remark")
        view = page.screen.query_one(DiffView)
        await page.until(lambda: len(view._colours) == 2, "the colours of both sides")
        blobs: Mapping[str, bytes] = page.workspace.reviews.contents("skills/echo", list(view._colours))
        assert b"import json  # a remark\n" in blobs.values()
        await page.until(lambda: not page.app.jobs.runs("colours"), "all is coloured")
        assert any(colour for known in view._colours.values() for colour in known.colours)
