"""What each client makes of a skill, as its source or its documentation says."""

import pytest

from workbench.skills.client_rules import judge
from workbench.skills.model import Skill
from workbench.skills.reader import parse_skill
from workbench.skills.validation import ALL_CLIENTS


def skill(front: str, *, before: bytes = b"", first: str = "---", name: str = "demo") -> Skill:
    return parse_skill(f"skills/{name}", before + f"{first}\n{front}---\nDo it.\n".encode(), present=())


GOOD = "name: demo\ndescription: Does it.\n"


@pytest.mark.parametrize(
    ("made", "refused"),
    [
        (skill(GOOD), set()),
        (skill(GOOD, before=b"\xef\xbb\xbf"), {"codex", "gemini"}),
        (skill(GOOD, first="--- "), {"gemini"}),
        (skill("name: demo\ndescription: Use when: asked\n"), {"codex"}),
        (skill(GOOD + "x: [\n"), {"codex", "cursor", "copilot", "gemini", "opencode"}),
        (skill("name: demo\n"), {"codex", "cursor", "copilot", "gemini", "opencode"}),
        (skill("description: x\n"), {"copilot", "gemini", "opencode"}),
        (skill("name: 12\ndescription: x\n"), {"codex", "copilot", "gemini", "opencode"}),
        (skill(GOOD + "name: demo\n"), {"codex", "opencode"}),
        (skill(GOOD + "metadata: [a]\n"), {"codex"}),
        (skill(f"name: demo\ndescription: {'x' * 1_025}\n"), {"codex", "copilot"}),
        (skill("name: yes\ndescription: on\n"), set()),
    ],
)  # fmt: skip
def test_who_refuses_a_skill(made: Skill, refused: set[str]) -> None:
    verdicts = [judge(id_, made) for id_ in ALL_CLIENTS]
    assert {verdict.client for verdict in verdicts if not verdict.loads} == refused
    assert all(bool(verdict.refusal) != verdict.loads for verdict in verdicts)


def test_claude_code_drops_a_whole_frontmatter_that_it_cannot_read() -> None:
    for front in ("name: demo\ndescription: Use when: asked\nallowed-tools: Read\n", GOOD + "x: [\n"):
        verdict = judge("claude", skill(front))
        assert verdict.loads
        assert "drops all of it" in verdict.warnings[0]
    assert judge("gemini", skill("name: demo\ndescription: Use when: asked\n")).warnings != ()


@pytest.mark.parametrize(
    ("field", "readers"),
    [
        ("when_to_use: often", {"claude"}),
        ("disable-model-invocation: true", {"claude", "cursor", "copilot"}),
        ("argument-hint: '[file]'", {"claude", "copilot"}),
        ("paths: ['*.py']", {"claude", "cursor"}),
        ("metadata: {short-description: x}", {"claude", "codex", "cursor", "copilot", "opencode"}),
        ("nobody: knows", set()),
    ],
)  # fmt: skip
def test_who_reads_a_field(field: str, readers: set[str]) -> None:
    made = skill(f"{GOOD}{field}\n")
    name = field.partition(":")[0]
    assert {id_ for id_ in ALL_CLIENTS if name not in judge(id_, made).ignored} == readers


def test_values_that_a_client_cannot_use_are_said_to_it_alone() -> None:
    made = skill(GOOD + "user-invocable: 'no'\neffort: huge\n")
    assert len(judge("claude", made).warnings) == 2
    assert len(judge("copilot", made).warnings) == 1
    assert judge("codex", made).warnings == ()


@pytest.mark.parametrize("effort", ["low", "medium", "high", "xhigh", "max", "32000"])
def test_every_effort_that_claude_code_knows_is_fine(effort: str) -> None:
    assert judge("claude", skill(f"{GOOD}effort: {effort}\n")).warnings == ()


def test_a_list_entry_that_claude_code_cuts_is_said() -> None:
    made = skill(f"name: demo\ndescription: {'x' * 1_000}\nwhen_to_use: {'y' * 600}\n")
    assert "1,601 characters" in judge("claude", made).warnings[0]


def test_a_name_that_is_not_the_folders_is_judged_by_each_client_in_its_own_way() -> None:
    made = skill("name: other\ndescription: x\n")
    assert "the command is the folder's name" in judge("claude", made).warnings[0]
    assert "VS Code skips" in judge("copilot", made).warnings[0]
    assert judge("codex", made).warnings == judge("gemini", made).warnings == ()


def test_a_verdict_is_data() -> None:
    assert judge("codex", skill(GOOD + "model: opus\n")).to_json() == {
        "client": "codex", "loads": True, "ok": True, "refusal": None, "warnings": [], "ignored": ["model"],
    }  # fmt: skip
