"""The policy file and what it decides: strict where it is not understood, and a checklist that says who could help."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workbench.errors import InputError
from workbench.policy.codeowners import parse_owners
from workbench.policy.decide import Approval, Decision, Facts, authors_matter, decide
from workbench.policy.rules import parse_policy
from workbench.policy.tool_rules import Limit, ToolRule
from workbench.reviews.mailmap import parse_mailmap

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def judge(
    text: str, *approvals: Approval, skill: str = "skills/a", authors: tuple[str, ...] = (), **more: Any
) -> Decision:
    facts = Facts(skill, approvals, frozenset(authors), NOW, **more)
    return decide(parse_policy(f"schema: 1\n{text}".encode()), facts)


def by(email: str, *, days: int = 0, proof: Any = "author", **checks: bool) -> Approval:
    return Approval(email, NOW - timedelta(days=days), checks, proof)


def test_every_rule_that_matches_adds_its_demands() -> None:
    rules = (
        "roles: {security: [sec@example.com]}\nrequire:\n"
        "  - {when: {skills: ['skills/a']}, chain: [{role: security}]}\n  - {when: {}, chain: [{role: anybody}]}\n"
    )
    assert not judge(rules, by("bob@example.com")).met
    assert judge(rules, by("bob@example.com"), skill="skills/b").met
    assert judge(rules, by("sec@example.com")).met


@pytest.mark.parametrize("when", ["{skills: ['skills/deploy-*']}", "{gains: [network]}"])
def test_where_no_rule_matches_somebody_else_than_an_author_has_to_approve(when: str) -> None:
    rules = f"require: [{{when: {when}, chain: [{{role: anybody}}], self_approval: true}}]\n"
    decision = judge(rules, by("mal@example.com"), authors=("mal@example.com",), gains=frozenset())
    assert [(demand.rule, demand.met, demand.who_could) for demand in decision.demands] == [(0, False, ("*",))]
    assert judge(rules, by("bob@example.com"), authors=("mal@example.com",), gains=frozenset()).met
    assert authors_matter(parse_policy(f"schema: 1\n{rules}".encode()), "skills/a")


def test_what_is_missing_names_the_rule_and_who_could_meet_it() -> None:
    rules = "roles: {m: [mia@example.com, ada@example.com]}\nrequire: [{chain: [{role: m, count: 2}]}]\n"
    [demand] = judge(rules, by("mia@example.com"), authors=("ada@example.com",)).demands
    assert (demand.rule, demand.met, demand.by) == (1, False, ("mia@example.com",))
    assert demand.missing == "needs 1 more approval by m"
    assert demand.who_could == ()  # mia has approved, and ada wrote it
    assert demand.nobody_left


def test_what_is_missing_says_whose_approval_is_left_out_and_why_though_others_count() -> None:
    rules = (
        "roles: {r: ['*@example.com'], m: [max@example.com]}\n"
        "require: [{chain: [{role: r, count: 1}, {role: m, count: 1}]}]\n"
    )
    decision = judge(rules, by("bob@example.com"), by("max@example.com"), authors=("max@example.com",))
    why = "max@example.com approved, but is an author of the change"
    assert decision.missing == (f"needs 1 more approval by m ({why})",)


def test_what_is_said_of_a_check_is_what_the_approvals_know_of_it() -> None:
    rules = "require: [{chain: [{role: anybody}], checks: [tests]}]\n"

    def said(*approvals: Approval, **more: Any) -> str:
        return next(one.missing for one in judge(rules, *approvals, **more).demands if one.short == "tests")

    ada = "ada@example.com"
    assert said() == "the check 'tests' is held against an approval, and there is none"
    assert "none of them does" in said(by(ada, tests=True), authors=(ada,))
    assert "had no result when it was approved: workbench test NAME, then approve again" in said(by(ada))
    assert said(by(ada, tests=False)) == "the check 'tests' did not pass when it was approved"
    assert said(by(ada, tests=True)) == ""


def test_one_key_is_one_person_where_keys_prove_who_it_is() -> None:
    def keyed(email: str, key: str) -> Approval:
        return Approval(email, NOW, {}, "signature", key=key)

    rules = "require: [{chain: [{role: anybody, count: 2}], identity: signature}]\n"
    ada, zed = keyed("ada@example.com", "K"), keyed("zed@example.com", "K")
    decision = judge(rules, ada, zed)
    assert not decision.met
    assert "zed@example.com approved, but with a key" in decision.missing[0]
    assert judge(rules, ada, keyed("zed@example.com", "L")).met
    assert not judge(rules.replace(", count: 2", ""), ada, zed, authors=("ada@example.com",)).met
    assert judge(rules.replace("signature", "author"), ada, zed).met


@pytest.mark.parametrize(("gains", "met"), [({"network"}, False), ({"reads"}, True), (set(), True), (None, False)])
def test_a_rule_about_gains_holds_where_one_is_gained_or_where_nobody_knows(gains: Any, met: bool) -> None:
    rules = "require: [{when: {gains: [network, subprocess]}, chain: [{role: nobody}]}, {when: {}}]\n"
    assert judge(rules, by("bob@example.com"), gains=gains if gains is None else frozenset(gains)).met is met


@pytest.mark.parametrize(("wanted", "proof", "met"), [
    ("signature", "author", False), ("signature", "signature", True), ("signature", "touch", True),
    ("touch", "signature", False), ("touch", "touch", True), ("author", "author", True),
])  # fmt: skip
def test_an_identity_is_proved_as_strongly_as_the_rule_wants(wanted: str, proof: str, met: bool) -> None:
    decision = judge(f"require: [{{identity: {wanted}, chain: [{{role: anybody}}]}}]\n", by("bob@x.com", proof=proof))
    assert decision.met is met
    assert met or "the policy demands an approval" in decision.missing[0]


def test_an_approval_that_is_too_old_does_not_count_and_a_check_must_have_passed_then() -> None:
    rules = "require: [{chain: [{role: anybody}], checks: [tests], expires: 30d}]\n"
    assert not judge(rules, by("bob@x.com", days=31, tests=True)).met
    assert not judge(rules, by("bob@x.com", days=1, tests=False)).met
    assert judge(rules, by("bob@x.com", days=31), by("bob@x.com", days=1, tests=True)).met


def test_a_star_at_the_end_owns_no_deeper_files_as_on_github() -> None:
    owners = parse_owners("/skills/ ada@x.org\n/skills/* eve@x.org\n/docs/** bob@x.org\n")
    assert owners.of("skills/README.md") == ("eve@x.org",)
    assert owners.of("skills/a/SKILL.md") == ("ada@x.org",)
    assert owners.of("docs/a/b.md") == ("bob@x.org",)
    assert parse_owners("* all@x.org\n").of("a/b/c") == ("all@x.org",)


def test_owners_come_from_codeowners_and_a_team_from_the_role_of_its_name() -> None:
    owners = parse_owners("* @org/all\n/skills/a/ ada@Example.com @org/tools  # both\n/skills/b/\n")
    assert owners.of("skills/a/SKILL.md") == ("ada@example.com", "@org/tools")
    assert owners.of("skills/b/SKILL.md") == ()
    rules = "roles: {owner: codeowners, '@org/tools': [tom@example.com]}\nrequire: [{chain: [{role: owner}]}]\n"
    of_a = owners.of("skills/a/SKILL.md")
    assert judge(rules, by("ada@example.com"), owners=of_a).met
    assert judge(rules, by("Tom@example.com"), owners=of_a).met
    assert not judge(rules, by("eve@example.com"), owners=of_a).met
    assert "CODEOWNERS names @org/all" in judge(rules, by("eve@x.com"), owners=owners.of("README.md")).missing[0]


def test_an_owner_with_a_star_in_the_name_is_not_everybody() -> None:
    rules = "roles: {owner: codeowners}\nrequire: [{chain: [{role: owner}]}]\n"
    assert not judge(rules, by("eve@example.com"), owners=("*@example.com",)).met


def test_tool_rules_are_read_with_their_limits() -> None:
    text = "schema: 1\ntools:\n  - {match: {tool: 'github.delete_*'}, decide: deny, reason: not here}\n"
    text += "  - {match: {tool: '*', roles: [reviewer]}, decide: allow, limit: 60/min}\n"
    assert parse_policy(text.encode()).tools == (
        ToolRule("deny", "github.delete_*", reason="not here"),
        ToolRule("allow", "*", roles=("reviewer",), limit=Limit(60, 60)),
    )


@pytest.mark.parametrize(("text", "said"), [
    ("require: [{when: {gains: [netwrok]}}]", "did you mean 'network'?"),
    ("require: [{identity: blood}]", "one of: author, signature, touch"),
    ("require: [{self_approval: maybe}]", "true or false"),
    ("tools: [{match: {tool: x}, decide: maybe}]", "one of: ask, allow, deny"),
    ("tools: [{match: {tool: x}}]", "needs 'match' and 'decide'"),
    ("tools: [{match: {tol: x}, decide: ask}]", "did you mean 'tool'?"),
    ("tools: [{match: {}, decide: ask, limit: 60}]", "60/min"),
    ("tools: [{match: {}, decide: ask, limit: 0/min}]", "60/min"),
])  # fmt: skip
def test_what_is_not_understood_is_refused_with_what_would_be(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_policy(f"schema: 1\n{text}\n".encode())
    assert said in str(refused.value)


def test_a_mailmap_joins_e_mails_whatever_the_names() -> None:
    joined = parse_mailmap(
        "# people\nAda <ada@example.com> <ADA@old.example>\n<bob@example.com> B <b@old.example>\nJust Name <x@y.z>\n"
    )
    assert joined.of("ada@OLD.example") == "ada@example.com"
    assert joined.of("b@old.example") == "bob@example.com"
    assert joined.of("x@y.z") == "x@y.z"
    assert joined.everybody(["b@old.example"]) == {"b@old.example", "bob@example.com"}


def test_a_rule_that_asks_for_resolved_comments_counts_the_open_threads() -> None:
    rules = "require: [{chain: [{role: anybody}], checks: [comments]}]\n"
    open_, done = Approval("bob@x.com", NOW, open_threads=2), Approval("eve@x.com", NOW)
    decision = judge(rules, open_)
    assert not decision.met
    assert decision.missing == ("2 threads of comments are not resolved",)
    assert judge(rules, done).met
    assert judge("require: [{chain: [{role: anybody}]}]\n", open_).met


def test_a_check_that_nobody_knows_makes_the_policy_unusable() -> None:
    with pytest.raises(InputError, match="'checks' of rule 1 names 'coments'") as wrong:
        judge("require: [{checks: [coments]}]\n")
    assert wrong.value.remedy == "did you mean 'comments'?"
