"""What skills cost an agent's context, and what a client's limit cuts off."""

from pathlib import Path
from typing import Any

import pytest

from workbench.skills.tokens import estimate_tokens


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


def test_codex_shortens_every_description_to_one_length_before_it_leaves_a_skill_out(
    library: Any, workbench: Any
) -> None:
    for number in range(9):
        library.skill(f"skills/s{number}", description="d" * 1000)
    library.skill("skills/short", description="short")
    codex = workbench("skills", "budget", "--json").json["clients"][1]
    assert codex["characters"] > 8_000
    assert codex["cut"] == [f"skills/s{number}" for number in range(9)]
    assert all(one["listed"] and one["kept"] + one["lost"] == 1000 for one in codex["cuts"])
    kept = {one["kept"] for one in codex["cuts"]}
    assert max(kept) - min(kept) <= 1
    lines = [f"- s{n}: {'d' * c['kept']} (file: skills/s{n}/SKILL.md)\n" for n, c in enumerate(codex["cuts"])]
    assert sum(map(len, lines)) + len("- short: short (file: skills/short/SKILL.md)\n") == 8_000
    assert "skills/s3: loses" in workbench("skills", "budget").out


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
    assert [load["characters"] for load in workbench("skills", "budget", "--json").json["clients"]] == [0] * 6


def test_every_client_is_listed_and_one_without_a_known_limit_says_so(library: Any, workbench: Any) -> None:
    library.skill("skills/one")
    said = workbench("skills", "budget")
    assert [load["client"] for load in workbench("skills", "budget", "--json").json["clients"]] == [
        "Claude Code", "Codex", "Cursor", "Copilot", "Gemini CLI", "OpenCode",
    ]  # fmt: skip
    assert "Cursor at start: 1 skill, about 11 tokens; no known limit, 41 characters written" in said.out


def test_a_known_context_gives_codex_two_percent_of_it_in_tokens(library: Any, workbench: Any) -> None:
    for number in range(9):
        library.skill(f"skills/s{number}", description="d" * 1000)
    large = workbench("skills", "budget", "--context", "200000", "--json").json["clients"]
    small = workbench("skills", "budget", "--context", "10000", "--json").json["clients"]
    assert (large[1]["total_cap"], large[1]["total_unit"], large[1]["cut"]) == (4_000, "tokens", [])
    assert (small[1]["total_cap"], len(small[1]["cut"])) == (200, 9)
    assert (large[0]["total_cap"], small[0]["total_cap"], small[0]["total_unit"]) == (8_000, 400, "characters")


def test_codex_leaves_skills_out_once_names_alone_are_too_long(library: Any, workbench: Any) -> None:
    for number in range(40):
        library.skill(f"skills/skill-with-a-long-name-{number:02}")
    codex = workbench("skills", "budget", "--context", "30000", "--json").json["clients"][1]
    left_out = [one["skill"] for one in codex["cuts"] if not one["listed"]]
    assert left_out
    assert left_out[-1] == "skills/skill-with-a-long-name-39"
    assert {one["kept"] for one in codex["cuts"]} == {0}
    assert "is not listed" in workbench("skills", "budget", "--context", "30000").out


def test_what_its_author_keeps_for_people_takes_no_room(library: Any, workbench: Any) -> None:
    library.skill("skills/manual", **{"disable-model-invocation": "true"})
    library.skill("skills/policy")
    library.write("skills/policy/agents/openai.yaml", "policy: {allow_implicit_invocation: false}\n")
    counted = {load["id"]: load["skills"] for load in workbench("skills", "budget", "--json").json["clients"]}
    assert counted == {"claude": 1, "codex": 1, "cursor": 1, "copilot": 1, "gemini": 2, "opencode": 2}


def test_installed_counts_what_each_client_really_loads(library: Any, workbench: Any, tmp_path: Path) -> None:
    library.skill(".claude/skills/one", description="p" * 2000)
    library.skill("apps/web/.claude/skills/later")
    for client in (".claude", ".codex"):
        text = f"---\nname: one\ndescription: {'u' * 30}\n---\n"
        (tmp_path / f"home/{client}/skills/one").mkdir(parents=True)
        (tmp_path / f"home/{client}/skills/one/SKILL.md").write_text(text)
    loads = {load["id"]: load for load in workbench("skills", "budget", "--installed", "--json").json["installed"]}
    assert (loads["claude"]["skills"], loads["claude"]["characters"]) == (1, 30)
    assert (loads["codex"]["skills"], loads["cursor"]["skills"]) == (1, 1)
    assert (loads["gemini"]["skills"], loads["gemini"]["tokens"]) == (0, 0)
    said = workbench("skills", "budget", "--installed")
    assert (said.code, "Claude Code at start: 1 skill" in said.out) == (0, True)
    assert workbench("skills", "budget", "one", "--installed").code == 2


def test_claude_codes_settings_change_its_limits(
    library: Any, workbench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.skill(".claude/skills/one", description="p" * 200)
    settings = tmp_path / "home/.claude/settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"skillListingMaxDescChars": 150, "skillListingBudgetFraction": 0.05}')
    claude = workbench("skills", "budget", "--installed", "--json").json["installed"][0]
    assert (claude["cap_characters"], claude["total_cap"], claude["cuts"][0]["lost"]) == (150, 40_000, 50)
    monkeypatch.setenv("SLASH_COMMAND_TOOL_CHAR_BUDGET", "100")
    said = workbench("skills", "budget", "--installed")
    assert "limit 150 characters a skill and 100 characters in all" in said.out
    assert "characters too long: descriptions go, those of the least used skills first" in said.out
