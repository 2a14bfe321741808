"""Receipts and the log: what was decided, dissent included, and what shows when somebody changes the story."""

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def decided(library: Any, workbench: Any) -> Any:
    """A skill that Bob wanted changed, and Ada approved all the same."""
    library.skill("skills/a", metadata="{version: 1.0.0}")
    library.commit()
    library.as_user("Bob", "bob@example.com")
    workbench("review", "request-changes", "a", "--reason", "It | needs <b>tests</b>.")
    library.as_user("Ada", "ada@example.com")
    workbench("review", "approve", "a", "--reason", "They are in another repository.")
    library.git("tag", "-a", "-m", "one", "a/v1.0.0")
    return library


def kept(workbench: Any, tmp_path: Path, change: Any = None) -> Path:
    receipt = workbench("review", "receipt", "a").json
    if change is not None:
        change(receipt)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt))
    return file


def test_a_receipt_names_everything_that_was_decided_dissent_included(decided: Any, workbench: Any) -> None:
    receipt = workbench("review", "receipt", "a@1.0.0").json
    assert [one["verdict"] for one in receipt["decisions"]] == ["request-changes", "approve"]
    assert receipt["dissent"] == [receipt["decisions"][0]["record"]]
    assert receipt["tree"] == decided.git("rev-parse", "HEAD:skills/a").strip()
    assert receipt["version"] == "1.0.0"
    assert receipt == workbench("review", "receipt", "a", "--json").json


def test_a_receipt_holds_until_somebody_touches_it(decided: Any, workbench: Any, tmp_path: Path) -> None:
    assert workbench("review", "verify-receipt", str(kept(workbench, tmp_path))).code == 0
    later = kept(workbench, tmp_path)
    workbench("review", "comment", "a", "--reason", "later words")
    assert workbench("review", "verify-receipt", str(later)).code == 0  # it says what was known when it was made


def refreshed(receipt: dict[str, Any]) -> None:
    from workbench.reviews.receipts import digest

    receipt["receipt"] = digest(receipt)


def erase(receipt: dict[str, Any]) -> None:
    receipt["dissent"] = []
    receipt["decisions"] = receipt["decisions"][1:]
    refreshed(receipt)


def reword(receipt: dict[str, Any]) -> None:
    receipt["decisions"][0]["reason"] = "Looks good."
    refreshed(receipt)


def invent(receipt: dict[str, Any]) -> None:
    receipt["decisions"].append({**receipt["decisions"][1], "record": "records/skills/a/x.yaml"})
    refreshed(receipt)


def rename(receipt: dict[str, Any]) -> None:
    receipt["digest"] = "sha256:" + "0" * 64
    refreshed(receipt)


def silently(receipt: dict[str, Any]) -> None:
    receipt["decisions"][1]["reason"] = "Never asked."


@pytest.mark.parametrize(("change", "said"), [
    (erase, "a dissenting verdict by bob@example.com is missing"),
    (reword, "reason of a verdict differs from its record"),
    (invent, "a verdict has no record"),
    (rename, "it names the digest"),
    (silently, "it was changed after it was made"),
])  # fmt: skip
def test_a_changed_story_shows(decided: Any, workbench: Any, tmp_path: Path, change: Any, said: str) -> None:
    found = workbench("review", "verify-receipt", str(kept(workbench, tmp_path, change)))
    assert (found.code, said in found.out) == (1, True)


def test_without_the_repository_only_the_receipt_itself_is_checked(
    decided: Any, workbench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, changed = kept(workbench, tmp_path), tmp_path / "changed.json"
    changed.write_text(file.read_text().replace("another repository", "this repository"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    said = workbench("review", "verify-receipt", str(file))
    assert (said.code, "only the receipt itself" in said.err) == (0, True)
    assert workbench("review", "verify-receipt", str(changed)).code == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1, "decisions": 3}', "[" * 100_000])
def test_what_is_no_receipt_is_bad_input(decided: Any, workbench: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    assert workbench("review", "verify-receipt", str(tmp_path / "x.json")).code == 3


def test_a_receipt_for_reading_keeps_hostile_text_in_its_place(decided: Any, workbench: Any) -> None:
    text = workbench("review", "receipt", "a", "--format", "md").out
    assert "    It | needs <b>tests</b>." in text  # in a block of code, where nothing acts
    assert "request-changes by Bob" in text
    assert workbench("review", "receipt", "a@9.9.9").code == 3


def test_the_log_is_searched_by_skill_person_day_and_verdict(decided: Any, workbench: Any) -> None:
    assert [one["verdict"] for one in workbench("review", "log", "--json").json] == ["approve", "request-changes"]
    assert len(workbench("review", "log", "--by", "bob", "--json").json) == 1
    assert len(workbench("review", "log", "--by", "*@example.com", "--skill", "a", "--json").json) == 2
    assert len(workbench("review", "log", "--verdict", "approve", "--json").json) == 1
    assert workbench("review", "log", "--since", "2999-01-01").code == 1
    assert "They are in another repository." in workbench("review", "log").out
