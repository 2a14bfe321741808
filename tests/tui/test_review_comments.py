"""Comments in a review: shown below their lines, written, answered and settled there, and sent with the verdict."""

from typing import Any

import pytest
from textual.widgets import TextArea

from workbench.reviews.composing import Target, Words
from workbench.tui.screens.comment_dialog import CommentDialog
from workbench.tui.screens.review import ReviewScreen
from workbench.tui.screens.verdict import VerdictDialog
from workbench.tui.widgets.commented_diff import CommentedDiff
from workbench.workspace import Workspace

CHANGED = """import json, sys
words = [word.strip() for word in sys.argv[1:]]
print(json.dumps({"words": words, "count": len(words)}))
sys.exit(0)
"""


class CommentsPage:
    """The review of `skills/echo`, driven as somebody who comments does."""

    def __init__(self, page: Any) -> None:
        self.page = page

    @property
    def diff(self) -> CommentedDiff:
        return self.page.screen.query_one(CommentedDiff)

    async def ready(self, comments: int) -> "CommentsPage":
        await self.page.until(
            lambda: isinstance(self.page.screen, ReviewScreen) and self.page.screen._comments.talk is not None,
            "the comments are read",
        )
        await self.page.until(lambda: len(self.diff.remarks) == comments, f"{comments} are shown")
        return self

    async def go_to(self, text: str) -> None:
        """Put the cursor on the first changed line that holds a text."""
        _, count = self.diff.find(text)
        assert count, text
        await self.page.pilot.pause()

    async def write(self, key: str, text: str) -> None:
        """Open the dialog with a key, fill it in and keep it."""
        await self.page.press(key)
        assert isinstance(self.page.screen, CommentDialog)
        self.page.screen.query_one("#comment", TextArea).text = text
        await self.page.press("ctrl+r")
        await self.page.until(lambda: not isinstance(self.page.screen, CommentDialog), "the dialog closes")

    @property
    def drafts(self) -> Any:
        return self.page.workspace.comments.read("skills/echo").drafts


@pytest.fixture
def changed(skill_library: Any) -> Any:
    """A skill that was approved and changed, with an open thread and a resolved one on the change."""
    workspace = Workspace.open(skill_library.root)
    workspace.reviews.decide("skills/echo", "approve", "Read.")
    skill_library.write("skills/echo/scripts/echo.py", CHANGED)
    skill_library.commit("Change the script")
    return skill_library


def say(library: Any, line: int, text: str, **more: Any) -> str:
    """Record a comment; gives its id."""
    desk = Workspace.open(library.root).comments
    draft = desk.compose("skills/echo", Target("scripts/echo.py", line), Words(text, **more))
    desk.send("skills/echo", "comment", "", drafts=[draft])
    return desk.read("skills/echo").threads[-1].thread.id


async def test_a_thread_stands_below_its_line_at_both_sizes(opened: Any, changed: Any) -> None:
    say(changed, 2, "Why strip?")
    for size in ((80, 24), (120, 40)):
        async with opened(ReviewScreen("skills/echo"), size=size) as page:
            await CommentsPage(page).ready(1)
            await page.press("right_curly_bracket")
            await page.shows("Why strip?")
            lines = page.text.split("\n")
            below = next(number for number, line in enumerate(lines) if "◦ open" in line)
            assert "word.strip()" in lines[below - 1]
            assert "1 open thread" in page.said("#review-head")


async def test_a_resolved_thread_is_folded_until_enter_opens_it(opened: Any, changed: Any) -> None:
    id_ = say(changed, 2, "Why strip?\nIt is not needed.")
    Workspace.open(changed.root).comments.resolve("skills/echo", id_, "settled")
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        await CommentsPage(page).ready(1)
        await page.press("right_curly_bracket")
        await page.shows("✓ resolved by Ada")
        assert "It is not needed." not in page.text
        await page.press("enter")
        await page.shows("It is not needed.")
        await page.press("enter")
        await page.until(lambda: "It is not needed." not in page.text, "it is folded again")


async def test_a_comment_on_the_line_is_a_draft_that_the_verdict_sends(opened: Any, changed: Any) -> None:
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        comments = await CommentsPage(page).ready(0)
        await comments.go_to("word.strip()")
        await comments.write("C", "Why strip?")
        await comments.ready(1)
        await page.shows("✎ draft")
        [draft] = comments.drafts
        assert (draft.path, draft.line, draft.draft.text) == ("scripts/echo.py", 2, "Why strip?")
        await page.press("R")
        assert isinstance(page.screen, VerdictDialog)
        assert "sends     1 draft" in page.said("#facts")
        await page.press("ctrl+r")
        await page.until(lambda: not isinstance(page.screen, VerdictDialog), "comments are reason enough")
        record = page.workspace.row("echo").standing.records[-1]
        assert (record.verdict, record.via) == ("request-changes", "tui")
        assert [one["text"] for one in record.raw["comments"]] == ["Why strip?"]
        assert comments.drafts == ()


async def test_an_approval_still_wants_a_reason(opened: Any, changed: Any) -> None:
    async with opened(ReviewScreen("skills/echo")) as page:
        comments = await CommentsPage(page).ready(0)
        await comments.go_to("word.strip()")
        await comments.write("C", "Nice.")
        await comments.ready(1)
        await page.press("A", "ctrl+r")
        assert "A reason is needed" in page.said("#problem")


