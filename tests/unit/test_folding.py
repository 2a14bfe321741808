"""Folding: what an installer changed in a copy does not count, and everything else does."""

import shutil
from pathlib import Path

import pytest

from workbench.reviews.folding import FoldedTree, carries_metadata, fold_folder, folded_file, same_content
from workbench.skills.treehash import tree_of_folder

UPSTREAM = """---
name: pdf
# what it is for
description: "Reads PDF files: text, tables"
license: MIT
metadata: {version: 1.10, updated: 2026-01-31, flag: yes, when: 12:30, one: 1.0}
allowed-tools: Read, Bash(python *)
---

# PDF

Body.
"""
INSTALLED = """---
allowed-tools: Read, Bash(python *)
description: 'Reads PDF files: text, tables'
license: MIT
metadata:
    flag: "yes"
    github-path: skills/pdf
    github-ref: refs/heads/main
    github-repo: https://github.com/o/r
    github-tree-sha: 7a8633b2cf8d7f4a0ee055cfc53e9821a26be2dd
    one: 1
    updated: 2026-01-31T00:00:00Z
    version: 1.1
    when: "12:30"
name: pdf
---
# PDF

Body.
"""


def put(folder: Path, text: str, script_mode: int = 0o644) -> Path:
    (folder / "scripts").mkdir(parents=True)
    (folder / "SKILL.md").write_text(text)
    (folder / "scripts/run.py").write_text("print(1)\n")
    (folder / "scripts/run.py").chmod(script_mode)
    return folder


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """What was published, and what `gh skill install` makes of it."""
    return put(tmp_path / "upstream", UPSTREAM), put(tmp_path / "installed", INSTALLED, 0o755)


def same(pair: tuple[Path, Path]) -> bool:
    return same_content(*(fold_folder(folder) for folder in pair))


def test_a_copy_that_an_installer_marshalled_again_is_the_same(pair: tuple[Path, Path]) -> None:
    upstream, installed = (fold_folder(folder) for folder in pair)
    assert upstream.tree != installed.tree
    assert (upstream.installed, installed.installed) == (False, True)
    assert same_content(upstream, installed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Body.", "Body!"),
        ("text, tables", "text, tables, secrets"),
        ("license: MIT", "license: mit"),
        ("Read, Bash(python *)", "Read, Bash(*)"),
        ("version: 1.1\n", "version: 1.2\n"),
        ('flag: "yes"', "flag: true"),
        ("name: pdf\n", "name: pdf\nhooks: {a: b}\n"),
        ("    one: 1\n", ""),
    ],
)
def test_any_other_change_of_a_marshalled_copy_shows(pair: tuple[Path, Path], old: str, new: str) -> None:
    assert old in INSTALLED
    (pair[1] / "SKILL.md").write_text(INSTALLED.replace(old, new))
    assert not same(pair)


def test_another_file_that_changed_came_or_went_shows(pair: tuple[Path, Path]) -> None:
    (pair[1] / "scripts/run.py").write_text("print(2)\n")
    assert not same(pair)
    (pair[1] / "scripts/run.py").write_text("print(1)\n")
    assert same(pair)
    (pair[1] / "more.md").write_text("x")
    assert not same(pair)
    (pair[1] / "more.md").unlink()
    (pair[1] / "scripts/run.py").unlink()
    assert not same(pair)


def test_a_bit_that_makes_a_file_outside_scripts_executable_shows(pair: tuple[Path, Path]) -> None:
    for folder in pair:
        (folder / "note.md").write_text("x")
    (pair[1] / "note.md").chmod(0o755)
    assert not same(pair)


def test_nothing_is_folded_where_no_installer_was(tmp_path: Path) -> None:
    one = put(tmp_path / "one", UPSTREAM)
    other = put(
        tmp_path / "other", UPSTREAM.replace('"Reads PDF files: text, tables"', "'Reads PDF files: text, tables'")
    )
    assert not same((one, other))
    assert fold_folder(one).tree == tree_of_folder(one)
    shutil.rmtree(other)
    shutil.copytree(one, other)
    assert same((one, other))


def test_a_skill_within_a_skill_is_folded_too(pair: tuple[Path, Path]) -> None:
    for folder, text in zip(pair, (UPSTREAM, INSTALLED), strict=True):
        (folder / "inner").mkdir()
        (folder / "inner/SKILL.md").write_text(text)
    assert same(pair)


def test_metadata_that_only_an_installer_filled_is_none() -> None:
    plain = b"---\nname: a\ndescription: b\n---\nBody"
    installed = b"---\ndescription: b\nmetadata:\n    local-path: /home/ada/a\nname: a\n---\nBody\n"
    assert folded_file(plain) == folded_file(installed)
    assert carries_metadata(installed)
    assert not carries_metadata(b"---\nname: a\n---\ngithub-repo: in the body\n")


@pytest.mark.parametrize(
    "data",
    [
        b"---\nname: \xff\nmetadata: {github-repo: x}\n---\n",
        b"\xef\xbb\xbf---\nname: a\nmetadata: {github-repo: x}\n---\n",
        b"---\nname: a\nname: b\nmetadata: {github-repo: x}\n---\n",
        b"---\nname: a\nmetadata: {github-repo: x}\n---\n\xff\n",
        b"no frontmatter",
        b"---\nname: [\n---\n",
        b"---\na: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
        + b"".join(f"{chr(99 + n)}: &{chr(99 + n)} [{', '.join(['*' + chr(98 + n)] * 9)}]\n".encode() for n in range(8))
        + b"---\n",
    ],
)
def test_what_can_not_be_told_apart_is_compared_as_it_is(data: bytes) -> None:
    assert folded_file(data) == data


def test_the_same_tree_is_the_same_whatever_it_holds() -> None:
    assert same_content(FoldedTree("a", "x", False), FoldedTree("a", "y", True))
    assert not same_content(FoldedTree("a", "x", False), FoldedTree("b", "x", False))
