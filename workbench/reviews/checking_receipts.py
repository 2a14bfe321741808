"""Whether a receipt holds: held against itself, and against the records that it was made from.

Where this clone has the library's reviews, what the receipt should say is made again at the commit of the reviews
branch that it names, and all of it is compared.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import InputError
from workbench.git import Repository
from workbench.reviews.in_force import unapproved_versions
from workbench.reviews.ledger import Ledger, records_at
from workbench.reviews.model import POLICY_ID, REVIEWS_REF, Record
from workbench.reviews.policy_object import PolicyVersion, read_people, version_at
from workbench.reviews.proving import People
from workbench.reviews.receipts import (
    DISSENT,
    FIELDS,
    canonical,
    decided_on,
    decisions,
    digest,
    digest_at,
    label_at,
)
from workbench.reviews.record_store import Records
from workbench.reviews.survey import Background
from workbench.text import visible

_BRANCH = REVIEWS_REF.removeprefix("refs/heads/")
_TEXTS = ("library", "digest", "skill", "tree", "reviews")


@dataclass(frozen=True, slots=True)
class ReceiptCheck:
    """Whether a receipt holds, and what is wrong where it does not; `notes` say what could not be checked.

    Attributes:
        by_records: Whether it was held against the library's records, and not only against itself.
    """

    ok: bool
    wrong: tuple[str, ...]
    notes: tuple[str, ...] = ()
    by_records: bool = False

    @property
    def held(self) -> str:
        """What is to be said of one that is right, in words."""
        return "the receipt holds" if self.by_records else "the receipt agrees with itself"

    def to_json(self) -> dict[str, Any]:
        """The contract of `review verify-receipt --json`."""
        return {"ok": self.ok, "wrong": list(self.wrong), "notes": list(self.notes), "by_records": self.by_records}


def check_receipt(
    receipt: Mapping[str, Any], repository: Repository | None, background: Background | None
) -> ReceiptCheck:
    """Hold a receipt against itself and, where there is one, against the repository's records.

    Args:
        receipt: As `load_receipt` gave it.
        repository: The library's; None where there is none, and only the receipt itself can be checked.
        background: Of that library, with the releases of all its skills.

    Raises:
        InputError: It is a receipt of this library, and the clone has no reviews to hold it against.
    """
    if odd := [f"its {key} is no text" for key in _TEXTS if not isinstance(receipt.get(key), str | None)]:
        return ReceiptCheck(False, tuple(odd), ())
    wrong = list(_by_itself(receipt))
    if repository is None or background is None:
        return ReceiptCheck(not wrong, tuple(wrong), ("no repository here: only the receipt itself was checked",))
    here = _Here(repository, background)
    if not here.is_of_this_library(receipt):
        library = visible(str(receipt.get("library")))[:40]
        note = f"it is a receipt of another library ({library}): only the receipt itself was checked"
        return ReceiptCheck(not wrong, tuple(wrong), (note,))
    if background.ledger.head is None:
        raise InputError(
            "this clone has no reviews to hold the receipt against",
            where=visible(str(repository.root)),
            remedy=f"git fetch origin {_BRANCH}:{_BRANCH}",
        )
    if not here.has_reviews(receipt.get("reviews")):
        named = visible(str(receipt.get("reviews")))[:12]
        wrong.append(
            f"it names the reviews at {named}, which are not on this clone's branch {_BRANCH}; "
            "if those of somebody else are missing here: workbench review sync"
        )
        return ReceiptCheck(False, tuple(wrong))
    notes, differs = here.compared(receipt)
    wrong += differs
    return ReceiptCheck(not wrong, tuple(wrong), tuple(notes), by_records=True)


def _by_itself(receipt: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a receipt for everybody to see."""
    if receipt.get("receipt") != digest(receipt):
        yield "its digest is not that of what it says: it was changed after it was made"
    if more := sorted(receipt.keys() - FIELDS):
        yield f"it says what no receipt says: {visible(', '.join(more))[:200]}"
    if lacking := [key for key in FIELDS if key not in receipt]:
        yield f"it lacks {', '.join(lacking)}"
    some = receipt["decisions"]
    if not all(isinstance(one, dict) and isinstance(one.get("record"), str) for one in some):
        yield "a verdict in it names no record"
        return
    for (file, _), times in Counter(map(_key, some)).items():
        if times > 1:
            yield f"a verdict is there {times} times ({visible(file)[:200]})"
    if receipt.get("dissent") != [one["record"] for one in some if one.get("verdict") in DISSENT]:
        yield "its list of dissent is not that of its verdicts"


