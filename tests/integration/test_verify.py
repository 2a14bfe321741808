"""`review verify`: the question CI asks, with and without a policy, for all skills or for what changed."""

from typing import Any

import pytest


@pytest.fixture
def two(library: Any) -> Any:
    library.skill("skills/a")
    library.skill("skills/b")
    library.commit()
    return library


def test_it_exits_1_with_reasons_until_every_skill_is_approved(two: Any, workbench: Any) -> None:
    said = workbench("review", "verify", "--json")
    assert said.code == 1
    assert not said.json["ok"]
    assert said.json["skills"][0]["reasons"] == ["nobody has approved this tree"]
    workbench("review", "approve", "a", "--reason", "x")
    workbench("review", "approve", "b", "--reason", "x")
    assert workbench("review", "verify").code == 0


def test_it_judges_head_and_not_the_work_tree(two: Any, workbench: Any) -> None:
    for name in "ab":
        workbench("review", "approve", name, "--reason", "x")
    two.skill("skills/a", body="Uncommitted.\n")
    assert workbench("review", "verify").code == 0
    two.commit()
    assert workbench("review", "verify").code == 1


def test_with_names_it_judges_only_those(two: Any, workbench: Any) -> None:
    workbench("review", "approve", "a", "--reason", "x")
    assert workbench("review", "verify", "a").code == 0
    assert workbench("review", "verify", "b").code == 1
    assert workbench("review", "verify", "nope").code == 2


def test_with_a_base_it_judges_only_what_changed_since(two: Any, workbench: Any) -> None:
    workbench("review", "approve", "a", "--reason", "x")
    two.git("branch", "before")
    two.skill("skills/a", body="New.\n")
    two.commit()
    said = workbench("review", "verify", "--base", "before", "--json")
    assert [one["name"] for one in said.json["skills"]] == ["a"]
    assert said.code == 1
    workbench("review", "approve", "a", "--reason", "x")
    assert workbench("review", "verify", "--base", "before").code == 0
    assert workbench("review", "verify", "--base", "nowhere").code == 3


