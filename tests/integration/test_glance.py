"""A list judges again what changed and nothing else, and takes nothing for granted that may not last."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from workbench.reviews import glance, judging
from workbench.workspace import Workspace

EXPIRING = "schema: 1\nrequire: [{self_approval: true, expires: 30d}]\n"


@pytest.fixture
def listed(library: Any) -> Any:
    for name in ("a", "b", "c"):
        library.skill(f"skills/{name}")
    library.commit()
    library.workspace().reviews.decide("skills/a", "approve", "read it")
    look(library)
    return library


def look(library: Any) -> dict[str, str]:
    return {row.id: row.state for row in Workspace.open(library.root).glance().rows}


@contextmanager
def judged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The skills that are judged meanwhile."""
    found: list[str] = []
    really = judging.rows_in_git

    def watched(repository: Any, skills: Any, **more: Any) -> Any:
        found.extend(skill.id for skill in skills)
        return really(repository, skills, **more)

    with monkeypatch.context() as patch:
        patch.setattr(judging, "rows_in_git", watched)
        yield found


def test_what_did_not_change_is_not_judged_again(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with judged(monkeypatch) as again:
        assert look(listed) == {"skills/a": "approved", "skills/b": "draft", "skills/c": "draft"}
    assert again == []


def test_an_edited_skill_is_judged_again_alone(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    listed.skill("skills/a", body="Something else.\n")
    for expected in (["skills/a"], []):
        with judged(monkeypatch) as again:
            assert look(listed)["skills/a"] == "stale"
        assert again == expected
    listed.git("checkout", "-q", "skills/a")
    assert look(listed)["skills/a"] == "approved"


def test_a_new_name_has_all_judged_again(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tag's label, a look-alike or an original may be told by it."""
    listed.skill("skills/d")
    with judged(monkeypatch) as again:
        look(listed)
    assert sorted(again) == ["skills/a", "skills/b", "skills/c", "skills/d"]


def test_a_verdict_has_all_judged_again(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    listed.workspace().reviews.decide("skills/a", "revoke", "it was wrong")
    with judged(monkeypatch) as again:
        assert look(listed)["skills/a"] == "revoked"
    assert len(again) == 3


def test_an_approval_that_will_expire_is_judged_each_time(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    listed.write(".workbench/policy.yaml", EXPIRING)
    listed.commit()
    for _ in range(2):
        with judged(monkeypatch) as again:
            look(listed)
        assert len(again) == 3


def test_what_moves_while_it_is_judged_is_not_kept(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of the old commit, kept as the new one's, would stay."""
    listed.skill("skills/a", body="Something else.\n")
    really = judging.rows_in_git

    def slowly(*args: Any, **more: Any) -> Any:
        rows = really(*args, **more)
        patch.undo()
        listed.workspace().reviews.decide("skills/b", "request", "please")
        return rows

    with monkeypatch.context() as patch:
        patch.setattr(judging, "rows_in_git", slowly)
        look(listed)
    assert look(listed)["skills/b"] == "in-review"


@pytest.mark.parametrize("damage", [b"", b"\x00", b"nonsense" * 99])
def test_what_was_kept_and_damaged_is_not_believed(listed: Any, damage: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glance, "_encoded", lambda _kept: damage)
    listed.workspace().reviews.decide("skills/b", "request", "please")
    for _ in range(2):
        assert look(listed) == {"skills/a": "approved", "skills/b": "in-review", "skills/c": "draft"}


def test_what_was_changed_in_the_file_is_not_believed(listed: Any, tmp_path: Any) -> None:
    from workbench.config import data_dir

    with sqlite3.connect(data_dir() / "catalogue.db") as file:
        for key, value in file.execute("SELECT key, value FROM history").fetchall():
            changed = value.replace(b"draft", b"stale")
            file.execute("UPDATE history SET value = ? WHERE key = ?", (changed, key))
            assert changed != value or b"rows" not in key
    file.close()
    assert look(listed)["skills/b"] == "draft"


@pytest.mark.parametrize("few", [64, 2])
def test_only_many_skills_have_git_look_through_a_whole_repository(
    listed: Any, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its status of a million other files takes seconds."""
    began: list[Any] = []
    really = glance.Looking
    monkeypatch.setattr(glance, "FEW", few)
    monkeypatch.setattr(glance, "Looking", lambda repository: began.append(repository) or really(repository))
    look(listed)
    assert len(began) == (few < 3)
