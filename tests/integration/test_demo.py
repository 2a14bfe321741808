"""The demonstration shows everything, is marked as made up, and leaves nothing behind."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from workbench.demo import demonstration
from workbench.testing.session import How


@pytest.fixture(autouse=True)
def scratch(library: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_it_holds_every_situation_and_is_gone_afterwards(scratch: Path) -> None:
    with demonstration() as workspace:
        states = {row.name: row.state for row in workspace.view().rows}
        assert states["csv-profile"] == "approved"
        assert states["log-summary"] == "stale"
        assert states["deploy-preview"] == "in-review"
        assert states["page-reader"] == "revoked"
        assert states["standup-notes"] == "changes-requested"
        assert states["title-case"] == "draft"
        assert workspace.row("csv-profile").standing.released == "1.0.0"
        assert workspace.comments.read("deploy-preview").unresolved == 2
        assert not any(one.outdated for one in workspace.comments.read("deploy-preview").threads)
        risky = workspace.reviews.diff("skills/deploy-preview")
        assert any("curl" in line.text for f in risky.files for h in f.hunks for line in h.lines if line.kind == "+")
        run = workspace.test(["skills/title-case"], how=How(unsandboxed=True))
        assert (run.passed, run.failed) == (1, 1)
        assert sum(row.calls for row in workspace.analytics.usage(by="day")) > 200
        assert {event.source for event in workspace.analytics.recent_events(5000)} == {"demo", "test"}
        cost = workspace.analytics.cost(by="model", since=date.today() - timedelta(days=60))
        assert cost.total.known_nd > 0
        assert 0 < cost.total.unpriced_calls < cost.total.calls
        assert list(scratch.iterdir())
    assert list(scratch.iterdir()) == []


def test_it_leaves_nothing_behind_when_it_fails_either(scratch: Path) -> None:
    def interrupted() -> None:
        with demonstration():
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert list(scratch.iterdir()) == []


def test_kept_it_stays_where_it_was_asked_for_and_overwrites_nothing(workbench: Any, tmp_path: Path) -> None:
    assert workbench("demo", "--keep", str(tmp_path / "kept")).code == 0
    assert workbench("--library", str(tmp_path / "kept/library"), "status").code == 0
    assert workbench("demo", "--keep", str(tmp_path / "kept")).code == 4


def test_the_approvals_of_the_demonstration_hold_in_verify(scratch: Path) -> None:
    with demonstration() as workspace:
        judged = {one.name: one.ok for one in workspace.reviews.verify().skills}
    assert judged["csv-profile"]
    assert not judged["deploy-preview"]
