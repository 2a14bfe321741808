"""The policy's checklist of a review: a line at hand, and all of it in a dialog."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from textual.content import Content

from workbench.reviews.policy_check import PolicyCheck, in_a_line
from workbench.tui.bindings import key_of
from workbench.tui.jobs import Job
from workbench.tui.screens.text_dialog import TextDialog
from workbench.tui.toned import toned
from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span

if TYPE_CHECKING:
    from workbench.tui.screens.review import ReviewScreen


class ReviewRules:
    """What the policy demands of the tree that is shown.

    Args:
        screen: The review, whose line `#review-rules` says it.
    """

    def __init__(self, screen: "ReviewScreen") -> None:
        self._screen = screen
        self._check: PolicyCheck | None = None

    @property
    def check(self) -> PolicyCheck | None:
        """The checklist of the tree that is shown; None before it is known."""
        return self._check

    def read(self, tree: str | None) -> None:
        """Hold the rules against the skill, in a job; what is then said is of this tree."""
        workspace, skill = self._screen.workspace, self._screen.skill_id
        if workspace is None:
            return

        def check(_: Job) -> PolicyCheck:
            return workspace.reviews.policy_check(skill)

        def show(check: PolicyCheck) -> None:
            self._check = check if check.tree == tree else None
            self._screen.say_rules(rules_line(self._check, self._screen.workbench.keymap))

        self._screen.run_job("Holding the rules against it", check, show, group="rules", quiet=True)

    def show_all(self) -> None:
        """Show the whole checklist."""
        if self._check is None:
            self._screen.workbench.say("The rules are still being held against it")
        else:
            dialog = TextDialog("What the rules demand of this tree", list(checklist(self._check)))
            self._screen.app.push_screen(dialog)


def rules_line(check: PolicyCheck | None, keymap: Mapping[str, tuple[str, ...]]) -> Content:
    """The checklist in one line, and the key for all of it."""
    if check is None or not check.demands:
        return Content("")
    spans = [Span(text, tone) for text, tone in in_a_line(check)]
    return toned(Span(f"{key_of('review.rules', keymap)} ", "title"), Span("rules  ", "muted"), *spans)


def checklist(check: PolicyCheck) -> Iterator[TextLine]:
    """Every demand: whether it holds, by whom, or what is missing and who could meet it."""
    where = (
        f"policy of commit {check.commit[:12]}" if check.commit and check.written else "no policy: one approval counts"
    )
    yield TextLine((Span(where, "muted"), Span("; a change of it waits for approval" * check.pending, "attention")))
    yield TextLine()
    for demand in check.demands:
        sign, tone = ("✓", "good") if demand.met else ("○", "muted") if demand.waits else ("×", "attention")
        by = f"  by {', '.join(demand.by)}" if demand.by else ""
        yield TextLine((Span(f"{sign} ", tone), Span(demand.what), Span(by, "muted")), hang=2)
        if not demand.met:
            yield TextLine((Span("  missing: ", "muted"), Span(demand.missing)), hang=4)
        if demand.who_could:
            yield TextLine((Span("  could: ", "muted"), Span(", ".join(demand.who_could))), hang=4)
        elif demand.nobody_left:
            said = "nobody that is left: they have approved, or are authors of this change"
            yield TextLine((Span("  could: ", "muted"), Span(said)), hang=4)
    for email, via in check.via:
        yield TextLine((Span("approved by ", "muted"), Span(f"{email} via {via}")), hang=2)
    yield TextLine()
    state = "good" if check.met else "attention"
    yield TextLine((Span("state: ", "muted"), Span(check.state, state)))
    for reason in () if check.met else check.reasons:
        yield TextLine((Span("  "), Span(reason)), hang=2)
