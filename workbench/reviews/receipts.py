"""A receipt: what was decided on one tree, by whom, for which reasons, dissent included, under one digest.

The digest is over the canonical form (JSON with sorted keys, no blanks, UTF-8, no fractions), so that an erased dissent
or a changed reason shows, also where there is only the receipt; with the repository, each decision is held against the
records themselves.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import InputError
from workbench.git import Repository
from workbench.reviews.digests import digest_of
from workbench.reviews.ledger import records_at
from workbench.reviews.listing import SkillRow
from workbench.reviews.model import Record
from workbench.reviews.proving import prove
from workbench.reviews.survey import Background
from workbench.reviews.tag_evidence import named_release
from workbench.text import visible, visible_block

SCHEMA = 1
DISSENT = ("request-changes", "revoke")

_MAX_BYTES = 4 << 20
_OF_THE_DAY = ("proof", "signer", "counts", "why_not")
"""How a verdict is proved depends on the policy of the day; what was said does not."""


@dataclass(frozen=True, slots=True)
class ReceiptCheck:
    """Whether a receipt holds, and what is wrong where it does not; `notes` say what could not be checked."""

    ok: bool
    wrong: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The contract of `review verify-receipt --json`."""
        return {"ok": self.ok, "wrong": list(self.wrong), "notes": list(self.notes)}


def receipt_of_version(repository: Repository, row: SkillRow, background: Background, version: str) -> dict[str, Any]:
    """The receipt of the tree that a version released.

    Raises:
        RefusedError: The version's tag was moved.
        InputError: As `receipt_of`, or there is no such version.
    """
    release = named_release(background.releases.get(row.id, ()), version, visible(row.id))
    assert release.tree is not None
    return receipt_of(repository, row, background, release.tree, release.version)


def receipt_of(
    repository: Repository, row: SkillRow, background: Background, tree: str, version: str | None
) -> dict[str, Any]:
    """The receipt of one tree of a skill, as plain data.

    Raises:
        InputError: Nothing was ever decided on that tree, or git does not have it.
    """
    if background.ledger.head is None:
        raise InputError("there are no reviews here", where=visible(str(repository.root)))
    if repository.resolve(f"{tree}^{{tree}}") is None:
        raise InputError(f"the tree {tree[:12]} is not in this clone", where=visible(row.id), remedy="git fetch")
    decided = [record for record in row.standing.records if record.tree == tree and record.verdict != "baseline"]
    if not decided:
        raise InputError(f"nothing was decided on the tree {tree[:12]}", where=visible(row.id))
    in_force = background.in_force
    body = {
        "schema": SCHEMA,
        "skill": row.id,
        "name": row.name,
        "version": version,
        "tree": tree,
        "digest": digest_of(repository, tree),
        "library": next(iter(repository.roots()), None),
        "reviews": background.ledger.head,
        "policy": {"tree": in_force.tree, "commit": in_force.version.commit if in_force.version else None},
        "decisions": [{**_decision(record), "signer_change": _change(background, record)} for record in decided],
        "dissent": [record.file for record in decided if record.verdict in DISSENT],
    }
    return {**body, "receipt": digest(body)}


def _change(background: Background, record: Record) -> str | None:
    """What is to be said of the key of a record; None where it is the one that its reviewer is known by."""
    change = background.ledger.signer_changes.get(record.file)
    return change.text if change else None


def _decision(record: Record) -> dict[str, Any]:
    return {
        "verdict": record.verdict,
        "reviewer": {"name": record.reviewer_name, "email": record.reviewer_email},
        "reason": record.reason,
        "at": f"{record.at:%Y-%m-%dT%H:%M:%SZ}",
        "via": record.via,
        "proof": record.proof,
        "signer": record.signer,
        "counts": record.counts,
        "why_not": record.why_not,
        "answers": list(record.answers),
        "checks": _plain(record.raw.get("checks")),
        "comments": _plain(record.raw.get("comments")),
        **({"resolves": _plain(record.raw["resolves"])} if record.raw.get("resolves") else {}),
        "base": record.base,
        "record": record.file,
        "introduced": record.introduced,
    }


