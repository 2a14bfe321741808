"""Mending: exact bytes, proved by reading again, over nothing that changed meanwhile."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_hostile_skills import CORPUS

from workbench.errors import ConflictError
from workbench.skills.fix_text import mended
from workbench.skills.fixes import apply, plan
from workbench.skills.frontmatter import parse
from workbench.skills.validation import validate

HEAD = b"---\n# why\nname: demo   # a note\ndescription: Does it.\n"


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        (b"\xef\xbb\xbf" + HEAD + b"---\nx\n", HEAD + b"---\nx\n", ("byte-order-mark",)),
        (b"--- \t" + HEAD[3:] + b"---  \nx \n", HEAD + b"---\nx \n", ("delimiter-blanks",)),
        (
            HEAD + b"when_to_use: Use when: it's asked\n  twice: often\n\nlicense: MIT\n---\nx\n",
            HEAD + b"when_to_use: 'Use when: it''s asked\n  twice: often'\n\nlicense: MIT\n---\nx\n",
            ("unquoted-colon",),
        ),
        (
            HEAD.replace(b"\n", b"\r\n") + b"license: a: b\r\n---\r\nx\r\n",
            HEAD.replace(b"\n", b"\r\n") + b"license: 'a: b'\r\n---\r\nx\r\n",
            ("unquoted-colon",),
        ),
        (b"---\nname:  ' demo '  # n\n---\n", b"---\nname:  'demo'  # n\n---\n", ("name-whitespace",)),
        (
            HEAD + b"allowed-tools: [Read, 'Bash(git:*)']\nlicense: MIT\n---\n",
            HEAD + b"allowed-tools: Read Bash(git:*)\nlicense: MIT\n---\n",
            ("allowed-tools-list",),
        ),
        (
            HEAD + b"allowed-tools:\n  - Read\n  - mcp__a__b\n\n# next\nlicense: MIT\n---\n",
            HEAD + b"allowed-tools: Read mcp__a__b\n\n# next\nlicense: MIT\n---\n",
            ("allowed-tools-list",),
        ),
        (
            HEAD + b"allowed-tools: Read,Grep, Bash(a, b)  # c\n---\n",
            HEAD + b"allowed-tools: Read Grep Bash(a, b)  # c\n---\n",
            ("allowed-tools-commas",),
        ),
        (
            HEAD + b"metadata: {version: 1.10, on: yes}  # v\n---\n",
            HEAD + b'metadata: {version: "1.10", on: "yes"}  # v\n---\n',
            ("unquoted-value",),
        ),
    ],
)
def test_what_is_mended_and_nothing_else(before: bytes, after: bytes, codes: tuple[str, ...]) -> None:
    assert mended(before) == (after, codes)
    assert mended(after) == (after, ())


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"license: a: b # note\n---\n",
        HEAD + b"allowed-tools:\n  - Read  # because\n---\n",
        HEAD + b"allowed-tools: ['Bash(git commit:*)', Read]\n---\n",
        HEAD + b"allowed-tools: [Read, 1]\n---\n",
        HEAD + b"license: 010\n---\n",
        HEAD + b"license: !!str 010\n---\n",
        HEAD + b"disable-model-invocation: yes\nuser-invocable: off\n---\n",
        HEAD + b"x: [\n---\n",
        b"# no frontmatter\n",
        b"---\nname: caf\xe9\n---\n",
    ],
)
def test_what_would_need_judgement_is_left_alone(data: bytes) -> None:
    assert mended(data) == (data, ())


@pytest.mark.parametrize("case", CORPUS.values(), ids=CORPUS.keys())
def test_hostile_files_are_mended_to_the_same_meaning_or_left_alone(case: object) -> None:
    data: bytes = case.data  # type: ignore[attr-defined] # a fixture of another test module
    after, _ = mended(data)
    assert mended(after) == (after, ())
    assert parse(after).body == parse(data).body


@given(st.text(alphabet="name: demo\n-'\"#[],&*|>\r\t ü", max_size=120))
def test_no_text_loses_a_key_or_its_body(text: str) -> None:
    data = f"---\n{text}\n---\nBody\n".encode()
    before = parse(data)
    after = parse(mended(data)[0])
    assert list(after.values) == list(before.values)
    assert after.body == before.body


def library(tmp_path: Path, text: str) -> Path:
    (tmp_path / "skills/demo/scripts").mkdir(parents=True)
    (tmp_path / "skills/demo/SKILL.md").write_text(text)
    return tmp_path


BROKEN = "---\nname: demo\ndescription: Use when: asked\n---\n```sh\nscripts/run.sh\n```\n"


def test_files_are_replaced_whole_and_keep_their_mode(tmp_path: Path) -> None:
    root = library(tmp_path, BROKEN)
    file = root / "skills/demo/SKILL.md"
    file.chmod(0o640)
    (root / "skills/demo/scripts/run.sh").write_text("#!/bin/sh\n")
    found = validate(root, "skills/demo")
    fixes = plan(root, found.skill, found.problems)
    assert [(fix.path, fix.codes) for fix in fixes] == [
        ("skills/demo/SKILL.md", ("unquoted-colon",)),
        ("skills/demo/scripts/run.sh", ("script-not-executable",)),
    ]
    for fix in fixes:
        assert list(fix.diff())
        apply(root, fix)
    assert "description: 'Use when: asked'" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.access(root / "skills/demo/scripts/run.sh", os.X_OK)
    assert sorted(path.name for path in file.parent.iterdir()) == ["SKILL.md", "scripts"]
    assert [one.severity for one in validate(root, "skills/demo").problems] == ["info"]


def test_a_file_that_changed_meanwhile_is_not_written(tmp_path: Path) -> None:
    root = library(tmp_path, BROKEN)
    found = validate(root, "skills/demo")
    (fix,) = plan(root, found.skill, found.problems)
    file = root / "skills/demo/SKILL.md"
    file.write_text(BROKEN + "One more line.\n")
    with pytest.raises(ConflictError, match="changed since"):
        apply(root, fix)
    assert file.read_text() == BROKEN + "One more line.\n"


def test_a_file_that_is_reached_through_a_link_is_left_alone(tmp_path: Path) -> None:
    root = library(tmp_path, BROKEN)
    file = root / "skills/demo/SKILL.md"
    file.rename(root / "real.md")
    file.symlink_to("../../real.md")
    found = validate(root, "skills/demo")
    assert any(problem.code == "unquoted-colon" for problem in found.problems)
    assert plan(root, found.skill, found.problems) == ()


def test_a_file_exchanged_for_a_link_meanwhile_is_not_followed(tmp_path: Path) -> None:
    root = library(tmp_path / "library", BROKEN)
    outside = tmp_path / "outside.md"
    outside.write_text(BROKEN)
    found = validate(root, "skills/demo")
    (fix,) = plan(root, found.skill, found.problems)
    file = root / "skills/demo/SKILL.md"
    file.unlink()
    file.symlink_to(outside)
    with pytest.raises(Exception, match="can't be mended"):
        apply(root, fix)
    assert outside.read_text() == BROKEN


def test_a_diff_shows_what_cannot_be_seen(tmp_path: Path) -> None:
    root = library(tmp_path, "\ufeff---\nname: demo\ndescription: x\x1b\n---\nx\n")
    found = validate(root, "skills/demo")
    (fix,) = plan(root, found.skill, found.problems)
    text = "\n".join(fix.diff())
    assert "-⟨U+FEFF⟩---" in text
    assert "\x1b" not in text
