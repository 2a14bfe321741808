"""Evaluations run against an endpoint on loopback and in the real sandbox, whatever model, judge or program does."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_models import KEY, FakeModels, Hang, Raw, Say, Seen, error
from tests.integration.conftest import Library
from tests.integration.eval_library import COUNT, EVALS, make
from tests.scripted_model import ScriptedModel
from workbench.sandbox.model import Level
from workbench.sandbox.probe import probe
from workbench.testing.evals.grading import Graders
from workbench.testing.evals.model import Eval, Grader
from workbench.testing.evals.places import make_iteration
from workbench.testing.evals.runner import Plan, Side, run_evals
from workbench.testing.models.protocol import Reply
from workbench.testing.statistics import wilson

pytestmark = pytest.mark.skipif(not probe().works, reason="no sandbox works on this machine")

Brain = Callable[[Seen], Say | Raw]


def has_skill(seen: Seen) -> bool:
    return "<skill>" in json.dumps(seen.body.get("system", ""))


def last(seen: Seen) -> str:
    return json.dumps(seen.body["messages"][-1])


def counting(seen: Seen) -> Say:
    """With the skill it runs its script and says what came; without, it does not know."""
    if not has_skill(seen):
        return Say("I can't count rows.")
    if "tool_result" not in last(seen):
        return Say("Let me count.", [("run", {"argv": ["python", "scripts/count.py", "inputs/data.csv"]})])
    return Say("rows: 2" if "rows: 2" in last(seen) else f"it failed: {last(seen)}")


@pytest.fixture
def fake() -> Iterator[FakeModels]:
    with FakeModels() as models:
        yield models


@pytest.fixture
def skill(library: Library, fake: FakeModels, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Library:
    monkeypatch.setenv("FAKE_KEY", KEY)
    model = {"provider": "anthropic", "base_url": fake.url, "model": "fake-1", "key_env": "FAKE_KEY", "tries": 1}
    model |= {"input_usd_per_mtok": 1, "output_usd_per_mtok": 5}
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text(
        json.dumps({"models": {"fake": model, "judge": {**model, "model": "j"}}})
    )
    make(library)
    return library


def think(fake: FakeModels, brain: Brain, times: int = 100) -> None:
    fake.then(*[brain] * times)


def change(library: Library, **more: Any) -> None:
    value = {**EVALS, "evals": [{**EVALS["evals"][0], **more}]}
    library.write("skills/rows/evals/evals.json", json.dumps(value))


class TestSides:
    def test_with_the_skill_against_without_it(self, skill: Library, fake: FakeModels, workbench: Any) -> None:
        think(fake, counting)
        said = workbench("eval", "rows", "--model", "fake", "--runs", "2", "--json")
        assert said.code == 0, said.err + said.out
        found = said.json
        assert [(run["configuration"], run["run_number"], run["result"]["pass_rate"]) for run in found["runs"]] == [
            ("with_skill", 1, 1.0), ("without_skill", 1, 0.5), ("with_skill", 2, 1.0), ("without_skill", 2, 0.5),
        ]  # fmt: skip
        assert found["run_summary"]["delta"]["pass_rate"] == "+0.50"
        assert found["run_summary"]["with_skill"]["pass_rate"] == {"mean": 1.0, "stddev": 0.0, "min": 1.0, "max": 1.0}
        assert found["metadata"]["runs_per_configuration"] == 2
        assert found["statistics"]["difference"]["pass_rate"]["verdict"] == "not enough runs to tell"
        whole = found["statistics"]["configurations"]["with_skill"]["passed_whole"]
        assert whole["interval"] == wilson(2, 2).to_json()
        result = found["runs"][0]["result"]
        assert (result["tokens"], result["tool_calls"], result["errors"]) == (240, 1, 0)
        assert result["cost_usd"] == pytest.approx(2 * (100 * 1e-6 + 20 * 5e-6))
        assert found["trees"]["with_skill"] == skill.workspace().tree("skills/rows")

    def test_results_lie_where_other_tools_look_for_them(
        self, skill: Library, fake: FakeModels, workbench: Any, tmp_path: Path
    ) -> None:
        think(fake, counting)
        for _ in range(2):
            workbench("eval", "rows", "--model", "fake", "--runs", "1", "--out", str(tmp_path / "rows-workspace"))
        folder = tmp_path / "rows-workspace/iteration-2"
        run = folder / "eval-1/with_skill/run-1"
        grading = json.loads((run / "grading.json").read_text())
        assert grading["summary"] == {"passed": 2, "failed": 0, "total": 2, "pass_rate": 1.0}
        assert [set(one) >= {"text", "passed", "evidence"} for one in grading["expectations"]] == [True, True]
        assert grading["execution_metrics"]["tool_calls"] == {"run": 1}
        assert json.loads((run / "timing.json").read_text())["total_tokens"] == 240
        assert json.loads((folder / "benchmark.json").read_text())["metadata"]["skill_name"] == "rows"
        assert json.loads((folder / "eval-1/eval_metadata.json").read_text())["eval_id"] == 1
        assert (run / "outputs").is_dir()

    def test_what_is_said_of_a_run_is_kept_beside_what_others_said(
        self, skill: Library, fake: FakeModels, workbench: Any, tmp_path: Path
    ) -> None:
        place = ("--out", str(tmp_path / "rows-workspace"))
        assert workbench("eval", "feedback", "rows", *place).code == 3
        think(fake, lambda _: Say("done"))
        workbench("eval", "rows", "--model", "fake", "--runs", "1", *place)
        file = tmp_path / "rows-workspace/iteration-1/feedback.json"
        other = {"run_id": "eval-1-without_skill-run-1", "feedback": "Guesses.", "stars": 1}
        file.write_text(json.dumps({"reviews": [other]}))
        said = workbench("eval", "feedback", "rows", "eval-1/with_skill/run-1", "Names no file.", "--done", *place)
        assert said.code == 0, said.err
        listed = workbench("eval", "feedback", "rows", "--json", *place).json["runs"]
        assert {one["run"]: one["feedback"] for one in listed} == {
            "eval-1-with_skill-run-1": "Names no file.", "eval-1-without_skill-run-1": "Guesses.",
        }  # fmt: skip
        kept = json.loads(file.read_text())
        assert (kept["status"], kept["reviews"][0]["stars"]) == ("complete", 1)
        assert workbench("eval", "feedback", "rows", "eval-9/with_skill/run-1", "x", *place).code == 3
        assert workbench("eval", "feedback", "rows", "eval-1/with_skill/run-1", *place).code == 2
        assert workbench("eval", "feedback", "rows", "--iteration", "7", *place).code == 3

    def test_one_version_against_another(self, skill: Library, fake: FakeModels, workbench: Any) -> None:
        skill.write("skills/rows/scripts/count.py", COUNT.replace(" - 1", ""))
        skill.commit()
        think(fake, counting)
        said = workbench("eval", "rows", "--model", "fake", "--runs", "4", "--against", "HEAD~1", "--json")
        assert said.code == 1
        assert said.json["run_summary"]["delta"]["pass_rate"] == "-0.50"
        assert said.json["statistics"]["difference"]["pass_rate"]["verdict"] == "worse"
        assert said.json["trees"]["old_skill"] == skill.git("rev-parse", "HEAD~1:skills/rows").strip()
        assert workbench("eval", "rows", "--model", "fake", "--against", "nowhere").code == 3
        assert workbench("eval", "rows", "--model", "fake", "--against", "approved").code == 2

    def test_outcomes_are_stored_with_the_tree_they_ran_on(
        self, skill: Library, fake: FakeModels, workbench: Any
    ) -> None:
        think(fake, counting)
        workbench("eval", "rows", "--model", "fake", "--runs", "1")
        from workbench.config import store_path
        from workbench.storage import Store

        rows = Store(store_path()).query("SELECT * FROM event WHERE kind = 'eval' ORDER BY id")
        assert {(row["tool"], row["outcome"], row["tree"]) for row in rows} == {
            ("1", "ok", skill.workspace().tree("skills/rows")), ("1", "failed", None),
        }  # fmt: skip
        assert {json.loads(row["detail"])["configuration"] for row in rows} == {"with_skill", "without_skill"}
        last = workbench("eval", "rows", "--last", "--json").json["last"]
        assert (last["passed"], last["total"], last["passed_whole"], last["runs"]) == (2, 2, 1, 1)
        assert (last["interval"], last["tree"]) == (wilson(1, 1).to_json(), rows[0]["tree"] or rows[1]["tree"])
        assert "2 of 2 expectations met" in workbench("eval", "rows", "--last").out
        skill.write("skills/rows/SKILL.md", "---\nname: rows\ndescription: Other.\n---\n")
        said = workbench("eval", "rows", "--last")
        assert (said.code, "never evaluated" in said.out) == (1, True)

    def test_a_misnamed_model_evaluation_or_flag_is_said(self, skill: Library, workbench: Any) -> None:
        assert workbench("eval", "rows").code == 2
        assert workbench("eval", "rows", "--model", "fak").code == 2
        said = workbench("eval", "rows", "--model", "fake", "--eval", "2")
        assert (said.code, "there are: 1" in said.err) == (2, True)
        change(skill, files=["evals/files/missing.csv"])
        assert workbench("eval", "rows", "--model", "fake").code == 3


class TestGrades:
    def test_text_without_a_judge_is_not_graded_and_said_so(
        self, skill: Library, fake: FakeModels, workbench: Any
    ) -> None:
        change(skill, graders=[], expectations=["It is kind"])
        think(fake, counting)
        said = workbench("eval", "rows", "--model", "fake", "--runs", "1", "--json")
        assert said.code == 1
        assert said.json["runs"][0]["result"]["pass_rate"] is None
        assert any("not graded" in note for note in said.json["notes"])
        assert not list(Path(said.json["folder"]).rglob("grading.json"))
        assert "not graded" in workbench("eval", "rows", "--model", "fake", "--runs", "1").err

    def test_a_judge_grades_and_has_to_quote(self, skill: Library, fake: FakeModels, workbench: Any) -> None:
        change(skill, expectations=["It says the number", "It greets"])

        def brain(seen: Seen) -> Say:
            if seen.body["model"] != "j":
                return counting(seen)
            entries = [(1, True, "rows: 2"), (2, True, "Good morning, Ada")]
            return Say(json.dumps({"grades": [{"number": n, "passed": p, "evidence": e} for n, p, e in entries]}))

        think(fake, brain)
        said = workbench(
            "eval", "rows", "--model", "fake", "--judge", "judge", "--runs", "1", "--against", "none", "--json"
        )
        assert said.code == 1
        grades = {one["text"]: one for one in said.json["runs"][0]["expectations"]}
        assert (grades["It says the number"]["status"], grades["It greets"]["status"]) == ("passed", "unsupported")
        assert said.json["metadata"]["analyzer_model"] == "judge"
        options = ("--model", "fake", "--judge", "judge", "--runs", "1", "--against", "none")
        assert workbench("eval", "rows", *options, "--min-pass", "0.7").code == 0

    def test_a_judge_that_answers_rubbish_is_an_error_and_no_pass(
        self, skill: Library, fake: FakeModels, workbench: Any
    ) -> None:
        change(skill, graders=[], expectations=["It says the number"])
        think(fake, lambda seen: Say("All good!") if seen.body["model"] == "j" else counting(seen))
        said = workbench("eval", "rows", "--model", "fake", "--judge", "judge", "--runs", "1", "--json")
        assert (said.code, said.json["runs"][0]["result"]["total"]) == (3, 0)
        assert "can't be used" in said.json["errors"][0]
        assert sum(seen.body["model"] == "j" for seen in fake.seen) == 4

    def test_each_grader_says_what_it_saw(self, skill: Library, fake: FakeModels, workbench: Any) -> None:
        change(
            skill,
            graders=[
                {"type": "exact", "value": "done", "target": "outputs/a/x.txt"},
                {"type": "json_schema", "target": "outputs/y.json", "schema": {"required": ["rows"]}},
                {"type": "regex", "pattern": "x", "target": "outputs/z.txt"},
                {"type": "script", "run": ["python", "-c", "open('outputs/a/x.txt')"]},
                {"type": "script", "run": ["python", "-c", "raise SystemExit('bad news')"]},
                {"type": "script", "run": ["no-such-program"]},
            ],
        )

        def brain(seen: Seen) -> Say:
            if "tool_result" in last(seen):
                return Say("rows")
            files = [("outputs/a/x.txt", " done\n"), ("outputs/y.json", '{"n": 1}')]
            return Say("", [("write_file", {"path": path, "content": text}) for path, text in files])

        think(fake, brain)
        said = workbench("eval", "rows", "--model", "fake", "--runs", "1", "--against", "none", "--json")
        seen = [(one["status"], one["evidence"]) for one in said.json["runs"][0]["expectations"]]
        assert [status for status, _ in seen] == ["passed", "failed", "failed", "passed", "failed", "error"]
        assert "rows" in seen[1][1]
        assert "was not written" in seen[2][1]
        assert "bad news" in seen[4][1]
        assert said.code == 3


class TestStopping:
    def test_a_budget_stops_the_run_and_what_was_done_is_kept(
        self, skill: Library, fake: FakeModels, workbench: Any
    ) -> None:
        think(fake, lambda seen: Say("rows: 2", usage=(1000, 1000, 0)))
        said = workbench("eval", "rows", "--model", "fake", "--runs", "20", "--max-cost", "0.05", "-j", "1", "--json")
        assert said.code == 5
        assert said.json["stopped"] == "budget"
        done, left = len(said.json["runs"]), len(said.json["not_run"])
        assert done + left == 40
        assert 2 <= done < 20
        assert len(list(Path(said.json["folder"]).rglob("grading.json"))) == done

    def test_cancelling_keeps_what_was_done(self, skill: Library, tmp_path: Path) -> None:
        cancel = threading.Event()
        one = Eval(1, "one", "Do it", graders=(Grader("regex", "x", value="x"),))
        model = ScriptedModel("x", lambda _: (cancel.set(), Reply("x"))[1])
        plan = Plan("skills/rows", skill.root, [one], [Side("without_skill", None)], runs=5, jobs=1)
        seen = run_evals(plan, model, Graders(skill.root), make_iteration(tmp_path / "w", [one]), cancel=cancel)
        assert seen.stopped == "cancelled"
        assert [run.status for run in seen.runs] == ["done", "done", "not run", "not run", "not run"]
        assert len(list((tmp_path / "w").rglob("grading.json"))) == 2

    def test_ctrl_c_keeps_what_was_done(self, skill: Library, fake: FakeModels, tmp_path: Path) -> None:
        fake.then(Say("rows: 2"), Say("no"), *[Hang()] * 4)
        argv = [sys.executable, "-m", "workbench", "eval", "rows", "--model", "fake", "-j", "1", "--json"]
        started = subprocess.Popen([*argv, "--out", str(tmp_path / "w")], stdout=subprocess.PIPE, cwd=skill.root)
        end = time.monotonic() + 60
        while len(fake.seen) < 3 and time.monotonic() < end:
            time.sleep(0.05)
        started.send_signal(signal.SIGINT)
        said = json.loads(started.communicate(timeout=30)[0])
        assert (started.returncode, said["stopped"], len(said["runs"])) == (130, "cancelled", 2)
        assert len(list((tmp_path / "w").rglob("grading.json"))) == 2
        assert json.loads((tmp_path / "w/iteration-1/benchmark.json").read_text()) == said

    def test_an_endpoint_that_fails_is_an_error_of_each_run(
        self, skill: Library, fake: FakeModels, workbench: Any
    ) -> None:
        think(fake, lambda seen: counting(seen) if has_skill(seen) else error(400, message="no thanks"))
        said = workbench("eval", "rows", "--model", "fake", "--runs", "1", "--json")
        assert (said.code, len(said.json["runs"])) == (3, 1)
        assert "no thanks" in said.json["errors"][0]
        assert said.json["not_run"][0]["configuration"] == "without_skill"

    def test_without_a_sandbox_nothing_is_asked(
        self, skill: Library, fake: FakeModels, workbench: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("workbench.sandbox.probe.probe", lambda: Level("none", False, "no bwrap"))
        said = workbench("eval", "rows", "--model", "fake")
        assert (said.code, "--unsandboxed" in said.err, fake.seen) == (5, True, [])


class TestRecordings:
    def test_what_was_recorded_is_replayed_offline_and_alike(
        self, skill: Library, fake: FakeModels, workbench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        think(fake, counting)
        options = ("--model", "fake", "--runs", "2", "--cassette", str(tmp_path / "c.jsonl"), "--json")
        first = workbench("eval", "rows", *options, "--record")
        asked = len(fake.seen)
        monkeypatch.delenv("FAKE_KEY")
        second = workbench("eval", "rows", *options, "--replay")
        assert len(fake.seen) == asked
        ours = [
            [(run["expectations"], run["result"]["tokens"], run["result"]["pass_rate"]) for run in said.json["runs"]]
            for said in (first, second)
        ]
        assert ours[0] == ours[1]
        assert (first.code, second.code) == (0, 0)
        said = workbench("eval", "rows", *options[:2], "--runs", "3", *options[4:], "--replay")
        assert (said.code, "never recorded" in said.json["errors"][0]) == (3, True)
