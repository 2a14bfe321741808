"""Cases with more around the program: commands before and after, answers to HTTP, reasons to skip or to fail."""

import os
import threading
import time
from pathlib import Path

import pytest

from tests.integration.case_library import Library, command
from workbench.analytics.usage import last_outcomes, last_test_run, usage
from workbench.sandbox.probe import probe

pytestmark = pytest.mark.skipif(not probe().works, reason="no sandbox works on this machine")

CLIENT = """\
import json, sys, urllib.error, urllib.request

def get(url: str, data: str = "") -> object:
    request = urllib.request.Request(url, data.encode() or None, {"X-Key": "secret"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)

if __name__ == "__main__":
    for url in sys.argv[1:]:
        try:
            print(get(url))
        except (OSError, ValueError) as error:
            print("failed:", error)
"""

PRINTS = f"printf {'a' * 40}b"
SLOW = """\
import time, urllib.request
try: urllib.request.urlopen("http://x.org/y")
except OSError: time.sleep(60)
"""
RUBBISH = """\
import os, socket, urllib.request
port = int(os.environ["http_proxy"].rpartition(":")[2])
with socket.create_connection(("127.0.0.1", port)) as connection:
    connection.sendall(b"\\0\\xff rubbish\\r\\n\\r\\n")
print(urllib.request.urlopen("http://x.org/").read())
"""
CHANGES = """\
echo x >scripts/x.py || rm -rf scripts || mv scripts y || echo x >scripts/new || chmod 777 scripts/x.py ||
touch SKILL.md || echo x >>SKILL.md || ln -sf x SKILL.md || mount -o remount,rw scripts
"""


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path)
    (made.skill_folder / "scripts/client.py").write_text(CLIENT)
    return made


def shell(name: str, script: str, rest: str = "") -> str:
    return f"  - name: {name}\n    run: [sh, -c, '{script}']\n{rest}"


class TestStages:
    def test_commands_before_and_after_share_the_folder_and_the_environment(self, library: Library) -> None:
        result = library.only(
            shell(
                "x",
                "cat x.txt; [ -e late ] && echo late || true",
                "    env: {A: b}\n"
                "    setup: [[sh, -c, 'echo $A >x.txt'], [sh, -c, 'echo $A >>x.txt']]\n"
                "    teardown: [[sh, -c, 'echo >late; grep b x.txt']]\n"
                '    expect: {stdout: "b\\nb\\n", files: {late: {absent: true}}}\n',
            )
        )
        assert (result.outcome, result.notes, result.reason) == ("passed", (), None)

    def test_a_setup_that_fails_is_an_error_at_its_line_and_the_program_does_not_run(self, library: Library) -> None:
        result = library.only(
            shell("x", "echo ran", "    setup:\n      - [sh, -c, 'exit 0']\n      - [sh, -c, 'echo no >&2; exit 4']\n")
        )
        assert (result.outcome, result.stdout, result.exit_code) == ("error", "", None)
        assert result.reason == "the setup command `sh -c echo no >&2; exit 4` failed: exit 4: no"
        assert result.place.endswith(":6")
        assert library.stored() == [("x", "error")]

    @pytest.mark.parametrize("script", ["exit 1", "sleep 60", "true"])
    def test_teardown_runs_whatever_came_of_the_program(self, library: Library, script: str) -> None:
        rest = "    timeout: 400ms\n    teardown: [[sh, -c, 'cat mark >&2; exit 7']]\n    files: {mark: was here}\n"
        result = library.only(shell("x", script, rest))
        assert [note.partition("failed: ")[2] for note in result.notes] == ["exit 7: was here"]

    def test_teardown_runs_after_a_failed_setup_too(self, library: Library) -> None:
        result = library.only(shell("x", "true", "    setup: [['false']]\n    teardown: [['false']]\n"))
        assert (result.outcome, len(result.notes)) == ("error", 1)

    def test_a_setup_that_hangs_ends_with_the_time_limit(self, library: Library) -> None:
        result = library.only(shell("x", "true", "    setup: [[sleep, '60']]\n    timeout: 300ms\n"))
        assert (result.outcome, result.reason) == ("error", "the setup command `sleep 60` failed: not done after 0.3 s")

    def test_stages_work_without_a_sandbox_too(self, library: Library) -> None:
        rest = "    setup: [[touch, x]]\n    teardown: [[test, -e, scripts/x.py]]\n"
        result = library.only(shell("x", "ls x scripts/x.py", rest), unsandboxed=True)
        assert (result.outcome, result.notes, result.reason) == ("passed", (), None)


