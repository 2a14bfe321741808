"""The change card in words: rows for a screen or a terminal, and Markdown for a pull request."""

from collections.abc import Callable, Iterator, Sequence

from workbench.analytics.usage import USAGE_DAYS
from workbench.reviews.card import ALARMING, RISK_WORDS, Card, Risk, TestCount
from workbench.reviews.markdown_text import code, escaped
from workbench.skills.capabilities import KINDS, Finding
from workbench.skills.capabilities.words import CAUTION, grouped, heading
from workbench.text import cell_width, plural, visible

Piece = tuple[str, str]
"""A text and its tone: `plain`, `muted`, `good`, `attention` or `bad`."""
CardRow = tuple[str, tuple[Piece, ...]]
"""A label and what is said."""

_NAMED = 4
_MOST_LISTED = 50


def card_rows(card: Card) -> list[CardRow]:
    """The card in five or six rows, each to be cut where there is no room; the texts are made visible."""
    rows: list[CardRow] = [("risk", tuple(_strip(card.risks)))]
    if can := [*_can(card.change.gained, "+", "attention"), *_can(card.change.lost, "-", "good")]:
        rows.append(("can do", tuple(_joined(can))))
    rows.append(("size", (*_size(card), ("   tests ", "muted"), *_tests(card), *_evaluations(card))))
    rows.append(("findings", (*_findings(card), ("   use ", "muted"), _used(card))))
    rows.append(("version", tuple(_version(card))))
    return rows


def fits(card: Card, width: int) -> bool:
    """Whether each row has room in so many cells."""
    return all(_wide(pieces) <= width for _, pieces in card_rows(card))


def fitting_rows(card: Card, width: int) -> list[CardRow]:
    """The same rows for so many cells each: of risks and capabilities all kinds come before any name, and what there is
    no room for is counted; other rows are to be cut."""
    return [(label, _fitting(label, pieces, width)) for label, pieces in card_rows(card)]


def _fitting(label: str, pieces: tuple[Piece, ...], width: int) -> tuple[Piece, ...]:
    if _wide(pieces) <= width or label not in ("risk", "can do"):
        return pieces
    kinds = [(text.partition(": ")[0], tone) for text, tone in pieces if tone != "muted" and text.strip()]
    if label == "can do" and _wide(tuple(_joined(kinds))) > width:
        kinds = list(_in_a_word(kinds))
    kept: list[Piece] = []
    for number, kind in enumerate(kinds):
        left = len(kinds) - number
        more = (f"  … {left - 1} more", "attention")
        if _wide((*kept, kind, *([more] if left > 1 else []))) > width:
            return (*kept[:-1], (f"  … {left} more", "attention"))
        kept += [kind, ("  ", "plain")]
    return tuple(kept[:-1])


def _in_a_word(kinds: Sequence[Piece]) -> Iterator[Piece]:
    """Each kind in one word, the sign only where it changes: `+ tools  network  - writes`."""
    words = {heading(kind): kind for kind in KINDS}
    sign = ""
    for text, tone in kinds:
        before, sign = sign, text[0]
        word = words.get(text[2:], text[2:])
        yield word if sign == before else f"{sign} {word}", tone


def _wide(pieces: Sequence[Piece]) -> int:
    return sum(cell_width(text) for text, _ in pieces)


def as_text(card: Card, paint: Callable[[str, str], str] = lambda text, _tone: text) -> Iterator[str]:
    """The card for a terminal; `paint(text, tone)` may add colour."""
    yield f"{visible(card.skill)}: {visible(card.base_label)} → {(card.tree or '')[:12]}"
    for label, pieces in card_rows(card):
        yield f"{label:<9} " + "".join(paint(text, tone) for text, tone in pieces)
    for reason in card.bump.reasons:
        yield f"          {reason.level}: {reason.text}"
    for finding in card.fresh[:_MOST_LISTED]:
        place = f"{visible(finding.path)}:{finding.line}"
        yield f"new       {heading(finding.kind)}: {visible(finding.what)}  {place}"
    if len(card.fresh) > _MOST_LISTED:
        yield f"          {len(card.fresh) - _MOST_LISTED:,} more new findings; --format json lists them all"
    if card.unread:
        yield f"          not looked through: {plural(len(card.unread), 'file')} beyond the bound"


