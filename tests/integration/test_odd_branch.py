"""A reviews branch that somebody filled with what no program puts there: every command answers, soon, and says so."""

import hashlib
import os
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from workbench.reviews.model import REVIEWS_REF

SECONDS = 8.0
"""A whole second a command would do; machines that test many things at once are slower."""


@pytest.fixture
def approved(library: Any) -> Any:
    """Skill `a` approved, `b` not."""
    library.skill("skills/a")
    library.skill("skills/b", body="Other.\n")
    library.commit()
    library.workspace().reviews.decide("skills/a", "approve", "read it")
    return library


def fast_import(library: Any, stream: bytes) -> None:
    done = subprocess.run(
        ["git", "fast-import", "--quiet", "--force"], input=stream, cwd=library.root, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def head_of(library: Any) -> str:
    return str(library.git("rev-parse", REVIEWS_REF).strip())


def commit_files(library: Any, *changes: bytes, parents: tuple[str, ...] = ()) -> None:
    """One commit on the reviews branch; each change is a line of fast-import, with its data."""
    first, *more = parents or (head_of(library),)
    merges = b"".join(b"merge " + parent.encode() + b"\n" for parent in more)
    fast_import(
        library,
        b"commit " + REVIEWS_REF.encode() + b"\ncommitter Eve <eve@example.com> 1767225600 +0000\ndata 3\nodd\n"
        b"from " + first.encode() + b"\n" + merges + b"".join(changes),
    )


def inline(path: bytes, data: bytes, mode: bytes = b"100644") -> bytes:
    quoted = (
        b'"'
        + b"".join(b"\\%03o" % byte if byte < 33 or byte in b'"\\' or byte > 126 else bytes([byte]) for byte in path)
        + b'"'
    )
    return b"M " + mode + b" inline " + quoted + b"\ndata " + str(len(data)).encode() + b"\n" + data + b"\n"


def everything_answers(library: Any, workbench: Any) -> dict[str, Any]:
    """Run the commands twice, without and with what the first run kept; gives the states by name."""
    states: dict[str, Any] = {}
    for _ in range(2):
        for command in (("review", "verify"), ("review", "log"), ("skills", "list"), ("review", "list")):
            for form in ((), ("--json",)):
                began = time.monotonic()
                said = workbench(*command, *form)
                assert time.monotonic() - began < SECONDS, command
                assert said.code in (0, 1), (command, said.err)
                assert "Traceback" not in said.err
                assert "\x1b" not in said.out + said.err
                if command == ("skills", "list") and form:
                    states = {one["name"]: one["state"] for one in said.json}
    assert states == {"a": "approved", "b": "draft"}
    return states


RECORD = b"records/skills/b/000000000000/20260101T000000Z-0000000000000000.yaml"


def test_submodules_in_the_place_of_records(approved: Any, workbench: Any) -> None:
    sha = b"1" * 40
    commit_files(approved, b"M 160000 " + sha + b" " + RECORD + b"\n", b"M 160000 " + sha + b" records/skills/c.yaml\n")
    commit_files(approved, b"M 160000 " + b"2" * 40 + b" trees\n")
    everything_answers(approved, workbench)


def test_links_in_the_place_of_records(approved: Any, workbench: Any) -> None:
    commit_files(approved, inline(RECORD, b"/etc/passwd", b"120000"), inline(RECORD + b".sig", b"/dev/zero", b"120000"))
    commit_files(approved, inline(b"records/skills/more", b"../../..", b"120000"))
    everything_answers(approved, workbench)


def test_huge_files(approved: Any, workbench: Any) -> None:
    commit_files(approved, inline(RECORD, b"a: b\n" * (12 << 20)), inline(RECORD + b".sig", b"\0" * (32 << 20)))
    everything_answers(approved, workbench)


def test_ten_thousand_files_in_one_folder(approved: Any, workbench: Any) -> None:
    folder = b"records/skills/b/000000000000/"
    commit_files(
        approved, *(inline(folder + b"20260101T000000Z-%016x.yaml" % n, b"schema: 1\n") for n in range(10_000))
    )
    everything_answers(approved, workbench)


@pytest.mark.parametrize(
    "name",
    [b"a\nb",
     b"\x1b]52;c;eA==\x07", b"\xff\xfe", b"tab\there", b'quo"te', b"\xe2\x80\xae", b"-rf", b"a" * 250, b":(glob)**"],
)  # fmt: skip
def test_names_that_act_on_terminals_or_on_git(approved: Any, workbench: Any, name: bytes) -> None:
    commit_files(
        approved,
        inline(b"records/" + name + b"/000000000000/20260101T000000Z-0000000000000000.yaml", b"schema: 1\n"),
        inline(b"records/skills/b/" + name + b".yaml", b"schema: 1\n"),
        inline(b"records/" + name, b"x") if name != b"-rf" else b"",
    )
    everything_answers(approved, workbench)


def crafted(library: Any, lines: Callable[[str, str], bytes]) -> None:
    """Put a commit on the branch whose object git itself would not write."""
    head = head_of(library)
    tree = library.git("rev-parse", f"{head}^{{tree}}").strip()
    done = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        input=lines(tree, head), cwd=library.root, capture_output=True, check=True,
    )  # fmt: skip
    library.git("update-ref", REVIEWS_REF, done.stdout.decode().strip())


