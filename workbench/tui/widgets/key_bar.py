"""The footer: the keys that work where the focus is, or what is being done right now and how to stop it."""

from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from workbench.commands import Command, command
from workbench.text import truncate, visible
from workbench.tui.bindings import command_of, keys_of, show_key

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp
    from workbench.tui.jobs import Job

MOST_KEYS = 7

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_SPINS_PER_SECOND = 8


class KeyBar(Widget):
    """One line, made from the registry; every key in it can be clicked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key", "keys--title", "keys--job"}
    DEFAULT_CSS = """
    KeyBar {
        height: 1;
        dock: bottom;
        background: $panel;
        color: $foreground;
        & > .keys--key { color: $text-accent; text-style: bold; }
        & > .keys--title { color: $foreground; }
        & > .keys--job { color: $text-accent; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._timer: Timer | None = None

    @property
    def _app(self) -> "WorkbenchApp":
        from workbench.tui.app import WorkbenchApp

        assert isinstance(self.app, WorkbenchApp)
        return self.app

    def on_mount(self) -> None:
        """Follow the focus and the jobs."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._app.jobs_signal.subscribe(self, lambda _: self._watch_jobs())
        self._watch_jobs()

    def _bindings_changed(self, screen: Screen[object]) -> None:
        if screen is self.screen:
            self.refresh()

    def _watch_jobs(self) -> None:
        """Draw often while something runs, and not at all while nothing does."""
        if len(self._app.jobs) and self._timer is None:
            self._timer = self.set_interval(1 / _SPINS_PER_SECOND, self._tick)
        elif not len(self._app.jobs) and self._timer is not None:
            self._timer.stop()
            self._timer = None
            self.refresh()

    def _tick(self) -> None:
        if self._app.jobs.shown_on(self.screen) is not None:
            self.refresh()

    def render(self) -> Text:
        """Draw the job under way, or the keys."""
        job = self._app.jobs.shown_on(self.screen)
        return self._job_line(job) if job else self._key_line()

    def on_click(self, event: events.Click) -> None:
        """Do what the key does that was clicked. (An `@click` would be drawn as a link.)"""
        if key := event.style.meta.get("key"):
            self._app.simulate_key(key)

    def _job_line(self, job: "Job") -> Text:
        key = show_key(keys_of(command("back"), self._app.keymap)[0])
        stop = f"   {key} cancels" if job.cancellable else ""
        if job.cancel.is_set():
            stop = "   stopping…"
        spin = _SPINNER[int(job.elapsed * _SPINS_PER_SECOND) % len(_SPINNER)]
        tail = f"  {visible(job.progress)}  {job.elapsed:.1f} s" if job.progress else f"  {job.elapsed:.1f} s"
        room = self.size.width - len(tail) - len(stop) - 4
        text = Text(f" {spin} {truncate(visible(job.title), room)}", self._style("job"), no_wrap=True, end="")
        return text.append(tail).append(stop, self._style("title"))

    def _key_line(self) -> Text:
        here, everywhere = self._shown()
        right = self._keys(everywhere)
        room = self.size.width - right.cell_len - 3
        left = Text()
        for one, binding in here[: MOST_KEYS - len(everywhere)]:
            part = self._keys([(one, binding)])
            if left.cell_len + part.cell_len + 2 > room:
                break
            left.append("  " if left else "").append_text(part)
        gap = max(2, self.size.width - 2 - left.cell_len - right.cell_len)
        return Text(" ", no_wrap=True, end="").append_text(left).append(" " * gap).append_text(right)

    def _shown(self) -> tuple[list[tuple[Command, Binding]], list[tuple[Command, Binding]]]:
        """The commands of the focused pane and its screen, and those that work everywhere."""
        found: dict[str, tuple[Command, Binding]] = {}
        for active in self.screen.active_bindings.values():
            one = command_of(active.binding)
            if one is not None and one.footer and one.id not in found:
                found[one.id] = (one, active.binding)
        here = [pair for pair in found.values() if pair[0].scope != "everywhere"]
        return here, [pair for pair in found.values() if pair[0].scope == "everywhere"]

    def _keys(self, pairs: list[tuple[Command, Binding]]) -> Text:
        text = Text()
        for one, binding in pairs:
            key = show_key(keys_of(one, self._app.keymap)[0])
            click = Style(meta={"key": binding.key})
            text.append("  " if text else "")
            text.append(f"{key} ", self._style("key") + click)
            text.append(one.title, self._style("title") + click)
        return text

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"keys--{name}", partial=True)
