"""The library followed while it is open: what changes on disk and in git shows by itself, and nothing is lost by it."""

import asyncio
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.tui.conftest import Page
from workbench.config import Settings
from workbench.errors import WorkbenchError
from workbench.storage import Store
from workbench.tui import launch, watching
from workbench.tui.app import WorkbenchApp
from workbench.tui.renewing import renew
from workbench.tui.screens.skill import SkillScreen
from workbench.tui.watching import Changed, Watcher
from workbench.tui.widgets.virtual_list import VirtualList
from workbench.workspace import Workspace

WIDE = (120, 40)


@pytest.fixture
def live(skill_library: Any) -> Iterator[Any]:
    """Opens the workbench on the library, following it, once a change of a file is noticed."""
    store = Store(None)

    @asynccontextmanager
    async def open_it(size: tuple[int, int] = WIDE) -> AsyncIterator[Page]:
        workspace = Workspace.open(skill_library.root, settings=Settings(), store=store)
        app = WorkbenchApp(workspace, settings=Settings(), live=True)
        async with app.run_test(size=size) as pilot:
            page = Page(pilot, workspace)
            await page.until(lambda: app.library is not None, "the library is read")
            await _noticed(page, skill_library)
            yield page
        await asyncio.sleep(0)
        for thread in threading.enumerate():
            if thread.name == "watch-library":
                thread.join(5)
                assert not thread.is_alive()

    yield open_it
    store.close()


async def _noticed(page: Page, library: Any) -> None:
    """Watching begins at some moment after it was asked for: change a file until it is noticed."""
    app: Any = page.app
    before = app.library
    for number in range(100):
        library.write("skills/echo/probe.txt", str(number))
        for _ in range(30):
            await asyncio.sleep(0.01)
            if app.library is not before:
                return
    raise AssertionError("no change was ever noticed")


def shown(page: Any) -> dict[str, str]:
    rows = page.screen.query_one("#skill-rows", VirtualList).rows
    return {str(row.cells[0]): row.cells[1].text for row in rows}


def ids(page: Any) -> list[str]:
    return sorted(row.id for row in page.screen.query_one("#skill-rows", VirtualList).rows)


async def test_a_change_of_a_file_shows_by_itself(live: Any, skill_library: Any) -> None:
    async with live() as page:
        skill_library.write("skills/echo/SKILL.md", "---\nname: renamed\ndescription: Now this.\n---\nOther words.\n")
        await page.until(lambda: "renamed" in shown(page), "the new name")
        await page.shows("Other words.")


async def test_skills_that_come_and_go_show_by_themselves(live: Any, skill_library: Any) -> None:
    async with live() as page:
        skill_library.skill("skills/born")
        await page.until(lambda: "born" in shown(page), "the new skill")
        shutil.copytree(skill_library.root / "skills/born", skill_library.root / "more/moved")
        await page.until(lambda: "more/moved" in ids(page), "the copied skill")
        shutil.rmtree(skill_library.root / "skills/born")
        await page.until(lambda: ids(page) == ["more/moved", "skills/echo"], "the skill is gone")


async def test_a_verdict_and_a_commit_elsewhere_show_by_themselves(live: Any, skill_library: Any) -> None:
    async with live() as page:
        skill_library.commit("Take in the probe")
        Workspace.open(skill_library.root, settings=Settings()).reviews.decide("skills/echo", "approve", "Read it.")
        await page.until(lambda: "approved" in shown(page)["echo"], "the approval")
        skill_library.skill("skills/echo", "Changed again.\n")
        await page.until(lambda: "stale" in shown(page)["echo"], "the change after it")


