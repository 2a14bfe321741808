"""Which copies each client finds, which one it loads, and which shadows which."""

from pathlib import Path
from typing import Any

import pytest

from workbench.errors import InputError


def test_claude_code_puts_the_administrators_copy_before_the_users_and_that_before_the_projects(machine: Any) -> None:
    project = machine.skill(machine.project / ".claude/skills/deploy")
    user = machine.skill(machine.home / ".claude/skills/deploy")
    admin = machine.skill(machine.root / "etc/claude-code/.claude/skills/deploy")
    copies = machine.copies("claude")
    assert [(copy.path, copy.scope) for copy in copies] == [
        (str(admin), "admin"), (str(user), "user"), (str(project), "project"),
    ]  # fmt: skip
    assert [copy.loads for copy in copies] == [True, False, False]
    assert [copy.shadowed_by for copy in copies] == [None, str(admin), str(admin)]
    assert copies[0].shadows == (str(user), str(project))
    assert copies[1].why == f"{admin} comes first"


def test_claude_code_knows_a_skill_by_its_folder_and_others_by_its_name(machine: Any) -> None:
    machine.skill(machine.home / ".claude/skills/one", name="same")
    machine.skill(machine.home / ".claude/skills/two", name="same")
    assert [copy.name for copy in machine.copies("claude")] == ["one", "two"]
    assert machine.loaded("claude") == ["home/.claude/skills/one", "home/.claude/skills/two"]
    assert [copy.loads for copy in machine.copies("cursor")] == [True, False]


def test_claude_code_reads_the_folders_above_the_start_up_to_the_top_of_the_repository(machine: Any) -> None:
    start = machine.project / "apps/web"
    start.mkdir(parents=True)
    machine.skill(machine.project / ".claude/skills/top")
    machine.skill(machine.project / "apps/.claude/skills/middle")
    machine.skill(start / ".claude/skills/inner")
    machine.skill(machine.project.parent / ".claude/skills/outside")
    assert machine.loaded("claude", start) == [
        "project/apps/web/.claude/skills/inner",
        "project/apps/.claude/skills/middle",
        "project/.claude/skills/top",
    ]


def test_claude_code_finds_nested_skills_and_names_one_that_clashes_by_its_place(machine: Any) -> None:
    machine.skill(machine.project / ".claude/skills/deploy")
    machine.skill(machine.project / "apps/web/.claude/skills/deploy")
    machine.skill(machine.project / "apps/web/.claude/skills/lint")
    copies = {copy.name: copy for copy in machine.copies("claude")}
    assert set(copies) == {"deploy", "apps/web:deploy", "lint"}
    assert all(copy.loads for copy in copies.values())
    assert copies["lint"].within == "apps/web"
    assert copies["lint"].why == "once Claude Code works in apps/web"


def test_claude_code_looks_only_one_folder_down_and_loads_a_skill_without_a_description(machine: Any) -> None:
    machine.skill(machine.home / ".claude/skills/group/deep")
    machine.skill(machine.home / ".claude/skills/bare", text="---\nname: bare\n---\nText\n")
    assert machine.loaded("claude") == ["home/.claude/skills/bare"]
    assert "home/.claude/skills/group/deep" in machine.loaded("cursor")


def test_codex_loads_every_copy_in_the_order_of_its_scopes(machine: Any) -> None:
    for folder in (
        machine.root / "etc/codex/skills/deploy",
        machine.home / ".codex/skills/.system/deploy",
        machine.home / ".codex/skills/deploy",
        machine.home / ".agents/skills/deploy",
        machine.project / ".agents/skills/deploy",
    ):
        machine.skill(folder)
    copies = machine.copies("codex")
    assert [copy.scope for copy in copies] == ["project", "user", "user", "bundled", "admin"]
    assert all(copy.loads and copy.shadowed_by is None for copy in copies)


