"""A form on the screen for the fields of a tool: a title, a place to type, what it means, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Select, Static, TextArea

from workbench.text import plural, visible
from workbench.tools.forms import Field, written
from workbench.tui.toned import toned, toned_lines
from workbench.tui.widgets.tones import Span

_AREAS = ("multiline", "list", "json")
_WORDS = {
    "text": "text",
    "multiline": "text, several lines",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "choice": "one of a few",
    "path": "path, from the current folder",
    "list": "one per line",
    "json": "JSON",
}
_TICKS = {True: ("✓", Content("yes")), False: (" ", Content("no"))}
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "matching {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}


def hint(field: Field) -> str:
    """What can be typed into a field: `whole number, at least 1`."""
    bounds = [words.format(field.constraints[key]) for key, words in _BOUNDS.items() if key in field.constraints]
    word = f"one of {plural(len(field.choices), 'value')}" if field.kind == "choice" else _WORDS[field.kind]
    if field.kind == "list" and field.of in ("integer", "number"):
        word = f"{_WORDS[field.of]}s, one per line"
    return ", ".join(
        [word, *bounds, *(["may be left empty"] if not field.required and field.kind != "boolean" else [])]
    )


class Tick(Checkbox):
    """A box that says whether it is ticked in a sign and a word, never by colour alone."""

    def __init__(self, value: bool) -> None:
        super().__init__(value=value, compact=True, classes="control")
        self.BUTTON_INNER, self.label = _TICKS[value]

    def watch_value(self) -> None:
        """Change sign and word with the value."""
        self.BUTTON_INNER, self.label = _TICKS[self.value]
        super().watch_value()


class FieldView(Vertical):
    """One field of a form."""

    def __init__(self, field: Field, number: int, kept: str | bool | None) -> None:
        super().__init__(id=f"field-{number}", classes="field")
        self.field = field
        self._kept = kept if kept is not None else field.initial

    def compose(self) -> ComposeResult:
        """The title with its kind, the control, the description, and room for what is wrong."""
        star = Span(" *", "attention") if self.field.required else ""
        dotted = ".".join(self.field.path[:-1])
        group = Span(f"{dotted} › ", "muted") if dotted else ""
        yield Static(toned(group, Span(self.field.title, "strong"), star, Span(f"  {hint(self.field)}", "muted")))
        yield self._control()
        if self.field.description:
            yield Static(toned_lines(Span(self.field.description, "muted")), classes="about")
        yield Static(Content(""), classes="wrong")

    def _control(self) -> Widget:
        field, kept = self.field, self._kept
        if field.kind == "boolean":
            return Tick(kept is True)
        text = kept if isinstance(kept, str) else ""
        if field.kind == "choice":
            values = [written(choice, "choice") for choice in field.choices]
            options = [(Content(visible(value)), value) for value in dict.fromkeys(values)]
            chosen = text if text in values else Select.NULL
            blank = chosen is Select.NULL or not field.required
            return Select(options, prompt="choose…", allow_blank=blank, value=chosen, compact=True, classes="control")
        control: TextArea | Input
        if field.kind in _AREAS:
            control = TextArea(text, compact=True, classes="control area")
        else:
            control = Input(text, password=field.secret, compact=True, select_on_focus=False, classes="control")
        control.cursor_blink = False
        return control

    @property
    def value(self) -> str | bool:
        """What was typed or chosen."""
        control = self.query_one(".control")
        if isinstance(control, Checkbox):
            return control.value
        if isinstance(control, TextArea):
            return control.text
        if isinstance(control, Select):
            return control.value if isinstance(control.value, str) else ""
        assert isinstance(control, Input)
        return control.value

    def complain(self, wrong: str | None) -> None:
        """Say what is wrong beside the field, or that nothing is."""
        self.set_class(wrong is not None, "-wrong")
        self.query_one(".wrong", Static).update(toned(Span(f"! {wrong}", "bad")) if wrong else Content(""))


class FormView(VerticalScroll, can_focus=False):
    """All fields of a tool. What was typed stays until the form is left, whatever is wrong with it."""

    DEFAULT_CSS = """
    FormView {
        scrollbar-size: 1 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        scrollbar-color: $border-blurred;
        padding: 1 1 0 2;
        .field { height: auto; margin-bottom: 1; }
        .field Static { height: auto; }
        .control { background: $surface; border: none; }
        .control:focus, .control:focus-within { background: $cursor; }
        Input.control { height: 1; padding: 0 1; }
        .area { height: 4; }
        Tick.control { width: auto; padding: 0; background: $background; }
        Select.control { height: auto; }
        Select.control > SelectCurrent { padding: 0 1; }
        .wrong { display: none; }
        .-wrong .wrong { display: block; }
        .-wrong .control { border-left: outer $error; }
    }
    """

    @dataclass
    class Changed(Message):
        """Something in the form is different now."""

        form: "FormView"

    def __init__(self, fields: Sequence[Field], kept: Mapping[str, str | bool], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._fields = fields
        self._kept = kept

    def compose(self) -> ComposeResult:
        """The fields, or that there are none."""
        yield Static(Content(""), classes="wrong", id="form-wrong")
        if not self._fields:
            yield Static(toned(Span("This tool takes no arguments.", "muted")))
        for number, field in enumerate(self._fields):
            yield FieldView(field, number, self._kept.get(field.name))

    @property
    def values(self) -> dict[str, str | bool]:
        """What is in each field, by the field's name."""
        return {view.field.name: view.value for view in self.query(FieldView)}

    def complain(self, errors: Mapping[str, str]) -> None:
        """Say beside each field what is wrong with it, and go to the first; no errors clear them all."""
        first: FieldView | None = None
        for view in self.query(FieldView):
            wrong = errors.get(view.field.name)
            view.complain(wrong)
            first = first or (view if wrong else None)
        whole = errors.get("")
        banner = self.query_one("#form-wrong", Static)
        banner.display = bool(whole)
        banner.update(toned(Span(f"! {whole}", "bad")) if whole else Content(""))
        if first is not None:
            first.query_one(".control").focus()
            first.scroll_visible(animate=False)

    def focus_first(self) -> None:
        """Put the focus on the first field."""
        for view in self.query(FieldView):
            view.query_one(".control").focus()
            return

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Select.Changed)
    @on(Checkbox.Changed)
    def _changed(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Changed(self))
