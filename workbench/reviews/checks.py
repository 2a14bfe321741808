"""How the checks of a skill stand when a verdict is given: what a record keeps under `checks`."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

from workbench.analytics.usage import SkillTestRun, last_test_run
from workbench.errors import InputError, WorkbenchError
from workbench.git import Repository, TreeEntry
from workbench.policy.decide import check_matters
from workbench.reviews.described import LINK, tokens_of
from workbench.reviews.in_force import InForce
from workbench.reviews.model import Checks
from workbench.reviews.read_ahead import ReadAhead
from workbench.skills.capabilities import SCANNER, scan_file
from workbench.skills.capabilities.accepted import FILE as ACCEPTED
from workbench.skills.capabilities.accepted import accepted_in, parse_accepted
from workbench.skills.contents import Content
from workbench.skills.model import Skill
from workbench.storage import Store
from workbench.text import visible

ROOM = 512 << 10
"""Bytes of changed files that are looked through while somebody waits for a verdict to be recorded."""
MOST = 16 << 20
"""The same where the policy asks for it, so that it is worth waiting for."""
_MOST_WORDS = 8 << 20
_MOST_FILES = 20_000


class CaseNames(Protocol):
    """Gives the names of the cases that a tree of a skill has."""

    def __call__(self, skill: Skill, tree: str) -> Collection[str]:
        """The names."""


@dataclass(slots=True)
class Examiner:
    """Finds out how the checks of trees stand; what is unknown is left out, and where that may surprise, told.

    Attributes:
        store: Where test runs are kept; None where it can't be opened.
        case_names: Asked only where there was a run.
        accepted: Fingerprints of the findings of a skill that the policy in force accepts.
        demanded: Whether a rule asks for the findings of a skill.
        room: Bytes of changed files that may still be looked through for capabilities, over all trees.
        ahead: What was read of them beforehand, where many are judged at once.
    """

    repository: Repository
    store: Store | None
    case_names: CaseNames
    accepted: Callable[[str], Collection[str]]
    demanded: Callable[[str], bool]
    room: int = ROOM
    ahead: ReadAhead = field(init=False)

    def __post_init__(self) -> None:
        self.ahead = ReadAhead(self.repository)

    def __call__(self, skill: Skill, tree: str, base: str | None) -> Checks:
        """Validation, the tests that ran on exactly this tree, and what changed since `base` (None: since nothing)."""
        errors = any(problem.severity == "error" for problem in skill.problems) or not skill.loads
        fields: dict[str, Any] = {"validation": "fail" if errors else "pass"}
        run = _last_run(self.store, skill.id, tree)
        # A run of some cases only says nothing about the skill.
        if run and set(self.case_names(skill, tree)) <= {case.name for case in run.cases}:
            fields["tests"] = {"passed": run.passed, "failed": run.failed}
        if self.store is not None and base and base != tree:
            from workbench.reviews.retesting import compared_before

            better = compared_before(self.store, skill.id, tree, base)
            fields |= {} if better is None else {"compare": "pass" if better else "fail"}
        unknown = []
        for name, examine in (("findings", self._findings), ("tokens", self._tokens)):
            try:
                fields[name] = examine(skill, tree, base)
            except WorkbenchError as error:
                unknown.append(f"the record of {visible(skill.id)} says nothing of {name}: {visible(error.what)}")
        return Checks(fields, tuple(unknown))

    def _findings(self, skill: Skill, tree: str, base: str | None) -> Mapping[str, int]:
        """Risky findings that are new and gone; a file that is the same in both trees has neither."""
        after, before = self._files(tree), self._files(base) if base else {}
        paths = [path for path in (before | after) if before.get(path) != after.get(path)]
        changed = [(path, before.get(path), after.get(path)) for path in paths]
        if any(entry.kind == "commit" for _, *sides in changed for entry in sides if entry):
            raise InputError("it has a submodule, whose files git does not hold")
        ids = {side.id for _, *sides in changed for side in sides if side and side.mode != LINK}
        size = sum(self.ahead.sizes(ids).values())
        room = MOST if self.demanded(skill.id) else self.room
        if size > room:
            raise InputError(f"{-(-size >> 10):,} KiB of files changed, more than are looked through here")
        self.room -= min(size, self.room)
        blobs = self.ahead.blobs(ids)
        was = _risky([(path, old) for path, old, _ in changed], blobs)
        now = _risky([(path, new) for path, _, new in changed], blobs)
        fresh = now - was
        accepted = len(fresh & set(self.accepted(skill.id)))
        counts = {"new": len(fresh) - accepted, "fixed": len(was - now), "scanner": SCANNER}
        return {**counts, "accepted": accepted} if accepted else counts

    def _tokens(self, skill: Skill, tree: str, base: str | None) -> Mapping[str, int | None]:
        return {"before": self._total(skill, base) if base else None, "after": self._total(skill, tree)}

    def _files(self, tree: str) -> dict[str, TreeEntry]:
        known = self.ahead.files(tree)
        return _files(self.repository, tree) if known is None else known

    def _total(self, skill: Skill, tree: str) -> int:
        words = {
            path: entry
            for path, entry in self._files(tree).items()
            if path.lower().endswith(".md") and entry.kind == "blob"
        }
        size = sum(self.ahead.sizes(entry.id for entry in words.values()).values())
        if size > _MOST_WORDS:
            raise InputError(f"its Markdown has more than {_MOST_WORDS >> 20} MiB")
        blobs = self.ahead.blobs(entry.id for entry in words.values())
        contents = {path: Content(entry.mode, _content(blobs, path, entry)) for path, entry in words.items()}
        return tokens_of(contents, skill.id).total


def examiner(repository: Repository, store: Store | None, in_force: InForce, root: Path | None = None) -> Examiner:
    """What finds out how checks stand under the policy in force.

    Args:
        repository: The library's.
        store: The user's; None where it can't be opened.
        in_force: Whose accepted findings are not new, and whose rules may ask for findings.
        root: The library's folder, where what is judged is what stands there; None where it is in git alone.
    """

    def case_names(skill: Skill, tree: str) -> list[str]:
        from workbench.testing.cases import load_cases

        return [case.name for case in load_cases(root, skill)[0]] if root else cases_in(repository, skill, tree)

    def demanded(skill: str) -> bool:
        return in_force.policy is not None and check_matters(in_force.policy, skill, "findings")

    file = cache(partial(_accepted_file, repository, in_force))
    return Examiner(repository, store, case_names, partial(_accepted, file), demanded)


def _accepted(file: Callable[[], bytes | None], skill: str) -> Collection[str]:
    """Fingerprints of a skill's findings that the policy in force accepts; none where its file can't be read."""
    data = file()
    try:
        return accepted_in(skill, parse_accepted(data)) if data is not None else ()
    except InputError:
        return ()


def _accepted_file(repository: Repository, in_force: InForce) -> bytes | None:
    version = in_force.version
    found = repository.look_up([f"{version.commit}:{ACCEPTED}"])[0] if version else None
    return repository.blobs([found[0]]).get(found[0], b"") if found else None


def cases_in(repository: Repository, skill: Skill, tree: str) -> list[str]:
    """The names of the cases that a tree of a skill brings."""
    from workbench.testing.cases import load_cases
    from workbench.testing.old_trees import scratch_library

    with scratch_library(repository.run, skill.id, tree) as root:
        return [case.name for case in load_cases(root, skill)[0]]


@lru_cache(maxsize=16)
def _files(repository: Repository, tree: str) -> dict[str, TreeEntry]:
    if repository.resolve(f"{tree}^{{tree}}") is None:
        raise InputError(f"the tree {tree[:12]} is not in this clone")
    entries = repository.entries(tree, "-r")
    if len(entries) > _MOST_FILES:
        raise InputError(f"it has more than {_MOST_FILES:,} files")
    return {entry.path: entry for entry in entries}


def _risky(sides: Iterable[tuple[str, TreeEntry | None]], blobs: Mapping[str, bytes]) -> set[str]:
    """The fingerprints of what a person should have looked at in these files."""
    found: set[str] = set()
    for path, entry in sides:
        if entry is not None and entry.mode != LINK:
            data = _content(blobs, path, entry)
            findings = scan_file(path, data, executable=entry.mode == "100755")
            found |= {finding.fingerprint for finding in findings if finding.risky}
    return found


def _content(blobs: Mapping[str, bytes], path: str, entry: TreeEntry) -> bytes:
    if entry.id not in blobs:
        raise InputError("a file's content is not in this clone", where=visible(path))
    return blobs[entry.id]


def _last_run(store: Store | None, skill: str, tree: str) -> SkillTestRun | None:
    try:
        return last_test_run(store, skill, tree) if store is not None else None
    except WorkbenchError:
        return None
