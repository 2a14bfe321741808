"""Searching: what is found and in which order, that nothing old is found, and what the command line says."""

import os
import random
import threading
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from workbench.skills.catalogue import Catalogue
from workbench.skills.catalogue_texts import capabilities, take_texts
from workbench.skills.query import parse_query
from workbench.skills.search import MARKED, search
from workbench.skills.similar import similar


def write(root: Path, id_: str, description: str, body: str = "Do it.\n", name: str | None = None) -> Path:
    file = root / id_ / "SKILL.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\nname: {name or id_.rpartition('/')[2]}\ndescription: {description}\n---\n{body}")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "skill-library"
    write(root, "skills/invoice-reader", "Reads bills.", "Sums the totals of each table.\n")
    write(root, "skills/table-tools", "Cuts tables.", "Nothing else.\n")
    write(root, "skills/notes", "Keeps notes on an invoice or two.", "The word is far from the name.\n")
    write(root, "skills/body-only", "Does things.", "Deep inside, one invoice table. And a Café.\n")
    (root / "skills/notes/scripts").mkdir()
    (root / "skills/notes/scripts/ledger_sync.py").write_text("print('zanzibar')\n")
    return root


@pytest.fixture
def made_library(library: Any) -> Any:
    """A git library with an approved skill of Ada's and a draft of Bob's."""
    made = library
    made.skill("skills/deploy", "Do it thoroughly.\n")
    made.commit()
    made.workspace().reviews.decide("skills/deploy", "approve", "Read it.")
    made.skill("skills/notes")
    made.commit(author="Bob <bob@example.com>")
    return made


@pytest.fixture
def catalogue(folder: Path, tmp_path: Path) -> Catalogue:
    made = Catalogue.open(folder, tmp_path / "c.db")
    made.read()
    take_texts(made)
    return made


def ids(catalogue: Catalogue, text: str, **options: Any) -> list[str]:
    return [hit.id.removeprefix("skills/") for hit in search(catalogue, parse_query(text), limit=20, **options).hits]


def test_a_name_counts_more_than_a_description_and_that_more_than_a_body(catalogue: Catalogue) -> None:
    assert ids(catalogue, "invoice") == ["invoice-reader", "notes", "body-only"]


def test_every_word_has_to_be_found_and_the_last_may_be_a_beginning(catalogue: Catalogue) -> None:
    assert ids(catalogue, "invoice tab") == ["invoice-reader", "body-only"]
    assert ids(catalogue, "invo table") == []


def test_words_in_quotes_stand_together(catalogue: Catalogue) -> None:
    assert ids(catalogue, '"invoice table"') == ["body-only"]


def test_accents_and_case_do_not_matter(catalogue: Catalogue) -> None:
    assert ids(catalogue, "CAFE") == ["body-only"]


def test_part_of_a_word_is_found_in_names_and_descriptions_only(catalogue: Catalogue) -> None:
    assert ids(catalogue, "nvoic") == ["invoice-reader", "notes"]
    assert ids(catalogue, "ot") == ["notes"]


def test_file_names_are_found_and_what_is_in_scripts_is_not(catalogue: Catalogue) -> None:
    (hit,) = search(catalogue, parse_query("ledger"), limit=5).hits
    assert (hit.id, hit.matched) == ("skills/notes", ("files",))
    assert ids(catalogue, "zanzibar") == []


def test_a_snippet_marks_what_was_found(catalogue: Catalogue) -> None:
    hit = search(catalogue, parse_query("deep inside"), limit=1).hits[0]
    assert hit.matched == ("body",)
    assert f"{MARKED}Deep" in hit.snippet


def test_the_total_counts_what_the_limit_leaves_out(catalogue: Catalogue) -> None:
    results = search(catalogue, parse_query("invoice"), limit=1)
    assert (len(results.hits), results.total) == (1, 3)


def test_only_the_skills_that_filters_left_are_found(catalogue: Catalogue) -> None:
    assert ids(catalogue, "invoice", among={"skills/notes"}) == ["notes"]
    assert ids(catalogue, "", among={"skills/notes", "skills/table-tools"}) == ["notes", "table-tools"]


def test_before_the_second_pass_names_and_descriptions_are_found(folder: Path, tmp_path: Path) -> None:
    fresh = Catalogue.open(folder, tmp_path / "fresh.db")
    fresh.read()
    assert ids(fresh, "invoice") == ["invoice-reader", "notes"]


def test_nothing_old_is_found(catalogue: Catalogue, folder: Path) -> None:
    write(folder, "skills/notes", "Keeps other things.", "Quite new words.\n")
    (folder / "skills/body-only/SKILL.md").unlink()
    catalogue.read()
    take_texts(catalogue)
    assert ids(catalogue, "invoice") == ["invoice-reader"]
    assert ids(catalogue, "quite new") == ["notes"]
    assert ids(catalogue, "nvoic") == ["invoice-reader"]


