"""Skills that a person takes for one another: told wherever they are judged, and never approved along."""

from typing import Any

import pytest

from workbench.skills.lookalikes import skeleton

CYRILLIC = "p\u0430y"  # pay, its a from another alphabet


@pytest.fixture
def twin(library: Any) -> Any:
    """`pay` approved; then a branch brings one that looks the same, with the same bytes but for its name."""
    library.skill("skills/pay")
    library.skill("skills/other")
    library.commit()
    for name in ("pay", "other"):
        library.workspace().reviews.decide(f"skills/{name}", "approve", "read it")
    library.git("switch", "-q", "-c", "topic")
    library.skill(f"skills/{CYRILLIC}")
    library.commit("Add pay")
    return library


@pytest.mark.parametrize(
    ("one", "other"),
    [("pay", CYRILLIC), ("tools", "too1s"), ("log", "l0g"), ("modern", "modem"), ("a_b", "a-b"),
     ("caf\u00e9", "cafe\u0301"),
     ("resume", "r\u00e9sum\u00e9"), ("csv", "CSV"), ("csv", "c\u200bsv"), ("\uff43sv", "csv"), ("\u03bfdd", "odd")],
)  # fmt: skip
def test_what_looks_the_same_has_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(("one", "other"), [("csv", "tsv"), ("read", "reed"), ("a", "b"), ("plan-1", "plan-2")])
def test_what_looks_different_has_not(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


def test_an_approval_of_one_is_none_of_the_other(twin: Any, workbench: Any) -> None:
    said = workbench("review", "verify", "--json")
    assert {one["path"]: one["ok"] for one in said.json["skills"]} == {
        "skills/pay": True, "skills/other": True, f"skills/{CYRILLIC}": False,
    }  # fmt: skip
    assert workbench("review", "approve", CYRILLIC, "--reason", "read this one").code == 0
    twin.skill("skills/pay", body="Changed.\n")
    twin.commit()
    assert (twin.state("skills/pay"), twin.state(f"skills/{CYRILLIC}")) == ("stale", "approved")


def test_both_forms_of_one_letter_are_two_skills(library: Any, workbench: Any) -> None:
    for name in ("caf\u00e9", "cafe\u0301"):
        library.skill(f"skills/{name}")
    library.commit()
    if len(list((library.root / "skills").iterdir())) < 2:
        pytest.skip("this file system takes both for one name")
    assert workbench("review", "approve", "skills/caf\u00e9", "--reason", "read it").code == 0
    assert library.state("skills/caf\u00e9") == "approved"
    assert library.state("skills/cafe\u0301") != "approved"


def test_it_is_told_in_validation_in_lists_in_the_review_and_by_verify(twin: Any, workbench: Any) -> None:
    said = "looks like that of skills/pay"
    judged = workbench("skills", "validate", CYRILLIC, "--json").json["skills"][0]
    [problem] = [one for one in judged["problems"] if one["code"] == "name-looks-alike"]
    assert said in problem["message"]
    assert "U+0430" in problem["message"]
    assert said in "; ".join(twin.workspace().row(CYRILLIC).standing.reasons)
    assert "U+0430" in "; ".join(twin.workspace().row("pay").standing.reasons), "told of both"
    assert not twin.workspace().row("other").standing.alike
    card = workbench("review", "card", CYRILLIC, "--format", "json").json
    assert card["risks"][0]["kind"] == "alike"
    assert "looks like another skill" in workbench("review", "card", CYRILLIC).out
    opened = workbench("review", "open", "main...HEAD", "--json").json["skills"]
    assert said in opened[0]["looks_like"][0]
    assert said in workbench("review", "open", "main...HEAD").err
    verified = {one["path"]: one["reasons"] for one in workbench("review", "verify", "--json").json["skills"]}
    assert said in "; ".join(verified[f"skills/{CYRILLIC}"])
    assert "looks like" not in "; ".join(verified["skills/other"])


def test_copies_with_equal_names_do_not_look_alike(library: Any) -> None:
    library.skill("skills/pay")
    library.skill(".claude/skills/pay")
    library.commit()
    assert not library.workspace().row("skills/pay").standing.alike


def test_lists_tell_equal_and_alike_names_apart(twin: Any, workbench: Any) -> None:
    twin.skill("skills/deep/other")
    twin.commit()
    listed = workbench("review", "list")
    for id_ in ("skills/other", "skills/deep/other", "skills/pay"):
        assert f"\n{id_} " in listed.out
    assert "looks like that of skills/pay" in listed.err