def test_codex_refuses_what_is_too_long_too_deep_hidden_or_a_linked_file(machine: Any) -> None:
    skills = machine.home / ".agents/skills"
    machine.skill(skills / "long", description="d" * 1025)
    machine.skill(skills / "1/2/3/4/5/six")
    machine.skill(skills / "1/2/3/4/5/six/seven")
    machine.skill(skills / ".hidden/skill")
    linked = machine.skill(skills / "linked")
    (linked / "SKILL.md").rename(linked / "real.md")
    (linked / "SKILL.md").symlink_to("real.md")
    installed = machine.find("codex")
    assert [copy.path for copy in installed.copies if copy.loads] == [str(skills / "1/2/3/4/5/six")]
    assert next(copy for copy in installed.copies if copy.name == "long").why == (
        "the description has 1,025 characters; Codex takes at most 1,024"
    )
    reasons = {one.path: one.reason for one in installed.skipped}
    assert reasons[str(skills / "1/2/3/4/5/six/seven")] == "deeper than the 6 folders that Codex searches"
    assert reasons[str(skills / ".hidden")] == "Codex does not look into folders whose names begin with a dot"
    assert reasons[str(linked / "SKILL.md")] == "a link, which Codex does not read"


def test_codex_counts_what_is_beyond_its_two_thousand_folders(machine: Any) -> None:
    for number in range(2_005):
        (machine.home / f".agents/skills/s{number:04}").mkdir(parents=True)
    machine.skill(machine.home / ".agents/skills/s2004")
    installed = machine.find("codex")
    assert installed.copies == ()
    assert [one.reason for one in installed.skipped] == [
        "only the first 2,000 folders are searched; 6 or more here are not"
    ]


def test_a_variable_moves_the_users_folder(machine: Any) -> None:
    machine.skill(machine.home / ".claude/skills/old")
    machine.skill(machine.root / "moved/skills/new")
    machine.env["CLAUDE_CONFIG_DIR"] = str(machine.root / "moved")
    assert machine.loaded("claude") == ["machine/moved/skills/new"]


def test_cursor_searches_all_four_folders_deep_and_nested(machine: Any) -> None:
    for name, folder in (("a", ".cursor"), ("b", ".agents"), ("c", ".claude"), ("d", ".codex")):
        machine.skill(machine.project / folder / "skills/group" / name)
        machine.skill(machine.home / folder / "skills" / f"user-{name}")
    machine.skill(machine.project / "apps/web/.cursor/skills/nested")
    assert sorted(copy.name for copy in machine.copies("cursor") if copy.loads) == [
        "a", "b", "c", "d", "nested", "user-a", "user-b", "user-c", "user-d",
    ]  # fmt: skip


def test_a_nested_copy_shadows_nothing_outside_its_part_of_the_project(machine: Any) -> None:
    machine.skill(machine.project / "apps/web/.cursor/skills/deploy")
    machine.skill(machine.home / ".cursor/skills/deploy")
    assert [copy.loads for copy in machine.copies("cursor")] == [True, True]


def test_copilot_takes_the_first_in_the_order_of_its_documentation(machine: Any) -> None:
    places = [
        machine.project / ".github/skills/deploy", machine.project / ".agents/skills/deploy",
        machine.project / ".claude/skills/deploy", machine.home / ".copilot/skills/deploy",
        machine.home / ".agents/skills/deploy", machine.root / "extra/deploy",
    ]  # fmt: skip
    for place in places:
        machine.skill(place)
    machine.env["COPILOT_SKILLS_DIRS"] = f"{machine.root}/extra"
    copies = machine.copies("copilot")
    assert [copy.path for copy in copies] == list(map(str, places))
    assert [copy.loads for copy in copies] == [True, False, False, False, False, False]


def test_gemini_lets_the_shared_folder_win_and_the_workspace_over_the_user(machine: Any) -> None:
    places = [
        machine.project / ".agents/skills/deploy", machine.project / ".gemini/skills/deploy",
        machine.home / ".agents/skills/deploy", machine.home / ".gemini/skills/deploy",
        machine.home / ".gemini/extensions/ext/skills/deploy",
    ]  # fmt: skip
    for place in places:
        machine.skill(place)
    copies = machine.copies("gemini")
    assert [copy.path for copy in copies] == list(map(str, places))
    assert copies[0].why == "if you trust this folder"
    assert [copy.loads for copy in copies] == [True, False, False, False, False]


