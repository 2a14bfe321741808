"""What a change set is about: the card of each of its skills, and one comment for the whole pull request."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from workbench.errors import InputError
from workbench.git import Repository
from workbench.reviews import card_text
from workbench.reviews.card import Card, card_of
from workbench.reviews.changeset import Changed, ChangeSet
from workbench.reviews.markdown_text import code, escaped
from workbench.storage import Store
from workbench.text import plural, visible

MARKER = "<!-- skill-workbench: review card -->"
"""The first line of the Markdown, by which whoever posts it finds the comment to update."""

_MOST_LISTED = 50


def card_in(repository: Repository, one: Changed, label: str, store: Store | None, today: date) -> Card | None:
    """The card of one skill of a set; None where the set removes it.

    Args:
        label: What it is compared with.
        store: Where runs and calls are kept; None where it can't be opened.
        today: The day that use is counted up to.

    Raises:
        InputError: A tree is too large, or not in this clone.
    """
    if one.tree is None:
        return None
    with repository.work_tree([]) as scratch:
        return card_of(scratch.run, one.diff(label), store, today)


def cards_json(found: ChangeSet, cards: Mapping[str, Card | InputError | None]) -> dict[str, Any]:
    """The contract of `review card --range --format json`: the set, and the card of each skill."""
    said = found.to_json()
    for one in said["skills"]:
        card = cards[one["path"]]
        one["card"] = card.to_json() if isinstance(card, Card) else None
        one["no_card"] = str(card) if isinstance(card, InputError) else None
    return said


def as_text(
    found: ChangeSet,
    cards: Mapping[str, Card | InputError | None],
    paint: Callable[[str, str], str] = lambda text, _tone: text,
) -> Iterator[str]:
    """The cards for a terminal; `paint(text, tone)` may add colour."""
    yield visible(f"{found.ends.range}: {_counted(found)}, at {found.ends.head[:12]}")
    for one in found.skills:
        yield ""
        card = cards[one.skill.id]
        if isinstance(card, Card):
            yield from card_text.as_text(card, paint)
        else:
            yield visible(f"{one.skill.id}: {_instead(card)}")
    yield from ("", *map(visible, _beside(found)))


def as_markdown(found: ChangeSet, cards: Mapping[str, Card | InputError | None]) -> str:
    """One comment for a pull request, `MARKER` on its first line; nothing of the skills can act as markup in it."""
    lines = [
        MARKER,
        f"## Skills in {escaped(_short(found.ends.range))}",
        "",
        f"{_counted(found)}, at `{found.ends.head[:12]}`.",
        "",
    ]
    if found.skills:
        lines += ["| skill | state | risk | lines | can do more |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(one) for one in found.skills]
        lines.append("")
    lines += [f"- {escaped(said)}" for said in _beside(found)]
    lines.append("")
    for one in found.skills:
        card = cards[one.skill.id]
        if isinstance(card, Card):
            lines.append(card_text.as_markdown(card))
        else:
            lines += [f"### {escaped(one.skill.name)}", "", f"`{code(one.skill.id)}`: {escaped(_instead(card))}", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(one: Changed) -> str:
    added, removed = (sum(getattr(file, side) for file in one.files) for side in ("added", "removed"))
    state = one.standing.state.replace("-", " ") if one.standing else "removed"
    gains = escaped(", ".join(sorted(one.gains or ())) or "nothing")
    return f"| `{code(one.skill.id)}` | {state} | {one.risk} | +{added:,} -{removed:,} | {gains} |"


def _counted(found: ChangeSet) -> str:
    repeated = f", {found.repeated:,} of them repeated" if found.repeated else ""
    return f"{plural(len(found.skills), 'skill')}, {plural(found.hunks, 'changed place')}{repeated}"


def _instead(card: InputError | Card | None) -> str:
    return f"no card: {card}" if isinstance(card, InputError) else "removed"


def _beside(found: ChangeSet) -> Iterator[str]:
    """What the set changes besides the skills that are shown, a sentence each; the texts are not made visible."""
    if found.policy_changes:
        yield "The library's rules change too; they are approved apart, as @policy."
    for id_ in found.excluded[:_MOST_LISTED]:
        yield f"{id_} changed, and the policy leaves it out."
    if found.outside:
        some = ", ".join(found.outside[:_MOST_LISTED])
        more = f" and {len(found.outside) - _MOST_LISTED:,} more" if len(found.outside) > _MOST_LISTED else ""
        yield f"{plural(len(found.outside), 'changed file')} outside these skills: {some}{more}."


def _short(range_: str) -> str:
    """A range as one says it: `origin/main...HEAD`."""
    return range_.replace("refs/remotes/", "").replace("refs/heads/", "")
