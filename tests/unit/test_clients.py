"""The table of clients: what it promises to everything that reads it."""

from pathlib import Path

import pytest

from workbench.skills.clients import CLIENTS, client, outside_folders, own_folder, user_folders
from workbench.skills.loading import refusal
from workbench.skills.reader import parse_skill

HOME = Path("/home/ada")
ROOT = Path("/")


def test_the_ids_are_the_six_that_everything_else_uses() -> None:
    assert [one.id for one in CLIENTS] == ["claude", "codex", "cursor", "copilot", "gemini", "opencode"]
    assert [one.label for one in CLIENTS] == ["Claude Code", "Codex", "Cursor", "Copilot", "Gemini CLI", "OpenCode"]
    assert all(one.source for one in CLIENTS)


def test_every_user_folder_is_listed_once_with_the_shared_one_called_agents() -> None:
    folders = user_folders()
    assert len({path for _, path in folders}) == len(folders)
    assert ("agents", ".agents/skills") in folders
    assert ("claude", ".claude/skills") in folders
    assert ("opencode", ".config/opencode/skills") in folders


@pytest.mark.parametrize(
    ("id_", "env", "expected"),
    [
        ("claude", {"CLAUDE_CONFIG_DIR": "/else"}, "/else/skills"),
        ("codex", {"CODEX_HOME": "/else"}, "/else/skills"),
        ("copilot", {"COPILOT_HOME": "/else"}, "/else/skills"),
        ("gemini", {"GEMINI_CLI_HOME": "/else"}, "/else/.gemini/skills"),
        ("opencode", {"XDG_CONFIG_HOME": "/else"}, "/else/opencode/skills"),
        ("opencode", {"OPENCODE_CONFIG_DIR": "/else"}, "/else/skills"),
        ("claude", {"CLAUDE_CONFIG_DIR": "relative"}, "/home/ada/.claude/skills"),
        ("claude", {"CLAUDE_CONFIG_DIR": "/nul\0"}, "/home/ada/.claude/skills"),
    ],
)
def test_an_environment_variable_moves_the_folder(id_: str, env: dict[str, str], expected: str) -> None:
    outside = [place for place in client(id_).places if place.scope != "project"]
    assert Path(expected) in [folder for place in outside for folder in outside_folders(place, HOME, ROOT, env)]


def test_a_variable_may_name_several_folders() -> None:
    places = [place for place in client("copilot").places if place.many]
    assert outside_folders(places[0], HOME, ROOT, {"COPILOT_SKILLS_DIRS": "/a, /b,,"}) == (Path("/a"), Path("/b"))
    assert outside_folders(places[0], HOME, ROOT, {}) == ()


def test_the_machines_root_can_be_another() -> None:
    admin = next(place for place in client("codex").places if place.scope == "admin")
    assert outside_folders(admin, HOME, Path("/elsewhere"), {}) == (Path("/elsewhere/etc/codex/skills"),)


def test_a_client_keeps_its_own_files_where_its_variable_says() -> None:
    assert own_folder(client("codex"), HOME, {}) == HOME / ".codex"
    assert own_folder(client("codex"), HOME, {"CODEX_HOME": "/else"}) == Path("/else")
    assert own_folder(client("gemini"), HOME, {"GEMINI_CLI_HOME": "/else"}) == Path("/else/.gemini")


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("---\nname: a\ndescription: b\n---\n", []),
        ("---\ndescription: b\n---\n", ["copilot", "gemini", "opencode"]),
        ("---\nname: a\n---\nText\n", ["codex", "cursor", "copilot", "gemini", "opencode"]),
        (f"---\nname: {'n' * 65}\ndescription: b\n---\n", ["codex", "copilot"]),
        (f"---\nname: a\ndescription: {'d' * 1025}\n---\n", ["codex", "copilot"]),
        ("---\nname: a\ndescription: Use when: now\n---\n", ["codex"]),
        ("---\nname: [\n---\n", ["codex", "cursor", "copilot", "gemini", "opencode"]),
        ("no frontmatter\n", ["claude", "codex", "cursor", "copilot", "gemini", "opencode"]),
    ],
)
def test_each_client_refuses_what_its_source_says(text: str, refused: list[str]) -> None:
    skill = parse_skill("skills/a", text.encode())
    assert [one.id for one in CLIENTS if refusal(one, skill)] == refused
