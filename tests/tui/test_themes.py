"""Themes: every text can be read on every ground it stands on, and a bad file is a message, never a crash."""

from pathlib import Path
from typing import Any

import pytest
from textual.color import Color

from workbench.config import Settings, bundled
from workbench.errors import InputError
from workbench.tui import themes
from workbench.tui.app import WorkbenchApp

FILES = sorted(bundled("themes").glob("*.yaml"))
TEXTS = (
    "foreground", "text-muted", "text-accent", "text-success", "text-warning", "text-error", "text-primary",
    "text-secondary", "text-disabled", "text",
)  # fmt: skip
GROUNDS = ("background", "surface", "panel", "cursor")
DIFF = ("diff-added", "diff-added-word", "diff-removed", "diff-removed-word", "selection")
LEAST = 4.5


def luminance(color: Color) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [c / 255 for c in (color.r, color.g, color.b)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def variables(path: Path) -> dict[str, str]:
    theme = themes.textual_theme(themes.read_theme(path))
    return {**theme.to_color_system().generate(), **theme.variables}


def test_there_are_four_themes_and_the_default_is_one() -> None:
    found, wrong = themes.load_themes()
    assert not wrong
    assert {"workbench-dark", "workbench-light", "high-contrast", "walnut"} <= found.keys()
    assert themes.DEFAULT in found
    assert all(theme.description for theme in found.values())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_text_can_be_read_on_every_ground(path: Path) -> None:
    colours = variables(path)
    pairs = [(text, ground) for text in TEXTS for ground in GROUNDS]
    pairs += [("foreground", ground) for ground in DIFF]
    pairs += [("block-cursor-foreground", "block-cursor-background"), ("button-color-foreground", "primary")]
    weak = {
        f"{text} on {ground}": round(contrast(colours[text], colours[ground]), 2)
        for text, ground in pairs
        if contrast(colours[text], colours[ground]) < LEAST
    }
    assert weak == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_cursor_and_the_changed_words_stand_out_from_their_ground(path: Path) -> None:
    colours = variables(path)
    assert contrast(colours["cursor"], colours["background"]) > 1.1
    assert contrast(colours["diff-added-word"], colours["diff-added"]) > 1.15
    assert contrast(colours["diff-removed-word"], colours["diff-removed"]) > 1.15


GOOD = FILES[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "said", "remedy"),
    [
        (GOOD.replace("accent:", "acent:"), "unknown colour 'acent'", "did you mean 'accent'?"),
        (GOOD.replace("description:", "descripton:"), "unknown key 'descripton'", "did you mean 'description'?"),
        (GOOD.replace('accent: "', 'accent: "nope'), "'accent' is no colour", "#rrggbb"),
        (GOOD.replace('accent: "', 'accent: "auto '), "'accent' is no colour", "#rrggbb"),
        ("name: x\ncolours: {accent: '#fff'}\n", "'colours' lacks", "bundled"),
        ("name: x\ncolours: [1, 2]\n", "has to be a mapping", None),
        ("name: [/nope]\ncolours: {}\n", "'name' has to be letters", None),
        ("a: [1\n", "not YAML", None),
        ("just words\n", "has to be a mapping", None),
        ("[" * 3_000, "not YAML", None),
        ("x" * 70_000, "larger", None),
    ],
)
def test_a_bad_file_is_said_with_its_name(tmp_path: Path, text: str, said: str, remedy: str | None) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        themes.read_theme(file)
    assert said in caught.value.what
    assert caught.value.where == str(file)
    assert remedy is None or remedy in (caught.value.remedy or "")


def own_theme(name: str, text: str) -> None:
    folder = themes.config_dir() / "themes"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


async def test_a_theme_of_the_user_is_found_and_used(skill_library: Any) -> None:
    own_theme("mine", GOOD.replace("name: high-contrast", "name: mine").replace("#5fd7ff", "#ff00ff"))
    app = WorkbenchApp(settings=Settings(theme="mine"))
    async with app.run_test():
        assert app.theme == "mine"
        assert app.theme_variables["text-accent"] == "#ff00ff"


@pytest.mark.parametrize("name", ["broken", "nowhere"])
async def test_a_theme_that_cannot_be_used_leaves_the_default_and_a_message(skill_library: Any, name: str) -> None:
    own_theme("broken", "name: broken\ncolours: {accent: nope}\n")
    app = WorkbenchApp(settings=Settings(theme=name))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.theme == themes.DEFAULT
        assert isinstance(app.last_error, InputError)


async def test_choosing_a_theme_shows_it_at_once_and_escape_brings_the_old_one_back(opened: Any) -> None:
    own_theme("broken", "name: broken\ncolours: {accent: nope}\n")
    async with opened(size=(80, 24)) as page:
        before = page.app.theme
        page.app.action_show("change_theme")
        await page.shows("Enter keeps it")
        await page.press("k")
        assert page.app.theme != before
        await page.press("escape")
        assert page.app.theme == before
