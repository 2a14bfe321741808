"""Comments on a range: written on any of its skills, kept with that skill, and sent with the one verdict."""

import shutil
import signal
import subprocess
import sys
from typing import Any

import pytest
from textual.widgets import TextArea

from tests.tui.conftest import Page
from workbench.config import Settings
from workbench.reviews.composing import Target, Words
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.changeset import ChangeSetScreen
from workbench.tui.screens.comment_dialog import CommentDialog
from workbench.tui.screens.verdict import VerdictDialog
from workbench.tui.widgets.commented_diff import CommentedDiff
from workbench.workspace import Workspace

RANGE = "main...HEAD"


class SetPage:
    """A set on the screen, driven as somebody who comments does."""

    def __init__(self, page: Any) -> None:
        self.page = page

    @property
    def diff(self) -> CommentedDiff:
        return self.page.screen.query_one(CommentedDiff)

    async def ready(self, comments: int) -> "SetPage":
        await self.page.until(
            lambda: (
                isinstance(self.page.screen, ChangeSetScreen)
                and bool(self.page.screen._comments.talks)
                and len(self.diff.remarks) == comments
            ),
            f"{comments} comments are shown",
        )
        return self

    async def write(self, line: str, text: str, key: str = "C") -> None:
        """Comment on the first changed line that holds a text."""
        _, count = self.diff.find(line)
        assert count, line
        await self.page.pilot.pause()
        await self.page.press(key)
        assert isinstance(self.page.screen, CommentDialog)
        self.page.screen.query_one("#comment", TextArea).text = text
        await self.page.press("ctrl+r")
        await self.page.until(lambda: not isinstance(self.page.screen, CommentDialog), "the dialog closes")

    async def decide(self, key: str, reason: str) -> None:
        await self.page.press(key)
        await self.page.until(lambda: isinstance(self.page.screen, VerdictDialog))
        self.page.screen.query_one("#reason", TextArea).text = reason
        await self.page.press("ctrl+r")


@pytest.fixture
def branch(skill_library: Any) -> Any:
    """`a` and `b` change on a branch, each in its own way; `old` is removed."""
    for name in ("a", "b", "old"):
        skill_library.skill(f"skills/{name}")
    skill_library.commit()
    skill_library.git("switch", "-q", "-c", "topic")
    skill_library.write("skills/a/references/how.md", "Ask first.\nThen do it.\n")
    skill_library.write("skills/b/scripts/get.sh", "#!/bin/sh\ncurl https://example.com\n")
    skill_library.git("rm", "-rq", "skills/old")
    skill_library.commit("Change three")
    return skill_library


def comments_by_skill(library: Any) -> dict[str, list[tuple[str, int | None, str]]]:
    """What the records of the last commit say, by skill."""
    records = Workspace.open(library.root).reviews.log()
    last = records[0].introduced
    return {
        record.path: [(one.get("path"), one.get("line"), one["text"]) for one in record.raw["comments"]]
        for record in records
        if record.introduced == last
    }


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_each_record_holds_the_comments_on_its_own_skill(opened: Any, branch: Any, size: Any) -> None:
    async with opened(ChangeSetScreen(RANGE), size=size) as page:
        screen = await SetPage(page).ready(0)
        await screen.write("curl", "Which host?")
        await screen.ready(1)
        await screen.write("Ask first", "Whom?")
        await screen.ready(2)
        assert "2 drafts" in page.said("#set-head")
        await page.press("R")
        assert "sends     2 drafts" in page.said("#facts")
        await page.press("ctrl+r")
        assert "A reason is needed" in page.said("#problem"), "one reason is for all of the skills"
        page.screen.query_one("#reason", TextArea).text = "See the comments."
        await page.press("ctrl+r")
        await page.until(lambda: isinstance(page.screen, ChangeSetScreen), "the dialog closes")
        assert comments_by_skill(branch) == {
            "skills/a": [("references/how.md", 1, "Whom?")],
            "skills/b": [("scripts/get.sh", 2, "Which host?")],
        }
        await page.until(lambda: "2 open threads" in page.said("#set-head"), "they are threads now")
        assert page.workspace.comments.drafts("skills/a") == page.workspace.comments.drafts("skills/b") == ()


