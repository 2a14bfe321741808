"""Which policy is in force: what a change can't weaken for its own sake, in real repositories."""

from base64 import b64encode
from typing import Any

import pytest

STRICT = "roles: {boss: [mia@example.com]}\nrequire:\n  - {when: {}, chain: [{role: boss}]}\n"
LAX = "require:\n  - {when: {}, self_approval: true}\n"


@pytest.fixture
def strict(library: Any) -> Any:
    """A library with one skill by Ada, whose first policy wants Mia's approval."""
    library.skill("skills/a")
    policy(library, STRICT)
    return library


def policy(library: Any, text: str) -> str:
    library.write(".workbench/policy.yaml", "schema: 1\n" + text)
    return str(library.commit("Policy"))


def approve(library: Any, workbench: Any, name: str, who: str) -> Any:
    library.as_user(who.title(), f"{who}@example.com")
    said = workbench("review", "approve", name, "--reason", "read it", "--json")
    library.as_user("Ada", "ada@example.com")
    return said


def test_the_first_policy_counts_at_once(strict: Any, workbench: Any) -> None:
    assert approve(strict, workbench, "a", "bob").code == 0
    assert workbench("review", "verify", "a").code == 1
    approve(strict, workbench, "a", "mia")
    assert workbench("review", "verify").code == 0


def test_a_weaker_policy_is_not_in_force_until_it_was_approved_under_the_old_one(strict: Any, workbench: Any) -> None:
    policy(strict, LAX)
    approve(strict, workbench, "a", "ada")
    said = workbench("review", "verify", "--json")
    assert said.code == 1
    judged = {one["path"]: one for one in said.json["skills"]}
    assert not judged["skills/a"]["ok"]
    assert "nobody approved that (@policy)" in judged["@policy"]["reasons"][0]
    assert approve(strict, workbench, "@policy", "ada").code == 0  # recorded, and not enough
    assert workbench("review", "verify").code == 1
    approve(strict, workbench, "@policy", "mia")
    assert workbench("review", "verify").code == 0
    assert workbench("policy", "show", "--json").json["rules"][0]["self_approval"] is True


def test_a_deleted_policy_stays_in_force(strict: Any, workbench: Any) -> None:
    strict.git("rm", "-q", "-r", ".workbench")
    strict.commit("No rules")
    approve(strict, workbench, "a", "ada")
    said = workbench("review", "verify")
    assert said.code == 1
    assert "removes the policy" in said.out


def test_a_pull_request_is_judged_by_the_policy_of_its_base(strict: Any, workbench: Any) -> None:
    strict.git("checkout", "-q", "-b", "change")
    strict.skill("skills/a", body="Changed.\n")
    policy(strict, LAX)
    approve(strict, workbench, "a", "ada")
    for options in (["--base", "main"], ["--policy-from", "main"], []):
        said = workbench("review", "verify", *options)
        assert said.code == 1, options
        assert "@policy" in said.out
    assert workbench("review", "verify", "--policy-from", "nowhere").code == 3


def test_a_pull_request_may_change_the_policy_once_that_was_approved(strict: Any, workbench: Any) -> None:
    approve(strict, workbench, "a", "mia")
    strict.git("branch", "base")
    policy(strict, LAX)
    assert workbench("review", "verify", "--base", "base").code == 1
    approve(strict, workbench, "@policy", "ada")
    assert workbench("review", "verify", "--base", "base").code == 1
    approve(strict, workbench, "@policy", "mia")
    said = workbench("review", "verify", "--base", "base")
    assert said.code == 0, said.out
    assert "as was approved" in said.err
    policy(strict, LAX + "# laxer\n")  # a second step needs its own
    strict.skill("skills/a", body="Changed.\n")
    strict.commit("Changed")
    said = workbench("review", "verify", "--base", "base")
    assert "nobody approved that (@policy)" in said.out
    approve(strict, workbench, "@policy", "bob")
    approve(strict, workbench, "a", "bob")
    said = workbench("review", "verify", "--base", "base", "--json")  # by the base's rules only Mia approves a skill
    assert [(one["path"], one["ok"]) for one in said.json["skills"]] == [("skills/a", False)]
    approve(strict, workbench, "a", "mia")
    assert workbench("review", "verify", "--base", "base").code == 0


