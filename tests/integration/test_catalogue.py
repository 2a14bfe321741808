"""The catalogue: what it gives is what reading gives, whatever happened to the files, the file it keeps, or others."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.skills import catalogue_rows, frontmatter, reader
from workbench.skills.catalogue import Catalogue
from workbench.skills.catalogue_rows import blob_id, skill_from_text, skill_to_text
from workbench.skills.reader import parse_skill, read_all

TICK_SECONDS = 0.02


@pytest.fixture
def quick_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks prove something 20 ms after a change, so that a test need not wait two seconds for each."""
    monkeypatch.setattr(catalogue_rows, "TICK_NS", int(TICK_SECONDS * 1e9))


def skill(root: Path, id_: str, body: str = "Do it.\n", **fields: str) -> Path:
    name = id_.rpartition("/")[2]
    lines = {"name": name, "description": f"Does {name}.", **fields}
    file = root / id_ / "SKILL.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "---\n" + "".join(f"{k}: {v}\n" for k, v in lines.items()) + f"---\n{body}"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    return file


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many SKILL.md were opened, and how many parsed."""
    counts = {"opened": 0, "parsed": 0}

    def count(module: Any, name: str, what: str) -> None:
        original = getattr(module, name)

        def counting(*args: Any, **options: Any) -> Any:
            counts[what] += 1
            return original(*args, **options)

        monkeypatch.setattr(module, name, counting)

    count(reader, "read", "opened")
    count(frontmatter, "parse", "parsed")
    return counts


def test_an_unchanged_skill_is_neither_opened_nor_parsed(
    tmp_path: Path, quick_clock: None, counted: dict[str, int]
) -> None:
    for number in range(5):
        skill(tmp_path / "library", f"skills/s{number}")
    time.sleep(2 * TICK_SECONDS)
    first = Catalogue.open(tmp_path / "library", tmp_path / "c.db").read()
    assert counted == {"opened": 5, "parsed": 5}
    again = Catalogue.open(tmp_path / "library", tmp_path / "c.db")
    assert again.read() == first
    assert counted == {"opened": 5, "parsed": 5}
    skill(tmp_path / "library", "skills/s3", "Do it otherwise.\n")
    assert again.read() == read_all(tmp_path / "library")


def test_a_touched_or_moved_or_copied_file_is_not_parsed_again(
    tmp_path: Path, quick_clock: None, counted: dict[str, int]
) -> None:
    file = skill(tmp_path / "library", "skills/a")
    Catalogue.open(tmp_path / "library", tmp_path / "c.db").read()
    assert counted["parsed"] == 1
    os.utime(file)
    shutil.copytree(tmp_path / "library", tmp_path / "another")
    (tmp_path / "another/skills/a").rename(tmp_path / "another/skills/b")
    for library in ("library", "another"):
        read = Catalogue.open(tmp_path / library, tmp_path / "c.db").read()
        assert counted["parsed"] == 1
        assert read == read_all(tmp_path / library)
        counted["parsed"] = 1


def test_a_change_within_one_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    """Same size, same times, same inode: only the content tells, and git has the same trouble with its index."""
    file = skill(tmp_path / "library", "skills/a", "old\n")
    catalogue = Catalogue.open(tmp_path / "library", tmp_path / "c.db")
    before = file.stat()
    assert "old" not in catalogue.read()[0][0].description
    with file.open("r+") as opened:
        opened.write("---\nname: a\ndescription: Doet a.\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert catalogue.read()[0][0].description == "Doet a."


def test_a_file_whose_time_was_set_back_is_seen(tmp_path: Path, quick_clock: None) -> None:
    file = skill(tmp_path / "library", "skills/a")
    catalogue = Catalogue.open(tmp_path / "library", tmp_path / "c.db")
    time.sleep(2 * TICK_SECONDS)
    catalogue.read()
    before = file.stat()
    file.write_text(file.read_text().replace("Does", "Doet"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert catalogue.read()[0][0].description == "Doet a."


def test_what_is_behind_a_link_is_seen(tmp_path: Path, quick_clock: None) -> None:
    library = tmp_path / "library"
    real = skill(library, "shared/a")
    target = library / "elsewhere.md"
    real.rename(target)
    real.symlink_to("../../elsewhere.md")
    (library / "shared/a/doc.md").symlink_to("../later.md")
    time.sleep(2 * TICK_SECONDS)
    catalogue = Catalogue.open(library, tmp_path / "c.db")
    assert catalogue.read() == read_all(library)
    target.write_text("---\nname: a\ndescription: Another text.\n---\nx\n")
    assert catalogue.read() == read_all(library)
    time.sleep(2 * TICK_SECONDS)
    catalogue.read()
    (library / "shared/later.md").write_text("now it exists")
    assert catalogue.read() == read_all(library)


def _write_skill(root: Path, made: random.Random) -> None:
    fields = made.choice(({}, {"version": "1"}, {"description": "Use when: odd"}, {"name": "Wrong_Name"}))
    skill(root, f"skills/{made.choice('abc')}", made.choice(("x\n", "[l](doc.md)\n", "[l](s/run.py)\n")), **fields)


def _write_other(root: Path, made: random.Random) -> None:
    file = root / "skills" / made.choice("abc") / made.choice(("doc.md", "s/run.py", "s/deep/er.txt"))
    if file.is_symlink():
        return  # an edit must never be written through a link: it would change what the link leads to
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(made.choice(("one", "two", "")))
    file.chmod(made.choice((0o644, 0o755)))


def _damage(root: Path, made: random.Random) -> None:
    file = root / "skills" / made.choice("abc") / "SKILL.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(made.choice((b"", b"\xff\xfe-", b"---\nname: [\n---\n", b"---\nname: a\nname: b\n---\n")))


def _remove(root: Path, made: random.Random) -> None:
    shutil.rmtree(root / "skills" / made.choice("abc"), ignore_errors=True)


def _rename(root: Path, made: random.Random) -> None:
    old, new = (root / "skills" / letter for letter in made.sample("abc", 2))
    if old.exists() and not new.exists():
        old.rename(new)


def _link(root: Path, made: random.Random) -> None:
    place = root / "skills" / made.choice("abc") / made.choice(("doc.md", "link"))
    if place.parent.is_dir() and not place.is_symlink() and not place.exists():
        outside = root.parent / "outside.txt"  # below this test's own folder, as everything it touches has to be
        outside.write_text("nobody's skill")
        place.symlink_to(made.choice(("SKILL.md", "../b", str(outside), "nowhere")))


def _touch(root: Path, made: random.Random) -> None:
    for file in (root / "skills").rglob("*"):
        os.utime(file, ns=(1, 1), follow_symlinks=False)


EDITS: tuple[Callable[[Path, random.Random], None], ...] = (
    _write_skill, _write_skill, _write_other, _damage, _remove, _rename, _link, _touch,
)  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), wait=st.booleans())
def test_after_any_edits_it_gives_what_reading_gives(
    tmp_path_factory: pytest.TempPathFactory, quick_clock: None, seed: int, wait: bool
) -> None:
    made = random.Random(seed)
    folder = tmp_path_factory.mktemp("edits")
    library = folder / "library"
    (library / "skills").mkdir(parents=True)
    long_open = Catalogue.open(library, folder / "c.db")
    for _ in range(12):
        for _ in range(made.randrange(1, 4)):
            made.choice(EDITS)(library, made)
        if wait:
            time.sleep(2 * TICK_SECONDS)
        expected = read_all(library)
        assert long_open.read() == expected
        newly_open = Catalogue.open(library, folder / "c.db")
        assert newly_open.read() == expected
        assert newly_open.reread([one.id for one in expected[0][:2]]) == expected[0][:2]


texts = st.text(max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(data=st.binary(max_size=300) | texts.map(lambda t: f"---\nname: x\ndescription: {t}\n---\n{t}".encode()))
def test_what_is_kept_of_a_skill_gives_it_back_exactly(data: bytes) -> None:
    read = parse_skill("skills/x", data, present=set())
    assert skill_from_text("skills/x", skill_to_text(read)) == read
    matter = frontmatter.parse(data)
    kept = catalogue_rows.frontmatter_from_text(catalogue_rows.frontmatter_to_text(matter))
    assert frontmatter.parse_again(data, kept) == matter


def test_a_blob_id_is_gits(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x\0y")
    said = subprocess.run(["git", "hash-object", "f"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert blob_id(b"x\0y") == said.stdout.strip()


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough " * 200, b"SQLite format 3\0" + b"\xff" * 9000]
)
def test_a_damaged_file_is_moved_aside_and_begun_anew(tmp_path: Path, content: bytes) -> None:
    skill(tmp_path / "library", "skills/a")
    (tmp_path / "c.db").write_bytes(content)
    catalogue = Catalogue.open(tmp_path / "library", tmp_path / "c.db")
    assert "begun anew" in catalogue.note
    assert catalogue.read() == read_all(tmp_path / "library")
    assert (tmp_path / "c.db.aside").read_bytes() == content
    assert Catalogue.open(tmp_path / "library", tmp_path / "c.db").note == ""


def test_a_newer_programs_file_is_moved_aside(tmp_path: Path) -> None:
    Catalogue.open(tmp_path, tmp_path / "c.db")
    newer = sqlite3.connect(tmp_path / "c.db")
    newer.execute("PRAGMA user_version = 999")
    newer.close()
    assert "schema 999" in Catalogue.open(tmp_path, tmp_path / "c.db").note


def test_damage_in_the_middle_is_found_when_it_is_read_and_mended_at_the_next_start(tmp_path: Path) -> None:
    library = tmp_path / "library"
    for number in range(200):
        skill(library, f"skills/s{number}", "x" * 500)
    catalogue = Catalogue.open(library, tmp_path / "c.db")
    expected = catalogue.read()
    assert catalogue.store is not None
    catalogue.store.close()
    data = bytearray((tmp_path / "c.db").read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    (tmp_path / "c.db").write_bytes(data)
    assert Catalogue.open(library, tmp_path / "c.db").read() == expected
    third = Catalogue.open(library, tmp_path / "c.db")
    assert third.read() == expected
    assert third.note == ""
    assert third.store is not None
    assert third.store.check() == []


def test_a_folder_that_cant_be_written_means_working_without(tmp_path: Path) -> None:
    skill(tmp_path / "library", "skills/a")
    (tmp_path / "file").write_text("in the way")
    catalogue = Catalogue.open(tmp_path / "library", tmp_path / "file" / "c.db")
    assert catalogue.read() == read_all(tmp_path / "library")
    assert "without a catalogue" in catalogue.note


def test_a_busy_file_keeps_nobody_from_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench import storage

    skill(tmp_path / "library", "skills/a")
    catalogue = Catalogue.open(tmp_path / "library", tmp_path / "c.db")
    holder = sqlite3.connect(tmp_path / "c.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(storage, "BUSY_TIMEOUT_SECONDS", 0.05)
    other = Catalogue.open(tmp_path / "library", tmp_path / "c.db")
    assert other.read() == read_all(tmp_path / "library")
    holder.execute("ROLLBACK")
    assert catalogue.read() == other.read()


def test_a_library_and_skills_whose_names_are_not_utf8_are_read(tmp_path: Path) -> None:
    odd = os.fsdecode(b"od\xff")
    for library in (tmp_path / "library", tmp_path / odd):
        skill(library, f"skills/{odd}")
        skill(library, "skills/a")
        catalogue = Catalogue.open(library, tmp_path / "c.db")
        assert catalogue.read() == read_all(library)
        assert catalogue.read() == read_all(library)


_READER = """
import sys
from pathlib import Path
from workbench.skills.catalogue import Catalogue
print("ready", flush=True)
while True:
    Catalogue.open(Path(sys.argv[1]), Path(sys.argv[2])).read()
