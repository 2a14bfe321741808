"""A small library in a real git repository, opened on the screen, and a page that drives it as a person does."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from workbench.config import Settings
from workbench.storage import Store
from workbench.tui.app import WorkbenchApp
from workbench.workspace import Workspace

_PATIENCE_SECONDS = 30.0

ECHO = """import json, sys
words = sys.argv[1:]
print(json.dumps({"words": words, "count": len(words)}))
"""

TOOLS = """tools:
  - name: echo
    description: Give the words back.
    run: [python, scripts/echo.py, "{words}"]
    output: json
    input_schema:
      type: object
      required: [words]
      properties:
        words: {type: array, items: {type: string}, description: What to give back.}
        times: {type: integer, minimum: 1, default: 2}
        loud: {type: boolean}
        how: {enum: [plain, upper]}
"""

CASES = """cases:
  - name: gives words back
    run: [python, scripts/echo.py, a, b]
    expect: {exit: 0, stdout: {json: {words: [a, b], count: 2}}}
"""


class SkillLibrary:
    """A git repository of skills, changed and committed as a user would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.com")

    def git(self, *args: str) -> str:
        done = subprocess.run(["git", *args], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, path: str, content: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")

    def skill(self, id_: str, body: str = "Do it well.\n") -> None:
        name = id_.rpartition("/")[2]
        self.write(f"{id_}/SKILL.md", f"---\nname: {name}\ndescription: Does {name}. Use when needed.\n---\n\n{body}")

    def commit(self, message: str = "Change") -> None:
        self.git("add", "-A")
        # A fixed moment, so that pictures of the screen and commit ids don't change from run to run.
        env = {**os.environ, "GIT_AUTHOR_DATE": "2026-11-01T12:00:00Z", "GIT_COMMITTER_DATE": "2026-11-01T12:00:00Z"}
        subprocess.run(["git", "commit", "-q", "-m", message], cwd=self.root, check=True, env=env)


@pytest.fixture
def skill_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SkillLibrary:
    """A library with one committed skill, `skills/echo`, that brings a tool and a case."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    (tmp_path / "home").mkdir()
    library = SkillLibrary(tmp_path / "library")
    library.skill("skills/echo")
    library.write("skills/echo/scripts/echo.py", ECHO)
    library.write("skills/echo/tools.yaml", TOOLS)
    library.write("skills/echo/tests/echo.yaml", CASES)
    library.commit("Add echo")
    return library


class Page:
    """What a test sees of the screen, and how it waits: for what is shown, never for a while."""

    def __init__(self, pilot: Pilot[int], workspace: Workspace) -> None:
        self.pilot = pilot
        self.app = pilot.app
        self.workspace = workspace

    @property
    def screen(self) -> Screen[object]:
        return self.app.screen

    @property
    def text(self) -> str:
        """Everything on the screen, as a terminal would show it."""
        width, height = self.app.size
        lines = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in lines[:height])[
            : (width + 1) * height * 4
        ]

    def said(self, selector: str) -> str:
        """What one Static says."""
        return str(self.screen.query_one(selector, Static).content)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, words: str) -> None:
        for char in words:
            await self.pilot.press({" ": "space", "\n": "enter"}.get(char, char))
        await self.pilot.pause()

    async def until(self, holds: Callable[[], object], what: str = "") -> None:
        """Wait until something holds; fail with the screen's text if it never does."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"never: {what}\n{self.text}")
            await asyncio.sleep(0.01)
        await self.pilot.pause()

    async def shows(self, words: str) -> None:
        """Wait until these words are on the screen."""
        await self.until(lambda: words in self.text, words)


@pytest.fixture
def app_of(skill_library: SkillLibrary) -> Iterator[Callable[[], WorkbenchApp]]:
    """Makes the workbench on the library, not yet running: what a picture is taken of."""
    store = Store(None)
    yield lambda: WorkbenchApp(
        Workspace.open(skill_library.root, settings=Settings(), store=store), settings=Settings()
    )
    store.close()


@pytest.fixture
def opened(skill_library: SkillLibrary) -> Iterator[Callable[..., object]]:
    """Opens the workbench on the library: `async with opened(size=(80, 24)) as page`."""
    stores: list[Store] = []

    @asynccontextmanager
    async def open_it(
        screen: "Screen[object] | None" = None, *, mode: str = "skills", size: tuple[int, int] = (120, 40)
    ) -> AsyncIterator[Page]:
        stores.append(Store(None))
        workspace = Workspace.open(skill_library.root, settings=Settings(), store=stores[-1])
        app = WorkbenchApp(workspace, settings=Settings())
        async with app.run_test(size=size) as pilot:
            page = Page(pilot, workspace)
            await page.until(lambda: app.library is not None, "the library is read")
            if mode != "skills":
                await app.switch_mode(mode)
            if screen is not None:
                await app.push_screen(screen)
            await pilot.pause()
            yield page

    yield open_it
    for store in stores:
        store.close()
