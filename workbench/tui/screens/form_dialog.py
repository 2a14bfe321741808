"""A dialog with a few fields to fill in, checked when one says yes."""

from collections.abc import Callable, Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from workbench.text import visible
from workbench.tools.forms import Field
from workbench.tui.screens.dialog import Dialog
from workbench.tui.widgets.form import FormView

Values = Mapping[str, str | bool]


def choice(name: str, title: str, choices: Sequence[str], *, about: str = "", default: str | None = None) -> Field:
    """A field with one of a few values, by default the first."""
    default = default if default in choices else choices[0]
    return Field((name,), "choice", title, about, required=True, choices=tuple(choices), default=default,
                 has_default=True)  # fmt: skip


class FormDialog(Dialog[Values]):
    """Gives what is in each field, by the field's name; None where one leaves it.

    Args:
        title: What will be done.
        about: One line on what comes of it.
        fields: What is asked.
        answer: What the yes is called.
        check: Gives what is wrong, by the field's name; nothing lets the dialog go.
    """

    CSS_PATH = "form_dialog.tcss"

    def __init__(
        self,
        title: str,
        about: str,
        fields: Sequence[Field],
        answer: str,
        check: Callable[[Values], Mapping[str, str]] = lambda _: {},
    ) -> None:
        super().__init__()
        self._title, self._about, self._answer = visible(title), visible(about), visible(answer)
        self._fields, self._check = fields, check

    def compose(self) -> ComposeResult:
        """The fields, and the two answers."""
        with Vertical(id="dialog"):
            yield Static(Content(self._title), id="title")
            yield Static(Content(self._about), id="about")
            yield FormView(self._fields, {})
            with Horizontal(id="buttons"):
                yield Button(Content(self._answer), id="confirm", variant="primary", compact=True)
                yield Button("Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Begin in the first field."""
        self.query_one(FormView).focus_first()

    @on(Input.Submitted)
    @on(Button.Pressed, "#confirm")
    def _confirm(self) -> None:
        form = self.query_one(FormView)
        values = form.values
        empty = {one.name: "is required" for one in self._fields if one.required and not str(values[one.name]).strip()}
        wrong = empty or dict(self._check(values))
        form.complain(wrong)
        if not wrong:
            self.dismiss(values)
            self.agreed(values)

    def agreed(self, values: Values) -> None:
        """What a dialog that stands for itself does with what was filled in."""

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)
