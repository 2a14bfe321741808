"""`workbench test` chooses cases, says why, writes what CI servers read, and updates snapshots only after a yes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.integration.conftest import Library
from workbench.sandbox.model import Level
from workbench.sandbox.probe import probe

pytestmark = pytest.mark.skipif(not probe().works, reason="no sandbox works on this machine")

CASES = """\
cases:
  - name: says hello
    run: [sh, scripts/hello.sh]
    tags: [quick]
    expect: {stdout: {snapshot: hello.txt, normalise: times}}
  - name: says [more]
    run: [sh, scripts/more.sh, "1"]
    tags: [slow]
    expect: {stdout: "more 1\\n"}
"""


@pytest.fixture
def skill(library: Library) -> Library:
    library.skill("skills/a")
    library.write("skills/a/scripts/hello.sh", "echo hello 2026-01-02\n")
    library.write("skills/a/scripts/more.sh", '. "$(dirname "$0")/lib.sh"\nsay more "$@"\n')
    library.write("skills/a/scripts/lib.sh", 'say() { echo "$@"; }\n')
    library.write("skills/a/scripts/lost.sh", "echo nobody\n")
    library.write("skills/a/tests/a.yaml", CASES)
    library.write("skills/a/tests/hello.txt", "hello <day>\n")
    library.skill("skills/b")
    library.write("skills/b/tests/b.yaml", "cases:\n  - {name: is fine, run: ['true'], tags: [quick]}\n")
    library.commit()
    return library


def ran(said: Any) -> list[str]:
    return [f"{result['skill'].removeprefix('skills/')}/{result['case']}" for result in said.json["results"]]


class TestChoosing:
    def test_a_glob_a_name_and_a_tag_choose_cases(self, skill: Library, workbench: Any) -> None:
        assert ran(workbench("test", "--json", "--case", "says *")) == ["a/says hello", "a/says [more]"]
        assert ran(workbench("test", "--json", "--case", "says [more]")) == ["a/says [more]"]
        assert ran(workbench("test", "--json", "-T", "quick")) == ["a/says hello", "b/is fine"]
        assert ran(workbench("test", "--json", "-T", "quick", "-T", "slow", "b")) == ["b/is fine"]

    @pytest.mark.parametrize("options", [("--case", "says"), ("--tag", "quik")])
    def test_a_name_or_tag_that_nothing_has_is_a_usage_error(
        self, skill: Library, workbench: Any, options: tuple[str, str]
    ) -> None:
        said = workbench("test", *options)
        assert (said.code, said.out) == (2, "")
        assert options[1] in said.err

    def test_what_failed_last_is_chosen_until_it_passes(self, skill: Library, workbench: Any) -> None:
        skill.write("skills/a/tests/hello.txt", "bye\n")
        assert workbench("test", "--json").code == 1
        assert workbench("test", "--json", "--case", "says [more]").code == 0
        assert ran(workbench("test", "--json", "--failed")) == ["a/says hello"]
        skill.write("skills/a/tests/hello.txt", "hello <day>\n")
        said = workbench("test", "--json", "--failed")
        assert (said.code, ran(said), said.json["selected"][0]["why"]) == (0, ["a/says hello"], "failed the last time")
        said = workbench("test", "--failed")
        assert (said.code, "no cases to run" in said.out) == (0, True)

    @pytest.mark.parametrize(
        ("path", "chosen", "why"),
        [
            ("skills/a/scripts/hello.sh", ["a/says hello"], "scripts/hello.sh changed"),
            ("skills/a/scripts/lib.sh", ["a/says [more]"], "scripts/lib.sh changed"),
            ("skills/a/tests/hello.txt", ["a/says hello"], "tests/hello.txt changed"),
            ("skills/a/tests/a.yaml", ["a/says hello", "a/says [more]"], "tests/a.yaml changed"),
            (
                "skills/a/data/new.csv",
                ["a/says hello", "a/says [more]"],
                "data/new.csv changed, and which cases that affects is not known",
            ),
            ("notes.txt", [], None),
        ],
    )
    def test_a_change_chooses_the_cases_that_it_can_affect(
        self, skill: Library, workbench: Any, path: str, chosen: list[str], why: str | None
    ) -> None:
        file = skill.root / path
        skill.write(path, (file.read_text() if file.exists() else "") + "\n")
        said = workbench("test", "--json", "--changed")
        assert ran(said) == chosen
        assert {one["why"] for one in said.json["selected"]} == ({why} if why else set())

    def test_what_changed_is_counted_from_the_last_approved_version_or_any_other(
        self, skill: Library, workbench: Any
    ) -> None:
        workbench("review", "approve", "a", "-m", "fine")
        skill.write("skills/a/scripts/hello.sh", "echo hello 2026-01-02 \n")
        skill.write("skills/b/tests/b.yaml", "cases:\n  - {name: is fine too, run: ['true']}\n")
        skill.commit()
        assert ran(workbench("test", "--json", "--changed")) == ["a/says hello"]
        assert ran(workbench("test", "--json", "--changed=HEAD~1")) == ["a/says hello", "b/is fine too"]
        assert ran(workbench("test", "b", "--json", "--changed", "HEAD~1")) == ["b/is fine too"]
        said = workbench("test", "--changed", "no-such-thing")
        assert (said.code, "no-such-thing" in said.err) == (3, True)

    def test_outside_git_nothing_is_known_of_changes(self, tmp_path: Path, workbench: Any) -> None:
        (tmp_path / "plain/a").mkdir(parents=True)
        (tmp_path / "plain/a/SKILL.md").write_text("---\nname: a\ndescription: Use it.\n---\nx\n")
        said = workbench("test", "--library", str(tmp_path / "plain"), "--changed")
        assert (said.code, "git" in said.err) == (3, True)

    def test_scripts_that_no_case_reaches_are_said(self, skill: Library, workbench: Any) -> None:
        assert "skills/a: no case reaches scripts/lost.sh\n" in workbench("test").out
        assert workbench("test", "--json").json["unreached"] == {"skills/a": ["scripts/lost.sh"]}


class TestOutput:
    def test_json_keeps_its_shape(self, skill: Library, workbench: Any) -> None:
        said = workbench("test", "a", "--json", "--seed", "4", "--repeat", "2")
        data = said.json
        assert (said.code, data["ok"], data["passed"], data["seed"], data["repeat"]) == (0, True, 2, 4, 2)
        assert data["trees"] == {"skills/a": skill.git("rev-parse", "HEAD:skills/a").strip()}
        assert {len(result["attempts"]) for result in data["results"]} == {2}
        wanted = "run ok passed failed errors skipped cancelled duration_ms sandbox note problems results"
        assert set(wanted.split()) <= set(data)

    def test_the_seed_is_printed_so_that_the_order_can_be_had_again(self, skill: Library, workbench: Any) -> None:
        assert "order: --seed 12" in workbench("test", "--seed", "12").out

    def test_junit_holds_every_outcome(self, skill: Library, workbench: Any, tmp_path: Path) -> None:
        skill.write(
            "skills/b/tests/b.yaml",
            'cases:\n  - {name: "bad \\e[31m<&\\u0001", run: [printf, "\\e]0;x\\a]]>"], expect: {exit: 3}}\n'
            "  - {name: skipped, run: [x], skip: later}\n  - {name: known, run: ['false'], xfail: issue 1}\n"
            "  - {name: unrunnable, tool: none}\n",
        )
        skill.write("skills/b/tests/c.yaml", "cases: [\n")
        file = tmp_path / "out.xml"
        assert workbench("test", "--junit", str(file)).code == 1
        root = ElementTree.fromstring(file.read_text(encoding="utf-8"))
        assert root.attrib["tests"] == "7"
        assert (root.attrib["failures"], root.attrib["errors"], root.attrib["skipped"]) == ("1", "2", "2")
        cases = {case.attrib["name"]: case for case in root.iter("testcase")}
        assert cases["says hello"].attrib["line"] == "2"
        (failure,) = cases["bad ␛[31m<&␁"].findall("failure")
        assert failure.attrib["message"] == "exit 0, not exit 3"
        assert "\x1b" not in file.read_text(encoding="utf-8")
        assert not list(tmp_path.glob("*.part"))

    def test_a_junit_file_that_can_not_be_written_is_said(self, skill: Library, workbench: Any, tmp_path: Path) -> None:
        said = workbench("test", "--junit", str(tmp_path / "none/out.xml"))
        assert (said.code, "can't be written" in said.err) == (3, True)

    def test_github_gets_annotations_that_nothing_can_forge(self, skill: Library, workbench: Any) -> None:
        skill.write(
            "skills/b/tests/b.yaml",
            'cases:\n  - name: "a,b: 100%"\n    run: [printf, "::error::forged\\n"]\n'
            '    expect:\n      stdout: "x\\n::set-output name=a::b\\n"\n',
        )
        out = workbench("test", "--github").out.splitlines()
        assert out[0].startswith("::stop-commands::")
        token = out[0].removeprefix("::stop-commands::")
        end = out.index(f"::{token}::")
        assert len(token) == 32
        assert any("::error::forged" in line for line in out[:end])
        assert out[end + 1 :] == [
            "::error file=skills/b/tests/b.yaml,line=2,col=5,title=skills/b%3A a%2Cb%3A 100%25 (failed)"
            "::stdout differs from line 1"
        ]

    @pytest.mark.parametrize(
        "options",
        [
            ("--json", "--github"),
            ("--watch", "--json"),
            ("--watch", "--junit", "x"),
            ("--yes",),
            ("--update", "--repeat", "2"),
            ("--jobs", "0"),
            ("--repeat", "0"),
        ],
    )
    def test_options_that_contradict_each_other_are_refused(
        self, skill: Library, workbench: Any, options: tuple[str, ...]
    ) -> None:
        assert workbench("test", *options).code == 2

    def test_without_a_sandbox_it_refuses(
        self, skill: Library, workbench: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone = Level("none", works=False, reason="there is no bubblewrap here", remedy="install it")
        monkeypatch.setattr("workbench.sandbox.run.probe", lambda: gone)
        said = workbench("test")
        assert (said.code, "there is no bubblewrap here; install it" in said.out) == (5, True)
        assert workbench("test", "--unsandboxed").code == 0


class TestSchema:
    def test_it_is_printed_without_any_library(self, workbench: Any, tmp_path: Path, monkeypatch: Any) -> None:
        monkeypatch.chdir(tmp_path)
        said = workbench("test", "schema")
        assert (said.code, said.json["$schema"]) == (0, "https://json-schema.org/draft/2020-12/schema")

    def test_a_skill_of_that_name_is_reached_by_its_path(self, skill: Library, workbench: Any) -> None:
        skill.skill("skills/schema")
        skill.write("skills/schema/tests/s.yaml", "cases:\n  - {name: mine, run: ['true']}\n")
        assert ran(workbench("test", "skills/schema", "--json")) == ["schema/mine"]
        assert ran(workbench("test", "./skills/schema", "--json")) == ["schema/mine"]


class TestSnapshots:
    def stale(self, skill: Library) -> Path:
        return skill.write("skills/a/tests/hello.txt", "bye\n")

    def test_without_a_terminal_and_a_yes_the_difference_is_shown_and_nothing_written(
        self, skill: Library, workbench: Any
    ) -> None:
        file = self.stale(skill)
        said = workbench("test", "--update")
        assert said.code == 1
        assert "skills/a/tests/hello.txt would change, for says hello" in said.out
        assert "  -bye\n  +hello <day>\n" in said.out
        assert "pass --yes" in said.out
        assert file.read_text() == "bye\n"

    def test_with_a_yes_it_is_written_normalised_and_the_cases_run_again_on_the_new_bytes(
        self, skill: Library, workbench: Any
    ) -> None:
        file = self.stale(skill)
        before = set(file.parent.iterdir())
        said = workbench("test", "--update", "--yes", "--json")
        assert (said.code, said.json["ok"], file.read_text()) == (0, True, "hello <day>\n")
        assert said.json["updated_snapshots"][0]["written"] is True
        assert set(file.parent.iterdir()) == before
        skill.commit()
        assert said.json["trees"]["skills/a"] == skill.git("rev-parse", "HEAD:skills/a").strip()
        assert workbench("test", "--update").out.count("every snapshot is up to date") == 1

    def test_a_missing_snapshot_is_a_failure_with_its_remedy_and_is_made(self, skill: Library, workbench: Any) -> None:
        (skill.root / "skills/a/tests/hello.txt").unlink()
        skill.write("skills/a/tests/a.yaml", CASES.replace("hello.txt", "new/hello.txt"))
        said = workbench("test", "a")
        assert (said.code, "the snapshot 'new/hello.txt' does not exist; `workbench test --update`" in said.out) == (
            1,
            True,
        )
        assert workbench("test", "a", "--update", "--yes").code == 0
        assert (skill.root / "skills/a/tests/new/hello.txt").read_text() == "hello <day>\n"

    def test_what_goes_wrong_in_another_way_too_is_not_taken_over(self, skill: Library, workbench: Any) -> None:
        file = self.stale(skill)
        skill.write("skills/a/scripts/hello.sh", "echo oops\nexit 3\n")
        said = workbench("test", "--update", "--yes")
        assert (said.code, file.read_text()) == (1, "bye\n")
        assert "not written: the case goes wrong in another way too: exit 3, not exit 0" in said.out

    def test_two_cases_that_want_different_texts_get_neither(self, skill: Library, workbench: Any) -> None:
        file = self.stale(skill)
        skill.write("skills/a/tests/z.yaml", CASES.replace("hello.sh", "lost.sh").replace("name: says", "name: also"))
        said = workbench("test", "--update", "--yes")
        assert (said.code, file.read_text()) == (1, "bye\n")
        assert "want different texts in it" in said.out

    def test_a_snapshot_that_differs_from_run_to_run_is_found_out(self, skill: Library, workbench: Any) -> None:
        skill.write("skills/a/scripts/hello.sh", "cat /proc/sys/kernel/random/uuid\n")
        assert workbench("test", "a", "--update", "--yes").code == 1
        skill.write("skills/a/tests/a.yaml", CASES.replace("normalise: times", "normalise: [ids]"))
        assert workbench("test", "a", "--update", "--yes").code == 0
        assert (skill.root / "skills/a/tests/hello.txt").read_text() == "<id>\n"

    @pytest.mark.parametrize("kind", ["file", "folder"])
    def test_nothing_is_written_through_a_link(self, skill: Library, workbench: Any, tmp_path: Path, kind: str) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "x.txt").write_text("mine\n")
        name = "x.txt" if kind == "file" else "link/x.txt"
        link = skill.root / "skills/a/tests" / name.partition("/")[0]
        link.symlink_to(outside / "x.txt" if kind == "file" else outside)
        skill.write("skills/a/tests/a.yaml", CASES.replace("hello.txt", name))
        said = workbench("test", "a", "--update", "--yes")
        assert (said.code, "link" in said.err) == (3, True)
        assert (outside / "x.txt").read_text() == "mine\n"
        assert len(list(outside.iterdir())) == 1

    def test_a_tree_that_is_read_only_is_refused(self, skill: Library) -> None:
        self.stale(skill)
        code = (
            "import sys; from pathlib import Path; from workbench.testing.snapshots import Change, write\n"
            "from workbench.errors import InputError\n"
            "try: write(Path(sys.argv[1]), [Change('skills/a', 'hello.txt', None, 'x', ())])\n"
            "except InputError as error: sys.exit(f'{error.what} {error.remedy}')\n"
        )
        root = str(skill.root)
        walls = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", root, root, "--", sys.executable, "-c", code, root]
        done = subprocess.run(walls, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert "can't be written: Read-only file system make the folder writable" in done.stderr
        assert (skill.root / "skills/a/tests/hello.txt").read_text() == "bye\n"


class TestWatching:
    def test_a_change_runs_the_cases_that_it_can_affect_until_it_is_stopped(
        self, skill: Library, tmp_path: Path
    ) -> None:
        log = tmp_path / "said"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "workbench", "test", "--watch"],
                stdout=out, stderr=subprocess.STDOUT, cwd=skill.root, env=os.environ, start_new_session=True,
            )  # fmt: skip
        try:
            self.until(log, "waiting for a change")
            assert "3 passed" in log.read_text()
            skill.write("skills/a/scripts/more.sh", "echo less\n")
            self.until(log, "1 failed")
            later = log.read_text().partition("waiting for a change")[2]
            assert "skills/a: 1 case: scripts/more.sh changed" in later
            assert "says hello" not in later
            self.until(log, "waiting for a change", times=2)
            skill.write("skills/a/tests/a.yaml", "cases: [\n")
            self.until(log, "not YAML that can be read")
            self.until(log, "waiting for a change", times=3)
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(20)
        assert code == 130

    def until(self, log: Path, text: str, times: int = 1) -> None:
        deadline = time.monotonic() + 60
        while log.read_text().count(text) < times:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)


def test_results_are_stored_with_the_tree_so_that_a_review_can_say_them(skill: Library, workbench: Any) -> None:
    workbench("test", "a")
    assert workbench("review", "approve", "a", "-m", "fine").code == 0
    path = skill.git("ls-tree", "-r", "--name-only", "workbench/reviews", "records/skills/a").split()[0]
    assert "tests:\n    passed: 2\n    failed: 0\n" in skill.git("show", f"workbench/reviews:{path}")
