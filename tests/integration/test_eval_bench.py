"""The bench of an evaluation: what a model may read, write and run there, and what it may not."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.conftest import Library
from tests.integration.eval_library import make
from tests.scripted_model import ScriptedModel
from workbench.errors import RefusedError
from workbench.reviews.evaluating import current_version
from workbench.sandbox.model import Level
from workbench.sandbox.probe import probe
from workbench.testing.evals.agent import Bounds, work
from workbench.testing.evals.bench import Bench
from workbench.testing.models.protocol import Reply, ToolCall

pytestmark = pytest.mark.skipif(not probe().works, reason="no sandbox works on this machine")


@pytest.fixture
def skill(library: Library) -> Library:
    return make(library)


class TestBench:
    """The tools, asked as a hostile model would."""

    @pytest.fixture
    def bench(self, skill: Library) -> Iterator[Bench]:
        skill.write("skills/rows/evil", "x").unlink()
        (skill.root / "skills/rows/evil").symlink_to("/etc/passwd")
        with current_version(skill.root, "skills/rows", None) as version:
            yield Bench(version, {"inputs/data.csv": b"a\n1\n"})

    def call(self, bench: Bench, name: str, **arguments: Any) -> tuple[bool, str]:
        told = bench.call(ToolCall("1", name, arguments))
        return told.ok, told.text

    @pytest.mark.parametrize(
        "path", ["../../../etc/passwd", "/etc/passwd", "evil", "", ".", "a\0b", "scripts", "x" * 999]
    )
    def test_nothing_outside_can_be_read(self, bench: Bench, path: str) -> None:
        ok, text = self.call(bench, "read_file", path=path)
        assert not ok
        assert "root:" not in text

    @pytest.mark.parametrize("path", ["../x", "SKILL.md", "inputs/data.csv", "outputs", "outputs/../x", "/tmp/x"])
    def test_files_are_written_below_outputs_only(self, bench: Bench, path: str) -> None:
        assert not self.call(bench, "write_file", path=path, content="x")[0]
        assert bench.outputs == {}

    def test_the_evaluations_themselves_are_not_shown(self, bench: Bench) -> None:
        ok, listed = self.call(bench, "list_files")
        assert ok
        assert listed.splitlines() == ["SKILL.md", "inputs/data.csv", "scripts/count.py"]
        assert not self.call(bench, "read_file", path="evals/evals.json")[0]
        assert "evals" not in self.call(bench, "run", argv=["ls"])[1]

    def test_files_stay_between_programs_and_the_skill_can_not_be_changed(self, bench: Bench) -> None:
        assert self.call(bench, "run", argv=["sh", "-c", "mkdir -p outputs tmp; echo hi > outputs/a; echo x > tmp/b"])[
            0
        ]
        assert "hi" in self.call(bench, "run", argv=["sh", "-c", "cat outputs/a tmp/b"])[1]
        assert not self.call(bench, "run", argv=["sh", "-c", "echo evil > SKILL.md"])[0]
        assert not self.call(bench, "run", argv=["sh", "-c", "echo evil > scripts/count.py"])[0]
        assert bench.outputs == {"outputs/a": b"hi\n"}
        assert self.call(bench, "run", argv=["rm", "outputs/a"])[0]
        assert bench.outputs == {}

    def test_a_link_in_the_outputs_leads_nowhere(self, bench: Bench) -> None:
        self.call(bench, "run", argv=["sh", "-c", "mkdir outputs; ln -s /etc/passwd outputs/p; echo 1 > outputs/q"])
        assert bench.outputs == {"outputs/q": b"1\n"}

    def test_a_gigabyte_is_stopped_and_not_kept(self, bench: Bench) -> None:
        began = time.monotonic()
        ok, _ = self.call(bench, "run", argv=["sh", "-c", "mkdir outputs; head -c 1000000000 /dev/zero > outputs/big"])
        assert not ok
        assert time.monotonic() - began < 30
        assert bench.outputs == {}
        many = "for i in $(seq 600); do echo x > f$i; done"
        assert "no file of this was kept" in self.call(bench, "run", argv=["sh", "-c", many])[1]

    def test_what_is_told_is_bounded_and_wrong_calls_are_answered(self, bench: Bench) -> None:
        ok, text = self.call(bench, "run", argv=["sh", "-c", "yes | head -c 900000"])
        assert ok
        assert len(text) < 25_000
        for name, arguments in [("run", {}), ("run", {"argv": "ls"}), ("run", {"argv": []}), ("read_file", {"path": 1}),
                                ("nothing", {}), ("run", {"argv": ["a\0b"]})]:  # fmt: skip
            assert not self.call(bench, name, **arguments)[0]
        assert not bench.call(ToolCall("1", "run", {}, invalid='{"argv": [')).ok

    def test_names_that_no_file_can_have_do_no_harm(self, bench: Bench) -> None:
        assert self.call(bench, "write_file", path="outputs/a", content="x")[0]
        for path in ("outputs/a/b", "outputs/\ud800", "outputs/" + "é" * 200):
            assert not self.call(bench, "write_file", path=path, content="x")[0]
        assert not self.call(bench, "run", argv=["echo", "\ud800"])[0]
        assert not self.call(bench, "read_file", path="\ud800")[0]
        assert self.call(bench, "run", argv=["cat", "outputs/a"])[0]
        assert self.call(bench, "run", argv=["python", "-c", "open(b'outputs/\\xff', 'w').write('x')"])[0]
        assert self.call(bench, "list_files")[0]

    def test_the_skills_own_tools_are_among_them(self, skill: Library) -> None:
        tools = "tools:\n  - {name: count, description: Counts., run: [python, scripts/count.py, inputs/data.csv]}\n"
        skill.write("skills/rows/tools.yaml", tools)
        with current_version(skill.root, "skills/rows", None) as version:
            bench = Bench(version, {"inputs/data.csv": b"a\n1\n2\n"})
            assert bench.specs()[-1].name == "count"
            assert "rows: 2" in self.call(bench, "count")[1]

    def test_a_model_that_calls_for_ever_is_stopped(self, bench: Bench) -> None:
        model = ScriptedModel(Reply("again", (ToolCall("1", "list_files", {}),) * 40, "tool_calls"))
        seen = work(model, "Do it", bench, "x", bounds=Bounds(turns=5), run="x")
        assert "5 turns" in seen.ended
        assert (len(model.asked), seen.tool_calls) == (5, {"list_files": 80})
        assert sum(message.role == "tool" for message in seen.messages) == 200
        ticks = iter(range(0, 10_000, 4))
        seen = work(model, "Do it", bench, "x", bounds=Bounds(seconds=10), run="x", clock=lambda: next(ticks))
        assert "10 s" in seen.ended

    def test_a_program_without_a_sandbox_is_refused(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("workbench.sandbox.run.probe", lambda: Level("none", False, "no bwrap"))
        with pytest.raises(RefusedError, match="no bwrap"):
            self.call(bench, "run", argv=["ls"])
