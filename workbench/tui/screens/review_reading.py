"""What the review of a skill has read, and how that is said: what is compared, and whether a verdict can be given."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from textual.content import Content

from workbench.commands import command
from workbench.reviews.diff import SkillDiff
from workbench.reviews.generated import Generated
from workbench.reviews.listing import SkillRow
from workbench.reviews.model import Verdict
from workbench.reviews.viewed import viewed
from workbench.text import first_line, plural, visible
from workbench.tui.bindings import key_of
from workbench.tui.skill_rows import state_span
from workbench.tui.toned import toned
from workbench.tui.widgets.tones import Span
from workbench.workspace import Workspace

_SHORT = 12
_INPUT = "an input: not a file of the skill, but what it is made of"
_VERDICTS = ("review.approve", "review.request-changes", "review.comment", "review.request", "review.revoke")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a skill for its review, at one moment."""

    row: SkillRow
    diff: SkillDiff
    viewed: frozenset[str] = frozenset()
    made: Generated | None = None


def read_changes(workspace: Workspace, skill: str, base: str | None, context: int) -> Reading:
    """Read a skill, what changed in it since `base`, and which of its changed files were ticked as viewed.

    Args:
        base: A revision or tree; None for the last approved tree.
        context: Unchanged lines around each changed place.

    Raises:
        InputError: There is no such skill, git does not see it, or `base` names nothing.
    """
    diff = workspace.reviews.diff(skill, base=base, context=context)
    made = workspace.generated.of(skill, base=base, context=context)
    files = (*made.files, *diff.files) if made else diff.files
    ticked = viewed(workspace.store, workspace.library_id, skill, files)
    return Reading(workspace.row(skill), diff, ticked, made)


def with_inputs(diff: SkillDiff, made: Generated | None) -> SkillDiff:
    """What is shown of a generated skill: the changed files that it is made of, and then its own."""
    if made is None or not made.files:
        return diff
    inputs = (replace(file, notes=(_INPUT, *file.notes)) for file in made.files)
    return replace(diff, files=(*inputs, *diff.files))


def compared(diff: SkillDiff) -> str:
    """From what to what, and how much: `approved 9f3c… → 41ab…  3 files  +12 -3`."""
    tree = diff.tree[:_SHORT] if diff.tree else "no tree"
    changed = f"{plural(len(diff.files), 'file')}  +{diff.added:,} -{diff.removed:,}"
    return f"{visible(diff.base_label)} → {tree}   {changed}"


def nothing_differs(diff: SkillDiff, unresolved: int = 0) -> str:
    """What to say where no file differs; `unresolved` counts the threads that are open all the same."""
    same = diff.base is not None and diff.base == diff.tree
    said = "Identical to the approved tree: nothing has changed since it was approved."
    said = said if same else "No file differs from what it is compared with."
    if not unresolved:
        return said
    shown = f"workbench review comments {visible(diff.skill)} shows them"
    return f"{said}\n\nStill open: {plural(unresolved, 'thread')}. {shown}."


def heading(row: SkillRow, diff: SkillDiff, said: str = "") -> tuple[Content, ...]:
    """Three lines: the skill, its state and what was said; what is compared; why the skill stands where it does."""
    reasons = [first_line(reason) for reason in row.standing.reasons]
    more = f"  (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return (
        toned(
            Span(row.name, "strong"),
            "  ",
            state_span(row),
            Span(f"  {said}" if said else "", "accent"),
            Span(f"  {row.id}", "muted"),
        ),
        toned(compared(diff)),
        toned(Span(reasons[0] + more if reasons else "", "muted")),
    )


def verdicts(row: SkillRow, keymap: Mapping[str, tuple[str, ...]]) -> tuple[Content, ...]:
    """The keys of the verdicts, or why none can be given yet."""
    wrong = obstacle(row)
    if wrong:
        return (toned(Span(f"! no verdict yet: {wrong}", "attention")),)
    return tuple(toned(Span(key_of(one, keymap), "title"), f" {command(one).title}") for one in _VERDICTS)


def obstacle(row: SkillRow) -> str | None:
    """Why nothing can be recorded on the tree that is shown, with what to do; None if nothing stands in the way."""
    standing = row.standing
    if standing.tree is None:
        return "git does not see this folder: is it ignored?"
    if standing.head_tree is None:
        return "commit the skill first, git has no copy of it yet"
    if standing.tree != standing.head_tree:
        return "commit the skill first, it has changes that are not committed"
    return None


def refusal(row: SkillRow, verdict: Verdict) -> str | None:
    """Why this verdict can't be given now, with what to do; None if it can."""
    if verdict == "revoke":
        return None if tree_to_revoke(row) else "no approval of this skill is in force, so there is none to revoke"
    if verdict == "approve" and row.standing.state == "invalid":
        return "no client would load this skill: mend it first"
    return obstacle(row)


def tree_to_revoke(row: SkillRow) -> str | None:
    """The tree whose approval a revoke would take back; None if none is in force."""
    standing = row.standing
    here = any(r.counts and r.verdict == "approve" and r.tree == standing.tree for r in standing.records)
    if standing.state == "approved" or (here and standing.state != "revoked"):
        return standing.tree
    return standing.approved_tree
