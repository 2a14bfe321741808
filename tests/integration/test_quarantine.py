"""A skill goes into quarantine and comes back whole, also between two file systems, and whatever ends the program."""

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from workbench.reviews.quarantine import put_back, quarantined, take_out


class Killed(BaseException):
    """Nothing may catch it: the program is gone."""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed skill, on another file system than the quarantine."""
    folder = tmp_path / "agent/skills/echo"
    (folder / "scripts").mkdir(parents=True)
    (folder / "SKILL.md").write_text("It is whole.\n")
    (folder / "scripts/run.sh").write_text("echo\n")
    (folder / "scripts/run.sh").chmod(0o755)
    (folder / "out").symlink_to("../../nowhere")
    really = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.parent != target.parent:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return really(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    return folder


def content(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in folder.rglob("*"):
        if path.is_symlink():
            found[str(path.relative_to(folder))] = path.readlink()
        elif path.is_file():
            found[str(path.relative_to(folder))] = (path.stat().st_mode, path.read_bytes())
    return found


def test_a_copy_goes_to_another_file_system_and_back(copy: Path, tmp_path: Path) -> None:
    before = content(copy)
    (taken,) = take_out("echo", [copy], tmp_path / "kept")
    assert taken.outcome == "taken"
    assert not copy.exists()
    assert content(Path(taken.kept)) == before
    assert [one.outcome for one in put_back("echo", tmp_path / "kept")] == ["restored"]
    assert content(copy) == before
    assert os.listdir(copy.parent) == ["echo"]  # noqa: PTH208 - hidden ones too
    assert os.listdir(tmp_path / "kept") == []  # noqa: PTH208


def test_a_link_is_moved_as_a_link(copy: Path, tmp_path: Path) -> None:
    link = copy.parent / "linked"
    link.symlink_to("echo")
    take_out("linked", [link], tmp_path / "kept")
    assert not os.path.lexists(link)
    put_back("linked", tmp_path / "kept")
    assert link.readlink() == Path("echo")


@pytest.mark.parametrize("back", [False, True])
def test_a_part_of_a_copy_is_never_taken_for_the_skill(
    copy: Path, tmp_path: Path, back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(copy)
    if back:
        take_out("echo", [copy], tmp_path / "kept")

    def cut_off(_source: Path, target: Path, **_: Any) -> None:
        target.mkdir()
        (target / "SKILL.md").write_text("It is")
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copytree", cut_off)
        with pytest.raises(Killed):
            put_back("echo", tmp_path / "kept") if back else take_out("echo", [copy], tmp_path / "kept")
    if back:
        assert not copy.exists()
        assert quarantined(tmp_path / "kept") == {"echo": 1}
    else:
        assert content(copy) == before
        assert quarantined(tmp_path / "kept") == {}
        take_out("echo", [copy], tmp_path / "kept")
    assert [one.outcome for one in put_back("echo", tmp_path / "kept")] == ["restored"]
    assert content(copy) == before


def test_what_can_not_be_copied_stays_where_it_is(copy: Path, tmp_path: Path) -> None:
    os.mkfifo(copy / "pipe")
    (said,) = take_out("echo", [copy], tmp_path / "kept")
    assert said.outcome == "failed"
    assert "named pipe" in said.why
    assert (copy / "SKILL.md").read_text() == "It is whole.\n"
    assert quarantined(tmp_path / "kept") == {}
