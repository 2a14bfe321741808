"""What a reviewer is shown of a change: all of it, whatever the repository says about how to show it."""

import os
from typing import Any

import pytest

from workbench.reviews.file_notes import notes_of


@pytest.fixture
def two(library: Any) -> Any:
    """A library whose skill has a script with blank lines, changed in its second commit."""
    library.skill("skills/a")
    library.write("skills/a/run.py", "one\n\ntwo\n\nthree\n")
    library.commit()
    library.write("skills/a/run.py", "one\n\ntwo\n\nEVIL\n")
    library.commit()
    return library


def lines_of(library: Any, base: str = "HEAD~1") -> list[tuple[str, int | None, str]]:
    found = library.workspace().reviews.diff("skills/a", base=base).files
    return [(line.kind, line.new, line.text) for file in found for hunk in file.hunks for line in hunk.lines]


CHANGE = [(" ", 2, ""), (" ", 3, "two"), (" ", 4, ""), ("-", None, "three"), ("+", 5, "EVIL")]


@pytest.mark.parametrize("attribute", ["-diff", "binary", "diff=unknown", "-text"])
def test_an_attribute_can_not_hide_a_change(two: Any, attribute: str) -> None:
    two.write("skills/a/.gitattributes", f"run.py {attribute}\n")
    two.write(".gitattributes", f"run.py {attribute}\n")
    two.write(".git/info/attributes", f"run.py {attribute}\n")
    changed = [file for file in two.workspace().reviews.diff("skills/a", base="HEAD~1").files if file.path == "run.py"]
    assert not changed[0].binary
    assert lines_of(two)[-5:] == CHANGE


@pytest.mark.parametrize(
    "setting",
    [
        "diff.suppressBlankEmpty=true", "diff.orderFile=/nonexistent", "core.bigFileThreshold=1",
        "i18n.logOutputEncoding=UTF-16", "log.follow=true", "diff.noPrefix=true", "core.splitIndex=true",
    ],
)  # fmt: skip
def test_a_setting_changes_neither_the_diff_nor_the_history(two: Any, setting: str) -> None:
    history = two.workspace().reviews.history("skills/a")
    two.git("config", *setting.split("="))
    before = sorted((two.root / ".git").iterdir())
    assert lines_of(two) == CHANGE
    assert two.workspace().reviews.history("skills/a") == history
    assert sorted((two.root / ".git").iterdir()) == before


def test_a_submodule_that_moved_is_shown_although_the_repository_says_to_ignore_it(two: Any) -> None:
    two.git("init", "-q", "skills/a/sub")
    empty = ("-C", "skills/a/sub", "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m")
    two.git(*empty, "one")
    two.write(".gitmodules", '[submodule "sub"]\n\tpath = skills/a/sub\n\turl = /none\n\tignore = all\n')
    two.commit()
    two.git("config", "diff.ignoreSubmodules", "all")
    two.git(*empty, "two")
    shown = two.workspace().reviews.diff("skills/a", base="HEAD").files
    assert [(file.path, file.new_mode) for file in shown] == [("sub", "160000")]


def test_a_skill_at_the_root_is_compared_without_the_workbench_folder(library: Any, workbench: Any) -> None:
    library.write("SKILL.md", "---\nname: library\ndescription: Does it all.\n---\nBody.\n")
    library.write(".workbench/policy.yaml", "schema: 1\n")
    library.commit()
    shown = workbench("review", "diff", ".", "--json")
    assert shown.code == 0, shown.err
    assert [file["path"] for file in shown.json["files"]] == ["SKILL.md"]
    assert workbench("review", "diff", ".", "--base", "HEAD", "--json").json["files"] == []


def test_the_base_may_be_the_first_digits_of_a_tree(two: Any, workbench: Any) -> None:
    tree = two.git("rev-parse", "HEAD~1:skills/a").strip()
    assert workbench("review", "diff", "a", "--base", tree[:12], "--json").json["base"] == tree
    assert workbench("review", "diff", "a", "--base", "nowhere").code == 3


def test_against_a_commit_that_had_no_such_skill_everything_is_new(two: Any, workbench: Any) -> None:
    before = two.git("rev-parse", "HEAD").strip()
    two.skill("skills/b")
    two.commit()
    for base in (before, "HEAD~1"):
        shown = workbench("review", "diff", "b", "--base", base, "--json").json
        assert shown["base"] is None
        assert [(file["path"], file["status"]) for file in shown["files"]] == [("SKILL.md", "added")]


def test_kinds_of_change_and_odd_names_are_all_told(library: Any, workbench: Any) -> None:
    library.skill("skills/a")
    library.write("skills/a/file", "text\n")
    library.write("skills/a/mode", "text\n")
    library.write("skills/a/old name", "".join(f"line {number}\n" for number in range(30)))
    library.write("skills/a/data", b"\0\1\2")
    library.commit()
    folder = library.root / "skills/a"
    (folder / "file").unlink()
    (folder / "file").symlink_to("mode")
    (folder / "mode").chmod(0o755)
    (folder / "old name").rename(folder / 'a "new"\n\tdiff --git name')
    (folder / "data").write_bytes(b"\0\3")
    (folder / os.fsdecode(b"caf\xe9")).write_text("latin\n")
    library.write("skills/a/huge.txt", "line\n" * 20_000)
    library.commit()
    said = workbench("review", "diff", "a", "--base", "HEAD~1", "--json")
    found = {file["path"]: (file["status"], file["binary"], file["new_mode"]) for file in said.json["files"]}
    assert found['a "new"\n\tdiff --git name'] == ("renamed", False, "100644")
    assert found["file"] == ("modified", False, "120000")
    assert found["mode"] == ("mode", False, "100755")
    assert found["data"] == ("modified", True, "100644")
    assert found["caf\ufffd"] == ("added", False, "100644")
    assert said.json["added"] > 20_000
    shown = workbench("review", "diff", "a", "--base", "HEAD~1")
    assert shown.code == 0
    assert "\t" not in shown.out


