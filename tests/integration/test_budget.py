"""What skills cost an agent's context, and what a client's limit cuts off."""

from pathlib import Path
from typing import Any

from workbench.skills.budget import CODEX_CAP, estimate_tokens


def test_ascii_counts_a_quarter_and_other_text_a_whole_token_each() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens("abcde") == 2
    assert estimate_tokens("漢字") == 2


def test_every_part_is_counted_and_called_an_estimate(library: Any, workbench: Any) -> None:
    library.skill("skills/one", "x" * 400)
    library.write("skills/one/references/a.md", "y" * 800)
    library.write("skills/one/scripts/run.py", "z" * 800)
    said = workbench("skills", "budget", "--json")
    tokens = said.json["skills"][0]["tokens"]
    assert said.code == 0
    assert (tokens["estimated"], tokens["body"]) == (True, 100)
    assert tokens["references"] == [{"path": "references/a.md", "tokens": 200, "why": None}]


def test_claude_code_cuts_the_skill_whose_listing_is_one_character_too_long(library: Any, workbench: Any) -> None:
    library.skill("skills/fits", description="d" * 1000, when_to_use="w" * 535)
    library.skill("skills/over", description="d" * 1000, when_to_use="w" * 536)
    claude = workbench("skills", "budget", "--json").json["clients"][0]
    assert (claude["cap_characters"], claude["cut"]) == (1536, ["skills/over"])


def test_codex_cuts_what_does_not_fit_into_the_whole_list(library: Any, workbench: Any) -> None:
    for number in range(9):
        library.skill(f"skills/s{number}", description="d" * 1000)
    codex = workbench("skills", "budget", "--json").json["clients"][1]
    assert codex["characters"] > CODEX_CAP
    assert codex["cut"] == ["skills/s7", "skills/s8"]
    assert "cuts 2 skills: skills/s7, skills/s8" in workbench("skills", "budget").out


def test_only_the_named_skills_count_and_an_unknown_name_is_a_usage_error(library: Any, workbench: Any) -> None:
    library.skill("skills/one")
    library.skill("skills/two")
    named = workbench("skills", "budget", "two", "two", "--json").json["skills"]
    assert [one["skill"] for one in named] == ["skills/two"]
    assert workbench("skills", "budget", "three").code == 2


def test_what_cannot_be_read_is_unknown_and_never_nothing(library: Any, workbench: Any, tmp_path: Path) -> None:
    library.skill("skills/one")
    library.write("skills/one/big.md", b"a" * (3 << 20))
    library.write("skills/one/bin\x1b.md", b"\0")
    said = workbench("skills", "budget")
    assert said.code == 0
    assert "+ unknown" in said.out
    assert "larger than 2 MiB" in said.err
    assert "binary" in said.err
    assert "\x1b" not in said.out + said.err


def test_a_skill_that_no_client_loads_takes_no_room(library: Any, workbench: Any) -> None:
    library.write("skills/broken/SKILL.md", "---\nname: broken\n---\nText\n")
    assert [load["characters"] for load in workbench("skills", "budget", "--json").json["clients"]] == [0, 0]
