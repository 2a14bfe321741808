"""A lock file that does not say clearly where skills came from is never passed over in silence."""

import json
from typing import Any

import pytest

ENTRY = {"source": "https://example.com/x.git", "sourceType": "well-known", "sourceUrl": "https://example.com/x.git"}
CONFLICT = '{"version": 1,\n<<<<<<< HEAD\n"skills": {}\n=======\n"skills": {"a": {}}\n>>>>>>> theirs\n}\n'


@pytest.fixture
def one(library: Any) -> Any:
    library.skill("skills/pdf")
    library.commit()
    return library


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (CONFLICT, "it holds a merge conflict"),
        ("[]", "it has no 'skills'"),
        ('{"version": 9, "skills": {}}', "its version is not 1"),
        ('{"version": 1, "skills": {"pdf": []}}', "the entry 'pdf' is not an object"),
    ],
)
def test_a_lock_file_that_cannot_be_read_is_said_and_exits_3(one: Any, workbench: Any, text: str, why: str) -> None:
    one.write("skills-lock.json", text)
    said = workbench("update", "--check")
    assert said.code == 3
    assert why in said.err
    assert "skills-lock.json" in said.err
    asked = workbench("update", "--check", "--json")
    assert asked.code == 3
    assert why in asked.json["problems"][0]["message"]
    assert asked.json["skills"][0]["status"] == "unknown"


def test_one_skill_is_not_updated_past_a_lock_file_that_cannot_be_read(one: Any, workbench: Any) -> None:
    one.write("skills-lock.json", CONFLICT)
    said = workbench("update", "pdf", "--yes")
    assert said.code == 3
    assert "skills-lock.json: it holds a merge conflict" in said.err
    assert "resolve it" in said.err


def test_an_entry_whose_name_two_skills_have_is_said_until_it_says_which(one: Any, workbench: Any) -> None:
    one.write("skills-lock.json", json.dumps({"version": 1, "skills": {"pdf": ENTRY}}))
    assert workbench("update", "--check", "--json").json["problems"] == []
    one.skill("other/pdf")
    said = workbench("update", "--check")
    assert said.code == 3
    assert "the entry 'pdf' could be other/pdf or skills/pdf" in said.err
    assert "libraryPath" in said.err

    clear = {"version": 1, "skills": {"pdf": {**ENTRY, "libraryPath": "skills/pdf"}}}
    one.write("skills-lock.json", json.dumps(clear))
    asked = workbench("update", "--check", "--json")
    assert (asked.code, asked.json["problems"]) == (0, [])