def as_markdown(card: Card, made: str = "") -> str:
    """The card as a comment on a pull request; nothing of the skill can act as markup in it.

    Args:
        made: What is to be said of a generated skill.
    """
    lines = [
        f"### {escaped(card.name)}",
        "",
        f"`{code(card.skill)}`: {escaped(card.base_label)} → `{(card.tree or '')[:12]}`,"
        f" {plural(card.files, 'file')}, +{card.added:,} -{card.removed:,}",
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {label} | {escaped(''.join(text for text, _ in pieces))} |" for label, pieces in card_rows(card)),
        *([f"| generated | {escaped(made)} |"] if made else []),
        "",
    ]
    if card.bump.reasons:
        lines += [*(f"- {reason.level}: {escaped(reason.text)}" for reason in card.bump.reasons), ""]
    for title, findings in (("New findings", card.fresh), ("Fixed findings", card.fixed)):
        if findings:
            lines += [f"{title}:", "", *map(_finding, findings[:_MOST_LISTED]), ""]
            if len(findings) > _MOST_LISTED:
                lines += [f"{len(findings) - _MOST_LISTED:,} more are not listed.", ""]
    return "\n".join([*lines, f"_{CAUTION}_", ""])


def _finding(finding: Finding) -> str:
    return f"- {heading(finding.kind)}: `{code(finding.what)}` (`{code(finding.path)}`:{finding.line})"


def _strip(risks: Sequence[Risk]) -> Iterator[Piece]:
    for number, risk in enumerate(risks):
        if number:
            yield "  ", "plain"
        mark = "! " if risk.kind in ALARMING else ""
        yield f"{mark}{RISK_WORDS[risk.kind]}", "attention" if mark else "plain"
        if risk.kind in ("routing", "code", "data"):
            yield f" ({_some(risk.what)})", "muted"


def _can(findings: Sequence[Finding], sign: str, tone: str) -> list[Piece]:
    """What was gained or lost, by kind, in words: what is odd about the text first."""
    told = [finding for finding in findings if finding.certainty != "mention"]
    return [(f"{sign} {heading(kind)}: {_some([what for what, _ in found])}", tone) for kind, found in grouped(told)]


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    for number, piece in enumerate(pieces):
        if number:
            yield "  ", "plain"
        yield piece


def _size(card: Card) -> Iterator[Piece]:
    before, after = card.tokens
    if before is None:
        yield f"about {after:,} tokens", "plain"
    elif before == after:
        yield f"about {after:,} tokens, as before", "plain"
    else:
        yield f"about {before:,} → {after:,} tokens ({after - before:+,})", "plain"


def _tests(card: Card) -> Iterator[Piece]:
    before, after = card.tests
    if card.base is not None:
        yield f"{_count(before)} → ", "muted"
    tone = "attention" if after is None else "bad" if after.failed else "good"
    yield _count(after), tone


def _evaluations(card: Card) -> Iterator[Piece]:
    """The last evaluation by a model on the tree, where there was one: on it, or only before."""
    before, after = card.evaluations
    if after is not None:
        tone = "good" if after.runs and after.whole == after.runs else "attention"
        was = f"{before.whole} of {before.runs} → " if before is not None and card.base != card.tree else ""
        yield "   evals ", "muted"
        yield f"{was}{after.whole} of {plural(after.runs, 'run')} held", tone
    elif before is not None:
        yield "   evals ", "muted"
        yield f"{before.whole} of {before.runs} → not run", "attention"


def _count(count: TestCount | None) -> str:
    if count is None:
        return "not run"
    skipped = f", {count.skipped} skipped" if count.skipped else ""
    return f"{count.passed} passed, {count.failed} failed{skipped}"


def _findings(card: Card) -> Iterator[Piece]:
    yield f"{len(card.fresh):,} new", "attention" if card.fresh else "plain"
    yield f", {len(card.fixed):,} fixed, {card.unchanged:,} unchanged", "plain"


def _used(card: Card) -> Piece:
    used = card.usage
    if used is None or not used.calls:
        return f"no call in {USAGE_DAYS} days", "plain"
    failed = f", {used.failed / used.calls:.0%} failed" if used.failed else ", none failed"
    return f"{plural(used.calls, 'call')} in {USAGE_DAYS} days{failed}", "plain"


def _version(card: Card) -> Iterator[Piece]:
    bump = card.bump
    if card.base is None:
        yield f"{visible(bump.declared)}, the first" if bump.declared else "none; the first", "plain"
        return
    if bump.level == "none":
        yield "no step: nothing changed", "plain"
        return
    yield f"{bump.level}: ", "attention" if bump.level == "major" else "plain"
    if bump.version is None:
        yield "it had no version before", "muted"
    elif bump.enough:
        yield f"{visible(bump.before or '')} → {visible(bump.declared or '')}", "good"
    else:
        says = f", but it says {visible(bump.declared)}" if bump.declared else ", but it says none"
        yield f"{visible(bump.before or '')} → {bump.version}{says}", "attention"
    yield f"  {'; '.join(reason.text for reason in bump.reasons)}", "muted"


def _some(what: Sequence[str]) -> str:
    names = list(dict.fromkeys(what))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(visible(name) for name in names[:_NAMED]) + more
