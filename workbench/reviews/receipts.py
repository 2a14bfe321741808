"""A receipt: what was decided on one tree, by whom, for which reasons, dissent included, under one digest.

The digest is over the canonical form (JSON with sorted keys, no blanks, UTF-8, no fractions), so that a changed
reason shows, also where there is only the receipt. `checking_receipts` holds one against the records themselves.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from workbench.errors import ConflictError, InputError
from workbench.git import Repository
from workbench.reviews.digests import digest_of, digest_of_paths
from workbench.reviews.in_force import InForce
from workbench.reviews.ledger import Ledger
from workbench.reviews.listing import SkillRow
from workbench.reviews.model import POLICY_ID, Record
from workbench.reviews.policy_object import PATHS
from workbench.reviews.survey import Background
from workbench.reviews.tag_evidence import named_release
from workbench.skills.model import SKILL_FILE
from workbench.skills.reader import parse_skill
from workbench.text import visible, visible_block

SCHEMA = 1
DISSENT = ("request-changes", "revoke")

FIELDS = (
    "schema", "skill", "name", "version", "tree", "digest", "library", "reviews", "policy", "decisions", "dissent",
    "receipt",
)  # fmt: skip


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
    repository: Repository, row: SkillRow, background: Background, tree: str, version: str | None = None
) -> dict[str, Any]:
    """The receipt of one tree of a skill, as plain data.

    Args:
        version: The version that the tree was released as; by default the one that it says it is.

    Raises:
        InputError: Nothing was ever decided on that tree, or git does not have it.
        ConflictError: The reviews have to be united first.
    """
    ledger, in_force = background.ledger, background.in_force
    if ledger.head is None:
        raise InputError("there are no reviews here", where=visible(str(repository.root)))
    if ledger.beside is not None:
        what = "the reviews here and the remote's each have what the other lacks, and a receipt names one commit"
        raise ConflictError(what, where=visible(str(repository.root)), remedy="workbench review sync unites them")
    decided = decided_on(ledger, row.id, tree)
    if not decided:
        first = row.id == POLICY_ID and tree == in_force.tree
        remedy = "a library's first policy counts without an approval" if first else None
        raise InputError(f"nothing was decided on the tree {tree[:12]}", where=visible(row.id), remedy=remedy)
    label = label_at(repository, row.id, tree)
    bytes_ = digest_at(repository, row.id, tree, in_force)
    if label is None or bytes_ is None:
        remedy = "git fetch --unshallow" if repository.is_shallow() else "git fetch"
        raise InputError(f"the tree {tree[:12]} is not in this clone", where=visible(row.id), remedy=remedy)
    body = {
        "schema": SCHEMA,
        "skill": row.id,
        "name": label.name,
        "version": version or label.version,
        "tree": tree,
        "digest": bytes_,
        "library": decided[0].raw.get("library") if ledger.libraries is None else next(iter(repository.roots()), None),
        "reviews": ledger.head,
        "policy": {"tree": in_force.tree, "commit": in_force.version.commit if in_force.version else None},
        "decisions": decisions(ledger, decided),
        "dissent": [record.file for record in decided if record.verdict in DISSENT],
    }
    return {**body, "receipt": digest(body)}


def decided_on(ledger: Ledger, skill: str, tree: str) -> list[Record]:
    """What was said of one tree of a skill, in the branch's order."""
    return [record for record in ledger.of(skill) if record.tree == tree and record.verdict != "baseline"]


def decisions(ledger: Ledger, decided: Sequence[Record]) -> list[dict[str, Any]]:
    """The records as a receipt holds them."""
    return [{**_decision(record), "signer_change": _change(ledger, record)} for record in decided]


class Label(NamedTuple):
    """What a tree calls itself."""

    name: str
    version: str | None


def label_at(repository: Repository, skill: str, tree: str) -> Label | None:
    """What a tree of a skill calls itself; None where git does not have it. The policy's has no file that says so."""
    found, file = repository.look_up([f"{tree}^{{tree}}", f"{tree}:{SKILL_FILE}"])
    if found is None and skill != POLICY_ID:
        return None
    data = repository.blobs([file[0]]).get(file[0], b"") if file and file[1] == "blob" else b""
    said = parse_skill(skill, data)
    return Label(said.name, said.version)


def digest_at(repository: Repository, skill: str, tree: str, in_force: InForce) -> str | None:
    """The digest of a tree's bytes; None where git does not have it.

    The policy's tree need not be an object: it is then read from a commit that has it.
    """
    if repository.resolve(f"{tree}^{{tree}}") is not None:
        return digest_of(repository, tree)
    if skill == POLICY_ID:
        commit = next((change.commit for change in in_force.changes if change.tree == tree), None)
        return digest_of_paths(repository, commit, PATHS) if commit else None
    return None


def _change(ledger: Ledger, record: Record) -> str | None:
    """What is to be said of the key of a record; None where it is the one that its reviewer is known by."""
    change = ledger.signer_changes.get(record.file)
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
    text = canonical({key: value for key, value in body.items() if key != "receipt"})
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def canonical(value: Any) -> str:
    """The one way to write a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


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
