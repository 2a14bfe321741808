"""`workbench eval trigger` and `triggers`: words alone decide and every answer says so, or a model is really asked."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_models import KEY, FakeModels, Say, Seen, error
from tests.integration.conftest import Library
from workbench.skills.model import Skill
from workbench.testing.model_triggers import MAX_LISTED, listing


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


class TestWithAModel:
    @pytest.fixture
    def fake(self, skills: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModels]:
        monkeypatch.setenv("FAKE_KEY", KEY)
        with FakeModels() as models:
            model = {"provider": "openai", "base_url": models.base("openai"), "model": "m", "key_env": "FAKE_KEY"}
            model |= {"tries": 1, "input_usd_per_mtok": 1, "output_usd_per_mtok": 5}
            (tmp_path / "config").mkdir()
            (tmp_path / "config/config.yaml").write_text(json.dumps({"models": {"fake": model}}))
            yield models

    @staticmethod
    def loading(**names: str) -> Callable[[Seen], Say]:
        """A model that loads the skill that it is told to for a word of the question."""

        def answer(seen: Seen) -> Say:
            asked = str(seen.body["messages"][-1]["content"])
            name = next((name for word, name in names.items() if word in asked), None)
            return Say("", [("load_skill", {"name": name})]) if name else Say("Here you are.")

        return answer

    def test_the_real_question_is_asked_as_a_client_would(
        self, fake: FakeModels, workbench: Any, skills: Library
    ) -> None:
        fake.then(*[self.loading(csv="csv-profile", pdf="csv-profile", quarterly="release")] * 9)
        said = workbench("eval", "triggers", "csv-profile", "--model", "fake", "--json")
        assert said.code == 1
        assert (said.json["method"], said.json["caveat"], said.json["model"]) == ("model", None, "m")
        assert [(one["triggers"], one["runs"], one["pass"]) for one in said.json["results"]] == [
            (3, 3, True), (3, 3, False), (0, 3, False),
        ]  # fmt: skip
        assert (said.json["precision"], said.json["recall"]) == (0.5, 0.5)
        assert said.json["neighbours"] == [{"path": "skills/release", "queries": 1}]
        told = fake.seen[0].body["messages"][0]["content"]
        assert "- pdf-fill: Fills in PDF forms." in told
        assert fake.seen[0].body["tools"][0]["function"]["name"] == "load_skill"

    def test_what_is_chosen_counts_only_if_there_is_such_a_skill(self, fake: FakeModels, workbench: Any) -> None:
        answers = [Say("", [("load_skill", {"name": 7})]), Say("", [("load_skill", "{")]), Say("", [("rm", {})])]
        fake.then(*answers, Say("", [("load_skill", {"name": "../csv-profile"})]))
        said = workbench("eval", "trigger", "profile it", "--model", "fake", "--runs", "4", "--json")
        assert (said.code, said.json["results"]) == (1, [{"path": None, "runs": 4}])

    def test_a_query_that_can_not_be_asked_is_no_pass(self, fake: FakeModels, workbench: Any) -> None:
        fake.then(*[error(400, message="no thanks")] * 9)
        said = workbench("eval", "triggers", "csv-profile", "--model", "fake", "--json")
        assert (said.code, said.json["summary"]["passed"]) == (3, 0)
        assert "no thanks" in said.json["results"][0]["errors"][0]

    def test_a_budget_stops_it(self, fake: FakeModels, workbench: Any) -> None:
        said = workbench("eval", "triggers", "csv-profile", "--model", "fake", "--max-cost", "0.003", "--json")
        assert (said.code, said.json["stopped"]) == (5, "budget")

    def test_before_and_after_a_change_of_the_description(
        self, fake: FakeModels, workbench: Any, skills: Library
    ) -> None:
        asked = '[{"query": "Which ranges and nulls are in these columns?", "should_trigger": true}]'
        skills.write("skills/csv-profile/evals/triggers.json", asked)
        skills.skill("skills/csv-profile", description="Helps.")
        said = workbench("eval", "triggers", "csv-profile", "--against", "HEAD", "--json")
        assert (said.code, said.json["summary"]["passed"], said.json["before"]["summary"]["passed"]) == (1, 0, 1)
        assert said.json["before"]["description"].startswith("Profiles CSV")
        assert "broken" in workbench("eval", "triggers", "csv-profile", "--against", "HEAD").out
        call = ("load_skill", {"name": "csv-profile"})
        fake.then(*[lambda seen: Say("", [call] * ("Profiles" in str(seen.body)))] * 2)
        options = ("--model", "fake", "--runs", "1", "--against", "HEAD", "--json")
        said = workbench("eval", "triggers", "csv-profile", *options)
        assert (said.json["results"][0]["triggers"], said.json["before"]["results"][0]["triggers"]) == (0, 1)

    def test_a_large_library_is_cut_to_the_nearest_and_a_hidden_skill_is_not_listed(self, tmp_path: Path) -> None:
        many = [Skill(f"s/{n}", f"s{n}", f"Does thing {n}.") for n in range(1_000)]
        hidden = Skill("s/h", "h", "Does thing 7.", frontmatter={"disable-model-invocation": True})
        told = listing([*many, hidden], many[999])
        assert len(told.ids) == MAX_LISTED
        assert "s999" in told.ids
        assert "h" not in told.ids
        assert any("200 of 1,000" in note for note in told.notes)
        twins = [Skill("a/x", "x", "One."), Skill("b/x", "x", "Two.")]
        assert set(listing(twins, twins[0]).ids) == {"a/x", "b/x"}
