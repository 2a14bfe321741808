"""Every verdict on the reviews branch, to be searched."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult

from workbench.commands import Scope
from workbench.reviews.comments import comments_in
from workbench.reviews.record_words import proof_of, said_in
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.screens.text_dialog import TextDialog
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.filtered_list import FilteredList
from workbench.tui.widgets.text_view import TextLine, labelled
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView
    from workbench.reviews.model import Record

_COLUMNS = (
    Column("When", 10),
    Column("Verdict", 15),
    Column("Skill", 18, path=True),
    Column("By", 14),
    Column("Said", 0),
)
_TONES = {"approve": "good", "request-changes": "attention", "revoke": "bad"}


class ReviewLogScreen(WorkbenchScreen[None]):
    """The records, the newest first."""

    NAME = "Reviews"
    ABOUT = (
        "Every verdict that was ever recorded, the newest first. The filter looks at skill, person, day, kind, tree and"
        " what was said; Enter shows one in full. `workbench review log` prints the same."
    )
    SCOPES: ClassVar[tuple[Scope, ...]] = ("lists",)

    def compose_body(self) -> ComposeResult:
        """The list."""
        yield FilteredList(_COLUMNS, noun="record", empty="Nothing was recorded yet.")

    def on_mount(self) -> None:
        """Read the branch."""
        self._records: dict[str, Record] = {}
        self._read()

    def library_changed(self, view: "LibraryView") -> None:
        """Read what came since."""
        self._read()

    def _read(self) -> None:
        workspace = self.workspace
        if workspace is not None:
            self.run_job("Reading the reviews", lambda _: workspace.reviews.log(), self._show)

    def _show(self, records: "tuple[Record, ...]") -> None:
        self._records = {record.file: record for record in records}
        self.query_one(FilteredList).show([_row(record) for record in records])

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        record = self._records[event.row.id]
        self.app.push_screen(TextDialog(f"{record.verdict} on {record.path}", _in_full(record)))


def _row(record: "Record") -> Row:
    return Row(
        record.file,
        (
            Span(f"{record.at.astimezone():%Y-%m-%d}", "muted"),
            Span(record.verdict, _TONES.get(record.verdict, "plain") if record.counts else "muted"),
            record.path,
            record.reviewer_name or record.reviewer_email,
            Span(said_in(record) if record.counts else f"does not count: {record.why_not}", "muted"),
        ),
        also=f"{record.reviewer_email} {record.tree} {proof_of(record)}",
    )


def _in_full(record: "Record") -> list[TextLine]:
    """One record with everything a reader asks of it."""
    facts = {
        "by": f"{record.reviewer_name} <{record.reviewer_email}>",
        "at": f"{record.at.astimezone():%Y-%m-%d %H:%M}, via {record.via or '?'}",
        "proof": proof_of(record) + (f": {record.why_not}" if record.why_not else ""),
        "key": "; ".join(filter(None, (record.signer, record.doubt, record.signer_change))),
        "tree": record.tree,
        "version": record.version or "",
        "reason": record.reason,
        "file": record.file,
        "commit": record.introduced,
    }
    lines = [labelled(label, Span(text)) for label, text in facts.items() if text]
    for comment in comments_in(record)[0]:
        text = comment.text or f"suggests: {comment.suggestion}"
        lines.append(labelled("comment", Span(f"{comment.place or 'in general'}: ", "muted"), Span(text)))
    return lines
