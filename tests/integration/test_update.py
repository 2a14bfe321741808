"""Updating asks the origins, merges what is new with what was changed here, and touches nothing but a branch."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

BODY = "".join(f"Line {number}.\n" for number in range(1, 21))


@pytest.fixture
def upstream(library: Any, tmp_path: Path) -> Any:
    """The repository that the skill `pdf` comes from."""
    made = type(library)(tmp_path / "upstream")
    made.skill("skills/pdf", body=f"\n{BODY}", metadata="{version: 1.0.0}")
    made.write("skills/pdf/scripts/run.py", "print(1)\n")
    made.write("skills/pdf/logo.png", b"PNG\0old")
    made.commit("First")
    return made


def take(library: Any, upstream: Any, *, tree: bool = True, **more: Any) -> None:
    """Copy the skill into the library, with its origin in the lock file, and commit both."""
    for file in ("SKILL.md", "scripts/run.py", "logo.png"):
        library.write(f"skills/pdf/{file}", (upstream.root / "skills/pdf" / file).read_bytes())
    entry = {
        "source": f"file://{upstream.root}", "sourceType": "git", "sourceUrl": f"file://{upstream.root}",
        "skillPath": "skills/pdf/SKILL.md", "ref": "main", "revision": upstream.git("rev-parse", "HEAD").strip(),
        "tree": upstream.git("rev-parse", "HEAD:skills/pdf").strip(), "note": "theirs to keep", **more,
    }  # fmt: skip
    if not tree:
        entry.pop("tree")
        entry.pop("revision")
    entry = {key: value for key, value in entry.items() if value is not None}
    library.write("skills-lock.json", json.dumps({"version": 1, "skills": {"pdf": entry}}))
    library.commit("Take pdf")


def edit(repository: Any, old: str, new: str, file: str = "skills/pdf/SKILL.md") -> None:
    path = repository.root / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def status(workbench: Any, *args: str) -> tuple[int, str, str]:
    said = workbench("update", "--check", "--json", *args)
    one = said.json["skills"][0]
    return said.code, one["status"], one["why"]


def on_branch(library: Any, file: str) -> str:
    return str(library.git("show", f"workbench/update/skills/pdf:{file}"))


def test_checking_says_current_ahead_and_update_and_writes_nothing(library: Any, upstream: Any, workbench: Any) -> None:
    take(library, upstream)
    before = library.fingerprint()
    assert status(workbench)[:2] == (0, "current")
    edit(upstream, "Line 3.", "Line three.")
    edit(upstream, "1.0.0", "1.1.0")
    head = upstream.commit("Second")
    said = workbench("update", "--check", "--json")
    one = said.json["skills"][0]
    assert (said.code, one["status"]) == (1, "update")
    assert one["theirs"] == {
        "revision": head, "tree": upstream.git("rev-parse", "HEAD:skills/pdf").strip(), "version": "1.1.0",
    }  # fmt: skip
    assert library.fingerprint() == before
    upstream.git("reset", "-q", "--hard", "HEAD~1")
    edit(library, "Line 9.", "Line nine.")
    assert status(workbench)[:2] == (0, "ahead")
    assert "ahead" in workbench("update", "--check").out


def test_what_changed_there_and_here_comes_together_on_a_branch(library: Any, upstream: Any, workbench: Any) -> None:
    take(library, upstream)
    edit(library, "Line 2.", "Line two, mine.")
    library.write("skills/pdf/mine.md", "mine\n")
    library.write("skills/pdf/logo.png", b"PNG\0mine alone")
    library.commit("Mine")
    edit(upstream, "Line 18.", "Line eighteen, theirs.")
    (upstream.root / "skills/pdf/scripts/run.py").chmod(0o755)
    upstream.write("skills/pdf/new.md", "new\n")
    head = upstream.commit("Theirs")
    before = library.fingerprint()
    said = workbench("update", "pdf", "--yes", "--json")
    assert said.code == 0, said.err
    assert said.json["branch"] == "workbench/update/skills/pdf"
    assert {(file["path"], file["how"]) for file in said.json["files"]} == {
        ("SKILL.md", "merged"), ("new.md", "theirs"), ("scripts/run.py", "theirs"),
    }  # fmt: skip
    assert library.fingerprint() == before, "the branch, the index and the files are as they were"
    merged = on_branch(library, "skills/pdf/SKILL.md")
    assert "Line two, mine." in merged
    assert "Line eighteen, theirs." in merged
    assert on_branch(library, "skills/pdf/mine.md") == "mine\n"
    assert "100755" in library.git("ls-tree", "workbench/update/skills/pdf", "skills/pdf/scripts/")
    entry = json.loads(on_branch(library, "skills-lock.json"))["skills"]["pdf"]
    assert (entry["revision"], entry["note"]) == (head, "theirs to keep")
    assert entry["tree"] == upstream.git("rev-parse", "HEAD:skills/pdf").strip()
    message = library.git("log", "-1", "--format=%B", "workbench/update/skills/pdf")
    assert f"file://{upstream.root}" in message
    assert head in message
    assert library.git("rev-list", "--count", "HEAD..workbench/update/skills/pdf").strip() == "1"
    again = workbench("update", "pdf", "--yes", "--json")
    assert again.json["commit"] == said.json["commit"]
    library.git("merge", "-q", "workbench/update/skills/pdf")
    assert status(workbench)[:2] == (0, "ahead")


def test_lines_that_both_changed_are_marked_and_listed(library: Any, upstream: Any, workbench: Any) -> None:
    take(library, upstream)
    edit(library, "Line 5.", "Line five, mine.")
    library.write("skills/pdf/logo.png", b"PNG\0mine")
    library.commit("Mine")
    edit(upstream, "Line 5.", "Line five, theirs.")
    upstream.write("skills/pdf/logo.png", b"PNG\0theirs")
    upstream.commit("Theirs")
    said = workbench("update", "pdf", "--yes", "--json")
    assert said.code == 4
    assert said.json["conflicts"] == ["SKILL.md", "logo.png"]
    marked = on_branch(library, "skills/pdf/SKILL.md")
    assert "<<<<<<< mine" in marked
    assert "Line five, mine." in marked
    assert "Line five, theirs." in marked
    assert library.git("cat-file", "-p", "workbench/update/skills/pdf:skills/pdf/logo.png").endswith("mine")
    assert library.git("cat-file", "-p", "workbench/update/skills/pdf:skills/pdf/logo.png.theirs").endswith("theirs")
    assert "SKILL.md: both changed the same lines" in library.git("log", "-1", "--format=%B", said.json["branch"])


def test_what_one_side_removed_and_the_other_changed_is_a_conflict(library: Any, upstream: Any, workbench: Any) -> None:
    upstream.write("skills/pdf/gone.md", "x\n")
    upstream.write("skills/pdf/kept.md", "x\n")
    upstream.write("skills/pdf/quiet.md", "x\n")
    upstream.commit("More")
    take(library, upstream)
    for name in ("gone.md", "kept.md", "quiet.md"):
        library.write(f"skills/pdf/{name}", "x\n")
    library.commit("More")
    (library.root / "skills/pdf/gone.md").unlink()
    library.write("skills/pdf/kept.md", "mine\n")
    library.commit("Mine")
    upstream.write("skills/pdf/gone.md", "theirs\n")
    (upstream.root / "skills/pdf/kept.md").unlink()
    (upstream.root / "skills/pdf/quiet.md").unlink()
    upstream.commit("Theirs")
    said = workbench("update", "pdf", "--yes", "--json")
    assert said.code == 4
    assert {(file["path"], file["how"]) for file in said.json["files"]} == {
        ("gone.md", "conflict"), ("kept.md", "conflict"), ("quiet.md", "removed"),
    }  # fmt: skip
    names = library.git("ls-tree", "--name-only", "-r", said.json["branch"], "skills/pdf/").split()
    assert "skills/pdf/gone.md.theirs" in names
    assert "skills/pdf/gone.md" not in names
    assert "skills/pdf/kept.md" in names
    assert "skills/pdf/quiet.md" not in names


def test_without_a_base_every_difference_is_a_conflict_and_that_is_said(
    library: Any, upstream: Any, workbench: Any
) -> None:
    take(library, upstream, tree=False)
    edit(upstream, "Line 5.", "Line five.")
    upstream.commit("Theirs")
    assert "not known" in status(workbench)[2]
    said = workbench("update", "pdf", "--yes", "--json")
    assert said.code == 4
    assert said.json["base"]["known"] is False
    assert said.json["conflicts"] == ["SKILL.md"]
    assert any("every difference is a conflict" in note for note in said.json["notes"])


def test_a_base_that_the_library_never_had_comes_from_the_origin(library: Any, upstream: Any, workbench: Any) -> None:
    take(library, upstream)
    library.git("update-ref", "-d", "refs/heads/main")
    edit(library, "Line 2.", "Line two.")
    library.commit("All in one")
    library.git("reflog", "expire", "--expire=now", "--all")
    library.git("gc", "-q", "--prune=now")
    edit(upstream, "Line 18.", "Line eighteen.")
    upstream.commit("Theirs")
    said = workbench("update", "pdf", "--yes", "--json")
    assert (said.code, said.json["base"]["known"]) == (0, True)
    assert "Line two." in on_branch(library, "skills/pdf/SKILL.md")


def marshalled(text: str, **metadata: str) -> str:
    """A SKILL.md as `gh skill` leaves it."""
    _, front, body = text.split("---\n", 2)
    values = yaml.safe_load(front)
    values["metadata"] = {**values.get("metadata", {}), **metadata}
    return f"---\n{yaml.safe_dump(values, indent=4)}---\n{body.lstrip()}"


def test_a_skill_that_an_installer_marshalled_is_merged_as_its_author_spelt_it(
    library: Any, upstream: Any, workbench: Any
) -> None:
    take(library, upstream)
    (library.root / "skills-lock.json").unlink()
    original = (library.root / "skills/pdf/SKILL.md").read_text()
    installed = marshalled(
        original, **{
            "github-repo": f"file://{upstream.root}", "github-path": "skills/pdf", "github-ref": "refs/heads/main",
            "github-tree-sha": upstream.git("rev-parse", "HEAD:skills/pdf").strip(),
        },
    )  # fmt: skip
    library.write("skills/pdf/SKILL.md", installed)
    (library.root / "skills/pdf/scripts/run.py").chmod(0o755)
    library.commit("As installed")
    assert status(workbench)[:2] == (0, "current")
    edit(library, "Line 2.", "Line two, mine.")
    library.commit("Mine")
    edit(upstream, "Line 18.", "Line eighteen, theirs.")
    upstream.commit("Theirs")
    said = workbench("update", "pdf", "--yes", "--json")
    assert said.code == 0, said.json
    merged = on_branch(library, "skills/pdf/SKILL.md")
    head, _, body = merged.partition("Line 1.")
    assert head == original.partition("Line 1.")[0]
    assert "Line two, mine." in body
    assert "Line eighteen, theirs." in body
    assert any("metadata was taken out" in note for note in said.json["notes"])
    entry = json.loads(on_branch(library, "skills-lock.json"))["skills"]["pdf"]
    assert entry["skillPath"] == "skills/pdf/SKILL.md"


def test_a_marshalled_frontmatter_that_was_changed_too_is_merged_in_one_spelling(
    library: Any, upstream: Any, workbench: Any
) -> None:
    take(library, upstream)
    text = marshalled((library.root / "skills/pdf/SKILL.md").read_text(), **{"github-ref": "main"})
    library.write("skills/pdf/SKILL.md", text.replace("name: pdf", "license: MIT\nname: pdf"))
    library.commit("Mine")
    edit(upstream, "Line 18.", "Line eighteen, theirs.")
    upstream.commit("Theirs")
    assert workbench("update", "pdf", "--yes").code == 0
    merged = on_branch(library, "skills/pdf/SKILL.md")
    assert "license: MIT" in merged
    assert "github-ref" not in merged
    assert "Line eighteen, theirs." in merged


def test_a_folder_that_moved_upstream_is_found_again(library: Any, upstream: Any, workbench: Any) -> None:
    take(library, upstream)
    upstream.git("mv", "skills/pdf", "documents-pdf")
    upstream.commit("Move")
    code, found, why = status(workbench)
    assert (code, found) == (0, "current")
    assert "moved from skills/pdf to documents-pdf" in why
    edit(upstream, "Line 18.", "Line eighteen.", "documents-pdf/SKILL.md")
    upstream.git("mv", "documents-pdf", "plugins-pdf")
    upstream.git("mv", "plugins-pdf", "pdf")
    upstream.commit("Move again")
    assert status(workbench)[1] == "update"
    assert workbench("update", "pdf", "--yes").code == 0
    assert json.loads(on_branch(library, "skills-lock.json"))["skills"]["pdf"]["skillPath"] == "pdf/SKILL.md"
    upstream.git("rm", "-qr", "pdf")
    upstream.skill("other")
    upstream.commit("Remove")
    assert status(workbench)[:2] == (1, "gone")
    assert workbench("update", "pdf", "--yes").code == 3


def test_a_history_that_was_rewritten_upstream_still_merges(library: Any, upstream: Any, workbench: Any) -> None:
    take(library, upstream)
    edit(library, "Line 2.", "Line two.")
    library.commit("Mine")
    edit(upstream, "Line 18.", "Line eighteen.")
    upstream.git("add", "-A")
    upstream.git("commit", "-q", "--amend", "-m", "Another first")
    upstream.git("reflog", "expire", "--expire=now", "--all")
    upstream.git("gc", "-q", "--prune=now")
    assert status(workbench)[:2] == (1, "update")
    assert workbench("update", "pdf", "--yes").code == 0
    assert "Line two." in on_branch(library, "skills/pdf/SKILL.md")


def test_a_pinned_skill_stays_and_a_pinned_tag_that_moved_is_named(library: Any, upstream: Any, workbench: Any) -> None:
    upstream.git("tag", "v1.0.0")
    take(library, upstream, ref="v1.0.0", pinnedRef="v1.0.0")
    edit(upstream, "Line 3.", "Line three.")
    upstream.commit("Second")
    upstream.git("tag", "v1.1.0")
    assert status(workbench) == (0, "pinned", "it is pinned to v1.0.0")
    said = workbench("update", "pdf", "--yes")
    assert said.code == 5
    assert "pinnedRef" in said.err
    upstream.git("tag", "-f", "v1.0.0")
    code, found, why = status(workbench)
    assert (code, found) == (1, "update")
    assert "is not what it was" in why


def test_a_skill_at_a_tag_follows_to_the_newest_tag_of_its_kind(library: Any, upstream: Any, workbench: Any) -> None:
    upstream.git("tag", "-a", "v1.9.0", "-m", "x")
    take(library, upstream, ref="v1.9.0")
    upstream.git("tag", "other-9.0")
    assert status(workbench)[:2] == (0, "current")
    edit(upstream, "Line 3.", "Line three.")
    head = upstream.commit("Second")
    for tag in ("v1.10.0", "v1.2.0", "v2.0.0-rc1"):
        upstream.git("tag", "-a", tag, "-m", "x")
    said = workbench("update", "pdf", "--yes", "--json")
    assert said.json["theirs"]["revision"] == head
    assert json.loads(on_branch(library, "skills-lock.json"))["skills"]["pdf"]["ref"] == "v1.10.0"


def test_an_origin_that_can_not_be_asked_stops_no_other(library: Any, upstream: Any, workbench: Any) -> None:
    take(library, upstream)
    library.skill("skills/far")
    library.skill("skills/evil")
    library.skill("skills/own")
    lock = json.loads((library.root / "skills-lock.json").read_text())
    lock["skills"]["far"] = {"source": "x", "sourceType": "git", "sourceUrl": "git://127.0.0.1:1/x.git"}
    lock["skills"]["evil"] = {"source": "ext::sh -c 'touch sprung'", "sourceType": "git"}
    library.write("skills-lock.json", json.dumps(lock))
    library.commit("Far")
    said = workbench("update", "--check", "--json")
    assert said.code == 3
    assert {one["path"]: one["status"] for one in said.json["skills"]} == {
        "skills/evil": "unreachable", "skills/far": "unreachable", "skills/own": "unknown", "skills/pdf": "current",
    }  # fmt: skip
    assert not list(library.root.rglob("sprung"))
    edit(upstream, "Line 3.", "Line three.")
    upstream.commit("Second")
    assert workbench("update", "--check").code == 1
    assert workbench("update", "--check", "far").code == 3


def test_no_program_of_the_librarys_configuration_runs(
    library: Any, upstream: Any, workbench: Any, tmp_path: Path
) -> None:
    take(library, upstream)
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\ncat\n")
    trap.chmod(0o755)
    library.write(".gitattributes", "* merge=evil filter=evil diff=evil\n")
    library.commit("Traps")
    for key in (
        "merge.evil.driver", "filter.evil.clean", "filter.evil.smudge", "core.sshCommand", "core.fsmonitor",
        "diff.evil.textconv", "core.gitProxy", "gpg.program",
    ):  # fmt: skip
        library.git("config", key, str(trap))
    library.git("config", "commit.gpgSign", "true")
    library.git("config", "credential.helper", f"!{trap}")
    library.git("config", f"url.ext::{trap}.insteadOf", "file://")
    library.git("config", "protocol.ext.allow", "always")
    for hook in ("reference-transaction", "post-commit", "pre-commit", "commit-msg"):
        library.write(f".git/hooks/{hook}", trap.read_text()).chmod(0o755)
    edit(upstream, "Line 18.", "Line eighteen.")
    upstream.commit("Theirs")
    assert workbench("update", "--check").code == 1
    assert workbench("update", "pdf", "--yes").code == 0
    assert not (tmp_path / "sprung").exists()


def test_an_uncommitted_change_has_to_be_committed_first(library: Any, upstream: Any, workbench: Any) -> None:
    take(library, upstream)
    edit(upstream, "Line 18.", "Line eighteen.")
    upstream.commit("Theirs")
    edit(library, "Line 2.", "Line two.")
    said = workbench("update", "pdf", "--yes")
    assert said.code == 4
    assert "not committed" in said.err


def test_nothing_is_written_without_a_yes(library: Any, upstream: Any, workbench: Any) -> None:
    take(library, upstream)
    edit(upstream, "Line 18.", "Line eighteen.")
    upstream.commit("Theirs")
    refs = library.git("for-each-ref")
    assert workbench("update", "pdf").code == 2
    assert workbench("update", "pdf", "--dry-run", "--json").json["branch"] is None
    assert workbench("update").code == 2
    assert workbench("update", "--check", "--yes").code == 2
    assert library.git("for-each-ref") == refs


def test_a_branch_that_was_worked_on_is_not_overwritten(library: Any, upstream: Any, workbench: Any) -> None:
    take(library, upstream)
    edit(upstream, "Line 18.", "Line eighteen.")
    upstream.commit("Theirs")
    workbench("update", "pdf", "--yes")
    library.git("checkout", "-q", "workbench/update/skills/pdf")
    edit(library, "Line 2.", "Line two.")
    mine = library.commit("Settle")
    library.git("checkout", "-q", "main")
    said = workbench("update", "pdf", "--yes")
    assert said.code == 4
    assert "git branch -D" in said.err
    assert library.git("rev-parse", "workbench/update/skills/pdf").strip() == mine


def test_apply_puts_it_into_a_clean_folder_only(library: Any, upstream: Any, workbench: Any) -> None:
    take(library, upstream)
    upstream.write("skills/pdf/docs/new.md", "new\n")
    (upstream.root / "skills/pdf/scripts/run.py").unlink()
    edit(upstream, "Line 18.", "Line eighteen.")
    upstream.commit("Theirs")
    library.write(".gitignore", "*.pyc\n")
    library.commit("Ignore")
    stray = library.write("skills/pdf/scripts/x.pyc", "x")
    said = workbench("update", "pdf", "--yes", "--apply")
    assert said.code == 4
    assert "x.pyc" in said.err
    stray.unlink()
    library.write("other.md", "the user's own, staged\n")
    library.git("add", "other.md")
    index = (library.root / ".git/index").read_bytes()
    said = workbench("update", "pdf", "--yes", "--apply", "--json")
    assert said.code == 0, said.err
    assert (said.json["applied"], said.json["branch"]) == (True, None)
    assert (library.root / ".git/index").read_bytes() == index
    assert (library.root / "skills/pdf/docs/new.md").read_text() == "new\n"
    assert not (library.root / "skills/pdf/scripts").exists()
    assert "Line eighteen." in (library.root / "skills/pdf/SKILL.md").read_text()
    library.git("add", "-A")
    library.git("commit", "-qm", "Updated")
    assert status(workbench)[:2] == (0, "current")


def test_a_local_origin_is_compared_on_disk(library: Any, workbench: Any, tmp_path: Path) -> None:
    origin = tmp_path / "home/.claude/skills/pdf"
    origin.mkdir(parents=True)
    (origin / "SKILL.md").write_text("---\nname: pdf\ndescription: x\n---\nOne.\n")
    library.git("config", "--global", "user.email", "ada@example.com")
    adopted = workbench("adopt", "--json").json["library"]
    os.chdir(adopted)
    assert status(workbench)[:2] == (0, "current")
    (origin / "SKILL.md").write_text("---\nname: pdf\ndescription: x\n---\nTwo.\n")
    assert status(workbench)[:2] == (1, "update")
    said = workbench("update", "pdf", "--yes", "--json")
    assert said.code == 0, said.err
    assert said.json["base"]["known"] is True
    assert (origin / "SKILL.md").read_text().endswith("Two.\n"), "nothing installed is touched"
    (origin / "SKILL.md").unlink()
    assert status(workbench)[:2] == (1, "gone")


def test_a_skill_at_the_root_keeps_the_librarys_own_files(library: Any, upstream: Any, workbench: Any) -> None:
    upstream.git("mv", "skills/pdf/SKILL.md", "SKILL.md")
    upstream.git("rm", "-qr", "skills")
    upstream.commit("Root")
    library.write("SKILL.md", (upstream.root / "SKILL.md").read_bytes())
    library.write(".workbench/policy.yaml", "schema: 1\n")
    entry = {
        "source": f"file://{upstream.root}", "sourceType": "git", "skillPath": "SKILL.md", "libraryPath": ".",
        "tree": upstream.git("rev-parse", "HEAD^{tree}").strip(),
    }  # fmt: skip
    library.write("skills-lock.json", json.dumps({"version": 1, "skills": {"pdf": entry}}))
    library.commit("Take")
    edit(upstream, "Line 18.", "Line eighteen.", "SKILL.md")
    upstream.commit("Theirs")
    said = workbench("update", ".", "--yes", "--json")
    assert said.code == 0, said.err
    names = library.git("ls-tree", "-r", "--name-only", said.json["branch"]).split()
    assert names == [".workbench/policy.yaml", "SKILL.md", "skills-lock.json"]


@pytest.mark.parametrize("name", ["a b", ".hidden", "x..y", "a~1", "end.lock", "é", "q?", "[x]", "back\\slash"])
def test_every_skill_has_a_branch_that_git_takes(library: Any, upstream: Any, workbench: Any, name: str) -> None:
    library.write(f"odd/{name}/SKILL.md", (upstream.root / "skills/pdf/SKILL.md").read_bytes())
    entry = {"source": f"file://{upstream.root}", "sourceType": "git", "skillPath": "skills/pdf"}
    library.write("skills-lock.json", json.dumps({"version": 1, "skills": {f"odd/{name}": entry}}))
    library.commit("Odd")
    said = workbench("update", f"odd/{name}", "--yes", "--json")
    assert said.code in (0, 4), said.err
    assert library.git("rev-parse", "--verify", f"refs/heads/{said.json['branch']}").strip()
