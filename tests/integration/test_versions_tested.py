"""Cases on versions that git has: before against after, and back to where one began to fail."""

from typing import Any

import pytest

CASES = """cases:
  - name: says hello
    run: [sh, scripts/hello.sh]
    expect: {stdout: {contains: hello}}
"""


@pytest.fixture
def hello(library: Any, workbench: Any) -> Any:
    """A skill whose script says hello, approved."""
    library.skill("skills/a")
    library.write("skills/a/scripts/hello.sh", "echo hello\n")
    library.write("skills/a/tests/hello.yaml", CASES)
    library.commit("Say hello")
    workbench("review", "approve", "a", "--reason", "read it")
    return library


def rows(said: Any) -> dict[str, tuple[Any, ...]]:
    keys = ("before", "after", "old_cases_new_code", "new_cases_old_code", "verdict")
    return {row["case"]: tuple(row[key] for key in keys) for row in said.json["rows"]}


def test_a_case_that_broke_is_told_and_exits_1(hello: Any, workbench: Any) -> None:
    hello.write("skills/a/scripts/hello.sh", "echo goodbye\n")
    said = workbench("test", "a", "--compare", "approved", "--json")
    assert (said.code, said.json["ok"]) == (1, False)
    assert rows(said) == {"says hello": ("passed", "failed", "failed", "passed", "broken")}
    assert "1 case got worse" in workbench("test", "a", "--compare", "approved").out


def test_old_cases_meet_new_code_and_new_cases_old_code(hello: Any, workbench: Any) -> None:
    hello.write("skills/a/scripts/hello.sh", "echo hi\n")
    hello.write("skills/a/tests/hello.yaml", CASES.replace("contains: hello", "contains: hi"))
    said = workbench("test", "a", "--compare", "HEAD", "--json")
    assert said.code == 0
    assert rows(said) == {"says hello": ("passed", "passed", "failed", "failed", "changed")}


def test_a_case_that_was_taken_away_because_it_would_fail_is_a_regression(hello: Any, workbench: Any) -> None:
    hello.write("skills/a/scripts/hello.sh", "echo goodbye\n")
    hello.write(
        "skills/a/tests/hello.yaml",
        CASES.replace("says hello", "says goodbye").replace(": hello", ": goodbye"),
    )
    said = workbench("test", "a", "--compare", "approved", "--json")
    assert said.code == 1
    assert {name: row[-1] for name, row in rows(said).items()} == {"says goodbye": "new", "says hello": "gone, failing"}


def test_a_fix_and_a_new_case_are_no_regressions(hello: Any, workbench: Any) -> None:
    hello.write("skills/a/scripts/hello.sh", "echo goodbye\n")
    broken = hello.commit("Break it")
    hello.write("skills/a/scripts/hello.sh", "echo hello; echo there\n")
    more = "  - name: says there\n    run: [sh, scripts/hello.sh]\n    expect: {stdout: {contains: there}}\n"
    hello.write("skills/a/tests/hello.yaml", CASES + more)
    said = workbench("test", "a", "--compare", broken, "--json")
    assert said.code == 0
    assert rows(said) == {
        "says hello": ("failed", "passed", "passed", "failed", "fixed"),
        "says there": (None, "passed", None, "failed", "new"),
    }


def test_a_policy_can_demand_that_nothing_got_worse(hello: Any, workbench: Any) -> None:
    rules = "schema: 1\nrequire: [{when: {skills: ['skills/*']}, self_approval: true, checks: [compare]}]\n"
    hello.write(".workbench/policy.yaml", rules)
    hello.write("skills/a/scripts/hello.sh", "echo hello again\n")
    hello.commit("Say more")
    workbench("review", "approve", "a", "--reason", "read it")
    assert "the check 'compare' had no result when it was approved" in workbench("review", "verify").out
    # Nothing is approved under this policy yet, so the comparison is with the tree that was approved before it.
    assert workbench("test", "a", "--compare", "HEAD~1").code == 0


def test_bisecting_finds_the_commit_at_which_a_case_began_to_fail(hello: Any, workbench: Any) -> None:
    commits = []
    for number in range(6):
        word = "hello" if number < 4 else "goodbye"
        hello.write("skills/a/scripts/hello.sh", f"# {number}\necho {word}\n")
        commits.append(hello.commit(f"Step {number}"))
        hello.write("README.md", str(number))
        hello.commit("Something else")
    said = workbench("test", "a", "--bisect", "says hello", "--json")
    assert said.code == 0
    assert said.json["found"]["commit"] == commits[4]
    assert len(said.json["tried"]) <= 5
    bounded = workbench("test", "a", "--bisect", "says hello", "--good", commits[2], "--bad", commits[5], "--json")
    assert bounded.json["found"]["commit"] == commits[4]
    assert "fails since" in workbench("test", "a", "--bisect", "says hello").out


def test_a_case_of_today_is_tried_on_versions_that_had_no_cases(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.write("skills/a/scripts/hello.sh", "echo hello\n")
    library.commit("Say hello")
    library.write("skills/a/scripts/hello.sh", "echo goodbye\n")
    bad = library.commit("Say goodbye")
    library.write("skills/a/tests/hello.yaml", CASES)
    library.commit("Test it at last")
    assert workbench("test", "a", "--bisect", "says hello", "--json").json["found"]["commit"] == bad


def test_what_never_failed_or_is_not_there_is_said(hello: Any, workbench: Any) -> None:
    said = workbench("test", "a", "--bisect", "says hello")
    assert (said.code, "passes at the newest version" in said.out) == (1, True)
    assert workbench("test", "a", "--bisect", "nothing").code == 2
    assert workbench("test", "--compare", "HEAD").code == 2
    assert workbench("test", "a", "--compare", "nowhere").code == 3
    assert workbench("test", "a", "--good", "HEAD").code == 2


def test_a_released_version_is_named_by_its_number(hello: Any, workbench: Any) -> None:
    hello.skill("skills/a", metadata="{version: '1.0.0'}")
    hello.commit("Name a version")
    assert workbench("review", "approve", "a", "-m", "read it").code == 0
    assert workbench("version", "release", "a").code == 0
    hello.write("skills/a/scripts/hello.sh", "echo goodbye\n")
    for named in ("1.0.0", "v1.0.0"):
        said = workbench("test", "a", "--compare", named, "--json")
        assert (said.code, said.json["before"]["rev"]) == (1, named)
    assert workbench("test", "a", "--compare", "1.0.1").code == 3
