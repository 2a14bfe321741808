"""What the command palette finds: every command that works here, every skill and every tool."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from workbench.commands import COMMANDS
from workbench.text import truncate, visible
from workbench.tui.bindings import keys_of, show_key

if TYPE_CHECKING:
    from workbench.reviews.listing import SkillRow
    from workbench.tools.model import Tool
    from workbench.tui.app import WorkbenchApp

MOST_HITS = 50
_MOST_DISCOVERED = 40
_TITLE_CELLS = 26


class Entry(NamedTuple):
    """One thing the palette can do; the texts are sanitised."""

    title: str
    lower: str
    about: str
    run: Callable[[], object]


class Palette(CommandPalette):
    """Textual's palette in the workbench's look; each hit is one line."""

    DEFAULT_CSS = """
    Palette {
        background: $background 60%;
        & > Vertical { margin-top: 2; width: 100; max-width: 94%; }
        #--input { height: 3; border: none; padding: 1 1; background: $panel; }
        #--input SearchIcon { display: none; }
        #--input CommandInput { height: 1; border: none; padding: 0 1; background: $panel; }
        #--input CommandInput:focus { border: none; }
        CommandList, CommandList:focus {
            border: none;
            max-height: 60vh;
            padding: 1 1;
            background: $surface;
            text-wrap: nowrap;
            text-overflow: ellipsis;
            scrollbar-size: 1 1;
            scrollbar-background: $surface;
            scrollbar-background-hover: $surface;
            scrollbar-background-active: $surface;
            scrollbar-color: $border-blurred;
        }
        CommandList > .option-list--option { padding: 0 1; text-style: none; }
        CommandList > .option-list--option-highlighted { color: $foreground; background: $cursor; text-style: none; }
        & > .command-palette--highlight { color: $text-accent; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__([Everything], placeholder="A command, a skill or a tool", id="--command-palette")


class Everything(Provider):
    """Commands first, then skills and tools. A search looks at cheap subsequences before it scores anything."""

    @property
    def _workbench(self) -> "WorkbenchApp":
        from workbench.tui.app import WorkbenchApp

        assert isinstance(self.app, WorkbenchApp)
        return self.app

    async def startup(self) -> None:
        """Collect what can be found; the tools are read in a job and found as soon as they are there."""
        self._commands_here = list(self._commands())
        self._skills = [self._skill(row) for row in (self._workbench.library.rows if self._workbench.library else ())]
        self._workbench.load_tools()

    async def discover(self) -> Hits:
        """What is offered before anything is typed."""
        for entry in self._entries()[:_MOST_DISCOVERED]:
            yield DiscoveryHit(_shown(Content(entry.title), entry), entry.run, text=entry.title)

    async def search(self, query: str) -> Hits:
        """The best matches, at most `MOST_HITS`."""
        matcher = self.matcher(query)
        for entry in candidates(query, self._entries()):
            score = matcher.match(entry.title)
            if score > 0:
                yield Hit(score, _shown(_marked(entry, query), entry), entry.run, text=entry.title)

    def _entries(self) -> list[Entry]:
        return [*self._commands_here, *self._skills, *map(self._tool, self._workbench.tools)]

    def _commands(self) -> Iterator[Entry]:
        app = self._workbench
        here = app.commands_on(self.screen)
        for one in sorted(COMMANDS, key=lambda one: one.scope == "everywhere"):
            if one.palette and one.action and one.id in here:
                keys = keys_of(one, app.keymap)[:1]
                about = f"{show_key(keys[0]):<6} {one.help}" if keys else f"{'':<6} {one.help}"
                yield _entry(one.title, about, partial(app.run_command, one.id, self.screen))

    def _skill(self, row: "SkillRow") -> Entry:
        about = f"skill, {row.state}: {_one_line(row.skill.description) or visible(row.id)}"
        return _entry(visible(row.name), about, partial(self._workbench.show_skill, row.id))

    def _tool(self, tool: "Tool") -> Entry:
        return _entry(
            visible(tool.id), f"tool: {_one_line(tool.description)}", partial(self._workbench.call_tool, tool)
        )


def candidates(query: str, entries: list[Entry]) -> list[Entry]:
    """At most `MOST_HITS` entries: those that hold the query as it stands, then those with its letters in order."""
    lower = query.casefold()
    found = [entry for entry in entries if lower in entry.lower][:MOST_HITS]
    if len(found) < MOST_HITS:
        letters = [letter for letter in lower if not letter.isspace()]
        loose = (e for e in entries if lower not in e.lower and _in_order(letters, e.lower))
        found += [entry for entry, _ in zip(loose, range(MOST_HITS - len(found)), strict=False)]
    return found


def _entry(title: str, about: str, run: Callable[[], object]) -> Entry:
    return Entry(title, title.casefold(), about, run)


def _shown(title: Content, entry: Entry) -> Content:
    """The title, and beside it what it is; Content throughout, since a text would be read as markup."""
    gap = max(2, _TITLE_CELLS - title.cell_length)
    return Content.assemble(title, " " * gap, (entry.about, "$text-muted"))


def _marked(entry: Entry, query: str) -> Content:
    """The title with what was found marked. (Textual's own highlighter would read the title as markup.)"""
    title = Content(entry.title)
    at = entry.lower.find(query.casefold())
    if at >= 0 and len(entry.lower) == len(entry.title):
        return title.stylize("$text-accent bold", at, at + len(query))
    return title


def _one_line(text: str) -> str:
    return truncate(visible(" ".join(text[:400].split())), 100)


def _in_order(letters: list[str], text: str) -> bool:
    """Whether the letters stand in `text` in this order, whatever is between them."""
    at = 0
    for letter in letters:
        at = text.find(letter, at) + 1
        if not at:
            return False
    return True