def test_a_branch_that_left_before_the_policy_changed_changes_nothing_of_it(strict: Any, workbench: Any) -> None:
    """What a branch does not touch is not its doing: merging it brings neither an old policy nor an old skill back."""
    strict.skill("skills/b")
    strict.commit("Another")
    strict.git("branch", "topic")
    policy(strict, LAX)
    approve(strict, workbench, "@policy", "mia")
    strict.skill("skills/b", body="Newer.\n")
    strict.commit("Newer")
    strict.git("checkout", "-q", "topic")
    strict.skill("skills/a", body="Changed.\n")
    strict.commit("Changed")
    approve(strict, workbench, "a", "bob")  # enough by the base's policy
    said = workbench("review", "verify", "--base", "main", "--json")
    assert [(one["path"], one["ok"]) for one in said.json["skills"]] == [("skills/a", True)], said.out
    assert said.json["notes"] == []
    assert workbench("review", "verify", "--policy-from", "main").code == 1  # all there is, held against main's
    strict.git("merge", "-q", "--no-commit", "main")
    strict.git("checkout", "-q", "topic", "--", ".workbench")
    strict.commit("Take main, but keep the old policy")
    said = workbench("review", "verify", "--base", "main")
    assert said.code == 1
    assert "nobody approved that (@policy)" in said.out


def test_restoring_an_old_policy_needs_a_new_approval(library: Any, workbench: Any) -> None:
    """Bob lost his role; the approval of the version that gave it to him does not give it back."""
    own = "require: [{when: {}, self_approval: true, chain: [{role: r}]}]\n"
    with_bob = "roles: {r: [ada@example.com, bob@example.com]}\n" + own
    library.skill("skills/a")
    policy(library, "roles: {r: [ada@example.com]}\n" + own)
    for text in (with_bob, "roles: {r: [ada@example.com, mia@example.com]}\n" + own):
        without = policy(library, text)
        approve(library, workbench, "@policy", "ada")
    assert workbench("policy", "show", "--json").json["commit"] == without
    library.git("branch", "base")
    policy(library, with_bob)
    policy(library, "roles: {r: [bob@example.com]}\n" + own)
    approve(library, workbench, "@policy", "bob")
    assert workbench("policy", "show", "--json").json["commit"] == without
    for options in ([], ["--base", "base"]):
        assert workbench("review", "verify", *options).code == 1
    library.git("reset", "-q", "--hard", "base")
    restored = policy(library, with_bob)
    said = workbench("review", "verify", "@policy", "--base", "base")
    assert said.code == 1
    assert "restoring an old one needs its own" in said.out
    approve(library, workbench, "@policy", "mia")
    assert workbench("review", "verify", "@policy", "--base", "base").code == 0
    assert workbench("policy", "show", "--json").json["commit"] == restored


def test_rules_that_ask_for_signatures_are_noted_where_no_key_may_sign(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    policy(library, "require: [{when: {}}, {when: {gains: [network]}, identity: signature}]\n")
    said = workbench("policy", "validate", "--json")
    assert said.code == 0
    assert "rule 2 asks for signatures" in said.json["notes"][0]
    key = b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + bytes(32)).decode()
    library.write(".workbench/allowed_signers", f"ada@example.com ssh-ed25519 {key}\n")
    assert workbench("policy", "validate", "--json").json["notes"] == []


@pytest.mark.parametrize("named", ["mia@example.com", "mia@new.example"])
def test_a_role_may_name_a_person_by_any_of_their_e_mails(library: Any, workbench: Any, named: str) -> None:
    library.skill("skills/a")
    library.write(".mailmap", "Mia <mia@new.example> <mia@example.com>\n")
    policy(library, f"roles: {{boss: [{named}]}}\nrequire: [{{when: {{}}, chain: [{{role: boss}}]}}]\n")
    approve(library, workbench, "a", "bob")
    assert workbench("review", "verify").code == 1
    approve(library, workbench, "a", "mia")
    assert workbench("review", "verify").code == 0


