"""What a review's screen does about comments: reads them, and writes, answers, settles, takes away and copies them."""

from collections.abc import Callable
from dataclasses import replace

from workbench.errors import WorkbenchError
from workbench.reviews.comment_desk import Talk
from workbench.reviews.comment_text import as_markdown, chosen, thread_markdown
from workbench.reviews.comments import place_text
from workbench.reviews.composing import Target, Words
from workbench.reviews.discussed import Discussed
from workbench.reviews.discussion import Placed
from workbench.reviews.drafts import Draft
from workbench.text import first_line
from workbench.tui.clipboard import copy
from workbench.tui.remarks import DRAFT, remarks_of
from workbench.tui.screens.comment_dialog import Asked, CommentDialog
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.widgets.comment_rows import Remark
from workbench.tui.widgets.commented_diff import CommentedDiff
from workbench.tui.widgets.line_choice import Choice
from workbench.workspace import Workspace

_QUOTED = 4


class ReviewComments:
    """The comments on what a review's screen shows.

    Args:
        screen: The screen, which has a diff that takes comments.
        changed: Told when other comments are shown, or none.
    """

    def __init__(self, screen: WorkbenchScreen[None], changed: Callable[[], None]) -> None:
        self._screen = screen
        self._changed = changed
        self._turned: set[str] = set()
        self._about: Discussed | None = None
        self._homes: dict[str, str] = {}
        self.talks: tuple[Talk, ...] = ()

    def read(self, about: Discussed) -> None:
        """Read what was said about what is shown; what was said about anything else is put away at once."""
        workspace = self._screen.workspace
        if workspace is None:
            return
        if self._about != about:
            self._show(())
        self._about = about

        def show(talks: tuple[Talk, ...]) -> None:
            if self._about == about:
                self._show(talks)

        # Where the skill changed under the reader, it is about to be read again.
        self._screen.run_job(
            "Reading comments", lambda _: about.read(), show, failed=lambda _: None, group="comments",
            quiet=True,
        )  # fmt: skip

    @property
    def talk(self) -> Talk | None:
        """What was said about the one skill, or about the first; None before it is read."""
        return self.talks[0] if self.talks else None

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """The drafts that are shown, which a verdict sends."""
        return tuple(one.draft for talk in self.talks for one in talk.drafts)

    def write(self) -> None:
        """Ask for a comment on the chosen lines; on a thread for an answer, on a draft for another text."""
        if self._thread() is not None:
            self.reply()
            return
        if self._draft() is not None:
            self.edit()
            return
        choice = self._diff.choice
        if choice is None:
            self._say("Choose lines of one file.")
            return
        about = self._about
        if about is None:
            return
        skill, path = about.home(choice.path)
        if self.talks and skill not in {talk.skill for talk in self.talks}:
            self._say("This skill is gone at the head of the range: say it in the reason of the verdict.")
            return
        target = Target(path, choice.line, choice.end_line, choice.side)

        def keep(workspace: Workspace, text: str, suggestion: str | None) -> None:
            workspace.comments.keep(about.compose(skill, target, Words(text, suggestion)))

        where = place_text(choice.path, choice.line, choice.end_line)
        side = "  (before the change)" if choice.side == "old" else ""
        self._ask(Asked("Comment on lines", (f"on  {where}{side}", *_quoted(choice)), lines=_to_suggest(choice)), keep)

    def reply(self) -> None:
        """Ask for an answer to the thread under the cursor."""
        thread, about = self._thread(), self._about
        if thread is None or about is None:
            self._say("Put the cursor on a thread to answer it.")
            return
        skill = self._homes[thread.thread.id]
        last = thread.thread.posts[-1]

        def keep(workspace: Workspace, text: str, suggestion: str | None) -> None:
            made = about.compose(skill, Target(), Words(text, suggestion, reply_to=last.comment.id))
            workspace.comments.keep(made)

        said = f"to  {last.record.reviewer_name}: {first_line(last.comment.text) or 'a suggestion'}"
        lines = "".join(f"{line}\n" for line in thread.quote) if thread.side == "new" and thread.line else None
        self._ask(Asked("Answer", (f"on  {thread.place or 'the skill as a whole'}", said), lines=lines), keep)

    def edit(self) -> None:
        """Ask for another text of the draft under the cursor."""
        draft = self._draft()
        if draft is None:
            self._say("Put the cursor on a draft to change it.")
            return

        def keep(workspace: Workspace, text: str, suggestion: str | None) -> None:
            workspace.comments.edit(draft.skill, draft.id, text, suggestion)

        lines = "".join(f"{line}\n" for line in draft.spot.within) if draft.spot and draft.side == "new" else None
        about = f"on  {draft.place or 'the skill as a whole'}"
        self._ask(Asked("Change the draft", (about,), draft.text, draft.suggestion, lines), keep)

    def remove(self) -> None:
        """Take the draft under the cursor away."""
        draft = self._draft()
        if draft is None:
            self._say("Put the cursor on a draft to remove it.")
            return
        self._do("Removing the draft", lambda w: w.comments.remove(draft.skill, [draft.id]), "The draft is removed")

    def resolve(self) -> None:
        """Let the next verdict resolve the thread under the cursor, or not."""
        thread, about = self._thread(), self._about
        if thread is None or about is None or not thread.thread.open:
            self._say(
                "It is resolved: an answer opens it again." if thread else "Put the cursor on a thread to resolve it."
            )
            return
        id_ = thread.thread.id
        skill = self._homes[id_]
        settled = [draft.id for draft in self.drafts if draft.resolves == id_]
        if settled:
            self._do("Leaving it open", lambda w: w.comments.remove(skill, settled), "The thread stays open")
            return

        def settle(workspace: Workspace) -> None:
            workspace.comments.keep(about.compose(skill, Target(), Words(resolves=id_)))

        self._do("Resolving", settle, "Your next verdict resolves it")

    def copy(self) -> None:
        """Copy the thread under the cursor, or all open ones, as Markdown."""
        thread = self._thread()
        open_ = [talk for talk in self.talks if talk.unresolved]
        if thread is not None:
            copy(self._screen.workbench, thread_markdown(thread))
        elif open_:
            copy(
                self._screen.workbench, "\n".join(as_markdown(talk, chosen(talk, all_threads=False)) for talk in open_)
            )
        else:
            self._say("There is no open thread to copy.")

    def turn(self, id_: str) -> None:
        """Fold a thread, or unfold it."""
        self._turned ^= {id_}
        self._show(self.talks)

    @property
    def _diff(self) -> CommentedDiff:
        return self._screen.query_one(CommentedDiff)

    def _show(self, talks: tuple[Talk, ...]) -> None:
        self.talks = talks
        about = self._about
        remarks: list[Remark] = []
        self._homes = {one.thread.id: talk.skill for talk in talks for one in talk.threads}
        for talk in talks:
            remarks += [_named(about, talk.skill, one) for one in remarks_of(talk, self._turned)]
        self._diff.show_remarks(remarks)
        self._changed()

    def _thread(self) -> Placed | None:
        remark = self._diff.remark_at_cursor
        if remark is None:
            return None
        return next((one for talk in self.talks for one in talk.threads if one.thread.id == remark.id), None)

    def _draft(self) -> Draft | None:
        remark = self._diff.remark_at_cursor
        if remark is None or not remark.id.startswith(DRAFT):
            return None
        return next((one for one in self.drafts if f"{DRAFT}{one.id}" == remark.id), None)

    def _ask(self, asked: Asked, keep: Callable[[Workspace, str, str | None], None]) -> None:
        workspace = self._screen.workspace
        if workspace is None:
            return

        def kept(done: bool | None) -> None:
            if done:
                self._diff.unmark()
                self._again()

        dialog = CommentDialog(asked, lambda text, suggestion: keep(workspace, text, suggestion))
        self._screen.app.push_screen(dialog, kept)

    def _do(self, title: str, what: Callable[[Workspace], None], said: str) -> None:
        workspace = self._screen.workspace
        if workspace is None:
            return

        def done(_: None) -> None:
            self._say(said)
            self._again()

        def failed(error: WorkbenchError) -> None:
            self._screen.notify(str(error), severity="warning", markup=False)

        self._screen.run_job(title, lambda _: what(workspace), done, failed=failed, group="draft", quiet=True)

    def _again(self) -> None:
        if self._about is not None:
            self.read(self._about)

    def _say(self, text: str) -> None:
        self._screen.workbench.say(text)


def _named(about: Discussed | None, skill: str, remark: Remark) -> Remark:
    """What was said about a skill, with the place that it has in the diff."""
    if about is None or not about.several:
        return remark
    if remark.path is None:
        return replace(remark, where=f"{skill} as a whole")
    return replace(remark, path=about.shown(skill, remark.path), where=about.shown(skill, remark.where))


def _quoted(choice: Choice) -> tuple[str, ...]:
    """The chosen lines, the first few."""
    more = (f"    … {len(choice.lines) - _QUOTED} more",) if len(choice.lines) > _QUOTED else ()
    return (*(f"    {line.expandtabs(4)}" for line in choice.lines[:_QUOTED]), *more)


def _to_suggest(choice: Choice) -> str | None:
    """What a suggestion starts from: all of the lines, so that none that is not shown is lost."""
    if choice.side == "old" or choice.line is None or choice.end_line is None:
        return None
    whole = len(choice.lines) == choice.end_line - choice.line + 1
    return "".join(f"{line.removesuffix(chr(13))}\n" for line in choice.lines) if whole else None
