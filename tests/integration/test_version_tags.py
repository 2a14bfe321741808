"""What a tag says of a version: whose it is, in which order, and whether it still is what was released."""

from pathlib import Path
from typing import Any

import pytest

POLICY = """schema: 1
roles: {reviewer: ["*@example.com"]}
require: [{when: {}, chain: [{role: reviewer, count: 1}], self_approval: true}]
"""


class Releases:
    """Releases versions of a skill, and reads them back."""

    def __init__(self, library: Any, workbench: Any) -> None:
        self.library, self.workbench = library, workbench

    def approved(self, version: str, id_: str = "skills/a", body: str = "") -> None:
        """Commit a version and approve it."""
        self.library.skill(id_, body=body or f"Body {version}.\n", metadata=f"{{version: '{version}'}}")
        self.library.commit(version)
        said = self.workbench("review", "approve", id_, "-m", f"reason of {version}")
        assert said.code == 0, said.err

    def __call__(self, *versions: str, id_: str = "skills/a") -> None:
        for version in versions:
            self.approved(version, id_)
            said = self.workbench("version", "release", id_)
            assert said.code == 0, said.err

    def listed(self, name: str = "a") -> list[str]:
        return [one["version"] for one in self.details(name)]

    def details(self, name: str = "a") -> list[dict[str, Any]]:
        return list(self.workbench("version", "list", name, "--json").json["versions"])

    def tags(self) -> list[str]:
        return str(self.library.git("tag")).split()


@pytest.fixture
def releases(library: Any, workbench: Any) -> Releases:
    return Releases(library, workbench)


class TestWhoseATagIs:
    def test_an_installed_copy_takes_no_version_from_its_original(self, releases: Releases, workbench: Any) -> None:
        releases("1.0.0", "1.1.0")
        assert workbench("install", "a", "--agent", "claude").code == 0
        for committed in (False, True):
            if committed:
                releases.library.commit("With the copy")
            assert releases.listed() == ["1.0.0", "1.1.0"]
            assert workbench("skills", "show", "a", "--json").json["released"] == "1.1.0"
            assert workbench("review", "receipt", "a@1.0.0").code == 0
        assert workbench("review", "verify").code == 0
        assert workbench("install", "a@1.0.0", "--agent", "claude").code == 0
        releases.library.commit("Another copy")
        assert workbench("version", "rollback", "a", "--json").json["to"] == "1.0.0"

    def test_beside_a_copy_a_version_is_neither_released_twice_nor_under_another_label(
        self, releases: Releases, workbench: Any
    ) -> None:
        releases("1.0.0")
        assert workbench("install", "a", "--agent", "claude").code == 0
        releases.approved("1.0.0", body="Other bytes.\n")
        said = workbench("version", "release", "a")
        assert said.code == 4
        assert "not newer than 1.0.0" in said.err
        assert releases.tags() == ["a/v1.0.0"]
        assert workbench("review", "verify", "a").code == 0
        releases("1.1.0")
        assert releases.tags() == ["a/v1.0.0", "a/v1.1.0"]

    def test_a_copy_is_not_released_for_its_original(self, releases: Releases, workbench: Any) -> None:
        releases("1.0.0")
        assert workbench("install", "a", "--agent", "claude").code == 0
        releases.library.commit("With the copy")
        said = workbench("version", "release", ".claude/skills/a")
        assert said.code == 3
        assert "git allows no tag '.claude/skills/a/v1.0.0'" in said.err
        assert "release the skill that it is a copy of" in said.err

    def test_a_second_skill_of_the_name_takes_no_version_of_the_first(self, releases: Releases, workbench: Any) -> None:
        releases("1.0.0")
        releases("0.5.0", id_="other/a")
        assert releases.tags() == ["a/v1.0.0", "other/a/v0.5.0"]
        releases("1.1.0")
        assert releases.tags() == ["a/v1.0.0", "other/a/v0.5.0", "skills/a/v1.1.0"]
        assert releases.listed("skills/a") == ["1.0.0", "1.1.0"]
        assert releases.listed("other/a") == ["0.5.0"]
        assert workbench("review", "verify").code == 0

    def test_a_skill_whose_path_is_anothers_name_takes_no_version_of_it(self, releases: Releases) -> None:
        releases("1.0.0")
        releases("2.0.0", id_="a")
        assert releases.listed("skills/a") == ["1.0.0"]
        assert releases.listed("a") == ["2.0.0"]
        releases("1.1.0")
        assert releases.tags() == ["a/v1.0.0", "a/v2.0.0", "skills/a/v1.1.0"]
        releases.library.skill("elsewhere", name="skills/a")
        assert releases.listed("skills/a") == ["1.0.0", "1.1.0"], "a name takes nothing from a path"

    def test_a_skill_that_is_renamed_keeps_what_was_released(
        self, releases: Releases, library: Any, workbench: Any
    ) -> None:
        releases("1.0.0")
        library.skill("skills/a", name="b", metadata="{version: '1.1.0'}")
        library.skill("other/a", metadata="{version: '1.1.0'}")
        library.commit()
        for id_ in ("skills/a", "other/a"):
            assert workbench("review", "approve", id_, "-m", "fine").code == 0
        assert workbench("version", "release", "b").code == 0
        assert [(one["version"], one["moved"]) for one in releases.details("b")] == [("1.0.0", None), ("1.1.0", None)]
        assert workbench("review", "verify").code == 0

    def test_a_skill_at_the_root_keeps_its_versions_beside_a_policy(
        self, releases: Releases, library: Any, workbench: Any
    ) -> None:
        library.write(".workbench/policy.yaml", POLICY)
        library.write("SKILL.md", "---\nname: whole\ndescription: Does it.\nmetadata: {version: '1.0.0'}\n---\nx\n")
        library.commit()
        assert workbench("review", "approve", ".", "-m", "fine").code == 0
        assert workbench("version", "release", ".").code == 0
        [one] = releases.details("whole")
        assert (one["moved"], one["approved"], one["current"]) == (None, True, True)
        assert workbench("review", "verify").code == 0


