"""Lock files of installers: read within bounds, written without losing what others keep in them."""

import json
from pathlib import Path

import pytest

from workbench.errors import ConflictError
from workbench.reviews.lockfile import LOCK_FILE, changed_lock, computed_hash, parse_lock, read_lock, write_lock

ENTRY = {"source": "o/r", "sourceType": "github", "computedHash": "00"}


def parsed(document: object) -> list[str]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return [problem.message for problem in parse_lock(Path(LOCK_FILE), data).problems]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe{", "not UTF-8"),
        (b"not json", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a":' * 100_000, "not JSON"),
        (b"{}", "no 'skills'"),
        (b'{"version": 1, "skills": []}', "no 'skills'"),
        (b'{"version": 9, "skills": {}}', "version is not 1"),
        (b"x" * (5 << 20), "larger than 4 MiB"),
        (b'{\n<<<<<<< HEAD\n"version": 1,\n=======\n>>>>>>> other\n', "merge conflict"),
    ],
)
def test_a_lock_that_is_not_one_is_said_and_never_raises(data: bytes, said: str) -> None:
    assert any(said in message for message in parsed(data))


def test_too_many_entries_are_not_read() -> None:
    assert "entries" in parsed({"version": 1, "skills": {str(n): {} for n in range(20_001)}})[0]


def test_an_entry_that_is_no_object_is_left_out_and_said() -> None:
    lock = parse_lock(Path(LOCK_FILE), json.dumps({"version": 1, "skills": {"a": 1, "b": ENTRY}}).encode())
    assert list(lock.skills) == ["b"]
    assert "'a' is not an object" in lock.problems[0].message


def test_a_lock_that_leads_out_of_the_library_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text(json.dumps({"version": 1, "skills": {"a": ENTRY}}))
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / LOCK_FILE).symlink_to(tmp_path / "outside.json")
    lock = read_lock(tmp_path / "library")
    assert lock.skills == {}
    assert lock.problems[0].code == "lock-unreadable"


def test_writing_sorts_by_name_and_keeps_what_it_does_not_know(tmp_path: Path) -> None:
    before = {"version": 1, "owner": "us", "skills": {"z": {**ENTRY, "note": "mine"}, "odd": 7}}
    (tmp_path / LOCK_FILE).write_text(json.dumps(before))
    lock = read_lock(tmp_path)
    write_lock(lock, changed_lock(lock, {"ä": ENTRY, "a": {**ENTRY, "tree": "1" * 40}}))
    text = (tmp_path / LOCK_FILE).read_text(encoding="utf-8")
    after = json.loads(text)
    assert list(after["skills"]) == ["a", "odd", "z", "ä"]
    assert after["owner"] == "us"
    assert after["skills"]["z"] == before["skills"]["z"]  # type: ignore[index]
    assert after["skills"]["odd"] == 7
    assert text.endswith("}\n")
    assert "ä" in text
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_FILE]


def test_a_lock_with_a_merge_conflict_is_never_overwritten(tmp_path: Path) -> None:
    conflict = '{\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> b\n}\n'
    (tmp_path / LOCK_FILE).write_text(conflict)
    with pytest.raises(ConflictError, match="merge conflict"):
        changed_lock(read_lock(tmp_path), {"a": ENTRY})
    assert (tmp_path / LOCK_FILE).read_text() == conflict


def test_a_name_that_is_no_unicode_survives(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_bytes(b'{"version": 1, "skills": {"\\ud800": {"source": "x"}}}')
    lock = read_lock(tmp_path)
    write_lock(lock, changed_lock(lock, {"a": ENTRY}))
    assert b'"\\ud800"' in (tmp_path / LOCK_FILE).read_bytes()


def test_the_hash_is_that_of_paths_and_bytes_in_the_installers_order(tmp_path: Path) -> None:
    import hashlib

    for name in ("SKILL.md", "a.md", "B.md", "_x", "scripts/run.sh", "node_modules/left/out.js", ".git/config"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode() + b"!")
    (tmp_path / "link").symlink_to("a.md")
    order = ("_x", "a.md", "B.md", "scripts/run.sh", "SKILL.md")
    expected = hashlib.sha256(b"".join(name.encode() + name.encode() + b"!" for name in order)).hexdigest()
    assert computed_hash(tmp_path) == expected


def test_there_is_no_hash_where_its_order_would_depend_on_a_locale(tmp_path: Path) -> None:
    (tmp_path / "ä.md").write_text("x")
    assert computed_hash(tmp_path) is None
