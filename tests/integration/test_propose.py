"""`workbench propose`: a folder put forward on a branch with a request; nothing that is live changes."""

from pathlib import Path
from typing import Any

import pytest

TEXT = "---\nname: {name}\ndescription: Does it. Use when needed.\n---\nBetter.\n"


@pytest.fixture
def folder(library: Any, tmp_path: Path) -> Path:
    """A skill outside the library, whose main branch has another one."""
    library.skill("skills/known")
    library.commit()
    made = tmp_path / "draft"
    (made / "scripts").mkdir(parents=True)
    (made / "SKILL.md").write_text(TEXT.format(name="fresh"))
    (made / "scripts/run.sh").write_text("#!/bin/sh\necho hi\n")
    (made / "scripts/run.sh").chmod(0o755)
    return made


def test_a_new_skill_becomes_a_branch_and_a_request(library: Any, workbench: Any, folder: Path) -> None:
    before, head = library.fingerprint(), library.git("rev-parse", "HEAD").strip()
    said = workbench("propose", str(folder), "--reason", "I needed it", "--json")
    assert said.code == 0, said.err
    done = said.json
    assert (done["path"], done["branch"]) == ("skills/fresh", "workbench/propose/fresh-1")
    assert library.git("rev-parse", f"{done['branch']}^").strip() == head
    assert "100755" in library.git("ls-tree", "-r", done["branch"], "skills/fresh/scripts/run.sh")
    assert library.git("diff", "--name-only", "HEAD", done["branch"]).split() == [
        "skills/fresh/SKILL.md", "skills/fresh/scripts/run.sh"
    ]  # fmt: skip
    assert (done["record"]["verdict"], done["record"]["tree"]) == ("request", done["tree"])
    assert library.fingerprint() == before


def test_a_change_of_a_skill_goes_to_its_own_place(library: Any, workbench: Any, folder: Path) -> None:
    (folder / "SKILL.md").write_text(TEXT.format(name="known"))
    assert workbench("propose", str(folder), "--json").json["path"] == "skills/known"
    listed = workbench("review", "open", "HEAD...workbench/propose/known-1", "--json").json["skills"]
    assert [(one["path"], one["state"]) for one in listed] == [("skills/known", "in-review")]


def test_the_same_again_is_the_same_proposal_and_another_gets_the_next_number(
    library: Any, workbench: Any, folder: Path
) -> None:
    workbench("propose", str(folder))
    again = workbench("propose", str(folder), "--json").json
    assert (again["branch"], again["fresh"], again["record"]) == ("workbench/propose/fresh-1", False, None)
    (folder / "more.md").write_text("More.\n")
    assert workbench("propose", str(folder), "--json").json["branch"] == "workbench/propose/fresh-2"


def test_an_agent_may_propose_and_the_request_says_so(
    library: Any, workbench: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDECODE", "1")
    record = workbench("propose", str(folder), "--json").json["record"]
    assert (record["via"], record["agent"]) == ("agent", "Claude Code")
    said = workbench("review", "approve", "--range", "HEAD...workbench/propose/fresh-1", "--reason", "x")
    assert said.code == 5


def test_a_merged_proposal_that_was_approved_is_approved(library: Any, workbench: Any, folder: Path) -> None:
    branch = workbench("propose", str(folder), "--json").json["branch"]
    workbench("review", "approve", "--range", f"HEAD...{branch}", "--reason", "read it")
    library.git("merge", "-q", "--squash", branch)
    library.commit("Take it")
    assert library.state("fresh") == "approved"


def test_what_is_no_skill_is_refused_and_leaves_nothing(
    library: Any, workbench: Any, folder: Path, tmp_path: Path
) -> None:
    refs = library.git("for-each-ref")
    assert workbench("propose", str(tmp_path / "nowhere")).code == 3
    assert workbench("propose", str(folder / "scripts")).code == 3
    assert workbench("propose", str(folder), "--name", "No Name").code == 2
    assert workbench("propose", str(library.root / "skills/known")).code == 4
    (folder / "out").symlink_to("/etc/passwd")
    assert workbench("propose", str(folder)).code == 3
    (folder / "out").unlink()
    (folder / "SKILL.md").write_text("---\nname: [\n---\n")
    assert workbench("propose", str(folder), "--name", "fresh").code == 3
    assert library.git("for-each-ref") == refs
