"""Skills read from a work tree: nothing outside is opened, nothing that fails is passed over."""

import os
from pathlib import Path

import pytest

from workbench.errors import InputError, UsageError
from workbench.skills.files import MAX_SHOWN, list_files, read_inside, read_text
from workbench.skills.links import relative_links
from workbench.skills.model import Skill
from workbench.skills.naming import resolve
from workbench.skills.reader import parse_skill, read, read_all, read_document

BODY = "---\nname: {name}\ndescription: Does it.\nmetadata:\n  version: 1.2.0\n---\n{body}"


def make(library: Path, skill_id: str, body: str = "Do it.\n", name: str | None = None) -> Path:
    folder = library / skill_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "SKILL.md").write_text(BODY.format(name=name or folder.name, body=body))
    return folder


def codes(skill: Skill) -> list[str]:
    return [problem.code for problem in skill.problems]


def test_a_sound_skill_has_no_problems(tmp_path: Path) -> None:
    make(tmp_path, "skills/csv")
    skill = read(tmp_path, "skills/csv")
    assert (skill.name, skill.description, skill.version, skill.loads) == ("csv", "Does it.", "1.2.0", True)
    assert skill.problems == ()


def test_bytes_from_git_give_the_same_skill_as_the_file(tmp_path: Path) -> None:
    folder = make(tmp_path, "skills/csv")
    assert parse_skill("skills/csv", (folder / "SKILL.md").read_bytes()) == read(tmp_path, "skills/csv")


def test_a_root_skill_is_compared_with_its_folder_only_where_that_is_known(tmp_path: Path) -> None:
    folder = make(tmp_path, "my-skill", name="other")
    data = (folder / "SKILL.md").read_bytes()
    assert codes(read(folder, ".")) == ["name-mismatch"]
    assert codes(parse_skill(".", data)) == []


def test_a_blocked_skill_is_listed_as_invalid_with_the_reason(tmp_path: Path) -> None:
    make(tmp_path, "skills/good")
    (tmp_path / "skills/bad/SKILL.md").mkdir(parents=True)
    skills, skipped = read_all(tmp_path)
    assert [(skill.id, skill.loads) for skill in skills] == [("skills/bad", False), ("skills/good", True)]
    assert codes(skills[0]) == ["skill-file-not-a-file"]
    assert skipped == ()


def test_a_skill_that_vanished_is_invalid_and_not_an_exception(tmp_path: Path) -> None:
    assert codes(read(tmp_path, "skills/gone")) == ["skill-file-vanished"]
    with pytest.raises(InputError, match="vanished"):
        read_document(tmp_path, "skills/gone")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_skill_without_permission_is_invalid(tmp_path: Path) -> None:
    (make(tmp_path, "skills/a") / "SKILL.md").chmod(0)
    assert codes(read(tmp_path, "skills/a")) == ["skill-file-unreadable"]


@pytest.mark.parametrize("way", ["file", "folder", "chain"])
def test_nothing_outside_the_library_is_read_through_a_link(tmp_path: Path, way: str) -> None:
    library, outside = tmp_path / "library", make(tmp_path, "outside")
    (library / "skills").mkdir(parents=True)
    if way == "file":
        (library / "skills/a").mkdir()
        (library / "skills/a/SKILL.md").symlink_to(outside / "SKILL.md")
    elif way == "folder":
        (library / "skills/a").symlink_to(outside)
    else:
        (library / "hop").symlink_to(tmp_path)
        (library / "skills/a").symlink_to("../hop/outside")
    skill = read(library, "skills/a")
    assert (skill.loads, skill.description) == (False, "")
    assert codes(skill) == ["skill-file-unreadable"]


@pytest.mark.parametrize("path", ["../outside/SKILL.md", "a/../../outside/SKILL.md", "..", "", "."])
def test_a_path_that_climbs_is_refused(tmp_path: Path, path: str) -> None:
    make(tmp_path, "outside")
    make(tmp_path, "library/a")
    with pytest.raises((InputError, OSError)):
        read_inside(tmp_path / "library", path, 10)


def test_a_pipe_in_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "SKILL.md")
    assert codes(read(tmp_path, ".")) == ["skill-file-unreadable"]


def test_a_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    make(tmp_path, "skills/a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/SKILL.md").symlink_to("../skills/a/SKILL.md")
    skill = read(tmp_path, "b")
    assert skill.description == "Does it."
    assert "file-link-leaves" in codes(skill)


def test_links_in_the_folder_that_leave_or_dangle_are_named(tmp_path: Path) -> None:
    folder = make(tmp_path, "skills/a")
    (folder / "notes").symlink_to("/etc")
    (folder / "gone").symlink_to("nothing")
    (folder / "fine").symlink_to("SKILL.md")
    skill = read(tmp_path, "skills/a")
    assert {(p.code, p.path) for p in skill.problems} == {
        ("file-link-leaves", "skills/a/notes"),
        ("file-link-dangling", "skills/a/gone"),
    }


