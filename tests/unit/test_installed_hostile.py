"""Finding copies in trees that somebody made to hurt: it ends soon, reads nothing outside, says what it left out."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.skills.installed import find_installed

SECRET = "what only the outside says"
_PLACES = (
    ".claude/skills", ".agents/skills", ".cursor/skills", ".codex/skills", ".github/skills", ".gemini/skills",
    ".opencode/skill", "apps/web/.claude/skills", ".",
)  # fmt: skip
_NAMES = st.sampled_from(
    ["a", "b", "skills", ".hidden", ".claude", "node_modules", "SKILL.md", "x\x1b[31m", "ü", ".git"]
)
_NODES = st.tuples(
    st.sampled_from(_PLACES),
    st.lists(_NAMES, min_size=1, max_size=4),
    st.sampled_from(["skill", "folder", "fifo", "broken"]) | st.tuples(st.just("link"), st.integers(0, 12)),
)


def _seconds(started: float) -> float:
    return time.process_time() - started


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_NODES, max_size=30))
def test_a_projects_links_never_lead_outside_and_the_search_ends(nodes: list[Any]) -> None:
    base = Path(tempfile.mkdtemp(prefix="installed-"))
    try:
        outside, project, home = base / "outside", base / "project", base / "home"
        for folder in (outside / "s", project / ".git", home):
            folder.mkdir(parents=True)
        text = f"---\nname: outside\ndescription: {SECRET}\n---\n"
        (outside / "s/SKILL.md").write_text(text)
        (outside / "SKILL.md").write_text(text)
        made: list[Path] = [outside, outside / "s", outside / "SKILL.md", project, base, Path("/"), Path("..")]
        for place, parts, kind in nodes:
            path = project / place / Path(*parts)
            if not Path(os.path.realpath(path.parent)).is_relative_to(project):
                continue  # nothing is made where a link leads out
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                if kind == "skill":
                    path.mkdir(exist_ok=True)
                    with (path / "SKILL.md").open("x") as file:
                        file.write(f"---\nname: {path.name}\ndescription: Fine.\n---\n")
                elif kind == "folder":
                    path.mkdir(exist_ok=True)
                elif kind == "fifo":
                    os.mkfifo(path)
                elif kind == "broken":
                    with path.open("xb") as broken:
                        broken.write(b"---\n\xff\0")
                else:
                    path.symlink_to(made[kind[1] % len(made)])
            except OSError:
                continue
            made.append(path)
        started = time.process_time()
        installed = find_installed(project, home, machine=base / "machine")
        assert _seconds(started) < 6
        said = [copy.description + copy.skill.name for copy in installed.copies] + [s.reason for s in installed.skipped]
        assert not any(SECRET in text for text in said)
        assert all("\x1b" not in one.reason for one in installed.skipped)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def test_a_hundred_thousand_entries_are_counted_and_soon_done(machine: Any) -> None:
    for folder in (machine.project / ".claude/skills", machine.project / "many"):
        folder.mkdir(parents=True)
    for number in range(50_000):
        (machine.project / f".claude/skills/{number}").symlink_to("gone")
        (machine.project / f"many/{number}").touch()
    for number in range(3_000):
        machine.skill(machine.project / f".claude/skills/s{number}")
    started = time.process_time()
    installed = machine.find("claude", "cursor", "copilot", "opencode")
    assert _seconds(started) < 6
    assert any("only the first 2,000 folders are searched" in one.reason for one in installed.skipped)
    assert sum(copy.loads for copy in installed.of("claude")) > 1_900


def test_more_skills_than_are_read_are_named_and_counted(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.skills.installed.MAX_READ", 2)
    for name in ("a", "b", "c", "d"):
        machine.skill(machine.home / f".claude/skills/{name}")
    installed = machine.find("claude")
    assert [(copy.loads, copy.description) for copy in installed.copies] == [
        (True, "Does a."), (True, "Does b."), (True, ""), (True, ""),
    ]  # fmt: skip
    assert [one.reason for one in installed.skipped] == ["not read: only the first 2 skills are"] * 2


def test_a_folder_that_may_not_be_read_is_listed() -> None:
    base = Path(tempfile.mkdtemp(prefix="installed-"))
    base.chmod(0o755)
    try:
        locked = base / "home/.claude/skills/locked"
        for folder in (locked, base / "project"):
            folder.mkdir(parents=True)
        locked.chmod(0)
        said = _as_nobody(lambda: [s.reason for s in find_installed(base / "project", base / "home").skipped])
        assert said == "['permission denied']"
    finally:
        shutil.rmtree(base)


def _as_nobody(ask: Callable[[], object]) -> str:
    """What `ask` gives in a process without the superuser's rights, as text."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65_534)
            os.write(send, str(ask()).encode())
        finally:
            os._exit(0)
    os.close(send)
    os.waitpid(child, 0)
    with os.fdopen(receive) as answer:
        return answer.read()


def test_folders_that_vanish_while_they_are_read_end_in_no_error(machine: Any) -> None:
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            for number in range(20):
                machine.skill(machine.home / f".claude/skills/v{number}")
            shutil.rmtree(machine.home / ".claude/skills", ignore_errors=True)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(40):
            machine.find("claude", "cursor", "opencode")
    finally:
        stop.set()
        thread.join()


def test_names_with_control_characters_reach_no_reason_raw(machine: Any) -> None:
    evil = machine.home / ".claude/skills/\x1b]0;owned\x07"
    machine.skill(evil, text='---\nname: "x\\e[2J"\ndescription: d\n---\n')
    (machine.home / ".claude/skills/link\x1b").symlink_to("gone\x1b[2J")
    installed = machine.find("claude", "cursor")
    assert all("\x1b" not in one.reason for one in installed.skipped)
    assert all("\x1b" not in (copy.why or "") for copy in installed.copies)
