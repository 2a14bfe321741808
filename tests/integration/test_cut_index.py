"""A few folders alone have the trees that they have among all others, whatever the index and the rules say."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.git import Repository
from workbench.git import work_tree as work_tree_module
from workbench.git.index_file import part_of
from workbench.reviews.trees import current_trees

IDS = ("skills/one", "skills/two", "skills/new", "skills/crlf", "other/deep/skill")


def git(root: Path, *args: str, stdin: str | None = None) -> str:
    options = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "protocol.file.allow=always")
    return subprocess.run(
        ["git", *options, *args], cwd=root, check=True, capture_output=True, text=True, input=stdin
    ).stdout


def make(root: Path, *options: str) -> None:
    git(root.parent, "init", "-q", "-b", "main", *options, str(root))
    for skill in (*IDS[:2], *IDS[3:]):
        (root / skill / "scripts").mkdir(parents=True)
        (root / skill / "SKILL.md").write_text(f"---\nname: x\ndescription: {skill}\n---\n")
        (root / skill / "scripts/run.sh").write_text("#!/bin/sh\n")
        (root / skill / "scripts/run.sh").chmod(0o755)
    (root / "skills/crlf/dos.txt").write_bytes(b"one\r\ntwo\r\n")
    (root / "skills/one/link").symlink_to("SKILL.md")
    for number in range(30):
        (root / f"file-{number}.txt").write_text(f"{number}\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Add everything")


@pytest.fixture(params=["sha1", "sha256"])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    made = tmp_path / "library"
    make(made, f"--object-format={request.param}")
    return made


def nothing(root: Path) -> None:
    pass


def edits(root: Path) -> None:
    (root / "skills/one/SKILL.md").write_text("changed\n")
    (root / "skills/two/scripts/run.sh").unlink()
    (root / "skills/new").mkdir()
    (root / "skills/new/SKILL.md").write_text("new\n")
    (root / os.fsdecode(b"skills/new/\xff\n.txt")).write_text("odd\n")
    (root / "other/deep/skill/scripts/run.sh").chmod(0o644)


def modes_that_do_not_count(root: Path) -> None:
    git(root, "config", "core.fileMode", "false")
    edits(root)


def attributes_that_convert(root: Path) -> None:
    (root / ".gitattributes").write_text("*.txt text\n*.md text eol=crlf\n")
    (root / "skills/one/SKILL.md").write_bytes(b"changed\r\n")
    (root / "skills/one/more.txt").write_bytes(b"new\r\n")


def attributes_in_the_index_only(root: Path) -> None:
    (root / ".gitattributes").write_text("*.txt text\n")
    (root / "skills/.gitattributes").write_text("*.dat text\n")
    git(root, "add", ".gitattributes", "skills/.gitattributes")
    (root / ".gitattributes").unlink()
    (root / "skills/.gitattributes").unlink()
    (root / "skills/one/more.txt").write_bytes(b"new\r\n")
    (root / "skills/one/more.dat").write_bytes(b"new\r\n")


def automatic_line_ends(root: Path) -> None:
    git(root, "config", "core.autocrlf", "true")
    (root / "skills/crlf/dos.txt").write_bytes(b"three\r\n")
    (root / "skills/one/more.txt").write_bytes(b"new\r\n")


def a_filter(root: Path) -> None:
    git(root, "config", "filter.shout.clean", "tr a-z A-Z")
    (root / ".gitattributes").write_text("*.md filter=shout\n")
    (root / "skills/one/SKILL.md").write_text("changed\n")


def ignored(root: Path) -> None:
    (root / ".gitignore").write_text("skills/new/\n*.log\n!keep.log\n")
    (root / "skills/one/.gitignore").write_text("scripts/x*\n")
    edits(root)
    for name in ("a.log", "keep.log", "scripts/xyz"):
        (root / "skills/one" / name).write_text("x\n")


def ignored_by_a_rule_in_the_index_only(root: Path) -> None:
    (root / ".gitignore").write_text("*.log\n")
    git(root, "add", ".gitignore")
    git(root, "update-index", "--skip-worktree", ".gitignore")
    (root / ".gitignore").unlink()
    (root / "skills/one/a.log").write_text("x\n")


def believed_unchanged(root: Path) -> None:
    git(root, "update-index", "--assume-unchanged", "skills/one/SKILL.md", "file-1.txt")
    git(root, "update-index", "--skip-worktree", "skills/two/SKILL.md", "skills/two/scripts/run.sh")
    (root / "skills/one/SKILL.md").write_text("changed\n")
    (root / "skills/two/SKILL.md").write_text("changed\n")
    (root / "skills/two/scripts/run.sh").unlink()


def staged(root: Path) -> None:
    (root / "skills/one/SKILL.md").write_text("staged\n")
    git(root, "add", "skills/one/SKILL.md")
    git(root, "rm", "-q", "--cached", "skills/two/SKILL.md")
    (root / "skills/new").mkdir()
    (root / "skills/new/SKILL.md").write_text("new\n")
    git(root, "add", "--intent-to-add", "skills/new/SKILL.md")
    (root / "skills/one/SKILL.md").write_text("and changed\n")


def folders_for_files(root: Path) -> None:
    shutil.rmtree(root / "skills/one/scripts")
    (root / "skills/one/scripts").write_text("a file now\n")
    shutil.rmtree(root / "skills/two")
    (root / "skills/two").write_text("a file now\n")
    git(root, "add", "skills/two")
    (root / "skills/two").unlink()
    (root / "skills/two").mkdir()
    (root / "skills/two/SKILL.md").write_text("a folder again\n")


def a_file_where_a_folder_above_is(root: Path) -> None:
    shutil.rmtree(root / "other")
    (root / "other").write_text("a file\n")
    git(root, "add", "-A")
    (root / "other").unlink()
    (root / "other/deep/skill").mkdir(parents=True)
    (root / "other/deep/skill/SKILL.md").write_text("a folder again\n")


def beyond_a_link(root: Path) -> None:
    (root / "skills/two").rename(root / "away")
    (root / "skills/two").symlink_to("../away")


def submodules(root: Path) -> None:
    made = root.parent / "module"
    make(made, f"--object-format={git(root, 'rev-parse', '--show-object-format').strip()}")
    git(root, "rm", "-rq", "skills/one")
    git(root, "submodule", "--quiet", "add", "../module", "skills/one")
    git(root, "submodule", "--quiet", "add", "../module", "skills/two/inner")
    git(root, "commit", "-q", "-m", "Modules")
    (root / "skills/two/inner/file-1.txt").write_text("changed\n")
    git(root, "-C", "skills/two/inner", "commit", "-q", "-am", "Go on")


def a_skill_in_a_submodule(root: Path) -> None:
    made = root.parent / "module"
    make(made, f"--object-format={git(root, 'rev-parse', '--show-object-format').strip()}")
    git(root, "rm", "-rq", "other")
    git(root, "submodule", "--quiet", "add", "../module", "other")
    git(root, "commit", "-q", "-m", "A module")
    (root / "other/deep/skill").mkdir(parents=True, exist_ok=True)
    (root / "other/deep/skill/SKILL.md").write_text("inside\n")


def another_repository(root: Path) -> None:
    (root / "skills/new").mkdir()
    make(root / "skills/new/inner", f"--object-format={git(root, 'rev-parse', '--show-object-format').strip()}")


def an_open_merge(root: Path) -> None:
    git(root, "checkout", "-q", "-b", "side")
    (root / "file-1.txt").write_text("side\n")
    git(root, "commit", "-q", "-am", "Side")
    git(root, "checkout", "-q", "main")
    (root / "file-1.txt").write_text("main\n")
    git(root, "commit", "-q", "-am", "Main")
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "-q", "side")
    assert git(root, "ls-files", "--unmerged")  # not refused, as where git does not know who merges
    (root / "skills/one/SKILL.md").write_text("changed\n")


def index_version_4(root: Path) -> None:
    git(root, "update-index", "--index-version", "4")
    edits(root)


def a_split_index(root: Path) -> None:
    git(root, "update-index", "--split-index")
    edits(root)


def a_sparse_checkout(root: Path) -> None:
    git(root, "sparse-checkout", "set", "--sparse-index", "skills/one", "other")
    (root / "skills/one/SKILL.md").write_text("changed\n")
    (root / "skills/two").mkdir(exist_ok=True)
    (root / "skills/two/SKILL.md").write_text("outside\n")


def no_index(root: Path) -> None:
    (root / ".git/index").unlink()
    edits(root)


def a_damaged_index(root: Path) -> None:
    data = bytearray((root / ".git/index").read_bytes())
    (root / ".git/index").write_bytes(bytes(data[:-1]) + bytes([data[-1] ^ 1]))


def same_size_in_the_same_moment(root: Path) -> None:
    """What changed when the index was written, with the size that it had."""
    file = root / "skills/one/SKILL.md"
    times = (root / ".git/index").stat()
    os.utime(file, ns=(times.st_mtime_ns, times.st_mtime_ns))
    git(root, "config", "core.trustctime", "false")
    git(root, "update-index", "--refresh")
    times = file.stat()
    text = file.read_text()
    file.write_text(text.swapcase())
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    os.utime(root / ".git/index", ns=(times.st_atime_ns, times.st_mtime_ns))


CASES = (
    nothing, edits, modes_that_do_not_count, attributes_that_convert, attributes_in_the_index_only,
    automatic_line_ends, a_filter, ignored, ignored_by_a_rule_in_the_index_only, believed_unchanged, staged,
    folders_for_files, a_file_where_a_folder_above_is, beyond_a_link, submodules, a_skill_in_a_submodule,
    another_repository, an_open_merge, index_version_4, a_split_index, a_sparse_checkout, no_index,
    same_size_in_the_same_moment,
)  # fmt: skip
WHOLE = (an_open_merge, index_version_4, a_split_index, a_sparse_checkout, no_index)
"""Where no part is to be had."""
EITHER = (submodules, a_skill_in_a_submodule)
"""Where there is one of folders that have no submodule."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_folders_alone_have_the_trees_that_they_have_among_all(root: Path, case: Callable[[Path], None]) -> None:
    case(root)
    before = (root / ".git/index").read_bytes() if (root / ".git/index").exists() else None
    repository = Repository.discover(root)
    assert repository is not None
    for ids in (IDS, *((id_,) for id_ in IDS)):
        with current_trees(repository, ids) as whole, current_trees(repository, ids, alone=True) as alone:
            assert (alone.trees, alone.ignored) == (whole.trees, whole.ignored)
            cut = len(repository.run("ls-files", env={"GIT_INDEX_FILE": str(alone.scratch._scratch / "index")}))
            assert case in EITHER or (cut < 500) == (case not in WHOLE)
    after = (root / ".git/index").read_bytes() if (root / ".git/index").exists() else None
    assert after == before


