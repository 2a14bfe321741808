"""Pictures of the screens of skills and of what lies over them, at 80×24 and 120×40, dark and light.

Nothing in them depends on the clock or on where the library lies.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from workbench.config import Settings
from workbench.errors import ConflictError
from workbench.reviews.verdicts import Opinion, decide
from workbench.storage import Store
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.start import StartScreen
from workbench.tui.widgets.virtual_list import VirtualList
from workbench.workspace import Workspace

NARROW, WIDE = (80, 24), (120, 40)
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

Steps = Callable[[Pilot[int]], Awaitable[None]]

BODY = """# Profile a file

Look at the *shape* of a file before you write code against it. <!-- A comment is part of what an agent reads. -->

```bash
python scripts/profile.py data.csv   # one pass
```

1. Read `warnings` first.
2. Then the [columns](references/types.md).

| option | when |
| - | - |
| `--top 5` | shorter |
"""


@pytest.fixture
def library(skill_library: Any) -> Any:
    """Six skills in six states, with a history."""
    made = skill_library
    made.write(
        "skills/csv-profile/SKILL.md",
        "---\nname: csv-profile\ndescription: Profiles a CSV file in one pass. Use it before importing one.\n"
        f'license: MIT\nmetadata:\n  version: "1.2.0"\nallowed-tools: Bash(python:*) Read\n---\n\n{BODY}',
    )
    made.write("skills/csv-profile/scripts/profile.py", "print('rows: 1')\n")
    (made.root / "skills/csv-profile/scripts/profile.py").chmod(0o755)
    made.write("skills/csv-profile/references/types.md", "# Types\n")
    (made.root / "skills/csv-profile/types.md").symlink_to("references/types.md")
    for name in ("deploy-notes", "release-check", "secret-finder"):
        made.skill(f"skills/{name}")
    made.commit("Add csv-profile and its friends")
    say(made, "skills/csv-profile", "approve", "Read all of it: the script opens one file and nothing else.")
    say(made, "skills/release-check", "approve", "Fine.")
    say(made, "skills/secret-finder", "request-changes", "Why does it read the environment?")
    made.skill("skills/release-check", "Other words now.\n")
    made.write("skills/Broken Name/SKILL.md", "---\nname: Broken Name\n---\n\nNo description.\n")
    made.commit("Change the release check")
    return made


def say(made: Any, skill: str, verdict: Any, reason: str) -> None:
    """Record a verdict at a fixed moment."""
    workspace = Workspace.open(made.root, settings=Settings())
    row = workspace.row(skill)
    assert workspace.repository is not None
    decide(workspace.repository, row.skill, row.standing, Opinion(verdict, reason, "tui"), AT)


@pytest.fixture
def picture(library: Any, snap_compare: Any) -> Any:
    """Takes a picture: `picture("enter", size=NARROW)`."""
    store = Store(None)

    def take(
        *keys: str, size: tuple[int, int] = NARROW, theme: str = "workbench-dark", then: Steps | None = None
    ) -> Any:
        settings = Settings(theme=theme)
        app = WorkbenchApp(Workspace.open(library.root, settings=settings, store=store), settings=settings)

        async def steps(pilot: Pilot[int]) -> None:
            await until(pilot, lambda: app.library is not None)
            await quiet(pilot)
            for key in keys:
                await pilot.press(key)
                await quiet(pilot)
            if then is not None:
                await then(pilot)
            await quiet(pilot)

        return snap_compare(app, run_before=steps, terminal_size=size)

    yield take
    store.close()


async def until(pilot: Pilot[int], holds: Callable[[], object]) -> None:
    for _ in range(2_000):
        if holds():
            await pilot.pause()
            return
        await pilot.pause(0.01)
    raise AssertionError("the screen never got there")


async def quiet(pilot: Pilot[int]) -> None:
    """Wait until nothing runs any more: the cursor's rest, then the jobs."""
    app: Any = pilot.app
    await pilot.pause(0.15)
    await until(pilot, lambda: len(app.jobs) == 0)
    app.clear_notifications()
    await pilot.pause()


def test_the_skills(picture: Any) -> None:
    assert picture("j", "j")


def test_the_skills_with_one_beside_them(picture: Any) -> None:
    assert picture("j", size=WIDE)


def test_the_skills_by_day(picture: Any) -> None:
    assert picture("j", size=WIDE, theme="workbench-light")


def test_a_filter(picture: Any) -> None:
    assert picture("slash", *"draft")


def test_a_source_with_its_problems_in_place(picture: Any) -> None:
    assert picture("]", size=WIDE)


def test_what_a_skill_can_do(picture: Any) -> None:
    assert picture("j", "enter", "]", "]", "j")


def test_the_files_of_a_skill(picture: Any) -> None:
    assert picture("j", "enter", "]", "]", "]", "j")


def test_the_versions_of_a_skill(picture: Any) -> None:
    assert picture("j", "]", "]", "]", "]", "]", size=WIDE)


def test_who_said_what(picture: Any) -> None:
    assert picture("j", "enter", "[", "[")


def test_help(picture: Any) -> None:
    assert picture("?")


def test_the_palette(picture: Any) -> None:
    async def type_words(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: pilot.app.tools)  # type: ignore[attr-defined]  # it is the workbench
        await pilot.press(*"csv")
        await pilot.pause(0.4)
        pilot.app.screen.query_one("CommandInput").cursor_blink = False  # type: ignore[attr-defined]
        await pilot.pause(0.1)

    assert picture("ctrl+p", size=WIDE, then=type_words)


def test_an_error_in_full(picture: Any) -> None:
    async def fail(pilot: Pilot[int]) -> None:
        app: Any = pilot.app
        app.show_error(
            ConflictError(
                "the skill changed since it was read",
                where="skills/csv-profile/SKILL.md:12",
                remedy="read what is new and decide again",
            )
        )
        await pilot.press("!")
        await pilot.pause()

    assert picture(then=fail)


def test_a_terminal_that_is_too_small(picture: Any) -> None:
    assert picture(size=(50, 12))


def test_the_start(skill_library: Any, snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path.home()
    for name in ("one", "two"):
        folder = home / ".claude/skills" / name
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text(f"---\nname: {name}\ndescription: Does {name}. Use it.\n---\n")
    bundle = home / "workbench/skills"
    (bundle / "three").mkdir(parents=True)
    (bundle / "three/SKILL.md").write_text("---\nname: three\ndescription: Does three. Use it.\n---\n")
    monkeypatch.setattr("workbench.tui.screens.start.bundled", lambda _: bundle)
    (home / "empty").mkdir()
    app = WorkbenchApp(Workspace.open(home / "empty", settings=Settings()), settings=Settings())

    async def steps(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        await until(pilot, lambda: len(app.screen.query_one(VirtualList).rows) == 4)
        await quiet(pilot)

    assert snap_compare(app, run_before=steps, terminal_size=NARROW)
