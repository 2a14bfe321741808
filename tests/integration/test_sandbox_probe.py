"""The probe says what holds here, and where nothing does, why and what to do."""

from pathlib import Path

import pytest

from workbench.sandbox import probe as probing
from workbench.sandbox.model import Program
from workbench.sandbox.probe import probe
from workbench.sandbox.run import run


def fake_bubblewrap(folder: Path, complaint: str) -> None:
    folder.mkdir()
    program = folder / "bwrap"
    program.write_text(
        f"#!/bin/sh\n[ \"$1\" = --version ] && echo 'bubblewrap 0.9.1' && exit\necho '{complaint}' >&2\nexit 1\n"
    )
    program.chmod(0o755)


def test_without_bubblewrap_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    level = probe()
    assert (level.name, level.works, level.reason) == ("none", False, "bubblewrap is not installed")
    assert "apt install bubblewrap" in (level.remedy or "")


def test_without_a_sandbox_a_program_is_refused_with_reason_and_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run(Program(("touch", str(tmp_path / "ran"))))
    assert (result.outcome, result.exit_code, result.level) == ("refused", None, "none")
    assert result.reason is not None
    assert "not installed; apt install" in result.reason
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("complaint", "reason", "remedy"),
    [
        ("bwrap: setting up uid map: Permission denied", "AppArmor", "profile"),
        ("bwrap: No permissions to create new namespace", "kernel forbids", "sysctl"),
        ("bwrap: Failed to mount proc: Operation not permitted", "container", "--security-opt"),
        ("bwrap: disk on fire \x1b[31m", "does not work here (bwrap: disk on fire ␛[31m)", "bwrap --unshare-all"),
    ],
)
def test_each_cause_has_its_own_remedy(
    complaint: str, reason: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"AppArmor": "kernel/apparmor_restrict_unprivileged_userns", "kernel forbids": "user/max_user_namespaces"}
    value = {"AppArmor": "1", "kernel forbids": "0"}.get(reason)
    monkeypatch.setattr(probing, "_kernel_says", lambda name, asked: (name, asked) == (said.get(reason), value))
    monkeypatch.setattr(probing, "_in_container", lambda: reason == "container")
    fake_bubblewrap(tmp_path / "bin", complaint)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    level = probe()
    assert not level.works
    assert level.version == "0.9.1"
    assert reason in (level.reason or "")
    assert remedy in (level.remedy or "")


def test_on_a_mac_nothing_is_tried_and_the_reason_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    level = probe()
    assert not level.works
    assert (level.reason or "").startswith("macOS has no bubblewrap")
    assert "unsandboxed" in (level.remedy or "")


def test_the_level_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = probe()
    monkeypatch.setattr(probing, "_try", lambda *_: pytest.fail("probed again"))
    assert probe() is first