async def test_cursor_filter_and_an_open_skill_stay(live: Any, skill_library: Any) -> None:
    for number in range(60):
        skill_library.skill(f"skills/s{number:02}")
    async with live((80, 24)) as page:
        await page.until(lambda: len(shown(page)) == 61, "all skills")
        await page.press("/")
        await page.type("s")
        await page.press("enter", *["j"] * 40)
        listing = page.screen.query_one("#skill-rows", VirtualList)
        before = listing.current.id, listing.scroll_offset.y
        skill_library.skill("skills/s05", "Other.\n")
        skill_library.skill("skills/aaa-s")
        await page.until(lambda: "aaa-s" in shown(page), "the new skill")
        assert listing.current.id == before[0]
        await page.press("enter")
        assert isinstance(page.screen, SkillScreen)
        skill_library.skill(before[0], "Quite other words.\n")
        await page.shows("Quite other words.")
        assert isinstance(page.screen, SkillScreen)


async def test_texts_are_read_for_the_search_by_themselves(live: Any, skill_library: Any) -> None:
    async with live() as page:
        await page.press("f")
        await page.type('"do it well"')
        await page.until(lambda: page.screen.query_one(VirtualList).rows, "the skill with these words")


def _settled(told: "list[Changed]", holds: Callable[[], bool], again: Callable[[], object]) -> None:
    """Do something until the watcher tells of it: it may not have begun yet."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, told
        again()
        time.sleep(0.15)


@pytest.mark.parametrize("polling", [False, True])
def test_of_a_repository_only_its_branches_and_tags_are_told(
    skill_library: Any, monkeypatch: pytest.MonkeyPatch, polling: bool
) -> None:
    if polling:
        _no_watches_left(monkeypatch)
    told: list[Changed] = []
    said: list[str] = []
    repository = Workspace.open(skill_library.root, settings=Settings()).repository
    watcher = Watcher(skill_library.root, repository, told.append, said.append)
    watcher.start()
    probe = skill_library.root / "probe"
    _settled(told, lambda: bool(told), lambda: probe.write_text(str(time.monotonic())))
    assert all(not change.refs for change in told)
    (skill_library.root / ".git/description").write_text("nothing of importance")
    skill_library.git("add", "-A")
    time.sleep(0.3)
    assert not any(change.refs or any(".git" in path for path in change.paths) for change in told)
    skill_library.git("tag", "v1")
    _settled(told, lambda: any(change.refs for change in told), lambda: skill_library.git("tag", "-f", "v1", "HEAD"))
    watcher.stop(wait_seconds=5)
    assert not watcher._thread.is_alive()
    count = len(told)
    probe.write_text("after the end")
    time.sleep(0.3)
    assert len(told) == count
    assert bool(said) == polling


def _no_watches_left(monkeypatch: pytest.MonkeyPatch) -> None:
    import watchfiles

    original = watchfiles.watch

    def limited(*paths: Any, **options: Any) -> Any:
        if not options["force_polling"]:
            raise OSError("OS file watch limit reached. about ['/x']")
        return original(*paths, **options)

    monkeypatch.setattr(watchfiles, "watch", limited)
    monkeypatch.setattr(watching, "LOOK_EVERY_MS", 50)


def test_where_nothing_can_be_watched_it_is_said(skill_library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import watchfiles

    def refused(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no")

    monkeypatch.setattr(watchfiles, "watch", refused)
    said: list[str] = []
    watcher = Watcher(skill_library.root, None, lambda _: None, said.append)
    watcher.start()
    watcher.stop(wait_seconds=5)
    assert "refresh to read the library again" in said[-1]


EDITS: dict[str, Callable[[Any, Path], None]] = {
    "a body": lambda library, root: library.skill("skills/echo", "New.\n"),
    "a new skill": lambda library, root: library.skill("skills/new"),
    "a skill in a skill": lambda library, root: library.skill("skills/echo/inner"),
    "a removed SKILL.md": lambda library, root: (root / "skills/two/SKILL.md").unlink(),
    "a removed folder": lambda library, root: shutil.rmtree(root / "skills/two"),
    "a moved folder": lambda library, root: (root / "skills/two").rename(root / "skills/three"),
    "a link": lambda library, root: (
        (root / "skills/two/SKILL.md").replace(root / "x.md") or (root / "skills/two/SKILL.md").symlink_to("../../x.md")
    ),
    "a script": lambda library, root: library.write("skills/two/scripts/a.py", "print(1)\n"),
    "a damaged file": lambda library, root: library.write("skills/two/SKILL.md", "---\n["),
    "a folder of skills": lambda library, root: shutil.copytree(root / "skills", root / "copies"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_is_read_again_is_what_reading_all_would_give(skill_library: Any, edit: str) -> None:
    skill_library.skill("skills/two")
    skill_library.commit()
    workspace = Workspace.open(skill_library.root, settings=Settings())
    view = workspace.view()
    before = {str(path) for path in skill_library.root.rglob("*") if ".git" not in path.parts}
    EDITS[edit](skill_library, skill_library.root)
    after = {str(path) for path in skill_library.root.rglob("*") if ".git" not in path.parts}
    changed = before ^ after or {str(skill_library.root / "skills/echo/SKILL.md")}
    if edit == "a damaged file":
        changed = {str(skill_library.root / "skills/two/SKILL.md")}
    if edit == "a moved folder":  # the system tells of the folder alone
        changed = {str(skill_library.root / f"skills/{name}") for name in ("two", "three")}
    paths = {path.removeprefix(f"{skill_library.root}/") for path in changed}
    renewed = renew(workspace, view, paths)
    assert renewed is None or renewed.view.rows == workspace.view().rows


def test_a_change_of_the_rules_or_of_very_much_reads_all(skill_library: Any) -> None:
    workspace = Workspace.open(skill_library.root, settings=Settings())
    view = workspace.view()
    assert renew(workspace, view, {".workbench/policy.yaml"}) is None
    assert renew(workspace, view, {f"skills/echo/{n}" for n in range(600)}) is None
    unrelated = renew(workspace, view, {"README.md"})
    assert unrelated is not None
    assert unrelated.view is view


async def test_a_large_library_shows_what_it_was_while_it_is_read(
    skill_library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "_LARGE", 1)
    for number in range(5):
        skill_library.skill(f"skills/s{number}")
    Workspace.open(skill_library.root, settings=Settings(), store=Store(None)).skills()
    (skill_library.root / "skills/s3/SKILL.md").unlink()
    go_on = threading.Event()
    original = Workspace.view

    def slow(workspace: Workspace) -> Any:
        go_on.wait(20)
        return original(workspace)

    monkeypatch.setattr(Workspace, "view", slow)
    remembered: Future[Any] = Future()
    reading = launch._in_thread(lambda: launch.open_library(skill_library.root, Settings(), remembered))
    app = WorkbenchApp(reading=reading, remembered=remembered, settings=Settings())
    async with app.run_test(size=WIDE) as pilot:
        page = Page(pilot, None)  # type: ignore[arg-type]  # not open yet
        await page.until(lambda: len(shown(page)) == 6, "what was there")
        assert set(shown(page).values()) == {"· reading"}
        await page.press("j", "j", "enter")
        await page.until(lambda: "still being read" in "".join(n.message for n in app._notifications), "why not")
        before = page.screen.query_one("#skill-rows", VirtualList).current.id
        go_on.set()
        await page.until(lambda: app.library is not None, "the library")
        await page.until(lambda: len(shown(page)) == 5, "what is there")
        assert page.screen.query_one("#skill-rows", VirtualList).current.id == before
        assert "· reading" not in shown(page).values()


def test_what_can_t_be_opened_keeps_the_promise_of_what_was(tmp_path: Path) -> None:
    remembered: Future[Any] = Future()
    with pytest.raises(WorkbenchError):
        launch.open_library(tmp_path / "nowhere", Settings(), remembered)
    assert remembered.result(timeout=0) == ()
