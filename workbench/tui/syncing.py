"""Bringing installed copies back to what is approved, from any screen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.reviews.install_desk import Synced
from workbench.reviews.installed_copies import CopyStatus, InstalledCopy
from workbench.text import plural, visible
from workbench.tui.copy_rows import place
from workbench.tui.jobs import run_job
from workbench.tui.screens.confirm import ConfirmDialog
from workbench.tui.screens.install_actions import here, moved_line
from workbench.tui.screens.text_dialog import TextDialog
from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp
    from workbench.workspace import Workspace

_GROUP = "installs"
_DONE: dict[CopyStatus, tuple[str, str]] = {
    "older": ("is updated", "accent"),
    "draft": ("is replaced by what is approved", "attention"),
    "changed": ("is saved first, then put back", "attention"),
    "missing": ("is put there again", "accent"),
}


def sync_copies(app: "WorkbenchApp") -> None:
    """Say which copies are not what is approved, and bring them back after a yes."""
    workspace = app.workspace
    if workspace is None:
        app.say("No library is open.")
        return
    opened = workspace

    def found(copies: Sequence[InstalledCopy]) -> None:
        _ask(app, opened, copies)

    run_job(app, "Looking at the copies", lambda _: opened.installs.copies(here()), found, group=_GROUP)


def _ask(app: "WorkbenchApp", workspace: "Workspace", copies: Sequence[InstalledCopy]) -> None:
    off = [copy for copy in copies if not copy.settled]
    if not off:
        app.say(_all_well(copies))
        return
    lines = []
    for copy in off:
        said, tone = _what_comes(copy)
        spans = (Span(visible(place(copy.path)), "strong"), Span(f"  {copy.status}: "), Span(said, tone))
        lines.append(TextLine(spans, hang=2))
        lines += [TextLine((Span(f"  {copy.deprecated.said}", "attention"),), hang=2)] if copy.deprecated else []

    def answered(yes: bool | None) -> None:
        if yes:

            def done(made: Synced) -> None:
                _synced(app, made)

            run_job(app, "Bringing copies back", lambda _: workspace.installs.sync(off, here()), done, group=_GROUP)

    title = f"Bring {plural(len(off), 'copy', 'copies')} back to what is approved?"
    app.push_screen(ConfirmDialog(title, lines, "Bring them back"), answered)


def _all_well(copies: Sequence[InstalledCopy]) -> str:
    own = [copy for copy in copies if not copy.other]
    if not own:
        return "No copy was installed from here: Install in the palette does."
    away = sum(copy.status == "quarantined" for copy in own)
    every = f"{plural(len(own), 'copy', 'copies')} installed from here: every one is what is approved"
    return f"{every}, but for {away:,} in quarantine." if away else f"{every}."


def _what_comes(copy: InstalledCopy) -> tuple[str, str]:
    """What becomes of a copy that is not as approved, and its tone."""
    if copy.status == "gone":
        return f"stays: {copy.why}", "muted"
    if copy.approved_tree is None:
        return f"stays: {copy.why or 'no version of it is approved'}", "muted"
    return _DONE[copy.status]


def _synced(app: "WorkbenchApp", made: Synced) -> None:
    said = f"{plural(len(made.done), 'copy', 'copies')} brought back"
    if made.failed or made.notes or any(one.saved for one in made.done):
        lines = [
            moved_line(one.outcome, one.target, f"saved in {place(one.saved)}" if one.saved else "")
            for one in made.done
        ]
        lines += [moved_line("not synced", copy.path, str(error)) for copy, error in made.failed]
        lines += [TextLine((Span(note, "attention"),), hang=2) for note in made.notes]
        app.push_screen(TextDialog(said, lines))
    else:
        app.say(said)
    app.refresh_library()
