"""Comments that this user wrote and has not sent: kept in the store, so that they survive whatever happens.

Each carries its lines with what surrounds them, so that it is found again in any later state, also where the state it
was written on was never committed.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.errors import ConflictError, InputError
from workbench.reviews.anchoring import Spot, find
from workbench.reviews.comments import Comment, Side, place_text, quoted
from workbench.reviews.tree_files import TreeFiles
from workbench.storage import Store
from workbench.text import visible

MAX_DRAFTS = 200
"""So many drafts one skill may have: what one record holds."""
_COLUMNS = "key, library, skill, tree, path, side, spot, text, suggestion, reply_to, resolves, at"


@dataclass(frozen=True, slots=True)
class Draft:
    """One comment that was not sent.

    Attributes:
        id: The user's number for it; 0 before it is kept.
        key: Random; another one after every edit.
        tree: The tree that has the line.
        spot: The lines; None for a whole file, or the skill as a whole.
        resolves: The thread that it resolves, besides or instead of saying something.
        at: When it was written, UTC milliseconds.
    """

    skill: str
    text: str
    id: int = 0
    key: str = ""
    tree: str | None = None
    path: str | None = None
    side: Side = "new"
    spot: Spot | None = None
    suggestion: str | None = None
    reply_to: str | None = None
    resolves: str | None = None
    at: int = 0

    @property
    def place(self) -> str:
        """Where it was written; not sanitised."""
        return place_text(self.path, self.spot.line if self.spot else None, self.spot.end_line if self.spot else None)

    @property
    def says(self) -> bool:
        """Whether it says anything, besides that a thread is resolved."""
        return bool(self.text.strip()) or self.suggestion is not None


@dataclass(frozen=True, slots=True)
class PlacedDraft:
    """A draft where its lines are now.

    Attributes:
        line: None for a whole file, the skill as a whole, an answer, or where it is outdated. Likewise `end_line`.
        context: Of the lines where they are now.
        tree: The tree that has the line now.
    """

    draft: Draft
    path: str | None = None
    line: int | None = None
    end_line: int | None = None
    side: Side = "new"
    outdated: bool = False
    context: str | None = None
    tree: str | None = None

    @property
    def place(self) -> str:
        """Where it is now, or was written; not sanitised."""
        return place_text(self.path, self.line, self.end_line) if self.line else self.draft.place

    def to_json(self) -> dict[str, Any]:
        """One item of `review draft list --json`."""
        draft = self.draft
        return {
            "id": draft.id, "skill": draft.skill, "path": self.path or draft.path, "line": self.line,
            "end_line": self.end_line, "side": self.side, "outdated": self.outdated, "text": draft.text,
            "suggestion": draft.suggestion, "reply_to": draft.reply_to, "resolves": draft.resolves,
            "made_at": {
                "path": draft.path, "line": draft.spot.line if draft.spot else None,
                "end_line": draft.spot.end_line if draft.spot else None, "tree": draft.tree,
            },
        }  # fmt: skip


def drafts_of(store: Store, library: str, skill: str) -> tuple[Draft, ...]:
    """The drafts on one skill, oldest first."""
    sql = f"SELECT id, {_COLUMNS} FROM draft WHERE library = ? AND skill = ? ORDER BY id"  # noqa: S608 - no user data
    return tuple(_draft(row) for row in store.query(sql, (library, skill)))


def add(store: Store, library: str, draft: Draft) -> Draft:
    """Keep a draft; gives it with its id.

    Raises:
        ConflictError: The skill has as many as one record holds.
    """
    kept = replace(draft, key=secrets.token_hex(8))
    with store.transaction() as connection:
        asked = (library, draft.skill)
        count = connection.execute("SELECT count(*) FROM draft WHERE library = ? AND skill = ?", asked).fetchone()[0]
        if count >= MAX_DRAFTS:
            what = f"this skill has {MAX_DRAFTS} drafts, which is as many as one verdict sends"
            raise ConflictError(what, where=visible(draft.skill), remedy="send or remove some first")
        values = (kept.key, library, kept.skill, kept.tree, kept.path, kept.side, _spot_json(kept.spot), kept.text,
                  kept.suggestion, kept.reply_to, kept.resolves, kept.at)  # fmt: skip
        marks = ", ".join("?" * len(values))
        done = connection.execute(f"INSERT INTO draft ({_COLUMNS}) VALUES ({marks})", values)  # noqa: S608 - no user data
        return replace(kept, id=int(done.lastrowid or 0))


def edit(store: Store, library: str, skill: str, id_: int, text: str, suggestion: str | None) -> None:
    """Change what a draft says. It counts as another one then, so that an edit is never lost to a sending.

    Raises:
        InputError: There is no such draft.
    """
    with store.transaction() as connection:
        done = connection.execute(
            "UPDATE draft SET text = ?, suggestion = ?, key = ? WHERE id = ? AND library = ? AND skill = ?",
            (text, suggestion, secrets.token_hex(8), id_, library, skill),
        )
        if not done.rowcount:
            raise _missing(id_, skill)


def remove(store: Store, library: str, skill: str, ids: Sequence[int]) -> None:
    """Take drafts away.

    Raises:
        InputError: One of them is not there; then none is taken away.
    """
    with store.transaction() as connection:
        for id_ in ids:
            asked = (id_, library, skill)
            if not connection.execute("DELETE FROM draft WHERE id = ? AND library = ? AND skill = ?", asked).rowcount:
                raise _missing(id_, skill)


def sent(store: Store, keys: Sequence[str]) -> None:
    """Take away what was sent; a draft that was edited meanwhile has another key and stays."""
    with store.transaction() as connection:
        connection.executemany("DELETE FROM draft WHERE key = ?", [(key,) for key in keys])


def place(draft: Draft, files: TreeFiles, *, tree: str | None, base: str | None) -> PlacedDraft:
    """Where a draft's lines are: those of side `new` in `tree`, those of side `old` in `base` or its own tree."""
    if draft.reply_to or draft.path is None:
        return PlacedDraft(draft, draft.path)
    shown = [tree] if draft.side == "new" else [base, draft.tree]
    for one in shown:
        if one is None or files.entry(one, draft.path) is None:
            continue
        if draft.spot is None:
            return PlacedDraft(draft, draft.path, tree=one)
        lines = files.lines(one, draft.path)
        at = find(draft.spot, lines) if lines is not None else None
        if at is not None and lines is not None:
            end = at + len(draft.spot.within) - 1
            context = replace(draft.spot, before=lines[: at - 1], after=lines[end : end + 10]).context
            return PlacedDraft(draft, draft.path, at, end, draft.side, context=context, tree=one)
    return PlacedDraft(draft, draft.path, side=draft.side, outdated=True)


