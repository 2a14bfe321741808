"""Skills that plugins bring: installed, only cached, or merely offered by the repository that is open."""

from typing import Any


def _install(machine: Any, id_: str = "tools@shop", **entry: Any) -> Any:
    folder = machine.home / ".claude/plugins/cache/shop/tools/1.0.0"
    folder.mkdir(parents=True, exist_ok=True)
    machine.json(
        machine.home / ".claude/plugins/installed_plugins.json",
        {"version": 2, "plugins": {id_: [{"scope": "user", "installPath": str(folder), **entry}]}},
    )
    return folder


def _enable(machine: Any, value: object = True, id_: str = "tools@shop") -> None:
    machine.json(machine.home / ".claude/settings.json", {"enabledPlugins": {id_: value}})


def test_an_enabled_plugins_skills_load_under_its_name(machine: Any) -> None:
    machine.skill(_install(machine) / "skills/review")
    _enable(machine)
    machine.skill(machine.home / ".claude/skills/review")
    assert [(copy.name, copy.scope, copy.loads) for copy in machine.copies("claude")] == [
        ("review", "user", True), ("tools:review", "plugin", True),
    ]  # fmt: skip


def test_a_plugin_that_is_not_enabled_is_listed_with_the_reason(machine: Any) -> None:
    machine.skill(_install(machine) / "skills/review")
    _enable(machine, False)
    (copy,) = machine.copies("claude")
    assert (copy.loads, copy.why) == (False, "the plugin is not enabled in Claude Code's settings")


def test_a_projects_settings_can_enable_a_plugin(machine: Any) -> None:
    machine.skill(_install(machine) / "skills/review")
    machine.json(machine.project / ".claude/settings.json", {"enabledPlugins": {"tools@shop": True}})
    assert [copy.loads for copy in machine.copies("claude")] == [True]


def test_a_plugin_of_another_project_does_not_load_here(machine: Any) -> None:
    machine.skill(_install(machine, projectPath="/somewhere/else") / "skills/review")
    _enable(machine)
    (copy,) = machine.copies("claude")
    assert copy.why == "the plugin is installed for another project, /somewhere/else"


def test_what_is_only_in_the_cache_is_listed_as_not_installed(machine: Any) -> None:
    machine.skill(machine.home / ".claude/plugins/cache/shop/tools/0.9.0/skills/old")
    (copy,) = machine.copies("claude")
    assert (copy.name, copy.loads, copy.why) == ("tools:old", False, "only in the plugin cache, not installed")


def test_a_manifest_adds_folders_to_the_usual_one(machine: Any) -> None:
    folder = _install(machine)
    _enable(machine)
    machine.skill(folder / "skills/usual")
    machine.skill(folder / "more/extra")
    machine.skill(folder / "single")
    machine.json(folder / ".claude-plugin/plugin.json", {"name": "tools", "skills": ["./more", "./single"]})
    assert sorted(copy.name for copy in machine.copies("claude")) == ["tools:extra", "tools:single", "tools:usual"]


def test_a_marketplace_that_lists_skills_brings_exactly_those(machine: Any) -> None:
    folder = _install(machine)
    _enable(machine)
    for name in ("one", "two", "three"):
        machine.skill(folder / "skills" / name)
    machine.json(
        machine.home / ".claude/plugins/marketplaces/shop/.claude-plugin/marketplace.json",
        {"name": "shop", "plugins": [{"name": "tools", "source": "./", "skills": ["./skills/one", "./skills/two"]}]},
    )
    assert [copy.name for copy in machine.copies("claude")] == ["tools:one", "tools:two"]


def test_a_plugin_whose_root_is_a_skill_is_known_by_that_skills_name(machine: Any) -> None:
    machine.skill(_install(machine), text="---\nname: whole\ndescription: All of it.\n---\n")
    _enable(machine)
    assert [copy.name for copy in machine.copies("claude")] == ["tools:whole"]


def test_a_repositorys_own_marketplace_is_offered_but_not_installed(machine: Any) -> None:
    machine.skill(machine.project / "skills/pdf")
    machine.json(
        machine.project / ".claude-plugin/marketplace.json",
        {"name": "shop", "plugins": [{"name": "docs", "source": "./", "skills": ["./skills/pdf"]}]},
    )
    (copy,) = machine.copies("claude")
    assert (copy.name, copy.scope, copy.loads) == ("docs:pdf", "plugin", False)
    assert copy.why == "offered by the marketplace 'shop', not installed"


def test_what_a_manifest_names_outside_its_plugin_is_not_read(machine: Any) -> None:
    machine.skill(machine.home / "private/secret")
    (machine.project / "plug").mkdir()
    (machine.project / "plug/link").symlink_to(machine.home / "private")
    listed = ["../../home/private", "/etc", "./link", "./gone", "a\0b", 7, None]
    machine.json(
        machine.project / ".claude-plugin/marketplace.json",
        {"name": "m", "plugins": [{"name": "p", "source": "./plug", "skills": listed}, {"name": "q", "source": "../"},
                                  {"source": "./"}, "text", {"name": "far", "source": {"source": "github"}}]},
    )  # fmt: skip
    installed = machine.find("claude")
    assert installed.copies == ()
    reasons = " ".join(one.reason for one in installed.skipped)
    assert reasons.count("leads out of the plugin") == 3
    assert "is not a path inside the plugin" in reasons
    assert "lists './gone', which is no folder" in reasons
    assert "an entry without a name" in reasons


def test_a_link_inside_a_plugin_does_not_lead_out_of_it(machine: Any) -> None:
    secret = machine.skill(machine.home / "private/secret", description="a secret description")
    folder = _install(machine)
    _enable(machine)
    (folder / "skills").mkdir()
    (folder / "skills/secret").symlink_to(secret)
    assert [copy.description for copy in machine.copies("claude")] == [""]


def test_codex_loads_the_plugins_its_configuration_enables(machine: Any) -> None:
    for name in ("on", "off"):
        machine.skill(machine.home / f".codex/plugins/cache/shop/{name}/1/skills/review")
    (machine.home / ".codex/config.toml").write_text('[plugins."on@shop"]\nenabled = true\n')
    assert [(copy.name, copy.loads) for copy in machine.copies("codex")] == [
        ("on:review", True), ("off:review", False),
    ]  # fmt: skip


def test_hostile_settings_are_named_and_stop_nothing(machine: Any) -> None:
    machine.skill(machine.home / ".claude/skills/fine")
    plugins = machine.home / ".claude/plugins/installed_plugins.json"
    for text in ("[" * 100_000, '{"a":' * 50_000, "{", "[]", '{"plugins": 3}', "\xff\xfe", "9" * 5_000, ""):
        plugins.parent.mkdir(parents=True, exist_ok=True)
        plugins.write_bytes(text.encode("latin-1"))
        installed = machine.find("claude")
        assert [copy.name for copy in installed.copies] == ["fine"]
        assert text == '{"plugins": 3}' or any(one.path == str(plugins) for one in installed.skipped)
    plugins.write_bytes(b'{"plugins": "' + b"x" * (5 << 20) + b'"}')
    assert any("larger than 4 MiB" in one.reason for one in machine.find("claude").skipped)
