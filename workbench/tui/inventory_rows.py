"""What agents read besides skills, as rows, and one of them as text with what changed since it was accepted."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from workbench.skills.inventory.ledger import as_lines, change_of, is_whole_file, text_now
from workbench.text import plural
from workbench.tui.syntax_lines import problem_line, source_lines
from workbench.tui.units import size
from workbench.tui.widgets.columns import Column
from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

if TYPE_CHECKING:
    from workbench.git import Repository
    from workbench.skills.inventory.ledger import Gone, Inventory
    from workbench.skills.inventory.model import Entry

COLUMNS = (
    Column("Status", 9),
    Column("Risk", 8),
    Column("Kind", 12),
    Column("Where", 0),
    Column("Runs", 44, least=104),
)
"""Lines of a text up to which a change is shown line by line."""

_STATUS: Mapping[str, Span] = {
    "new": Span("+ new", "accent"),
    "changed": Span("! changed", "attention"),
    "same": Span("· same", "muted"),
    "gone": Span("- gone", "attention"),
}
_RISKS: Mapping[str, Span] = {
    "high": Span("▲ high", "bad"),
    "medium": Span("△ medium", "attention"),
    "low": Span("· low", "muted"),
}
_LABEL = 10
_TONES = {"+": "good", "-": "bad", "@": "accent"}


def row_id(key: tuple[str, str, str, str]) -> str:
    """The id of the row of what is known by this."""
    return "\0".join(key)


def inventory_rows(inventory: "Inventory") -> list[Row]:
    """The entries in their order, the riskiest first, then what is gone."""
    rows = []
    for entry in inventory.entries:
        status = _STATUS[inventory.status(entry)]
        where = f"{entry.path} {entry.name}".rstrip()
        shown = Span(f"× {where}", "bad") if entry.problem and entry.problem.severity == "error" else Span(where)
        runs = Span("; ".join(entry.runs), "code")
        rows.append(Row(row_id(entry.key), (status, _RISKS[entry.risk], entry.kind, shown, runs)))
    for one in inventory.gone:
        where = f"{one.path} {one.name}".rstrip()
        rows.append(Row(row_id(one.key), (_STATUS["gone"], "", one.kind, Span(where, "muted"), "")))
    return rows


def summary(inventory: "Inventory") -> list[Span]:
    """The head of the screen: how much there is, and what of it asks to be read."""
    counts = Counter(inventory.status(entry) for entry in inventory.entries)
    head = [Span(plural(len(inventory.entries), "entry", "entries"), "strong")]
    waiting = [("new", counts["new"]), ("changed", counts["changed"]), ("gone", len(inventory.gone))]
    for word, count in waiting:
        if count:
            head.append(Span(f"   {count:,} {word}", _STATUS[word].tone))
    if inventory.settled and inventory.entries:
        head.append(Span("   ✓ all as you accepted it", "good"))
    problems = sum(entry.problem is not None for entry in inventory.entries)
    if problems:
        head.append(Span(f"   × {plural(problems, 'problem')}", "bad"))
    if inventory.skipped:
        head.append(Span(f"   {plural(len(inventory.skipped), 'place')} not looked into", "attention"))
    return head


def about(entry: "Entry") -> list[Span]:
    """An entry in three lines: what it is and who reads it, what it runs, what is wrong."""
    tokens = f", about {entry.tokens:,} tokens" if entry.tokens is not None else ""
    file = f"  {size(entry.size)}{tokens}" if entry.size is not None else ""
    git = f", {entry.git}" if entry.git else ""
    what = f"{entry.scope} {entry.kind} for {', '.join(entry.clients)}{file}{git}"
    runs = f"runs {'; '.join(entry.runs)}" if entry.runs else "; ".join(entry.about)
    wrong = f"{entry.problem.message}; {entry.problem.remedy}" if entry.problem else ""
    return [Span(what, "muted"), Span(runs, "code" if entry.runs else "plain"), Span(wrong, "attention")]


def entry_lines(inventory: "Inventory", entry: "Entry", repository: "Repository | None") -> list[TextLine]:
    """An entry in full: its facts, what changed since it was accepted where that is known, and what it says now."""
    lines = [*_facts(inventory, entry)]
    now = text_now(entry)
    lines += _change(inventory, entry, repository, now)
    lines += [TextLine(), TextLine((Span("now", "title"),))]
    if entry.source is not None and is_whole_file(entry.source):
        problems = [entry.problem] if entry.problem is not None else []
        return [*lines, *source_lines(now, entry.path, problems)]
    return [*lines, *(TextLine((Span(line),), hang=2) for line in as_lines(entry).splitlines())]


def gone_lines(one: "Gone") -> list[TextLine]:
    """What is known of something that is no longer there."""
    return [
        TextLine((Span("It was accepted and is no longer there.", "attention"),)),
        *_pairs(("kind", one.kind), ("where", f"{one.path} {one.name}".rstrip()), ("digest", one.digest)),
    ]


def _facts(inventory: "Inventory", entry: "Entry") -> Iterator[TextLine]:
    status = _STATUS[inventory.status(entry)]
    risk = _RISKS[entry.risk]
    yield TextLine((status, Span("   "), risk, Span(f"   {entry.kind} for {', '.join(entry.clients)}", "muted")))
    yield from _pairs(("name", entry.name), ("git", entry.git or ""), ("digest", entry.digest or "can't be read"))
    for run in entry.runs:
        yield TextLine((Span(f"{'runs':<{_LABEL}}", "muted"), Span(run, "code")), hang=_LABEL)
    if entry.problem is not None:
        yield problem_line(entry.problem)
        yield TextLine((Span(f"  {entry.problem.remedy}", "muted"),), hang=2)


def _pairs(*pairs: tuple[str, str]) -> Iterator[TextLine]:
    for label, value in pairs:
        if value:
            yield TextLine((Span(f"{label:<{_LABEL}}", "muted"), Span(value)), hang=_LABEL)


def _change(inventory: "Inventory", entry: "Entry", repository: "Repository | None", now: str) -> Iterator[TextLine]:
    change = change_of(repository, inventory, entry, now)
    if change is None:
        return
    said, lines = change
    yield TextLine()
    yield TextLine((Span(said, "title" if lines else "attention"),))
    for line in lines:
        yield TextLine((Span(line, _TONES.get(line[:1], "plain")),), hang=2)
