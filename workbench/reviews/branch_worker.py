"""A program that reads long histories beside another one: questions come on stdin, what git says goes to stdout.

The records and the skills' history of a large library take a second each where nothing is kept of them, nearly all of
it in Python. Two programs of their own take them at once, each on its own processor.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.git import GitCommand, GitError, Repository, adopt, commands
from workbench.workers import Worker, serve

if TYPE_CHECKING:
    from workbench.reviews.record_store import Records
    from workbench.reviews.step_store import Step

MODULE = "workbench.reviews.branch_worker"
MANY = 1_000
"""From so many commits on, a program of its own is sooner done than started."""


def records_from_worker(repository: Repository, revisions: str) -> "Records | None":
    """What `ledger` reads of these commits; None where it has to be read here.

    Raises:
        GitError: As it raises.
    """
    from workbench.reviews.record_store import decode_records

    said = _asked(repository, "records", revisions, ())
    return decode_records(said) if said else None


def steps_from_worker(repository: Repository, ids: Sequence[str], revisions: str) -> "tuple[Step, ...] | None":
    """What `history` reads of these commits; None where it has to be read here.

    Raises:
        GitError: As it raises.
    """
    from workbench.reviews.step_store import decode_steps

    said = _asked(repository, "steps", revisions, ids)
    steps = decode_steps(said) if said else None
    return steps.steps if steps else None


def _asked(repository: Repository, what: str, revisions: str, ids: Sequence[str]) -> bytes | None:
    if int(repository.run("rev-list", "--count", revisions, "--")) < MANY:
        return None
    places = [str(place) for place in (repository.root, repository.git_dir, repository.common_dir)]
    worker = Worker(MODULE)
    try:
        said = worker.ask(json.dumps([what, places, revisions, list(ids)]).encode())
    finally:
        worker.kill()
        worker.close()
    if said is None:
        return None
    head, _, found = said.partition(b"\n")
    told = json.loads(head)
    adopt(GitCommand(tuple(argv), *rest) for argv, *rest in told["commands"])
    if told["failed"]:
        problem, where, remedy, stderr = told["failed"]
        raise GitError(problem, where=where, remedy=remedy, stderr=stderr)
    return found


def _answer(asked: bytes) -> bytes:
    from workbench.errors import InputError

    what, places, revisions, ids = json.loads(asked)
    repository = Repository(*(Path(place) for place in places))
    reading: dict[str, Callable[[], bytes]] = {
        "records": lambda: _records(repository, revisions),
        "steps": lambda: _steps(repository, revisions, ids),
    }
    failed, found = None, b""
    try:
        found = reading[what]()
    except InputError as error:
        failed = [error.what, error.where, error.remedy, getattr(error, "stderr", "")]
    return json.dumps({"failed": failed, "commands": [astuple(one) for one in commands()]}).encode() + b"\n" + found


def _records(repository: Repository, revisions: str) -> bytes:
    from workbench.reviews.ledger import records_at
    from workbench.reviews.record_store import Records, encode_records

    return encode_records(Records.of_these(records_at(repository, revisions)))


def _steps(repository: Repository, revisions: str, ids: Sequence[str]) -> bytes:
    from workbench.reviews.history import walk
    from workbench.reviews.step_store import Steps, encode_steps

    return encode_steps(Steps(frozenset(), walk(repository, ids, revisions)))


if __name__ == "__main__":
    serve(_answer)
