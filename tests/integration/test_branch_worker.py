"""A long reviews branch is read in a program of its own, and says what it says when it is read here."""

import subprocess
import time
from typing import Any

import pytest

from workbench.git import commands
from workbench.reviews import branch_worker
from workbench.reviews.ledger import read_ledger, records_at


@pytest.fixture
def lived_in(library: Any) -> Any:
    for number in range(3):
        library.skill("skills/a", body=f"Version {number}.\n")
        library.skill("skills/b", body=f"Version {number}.\n")
        library.commit()
        library.workspace().reviews.decide("skills/a", "approve", f"read it, {number}")
    return library


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bytes | None]:
    """Every branch is long enough, and what the programs answer is kept."""
    answers: list[bytes | None] = []
    really = branch_worker.Worker.ask
    monkeypatch.setattr(branch_worker, "MANY", 1)

    def ask(self: Any, question: bytes) -> bytes | None:
        answers.append(really(self, question))
        return answers[-1]

    monkeypatch.setattr(branch_worker.Worker, "ask", ask)
    return answers


def test_a_program_of_its_own_reads_the_same(lived_in: Any, asked: list[bytes | None]) -> None:
    repository = lived_in.repository()
    ledger = read_ledger(repository, cached=False)
    assert len(asked) == 1
    assert None not in asked
    assert ledger.kept.all() == records_at(repository, ledger.head or "")
    assert len(ledger.kept.all()) == 3


def test_what_it_asked_of_git_is_in_the_log(lived_in: Any, asked: list[bytes | None]) -> None:
    began = time.time()
    read_ledger(lived_in.repository(), cached=False)
    assert any("log" in command.argv for command in commands() if command.at >= began)


def test_one_that_dies_is_done_without(lived_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(branch_worker, "MANY", 1)
    monkeypatch.setattr(branch_worker, "MODULE", "workbench.nothing_of_that_name")
    assert len(read_ledger(lived_in.repository(), cached=False).kept.all()) == 3


def test_what_git_lacks_is_said_as_it_is_here(lived_in: Any, asked: list[bytes | None], workbench: Any) -> None:
    tree = lived_in.git("rev-parse", "workbench/reviews:records").strip()
    subprocess.run(["git", "gc", "-q"], cwd=lived_in.root, check=True)
    subprocess.run(["git", "unpack-objects", "-q"], cwd=lived_in.root, input=b"", check=False)
    place = lived_in.root / ".git/objects/pack"
    packs = [pack.rename(lived_in.root / pack.name) for pack in place.glob("*.pack")]
    for index in place.glob("*.idx"):
        index.unlink()
    for pack in packs:
        with pack.open("rb") as data:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=lived_in.root, stdin=data, check=True)
        pack.unlink()
    (lived_in.root / ".git/objects" / tree[:2] / tree[2:]).unlink()
    said = workbench("review", "verify")
    assert said.code == 3
    assert tree in said.err
