"""The logs are found where Claude Code keeps them, each file once, and nothing else is taken for a log."""

import os
from pathlib import Path

import pytest

from workbench.analytics.claude_files import LogFile, chosen_roots, default_roots, log_files
from workbench.errors import InputError


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}\n")
    return path


def found(*roots: Path) -> list[LogFile]:
    return list(log_files(roots))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    return tmp_path


def test_both_usual_places_are_looked_at(home: Path) -> None:
    assert default_roots() == []
    put(home / ".config/claude/projects/-p/a.jsonl")
    assert default_roots() == [home / ".config/claude/projects"]
    put(home / ".claude/projects/-p/b.jsonl")
    assert default_roots() == [home / ".claude/projects", home / ".config/claude/projects"]


def test_the_configured_folders_replace_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(home / ".claude/projects/-p/b.jsonl")
    for name in ("one", "two"):
        put(home / name / "projects/-p/a.jsonl")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", f"~/one, {home}/two,,{home}/missing,{home}/one")
    assert default_roots() == [home / "one/projects", home / "two/projects"]


def test_a_link_from_one_place_to_the_other_is_one_place(home: Path) -> None:
    put(home / ".claude/projects/-p/b.jsonl")
    (home / ".config").mkdir()
    (home / ".config/claude").symlink_to(home / ".claude")
    assert len(default_roots()) == 1


def test_a_named_folder_may_hold_projects_be_it_or_hold_their_folders(tmp_path: Path) -> None:
    put(tmp_path / "c/projects/-p/a.jsonl")
    put(tmp_path / "copied/-p/a.jsonl")
    (tmp_path / "empty/projects").mkdir(parents=True)
    assert chosen_roots([tmp_path / "c"]) == [tmp_path / "c/projects"]
    assert chosen_roots([tmp_path / "c/projects"]) == [tmp_path / "c/projects"]
    assert chosen_roots([tmp_path / "copied"]) == [tmp_path / "copied"]
    assert chosen_roots([tmp_path / "empty"]) == [tmp_path / "empty/projects"]


def test_a_folder_without_logs_is_an_error_that_says_what_to_name(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "file").write_text("")
    for name, what in (("missing", "no such folder"), ("other", "no Claude Code logs"), ("file", "a file")):
        with pytest.raises(InputError, match=what) as raised:
            chosen_roots([tmp_path / name])
        assert raised.value.where == str(tmp_path / name)
        assert raised.value.remedy is not None


def test_sessions_subagents_and_workflows_are_logs_and_tool_results_are_not(tmp_path: Path) -> None:
    root = tmp_path / "projects"
    put(root / "-p/s1.jsonl")
    put(root / "-p/s1/subagents/agent-1.jsonl")
    put(root / "-p/s1/subagents/workflows/w/agent-2.jsonl")
    put(root / "-p/s1/tool-results/big.jsonl")
    put(root / "-p/s1/subagents/agent-1.meta.json")
    put(root / "-q/deep/er/s2.jsonl")
    put(root / "loose.jsonl")
    (root / "-p/folder.jsonl").mkdir()
    files = {Path(os.fsdecode(file.path)).relative_to(root).as_posix(): file.origin for file in found(root)}
    assert sorted(files) == [
        "-p/s1.jsonl",
        "-p/s1/subagents/agent-1.jsonl",
        "-p/s1/subagents/workflows/w/agent-2.jsonl",
        "-q/deep/er/s2.jsonl",
        "loose.jsonl",
    ]
    assert [files["-p/s1.jsonl"].session, files["-p/s1.jsonl"].sidechain] == ["s1", False]
    for agent in ("-p/s1/subagents/agent-1.jsonl", "-p/s1/subagents/workflows/w/agent-2.jsonl"):
        assert (files[agent].folder, files[agent].session, files[agent].sidechain) == ("-p", "s1", True)


def test_links_in_circles_end_and_no_file_is_read_twice(tmp_path: Path) -> None:
    root = tmp_path / "projects"
    log = put(root / "-p/s1.jsonl")
    elsewhere = put(tmp_path / "elsewhere/s2.jsonl").parent
    (root / "-p/loop").symlink_to(root)
    (root / "-p/self").symlink_to("self")
    (root / "-p/dangling.jsonl").symlink_to("nowhere")
    (root / "-linked").symlink_to(elsewhere)
    (root / "-again").symlink_to(elsewhere)
    (root / "-p/other-name.jsonl").symlink_to(log)
    os.link(log, root / "-p/hard.jsonl")
    names = [Path(file.name).name for file in found(root)]
    assert len(names) == 2
    assert "s2.jsonl" in names


def test_a_pipe_that_is_named_like_a_log_is_left_alone(tmp_path: Path) -> None:
    root = tmp_path / "projects"
    put(root / "-p/s1.jsonl")
    os.mkfifo(root / "-p/trap.jsonl")
    assert len(found(root)) == 1


def test_names_that_are_not_utf8_are_found_and_can_be_stored(tmp_path: Path) -> None:
    (tmp_path / "projects").mkdir()
    folder = os.fsencode(tmp_path / "projects") + b"/-caf\xe9"
    os.mkdir(folder)  # noqa: PTH102 - a name that is not UTF-8
    with open(folder + b"/s\xff.jsonl", "wb") as file:
        file.write(b"{}\n")
    (log,) = found(tmp_path / "projects")
    assert log.name.endswith("/-caf\\xe9/s\\xff.jsonl")
    assert log.name.encode()
    assert (log.origin.folder, log.origin.session) == ("-caf\\xe9", "s\\xff")
    with open(log.path, "rb") as file:
        assert file.read() == b"{}\n"