def test_it_finds_what_changed(root: Path) -> None:
    edits(root)
    repository = Repository.discover(root)
    assert repository is not None
    head = {id_: tree for id_ in IDS if (tree := repository.resolve(f"HEAD:{id_}"))}
    with current_trees(repository, IDS, alone=True) as current:
        assert {id_ for id_ in IDS if current.trees[id_] != head.get(id_)} == set(IDS) - {"skills/crlf"}


def test_where_case_counts_for_nothing_the_whole_index_is_taken(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Repository, "ignores_case", True)
    monkeypatch.setattr(work_tree_module, "part_of", None)
    repository = Repository.discover(root)
    assert repository is not None
    with current_trees(repository, IDS, alone=True) as current:
        assert set(current.trees) == set(IDS) - {"skills/new"}


@pytest.mark.parametrize("told", ["true", "false"])
def test_names_that_differ_only_in_case_are_two_whatever_git_was_told(root: Path, told: str) -> None:
    if (root / "skills").exists() and (root / "SKILLS").exists():
        pytest.skip("this file system takes both names for one; another one would lift it")
    for name in ("a", "A", "b", "B"):
        (root / "skills" / name).mkdir()
        (root / "skills" / name / "SKILL.md").write_text(f"{name}\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Add names that look alike")
    git(root, "config", "core.ignoreCase", told)
    # An index as old as its files: git reads each of them again.
    moment = (root / ".git/index").stat().st_mtime_ns
    for file in (root / "skills").rglob("*.md"):
        os.utime(file, ns=(moment, moment))
    ids = [f"skills/{name}" for name in ("a", "A", "b", "B")]
    repository = Repository.discover(root)
    assert repository is not None
    for alone in (True, False):
        with current_trees(repository, ids, alone=alone) as current:
            assert current.trees == {id_: repository.resolve(f"HEAD:{id_}") for id_ in ids}


def test_no_damaged_index_is_cut(root: Path) -> None:
    index = (root / ".git/index").read_bytes()
    folders = [os.fsencode(id_) for id_ in IDS]
    assert part_of(index, folders) is not None
    for length in range(0, len(index), 7):
        assert part_of(index[:length], folders) is None
    assert part_of(index[:-1] + bytes([index[-1] ^ 1]), folders) is None
    assert part_of(b"XXXX" + index[4:], folders) is None
