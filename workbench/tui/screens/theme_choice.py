"""Choosing a theme: the one under the cursor is shown at once, and escape brings the old one back."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from workbench.errors import InputError
from workbench.tui import themes
from workbench.tui.screens.dialog import Dialog
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row, VirtualList

_COLUMNS = (Column("", 20), Column("", 0))


class ThemeDialog(Dialog[None]):
    """The themes of the workbench and of the user; then those that come with Textual."""

    CSS_PATH = "theme_choice.tcss"
    AUTO_FOCUS = "VirtualList"

    def compose(self) -> ComposeResult:
        """The themes by name."""
        with Vertical(id="dialog"):
            yield Static(Content("Theme"), id="title")
            yield VirtualList(_COLUMNS, heading=False)
            yield Static(Content("Enter keeps it for now   Esc goes back to the old one"), id="hint")

    def on_mount(self) -> None:
        """Read the files; a bad one is said and left out."""
        self._before = self.workbench.theme
        found, wrong = themes.load_themes()
        for error in wrong:
            self.workbench.show_error(error)
        rows = [Row(one.name, (one.name, Span(one.description, "muted"))) for one in found.values()]
        others = sorted(name for name in self.workbench.available_themes if name not in found)
        rows += [Row(name, (name, Span("comes with Textual", "muted"))) for name in others if "ansi" not in name]
        listing = self.query_one(VirtualList)
        listing.show(rows)
        listing.move_to(self._before)

    @on(VirtualList.Moved)
    def _moved(self, event: VirtualList.Moved) -> None:
        if event.row is not None and event.row.id != self.workbench.theme:
            try:
                self.workbench.use_theme(event.row.id)
            except InputError as error:
                self.workbench.show_error(error)

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        name = event.row.id
        self.dismiss(None)
        if name != self._before:
            self.workbench.say(f"To keep it, write 'theme: {name}' into config.yaml.")

    def action_back(self) -> None:
        """Go back to the theme of before."""
        self.workbench.theme = self._before
        self.dismiss(None)
