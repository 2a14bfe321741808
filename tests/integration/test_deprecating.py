"""A deprecation is a word in git: it names a successor, takes nothing away, and can be taken back."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def versions(library: Any, workbench: Any) -> Any:
    """A skill `a` with the released 1.0.0 and 1.1.0, and an approved skill `b`."""
    library.skill("skills/b")
    for number in ("1.0.0", "1.1.0"):
        library.skill("skills/a", body=f"Say {number}.\n", metadata=f"{{version: '{number}'}}")
        library.commit(f"Version {number}")
        workbench("review", "approve", "a", "--reason", "Read.")
        assert workbench("version", "release", "a").code == 0
    workbench("review", "approve", "b", "--reason", "Read.")
    return library


def words(workbench: Any) -> dict[str, Any]:
    said = workbench("version", "list", "a", "--json").json
    return {one["version"]: one["deprecated"] and one["deprecated"]["successor"] for one in said["versions"]}


def test_a_version_is_deprecated_for_its_successor_and_stays_approved(versions: Any, workbench: Any) -> None:
    before = versions.fingerprint()
    said = workbench("version", "deprecate", "a", "1.0.0", "--successor", "a@v1.1.0", "--reason", "Says it twice.")
    assert said.code == 0, said.err
    assert versions.fingerprint() == before
    assert words(workbench) == {"1.0.0": "skills/a@1.1.0", "1.1.0": None}
    text = workbench("version", "list", "a").out
    assert "approved, deprecated, use skills/a@1.1.0: Says it twice. (Ada)" in text
    assert workbench("review", "verify").code == 0


def test_a_whole_skill_is_deprecated_for_another_and_back(versions: Any, workbench: Any) -> None:
    workbench("version", "deprecate", "a", "--successor", "b", "--reason", "Merged into b.")
    assert words(workbench) == {"1.0.0": "skills/b", "1.1.0": "skills/b"}
    assert "skills/a is deprecated, use skills/b" in workbench("version", "list", "a").out
    records = versions.git("rev-list", "--count", "workbench/reviews").strip()
    assert workbench("version", "deprecate", "a", "--undo").code == 0
    assert words(workbench) == {"1.0.0": None, "1.1.0": None}
    assert int(versions.git("rev-list", "--count", "workbench/reviews")) == int(records) + 1  # a record, no rewrite
    assert workbench("version", "deprecate", "a", "--undo").code == 2


def test_every_list_says_it_and_no_exit_code_changes(versions: Any, workbench: Any, tmp_path: Path) -> None:
    place = ("--project", str(tmp_path / "project"), "--home", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    workbench("install", "a", "--agent", "claude", *place)
    asked = {
        "list": ("skills", "list"), "show": ("skills", "show", "a"), "verify": ("review", "verify"),
        "drift": ("skills", "drift", *place), "sync": ("sync", "--check", *place),
    }  # fmt: skip

    def said() -> dict[str, tuple[Any, list[Any]]]:
        found = {}
        for name, words in asked.items():
            ran = workbench(*words, "--json")
            items = (
                ran.json if isinstance(ran.json, list) else ran.json.get("skills", ran.json.get("copies", [ran.json]))
            )
            mine = [one["deprecated"] for one in items if one["name"] == "a"]
            text = workbench(*words)
            found[name] = (ran.code, mine, "deprecated" in text.out + text.err)
        return found

    before = said()
    assert all(words == [None] and not told for _, words, told in before.values())
    workbench("version", "deprecate", "a", "--successor", "b", "--reason", "Merged into b.")
    after = said()
    assert {name: code for name, (code, _, _) in after.items()} == {name: code for name, (code, _, _) in before.items()}
    assert {word["successor"] for _, words, _ in after.values() for word in words} == {"skills/b"}
    assert all(told for _, _, told in after.values())


def test_a_word_on_an_old_version_is_none_on_what_is_here_now(versions: Any, workbench: Any) -> None:
    workbench("version", "deprecate", "a", "1.0.0", "--reason", "Old.")
    assert workbench("skills", "show", "a", "--json").json["deprecated"] is None
    workbench("version", "deprecate", "a", "1.1.0", "--reason", "Also.")
    assert workbench("skills", "show", "a", "--json").json["deprecated"]["reason"] == "Also."
    versions.skill("skills/a", body="New.\n", metadata="{version: '1.2.0'}")
    assert workbench("skills", "show", "a", "--json").json["deprecated"] is None


def test_an_install_warns_and_names_the_successor(versions: Any, workbench: Any, tmp_path: Path) -> None:
    workbench("version", "deprecate", "a", "1.0.0", "--successor", "a@1.1.0", "--reason", "Old.")
    place = ("--agent", "claude", "--project", str(tmp_path / "project"), "--home", str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    said = workbench("install", "a@1.0.0", *place)
    assert said.code == 0, said.err
    assert "a 1.0.0 is deprecated, use skills/a@1.1.0: Old. (Ada)" in said.err
    assert "deprecated" not in workbench("install", "a", *place).err


@pytest.mark.parametrize(
    ("words_given", "code"),
    [
        (("a", "9.9.9", "--reason", "x"), 3),
        (("a", "1.0.0", "--successor", "nowhere", "--reason", "x"), 2),
        (("a", "1.0.0", "--successor", "a@9.9.9", "--reason", "x"), 3),
        (("a", "1.0.0", "--successor", "a@1.0.0", "--reason", "x"), 2),
        (("a", "--successor", "a", "--reason", "x"), 2),
        (("a", "1.0.0"), 2),
    ],
)
def test_what_can_not_be_meant_is_refused_and_records_nothing(
    versions: Any, workbench: Any, words_given: tuple[str, ...], code: int
) -> None:
    count = versions.git("rev-list", "--count", "workbench/reviews")
    assert workbench("version", "deprecate", *words_given).code == code
    assert versions.git("rev-list", "--count", "workbench/reviews") == count
