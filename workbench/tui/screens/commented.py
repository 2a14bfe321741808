"""What the review of one skill and that of a set have alike: comments on the lines of a diff, under a change card."""

from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.screens.review_comments import ReviewComments
from workbench.tui.widgets.change_card import ChangeCard
from workbench.tui.widgets.commented_diff import CommentedDiff


class CommentedScreen(WorkbenchScreen[None]):
    """A screen with a diff that takes comments, and a change card."""

    def __init__(self) -> None:
        super().__init__()
        self._comments = ReviewComments(self, self._say_heading)

    def _say_heading(self) -> None:
        """Show the heading anew, which counts the comments."""
        raise NotImplementedError

    def action_write_comment(self) -> None:
        """Say something about the lines under the cursor."""
        self._comments.write()

    def action_reply(self) -> None:
        """Answer the comment under the cursor."""
        self._comments.reply()

    def action_edit_draft(self) -> None:
        """Change the draft under the cursor."""
        self._comments.edit()

    def action_remove_draft(self) -> None:
        """Take the draft under the cursor away."""
        self._comments.remove()

    def action_resolve(self) -> None:
        """Let the next verdict resolve the thread under the cursor, or not."""
        self._comments.resolve()

    def action_copy_comments(self) -> None:
        """Copy the thread under the cursor, or all open ones."""
        self._comments.copy()

    def on_commented_diff_opened(self, event: CommentedDiff.Opened) -> None:
        """Fold a thread, or unfold it."""
        self._comments.turn(event.remark.id)

    def action_toggle_card(self) -> None:
        """Show all of the change card, put it away, so that the diff has its room, or bring it back."""
        self.workbench.say(self.query_one(ChangeCard).toggle())
