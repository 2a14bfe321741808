"""Adopting: skills from anywhere copied into one personal git library, as one baseline, "as found, unread".

Nothing is moved or changed where it was found. A skill that was adopted before is copied again only while the library's
copy is still as it was adopted; one that was changed here is reported instead. What goes wrong half way is taken back.
"""

import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from workbench.errors import CancelledError, ConflictError, InputError
from workbench.git import Identity, Repository
from workbench.reviews import ledger
from workbench.reviews.adopting import baseline, history, storing
from workbench.reviews.adopting.collect import collect
from workbench.reviews.adopting.keeping import keep_origins
from workbench.reviews.adopting.lock import one_at_a_time
from workbench.reviews.adopting.model import Adopted, Adoption, Findings, Found, Outcome, Plugin, Source
from workbench.reviews.adopting.placing import Places
from workbench.reviews.lockfile import LOCK_FILE
from workbench.reviews.model import REVIEWS_REF
from workbench.reviews.trees import current_trees, skills_at, trees_at
from workbench.skills.treehash import algorithm_of, tree_of_folder
from workbench.text import plural, visible

OnProgress = Callable[[str], None]
"""Called with what is being done."""


@dataclass(slots=True)
class _Judged:
    """A skill that was found, and what is to be done with it."""

    found: Found
    outcome: Outcome
    copy: bool = False
    tagged: tuple[str, ...] = ()

    def adopted(self) -> Adopted:
        found = self.found
        return Adopted(found.path, ", ".join(found.origins), self.outcome, found.kind, self.tagged)


@dataclass(slots=True)
class _Work:
    """An adoption under way."""

    sources: Sequence[Source]
    progress: OnProgress
    cancel: threading.Event
    findings: Findings = field(default_factory=Findings)

    def step(self, what: str) -> None:
        """Say what comes next, unless the user stopped it."""
        if self.cancel.is_set():
            raise CancelledError("adopting was stopped; nothing was changed")
        self.progress(what)

    def collect(self, scratch: Path) -> list[Found]:
        return collect(self.sources, scratch, self.findings, lambda source: self.step(visible(str(source.path))))


def adopt(
    library: Path,
    sources: Sequence[Source],
    now: datetime,
    *,
    home: Path | None = None,
    plugins: Sequence[Plugin] = (),
    on_progress: OnProgress = lambda _: None,
    cancel: threading.Event | None = None,
) -> Adoption:
    """Copy the skills of `sources` into the library (made if missing), commit them and record the baseline.

    Args:
        library: The personal library.
        sources: Where the skills are.
        now: The moment of the baseline.
        home: The home folder, whose lock file says where installed skills came from.
        plugins: Handed on to the result.
        on_progress: See `OnProgress`.
        cancel: Set it, from any thread, to stop; it is looked at until the first copy is made.

    Raises:
        InputError: A source can't be read, git is missing or does not know who the user is, or the library can't be
            written.
        ConflictError: A merge waits to be finished, the reviews branch is checked out, or another process adopts.
        CancelledError: It was stopped; nothing was changed.
    """
    work = _Work(sources, on_progress, cancel or threading.Event())
    with one_at_a_time(library), tempfile.TemporaryDirectory(prefix="workbench-adopt-") as scratch:
        found = work.collect(Path(scratch))
        repository = _open_library(library)
        who = repository.identity()
        _check_ready(repository)
        judged = _judge(repository, found)
        work.step(f"copying {plural(sum(one.copy for one in judged), 'skill')}")
        commit, recorded = _carry_out(repository, judged, _Terms(who, now, home, work.findings))
    return _result(library, judged, work, plugins, commit, recorded)


def preview(
    library: Path,
    sources: Sequence[Source],
    *,
    plugins: Sequence[Plugin] = (),
    on_progress: OnProgress = lambda _: None,
    cancel: threading.Event | None = None,
) -> Adoption:
    """What `adopt` would do; nothing is changed, and no library is made.

    Raises:
        InputError: A source can't be read, or an archive is refused.
        CancelledError: It was stopped.
    """
    work = _Work(sources, on_progress, cancel or threading.Event())
    with tempfile.TemporaryDirectory(prefix="workbench-adopt-") as scratch:
        found = work.collect(Path(scratch))
        repository = _existing(library)
        judged = _judge(repository, found) if repository else [_Judged(one, "new", copy=True) for one in found]
        for one in judged:
            if one.outcome in ("new", "updated"):
                one.tagged = history.missing_tags(repository, one.found, work.findings)
    return replace(_result(library, judged, work, plugins, None, None), dry_run=True)


def _result(
    library: Path,
    judged: Sequence[_Judged],
    work: _Work,
    plugins: Sequence[Plugin],
    commit: str | None,
    recorded: str | None,
) -> Adoption:
    findings = work.findings
    return Adoption(
        library,
        tuple(one.adopted() for one in judged),
        commit,
        recorded,
        tuple(findings.skipped),
        tuple(work.sources),
        tuple(plugins),
        tuple(findings.conflicts),
    )


