"""`workbench eval trigger` and `triggers`: the words decide, and every answer says that they are only words."""

import json
from typing import Any

import pytest

from tests.integration.conftest import Library


@pytest.fixture
def skills(library: Library) -> Library:
    library.skill("skills/csv-profile", description="Profiles CSV files - types, nulls and ranges of columns.")
    library.skill("skills/pdf-fill", description="Fills in PDF forms. Use when a form has to be completed.")
    library.skill("skills/release", description="Writes release notes from commits.")
    triggers = [
        {"query": "What types do the columns of this csv file have?", "should_trigger": True},
        {"query": "Complete this pdf form for me", "should_trigger": False},
        {"query": "quarterly forecast", "should_trigger": True},
    ]
    library.write("skills/csv-profile/evals/triggers.json", json.dumps(triggers))
    library.commit()
    return library


def test_a_question_ranks_the_skills_and_says_that_it_compared_words(skills: Library, workbench: Any) -> None:
    said = workbench("eval", "trigger", "fill in the forms of a PDF", "--json")
    assert said.code == 0
    assert (said.json["method"], said.json["results"][0]["path"]) == ("lexical", "skills/pdf-fill")
    assert said.json["results"][0]["shared"][0] in ("pdf", "fill", "form")
    assert "lexical stand-in" in said.json["caveat"]
    assert "lexical stand-in" in workbench("eval", "trigger", "a PDF").err


def test_a_question_that_shares_no_word_is_answered_no(skills: Library, workbench: Any) -> None:
    assert workbench("eval", "trigger", "xyzzy", "--json").json["results"] == []
    assert workbench("eval", "trigger", "the and of").code == 1
    assert workbench("eval", "trigger", " ").code == 2


def test_a_trigger_set_is_counted_with_its_confusions(skills: Library, workbench: Any) -> None:
    said = workbench("eval", "triggers", "csv-profile", "--json")
    assert said.code == 1
    assert (said.json["method"], said.json["summary"]) == ("lexical", {"total": 3, "passed": 2, "failed": 1})
    assert said.json["confusion"] == {
        "true_positive": 1, "false_positive": 0, "true_negative": 1, "false_negative": 1,
    }  # fmt: skip
    assert (said.json["precision"], said.json["recall"]) == (1.0, 0.5)
    assert said.json["neighbours"] == [{"path": None, "queries": 1}]
    text = workbench("eval", "triggers", "csv-profile")
    assert "2 of 3" in text.out
    assert "lexical stand-in" in text.err


def test_another_set_can_be_given_and_a_missing_one_is_named(skills: Library, workbench: Any) -> None:
    skills.write("mine.json", '[{"query": "profile a csv", "should_trigger": true}]')
    assert workbench("eval", "triggers", "csv-profile", "--set", "mine.json").code == 0
    said = workbench("eval", "triggers", "release")
    assert (said.code, "skills/release/evals/triggers.json" in said.err) == (3, True)
    skills.write("mine.json", '[\n{"query": "x" "should_trigger": true}]')
    said = workbench("eval", "triggers", "csv-profile", "--set", "mine.json")
    assert (said.code, "mine.json:2:" in said.err) == (3, True)
    skills.write("mine.json", "[]")
    assert workbench("eval", "triggers", "csv-profile", "--set", "mine.json").code == 3


def test_a_starter_is_written_once_and_listed(skills: Library, workbench: Any) -> None:
    said = workbench("eval", "init", "release", "--json")
    assert said.json["written"] == ["skills/release/evals/evals.json", "skills/release/evals/triggers.json"]
    assert workbench("eval", "init", "release").code == 4
    listed = workbench("eval", "release", "--list", "--json")
    assert [one["id"] for one in listed.json["evals"]] == [1]
    assert "a first task" in workbench("eval", "release", "--list").out
    said = workbench("eval", "csv-profile", "--list")
    assert (said.code, "eval init" in said.err) == (3, True)