def as_comment(placed: PlacedDraft) -> Comment:
    """What a record keeps of a draft; one that is outdated brings its lines along."""
    draft = placed.draft
    return Comment(
        draft.text,
        path=None if draft.reply_to else placed.path,
        line=placed.line,
        end_line=placed.end_line,
        side=placed.side,
        context=placed.context,
        tree=placed.tree if placed.line and placed.side == "old" else None,
        quote=quoted(draft.spot.within) if placed.outdated and draft.spot else None,
        suggestion=draft.suggestion,
        reply_to=draft.reply_to,
        key=draft.key,
    )


def _missing(id_: int, skill: str) -> InputError:
    remedy = f"workbench review draft list {visible(skill)}"
    return InputError(f"there is no draft {id_} on this skill", where=visible(skill), remedy=remedy)


def _spot_json(spot: Spot | None) -> str | None:
    if spot is None:
        return None
    kept = (spot.line, spot.within, spot.before[-30:], spot.after[:30], spot.alone)
    return json.dumps(kept)


def _draft(row: Any) -> Draft:
    spot = None
    if row["spot"]:
        line, within, before, after, alone = json.loads(row["spot"])
        spot = Spot(line, tuple(within), tuple(before), tuple(after), alone)
    return Draft(
        row["skill"], row["text"], row["id"], row["key"], row["tree"], row["path"], row["side"], spot,
        row["suggestion"], row["reply_to"], row["resolves"], row["at"],
    )  # fmt: skip