class TestHttp:
    def case(self, urls: str, http: str, expect: str = "{}") -> str:
        run = f"[python, -S, scripts/client.py, {urls}]"
        return f"  - name: x\n    run: {run}\n    http: {http}\n    expect: {expect}\n"

    @pytest.mark.parametrize("unsandboxed", [False, True])
    def test_a_request_gets_its_answer_and_nothing_leaves(self, library: Library, unsandboxed: bool) -> None:
        result = library.only(
            self.case(
                '"http://api.invalid/v1?a=1"',
                '[{request: {method: GET, url: "http://API.invalid:80/v1?a=1"}, response: {json: {a: [1]}}}]',
                '{stdout: "{\'a\': [1]}\\n", requests: [{path: "/v1?a=1", headers: {X-Key: secret}, body: ""}]}',
            ),
            unsandboxed=unsandboxed,
        )
        assert (result.outcome, result.reason) == ("passed", None)
        assert [(one.method, one.url, one.stub) for one in result.requests] == [("GET", "http://api.invalid/v1?a=1", 0)]

    def test_a_function_is_answered_and_its_result_still_comes_back(self, library: Library) -> None:
        case = (
            "  - name: x\n    call: scripts/client.py:get\n    with: {url: 'http://x.org', data: a=b}\n"
            "    http: [{request: {method: POST, body: {contains: a=}}, response: {json: 42}}]\n"
            "    expect: {output: {json: 42}}\n"
        ).replace("method: POST,", "method: POST, path: /,")
        assert library.only(case).reason is None

    def test_answers_come_in_turn_where_they_say_how_often(self, library: Library) -> None:
        answers = (
            "[{request: {path: /}, response: {json: 1}, times: 1}, {request: {path: /}, response: {json: 2}, times: 2}]"
        )
        urls = ", ".join(['"http://x.org/"'] * 3)
        assert library.only(self.case(urls, answers, '{stdout: "1\\n2\\n2\\n"}')).reason is None

    def test_an_answer_may_be_a_file_of_the_skill_with_a_status(self, library: Library) -> None:
        (library.skill_folder / "tests/answer.json").write_text('{"from": "file"}')
        answers = "[{request: {path: /}, response: {file: tests/answer.json, status: 203, headers: {X-A: b}}}]"
        assert library.only(self.case('"http://x.org/"', answers, "{stdout: {contains: file}}")).reason is None

    def test_a_request_that_nobody_expects_fails_the_case_and_is_named(self, library: Library) -> None:
        result = library.only(self.case('"http://x.org/a", "http://x.org/b"', "[{request: {path: /a}}]"))
        assert result.outcome == "failed"
        assert result.reason == "unexpected request: GET http://x.org/b"

    def test_a_request_that_was_expected_and_not_made_fails_the_case(self, library: Library) -> None:
        result = library.only(self.case("", "[{request: {path: /a}}, {request: {path: /b}, times: 0}]"))
        assert result.reason == "expected request was not made: any /a"
        result = library.only(self.case('"http://x.org/a"', "[{request: {path: /a}, times: 2}]"))
        assert result.reason == "expected request was made 1 time, not 2 times: any /a"
        result = library.only(self.case('"http://x.org/b"', "[{request: {path: /b}, times: 0}]"))
        assert "unexpected request" in (result.reason or "")

    def test_https_is_said_to_be_impossible_here(self, library: Library) -> None:
        result = library.only(self.case('"https://x.org/a"', "[{request: {path: /a}, times: 0}]", "{exit: 0}"))
        assert result.reason == (
            "https was asked for (x.org:443), and only plain http can be answered in a test;"
            " let the program use http:// here"
        )
        assert "501" in result.stdout

    def test_requests_are_compared_one_by_one_with_their_line(self, library: Library) -> None:
        result = library.only(
            "  - name: x\n    run: [python, -S, scripts/client.py, 'http://x.org/a', 'http://x.org/b']\n"
            "    http: [{request: {path: /a}}, {request: {path: /b}}]\n"
            "    expect:\n      requests:\n        - {path: /a, headers: {X-Key: other}}\n"
            "        - {method: POST, path: /c, body: {contains: q}}\n        - {path: /d}\n"
        )
        assert [(one.message, one.line) for one in result.mismatches] == [
            ("2 requests came, not 3", 6),
            ("the header x-key of request 1 is 'secret', not 'other'", 7),
            ("the method of request 2 is 'GET', not 'POST'", 8),
            ("the path of request 2 is '/b', not '/c'", 8),
            ("the body of request 2 does not contain 'q'", 8),
        ]

    def test_no_request_at_all_can_be_demanded(self, library: Library) -> None:
        silent = "  - {name: x, run: [python, -S, scripts/client.py%s], expect: {requests: []}}\n"
        assert library.only(silent % "").outcome == "passed"
        assert library.only(silent % ", 'http://x.org/'").outcome == "failed"

    def test_a_program_that_never_ends_still_shows_what_it_asked_for(self, library: Library) -> None:
        library.script("slow.py", SLOW)
        result = library.only(
            "  - name: x\n    run: [python, -S, scripts/slow.py]\n    timeout: 1500ms\n"
            "    http: [{request: {path: /x}}]\n"
        )
        assert (result.outcome, result.reason) == ("failed", "not done after 1.5 s")
        assert result.notes == ("unexpected request: GET http://x.org/y",)

    def test_an_answers_file_can_not_leave_the_skill(self, library: Library, tmp_path: Path) -> None:
        (tmp_path / "outside").write_text("secret")
        (library.skill_folder / "tests/link").symlink_to(tmp_path / "outside")
        for file, said in (("tests/link", "outside"), ("tests/none", "can't be read")):
            result = library.only(self.case("", f"[{{request: {{path: /}}, response: {{file: {file}}}}}]"))
            assert result.outcome == "error"
            assert said in (result.reason or "")

    def test_what_is_not_http_does_not_stop_the_answers(self, library: Library) -> None:
        library.script("rubbish.py", RUBBISH)
        result = library.only(
            "  - name: x\n    run: [python, -S, scripts/rubbish.py]\n"
            "    http: [{request: {path: /}, response: {body: fine}}]\n    expect: {stdout: {contains: fine}}\n"
        )
        assert result.reason is None