def test_markdown_links_to_missing_files_are_named_with_their_line(tmp_path: Path) -> None:
    body = (
        "See [a](scripts/run.py), [b](<references/a b.md>) and [gone](references/none.md#top).\n"
        "![x](../../other/x.png) [web](https://example.com/x.md) [anchor](#here) [mail](mailto:a@b.c)\n"
        "```\n[code](nope.md)\n```\n`[code](nope.md)` [absolute](/etc/passwd) [place]({path}.md) [folder](scripts)\n"
    )
    folder = make(tmp_path, "skills/a", body)
    for path in ("scripts/run.py", "references/a b.md"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).touch()
    found = [(problem.code, problem.line) for problem in read(tmp_path, "skills/a").problems]
    assert found == [("broken-link", 7), ("link-leaves-skill", 8)]


def test_a_title_and_an_escape_do_not_belong_to_a_links_path() -> None:
    assert [link.path for link in relative_links('[a](x%20y.md "title") [b]( z.md )')] == ["x y.md", "z.md"]


def test_files_are_listed_with_what_a_reader_has_to_know(tmp_path: Path) -> None:
    folder = make(tmp_path, "skills/a")
    make(tmp_path, "skills/a/inner")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "logo").write_bytes(b"\x89PNG\0\0")
    (folder / "out").symlink_to("../../..")
    (folder / ".git").mkdir()
    (folder / ".git/config").touch()
    os.mkfifo(folder / "pipe")
    entries = {entry.path: entry for entry in list_files(tmp_path, "skills/a")}
    assert list(entries) == ["SKILL.md", "inner/SKILL.md", "logo", "out", "pipe", "run.sh"]
    assert (entries["run.sh"].executable, entries["run.sh"].size, entries["run.sh"].kind) == (True, 10, "text")
    assert (entries["logo"].kind, entries["pipe"].kind) == ("binary", "other")
    assert (entries["out"].kind, entries["out"].target, entries["out"].leaves) == ("link", "../../..", True)


def test_listing_a_folder_that_leads_outside_is_refused(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library/a").symlink_to("/etc")
    with pytest.raises(InputError, match="out of the library"):
        list_files(tmp_path / "library", "a")


def test_the_text_of_a_file_is_read_but_nothing_binary_large_or_outside(tmp_path: Path) -> None:
    folder = make(tmp_path, "skills/a")
    (folder / "notes.md").write_bytes(b"caf\xe9\n")
    (folder / "logo").write_bytes(b"\0")
    (folder / "large").write_bytes(b"x" * (MAX_SHOWN + 1))
    (folder / "out").symlink_to("/etc/passwd")
    assert read_text(tmp_path, "skills/a", "notes.md") == "caf\ufffd\n"
    for path in ("logo", "large", "out", "gone", "../../etc/passwd"):
        with pytest.raises(InputError):
            read_text(tmp_path, "skills/a", path)


def test_a_document_is_the_file_with_its_parts(tmp_path: Path) -> None:
    make(tmp_path, "skills/a", "# Hi\n")
    document = read_document(tmp_path, "skills/a")
    assert (document.body, document.body_line) == ("# Hi\n", 7)
    assert document.source.startswith("---\nname: a\n")


class TestNames:
    skills = (Skill(".", "lib"), Skill("skills/a", "a"), Skill("skills/b", "twin"), Skill("other/b", "twin"))

    def meant(self, name: str, cwd: Path | None, root: Path) -> str:
        return resolve(self.skills, name, cwd=cwd, root=root).id

    def test_an_id_a_label_and_a_path_on_disk_name_a_skill(self, tmp_path: Path) -> None:
        (tmp_path / "skills/a").mkdir(parents=True)
        assert self.meant("skills/a", None, tmp_path) == "skills/a"
        assert self.meant("a", None, tmp_path) == "skills/a"
        assert self.meant("b", tmp_path / "skills", tmp_path) == "skills/b"
        assert self.meant(".", tmp_path / "skills/a", tmp_path) == "skills/a"
        assert self.meant("..", tmp_path / "skills", tmp_path) == "."
        assert self.meant(str(tmp_path / "skills/a/SKILL.md"), tmp_path, tmp_path) == "skills/a"
        assert self.meant("skills/a/", tmp_path, tmp_path) == "skills/a"
        assert self.meant(".", None, tmp_path) == "."

    def test_a_linked_folder_names_the_skill_that_is_listed_under_the_link(self, tmp_path: Path) -> None:
        (tmp_path / "library/skills").mkdir(parents=True)
        (tmp_path / "library/skills/a").symlink_to(tmp_path)
        assert self.meant("./a", tmp_path / "library/skills", tmp_path / "library") == "skills/a"

    def test_a_label_that_two_skills_have_is_refused_with_both(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="2 skills are called 'twin'") as caught:
            self.meant("twin", None, tmp_path)
        assert caught.value.remedy == "name one by its path: skills/b, other/b"

    def test_an_unknown_name_is_refused_with_what_is_near(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="there is no skill 'twni'") as caught:
            self.meant("twni", tmp_path, tmp_path)
        assert caught.value.remedy == "did you mean twin?"

    def test_a_path_outside_the_library_names_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError):
            self.meant("../../a", tmp_path, tmp_path)
        with pytest.raises(UsageError):
            self.meant("~nobody-here/a\0", tmp_path, tmp_path)