"""


def test_processes_that_read_at_once_and_are_killed_leave_a_file_that_is_right(tmp_path: Path) -> None:
    library = tmp_path / "library"
    for number in range(60):
        skill(library, f"skills/s{number}")
    readers = [
        subprocess.Popen([sys.executable, "-c", _READER, str(library), str(tmp_path / "c.db")], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    for reader_ in readers:
        assert reader_.stdout is not None
        reader_.stdout.readline()
    for number in range(30):
        skill(library, f"skills/s{number}", f"Changed {number}.\n")
    for reader_ in readers:
        os.kill(reader_.pid, signal.SIGKILL)
        reader_.wait()
        assert reader_.stdout is not None
        reader_.stdout.close()
    catalogue = Catalogue.open(library, tmp_path / "c.db")
    assert catalogue.note == ""
    assert catalogue.read() == read_all(library)
    assert catalogue.store is not None
    assert catalogue.store.check() == []


def test_what_other_code_read_is_read_again(
    tmp_path: Path, quick_clock: None, monkeypatch: pytest.MonkeyPatch, counted: dict[str, int]
) -> None:
    skill(tmp_path / "library", "skills/a")
    time.sleep(2 * TICK_SECONDS)
    Catalogue.open(tmp_path / "library", tmp_path / "c.db").read()
    monkeypatch.setattr("workbench.skills.catalogue.code_mark", lambda: b"another")
    later = Catalogue.open(tmp_path / "library", tmp_path / "c.db")
    assert [one.id for one in later.remembered()] == ["skills/a"]
    later.read()
    assert counted["parsed"] == 2


def test_what_is_remembered_is_there_before_anything_is_looked_at(tmp_path: Path) -> None:
    library = tmp_path / "library"
    skill(library, "skills/a")
    skill(library, "more/b")
    Catalogue.open(library, tmp_path / "c.db").read()
    shutil.rmtree(library / "skills")
    again = Catalogue.open(library, tmp_path / "c.db")
    assert [one.id for one in again.remembered()] == ["more/b", "skills/a"]
    assert [one.id for one in again.remembered(within="more")] == ["more/b"]
    again.read()
    assert [one.id for one in again.remembered()] == ["more/b"]
