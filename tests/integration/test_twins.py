"""A copy of an approved skill in an agent's folder of the same repository: no second reading, and no way round one."""

from typing import Any

import pytest

COPY = ".claude/skills/a"


@pytest.fixture
def copied(library: Any, workbench: Any) -> Any:
    """Skill `a` by Ada, approved by Bob, and its copy for an agent, both committed."""
    library.write(".workbench/policy.yaml", "schema: 1\nrequire:\n  - {when: {}}\n")
    library.skill("skills/a")
    library.commit("Start")
    library.as_user("Bob", "bob@example.com")
    assert workbench("review", "approve", "a", "--reason", "read it").code == 0
    library.as_user("Ada", "ada@example.com")
    library.skill(COPY)
    library.commit("For the agents")
    return library


def test_the_same_bytes_are_approved_by_the_original_s_records(copied: Any, workbench: Any) -> None:
    assert workbench("review", "verify").code == 0
    assert workbench("review", "verify", COPY).code == 0
    listed = {one["path"]: one for one in workbench("skills", "list", "--json").json}
    assert listed[COPY]["state"] == "approved"
    assert listed[COPY]["reasons"] == ["the same bytes as skills/a, which are approved there"]


def test_one_byte_more_stands_alone(copied: Any, workbench: Any) -> None:
    copied.skill(COPY, body="Do it badly.\n")
    copied.commit("Changed in place")
    assert workbench("review", "verify").code == 1
    assert workbench("review", "verify", "skills/a").code == 0


def test_a_revoke_of_the_original_takes_the_copy_along(copied: Any, workbench: Any) -> None:
    assert workbench("review", "revoke", "a", "--reason", "it leaks").code == 0
    assert workbench("review", "verify", COPY).code == 1


def test_what_was_said_against_the_copy_stands(copied: Any, workbench: Any) -> None:
    assert workbench("review", "request-changes", COPY, "--reason", "not here").code == 0
    assert workbench("review", "verify", COPY).code == 1


def test_a_rule_for_the_agents_folder_is_met_by_its_own_approvals_only(library: Any, workbench: Any) -> None:
    library.write(".workbench/policy.yaml", "schema: 1\nrequire: [{when: {skills: ['.claude/**']}}, {when: {}}]\n")
    library.skill("skills/a")
    library.skill(COPY)
    library.commit("Start")
    library.as_user("Bob", "bob@example.com")
    assert workbench("review", "approve", "skills/a", "--reason", "read it").code == 0
    assert workbench("review", "verify", COPY).code == 1
    assert workbench("review", "approve", COPY, "--reason", "read it there").code == 0
    assert workbench("review", "verify", COPY).code == 0


def test_the_name_means_the_skill_and_a_folder_that_is_no_agent_s_gets_nothing(copied: Any, workbench: Any) -> None:
    assert workbench("skills", "show", "a", "--json").json["path"] == "skills/a"
    copied.skill("vendor/a")
    copied.commit("Another of that name")
    assert workbench("review", "verify", "vendor/a").code == 1
    assert workbench("review", "verify", COPY).code == 1, "two skills have its name, so neither is its original"
