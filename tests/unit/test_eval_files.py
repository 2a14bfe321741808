"""The ecosystem's files of evaluations are read in every spelling, written as others read them, and never half."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import ConflictError, InputError
from workbench.skills.model import Skill
from workbench.testing.evals import json_file
from workbench.testing.evals.evals_file import load_evals, load_triggers
from workbench.testing.evals.model import Eval, Grade, Grading
from workbench.testing.evals.places import folder_names, make_iteration
from workbench.testing.evals.result_files import (
    Feedback,
    read_benchmark,
    read_feedback,
    read_grading,
    read_timing,
    write_feedback,
    write_grading,
)
from workbench.testing.evals.scaffold import write_starter


def evals(text: str) -> Any:
    return load_evals(json_file.parse(text.encode(), "evals.json"))


def wrong(text: str | bytes, load: Any = load_evals) -> InputError:
    with pytest.raises(InputError) as caught:
        load(json_file.parse(text.encode() if isinstance(text, str) else text, "evals.json"))
    return caught.value


def one_eval(**more: Any) -> str:
    return json.dumps({"skill_name": "a", "evals": [{"id": 1, "prompt": "do it", **more}]}, indent=1)


class TestEvals:
    @pytest.mark.parametrize("spelling", ["expectations", "assertions"])
    def test_both_spellings_are_read(self, spelling: str) -> None:
        found = evals(one_eval(**{spelling: ["It is good"]}, files=["evals/files/a.csv"], expected_output="good"))
        (one,) = found.evals
        assert (one.id, one.name, one.prompt, one.expected_output) == (1, "eval 1", "do it", "good")
        assert [(g.kind, g.text, g.needs_judge) for g in one.graders] == [("judge", "It is good", True)]
        assert one.files == ("evals/files/a.csv",)

    def test_our_graders_stand_under_a_key_of_their_own(self) -> None:
        (one,) = evals(
            one_eval(
                graders=[
                    {"type": "exact", "value": "", "target": "outputs/empty.txt"},
                    {"type": "regex", "pattern": "rows: \\d+", "text": "It counts"},
                    {"type": "json_schema", "schema": {"type": "object"}},
                    {"type": "script", "run": ["python", "evals/check.py"], "timeout": 3},
                    {"type": "judge", "text": "It is kind"},
                ]
            )
        ).evals
        assert [grader.kind for grader in one.graders] == ["exact", "regex", "json_schema", "script", "judge"]
        assert one.graders[1].text == "It counts"
        assert (one.graders[3].run, one.graders[3].timeout) == (("python", "evals/check.py"), 3.0)

    def test_keys_that_mean_nothing_here_are_no_mistake(self) -> None:
        found = evals('{"evals": [{"prompt": "x", "vendor": {"a": 1}}], "tags": ["y"]}')
        assert found.document["tags"] == ["y"]
        assert found.evals[0].id == 1

    @pytest.mark.parametrize(
        ("text", "where", "said"),
        [
            ('{\n "evals": [\n  {"prompt": "x",}\n ]\n}', "evals.json:3:", "not JSON"),
            ("{'evals': []}", "evals.json:1:2", "not JSON"),
            ('{"evals": {}}', "evals.json:1", "list 'evals'"),
            ("[]", "evals.json", "list 'evals'"),
            ('{"evals": [],\n "evals": []}', "evals.json", "twice"),
            ('{"evals": [NaN]}', "evals.json", "NaN"),
            ('{"evals": [\n {"prompt": "x"},\n {"id": 2}]}', "evals.json:3", "no 'prompt'"),
            ('{"evals": [\n {"id": 1, "prompt": "x"},\n {"id": "1", "prompt": "y"}]}', "evals.json:3", "taken"),
            ('{"evals": [{"id": true, "prompt": "x"}]}', "evals.json:1", "number or a short text"),
            ('{"evals": [{"prompt": "  "}]}', "evals.json:1", "has to be text"),
            ('{"evals": ["x"]}', "evals.json:1", "object"),
            (one_eval(files=["../../etc/passwd"]), "evals.json:8", "leads out"),
            (one_eval(files=["/etc/passwd"]), "evals.json:8", "leads out"),
            (one_eval(expectations=["x", 1]), "evals.json:9", "text"),
            (one_eval(expectations=[], assertions=[]), "evals.json:8", "both"),
            (one_eval(graders=[{"type": "regexp", "pattern": "x"}]), "evals.json:9", "regex"),
            (one_eval(graders=[{"type": "regex", "pattern": "("}]), "evals.json:10", "pattern"),
            (one_eval(graders=[{"type": "regex", "patern": "x"}]), "evals.json:10", "did you mean pattern"),
            (one_eval(graders=[{"type": "json_schema", "schema": {"type": "objekt"}}]), "evals.json:11", "schema.type"),
            (one_eval(graders=[{"type": "script", "run": "rm -rf /"}]), "evals.json:10", "list"),
            (one_eval(graders=[{"type": "script", "run": ["x"], "timeout": 1e9}]), "evals.json:", "seconds"),
            (one_eval(graders=[{"type": "exact", "value": "x", "target": "outputs/../x"}]), "evals.json:", "outputs/"),
        ],
    )
    def test_what_is_wrong_is_said_with_its_line(self, text: str, where: str, said: str) -> None:
        error = wrong(text)
        assert (error.where or "").startswith(where), error.where
        assert said in f"{error.what} {error.remedy}"

    def test_hostile_documents_are_refused_quickly(self) -> None:
        assert "deep" in wrong("[" * 100_000 + "]" * 100_000).what
        assert "larger" in wrong(b" " * (5 << 20)).what
        assert "UTF-8" in wrong(b'{"evals":\n"\xff"}').what
        assert "500" in wrong(json.dumps({"evals": [{"prompt": "x"}] * 501})).what
        for id_ in ("\x1b]0;evil\x07", "\ud800", "a\nb", ""):
            error = wrong(json.dumps({"evals": [{"prompt": "x", "id": id_}]}))
            assert "number or a short text" in error.what
            assert str(error).isprintable()


class TestTriggers:
    def test_a_list_and_an_object_around_it_are_read(self) -> None:
        listed = [{"query": "x", "should_trigger": True}, {"query": "y", "should_trigger": False}]
        for value in (listed, {"queries": listed}, {"evals": listed}):
            found = load_triggers(json_file.parse(json.dumps(value).encode(), "t.json"))
            assert [(one.query, one.should_trigger) for one in found] == [("x", True), ("y", False)]

    @pytest.mark.parametrize("entry", ['{"query": "x"}', '{"query": "x", "should_trigger": "yes"}', '"x"', "{}"])
    def test_an_entry_that_is_none_is_named(self, entry: str) -> None:
        error = wrong(f'[\n{{"query": "a", "should_trigger": true}},\n{entry}]', load_triggers)
        assert error.where == "evals.json:3"


class TestResults:
    def test_grades_go_round_and_other_keys_are_kept(self, tmp_path: Path) -> None:
        file = tmp_path / "grading.json"
        file.write_text('{"claims": [{"claim": "x"}], "timing": {"grader_duration_seconds": 2.0}}')
        grades = Grading(
            (
                Grade("is good", "passed", "'good'", "judge"),
                Grade("is kind", "unsupported", "not found", "judge"),
                Grade("is new", "not graded", "no judge", "judge"),
            )
        )
        write_grading(file, grades, timing={"total_duration_seconds": 3.0})
        written = json.loads(file.read_text())
        assert written["claims"] == [{"claim": "x"}]
        assert written["timing"] == {"grader_duration_seconds": 2.0, "total_duration_seconds": 3.0}
        assert written["summary"] == {"passed": 1, "failed": 1, "total": 2, "pass_rate": 0.5}
        assert [one["passed"] for one in written["expectations"]] == [True, False]
        assert [one["text"] for one in written["not_graded"]] == ["is new"]
        assert read_grading(file).passed == 1

    @pytest.mark.parametrize("key", ["expectations", "assertion_results"])
    def test_both_spellings_of_grades_are_read(self, tmp_path: Path, key: str) -> None:
        file = tmp_path / "grading.json"
        file.write_text(json.dumps({key: [{"text": "x", "passed": False, "evidence": "no"}]}))
        assert read_grading(file).grades == (Grade("x", "failed", "no", ""),)

    @pytest.mark.parametrize("text", ["{}", "[]", '{"expectations": [{"passed": true}]}', '{"expectations": {}}',
                                      '{"expectations": [{"text": "x", "passed": "yes"}]}'])  # fmt: skip
    def test_grades_that_are_none_are_refused(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "grading.json").write_text(text)
        with pytest.raises(InputError):
            read_grading(tmp_path / "grading.json")

    def test_timing_is_read_from_either_key(self, tmp_path: Path) -> None:
        file = tmp_path / "timing.json"
        file.write_text('{"total_tokens": 84852, "duration_ms": 23332}')
        assert (read_timing(file).tokens, read_timing(file).seconds) == (84852, 23.332)
        file.write_text('{"total_tokens": true}')
        with pytest.raises(InputError, match="number"):
            read_timing(file)

    @pytest.mark.parametrize("delta", ["+0.50", 0.5])
    def test_a_benchmark_of_either_kind_is_read(self, tmp_path: Path, delta: Any) -> None:
        file = tmp_path / "benchmark.json"
        run = {"configuration": "with_skill", "result": {"pass_rate": 1.0}}
        file.write_text(json.dumps({"runs": [run], "run_summary": {"delta": {"pass_rate": delta}}}))
        assert read_benchmark(file)["run_summary"]["delta"] == {"pass_rate": delta}
        file.write_text('{"runs": [{"configuration": "with_skill"}]}')
        with pytest.raises(InputError, match="pass_rate"):
            read_benchmark(file)

    def test_feedback_is_added_and_what_others_wrote_is_kept(self, tmp_path: Path) -> None:
        file = tmp_path / "feedback.json"
        file.write_text('{"reviews": [{"run_id": "a", "feedback": "ok", "stars": 3}], "by": "Ada"}')
        write_feedback(file, Feedback("b", "no axis labels", "2026-01-01T00:00:00Z"))
        write_feedback(file, Feedback("a", "fine", "2026-01-02T00:00:00Z"), done=True)
        written = json.loads(file.read_text())
        assert (written["by"], written["status"], written["reviews"][0]["stars"]) == ("Ada", "complete", 3)
        assert [one.feedback for one in read_feedback(file)] == ["fine", "no axis labels"]

    def test_the_guides_feedback_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "feedback.json").write_text('{"eval-1": "good", "eval-2": ""}')
        assert read_feedback(tmp_path / "feedback.json") == (Feedback("eval-1", "good"), Feedback("eval-2", ""))


class TestPlaces:
    def test_iterations_are_counted_on_and_folders_are_safe(self, tmp_path: Path) -> None:
        asked = [Eval(1, "one", "x"), Eval("../../x", "two", "x"), Eval("ä ß/x", "three", "x"), Eval("X", "four", "x")]
        for number in (1, 2):
            places = make_iteration(tmp_path / "a-workspace", asked)
            assert places.folder == tmp_path / f"a-workspace/iteration-{number}"
        names = folder_names(asked)
        assert len(set(names.values())) == 4
        assert names["1"] == "eval-1"
        for one in asked:
            assert places.run(one, "with_skill", 1).resolve().is_relative_to(places.folder)

    def test_a_starter_is_valid_and_never_overwrites(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        skill = Skill("a", "a", "Does a.")
        for path in write_starter(tmp_path, skill):
            document = json_file.read(tmp_path / path)
            assert load_evals(document).evals if "evals.json" in path else load_triggers(document)
        (tmp_path / "a/evals/evals.json").write_text("mine")
        with pytest.raises(ConflictError):
            write_starter(tmp_path, skill)
        assert (tmp_path / "a/evals/evals.json").read_text() == "mine"

    def test_a_starter_is_not_written_through_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "lib/a").mkdir(parents=True)
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "lib/a/evals").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(InputError, match="link"):
            write_starter(tmp_path / "lib", Skill("a", "a"))
        assert list((tmp_path / "elsewhere").iterdir()) == []
