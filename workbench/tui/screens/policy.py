"""The library's rules: what is in force, where it is from, and whether the file that stands here can be used."""

from typing import TYPE_CHECKING, NamedTuple

from textual.app import ComposeResult

from workbench.errors import InputError, WorkbenchError
from workbench.policy.described import rule_lines
from workbench.policy.rules import MAX_BYTES, POLICY_FILE, parse_policy
from workbench.skills.files import read_inside
from workbench.text import plural
from workbench.tui.screens.frame import WorkbenchScreen
from workbench.tui.widgets.text_view import TextLine, TextView, labelled
from workbench.tui.widgets.tones import Span

if TYPE_CHECKING:
    from workbench.reviews.in_force import InForce
    from workbench.reviews.listing import LibraryView
    from workbench.workspace import Workspace


class _Read(NamedTuple):
    """The rules in force, and what is to be said of the file here: its tone and the words."""

    in_force: "InForce"
    here: tuple[str, str]


class PolicyScreen(WorkbenchScreen[None]):
    """The rules, one by one."""

    NAME = "Policy"
    ABOUT = (
        "The rules in force are those that were approved, not those that stand in this work tree."
        " `workbench review @policy` opens the review of a change of them; H in a skill's review says which it meets."
    )
    AUTO_FOCUS = "TextView"

    def compose_body(self) -> ComposeResult:
        """The rules."""
        yield TextView([TextLine((Span("Looking…", "muted"),))])

    def on_mount(self) -> None:
        """Look."""
        self._look()

    def library_changed(self, view: "LibraryView") -> None:
        """Look again."""
        self._look()

    def _look(self) -> None:
        workspace = self.workspace
        if workspace is not None:
            self.run_job("Looking at the policy", lambda _: _read(workspace), self._show, failed=self._failed)

    def _failed(self, error: WorkbenchError) -> None:
        lines = [TextLine((Span(line, "attention"),), hang=2) for line in (error.what, error.remedy) if line]
        self.query_one(TextView).show([TextLine(), *lines])

    def _show(self, found: _Read) -> None:
        in_force = found.in_force
        version = in_force.version
        where = f"commit {version.commit[:12]}" if version else "the default: one approval by anybody counts"
        lines = [TextLine(), labelled("in force", Span(where, "strong")), labelled("the file", Span(*found.here[::-1]))]
        lines.append(TextLine())
        lines += [TextLine((Span(line),), hang=8) for line in (rule_lines(in_force.policy) if in_force.policy else ())]
        lines += [TextLine((Span(note, "attention"),), hang=2) for note in in_force.notes]
        self.query_one(TextView).show(lines)


def _read(workspace: "Workspace") -> _Read:
    try:
        found = parse_policy(read_inside(workspace.root, POLICY_FILE, MAX_BYTES), POLICY_FILE)
        here = "good", f"{POLICY_FILE} can be used: {plural(len(found.rules), 'rule')}"
    except InputError as error:
        here = "bad", f"{error.where or POLICY_FILE}: {error.what}"
    except FileNotFoundError:
        here = "muted", f"there is no {POLICY_FILE} here"
    except OSError as error:
        here = "bad", f"{POLICY_FILE} can't be read: {error.strerror}"
    return _Read(workspace.reviews.policy_in_force(), here)