class TestReasons:
    def test_a_case_that_says_so_is_skipped_with_its_reason_and_does_not_count(self, library: Library) -> None:
        run = library.run(command("x", "fail", "skip: not on a Tuesday") + command("y", "echo"))
        assert [(one.outcome, one.reason) for one in run.results] == [("skipped", "not on a Tuesday"), ("passed", None)]
        assert (run.ok, run.passed, run.skipped) == (True, 1, 1)
        last = last_test_run(library.store, "skills/a", "t" * 40)
        assert last is not None
        assert (last.passed, last.failed, last.skipped) == (1, 0, 1)
        assert usage(library.store, by="skill")[0].failed == 0

    def test_an_expected_failure_is_fine_and_an_unexpected_success_is_not(self, library: Library) -> None:
        run = library.run(command("x", "fail", "xfail: issue 7") + command("y", "echo", "xfail: issue 8"))
        assert [one.outcome for one in run.results] == ["xfail", "failed"]
        assert run.results[0].reason == "issue 7 (exit 1, not exit 0: it went wrong)"
        assert (run.results[1].reason or "").startswith("unexpectedly passed")
        assert library.stored() == [("x", "ok"), ("y", "failed")]
        assert {name: case.word for name, case in last_outcomes(library.store, "lib", "skills/a").items()} == {
            "x": "xfail",
            "y": None,
        }

    def test_an_expected_failure_does_not_excuse_a_case_that_can_not_run(self, library: Library) -> None:
        assert library.only("  - {name: x, tool: nope, xfail: issue 7}\n").outcome == "error"


