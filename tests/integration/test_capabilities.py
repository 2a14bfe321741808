"""What skills can do, on the command line: triage with file and line, and what somebody accepted with a reason."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import ConflictError, InputError
from workbench.skills.capabilities import Finding
from workbench.skills.capabilities.accepted import FILE, accept, read_accepted

SCRIPT = "import subprocess\nsubprocess.run(['git', 'log'], check=True)\n"


@pytest.fixture
def reader(library: Any) -> Any:
    """A library with one skill that starts git, committed."""
    library.skill("skills/log")
    library.write("skills/log/scripts/log.py", SCRIPT)
    library.commit()
    return library


def open_findings(workbench: Any, *names: str) -> list[dict[str, Any]]:
    said = workbench("skills", "capabilities", *names, "--open", "--json")
    found = [finding for skill in said.json["skills"] for finding in skill["findings"]]
    assert said.code == (1 if found else 0)
    return found


def test_every_finding_has_its_place_its_certainty_and_its_fingerprint(reader: Any, workbench: Any) -> None:
    said = workbench("skills", "capabilities", "log", "--json")
    [skill] = said.json["skills"]
    [finding] = skill["findings"]
    assert said.code == 0
    assert (skill["path"], skill["name"], skill["kinds"], skill["unread"]) == ("skills/log", "log", ["subprocess"], [])
    assert len(finding.pop("fingerprint")) == 16
    assert finding == {
        "kind": "subprocess", "what": "git", "path": "scripts/log.py", "line": 2, "column": 1, "certainty": "sure",
        "evidence": "subprocess.run(['git', 'log'], check=True)", "risky": True, "accepted": None,
    }  # fmt: skip


def test_the_text_is_grouped_and_never_says_safe(reader: Any, workbench: Any) -> None:
    library = reader
    library.skill("skills/plain")
    out = workbench("skills", "capabilities").out
    assert "  starts programs\n  ! git\n      scripts/log.py:2  " in out
    assert "nothing was found" in out
    assert out.endswith("does not mean harmless: read what you approve.\n")
    assert "safe" not in out


def test_kinds_can_be_chosen_and_mentions_are_counted(reader: Any, workbench: Any) -> None:
    reader.skill("skills/log", "See https://docs.example.io and https://more.example.io.\n")
    out = workbench("skills", "capabilities", "log").out
    assert "docs.example.io" not in out
    assert "2 mentions more: --all" in out
    assert "docs.example.io  (mention)" in workbench("skills", "capabilities", "log", "--all").out
    said = workbench("skills", "capabilities", "log", "--kind", "network", "--json").json
    assert {finding["kind"] for finding in said["skills"][0]["findings"]} == {"network"}
    assert workbench("skills", "capabilities", "--kind", "magic").code == 2


def test_an_accepted_finding_is_open_again_when_its_evidence_changes(reader: Any, workbench: Any) -> None:
    [finding] = open_findings(workbench)
    said = workbench("skills", "accept", "log", finding["fingerprint"][:6], "--reason", "Only reads history.", "--json")
    assert said.code == 0
    [accepted] = said.json["accepted"]
    assert (accepted["by"], accepted["reason"]) == ("Ada <ada@example.com>", "Only reads history.")
    assert open_findings(workbench) == []
    shown = workbench("skills", "capabilities", "log", "--json").json["skills"][0]["findings"][0]["accepted"]
    assert shown == {key: accepted[key] for key in ("by", "reason", "at")}
    reader.write("skills/log/scripts/log.py", "# a line more\n" + SCRIPT)
    assert open_findings(workbench) == []
    reader.write("skills/log/scripts/log.py", SCRIPT.replace("'log'", "'gc'"))
    assert [one["evidence"] for one in open_findings(workbench)] == ["subprocess.run(['git', 'gc'], check=True)"]
    assert "an acceptance is stale (evidence changed)" in workbench("skills", "capabilities").err
    listed = workbench("skills", "accept", "--list", "--json").json["accepted"]
    assert [one["stale"] for one in listed] == ["evidence changed"]


@pytest.mark.parametrize(
    ("path", "text"), [("Makefile", "all:\n\tcurl {} | sh\n"), ("Dockerfile", "FROM x\nRUN curl {} | sh\n")]
)
def test_a_recipe_that_was_accepted_is_open_again_when_it_changes(
    library: Any, workbench: Any, path: str, text: str
) -> None:
    library.skill("skills/mk")
    library.write(f"skills/mk/{path}", text.format("http://a.example.io"))
    library.commit()
    found = open_findings(workbench)
    assert {(one["line"], "curl" in one["evidence"]) for one in found} == {(2, True)}
    workbench("skills", "accept", "mk", *(one["fingerprint"] for one in found), "--reason", "Read.")
    assert open_findings(workbench) == []
    library.write(f"skills/mk/{path}", text.format("--insecure http://a.example.io"))
    assert {one["what"] for one in open_findings(workbench)} == {one["what"] for one in found}


def test_what_was_accepted_can_be_taken_back(reader: Any, workbench: Any) -> None:
    [finding] = open_findings(workbench)
    workbench("skills", "accept", "log", finding["fingerprint"], "--reason", "Fine.")
    assert workbench("skills", "accept", "log", finding["fingerprint"][:8], "--withdraw").code == 0
    assert [one["what"] for one in open_findings(workbench)] == ["git"]
    assert workbench("skills", "accept", "--list").out == "Nothing was accepted.\n"


def test_an_acceptance_needs_a_skill_a_finding_and_a_reason(reader: Any, workbench: Any) -> None:
    [finding] = open_findings(workbench)
    for args in (
        ["log", finding["fingerprint"]], ["log", finding["fingerprint"], "--reason", "  "], ["log"], [],
        ["log", "0123456789", "--reason", "x"], ["log", finding["fingerprint"][:3], "--reason", "x"],
        ["other", finding["fingerprint"], "--reason", "x"],
    ):  # fmt: skip
        assert workbench("skills", "accept", *args).code == 2, args
    assert not (reader.root / FILE).exists()


def test_a_beginning_of_several_fingerprints_is_refused_with_them(library: Any, workbench: Any) -> None:
    library.skill("skills/many")
    library.write("skills/many/a.sh", "".join(f"tool{number}\n" for number in range(900)))
    prints = [one["fingerprint"] for one in open_findings(workbench)]
    twice = next(one for one in prints if sum(other[:4] == one[:4] for other in prints) > 1)
    said = workbench("skills", "accept", "many", twice[:4], "--reason", "x")
    assert said.code == 2
    assert twice in said.err


def test_the_file_is_in_a_fixed_order_and_people_can_read_it(reader: Any, workbench: Any) -> None:
    reader.write("skills/log/b.sh", "make\n")
    reader.write("skills/log/a.sh", "ninja\n")
    for finding in sorted(open_findings(workbench), key=lambda one: str(one["path"]), reverse=True):
        workbench("skills", "accept", "log", finding["fingerprint"], "--reason", "Fine: built by hand.")
    text = (reader.root / FILE).read_text(encoding="utf-8")
    assert [line.split()[-1] for line in text.splitlines() if "path:" in line] == ["a.sh", "b.sh", "scripts/log.py"]
    assert text.startswith("# Findings of")
    assert text.count("reason: 'Fine: built by hand.'") == 3


def test_many_processes_that_accept_at_once_lose_nothing(reader: Any, workbench: Any) -> None:
    reader.write("skills/log/a.sh", "".join(f"tool{number}\n" for number in range(6)))
    prints = [one["fingerprint"] for one in open_findings(workbench)]
    run = "import sys; from workbench.cli.main import run; sys.exit(run(sys.argv[1:]))"
    started = [
        subprocess.Popen([sys.executable, "-c", run, "skills", "accept", "log", one, "--reason", "x"]) for one in prints
    ]
    assert [process.wait(60) for process in started] == [0] * len(prints)
    assert {one.fingerprint for one in read_accepted(reader.root)} == set(prints)
    assert not (reader.root / f"{FILE}.lock").exists()


def test_a_file_that_somebody_else_writes_is_a_conflict(reader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.skills.capabilities.accepted._PATIENCE_SECONDS", 0.05)
    reader.write(f"{FILE}.lock", "")
    with pytest.raises(ConflictError, match="another process"):
        accept(reader.root, "skills/log", [_finding()], "x", "Ada", "2026-01-01T00:00:00Z")
    assert (reader.root / f"{FILE}.lock").exists()


def _finding() -> Finding:
    return Finding("subprocess", "git", "a.sh", 1, 1, "git", "sure")


def test_a_folder_that_is_a_link_is_not_written_through(reader: Any, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (reader.root / ".workbench").symlink_to(tmp_path / "outside")
    with pytest.raises(InputError, match="can't be used"):
        accept(reader.root, "skills/log", [_finding()], "x", "Ada", "2026-01-01T00:00:00Z")
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    "text",
    ["", "accepted: 1", "schema: 1\naccepted: [1]", "schema: 2\naccepted: []", "[",
     "schema: 1\naccepted: [{skill: a}]"],
)  # fmt: skip
def test_a_file_that_is_not_what_it_has_to_be_accepts_nothing_and_is_not_overwritten(
    reader: Any, workbench: Any, text: str
) -> None:
    reader.write(FILE, text)
    said = workbench("skills", "capabilities", "--open")
    assert said.code == 1
    assert FILE in said.err
    assert "Traceback" not in said.err
    fingerprint = open_findings(workbench)[0]["fingerprint"]
    assert workbench("skills", "accept", "log", fingerprint, "--reason", "x").code == 3
    assert (reader.root / FILE).read_text(encoding="utf-8") == text
    assert not (reader.root / f"{FILE}.lock").exists()


def test_links_that_leave_are_named_and_not_followed(reader: Any, workbench: Any, tmp_path: Path) -> None:
    (tmp_path / "secret.sh").write_text("curl https://outside.example.io\n", encoding="utf-8")
    (reader.root / "skills/log/out.sh").symlink_to(tmp_path / "secret.sh")
    os.mkfifo(reader.root / "skills/log/pipe")
    reader.write("skills/log/data.bin2", b"\0" * 10)
    said = workbench("skills", "capabilities", "log", "--all")
    assert "outside.example.io" not in said.out
    unread = {
        one["path"]: one["reason"] for one in workbench("skills", "capabilities", "--json").json["skills"][0]["unread"]
    }
    assert set(unread) == {"out.sh", "pipe", "data.bin2"}
    assert "outside the skill" in unread["out.sh"]


def test_hostile_names_and_texts_stay_text(library: Any, workbench: Any) -> None:
    library.skill("skills/odd", "Text \x1b[31m\u202e here\n")
    library.write("skills/odd/\x1b]0;x\x07.sh", "git '\x1b[2J'\n")
    library.write("skills/odd/rеad.sh", "git log\n")
    out = workbench("skills", "capabilities", "--all").out
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "rеad.sh looks like read.sh (U+0435)" in out


def test_an_executable_without_a_suffix_is_read(library: Any, workbench: Any) -> None:
    library.skill("skills/run")
    library.write("skills/run/go", "git log\n").chmod(0o755)
    assert [one["what"] for one in open_findings(workbench)] == ["git"]


def test_a_plain_folder_can_be_looked_at_but_nothing_accepted(tmp_path: Path, library: Any, workbench: Any) -> None:
    folder = tmp_path / "plain/skills/log"
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text("---\nname: log\ndescription: x\n---\n!`git log`\n", encoding="utf-8")
    at = ("--library", str(tmp_path / "plain"))
    [finding] = workbench("skills", "capabilities", *at, "--json").json["skills"][0]["findings"]
    said = workbench("skills", "accept", "log", finding["fingerprint"], "--reason", "x", *at)
    assert said.code == 3
    assert "git repository" in said.err
    assert not (tmp_path / "plain/.workbench").exists()


def test_the_bundled_skills_ask_for_one_look(workbench: Any, library: Any) -> None:
    bundled = Path(__file__).parents[2] / "skills"
    said = workbench("skills", "capabilities", "--library", str(bundled), "--open", "--json").json
    found = [(skill["name"], one["kind"], one["what"]) for skill in said["skills"] for one in skill["findings"]]
    assert found == [("git-changelog", "subprocess", "git")]


def test_listing_skills_loads_no_scanner() -> None:
    run = "import sys, workbench.cli.skills; sys.exit('workbench.skills.capabilities.scan' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", run], check=False).returncode == 0
