"""What the detail of a skill says, as lines to read: the document with its problems, and the reviews."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from workbench.reviews.comments import comments_in, resolves_in
from workbench.skills.model import SKILL_FILE
from workbench.text import cell_width, first_line, plural, visible, visible_lines
from workbench.tui.markdown_lines import left_out, markdown_lines
from workbench.tui.syntax_lines import problem_lines, source_lines
from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span

if TYPE_CHECKING:
    from workbench.reviews.listing import SkillRow
    from workbench.reviews.model import Record
    from workbench.skills.model import Problem
    from workbench.skills.reader import Document

"""The line that begins a block of code: its language colours the block instead of being shown."""

_VERDICTS = {
    "approve": ("✓ approved", "good"),
    "request-changes": ("! requested changes", "attention"),
    "comment": ("· commented", "muted"),
    "request": ("◔ asked for a review", "accent"),
    "revoke": ("× revoked", "bad"),
    "baseline": ("○ found as it is, unread", "muted"),
}
_LABEL = 15
_WIDEST_LABEL = 32


def says_lines(row: "SkillRow", document: "Document", needs: Iterable[TextLine] = ()) -> list[TextLine]:
    """Where the skill stands, what is wrong with it, what it declares, and what it tells an agent.

    Args:
        needs: Lines that say which skills it needs, and which need it.
    """
    room = _label_room(row)
    lines = [*_standing(row, room), *_problems(row, room), *_declared(row, room), *needs]
    body = markdown_lines(document.body)
    lines += [
        TextLine((Span("─" * 24, "muted"),)),
        TextLine(),
        *left_out(document.body, body, "the Source tab shows every byte"),
        *body,
    ]
    return lines


def skill_source_lines(row: "SkillRow", document: "Document") -> list[TextLine]:
    """The SKILL.md as it stands, with its problems under their lines."""
    here = [problem for problem in row.problems if problem.path in (None, row.skill.skill_file) and problem.line]
    return source_lines(document.source, SKILL_FILE, here)


def review_lines(row: "SkillRow", *, in_git: bool) -> list[TextLine]:
    """Every verdict on this skill, the newest first, with how it is proved."""
    if not in_git:
        return [
            _muted("This folder is in no git repository, so there is nowhere to keep a verdict."),
            _muted("`workbench adopt` copies skills into a git library of your own."),
        ]
    records = row.standing.records
    if not records:
        return [
            _muted("Nobody has said anything about this skill yet."),
            _muted("d shows what would be approved; A there approves it."),
        ]
    return [line for record in reversed(records) for line in _record(record, row)]


def _standing(row: "SkillRow", room: int) -> Iterator[TextLine]:
    from workbench.tui.skill_rows import state_span

    for number, line in enumerate(visible_lines(row.skill.description.strip())):
        if line or number:
            yield TextLine((Span(line),))
    yield TextLine()
    state = state_span(row)
    yield TextLine((Span(f"{'state':<{room}}", "muted"), state), hang=room)
    for reason in row.standing.reasons:
        yield TextLine((Span(" " * room), Span(reason)), hang=room)
    if row.deprecated:
        yield TextLine((Span(" " * room), Span(row.deprecated.said, "attention")), hang=room)
    if row.standing.tree and row.standing.head_tree != row.standing.tree:
        text = "has changes that are not committed" if row.standing.head_tree else "was never committed"
        yield TextLine((Span(" " * room), Span(text, "attention")), hang=room)


def _problems(row: "SkillRow", room: int) -> Iterator[TextLine]:
    for number, problem in enumerate(row.problems):
        label = "problems" if number == 0 else ""
        where = _place(problem, row)
        line, *remedy = problem_lines(problem, room)
        spans = (Span(f"{label:<{room}}", "muted"), *line.spans, Span(f"  {where}" if where else "", "muted"))
        yield TextLine(spans, hang=room + line.hang)
        yield from remedy


def _place(problem: "Problem", row: "SkillRow") -> str:
    """`SKILL.md:12`, relative to the skill."""
    if problem.path is None:
        return f"line {problem.line}" if problem.line else ""
    path = problem.path.removeprefix(f"{row.id}/")
    return f"{path}:{problem.line}" if problem.line else path


def _declared(row: "SkillRow", room: int) -> Iterator[TextLine]:
    """The rest of the frontmatter: what it asks for is part of what one approves."""
    for key, value in _more_fields(row).items():
        text = ", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
        tone = "attention" if key == "allowed-tools" else "plain"
        yield TextLine((Span(_label(str(key), room), "muted"), Span(" ".join(text.split()), tone)), hang=room)
    if row.standing.tree:
        yield TextLine((Span(f"{'tree':<{room}}", "muted"), Span(row.standing.tree[:12])))
    if row.standing.released:
        yield TextLine((Span(f"{'released':<{room}}", "muted"), Span(f"v{row.standing.released}", "good")))


def _more_fields(row: "SkillRow") -> dict[Any, Any]:
    return {key: value for key, value in row.skill.frontmatter.items() if key not in ("name", "description")}


def _label_room(row: "SkillRow") -> int:
    """Cells for the labels: as many as the longest key wants, within bounds."""
    return min(_WIDEST_LABEL, max((_LABEL, *(cell_width(visible(str(key))) + 2 for key in _more_fields(row)))))


def _label(key: str, room: int) -> str:
    """A key in so many cells, with a gap behind it however long it is."""
    shown = visible(key)
    return shown + " " * max(2, room - cell_width(shown))


def _record(record: "Record", row: "SkillRow") -> Iterator[TextLine]:
    word, tone = _VERDICTS.get(record.verdict, (record.verdict, "plain"))
    at = f"{record.at.astimezone():%Y-%m-%d %H:%M}"
    who = f"{record.reviewer_name} <{record.reviewer_email}>"
    yield TextLine((Span(word, tone), Span(f"   {at}   ", "muted"), Span(who, "strong")), hang=2)
    for line in visible_lines(record.reason.strip()):
        yield TextLine((Span("  "), Span(line)), hang=2)
    yield from _said_of_lines(record)
    same = "the tree of now" if record.tree == row.standing.tree else "another tree than now"
    own = ", self-approved" if record.verdict == "approve" and _is_own(record, row) else ""
    facts = f"tree {record.tree[:12]} ({same}) by {record.via}{own}; claim: commit author {record.author}"
    yield TextLine((Span("  "), Span(facts, "muted")), hang=2)
    if not record.counts:
        yield TextLine((Span("  "), Span(f"! does not count: {record.why_not or 'unknown'}", "attention")), hang=2)
    yield TextLine()


def _said_of_lines(record: "Record") -> Iterator[TextLine]:
    """What a record says of lines, a row each, and how many threads it settled."""
    comments, _ = comments_in(record)
    for comment in comments:
        place = comment.place or (f"answers {comment.reply_to}" if comment.reply_to else "in general")
        said = first_line(comment.text) or "a suggestion"
        yield TextLine((Span("  "), Span(f"{place}  ", "accent"), Span(said)), hang=4)
    if resolved := resolves_in(record):
        yield TextLine((Span("  "), Span(f"resolves {plural(len(resolved), 'thread')}", "muted")))


def _is_own(record: "Record", row: "SkillRow") -> bool:
    return row.standing.self_approved and record.tree == row.standing.tree


def _muted(text: str) -> TextLine:
    return TextLine((Span(text, "muted"),))