class TestManyTimes:
    def test_a_case_that_passes_and_fails_is_flaky(self, library: Library) -> None:
        random = "[python, -S, -c, 'import os, sys; sys.exit(os.urandom(1)[0] % 2)']"
        run = library.run(f"  - {{name: x, run: {random}}}\n" + command("y", "echo"), repeat=24)
        assert [one.outcome for one in run.results] == ["flaky", "passed"]
        assert len(run.results[0].attempts) == 24
        assert (run.ok, run.count("flaky"), run.failed) == (False, 1, 0)
        assert library.stored() == [("x", "failed"), ("y", "ok")]
        assert last_outcomes(library.store, "lib", "skills/a")["x"].word == "flaky"

    def test_a_case_that_always_fails_is_a_failure_and_stored_once(self, library: Library) -> None:
        run = library.run(command("x", "fail"), repeat=3)
        assert [(one.outcome, len(one.attempts)) for one in run.results] == [("failed", 3)]
        assert library.stored() == [("x", "failed")]

    def test_a_seed_gives_the_same_other_order_each_time(self, library: Library) -> None:
        cases = "".join(command(f"c{number}", "echo") for number in range(8))
        orders = [[one.case for one in library.run(cases, seed=seed).results] for seed in (1, 1, 2)]
        assert orders[0] == orders[1] != orders[2]
        assert sorted(orders[0]) == sorted(orders[2]) == [f"c{number}" for number in range(8)]


class TestHostilePrograms:
    @pytest.mark.parametrize("how", ['setsid sh -c "sleep 300" &', "(setsid sleep 300 &) &", "nohup sleep 300 &"])
    def test_processes_that_are_left_behind_end_with_the_case(self, library: Library, how: str) -> None:
        mark = f"299.{os.getpid()}{time.monotonic_ns() % 1000}"
        result = library.only(shell("x", how.replace("300", mark)))
        assert result.outcome == "passed"
        assert not [pid for pid in Path("/proc").glob("[0-9]*/cmdline") if mark.encode() in _read(pid)]

    def test_a_time_limit_ends_the_whole_tree(self, library: Library) -> None:
        mark = f"298.{os.getpid()}{time.monotonic_ns() % 1000}"
        result = library.only(shell("x", f"setsid sleep {mark} & sleep {mark}", "    timeout: 500ms\n"))
        assert (result.outcome, result.reason) == ("failed", "not done after 0.5 s")
        assert not [pid for pid in Path("/proc").glob("[0-9]*/cmdline") if mark.encode() in _read(pid)]

    def test_stopping_ends_what_runs_at_once(self, library: Library) -> None:
        cancel = threading.Event()
        threading.Timer(0.5, cancel.set).start()
        began = time.monotonic()
        run = library.run(
            "".join(shell(f"x{n}", "setsid sleep 60 & sleep 60", "    timeout: 90s\n") for n in range(4)), cancel=cancel
        )
        assert time.monotonic() - began < 5
        assert (run.cancelled, [one.outcome for one in run.results]) == (True, ["skipped"] * 4)

    def test_endless_output_is_stopped(self, library: Library) -> None:
        result = library.only(shell("x", "yes"))
        assert (result.outcome, result.reason) == ("failed", "wrote more than 4 MiB to stdout")

    def test_a_full_disk_is_stopped(self, library: Library) -> None:
        result = library.only(
            shell("x", "i=0; while true; do head -c 100000000 /dev/zero >f$i; i=$((i+1)); done", "    timeout: 60s\n")
        )
        assert result.outcome == "failed"
        assert "of files in all" in (result.reason or "")

    def test_the_skills_own_folder_can_not_be_changed(self, library: Library) -> None:
        library.script("changes.sh", CHANGES)
        before = library.contents()
        case = shell("x", ". scripts/changes.sh", "    expect: {exit: {not: 0}, stderr: {contains: Read-only}}\n")
        assert library.only(case).reason is None
        assert library.contents() == before

    def test_a_regular_expression_that_explodes_is_a_failure_and_not_a_hang(self, library: Library) -> None:
        began = time.monotonic()
        result = library.only(shell("x", PRINTS, '    expect: {stdout: {matches: "(a+)+$"}}\n'))
        assert time.monotonic() - began < 10
        assert "could not be matched within" in (result.reason or "")
        rest = '    expect: {stdout: {contains: a, normalise: {replace: "(a+)+$", with: b}}}\n'
        result = library.only(shell("x", PRINTS, rest))
        assert "could not be matched within" in (result.reason or "")


