"""Cases run in real sandboxes: each alone, many at once, every outcome said and stored."""

import threading
import time
from pathlib import Path

import pytest

from tests.integration.case_library import Library, command
from workbench.analytics.usage import last_test_run
from workbench.errors import InputError, UsageError
from workbench.sandbox.probe import probe
from workbench.skills.model import Problem, Skill
from workbench.testing.results import CaseResult
from workbench.testing.runner import run_cases

pytestmark = pytest.mark.skipif(not probe().works, reason="no sandbox works on this machine")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def test_a_command_that_does_as_expected_passes(library: Library) -> None:
    result = library.only(command("says it", "echo, hi", 'expect: {stdout: "hi\\n"}'))
    assert (result.outcome, result.exit_code, result.stdout, result.reason) == ("passed", 0, "hi\n", None)
    assert result.level.startswith("bubblewrap")


def test_every_expectation_that_fails_is_a_mismatch_with_its_line(library: Library) -> None:
    run = library.run("""\
  - name: says it
    run: [python, scripts/x.py, fail]
    expect:
      stdout: hello
      stderr: {contains: nothing}
      files: {report.md: {contains: x}}
""")
    (result,) = run.results
    assert [(mismatch.where, mismatch.line) for mismatch in result.mismatches] == [
        ("exit", 4),
        ("stdout", 5),
        ("stderr", 6),
        ("files/report.md", 7),
    ]
    assert result.outcome == "failed"
    assert result.reason == "exit 1, not exit 0: it went wrong (and 3 more mismatches)"
    assert (run.passed, run.failed, run.ok) == (0, 1, False)


def test_files_fixtures_and_environment_are_there_and_what_is_written_is_compared(library: Library) -> None:
    fixture = library.skill_folder / "tests/fixtures/small"
    (fixture / "sub").mkdir(parents=True)
    (fixture / "sub/data.txt").write_text("from the fixture\n")
    (fixture / "own.txt").write_text("from the fixture\n")
    run = library.run(
        command(
            "fixture", "cat, sub/data.txt", 'fixture: tests/fixtures/small, expect: {stdout: "from the fixture\\n"}'
        )
        + command("own", "cat, own.txt", "fixture: tests/fixtures/small, files: {own.txt: own}, expect: {stdout: own}")
        + command("write", "write, out.txt, hi", "expect: {files: {out.txt: hi}}")
        + "  - {name: env, run: [sh, -c, 'echo $A'], env: {A: b}, expect: {stdout: \"b\\n\"}}\n"
    )
    assert [result.reason for result in run.results] == [None] * 4


def test_cases_do_not_see_each_others_files(library: Library) -> None:
    run = library.run(command("one", "write, x.txt, hi") + command("two", "cat, x.txt", "expect: {exit: 1}"), jobs=1)
    assert [result.outcome for result in run.results] == ["passed", "passed"]
    assert not (library.skill_folder / "x.txt").exists()


@pytest.mark.parametrize("target", ["/etc", "../../../..", "/etc/passwd"])
def test_a_fixture_whose_links_leave_the_skill_is_refused(library: Library, target: str) -> None:
    fixture = library.skill_folder / "tests/fixture"
    fixture.mkdir()
    (fixture / "link").symlink_to(target)
    result = library.only(command("x", "echo", "fixture: tests/fixture"))
    assert result.outcome == "error"
    assert "lead" in (result.reason or "") or "leaves" in (result.reason or "")