def test_without_a_commit_it_exits_3(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    assert workbench("review", "verify").code == 3
    assert workbench("skills", "list", "--json").json[0]["state"] == "draft"


def policy(library: Any, text: str) -> None:
    library.write(".workbench/policy.yaml", "schema: 1\n" + text)
    library.commit("Policy")


def test_once_a_policy_exists_authors_do_not_approve_themselves(two: Any, workbench: Any) -> None:
    policy(two, "require:\n  - when: {}\n    chain: [{role: anybody, count: 1}]\n")
    workbench("review", "approve", "a", "--reason", "mine")
    said = workbench("review", "verify", "a", "--json")
    assert said.code == 1
    assert "authors of the change" in said.json["skills"][0]["reasons"][0]
    two.as_user("Bob", "bob@example.com")
    workbench("review", "approve", "a", "--reason", "read it")
    assert workbench("review", "verify", "a").code == 0


def test_a_chain_wants_its_roles_in_order(two: Any, workbench: Any) -> None:
    policy(
        two,
        "roles: {maintainer: [mia@example.com], reviewer: ['*@example.com']}\n"
        "require:\n  - when: {skills: ['skills/a']}\n"
        "    chain: [{role: reviewer, count: 1}, {role: maintainer, count: 1}]\n"
        "  - when: {}\n    chain: [{role: reviewer, count: 1}]\n",
    )
    two.as_user("Mia", "mia@example.com")
    workbench("review", "approve", "a", "--reason", "first")
    assert "maintainer" in workbench("review", "verify", "a").out
    two.as_user("Bob", "bob@example.com")
    workbench("review", "approve", "a", "--reason", "second")
    assert workbench("review", "verify", "a").code == 1
    two.as_user("Mia", "mia@example.com")
    workbench("review", "approve", "a", "--reason", "third")
    assert workbench("review", "verify", "a").code == 0


@pytest.mark.parametrize(
    "text",
    [
        "require: 3\n",
        "requires: []\n",
        "require: [{chain: [{role: x, count: 0}]}]\n",
        "require: [{identity: blood}]\n",
        "{",
        "roles: {}\nroles: {x: ['*']}\n",
        "require: 2026-99-99\n",
        "? [a]\n",
        "require: &a [*a]\n",
        "- " * 100_000,
    ],
    ids=lambda text: text[:20].strip(),
)
def test_a_policy_that_is_not_understood_approves_nothing(two: Any, workbench: Any, text: str) -> None:
    workbench("review", "approve", "a", "--reason", "x")
    policy(two, text)
    said = workbench("review", "verify", "a")
    assert said.code == 1
    assert "policy" in said.out + said.err


@pytest.mark.parametrize("demand", ["identity: signature", "identity: touch", "chain: [{role: owner, count: 1}]"])
def test_a_demand_that_this_version_can_not_check_is_not_met(two: Any, workbench: Any, demand: str) -> None:
    policy(two, f"roles: {{owner: codeowners}}\nrequire:\n  - {{when: {{}}, {demand}}}\n")
    two.as_user("Bob", "bob@example.com")
    workbench("review", "approve", "a", "--reason", "x")
    assert workbench("review", "verify", "a").code == 1


def test_excluded_folders_are_not_part_of_the_library(two: Any, workbench: Any) -> None:
    two.skill("tests/fixtures/broken")
    policy(two, "skills: {exclude: ['tests/**']}\nrequire:\n  - {when: {}, self_approval: true}\n")
    names = [item["name"] for item in workbench("skills", "list", "--json").json]
    assert names == ["a", "b"]
    assert {one["name"] for one in workbench("review", "verify", "--json").json["skills"]} == {"a", "b"}


def test_a_skill_that_is_only_a_link_does_not_slip_through(two: Any, workbench: Any) -> None:
    for name in "ab":
        workbench("review", "approve", name, "--reason", "x")
    two.write("docs/evil.md", "---\nname: c\ndescription: Does c.\n---\n")
    (two.root / "skills/c").mkdir()
    (two.root / "skills/c/SKILL.md").symlink_to("../../docs/evil.md")
    two.commit()
    said = workbench("review", "verify", "--json")
    assert said.code == 1
    judged = {one["path"]: (one["ok"], one["state"]) for one in said.json["skills"]}
    assert judged["skills/c"] == (False, "invalid")


@pytest.mark.parametrize("pattern", ["skills/a", "skills/a/", "a", "skills/**", "*"])
def test_a_rule_names_skills_as_gitignore_would(two: Any, workbench: Any, pattern: str) -> None:
    policy(two, f"require:\n  - {{when: {{skills: ['{pattern}']}}, chain: [{{role: nobody}}]}}\n")
    workbench("review", "approve", "a", "--reason", "x")
    assert workbench("review", "verify", "a").code == 1


@pytest.mark.parametrize("name", ["main", "origin/main"])
def test_a_tag_that_is_named_like_a_branch_is_not_the_base(library: Any, workbench: Any, name: str) -> None:
    library.skill("skills/a")
    library.commit()
    library.git("update-ref", "refs/remotes/origin/main", "HEAD")
    library.git("switch", "-q", "-c", "topic")
    library.skill("skills/a", body="Nobody read this.\n")
    library.commit()
    library.git("tag", name)
    for revision in (name, f"{name}~0", f"refs/tags/{name}~1"):
        said = workbench("review", "verify", "--base", revision, "--json")
        assert [one["path"] for one in said.json["skills"]] == ["skills/a"], revision
    assert workbench("review", "verify", "--base", f"refs/tags/{name}", "--json").json["skills"] == []
    assert len(workbench("review", "open", f"{name}...HEAD", "--json").json["skills"]) == 1


def test_what_a_request_removes_is_told_and_needs_no_approval(two: Any, workbench: Any) -> None:
    two.git("checkout", "-q", "-b", "topic")
    two.git("rm", "-rq", "skills/b")
    two.commit("Remove b")
    said = workbench("review", "verify", "--base", "main", "--json")
    assert said.code == 0
    assert said.json["notes"] == ["1 skill removed, which needs no approval: skills/b"]