class TestTheirOrder:
    def test_a_pre_release_comes_before_its_release(self, releases: Releases, workbench: Any) -> None:
        releases("1.0.0", "2.0.0-rc.1", "2.0.0-rc.2", "2.0.0-rc.10", "2.0.0", "2.1.0")
        assert releases.listed() == ["1.0.0", "2.0.0-rc.1", "2.0.0-rc.2", "2.0.0-rc.10", "2.0.0", "2.1.0"]
        assert releases.library.git("tag", "-l", "--format=%(contents:body)", "a/v2.1.0").split("\n")[:2] == [
            "- reason of 2.1.0 (Ada)",
            "",
        ]
        assert workbench("version", "rollback", "a", "--json").json["to"] == "2.0.0"

    def test_build_metadata_does_not_come_into_it(self, releases: Releases, workbench: Any) -> None:
        releases("1.2.0-rc.1", "1.2.0+build.5")
        assert releases.listed() == ["1.2.0-rc.1", "1.2.0+build.5"]
        assert workbench("skills", "show", "a", "--json").json["released"] == "1.2.0+build.5"


class TestTagsThatMoved:
    @pytest.fixture
    def two(self, releases: Releases) -> Releases:
        releases("1.0.0", "1.1.0")
        return releases

    @pytest.mark.parametrize(
        "how",
        [
            ("tag", "-f", "a/v1.1.0", "a/v1.0.0^{}"),
            ("tag", "-f", "a/v1.1.0", "a/v1.1.0^{}"),
            ("tag", "-f", "-a", "-m", "x", "a/v1.1.0", "a/v1.0.0"),
            ("tag", "-f", "-a", "-m", "x", "a/v1.1.0", "a/v1.0.0^{}"),
            ("tag", "-f", "-a", "-m", "x", "a/v1.1.0", "a/v1.0.0:skills"),
            ("update-ref", "refs/tags/a/v1.1.0", "a/v1.0.0"),
        ],
    )
    def test_a_tag_of_whatever_kind_is_told(self, two: Releases, workbench: Any, how: tuple[str, ...]) -> None:
        two.library.git(*how)
        said = workbench("review", "verify", "--json")
        assert said.code == 1
        assert any("the tag a/v1.1.0 was moved" in note for note in said.json["notes"])
        first, second = two.details()
        assert (first["version"], first["moved"]) == ("1.0.0", None)
        assert (second["version"], second["missing"]) == ("1.1.0", False)
        assert "was released by Ada on" in second["moved"]
        assert workbench("skills", "show", "a", "--json").json["released"] is None
        for refused in (
            ("install", "a@1.1.0", "--agent", "claude"),
            ("review", "receipt", "a@1.1.0"),
            ("version", "rollback", "a", "--to", "1.1.0"),
        ):
            assert workbench(*refused).code == 5, refused

    def test_a_tag_that_was_moved_to_where_the_skill_was_not_is_told(self, two: Releases, workbench: Any) -> None:
        first = two.library.git("commit-tree", "-m", "empty", two.library.git("mktree", "--missing").strip()).strip()
        two.library.git("tag", "-f", "-a", "-m", "x", "a/v1.1.0", first)
        said = workbench("review", "verify")
        assert said.code == 1
        assert "it names a commit without the skill" in said.err

    def test_a_light_tag_by_hand_is_no_release(self, two: Releases, workbench: Any) -> None:
        two.library.git("tag", "a/v3.0.0")
        assert two.listed() == ["1.0.0", "1.1.0"]
        assert workbench("review", "verify").code == 0