async def test_a_range_and_a_suggestion_that_starts_with_its_lines(opened: Any, changed: Any) -> None:
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        comments = await CommentsPage(page).ready(0)
        await comments.go_to("word.strip()")
        await page.press("L", "j", "j", "C")
        await page.press("ctrl+t")
        suggestion = page.screen.query_one("#suggestion", TextArea)
        assert suggestion.text == "".join(CHANGED.splitlines(keepends=True)[1:4])
        suggestion.text = "words = sys.argv[1:]\n"
        await page.press("ctrl+r")
        await comments.ready(1)
        [draft] = comments.drafts
        assert (draft.line, draft.end_line, draft.draft.suggestion) == (2, 4, "words = sys.argv[1:]\n")


async def test_a_removed_line_is_one_of_the_old_side(opened: Any, changed: Any) -> None:
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        comments = await CommentsPage(page).ready(0)
        await comments.go_to("words = sys.argv[1:]")
        await page.press("C")
        assert "before the change" in page.said("#facts")
        await page.press("ctrl+t")
        assert "Nothing can be suggested here" in page.said("#problem")
        page.screen.query_one("#comment", TextArea).text = "it was fine"
        await page.press("ctrl+r")
        await comments.ready(1)
        assert [(one.side, one.line) for one in page.screen._comments.talk.drafts] == [("old", 2)]


async def test_a_draft_is_changed_and_removed_where_it_stands(opened: Any, changed: Any) -> None:
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        comments = await CommentsPage(page).ready(0)
        await comments.go_to("word.strip()")
        await comments.write("C", "Why?")
        await comments.ready(1)
        await page.press("right_curly_bracket")
        await comments.write("E", "Why strip?")
        await page.shows("Why strip?")
        assert [one.draft.text for one in comments.drafts] == ["Why strip?"]
        await page.press("D")
        await comments.ready(0)
        assert comments.drafts == ()


async def test_an_answer_and_a_settled_thread_wait_for_the_verdict(opened: Any, changed: Any) -> None:
    id_ = say(changed, 2, "Why strip?")
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        comments = await CommentsPage(page).ready(1)
        await page.press("right_curly_bracket")
        await comments.write("B", "Because of spaces.")
        await comments.ready(2)
        await page.press("O")
        await page.shows("your next verdict resolves it")
        await page.press("O")
        await page.until(lambda: "your next verdict resolves it" not in page.text, "it stays open")
        await page.press("O")
        await page.shows("your next verdict resolves it")
        await page.press("c", "ctrl+r")
        await page.until(lambda: not isinstance(page.screen, VerdictDialog), "the dialog closes")
        [one] = page.workspace.comments.read("skills/echo").threads
        assert one.thread.id == id_
        assert not one.thread.open
        assert [post.comment.text for post in one.thread.posts] == ["Why strip?", "Because of spaces."]


async def test_what_was_typed_is_not_lost_to_one_escape(opened: Any, changed: Any) -> None:
    async with opened(ReviewScreen("skills/echo")) as page:
        comments = await CommentsPage(page).ready(0)
        await comments.go_to("word.strip()")
        await page.press("C", "h", "m", "escape")
        assert isinstance(page.screen, CommentDialog)
        assert "escape again" in page.said("#problem")
        await page.press("escape")
        assert not isinstance(page.screen, CommentDialog)
        assert comments.drafts == ()


async def test_the_cursor_stays_on_its_line_when_comments_come_and_the_layout_changes(
    opened: Any, changed: Any
) -> None:
    say(changed, 2, "Why strip?")
    async with opened(ReviewScreen("skills/echo"), size=(120, 40)) as page:
        comments = await CommentsPage(page).ready(1)
        await comments.go_to("sys.exit(0)")
        place = comments.diff.place
        await page.press("s")
        assert comments.diff.place == place
        await page.pilot.resize_terminal(80, 24)
        assert comments.diff.place == place
        await page.press("right_curly_bracket", "left_curly_bracket")
        assert comments.diff.remark_at_cursor is not None
        await page.press("s")
        assert comments.diff.remark_at_cursor is not None


async def test_hostile_comments_act_on_nothing(opened: Any, changed: Any) -> None:
    say(changed, 2, "\x1b]52;c;eA==\x07 [bold]x[/] \u202e" + "very " * 3_000)
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        await CommentsPage(page).ready(1)
        await page.press("right_curly_bracket")
        await page.shows("[bold]x[/]")
        assert not {"\x1b", "\u202e"} & set(page.text)
        await page.press("C")
        assert not {"\x1b", "\u202e"} & set(page.text)


async def test_an_outdated_comment_stands_below_its_file_with_its_lines(opened: Any, changed: Any) -> None:
    say(changed, 2, "Why strip?")
    changed.write("skills/echo/scripts/echo.py", CHANGED.replace("word.strip()", "word.lower()"))
    changed.commit("Change it")
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        await CommentsPage(page).ready(1)
        await page.press("right_curly_bracket")
        await page.shows("outdated")
        assert "scripts/echo.py:2" in page.text
        assert "word.strip()" in page.text


async def test_where_nothing_differs_the_open_threads_are_counted(opened: Any, changed: Any) -> None:
    say(changed, 2, "Why strip?")
    Workspace.open(changed.root).reviews.decide("skills/echo", "approve", "Fine all the same.")
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        await page.shows("Still open: 1 thread.")


async def test_a_thread_is_copied_as_markdown(opened: Any, changed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    monkeypatch.setattr("workbench.tui.screens.review_comments.copy", lambda _, text: taken.append(text))
    say(changed, 2, "Why strip?")
    say(changed, 4, "Why exit?")
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        await CommentsPage(page).ready(2)
        await page.press("Y", "right_curly_bracket", "Y")
        assert "Why strip?" in taken[0]
        assert "Why exit?" in taken[0]
        assert "```text\nWhy strip?\n```" in taken[1]
        assert "Why exit?" not in taken[1]