def _key(decision: Mapping[str, Any]) -> tuple[str, str]:
    """What names a decision: a record that was edited is there once more, under the same file."""
    return str(decision["record"]), str(decision.get("introduced"))


class _Here:
    """What this clone knows of the library.

    Args:
        repository: The library's.
        background: As for `check_receipt`.
    """

    def __init__(self, repository: Repository, background: Background) -> None:
        self._repository = repository
        self._background = background
        self._ledger = background.ledger
        roots = frozenset(repository.roots())
        # Where the clone is shallow its oldest commit is no root: the records say of which library they are.
        self._libraries = roots if not repository.is_shallow() else _said_libraries(self._ledger.records)

    def is_of_this_library(self, receipt: Mapping[str, Any]) -> bool:
        """Whether anything in a receipt is of this library: what it says of itself, its reviews, or a record."""
        if receipt.get("library") in self._libraries or self.has_reviews(receipt.get("reviews")):
            return True
        files = {record.file for record in self._ledger.records}
        return any(isinstance(one, dict) and one.get("record") in files for one in receipt["decisions"])

    def has_reviews(self, commit: object) -> bool:
        """Whether the reviews branch has, or had, a commit at its head."""
        head = self._ledger.head
        return head is not None and _is_id(commit, head) and self._repository.is_ancestor(str(commit), head)

    def compared(self, receipt: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """Notes, and what differs from the receipt that is made again."""
        skill, tree = str(receipt.get("skill")), str(receipt.get("tree"))
        then = Ledger(
            str(receipt["reviews"]),
            Records.of_these(records_at(self._repository, str(receipt["reviews"]))),
            self._ledger.libraries,
        )
        notes, wrong, people = self._policy(receipt, then)
        then = then.proved(people)
        decided = decided_on(then, skill, tree)
        if not decided:
            return notes, [*wrong, "nothing was decided on that tree of that skill when it was made"]
        wrong += _against(receipt, decisions(then, decided))
        if receipt.get("library") not in self._libraries:
            wrong.append(f"it names the library {visible(str(receipt.get('library')))[:40]}, and is of this one")
        wrong += self._content(receipt, skill, tree, decided)
        notes += self._later(skill, tree, decided)
        if not self._repository.resolve(f"{tree}^{{tree}}") and skill != POLICY_ID:
            notes.append("its tree is not in this clone: its name and version were not checked")
        return notes, wrong

    def _policy(self, receipt: Mapping[str, Any], then: Ledger) -> tuple[list[str], list[str], People]:
        """Notes, what is wrong with the policy that a receipt names, and whom that policy knows."""
        in_force = self._background.in_force
        said = receipt.get("policy")
        if not isinstance(said, dict) or said.keys() != {"tree", "commit"}:
            return [], ["it does not say which policy was in force"], in_force.people
        tree, commit = said["tree"], said["commit"]
        approved = {r.tree for r in then.of(POLICY_ID) if r.counts and r.verdict == "approve"}
        under = [r for r in then.of(str(receipt.get("skill"))) if r.tree == receipt.get("tree") and r.raw.get("policy")]
        if (tree, commit) == (None, None) and under:
            return [], ["it names no policy, and its verdicts were given under one"], in_force.people
        if (tree, commit) == (None, None) and not approved:
            later = ["it was made before there was the policy that is in force now"] if in_force.tree else []
            return later, [], People()
        if not _is_id(tree, str(then.head)) or not _is_id(commit, str(then.head)):
            return [], ["it does not name the policy that was in force"], in_force.people
        if in_force.cut:
            return ["shallow clone: the policy that it names can't be checked"], [], self._people(tree, commit)
        head = self._background.head
        first = {version.tree for version in unapproved_versions(self._repository, head)} if head else set()
        if tree not in approved | first:
            return [], [f"it names the policy {tree[:12]}, which was never in force"], in_force.people
        if self._repository.resolve(f"{commit}^{{commit}}") is None:
            return ["the commit of its policy is not in this clone, its tree is"], [], self._people(tree, commit)
        if version_at(self._repository, commit).tree != tree:
            what = f"it names the policy {tree[:12]}, and the commit that it names has another"
            return [], [what], self._people(tree, tree)
        notes = [] if tree == in_force.tree else ["it was made under a policy that is not in force any more"]
        return notes, [], self._people(tree, commit)

    def _people(self, tree: str, commit: str) -> People:
        """Whom a version of the policy knows: read at its commit, else from its tree, which its approval keeps."""
        held = next((one for one in (commit, tree) if self._repository.resolve(f"{one}^{{tree}}")), None)
        if held is None:
            return self._background.in_force.people
        return read_people(self._repository, PolicyVersion(held, tree, written=True))

    def _content(self, receipt: Mapping[str, Any], skill: str, tree: str, decided: Sequence[Record]) -> Iterator[str]:
        """What a receipt says of the tree itself and the tree does not."""
        real = digest_at(self._repository, skill, tree, self._background.in_force)
        claims = {real} if real else {record.digest for record in decided}
        if receipt.get("digest") not in claims:
            shown = ", ".join(sorted(map(visible, filter(None, claims)))) or "none that is known"
            yield f"it names the digest {visible(str(receipt.get('digest')))[:80]}, the tree has {shown}"
        label = label_at(self._repository, skill, tree)
        if label is None:
            return
        if receipt.get("name") != label.name:
            yield f"it names the skill '{visible(str(receipt.get('name')))[:80]}', the tree '{visible(label.name)}'"
        releases = self._background.releases.get(skill, ())
        released = (one.version for one in releases if one.tree == tree and not one.moved)
        if receipt.get("version") not in (label.version, *released):
            own = visible(label.version or "none")
            yield f"it names the version {visible(str(receipt.get('version')))[:80]}, the tree has {own}"

    def _later(self, skill: str, tree: str, decided: Sequence[Record]) -> Iterator[str]:
        """The dissent that came after a receipt, or that was left out of it by naming an older state of the branch."""
        known = {(record.file, record.blob) for record in decided}
        for record in decided_on(self._ledger, skill, tree):
            if record.counts and record.verdict in DISSENT and (record.file, record.blob) not in known:
                who = f"{visible(record.reviewer_email)} on {record.at:%Y-%m-%d}"
                yield f"it does not hold a later {record.verdict} by {who} ({visible(record.file)})"


def _said_libraries(records: Iterable[Record]) -> frozenset[str]:
    return frozenset(str(record.raw["library"]) for record in records if record.counts and record.raw.get("library"))


def _is_id(value: object, like: str) -> bool:
    """Whether a value from a receipt may be given to git: the full id of an object, and not an option or a NUL."""
    return isinstance(value, str) and len(value) == len(like) and re.fullmatch(r"[0-9a-f]+", value) is not None


def _against(receipt: Mapping[str, Any], real: Sequence[Mapping[str, Any]]) -> list[str]:
    """What differs between a receipt's decisions and those of the records."""
    named = [one for one in receipt["decisions"] if isinstance(one, dict) and "record" in one]
    said = {_key(one): one for one in named}
    wrong = []
    for one in real:
        shown = visible(one["record"])
        mine = said.pop(_key(one), None)
        if mine is None:
            what = "dissenting verdict" if one["verdict"] in DISSENT else "verdict"
            wrong.append(f"a {what} by {visible(one['reviewer']['email'])} is missing ({shown})")
            continue
        keys = dict.fromkeys((*one, *mine))
        differs = [key for key in keys if canonical(mine.get(key)) != canonical(one.get(key))]
        if differs:
            wrong.append(f"{visible(', '.join(differs))[:200]} of a verdict differs from its record ({shown})")
    wrong += [f"a verdict has no record in the reviews ({visible(file)[:200]})" for file, _ in said]
    if not wrong and [_key(one) for one in named] != [_key(one) for one in real]:
        wrong.append("its verdicts are not in the order of the records")
    return wrong