def test_a_fixture_that_is_itself_a_link_out_is_not_even_listed(library: Library, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (library.skill_folder / "tests/fixture").symlink_to(tmp_path / "outside")
    result = library.only(command("x", "echo", "fixture: tests/fixture"))
    assert result.outcome == "error"
    assert "leaves the skill" in (result.reason or "")


def test_a_fixture_that_is_not_there_is_an_error_with_its_line(library: Library) -> None:
    result = library.only("  - name: x\n    run: [x]\n    fixture: tests/nowhere\n")
    assert (result.outcome, result.place) == ("error", "skills/a/tests/x.yaml:4")


def test_a_tool_is_called_with_its_arguments(library: Library) -> None:
    case = "  - {name: x, tool: echo, with: {text: 'a b; $(id)'}, expect: {stdout: \"a b; $(id)\\n\"}}\n"
    assert library.only(case).outcome == "passed"


def test_what_a_function_gives_is_its_output_and_what_it_prints_its_stdout(library: Library) -> None:
    case = '  - {name: x, tool: double, with: {x: 21}, expect: {stdout: "working\\n", output: {json: 42}}}\n'
    assert library.only(case).reason is None
    assert (
        library.only("  - {name: x, tool: double, with: {x: 21}, expect: {output: {json: 43}}}\n").outcome == "failed"
    )


def test_a_tool_that_breaks_its_own_promise_fails_without_being_asked(library: Library) -> None:
    result = library.only("  - {name: x, tool: promise, with: {text: '[]'}}\n")
    assert [mismatch.matcher for mismatch in result.mismatches] == ["output_schema"]
    assert library.only("  - {name: x, tool: promise, with: {text: '{}'}}\n").outcome == "passed"


def test_a_case_that_can_not_run_is_an_error_at_its_line_and_the_others_go_on(library: Library) -> None:
    run = library.run("""\
  - name: unknown tool
    tool: ehco
  - name: wrong argument
    tool: echo
    with:
      text: a
      txet: b
  - name: wrong type
    tool: echo
    with: {text: 3}
  - name: misspelt
    tool: echo
    wiht: {text: a}
  - name: fine
    tool: echo
    with: {text: a}
""")
    assert [(result.case, result.outcome, result.place.rpartition(":")[2]) for result in run.results] == [
        ("unknown tool", "error", "3"),
        ("wrong argument", "error", "8"),
        ("wrong type", "error", "11"),
        ("fine", "passed", "15"),
    ]
    assert (run.results[0].reason or "").endswith("did you mean echo?")
    assert [problem.line for problem in run.problems] == [14]
    assert (run.passed, run.errors, run.ok) == (1, 4, False)


def test_tools_that_can_not_be_read_are_an_error_of_their_cases_only(library: Library) -> None:
    def broken(skill: Skill) -> tuple[()]:
        raise InputError("no such thing")

    run = library.run("  - {name: x, tool: echo, with: {text: a}}\n" + command("y", "echo"), tools=broken)
    assert [result.outcome for result in run.results] == ["error", "passed"]


def test_a_time_limit_fails_the_case_and_is_stored_as_one(library: Library) -> None:
    result = library.only(command("slow", "loop", "timeout: 300ms"))
    assert (result.outcome, result.exit_code) == ("failed", None)
    assert result.reason is not None
    assert library.stored() == [("slow", "timeout")]


def test_a_case_that_wants_the_network_is_skipped_until_it_is_allowed(library: Library) -> None:
    case = command("x", "echo, hi", "network: host")
    assert library.only(case).outcome == "skipped"
    assert library.stored() == [("x", "refused")]
    assert library.only(case, allow_network=True).outcome == "passed"


def test_the_network_is_not_there_by_default(library: Library) -> None:
    code = "import socket; s = socket.socket(); s.settimeout(1); s.connect(('127.0.0.1', 9))"
    names = "import socket; print(socket.if_nameindex())"
    run = library.run(
        f'  - {{name: a, run: [python, -c, "{code}"], expect: {{exit: 1}}}}\n'
        f'  - {{name: b, run: [python, -c, "{names}"], expect: {{stdout: "[(1, \'lo\')]\\n"}}}}\n'
    )
    assert [result.reason for result in run.results] == [None, None]


def test_results_come_in_the_order_of_the_cases_and_are_stored_in_it(library: Library) -> None:
    names = [f"c{number}" for number in range(12)]
    run = library.run("".join(command(name, f"echo, {name}") for name in names), jobs=4)
    assert [result.case for result in run.results] == names
    assert library.stored() == [(name, "ok") for name in names]
    assert (run.passed, run.ok) == (12, True)


def test_cases_run_at_the_same_time(library: Library) -> None:
    both_began = threading.Barrier(2, timeout=30)
    met = []

    def tools_are_not_needed(skill: Skill) -> tuple[()]:
        return ()

    class Clock:
        """Each case asks for the time as it begins, and is held until another one has begun too."""

        def __call__(self) -> float:
            met.append(both_began.wait())
            return time.time()

    run = library.run(command("a", "echo") + command("b", "echo"), jobs=2, clock=Clock(), tools=tools_are_not_needed)
    assert run.passed == 2
    assert sorted(met) == [0, 1]


def test_a_run_that_is_stopped_stores_what_ran(library: Library) -> None:
    cancel = threading.Event()
    run = library.run(
        command("first", "echo") + command("endless", "loop", "timeout: 60s") + command("never", "echo"),
        jobs=1,
        cancel=cancel,
        on_result=lambda result: threading.Timer(0.2, cancel.set).start() if result.case == "first" else None,
    )
    assert [result.outcome for result in run.results] == ["passed", "skipped", "skipped"]
    assert (run.cancelled, run.ok) == (True, False)
    assert library.stored() == [("first", "ok"), ("endless", "cancelled")]


def test_a_callback_that_fails_ends_the_run_and_what_ran_is_still_stored(library: Library) -> None:
    def fail(result: CaseResult) -> None:
        raise ValueError("the screen is gone")

    with pytest.raises(ValueError, match="the screen is gone"):
        library.run(command("a", "echo") + command("b", "loop", "timeout: 60s"), jobs=1, on_result=fail)
    assert library.stored()[0] == ("a", "ok")


def test_the_store_knows_the_last_run_of_a_skill(library: Library) -> None:
    library.run(command("a", "echo") + command("b", "fail"), run_id="r1", clock=lambda: 1_800_000_000.0)
    last = last_test_run(library.store, "skills/a", "t" * 40)
    assert last is not None
    assert (last.passed, last.failed, last.run, last.at) == (1, 1, "r1", 1_800_000_000_000)
    assert [case.outcome for case in last.cases] == ["ok", "failed"]


def test_a_file_of_cases_that_can_not_be_read_counts_against_its_skill(library: Library) -> None:
    (library.skill_folder / "tests/broken.yaml").write_text("cases: [\n")
    run = library.run(command("a", "echo"))
    assert (run.passed, run.errors, run.ok) == (1, 1, False)
    assert library.stored() == [("tests/broken.yaml:1", "error"), ("a", "ok")]
    last = last_test_run(library.store, "skills/a", "t" * 40)
    assert last is not None
    assert last.failed == 1


def test_no_store_or_a_broken_one_does_not_lose_the_results(library: Library) -> None:
    assert library.run(command("a", "echo"), store=None).note is None
    with library.store.transaction() as connection:
        connection.execute("DROP TABLE event")
    run = library.run(command("a", "echo"))
    assert (run.passed, run.ok) == (1, True)
    assert "could not be stored" in (run.note or "")


def test_a_run_of_nothing_is_fine_and_of_no_jobs_is_not(library: Library) -> None:
    assert run_cases(library.root, [], store=None, library=None, trees={}, tools=lambda skill: ()).results == ()
    with pytest.raises(UsageError):
        library.run(command("a", "echo"), jobs=0)


def test_problems_without_a_skill_folder_belong_to_the_root(library: Library) -> None:
    problems = (
        Problem("error", "x", "m", "tests/a.yaml", 3),
        Problem("error", "x", "m", "tests/skills/b/tests/a.yaml"),
        Problem("error", "x", "m", "skills/c/tests"),
        Problem("warning", "x", "m", "skills/d/tests/a.yaml"),
    )
    run_cases(library.root, [], store=library.store, library=None, trees={}, tools=lambda skill: (), problems=problems)
    rows = library.store.query("SELECT skill, tool FROM event ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (".", "tests/a.yaml:3"),
        ("tests/skills/b", "tests/a.yaml"),
        ("skills/c", "tests"),
    ]


def test_a_program_that_does_not_exist_is_an_error_or_a_failure_but_never_a_pass(library: Library) -> None:
    assert library.only("  - {name: x, run: [no-such-program]}\n").outcome in ("error", "failed")
