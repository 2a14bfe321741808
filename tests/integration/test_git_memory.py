"""What is kept of history is a cache: with it, without it and with a damaged one the states are the same."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import ConflictError
from workbench.reviews.git_memory import _SOURCES
from workbench.reviews.survey import read_background, standing_of
from workbench.reviews.trees import trees_at

SKILLS = [f"skills/{name}" for name in ("a", "b", "c", "c/nested")]


def data() -> Path:
    return Path(os.environ["WORKBENCH_DATA"])


def states(library: Any, *, cached: bool = True) -> list[Any]:
    """All that the states of all skills say, from the whole library at once."""
    workspace = library.workspace()
    skills = workspace.skills()[0]
    background = read_background(workspace.repository, skills, skills, cached=cached)
    trees = trees_at(workspace.repository, background.head, [skill.id for skill in skills]) if background.head else {}
    return [
        (skill.id, standing_of(skill, trees.get(skill.id), background, datetime(2026, 11, 1, tzinfo=UTC)),
         background.history.get(skill.id))
        for skill in skills
    ]  # fmt: skip


def one_by_one(library: Any) -> list[Any]:
    """The same, each skill asked for alone, as a screen that opens it does."""
    workspace = library.workspace()
    found = []
    for skill in workspace.skills()[0]:
        row = workspace.row(skill.id)
        found.append((skill.id, row.standing, list(workspace.reviews.history(skill.id))))
    return [(id_, standing, [(c.commit, c.tree, c.authors) for c in changes]) for id_, standing, changes in found]


def reduced(all_at_once: list[Any]) -> list[Any]:
    return [(id_, standing, [(c.commit, c.tree, c.authors) for c in changes]) for id_, standing, changes in all_at_once]


def something(library: Any, chance: random.Random, number: int) -> None:
    """One thing that happens to a library: a change, a removal, a verdict, a merge, a branch."""
    what = chance.choice(["change", "change", "approve", "approve", "refuse", "revoke", "remove", "merge"])
    id_ = chance.choice(SKILLS)
    reviews = library.workspace().reviews
    if what == "change":
        library.skill(id_, body=f"{chance.randint(0, 3)}\n")
        library.commit(f"Change {number}", author=chance.choice([None, "Bob <bob@example.com>"]))
    elif what == "remove" and (library.root / id_).exists():
        shutil.rmtree(library.root / id_)
        library.commit(f"Remove {number}")
    elif what == "merge":
        library.git("checkout", "-q", "-b", f"side{number}", "HEAD~1")
        library.skill(id_, body=f"side {number}\n")
        library.commit(f"Side {number}")
        library.git("checkout", "-q", "main")
        library.git("merge", "-q", "--no-edit", "-X", "ours", f"side{number}", check=False)
        library.commit(f"Merge {number}")
    elif what in ("approve", "refuse", "revoke") and (library.root / id_ / "SKILL.md").exists():
        verdict = {"approve": "approve", "refuse": "request-changes", "revoke": "revoke"}[what]
        with suppress(ConflictError):  # there is nothing to revoke
            reviews.decide(id_, verdict, f"because {number}")


@pytest.mark.parametrize("seed", range(3))
def test_the_states_of_a_random_history_are_the_same_cold_warm_and_without_a_cache(library: Any, seed: int) -> None:
    chance = random.Random(seed)
    for id_ in SKILLS:
        library.skill(id_)
    library.commit()
    library.skill("skills/a", body="Second.\n")
    library.commit()
    for number in range(12):
        something(library, chance, number)
        warm = states(library)
        assert warm == states(library, cached=False)
        if number % 5 == 0:
            assert one_by_one(library) == reduced(warm)
            shutil.rmtree(data())
            assert states(library) == warm
            assert states(library) == warm


def kept(change: str) -> None:
    with sqlite3.connect(data() / "catalogue.db") as connection:
        assert connection.execute(change).rowcount > 0
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE history SET value = substr(value, 1, length(value) / 2)",
        "UPDATE history SET value = x''",
        "UPDATE history SET value = x'90'",
        "UPDATE history SET value = CAST(substr(value, 1, length(value) - 1) || x'00' AS BLOB)",
        "UPDATE history SET value = (SELECT value FROM history AS other WHERE other.key <> history.key)",
        "UPDATE history SET head = (SELECT head FROM history AS other WHERE other.key <> history.key)",
    ],
)
def test_a_cache_that_was_cut_short_or_poisoned_is_read_anew(library: Any, damage: str) -> None:
    library.skill("skills/a")
    library.skill("skills/b")
    library.commit()
    library.workspace().reviews.decide("skills/a", "approve", "read it")
    sound = states(library)
    library.workspace().reviews.decide("skills/a", "request-changes", "no, wait")
    refused = states(library)
    assert sound != refused
    kept(damage)
    assert states(library) == refused
    assert states(library) == refused == states(library, cached=False)


def test_what_was_kept_of_another_state_of_the_branch_does_not_bring_back_an_approval(library: Any) -> None:
    library.skill("skills/a")
    library.skill("skills/b")
    library.commit()
    library.workspace().reviews.decide("skills/a", "approve", "read it")
    states(library)
    with sqlite3.connect(data() / "catalogue.db") as connection:
        old = connection.execute("SELECT key, value FROM history").fetchall()
    library.workspace().reviews.decide("skills/a", "revoke", "wrong")
    states(library)
    with sqlite3.connect(data() / "catalogue.db") as connection:
        connection.executemany("UPDATE history SET value = ?2 WHERE key = ?1", old)
    connection.close()
    assert library.state("skills/a") == "revoked"


def test_all_of_the_program_that_a_state_follows_from_is_in_the_mark_of_what_is_kept() -> None:
    asked = "import sys, workbench.reviews.glance, workbench.reviews.judging; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    ours = {name.removeprefix("workbench.").split(".")[0] for name in loaded if name.startswith("workbench.")}
    marked = {source.removesuffix(".py") for source in _SOURCES}
    assert ours - marked == {"config", "errors", "source_mark", "storage", "workers"}  # none of them judges