def test_an_author_does_not_pass_their_own_policy_by_naming_a_base(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    policy(library, "roles: {r: ['*@example.com']}\nrequire: [{when: {}, chain: [{role: r}]}]\n")
    library.git("branch", "base")
    policy(library, LAX)
    approve(library, workbench, "@policy", "ada")
    assert workbench("review", "verify", "--base", "base").code == 1
    approve(library, workbench, "@policy", "bob")
    assert workbench("review", "verify", "--base", "base").code == 0


def test_a_mailmap_of_the_same_change_joins_nobody(strict: Any, workbench: Any) -> None:
    strict.write(".mailmap", "Mia <mia@example.com> <eve@example.com>\n")
    strict.commit("Eve is Mia")
    approve(strict, workbench, "a", "eve")
    assert workbench("review", "verify", "a").code == 1


def test_a_second_e_mail_of_an_author_does_not_approve(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.write(".mailmap", "Ada <ada@example.com> <ada@home.example>\n")
    policy(library, "require: [{when: {}, chain: [{role: anybody}]}]\n")
    library.as_user("Ada at home", "ada@home.example")
    workbench("review", "approve", "a", "--reason", "looks fine")
    said = workbench("review", "verify", "a")
    assert said.code == 1
    assert "authors of the change" in said.out


def test_the_policy_can_be_read_as_a_diff_before_it_is_approved(strict: Any, workbench: Any) -> None:
    policy(strict, LAX)
    said = workbench("review", "diff", "@policy")
    assert said.code == 0
    assert "self_approval: true" in said.out
    assert "boss" in said.out


def test_a_policy_that_can_not_be_read_is_never_approved_and_hides_no_older_one(strict: Any, workbench: Any) -> None:
    policy(strict, "require: 3\n")
    said = approve(strict, workbench, "@policy", "mia")
    assert said.code == 3
    assert workbench("policy", "show", "--json").json["usable"]
    assert workbench("policy", "validate").code == 3
    approve(strict, workbench, "a", "mia")
    assert workbench("review", "verify", "a").code == 0


def test_a_broken_first_policy_is_mended_by_the_next(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    policy(library, "require: 3\n")
    approve(library, workbench, "a", "bob")
    assert workbench("review", "verify").code == 1
    policy(library, LAX)
    assert workbench("review", "verify").code == 0


def test_excluding_a_skill_needs_an_approval_like_any_weaker_rule(strict: Any, workbench: Any) -> None:
    policy(strict, STRICT + "skills: {exclude: ['skills/**']}\n")
    judged = workbench("review", "verify", "--json").json["skills"]
    assert {one["path"] for one in judged} == {"@policy", "skills/a"}


def test_a_gained_capability_brings_its_rule(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    policy(
        library,
        "roles: {boss: [mia@example.com]}\nrequire:\n"
        "  - {when: {gains: [network]}, chain: [{role: boss}]}\n  - {when: {}, self_approval: true}\n",
    )
    approve(library, workbench, "a", "ada")
    assert workbench("review", "verify").code == 0
    library.write("skills/a/scripts/send.py", "import urllib.request\nurllib.request.urlopen('http://example.com')\n")
    library.commit("Send")
    approve(library, workbench, "a", "ada")
    assert "boss" in workbench("review", "verify").out
    approve(library, workbench, "a", "mia")
    assert workbench("review", "verify").code == 0


def test_a_script_that_can_not_be_parsed_gains_everything(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    policy(
        library,
        "require:\n  - {when: {gains: [network]}, chain: [{role: nobody}]}\n  - {when: {}, self_approval: true}\n",
    )
    library.write("skills/a/scripts/odd.py", "import urllib.request as (((\n")
    library.commit("Odd")
    approve(library, workbench, "a", "ada")
    assert workbench("review", "verify", "a").code == 1


def test_the_check_is_a_list_of_demands_with_who_could_meet_them(strict: Any, workbench: Any) -> None:
    approve(strict, workbench, "a", "bob")
    said = workbench("policy", "check", "a", "--json")
    assert said.code == 1
    assert said.json["demands"] == [
        {"rule": 1, "what": "1 approval by boss", "met": False, "missing": "needs 1 more approval by boss",
         "by": [], "who_could": ["mia@example.com"], "nobody_left": False},
    ]  # fmt: skip
    assert said.json["via"] == [{"reviewer": "bob@example.com", "via": "cli"}]
    assert "could: mia@example.com" in workbench("policy", "check", "a").out
    approve(strict, workbench, "a", "mia")
    assert workbench("policy", "check", "a").code == 0


@pytest.mark.parametrize("variable", ["CLAUDECODE", "CODEX_SANDBOX", "CODEX_CI", "GEMINI_CLI"])
def test_an_agent_may_ask_and_remark_but_not_approve_or_revoke(
    strict: Any, workbench: Any, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "1")
    for verdict in ("approve", "revoke"):
        said = workbench("review", verdict, "a", "--reason", "fine")
        assert (said.code, variable in said.err) == (5, True)
    assert workbench("review", "request", "a").code == 0
    assert workbench("review", "comment", "a", "--reason", "done").code == 0


def test_a_rule_that_asks_for_tests_does_not_lock_the_policy(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    policy(library, "require:\n  - {when: {}, checks: [validation, tests], self_approval: true}\n")
    policy(library, LAX)
    assert approve(library, workbench, "@policy", "ada").code == 0
    assert "@policy" not in workbench("review", "verify").out
    assert workbench("policy", "show", "--json").json["rules"][0]["checks"] == []


def test_a_folder_of_the_policy_s_name_gets_no_easier_rules(library: Any, workbench: Any) -> None:
    library.skill("@policy")
    policy(library, "require:\n  - {when: {}, checks: [tests], self_approval: true}\n")
    approve(library, workbench, "@policy", "ada")
    judged = {one["path"]: one for one in workbench("review", "verify", "--json").json["skills"]}
    assert not judged["@policy"]["ok"]


def test_a_role_that_is_not_there_is_told_before_it_binds_anybody(strict: Any, workbench: Any) -> None:
    policy(strict, "require: [{when: {}, chain: [{role: bos}]}]\n")
    said = workbench("policy", "validate", "--json")
    assert said.json["notes"] == ["no role is named 'bos', so nobody can meet that"]
    assert "bos" in said.err


def test_a_request_whose_own_line_begins_with_another_policy_fails_though_it_changes_nothing(
    library: Any, workbench: Any
) -> None:
    library.skill("skills/a")
    library.commit("Start")
    library.git("branch", "old")
    policy(library, STRICT)
    approve(library, workbench, "a", "mia")
    library.git("checkout", "-q", "-b", "change", "old")
    policy(library, LAX)
    library.git("merge", "-q", "-s", "ours", "--no-commit", "main")
    library.git("checkout", "main", "--", ".")
    library.commit("Merge branch main")
    assert library.git("diff", "--stat", "main", "HEAD") == ""
    said = workbench("review", "verify", "--base", "main")
    assert said.code == 1
    assert "HEAD's own line begins with another policy" in said.out


def test_a_request_from_before_the_policy_that_merged_it_passes(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.commit("Start")
    library.git("checkout", "-q", "-b", "change")
    library.write("README.md", "A word.\n")
    library.commit("A word")
    library.git("checkout", "-q", "main")
    policy(library, STRICT)
    policy(library, LAX)
    approve(library, workbench, "@policy", "mia")
    library.git("checkout", "-q", "change")
    library.git("merge", "-q", "--no-edit", "main")
    assert workbench("review", "verify", "--base", "main").code == 0


OWNED = "roles: {owner: codeowners}\nrequire:\n  - {when: {}, chain: [{role: owner}]}\n"


def test_the_owners_of_the_policy_change_it_and_not_those_whom_the_change_brings(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.write("CODEOWNERS", "* mia@example.com\n")
    policy(library, OWNED)
    policy(library, OWNED + 'skills: {exclude: ["vendor/**"]}\n')
    for name in ("@policy", "a"):
        assert approve(library, workbench, name, "mia").code == 0
    said = workbench("review", "verify")
    assert said.code == 0, said.out + said.err
    library.write("CODEOWNERS", "* eve@example.com\n")
    policy(library, LAX)
    approve(library, workbench, "@policy", "eve")
    said = workbench("review", "verify")
    assert said.code == 1
    assert "nobody approved that (@policy)" in said.out + said.err
    assert workbench("review", "verify", "--base", "HEAD~1").code == 1


def test_owners_that_a_request_brings_first_change_no_policy_after(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.write("CODEOWNERS", "* mia@example.com\n")
    policy(library, OWNED)
    approve(library, workbench, "a", "mia")
    library.git("checkout", "-q", "-b", "change")
    library.write("CODEOWNERS", "* eve@example.com\n")
    library.commit("Own it")
    policy(library, LAX)
    assert approve(library, workbench, "@policy", "eve").code == 0
    assert workbench("review", "verify", "--base", "main").code == 1
    approve(library, workbench, "@policy", "mia")
    assert workbench("review", "verify", "--base", "main").code == 0


def test_the_file_that_github_takes_counts_and_a_change_of_it_is_told(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.write(".github/CODEOWNERS", "* mia@example.com\n")
    policy(library, OWNED)
    assert approve(library, workbench, "a", "mia").code == 0
    library.git("checkout", "-q", "-b", "change")
    library.write("CODEOWNERS", "* eve@example.com\n")
    library.commit("A file that nobody looks at")
    assert "CODEOWNERS" not in workbench("review", "verify", "--base", "main").err
    library.write(".github/CODEOWNERS", "* eve@example.com\n")
    library.commit("The file")
    said = workbench("review", "verify", "--base", "main")
    assert (said.code, "HEAD changes CODEOWNERS" in said.err) == (0, True)
    library.git("checkout", "-q", "main")
    library.git("merge", "-q", "change")
    library.git("checkout", "-q", "-b", "other", "HEAD~2")
    assert "CODEOWNERS" not in workbench("review", "verify", "--base", "main").err


def test_who_has_git_merge_two_changes_of_the_policy_is_no_author_of_it(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    policy(library, OWNED.replace("codeowners", "['*']"))
    library.git("checkout", "-q", "-b", "change")
    library.write(".mailmap", "Ada <ada@example.com> <ada@old.example.com>\n")
    library.commit("A second address", author="Cleo <cleo@example.com>")
    library.git("checkout", "-q", "main")
    library.write(".workbench/notes.md", "hm\n")
    library.commit("Notes", author="Dave <dave@example.com>")
    assert approve(library, workbench, "@policy", "mia").code == 0
    library.git("checkout", "-q", "change")
    library.as_user("Mia", "mia@example.com")
    library.git("merge", "-q", "-m", "Update branch", "main")
    assert approve(library, workbench, "@policy", "mia").code == 0
    assert workbench("review", "verify", "@policy", "--base", "main").code == 0