def _open_library(library: Path) -> Repository:
    if not (library / ".git").exists():
        return Repository.create(library)
    repository = _existing(library)
    if repository is None:
        raise InputError("the library is not a git repository", where=str(library))
    return repository


def _existing(library: Path) -> Repository | None:
    return Repository.discover(library) if (library / ".git").exists() else None


def _check_ready(repository: Repository) -> None:
    """That nothing is half done which a commit would get between."""
    where = visible(str(repository.root))
    if waiting := repository.in_progress():
        raise ConflictError(f"a {waiting} waits to be finished in the library", where=where, remedy="git status")
    if repository.checked_out(REVIEWS_REF):
        raise ConflictError(
            "the branch workbench/reviews is checked out in the library",
            where=where,
            remedy="switch to another branch first",
        )


def _judge(repository: Repository, found: Sequence[Found]) -> list[_Judged]:
    """What is to be done with each skill, by what the library holds of it."""
    ids = [one.path for one in found]
    head = repository.head()
    committed = trees_at(repository, head, ids) if head else {}
    existing = {id_ for id_ in ids if (repository.root / id_).exists()}
    with current_trees(repository, sorted(existing)) as current:
        here = dict(current.trees)
    baselines = {r.path: r.tree for r in ledger.read_ledger(repository).records if r.verdict == "baseline"}
    judged = []
    for one in found:
        tree = here.get(one.path)
        if tree is not None and tree == tree_of_folder(one.folder, algorithm=algorithm_of(tree)):
            # What is here but was never committed is what an adoption left that could not end.
            judged.append(_Judged(one, "same" if one.path in committed else "new"))
        elif one.path in existing and here.get(one.path) != baselines.get(one.path):
            judged.append(_Judged(one, "changed here"))
        else:
            judged.append(_Judged(one, "updated" if one.path in existing else "new", copy=True))
    return judged


@dataclass(frozen=True, slots=True)
class _Terms:
    """Who adopts, when, from whose home, and where it is noted what could not be done."""

    who: Identity
    now: datetime
    home: Path | None
    findings: Findings


def _carry_out(repository: Repository, judged: list[_Judged], terms: _Terms) -> tuple[str | None, str | None]:
    """Copy, commit and record what is to be; gives the two commits. What can't be copied leaves the list."""
    places = Places(repository)
    try:
        _place(judged, terms.findings, places)
        _stage(repository, judged, terms.findings, places)
        storing.mark_as_stored(repository, judged)
        fresh = [one for one in judged if one.outcome in ("new", "updated")]
        commit = _commit(repository, fresh, places, terms) if fresh else None
    except BaseException:
        storing.unstage(repository, places.put_back_all())
        raise
    places.settle()
    unread = [*fresh, *baseline.without_record(repository, [one for one in judged if one.outcome == "same"])]
    recorded = baseline.record(repository, [one.adopted() for one in unread], terms.who, terms.now) if unread else None
    return commit, recorded


def _place(judged: list[_Judged], findings: Findings, places: Places) -> None:
    for one in [one for one in judged if one.copy]:
        try:
            places.put(one.found.folder, one.found.path)
        except (OSError, shutil.Error) as error:
            places.put_back(one.found.path)
            findings.skip(one.found.origins[0], f"it can't be copied: {visible(str(error))[:200]}")
            judged.remove(one)


def _stage(repository: Repository, judged: list[_Judged], findings: Findings, places: Places) -> None:
    """Stage the copies; those that git refuses are put back and leave the list."""
    paths = [one.found.path for one in judged if one.outcome in ("new", "updated")]
    for path, why in storing.stage(repository, paths).items():
        one = next(one for one in judged if one.found.path == path)
        findings.skip(one.found.origins[0], f"git can't store it: {why}")
        judged.remove(one)
        places.put_back(path)


def _commit(repository: Repository, fresh: Sequence[_Judged], places: Places, terms: _Terms) -> str | None:
    """Commit skills without versions in one commit, and each version of the others in one of its own."""
    plain = [one.found for one in fresh if not one.found.versions]
    if plain:
        _commit_together(repository, plain, terms)
        for found in plain:
            places.keep(found.path)  # what is committed is not taken back
    versioned = [one for one in fresh if one.found.versions]
    if versioned:
        tagged = history.write(repository, [one.found for one in versioned], terms.findings, terms.who, terms.now)
        for one in versioned:
            one.tagged = tagged.get(one.found.path, ())
    return repository.head()


def _commit_together(repository: Repository, found: Sequence[Found], terms: _Terms) -> None:
    """Commit these skills with where they came from."""
    paths = [one.path for one in found]
    skills = list(skills_at(repository, storing.index_tree(repository)))
    kept = keep_origins(repository, found, skills, terms.home, terms.findings)
    try:
        if kept is None:
            storing.commit(repository, paths, terms.who)
        else:
            storing.commit(repository, paths, terms.who, also=[LOCK_FILE])
    except BaseException:
        if kept is not None:
            kept.put_back()
            storing.unstage(repository, [LOCK_FILE])
        raise