@pytest.mark.parametrize(
    "who",
    [
        b"author Eve <eve@example.com>\ncommitter Eve <eve@example.com>\n",
        b"author Eve <eve@example.com> \ncommitter Eve <eve@example.com> \n",
        b"author Eve <eve@example.com> 99999999999999999999 +0000\ncommitter Eve <eve@example.com> -5 +9999\n",
        b"author \ncommitter \n",
        b"author <> 1 +0000\ncommitter <> 1 +0000\n",
        b"author \xff\xfe <\xff> 1 +0000\ncommitter \x1b[31m <x> 1 +0000\n",
        b"",
    ],
)
def test_commits_without_a_date_or_an_author(approved: Any, workbench: Any, who: bytes) -> None:
    # The commit brings a record, so that its date and author are asked for.
    head = head_of(approved)
    tree = approved.git("rev-parse", "HEAD:skills/b").strip()
    file = approved.workspace().row("a").standing.records[0].file
    told = yaml.safe_load(approved.git("show", f"{REVIEWS_REF}:{file}"))
    raw = yaml.safe_dump(told | {"path": "skills/b", "tree": tree, "at": "2026-01-01T00:00:00Z"}).encode()
    name = f"records/skills/b/{tree[:12]}/20260101T000000Z-{hashlib.sha256(raw).hexdigest()[:16]}.yaml"
    commit_files(approved, inline(name.encode(), raw))
    crafted(approved, lambda tree, _: f"tree {tree}\nparent {head}\n".encode() + who + b"\nodd\n")
    approved.git("rev-parse", REVIEWS_REF)
    everything_answers(approved, workbench)
    records = approved.workspace().row("b").standing.records
    assert [record.counts for record in records] == [False]


def test_an_octopus_that_brings_records_from_many_sides(approved: Any, workbench: Any) -> None:
    base = head_of(approved)
    sides = []
    for number in range(8):
        approved.git("update-ref", REVIEWS_REF, base)
        approved.workspace().reviews.decide("skills/a", "comment", f"side {number}")
        sides.append(head_of(approved))
    approved.git("update-ref", REVIEWS_REF, base)
    commit_files(approved, parents=(base, *sides))
    everything_answers(approved, workbench)
    assert len(approved.workspace().row("a").standing.records) == 9


def test_a_criss_cross_counts_every_record_once_and_loses_no_dissent(approved: Any, workbench: Any) -> None:
    base = head_of(approved)
    approved.workspace().reviews.decide("skills/b", "comment", "left")
    left = head_of(approved)
    approved.git("update-ref", REVIEWS_REF, base)
    approved.workspace().reviews.decide("skills/b", "comment", "right")
    right = head_of(approved)
    commit_files(approved, parents=(left, right))
    one = head_of(approved)
    approved.git("update-ref", REVIEWS_REF, right)
    commit_files(approved, b"deleteall\n", parents=(right, left))
    other = head_of(approved)
    approved.git("update-ref", REVIEWS_REF, one)
    commit_files(approved, parents=(one, other))
    everything_answers(approved, workbench)
    said = sorted(record.reason for record in approved.workspace().row("b").standing.records)
    assert said == ["left", "right"]
    assert os.environ["WORKBENCH_DATA"]


def test_a_branch_that_is_a_blob_a_tree_or_a_tag(approved: Any, workbench: Any) -> None:
    blob = approved.git("rev-parse", "HEAD:skills/a/SKILL.md").strip()
    path = approved.root / ".git" / REVIEWS_REF
    kept = path.read_text()
    for wrong in (blob, approved.git("rev-parse", "HEAD^{tree}").strip()):
        path.write_text(wrong + "\n")
        for command in (("review", "verify"), ("review", "log"), ("skills", "list")):
            said = workbench(*command)
            assert said.code == 3, (wrong, command, said.out)
            assert "which is no commit" in said.err
            assert "git fetch origin" in said.err
    for wrong in ("0" * 40, "f" * 40, "rubbish"):
        path.write_text(wrong + "\n")
        for command in (("review", "verify"), ("review", "log"), ("skills", "list")):
            said = workbench(*command)
            assert "Traceback" not in said.err
            assert "✓" not in said.out
    approved.git("tag", "-a", "-m", "x", "there", kept.strip())
    path.write_text(approved.git("rev-parse", "there"))
    assert approved.state("a") == "approved"
    path.write_text(kept)
    assert workbench("skills", "list").code == 0


def test_a_clone_that_lacks_a_record_says_so_and_judges_nothing(approved: Any, workbench: Any) -> None:
    approved.workspace().reviews.decide("skills/a", "revoke", "no")
    revoke = approved.workspace().row("a").standing.records[-1].file
    blob = approved.git("rev-parse", f"{REVIEWS_REF}:{revoke}").strip()
    (approved.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    said = workbench("review", "verify")
    assert said.code == 3
    assert "lacks 1 file of the branch workbench/reviews" in said.err
    assert "git fetch --refetch" in said.err