class TestMoreExpectations:
    def test_the_time_it_takes_can_be_bounded(self, library: Library) -> None:
        result = library.only(shell("x", "sleep 0.4", "    expect: {duration: {under: 100ms}}\n"))
        assert [one.where for one in result.mismatches] == ["duration"]
        assert library.only(shell("x", "true", "    expect: {duration: {under: 9s}}\n")).outcome == "passed"

    def test_a_file_can_be_demanded_to_be_absent(self, library: Library) -> None:
        case = command("x", "write, out.txt, hi", "expect: {files: {out.txt: {absent: true}, b.txt: {absent: true}}}")
        assert [one.message for one in library.only(case).mismatches] == ["'out.txt' was written, and must not be"]

    def test_what_must_not_be_is_said(self, library: Library) -> None:
        demand = '{stdout: {not: {equals: "a b\\n", contains: [a, z], matches: "^a", json: 1, json_schema: {}}}}'
        result = library.only(command("x", "echo, a, b", f"expect: {demand}"))
        assert [one.message for one in result.mismatches] == [
            "stdout is exactly what it must not be",
            "stdout contains 'a', which it must not",
            "stdout matches '^a', which it must not",
        ]

    def test_standard_input_reaches_a_command_and_a_tool_but_no_function(self, library: Library) -> None:
        assert library.only(shell("x", "cat", "    stdin: hello\n    expect: {stdout: hello}\n")).reason is None
        result = library.only("  - {name: x, tool: double, with: {x: 1}, stdin: hello}\n")
        assert (result.outcome, result.reason) == (
            "error",
            "a function takes its arguments from 'with'; it has no standard input",
        )

    @pytest.mark.parametrize(
        ("call", "given", "said"),
        [
            ("scripts/f.py:double", "{x: 4}", None),
            ("scripts/f.py:double", "{}", "the arguments don't fit: 'x' is required"),
            ("scripts/f.py:treble", "{}", "'scripts/f.py': the file has no top-level function 'treble'"),
            ("scripts/g.py:double", "{}", "there is no file 'scripts/g.py' in the skill"),
            ("../../x.py:double", "{}", "'../../x.py': the path leads outside; it is not read"),
        ],
    )
    def test_a_function_of_the_skill_is_called(self, library: Library, call: str, given: str, said: str | None) -> None:
        case = f"  - {{name: x, call: '{call}', with: {given}, expect: {{output: {{json: 8}}}}}}\n"
        result = library.only(case)
        assert (result.outcome, result.reason) == ("passed" if said is None else "error", said)

    def test_a_matrix_runs_each_of_its_cases(self, library: Library) -> None:
        given = 'with: {x: "{matrix.n}"}, expect: {output: {json: 2}}'
        case = f"  - {{name: x, matrix: {{n: [1, 2]}}, tool: double, {given}}}\n"
        assert [(one.case, one.outcome) for one in library.run(case).results] == [
            ("x [n=1]", "passed"),
            ("x [n=2]", "failed"),
        ]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