def test_a_body_changed_within_one_tick_of_the_clock_is_searched_as_it_is(catalogue: Catalogue, folder: Path) -> None:
    """The skill says the same, the size is the same, and the time was set back: only the words differ."""
    file = folder / "skills/table-tools/SKILL.md"
    before = file.stat()
    file.write_text(file.read_text().replace("Nothing", "Nobody!"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    catalogue.read()
    take_texts(catalogue)
    assert ids(catalogue, "nothing") == []
    assert ids(catalogue, "nobody") == ["table-tools"]


def test_libraries_in_one_file_do_not_find_each_others_skills(
    catalogue: Catalogue, folder: Path, tmp_path: Path
) -> None:
    write(tmp_path / "other", "skills/invoice-other", "Reads an invoice too.")
    other = Catalogue.open(tmp_path / "other", tmp_path / "c.db")
    other.read()
    take_texts(other)
    assert ids(other, "invoice") == ["invoice-other"]
    assert ids(catalogue, "invoice") == ["invoice-reader", "notes", "body-only"]
    assert ids(other, "nvoic") == ["invoice-other"]


def test_the_second_pass_can_be_stopped_and_goes_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    for number in range(120):
        write(folder, f"many/s{number}", "One of many.", f"Body {number}.\n")
    made = Catalogue.open(folder, tmp_path / "c.db")
    made.read()
    stop = threading.Event()
    said = []

    def progress(done: int, total: int) -> None:
        said.append((done, total))
        stop.set()

    first = take_texts(made, on_progress=progress, cancel=stop)
    assert 0 < first.skills < 124
    assert said == [(first.skills, 124)]
    rest = take_texts(made)
    assert first.skills + rest.skills == 124
    assert take_texts(made).skills == 0
    assert len(ids(made, "body")) == 20


def test_a_file_is_scanned_once_wherever_it_is(folder: Path, tmp_path: Path) -> None:
    seen: list[tuple[str, bool]] = []

    def scan(path: str, data: bytes, *, executable: bool) -> Collection[str]:
        seen.append((path, executable))
        return {"network"} if b"zanzibar" in data else set()

    made = Catalogue.open(folder, tmp_path / "c.db")
    made.read()
    take_texts(made)
    assert capabilities(made) == {}
    take_texts(made, scan=scan)
    (folder / "skills/table-tools/scripts").mkdir()
    (folder / "skills/table-tools/scripts/ledger_sync.py").write_text("print('zanzibar')\n")
    made.read()
    take_texts(made, scan=scan)
    can = capabilities(made)
    assert {id_ for id_, kinds in can.items() if "network" in kinds} == {"skills/notes", "skills/table-tools"}
    assert len(can) == 4
    assert [path for path, _ in seen].count("scripts/ledger_sync.py") == 1
    (folder / "skills/notes/scripts/ledger_sync.py").chmod(0o755)
    made.read()
    take_texts(made, scan=scan)
    assert ("scripts/ledger_sync.py", True) in seen


def test_whatever_changes_while_texts_are_taken_is_found_in_the_end(folder: Path, tmp_path: Path) -> None:
    made, other = (Catalogue.open(folder, tmp_path / "c.db") for _ in range(2))
    stop = threading.Event()

    def keep_taking() -> None:
        while not stop.is_set():
            other.read()
            take_texts(other)

    taking = threading.Thread(target=keep_taking)
    taking.start()
    chosen = random.Random(7)
    try:
        for number in range(40):
            write(folder, f"skills/{chosen.choice(('notes', 'body-only'))}", "Changing.", f"word{number}\n")
            made.read()
            take_texts(made)
    finally:
        stop.set()
        taking.join()
    made.read()
    take_texts(made)
    for id_ in ("notes", "body-only"):
        word = (folder / f"skills/{id_}/SKILL.md").read_text().split()[-1]
        assert ids(made, word) == [id_]


def test_no_folder_makes_a_search_slow(folder: Path, tmp_path: Path) -> None:
    write(folder, "skills/huge", "Huge.", "word " * 400_000)
    for number in range(300):
        (folder / f"skills/huge/file{number}.txt").write_text("x" * 1000)
    (folder / "skills/huge/large.bin").write_bytes(b"\0" * (3 << 20))
    made = Catalogue.open(folder, tmp_path / "c.db")
    began = time.process_time()
    made.read()
    take_texts(made)
    assert time.process_time() - began < 2


def test_skills_like_another_share_telling_words(folder: Path, tmp_path: Path) -> None:
    write(folder, "more/bill-reader", "Reads bills and receipts.", name="invoice-reader")
    write(folder, "more/cutter", "Cuts tables into pieces.")
    skills, _ = Catalogue.open(folder, tmp_path / "c.db").read()
    found = similar(skills, "skills/invoice-reader")
    assert (found[0].id, found[0].same_name) == ("more/bill-reader", True)
    assert "invoice" in found[0].shared
    assert 0 < found[0].score <= 1
    (like_tables, *_) = similar(skills, "skills/table-tools")
    assert (like_tables.id, like_tables.shared[0]) == ("more/cutter", "cuts")
    assert all(one.id != "skills/table-tools" for one in similar(skills, "skills/table-tools"))


def test_the_command_line_searches_with_filters_on_states_and_authors(made_library: Any, workbench: Any) -> None:
    said = workbench("skills", "search", "deploy", "--json")
    assert said.code == 0
    (result,) = said.json["results"]
    assert {key: result[key] for key in ("path", "name", "state")} == {
        "path": "skills/deploy", "name": "deploy", "state": "approved",
    }  # fmt: skip
    assert said.json["total"] == 1
    assert set(result) == {"path", "name", "description", "score", "matched", "snippet", "state"}
    assert [r["name"] for r in workbench("skills", "search", "-state:approved", "--json").json["results"]] == ["notes"]
    assert [r["name"] for r in workbench("skills", "search", "author:bob", "--json").json["results"]] == ["notes"]
    assert "notes" in workbench("skills", "search", "state:draft").out


def test_the_command_line_says_no_with_1_and_names_a_wrong_filter_with_2(made_library: Any, workbench: Any) -> None:
    nothing = workbench("skills", "search", "zzzz", "--json")
    assert (nothing.code, nothing.json) == (1, {"query": "zzzz", "total": 0, "results": []})
    wrong = workbench("skills", "search", "stat:draft")
    assert wrong.code == 2
    assert "did you mean 'state:'" in wrong.err


def test_the_command_line_knows_what_skills_can_do(made_library: Any, workbench: Any) -> None:
    made_library.write("skills/deploy/scripts/send.py", "import requests\nrequests.get('https://example.com/x')\n")
    assert [r["name"] for r in workbench("skills", "search", "cap:network", "--json").json["results"]] == ["deploy"]
    assert [r["name"] for r in workbench("skills", "search", "-cap:network", "--json").json["results"]] == ["notes"]


def test_only_the_part_of_a_library_that_is_open_is_searched(made_library: Any, workbench: Any) -> None:
    made_library.skill("other/elsewhere", "Also thoroughly.\n")
    assert workbench("skills", "search", "thoroughly", "--json").json["total"] == 2
    part = str(made_library.root / "skills")
    assert workbench("skills", "search", "thoroughly", "--json", "--library", part).json["total"] == 1


def test_the_command_line_searches_without_a_file_of_its_own(
    made_library: Any, workbench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in-the-way").write_text("")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "in-the-way"))
    assert workbench("skills", "search", "thoroughly").code == 0


def test_the_command_line_shows_what_is_like_a_skill(made_library: Any, workbench: Any) -> None:
    made_library.skill("skills/deploy-again", description="Does deploy. Use when deploy is needed.")
    said = workbench("skills", "similar", "deploy", "--json").json
    assert said["skill"] == "skills/deploy"
    assert (said["results"][0]["path"], said["results"][0]["same_name"]) == ("skills/deploy-again", False)
    assert "deploy" in said["results"][0]["shared"]
    assert workbench("skills", "similar", "nothing-like-it").code == 2


def test_hostile_text_stays_text_in_what_is_found(made_library: Any, workbench: Any) -> None:
    made_library.skill("skills/evil", "Deep \x1b[31mred\x1b[0m \u202e \x02x\x03 thoroughly.\n")
    assert "\x1b" not in workbench("skills", "search", "deep").out
    assert "\u202e" not in workbench("skills", "search", "deep").out


def test_what_begins_with_the_last_word_is_shown_with_its_surroundings(folder: Path, tmp_path: Path) -> None:
    for number in range(40):
        write(folder, f"many/s{number}", "One of many.", f"Here stands quixo{number} among other words.\n")
    made = Catalogue.open(folder, tmp_path / "c.db")
    made.read()
    take_texts(made)
    found = search(made, parse_query("quixo"), limit=7)
    assert (found.total, len(found.hits)) == (40, 7)
    for hit in found.hits:
        number = hit.id.removeprefix("many/s")
        assert hit.matched == ("body",)
        assert f"{MARKED}quixo{number}\x03" in hit.snippet


def test_one_letter_is_looked_for_in_names_and_found_by_name(folder: Path, tmp_path: Path) -> None:
    write(folder, "more/zz", "Last.", name="a-q")
    write(folder, "more/aa", "First.", name="b-q")
    made = Catalogue.open(folder, tmp_path / "c.db")
    made.read()
    assert ids(made, "q") == ["more/zz", "more/aa"]