def _plain(value: Any) -> Any:
    """A value of a record as the canonical form can hold it: a fraction has no one way to be written, so it is text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) else value


def digest(body: Mapping[str, Any]) -> str:
    """`sha256:` and the digest of the canonical form of a receipt without its own digest."""
    kept = {key: value for key, value in body.items() if key != "receipt"}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def read_receipt(data: bytes, where: str) -> dict[str, Any]:
    """A receipt from its file.

    Raises:
        InputError: It is not one.
    """
    if len(data) > _MAX_BYTES:
        raise InputError(f"the file is larger than {_MAX_BYTES >> 20} MiB", where=where)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"it is not JSON: {visible(str(error))[:120]}", where=where) from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or not isinstance(found.get("decisions"), list):
        raise InputError("it is not a receipt of reviews", where=where, remedy="workbench review receipt makes one")
    return found


def check_receipt(
    receipt: Mapping[str, Any], repository: Repository | None, background: Background | None
) -> ReceiptCheck:
    """Hold a receipt against itself and, where there is one, against the repository's records.

    Args:
        receipt: As `read_receipt` gave it.
        repository: The library's; None where there is none, and only the receipt itself can be checked.
        background: Of that library, for the people its policy knows.
    """
    wrong = []
    if receipt.get("receipt") != digest(receipt):
        wrong.append("its digest is not that of what it says: it was changed after it was made")
    notes: tuple[str, ...] = ()
    head = receipt.get("reviews")
    if repository is None or background is None:
        notes = ("no repository here: only the receipt itself was checked",)
    elif not isinstance(head, str) or repository.resolve(f"{head}^{{commit}}") is None:
        notes = ("this clone does not have the reviews that it was made from: only the receipt itself was checked",)
    else:
        records = prove(records_at(repository, head), background.in_force.people, background.ledger.libraries)
        mine = [r for r in records if r.path == receipt.get("skill") and r.tree == receipt.get("tree")]
        wrong += _against(receipt, [record for record in mine if record.verdict != "baseline"])
        wrong += _bytes(receipt, repository)
    return ReceiptCheck(not wrong, tuple(wrong), notes)


def _against(receipt: Mapping[str, Any], records: Sequence[Record]) -> list[str]:
    """What differs between a receipt's decisions and the records."""
    said = {one["record"]: one for one in receipt["decisions"] if isinstance(one, dict) and "record" in one}
    wrong = []
    for record in records:
        shown = visible(record.file)
        mine = said.pop(record.file, None)
        if mine is None:
            what = "dissenting verdict" if record.verdict in DISSENT else "verdict"
            wrong.append(f"a {what} by {visible(record.reviewer_email)} is missing ({shown})")
            continue
        real = _decision(record)
        # How it is proved depends on the policy of the day; what was said does not.
        differs = [
            key
            for key in dict.fromkeys((*real, *mine))
            if key not in ("proof", "signer", "counts", "why_not") and mine.get(key) != real.get(key)
        ]
        if differs:
            wrong.append(f"{visible(', '.join(differs))} of a verdict differs from its record ({shown})")
    wrong += [f"a verdict has no record in the reviews ({visible(str(file))})" for file in said]
    dissent = [record.file for record in records if record.verdict in DISSENT]
    if receipt.get("dissent") != dissent:
        wrong.append("its list of dissent is not that of the records")
    return wrong


def _bytes(receipt: Mapping[str, Any], repository: Repository) -> list[str]:
    tree = receipt.get("tree")
    if not isinstance(tree, str) or repository.resolve(f"{tree}^{{tree}}") is None:
        return []
    real = digest_of(repository, tree)
    return (
        []
        if receipt.get("digest") == real
        else [f"it names the digest {visible(str(receipt.get('digest')))}, the tree has {real}"]
    )


def as_markdown(receipt: Mapping[str, Any]) -> str:
    """A receipt for people to read."""
    lines = [
        f"# Receipt of reviews: {_cell(receipt['name'])}",
        "",
        "| | |",
        "| --- | --- |",
        *(
            f"| {label} | `{_cell(receipt[key])}` |"
            for label, key in (
                ("skill", "skill"), ("version", "version"), ("tree", "tree"), ("digest", "digest"),
                ("library", "library"), ("reviews", "reviews"), ("receipt", "receipt"),
            )
        ),
        "",
    ]  # fmt: skip
    for one in receipt["decisions"]:
        who = f"{_cell(one['reviewer']['name'])} ({_cell(one['reviewer']['email'])})"
        counts = "" if one["counts"] else f" It does not count: {_cell(one['why_not'])}."
        lines += [
            f"## {one['verdict']} by {who}, {one['at']}",
            "",
            f"Proved by {one['proof']}, via {_cell(one['via'])}.{counts}",
        ]
        if one.get("signer_change"):
            lines += ["", f"The key changed: {_cell(one['signer_change'])}."]
        lines += ["", *(f"    {line}" for line in visible_block(one["reason"] or "no reason").split("\n")), ""]
        lines += _comment_lines(one)
        for name, value in (one["checks"] or {}).items():
            lines.append(f"- {_cell(name)}: {_cell(json.dumps(value, sort_keys=True))}")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _comment_lines(decision: Mapping[str, Any]) -> Iterator[str]:
    """What a decision says of lines; whatever a receipt's file holds there, it is shown as text."""
    comments = decision.get("comments")
    for comment in comments if isinstance(comments, list) else ():
        said = comment if isinstance(comment, Mapping) else {"text": comment}
        lines = "-".join(str(said[key]) for key in ("line", "end_line") if said.get(key) is not None)
        at = f", line {_cell(lines)}" if lines else ""
        place = f"`{_cell(said['path'])}`{at}" if said.get("path") else "In general"
        answers = f", an answer to `{_cell(said['reply_to'])}`" if said.get("reply_to") else ""
        yield f"{place}{answers}:"
        yield ""
        for key in ("text", "suggestion"):
            if said.get(key):
                yield from (f"    {line}" for line in visible_block(str(said[key])).split("\n"))
                yield ""
    resolves = decision.get("resolves")
    if isinstance(resolves, list) and resolves:
        yield f"It resolves {', '.join(f'`{_cell(one)}`' for one in resolves)}."
        yield ""


def _cell(value: object) -> str:
    """Text that can't leave its cell: no line ends, no bars, no markup of Markdown or HTML."""
    shown = visible(str(value if value is not None else "none"))
    for char, stand_in in (("|", "\\|"), ("`", "'"), ("<", "&lt;")):
        shown = shown.replace(char, stand_in)
    return shown