def test_opencode_lets_what_is_read_last_win(machine: Any) -> None:
    inner = machine.project / "apps"
    places = [
        machine.home / ".opencode/skills/deploy", machine.project / ".opencode/skills/deploy",
        inner / ".opencode/skill/deploy", machine.home / ".config/opencode/skills/deploy",
        machine.project / ".agents/skills/deploy", inner / ".agents/skills/deploy",
        machine.project / ".claude/skills/deploy", machine.home / ".agents/skills/deploy",
        machine.home / ".claude/skills/deploy",
    ]  # fmt: skip
    for place in places:
        machine.skill(place)
    copies = machine.copies("opencode", inner)
    assert [copy.path for copy in copies] == list(map(str, places))
    assert [copy.loads for copy in copies] == [True] + [False] * 8


def test_a_copy_that_is_refused_shadows_nothing(machine: Any) -> None:
    machine.skill(machine.project / ".github/skills/deploy", text="---\nname: deploy\n---\nNo description.\n")
    machine.skill(machine.home / ".copilot/skills/deploy")
    copies = machine.copies("copilot")
    assert [(copy.loads, copy.why) for copy in copies] == [(False, "Copilot needs a description"), (True, None)]


def test_a_link_to_the_same_real_folder_is_the_same_copy(machine: Any) -> None:
    shared = machine.skill(machine.home / ".agents/skills/deploy")
    link = machine.home / ".copilot/skills/deploy"
    link.parent.mkdir(parents=True)
    link.symlink_to(shared)
    first, second = machine.copies("copilot")
    assert (first.path, first.real_path, first.linked, first.loads) == (str(link), str(shared), True, True)
    assert (second.linked, second.loads, second.shadowed_by) == (False, False, str(link))
    assert second.why == f"the same folder as {link}"


def test_a_project_that_is_the_home_folder_lists_each_copy_once(machine: Any) -> None:
    machine.skill(machine.home / ".claude/skills/deploy")
    copies = machine.copies("claude", machine.home)
    assert [(copy.scope, copy.loads) for copy in copies] == [("user", True)]


def test_the_users_links_are_followed_and_a_projects_link_out_of_it_is_named_but_not_read(machine: Any) -> None:
    for place in (machine.home, machine.project):
        elsewhere = machine.skill(machine.root / place.name / "secret", description="a secret description")
        (place / ".claude/skills").mkdir(parents=True)
        (place / f".claude/skills/{place.name}").symlink_to(elsewhere)
    user, project = machine.copies("claude")
    assert (user.scope, user.description) == ("user", "a secret description")
    assert (project.scope, project.description) == ("project", "")
    assert project.why is not None
    assert "the workbench does not read it" in project.why


def test_a_projects_link_to_the_users_own_skills_is_followed(machine: Any) -> None:
    shared = machine.skill(machine.home / ".agents/skills/deploy")
    (machine.project / ".claude/skills").mkdir(parents=True)
    (machine.project / ".claude/skills/deploy").symlink_to(shared)
    assert [copy.description for copy in machine.copies("claude")] == ["Does deploy."]


def test_a_skill_file_that_links_out_of_the_project_is_not_read(machine: Any) -> None:
    secret = machine.root / "secret.md"
    secret.write_text("---\nname: x\ndescription: a secret description\n---\n")
    folder = machine.project / ".claude/skills/x"
    folder.mkdir(parents=True)
    (folder / "SKILL.md").symlink_to(secret)
    (copy,) = machine.copies("claude")
    assert copy.description == ""


def test_dangling_links_circles_and_misnamed_files_are_listed(machine: Any) -> None:
    skills = machine.home / ".claude/skills"
    (skills / "lower").mkdir(parents=True)
    (skills / "lower/skill.md").write_text("x")
    (skills / "gone").symlink_to("nowhere")
    (skills / "circle").symlink_to("circle")
    (skills / "self").symlink_to(".")
    reasons = {Path(one.path).name: one.reason for one in machine.find("claude").skipped}
    assert reasons["gone"] == "a link to 'nowhere', which does not exist or leads in a circle"
    assert reasons["circle"] == "a link to 'circle', which does not exist or leads in a circle"
    assert reasons["self"].startswith("the same folder as ")
    assert reasons["skill.md"] == "not a skill: the file has to be named exactly SKILL.md"


def test_a_project_that_is_no_folder_is_an_error_that_says_so(machine: Any) -> None:
    with pytest.raises(InputError, match="the project can't be read"):
        machine.find("claude", start=machine.project / "nowhere")
