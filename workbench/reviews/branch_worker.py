"""A program that reads a long reviews branch beside another one: what is asked comes on stdin, records go to stdout.

Where nothing is kept of thousands of records, they are read on a processor of their own while this one reads skills.
"""

import json
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.git import GitCommand, GitError, Repository, adopt, commands
from workbench.workers import Worker, serve

if TYPE_CHECKING:
    from workbench.reviews.record_store import Records

MODULE = "workbench.reviews.branch_worker"
MANY = 1_000
"""From so many commits on, a program of its own is sooner done than started."""


def records_from_worker(repository: Repository, revisions: str) -> "Records | None":
    """What `ledger` reads of these commits; None where it has to be read here.

    Raises:
        GitError: As it raises.
    """
    if int(repository.run("rev-list", "--count", f"--max-count={MANY}", revisions, "--")) < MANY:
        return None
    from workbench.reviews.record_store import decode_records

    places = [str(place) for place in (repository.root, repository.git_dir, repository.common_dir)]
    worker = Worker(MODULE)
    try:
        said = worker.ask(json.dumps([places, revisions]).encode())
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
    return decode_records(found) if found else None


def _answer(asked: bytes) -> bytes:
    from workbench.errors import InputError
    from workbench.reviews.ledger import read_at
    from workbench.reviews.record_store import encode_records

    places, revisions = json.loads(asked)
    failed, found = None, b""
    try:
        repository = Repository(*(Path(place) for place in places))
        found = encode_records(read_at(repository, revisions))
    except InputError as error:
        failed = [error.what, error.where, error.remedy, getattr(error, "stderr", "")]
    return json.dumps({"failed": failed, "commands": [astuple(one) for one in commands()]}).encode() + b"\n" + found


if __name__ == "__main__":
    serve(_answer)