class TestTagsThatAreNotHere:
    @pytest.fixture
    def lost(self, releases: Releases) -> Releases:
        releases("1.0.0", "1.1.0")
        releases.library.git("tag", "-d", "a/v1.1.0")
        return releases

    def test_they_are_listed_and_told_but_a_clone_may_lack_them(self, lost: Releases, workbench: Any) -> None:
        assert [(one["version"], one["missing"]) for one in lost.details()] == [("1.0.0", False), ("1.1.0", True)]
        assert "its tag is not here" in workbench("version", "list", "a").out
        said = workbench("review", "verify")
        assert said.code == 0
        assert "1 released version without a tag here (a/v1.1.0): deleted, or not fetched: git fetch --tags" in said.err
        assert workbench("skills", "show", "a", "--json").json["released"] is None
        for refused in (("install", "a@1.1.0", "--agent", "claude"), ("review", "receipt", "a@1.1.0")):
            said = workbench(*refused)
            assert said.code == 3
            assert "its tag a/v1.1.0 is not here" in said.err
            assert "git fetch --tags" in said.err

    def test_no_other_bytes_are_released_under_their_version(self, lost: Releases, workbench: Any) -> None:
        lost.approved("1.1.0", body="Other bytes.\n")
        said = workbench("version", "release", "a")
        assert said.code == 4
        assert "version 1.1.0 is not newer than 1.1.0, which was released (its tag is not here)" in said.err
        lost.approved("1.0.5")
        assert workbench("version", "release", "a").code == 4
        assert lost.tags() == ["a/v1.0.0"]

    def test_the_same_bytes_get_their_tag_again(self, lost: Releases, workbench: Any) -> None:
        said = workbench("version", "release", "a", "--json")
        assert (said.code, said.json["changelog"]) == (0, ["reason of 1.1.0 (Ada)"])
        assert not any(one["missing"] or one["moved"] for one in lost.details())
        assert workbench("review", "verify").code == 0

    def test_a_clone_without_tags_knows_what_was_released(
        self, lost: Releases, workbench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lost.library.git("clone", "-q", "--no-tags", str(lost.library.root), str(tmp_path / "clone"))
        monkeypatch.chdir(tmp_path / "clone")
        assert [one["missing"] for one in lost.details()] == [True, True]
        assert workbench("review", "verify").code == 0


class TestWhatIsNoTag:
    @pytest.mark.parametrize("version", ["v1.2.0", "1.2", " 1.2.0"])
    def test_a_version_that_is_none_is_refused(self, releases: Releases, workbench: Any, version: str) -> None:
        releases.approved(version)
        said = workbench("version", "release", "a")
        assert said.code == 3
        assert "is not a semantic version like 1.2.0" in said.err
        assert releases.tags() == []

    @pytest.mark.parametrize("name", ["my skill..x", "-d", '"nul\\0"'])
    def test_a_name_that_git_allows_in_no_tag_is_refused(
        self, releases: Releases, library: Any, workbench: Any, name: str
    ) -> None:
        library.skill("skills/a", name=name, metadata="{version: '1.0.0'}")
        library.commit()
        assert workbench("review", "approve", "skills/a", "-m", "fine").code == 0
        said = workbench("version", "release", "skills/a")
        assert said.code == 3, said.err
        assert "git allows no tag '" in said.err
        assert "a-z, 0-9 and hyphens" in said.err
        assert releases.tags() == []
