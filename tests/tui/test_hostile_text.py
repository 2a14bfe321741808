"""A library whose every word is hostile: each screen shows it, and nothing acts on the terminal or ends the program.

A new screen is added to `SCREENS` with the keys that lead to it.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from workbench.text import visible

MARKUP = "[/nope] [@click=app.quit]x[/] [bold"
ESCAPES = "\x1b]52;c;cHduZWQ=\x07\x1b[2J\x9b31m"
HIDDEN = "\u202etxet\u202c\u200b\ufeff"
HOSTILE = f"{MARKUP} {ESCAPES} {HIDDEN}"

FORBIDDEN = {*map(chr, range(0x20)), "\x7f", *map(chr, range(0x80, 0xA0)), *"\u202e\u202c\u200b\ufeff"}

SCREENS = {
    "skills": [],
    "skills filtered": ["slash", "n", "o", "p", "e"],
    "says": ["enter"],
    "source": ["enter", "]"],
    "files": ["enter", "]", "]"],
    "tests": ["enter", "]", "]", "]"],
    "versions": ["enter", "]", "]", "]", "]"],
    "reviews": ["enter", "]", "]", "]", "]", "]"],
    "a file": ["enter", "]", "]", "j", "enter"],
    "review": ["d"],
    "verdict": ["d", "A"],
    "tools": ["2"],
    "all tests": ["3"],
    "analytics": ["4"],
    "cost": ["5"],
    "git commands": ["@"],
    "help": ["?"],
    "palette": ["ctrl+p", "n", "o"],
    "another library": ["o"],
    "last error": ["e", "!"],
}


def quoted(text: str) -> str:
    """`text` as a YAML scalar that keeps every character."""
    return (
        '"'
        + "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in text)
        + '"'
    )


@pytest.fixture
def hostile(skill_library: Any) -> None:
    """A skill whose name, words, files, tools, cases, branch and commits are all hostile."""
    library = skill_library
    folder = "skills/a [/nope]\u202e"
    text = f"---\nname: {quoted(HOSTILE)}\ndescription: {quoted(HOSTILE)}\nlicense: {quoted(HOSTILE)}\n"
    table = f"| {MARKUP} | b |\n| - | - |\n| {ESCAPES} | {HIDDEN} |\n"
    body = f"# {HOSTILE}\n\n- {HOSTILE}\n\n{table}\n```{HOSTILE}\n{HOSTILE}\n```\n"
    library.write(f"{folder}/SKILL.md", f"{text}---\n{body}")
    library.write(f"{folder}/b\x1b[31m [/nope].py", f"# {HOSTILE}\nprint('{HOSTILE}')\n")
    library.write(
        f"{folder}/tools.yaml",
        f"tools:\n  - name: evil\n    description: {quoted(HOSTILE)}\n    run: [python, x.py, {quoted(MARKUP)}]\n"
        "    input_schema:\n      type: object\n      properties:\n"
        f"        {quoted(MARKUP)}: {{type: string, description: {quoted(HOSTILE)}}}\n",
    )
    library.write(
        f"{folder}/tests/evil.yaml",
        f"cases:\n  - name: {quoted(MARKUP)}\n    run: [python, x.py, {quoted(HOSTILE)}]\n    expect: {{exit: 0}}\n",
    )
    os.symlink(f"/nowhere/{MARKUP}\x1b[31m", library.root / folder / "link")  # noqa: PTH211 - the target is no path
    library.git("checkout", "-q", "-b", "branch]\u202e")
    library.commit(f"{MARKUP} {HIDDEN}")


def drawn(page: Any) -> str:
    strips = page.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.usefixtures("hostile")
async def test_every_screen_shows_hostile_text_as_text(opened: Any, name: str) -> None:
    async with opened(size=(80, 24)) as page:
        for key in SCREENS[name]:
            await page.press(key)
            await page.app.workers.wait_for_complete()
            await page.pilot.pause()
        for size in [(80, 24), (120, 40)]:
            await page.pilot.resize_terminal(*size)
            await page.pilot.pause(0.15)
            shown = drawn(page)
            assert len(shown.split("\n")) == size[1]
            acting = sorted({f"U+{ord(char):04X}" for char in shown.replace("\n", "") if char in FORBIDDEN})
            assert acting == []
            assert not page.app._exit
            assert page.app.return_code in (None, 0)


@pytest.mark.usefixtures("hostile")
async def test_a_hostile_name_is_still_there_to_be_read(opened: Any) -> None:
    async with opened(size=(160, 40)) as page:
        assert visible(MARKUP)[:20] in drawn(page)
        await page.press("d")
        await page.shows("hidden character")


@pytest.mark.usefixtures("hostile")
async def test_a_hostile_folder_opens_from_the_start(opened: Any, tmp_path: Path) -> None:
    odd = tmp_path / "[@click=app.quit] \u202e"
    odd.mkdir()
    async with opened(size=(80, 24)) as page:
        page.app.open_library(odd)
        await page.until(lambda: type(page.screen).__name__ == "StartScreen", "the start")
        await page.pilot.pause()
        assert not FORBIDDEN & set(drawn(page).replace("\n", ""))
