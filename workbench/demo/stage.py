"""Sets the demonstration up in a temporary folder, and takes it down again."""

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workbench.config import Settings, bundled, load_settings
from workbench.demo.script import ADA, BUNDLED, STEPS, Step
from workbench.demo.traffic import write_events, write_logs
from workbench.errors import ConflictError, WorkbenchError
from workbench.git import Identity, Repository, dated
from workbench.git.authoring import commit_everything
from workbench.reviews.anchoring import spot_of
from workbench.reviews.comments import Comment, Remarks
from workbench.reviews.judging import rows_in_git
from workbench.reviews.verdicts import Opinion, decide
from workbench.skills.reader import read
from workbench.storage import Store
from workbench.workspace import Workspace

_DAYS_OLD = 45


@contextmanager
def demonstration(keep: Path | None = None, *, now: datetime | None = None) -> Iterator[Workspace]:
    """An open workspace on a made-up library; everything it made is removed when the context ends.

    Args:
        keep: A folder, not yet there, to make it in and to leave it in.
        now: The moment that "today" is.

    Raises:
        ConflictError: `keep` exists.
    """
    if keep is not None:
        if keep.exists():
            raise ConflictError("the folder exists already", where=str(keep), remedy="name one that does not")
        keep.mkdir(parents=True)
    folder = keep or Path(tempfile.mkdtemp(prefix="workbench-demo-"))
    workspace = None
    try:
        workspace = _set_up(folder.resolve(), now or datetime.now(UTC))
        yield workspace
    finally:
        if workspace is not None:
            workspace.store.close()
        if keep is None:
            _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a folder; a process that was just interrupted may write there for a moment longer."""
    for _ in range(40):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)


def _set_up(folder: Path, now: datetime) -> Workspace:
    library = folder / "library"
    repository = _first_commit(library, now - timedelta(days=_DAYS_OLD))
    for step in STEPS:
        _play(repository, step, now - timedelta(days=step.days_ago))
    _become_the_user(repository)
    store = Store(folder / "data" / "workbench.db")
    write_logs(folder / "claude", now)
    workspace = Workspace(library, repository, _settings(), store, log_roots=[folder / "claude"])
    write_events(store, workspace.library_id, _trees(repository), now)
    workspace.analytics.import_logs()
    return workspace


def _first_commit(library: Path, at: datetime) -> Repository:
    repository = Repository.create(library)
    for name in BUNDLED:
        shutil.copytree(bundled("skills") / name, library / "skills" / name)
    _write(library, {"README.md": "# Team skills\n\nEverything our agents may use. Reviewed in the workbench.\n"})
    _commit(repository, "Start with the bundled skills", ADA, at)
    return repository


def _play(repository: Repository, step: Step, at: datetime) -> None:
    """Let one thing happen."""
    if step.files or step.append:
        _write(repository.root, step.files)
        for path, text in step.append.items():
            file = repository.root / path
            file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
        _commit(repository, step.message, step.who, at)
    if step.verdict:
        _become(repository, step.who)
        skill = read(repository.root, f"skills/{step.skill}")
        rows, _ = rows_in_git(repository, [skill])
        opinion = Opinion(step.verdict, step.reason, "tui", checks={"validation": "pass"})
        decide(repository, skill, rows[0].standing, opinion, at + timedelta(hours=1), _remarks(repository, step))
    if step.tag:
        _become(repository, step.who)
        tag = f"{step.skill}/v{step.tag}"
        repository.run("tag", "--annotate", "--no-sign", "-m", f"{step.skill} {step.tag}", tag, env=dated(at))


def _remarks(repository: Repository, step: Step) -> Remarks:
    """The comments of a step, each on the one line that begins as it says."""
    made = []
    for remark in step.remarks:
        file = repository.root / "skills" / step.skill / remark.path
        lines = file.read_text(encoding="utf-8").splitlines()
        at = next(number for number, line in enumerate(lines, start=1) if line.startswith(remark.line))
        spot = spot_of(lines, at, at)
        context = spot.context if spot else None
        said = Comment(
            remark.text, path=remark.path, line=at, end_line=at, context=context, suggestion=remark.suggestion
        )
        made.append(said)
    return Remarks(tuple(made))


def _write(library: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        file = library / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _commit(repository: Repository, message: str, who: Identity, at: datetime) -> None:
    commit_everything(repository, message, who, at)


def _become(repository: Repository, who: Identity) -> None:
    repository.run("config", "user.name", who.name)
    repository.run("config", "user.email", who.email)


def _become_the_user(repository: Repository) -> None:
    """Leave the library with the user's own identity, or a made-up one where git has none."""
    repository.run("config", "--unset", "user.name")
    repository.run("config", "--unset", "user.email")
    try:
        repository.identity()
    except WorkbenchError:
        _become(repository, Identity("You", "you@example.com"))


def _trees(repository: Repository) -> Mapping[str, Sequence[str]]:
    from workbench.reviews.history import read_history

    ids = [f"skills/{step.skill}" for step in STEPS]
    history = read_history(repository, list(dict.fromkeys([*ids, *(f"skills/{name}" for name in BUNDLED)])))
    return {id_: [change.tree for change in changes if change.tree] for id_, changes in history.items()}


def _settings() -> Settings:
    try:
        return load_settings()
    except WorkbenchError:
        return Settings()