async def test_drafts_are_there_again_after_a_restart(opened: Any, branch: Any) -> None:
    before = Workspace.open(branch.root)
    found = before.sets.open(RANGE)
    target = Target("scripts/get.sh", 2)
    before.comments.keep(before.set_comments.compose(found, "skills/b", target, Words("Which host?")))
    app = WorkbenchApp(Workspace.open(branch.root, settings=Settings()), settings=Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        page = Page(pilot, app.workspace)
        await page.until(lambda: app.library is not None, "the library is read")
        await app.push_screen(ChangeSetScreen(RANGE))
        screen = await SetPage(page).ready(1)
        await page.shows("Which host?")
        await screen.decide("R", "See the comment.")
        await page.until(lambda: isinstance(page.screen, ChangeSetScreen), "the dialog closes")
    assert comments_by_skill(branch) == {"skills/a": [], "skills/b": [("scripts/get.sh", 2, "Which host?")]}
    assert before.comments.drafts("skills/b") == ()


async def test_a_thread_is_answered_and_resolved_in_the_set(opened: Any, branch: Any) -> None:
    desk = Workspace.open(branch.root).comments
    desk.send(
        "skills/b", "comment", "", drafts=[desk.compose("skills/b", Target("scripts/get.sh", 2), Words("Which host?"))]
    )
    async with opened(ChangeSetScreen(RANGE)) as page:
        screen = await SetPage(page).ready(1)
        await page.press("right_curly_bracket", "B")
        assert isinstance(page.screen, CommentDialog)
        page.screen.query_one("#comment", TextArea).text = "The example one."
        await page.press("ctrl+r")
        await screen.ready(2)
        await page.press("left_curly_bracket", "O")
        await page.shows("your next verdict resolves it")
        await screen.decide("A", "Read all of it.")
        await page.until(lambda: isinstance(page.screen, ChangeSetScreen), "the dialog closes")
        await page.until(lambda: "✓ resolved by" in page.text, "the thread is resolved")
    [thread] = desk.read("skills/b").threads
    assert [post.comment.text for post in thread.thread.posts] == ["Which host?", "The example one."]
    assert desk.read("skills/a").threads == ()


async def test_a_draft_is_changed_and_removed_in_the_set(opened: Any, branch: Any) -> None:
    async with opened(ChangeSetScreen(RANGE)) as page:
        screen = await SetPage(page).ready(0)
        await screen.write("curl", "Which host?")
        await screen.ready(1)
        await page.press("right_curly_bracket", "E")
        page.screen.query_one("#comment", TextArea).text = "Which port?"
        await page.press("ctrl+r")
        await page.shows("Which port?")
        await page.press("D")
        await screen.ready(0)
        assert page.workspace.comments.drafts("skills/b") == ()


async def test_a_line_of_what_the_set_removes_is_refused_with_what_to_do(opened: Any, branch: Any) -> None:
    async with opened(ChangeSetScreen(RANGE)) as page:
        await SetPage(page).ready(0)
        await page.press("N", "N", "N", "C")
        await page.until(
            lambda: any("gone at the head" in one.message for one in page.app._notifications), "it is said"
        )
        assert isinstance(page.screen, ChangeSetScreen)


async def test_a_skill_that_is_only_in_the_branch_is_commented_on_without_a_checkout(opened: Any, branch: Any) -> None:
    branch.skill("skills/new", body="Quite new.\n")
    branch.commit("Add one")
    branch.git("switch", "-q", "main")
    async with opened(ChangeSetScreen("main...topic")) as page:
        screen = await SetPage(page).ready(0)
        await screen.write("Quite new", "How new?")
        await screen.ready(1)
        await screen.decide("c", "So far.")
        await page.until(lambda: isinstance(page.screen, ChangeSetScreen), "the dialog closes")
    assert [text for _, _, text in comments_by_skill(branch)["skills/new"]] == ["How new?"]


async def test_a_head_that_moved_voids_the_verdict_and_keeps_the_drafts_on_their_lines(
    opened: Any, branch: Any
) -> None:
    async with opened(ChangeSetScreen("main...topic")) as page:
        screen = await SetPage(page).ready(0)
        await screen.write("curl", "Which host?")
        await screen.ready(1)
        branch.write("skills/b/scripts/get.sh", "#!/bin/sh\nset -e\ncurl https://example.com\n")
        branch.commit()
        await screen.decide("R", "See the comment.")
        await page.shows("it moved since you read it")
        assert page.workspace.reviews.log() == ()
        await page.press("escape")
        await page.shows("set -e")
        await screen.ready(1)
        [draft] = page.workspace.comments.read("skills/b").drafts
        assert draft.line == 3
        await screen.decide("R", "See the comment.")
        await page.until(lambda: isinstance(page.screen, ChangeSetScreen), "now it is recorded")
    assert comments_by_skill(branch)["skills/b"] == [("scripts/get.sh", 3, "Which host?")]


async def test_a_library_with_long_ids_is_read_and_commented_on(opened: Any, skill_library: Any) -> None:
    shutil.rmtree(skill_library.root / ".git")
    skill_library.git("init", "-q", "-b", "main", "--object-format=sha256")
    skill_library.git("config", "user.name", "Ada")
    skill_library.git("config", "user.email", "ada@example.com")
    skill_library.commit()
    skill_library.git("switch", "-q", "-c", "topic")
    skill_library.write("skills/echo/scripts/get.sh", "#!/bin/sh\ncurl https://example.com\n")
    skill_library.commit()
    async with opened(ChangeSetScreen(RANGE)) as page:
        screen = await SetPage(page).ready(0)
        await screen.write("curl", "Which host?")
        await screen.ready(1)
        await screen.decide("R", "See the comment.")
        await page.until(lambda: isinstance(page.screen, ChangeSetScreen), "the dialog closes")
        await page.until(lambda: "1 open thread" in page.said("#set-head"), "it is a thread now")
    assert comments_by_skill(skill_library) == {"skills/echo": [("scripts/get.sh", 2, "Which host?")]}


def as_bob(library: Any, monkeypatch: pytest.MonkeyPatch, verdict: Any, reason: str) -> None:
    """Bob's verdict on skill `a` arrives, as a sync would bring it."""
    with monkeypatch.context() as bob:
        for who in ("AUTHOR", "COMMITTER"):
            bob.setenv(f"GIT_{who}_NAME", "Bob")
            bob.setenv(f"GIT_{who}_EMAIL", "bob@example.com")
        Workspace.open(library.root).reviews.decide("skills/a", verdict, reason)


async def test_a_dissent_that_arrives_while_one_reads_is_not_settled_unseen(
    opened: Any, branch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(ChangeSetScreen(RANGE)) as page:
        screen = await SetPage(page).ready(0)
        await screen.write("Ask first", "Whom?")
        await screen.ready(1)
        as_bob(branch, monkeypatch, "request-changes", "It asks too late.")
        await screen.decide("A", "Read all of it.")
        await page.until(lambda: "Bob asked for changes while you read" in page.said("#problem"), "it is refused")
        assert "It asks too late." in page.said("#problem")
        assert len(page.workspace.reviews.log()) == 1
        await page.press("escape")
        await page.until(lambda: "changes requested" in page.text, "the set is read again")
        await screen.ready(1)
        await page.press("A")
        await page.until(lambda: isinstance(page.screen, VerdictDialog))
        assert "settles   Bob: It asks too late." in page.said("#facts")
        page.screen.query_one("#reason", TextArea).text = "It asks at once now."
        await page.press("ctrl+r")
        await page.until(lambda: isinstance(page.screen, ChangeSetScreen), "now it is recorded")
    assert comments_by_skill(branch)["skills/a"] == [("references/how.md", 1, "Whom?")]


async def test_an_approval_that_arrives_meanwhile_stands_beside_this_one(
    opened: Any, branch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(ChangeSetScreen(RANGE)) as page:
        screen = await SetPage(page).ready(0)
        as_bob(branch, monkeypatch, "approve", "Fine.")
        await screen.decide("A", "Read all of it.")
        await page.until(lambda: isinstance(page.screen, ChangeSetScreen), "it is recorded")
        said = {(one.path, one.reviewer_name) for one in page.workspace.reviews.log() if one.counts}
    assert said == {("skills/a", "Bob"), ("skills/a", "Ada"), ("skills/b", "Ada")}


async def test_where_one_skill_is_refused_nothing_is_recorded_and_every_draft_stays(opened: Any, branch: Any) -> None:
    branch.write("skills/a/here", "")
    (branch.root / "skills/a/here").unlink()
    (branch.root / "skills/a/here").symlink_to("../../../elsewhere")
    branch.commit("A link that leaves the folder")
    async with opened(ChangeSetScreen(RANGE)) as page:
        screen = await SetPage(page).ready(0)
        await screen.write("curl", "Which host?")
        await screen.ready(1)
        await screen.decide("A", "Read all of it.")
        await page.until(lambda: "Nothing was recorded" in page.said("#problem"), "it is refused")
        assert "skills/a" in page.said("#problem")
        assert page.workspace.reviews.log() == ()
        assert len(page.workspace.comments.drafts("skills/b")) == 1
        await page.press("escape")
        await screen.ready(1)


def test_drafts_whose_sending_was_killed_before_its_end_are_not_sent_twice(branch: Any) -> None:
    workspace = Workspace.open(branch.root)
    comments = workspace.set_comments
    found = workspace.sets.open(RANGE)
    kept = workspace.comments.keep(
        comments.compose(found, "skills/b", Target("scripts/get.sh", 2), Words("Which host?"))
    )
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from workbench.reviews.comment_desk import CommentDesk\n"
        "from workbench.workspace import Workspace\n"
        "CommentDesk.forget = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Workspace.open(Path(sys.argv[1])).set_comments.send(sys.argv[2], 'comment', 'So far.')\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(branch.root), RANGE], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert comments_by_skill(branch)["skills/b"] == [("scripts/get.sh", 2, "Which host?")]
    assert [draft.key for draft in workspace.comments.drafts("skills/b")] == [kept.key], "it was not taken away"
    workspace = Workspace.open(branch.root)
    workspace.set_comments.send(RANGE, "comment", "And more.")
    assert comments_by_skill(branch) == {"skills/a": [], "skills/b": []}
    assert workspace.comments.drafts("skills/b") == ()
    assert len(workspace.comments.read("skills/b").threads) == 1
