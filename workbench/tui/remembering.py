"""What a large library held when it was last read, shown at once while it is read again."""

from typing import TYPE_CHECKING

from workbench.tui.jobs import run_job
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

if TYPE_CHECKING:
    from concurrent.futures import Future

    from workbench.skills.catalogue import Remembered
    from workbench.tui.app import WorkbenchApp


def show_remembered(app: "WorkbenchApp", promise: "Future[tuple[Remembered, ...]]") -> None:
    """Show what is remembered once it is there, unless the library itself is there first."""
    from workbench.tui.screens.skills import SkillsScreen

    def done(rows: list[Row]) -> None:
        screen = app.screen
        if rows and app.library is None and isinstance(screen, SkillsScreen):
            screen.show_remembered(rows)

    run_job(
        app, "Reading the catalogue", lambda _: remembered_rows(promise.result()), done, group="remembered", quiet=True
    )


def remembered_rows(skills: "tuple[Remembered, ...]") -> list[Row]:
    """Rows of skills of which nobody knows yet whether they still are so; each says it is being read."""
    state, empty = Span("· reading", "muted"), Span("")
    ordered = sorted(skills, key=lambda skill: (skill.name.casefold(), skill.id))
    return [
        Row(skill.id, (Span(skill.name, "muted"), state, "", empty, empty, Span(skill.id, "muted")))
        for skill in ordered
    ]