def only_file(library: Any, path: str) -> Any:
    files = library.workspace().reviews.diff("skills/a", base="HEAD~1").files
    return next(file for file in files if file.path == path)


def test_a_file_that_became_a_link_shows_what_went_and_where_it_leads(two: Any) -> None:
    (two.root / "skills/a/run.py").unlink()
    (two.root / "skills/a/run.py").symlink_to("../../secrets")
    two.commit()
    found = only_file(two, "run.py")
    lines = [(line.kind, line.text) for hunk in found.hunks for line in hunk.lines]
    assert lines == [("-", "one"), ("-", ""), ("-", "two"), ("-", ""), ("-", "EVIL"), ("+", "../../secrets")]
    assert {"now a symbolic link", "the link leads to ../../secrets"} <= set(notes_of(found))


def test_a_line_end_that_came_or_went_is_said(two: Any) -> None:
    two.write("skills/a/run.py", "one\n\ntwo\n\nEVIL")
    two.commit()
    assert "the last line has no line end now" in only_file(two, "run.py").notes
    two.write("skills/a/run.py", "one\n\ntwo\n\nEVIL\n")
    two.commit()
    assert "the last line has a line end now" in only_file(two, "run.py").notes


def test_a_carriage_return_is_seen(two: Any, workbench: Any) -> None:
    two.write("skills/a/run.py", "one\r\n\ntwo\n\nEVIL\n")
    two.commit()
    assert "+one␍" in workbench("review", "diff", "a", "--base", "HEAD~1").out


def test_content_that_looks_like_a_patch_stays_content(two: Any) -> None:
    two.write(
        "skills/a/run.py", "-- /dev/null\n++ b/x\n@@ -1 +1 @@\ndiff --git a/x b/x\n\\ No newline at end of file\n"
    )
    two.commit()
    found = only_file(two, "run.py")
    assert [line.text for hunk in found.hunks for line in hunk.lines if line.kind == "+"] == [
        "-- /dev/null", "++ b/x", "@@ -1 +1 @@", "diff --git a/x b/x", "\\ No newline at end of file",
    ]  # fmt: skip


def test_a_binary_file_is_told_by_kind_size_and_digest(two: Any, workbench: Any) -> None:
    logo = two.root / "skills/a/logo.png"
    logo.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08")
    two.commit()
    logo.write_bytes(b"PK\x03\x04" + bytes(30))
    two.commit()
    file = only_file(two, "logo.png")
    old, new = (two.git("rev-parse", f"{rev}:skills/a/logo.png")[:12] for rev in ("HEAD~1", "HEAD"))
    assert notes_of(file) == (
        f"binary before: PNG image, 640×480, 25 bytes, {old}",
        f"binary now:    ZIP archive, 34 bytes, {new}",
        "packed: what is in it is not shown",
    )
    said = workbench("review", "diff", "a", "--base", "HEAD~1", "--json")
    [found] = [one for one in said.json["files"] if one["path"] == "logo.png"]
    assert (found["old_blob"], found["new_blob"]) == (
        {"size": 25, "kind": "PNG image, 640×480"},
        {"size": 34, "kind": "ZIP archive"},
    )


def test_a_rename_a_mode_and_a_link_are_told_in_words(two: Any) -> None:
    two.write("skills/a/notes.md", "".join(f"line {n}\n" for n in range(20)))
    (two.root / "skills/a/link").symlink_to("run.py")
    two.commit()
    two.git("mv", "skills/a/notes.md", "skills/a/more.md")
    two.write("skills/a/more.md", "".join(f"line {n}\n" for n in range(19)) + "another\n")
    (two.root / "skills/a/run.py").chmod(0o755)
    (two.root / "skills/a/link").unlink()
    (two.root / "skills/a/link").symlink_to("/etc/passwd")
    two.commit()
    assert notes_of(only_file(two, "run.py")) == ("now executable",)
    assert notes_of(only_file(two, "link")) == ("the link leads elsewhere now: run.py → /etc/passwd",)
    [moved] = notes_of(only_file(two, "more.md"))
    assert moved.startswith("renamed from notes.md, 9")
    assert moved.endswith("% alike")


def test_what_is_hidden_is_named_below_its_line_and_in_json(two: Any, workbench: Any) -> None:
    two.write("skills/a/run.py", "one\n\ntwo\n\nuser = '\u202eadmin'\n")
    two.commit()
    said = workbench("review", "diff", "a", "--base", "HEAD~1").out.splitlines()
    at = said.index("+user = '⟨U+202E⟩admin'")
    assert said[at + 1] == "  ! at column 9: U+202E RIGHT-TO-LEFT OVERRIDE"
    assert "  ! 1 hidden character in 1 new line (bidirectional)" in said
    found = workbench("review", "diff", "a", "--base", "HEAD~1", "--json").json["files"][0]
    [line] = [one for one in found["hunks"][0]["lines"] if "hidden" in one]
    assert line["hidden"] == [
        {
            "column": 9, "characters": 1, "kind": "bidirectional", "codes": ["U+202E"],
            "what": "U+202E RIGHT-TO-LEFT OVERRIDE",
        }
    ]  # fmt: skip
