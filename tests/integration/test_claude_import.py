"""Importing Claude Code's logs counts every call once, whatever happens to the files."""

import json
import os
import random
import threading
from pathlib import Path
from typing import Any

import pytest

from workbench.analytics import claude_logs, claude_plan, claude_scan, claude_workers, prices
from workbench.analytics.claude_logs import ImportReport, Progress, import_claude, open_scratch, problems
from workbench.analytics.costs import cost_report
from workbench.errors import CancelledError, InputError
from workbench.storage import Store


def call(ident: str, *, output: int = 10, at: str = "2026-11-21T10:00:00Z", **changes: Any) -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": output, **changes.pop("usage", {})}
    return {
        "type": "assistant", "timestamp": at, "sessionId": "s1", "cwd": "/app", "uuid": f"u-{ident}",
        "message": {"id": ident, "model": changes.pop("model", "claude-opus-5"), "usage": usage}, **changes,
    }  # fmt: skip


def text(*lines: Any) -> bytes:
    return b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)


class Logs:
    """A folder of logs, and the store that they are imported into."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "claude"
        (self.root / "projects").mkdir(parents=True)
        self.store = Store(folder / "data" / "workbench.db")

    def write(self, name: str, *lines: Any) -> Path:
        path = self.root / "projects" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text(*lines))
        return path

    def bring_in(self, **options: Any) -> ImportReport:
        return import_claude(self.store, [self.root], **options)

    def rows(self) -> list[tuple[Any, ...]]:
        return [
            tuple(row)
            for row in self.store.query(
                "SELECT at, m.name, p.name, s.name, sidechain, input, output, cache_read, cache_write_5m,"
                " cache_write_1h, cost_nd FROM model_call JOIN log_name m ON m.id = model"
                " JOIN log_name p ON p.id = project JOIN log_name s ON s.id = session ORDER BY at, output, m.name"
            )
        ]

    def outputs(self) -> list[int]:
        return sorted(row[6] for row in self.rows())

    def reasons(self) -> list[tuple[str, int, str]]:
        return [(Path(p.path).name, p.line, p.reason) for p in problems(self.store)]


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path)


def test_a_first_import_says_what_it_did_and_a_second_does_nothing(logs: Logs) -> None:
    path = logs.write("-app/s1.jsonl", {"type": "user", "message": {"content": "hi"}}, call("a"), call("b", output=20))
    report = logs.bring_in()
    assert (report.roots, report.files, report.files_read) == ((logs.root / "projects",), 1, 1)
    assert (report.new_calls, report.updated_calls, report.problems) == (2, 0, 0)
    assert report.bytes_read == path.stat().st_size
    assert logs.outputs() == [10, 20]
    again = logs.bring_in()
    assert (again.files, again.files_read, again.bytes_read, again.new_calls) == (1, 0, 0, 0)


def test_copies_of_a_call_are_one_call_with_the_most_of_each_token_and_the_first_moment(logs: Logs) -> None:
    first = call("a", output=3, at="2026-11-21T10:00:05Z", usage={"cache_read_input_tokens": 100})
    later = call("a", output=700, at="2026-11-21T10:00:09Z", usage={"cache_creation_input_tokens": 5})
    early = call("a", output=1, at="2026-11-21T10:00:01Z")
    logs.write("-app/s1.jsonl", first, later)
    logs.write("-app/s2.jsonl", early)
    assert logs.bring_in().new_calls == 1
    expected = (1_795_255_201_000, "claude-opus-5", "/app", "s1", 0, 1, 700, 100, 5, 0)
    assert logs.rows() == [(*expected, 5000 + 700 * 25_000 + 100 * 500 + 5 * 6250)]


def test_what_becomes_known_later_raises_the_call_and_its_cost(logs: Logs) -> None:
    path = logs.write("-app/s1.jsonl", call("a", output=1))
    logs.bring_in()
    path.write_bytes(path.read_bytes() + text(call("a", output=50), call("b")))
    report = logs.bring_in()
    assert (report.new_calls, report.updated_calls) == (1, 1)
    assert [(row[6], row[10]) for row in logs.rows()] == [(10, 5000 + 10 * 25_000), (50, 5000 + 50 * 25_000)]


def test_the_sessions_own_line_decides_where_a_call_belongs_but_not_how_many_tokens_it_has(tmp_path: Path) -> None:
    own = call("a", output=5, sessionId="z-own", cwd="/own")
    side = call("a", output=90, sessionId="a-side", cwd="/side", isSidechain=True)
    fork = call("a", output=7, sessionId="b-fork", cwd="/fork", forkedFrom={"sessionId": "z-own"})
    for number, order in enumerate(([own, side, fork], [side, fork, own], [fork, own, side])):
        logs = Logs(tmp_path / f"at-once-{number}")
        logs.write("-x/all.jsonl", *order)
        logs.bring_in()
        assert [(r[2], r[3], r[4], r[6]) for r in logs.rows()] == [("/own", "z-own", 0, 90)]
        logs = Logs(tmp_path / f"one-by-one-{number}")
        for position, line in enumerate(order):
            logs.write(f"-x/{position}.jsonl", line)
            logs.bring_in()
        assert [(r[2], r[3], r[4], r[6]) for r in logs.rows()] == [("/own", "z-own", 0, 90)]


def test_any_order_of_files_and_imports_gives_the_same_rows(tmp_path: Path) -> None:
    chance = random.Random(4)
    lines = [
        call(f"m{chance.randrange(40)}", output=chance.randrange(100), sessionId=f"s{chance.randrange(4)}",
             cwd=f"/p{chance.randrange(3)}", isSidechain=chance.random() < 0.5,
             model=chance.choice(["claude-opus-5", "claude-haiku-4-5", None]),
             at=f"2026-11-2{chance.randrange(5)}T10:00:00Z",
             usage={"cache_read_input_tokens": chance.randrange(50), "speed": chance.choice(["fast", "standard"])})
        for _ in range(300)
    ]  # fmt: skip
    results = []
    for number in range(4):
        chance.shuffle(lines)
        logs = Logs(tmp_path / str(number))
        for start in range(0, 300, 60):
            logs.write(f"-x/{start}.jsonl", *lines[start : start + 60])
            if number % 2:
                logs.bring_in()
        logs.bring_in()
        results.append(sorted(logs.rows()))
    assert len(results[0]) == 40
    assert results[0] == results[1] == results[2] == results[3]


def test_a_subagents_call_seen_in_progress_and_in_its_own_file_counts_once(logs: Logs) -> None:
    inner = call("sub", output=4)
    progress = {
        "type": "progress", "timestamp": "2026-11-21T10:00:00Z", "sessionId": "s1", "cwd": "/app",
        "data": {"type": "agent_progress", "message": {"message": inner["message"], "timestamp": inner["timestamp"]}},
    }  # fmt: skip
    logs.write("-app/s1.jsonl", progress)
    logs.write("-app/s1/subagents/agent-1.jsonl", call("sub", output=60, isSidechain=True))
    logs.bring_in()
    assert logs.outputs() == [60]


def test_the_last_line_is_read_when_it_is_finished(logs: Logs) -> None:
    path = logs.write("-app/s1.jsonl", call("a"))
    whole = text(call("b", output=20))
    for cut in (1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(text(call("a")) + whole[:cut])
        logs.bring_in()
        assert logs.outputs() == [10]
        assert logs.reasons() == []
    path.write_bytes(text(call("a")) + whole)
    logs.bring_in()
    assert logs.outputs() == [10, 20]


def test_a_file_that_shrank_or_was_rewritten_is_read_again_and_nothing_doubles(logs: Logs) -> None:
    path = logs.write("-app/s1.jsonl", b"torn", call("a"), call("b", output=20))
    logs.bring_in()
    assert logs.reasons() == [("s1.jsonl", 1, "torn line: not a JSON object")]
    logs.write("-app/s1.jsonl", call("c", output=30))
    assert logs.bring_in().new_calls == 1
    assert logs.outputs() == [10, 20, 30]
    assert logs.reasons() == []
    longer = [call("d", output=40), call("a"), call("b", output=20), call("c", output=30), call("e", output=50)]
    path.write_bytes(text(*longer))
    logs.bring_in()
    assert logs.outputs() == [10, 20, 30, 40, 50]


def test_a_rewrite_that_keeps_the_beginning_is_noticed_too(logs: Logs) -> None:
    start = [{"type": "summary", "text": "x" * 9000}]
    logs.write("-app/s1.jsonl", *start, call("a"), call("b", output=20))
    logs.bring_in()
    logs.write("-app/s1.jsonl", *start, call("c", output=30), call("d", output=40), call("e", output=50))
    logs.bring_in()
    assert logs.outputs() == [10, 20, 30, 40, 50]


def test_what_was_imported_stays_when_the_log_is_deleted(logs: Logs) -> None:
    path = logs.write("-app/s1.jsonl", call("a"))
    logs.bring_in()
    path.unlink()
    assert logs.bring_in().files == 0
    assert logs.outputs() == [10]


def test_every_line_of_which_something_was_lost_is_listed_once_with_its_number(logs: Logs) -> None:
    torn = json.dumps(call("t")).encode()[:-30]
    path = logs.write(
        "-app/s1.jsonl",
        call("a"),
        b"",
        b"not json",
        b"\0\0\0\0",
        torn,
        b"\0" + json.dumps(call("after-nul", output=20)).encode(),
        call("x", usage={"output_tokens": "9"}),
        b"[1, 2]",
        json.dumps(call("g1", output=30)).encode() + json.dumps(call("g2", output=40)).encode(),
        b'{"type":"user"}\r',
        b'\xff\xfe{"a":1}',
    )
    expected = [
        ("s1.jsonl", 3, "torn line: not a JSON object"),
        ("s1.jsonl", 4, "nothing but NUL bytes: the end of a write was lost"),
        ("s1.jsonl", 5, "torn line: not JSON to its end"),
        ("s1.jsonl", 7, "not counted: Expected `int`, got `str` - at `$.message.usage.output_tokens`"),
        ("s1.jsonl", 8, "torn line: not a JSON object"),
        ("s1.jsonl", 11, "torn line: not a JSON object"),
    ]
    assert logs.bring_in().problems == 6
    assert logs.reasons() == expected
    assert logs.outputs() == [10, 20, 30, 40]
    path.write_bytes(path.read_bytes() + text(call("b", output=50), b"torn again"))
    assert logs.bring_in().problems == 1
    assert logs.reasons() == [*expected, ("s1.jsonl", 13, "torn line: not a JSON object")]
    os.utime(path, (1, 1))
    assert logs.bring_in().problems == 0
    logs.store.query("SELECT 1")
    with logs.store.transaction() as connection:
        connection.execute("DELETE FROM log_file")
    assert logs.bring_in().problems == 0
    assert len(logs.reasons()) == 7


def test_reasons_are_safe_to_print(logs: Logs) -> None:
    logs.write("-app/s1.jsonl", call("a", at="\x1b]0;owned\x07\u202e"))
    logs.bring_in()
    ((_, _, reason),) = logs.reasons()
    assert reason.isprintable()


def test_a_file_that_cannot_be_read_is_a_problem_until_it_can(
    logs: Logs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.write("-app/s1.jsonl", call("a"))
    logs.write("-app/s2.jsonl", call("b", output=20))
    real = os.open

    def denied(path: Any, *rest: Any, **more: Any) -> int:
        if os.fsencode(path).endswith(b"s1.jsonl"):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **more)

    monkeypatch.setattr(claude_scan.os, "open", denied)
    assert logs.bring_in().problems == 1
    assert logs.bring_in().problems == 0
    assert logs.reasons() == [("s1.jsonl", 0, "the file can't be read: Permission denied")]
    monkeypatch.undo()
    logs.bring_in()
    assert logs.reasons() == []
    assert logs.outputs() == [10, 20]


def test_a_line_too_long_to_hold_is_passed_over_and_said_if_it_may_have_held_a_call(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claude_scan, "CHUNK", 1 << 12)
    monkeypatch.setattr(claude_scan, "MAX_LINE", 1 << 14)
    big = json.dumps({"type": "user", "text": "x" * 50_000}).encode()
    near = call("near", output=20, pad="y" * 9000)
    for across in range(9):  # the word that marks a call, wherever the edge of a chunk cuts it
        start = b'{"pad":"'
        marked = start + b"x" * (4096 * 5 - len(start) - 2 - across) + b'","usage":{},"' + b"x" * 9000 + b'":1}'
        logs.write(f"-app/s{across}.jsonl", marked, big, call("a"), near, call("b", output=30))
    logs.bring_in()
    assert logs.outputs() == [10, 20, 30]
    assert logs.reasons() == [(f"s{n}.jsonl", 1, "not counted: the line is longer than 0 MiB") for n in range(9)]


@pytest.mark.parametrize("part", [1, 7, 100, 333, 1000, 100_000])
@pytest.mark.parametrize("chunk", [64, 1 << 20])
def test_parts_and_chunks_of_any_size_read_every_line_once(
    logs: Logs, monkeypatch: pytest.MonkeyPatch, part: int, chunk: int
) -> None:
    monkeypatch.setattr(claude_plan, "PART_BYTES", part)
    monkeypatch.setattr(claude_scan, "CHUNK", chunk)
    lines = [call(f"m{n}", output=n, pad="z" * (n * 37 % 400)) for n in range(12)]
    path = logs.write("-app/s1.jsonl", *lines[:6], b"torn", b"", *lines[6:])
    report = logs.bring_in()
    assert logs.outputs() == list(range(12))
    assert logs.reasons() == [("s1.jsonl", 7, "torn line: not a JSON object")]
    assert report.bytes_read == path.stat().st_size
    path.write_bytes(path.read_bytes() + text(b"torn", call("more", output=99)) + b'{"unfinished')
    logs.bring_in()
    assert logs.outputs()[-1] == 99
    assert logs.reasons()[-1] == ("s1.jsonl", 15, "torn line: not a JSON object")


def test_worker_processes_find_the_same_as_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for worthwhile in (1, 1 << 40):
        monkeypatch.setattr(claude_workers, "WORTHWHILE", worthwhile)
        monkeypatch.setattr(claude_plan, "PART_BYTES", 20_000)
        logs = Logs(tmp_path / str(worthwhile))
        for number in range(6):
            lines = [call(f"m{number}-{n % 150}", output=n) for n in range(200)]
            logs.write(f"-app/s{number}.jsonl", *lines, b"torn", json.dumps(lines[0]).encode() * 2)
        report = logs.bring_in()
        results.append((logs.rows(), logs.reasons(), report.new_calls, report.bytes_read))
    assert results[0] == results[1]
    assert results[0][2] == 900


def test_a_worker_that_dies_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claude_workers, "WORTHWHILE", 1)
    at_work = tmp_path / "dies-at-work"
    at_work.write_text("#!/bin/sh\nhead -c 4 >/dev/null\nexit 1\n")
    at_work.chmod(0o755)
    for number, program in enumerate((str(at_work), "/bin/false", "/nowhere/python")):
        monkeypatch.setattr("sys.executable", program)
        logs = Logs(tmp_path / str(number))
        for session in range(4):
            logs.write(f"-app/s{session}.jsonl", call(f"m{session}", output=session))
        logs.bring_in()
        assert logs.outputs() == [0, 1, 2, 3]


def test_calls_and_how_far_was_read_are_written_together_or_not_at_all(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.write("-app/s1.jsonl", call("a"), b"torn")

    def fail(_: object) -> tuple[object, ...]:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(claude_logs, "_row", fail)
    with pytest.raises(RuntimeError):
        logs.bring_in()
    assert (logs.outputs(), logs.reasons()) == ([], [])
    monkeypatch.undo()
    assert logs.bring_in().new_calls == 1
    assert len(logs.reasons()) == 1


def test_a_stopped_import_keeps_what_it_read_and_the_next_goes_on(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        logs.write(f"-app/s{number}.jsonl", call(f"m{number}", output=number))
    cancel = threading.Event()

    def stop_at_four(progress: Progress) -> None:
        if progress.files == 4:
            cancel.set()

    with pytest.raises(CancelledError, match="stopped"):
        logs.bring_in(on_progress=stop_at_four, cancel=cancel)
    assert logs.outputs() == [0, 1, 2, 3]
    report = logs.bring_in(cancel=threading.Event())
    assert (report.files_read, report.new_calls) == (6, 6)


def test_progress_comes_to_its_end(logs: Logs) -> None:
    logs.write("-app/empty.jsonl")
    for number in range(5):
        logs.write(f"-app/s{number}.jsonl", call(f"m{number}", output=number))
    seen: list[Progress] = []
    logs.bring_in(on_progress=seen.append)
    assert [p.files for p in seen] == [2, 3, 4, 5, 6]
    assert (seen[-1].files_total, seen[-1].bytes_read) == (6, seen[-1].bytes_total)


def test_a_file_that_changes_while_it_is_read_is_finished_by_the_next_import(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claude_plan, "PART_BYTES", 400)
    path = logs.write("-app/s1.jsonl", *[call(f"m{n}", output=n) for n in range(10)])
    changed = False

    def rewrite(_: Progress) -> None:
        nonlocal changed
        if not changed:
            changed = True
            path.write_bytes(text(*[call(f"n{n}", output=100 + n, pad="p" * 50) for n in range(10)]))

    logs.bring_in(on_progress=rewrite)
    logs.bring_in()
    assert set(logs.outputs()) >= set(range(100, 110))
    assert len(logs.outputs()) == len(set(logs.outputs()))


def test_an_unknown_model_is_unpriced_until_the_price_data_knows_it(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.write("-app/s1.jsonl", call("a", model="brand-new-9"), call("b", output=20))
    logs.bring_in()
    assert [row[10] for row in logs.rows()] == [None, 5000 + 20 * 25_000]
    book = {
        "source": "later data", "fast_multipliers": {}, "us_geo_permille": 1100,
        "providers": [{"id": "x", "match": ["contains", "brand-new"], "fallback": [], "models": [
            {"id": "brand-new-9", "match": ["equals", "brand-new-9"],
             "prices": [[None, {"input": 1000, "output": 2000}]]}
        ]}],
    }  # fmt: skip
    monkeypatch.setattr("workbench.analytics.pricing.price_book", lambda: prices.PriceBook(book))
    report = logs.bring_in()
    assert report.priced_calls == 1
    assert [row[10] for row in logs.rows()] == [1 + 10 * 2, 5000 + 20 * 25_000]
    assert logs.bring_in().priced_calls == 0
    assert [row["model"] for row in logs.store.query("SELECT model FROM price WHERE rates = ''")] == []


def test_newer_prices_change_no_call_that_was_priced(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.write("-app/s1.jsonl", call("a"), call("m", model="mystery"))
    logs.bring_in()
    before = logs.rows()
    monkeypatch.setattr(
        "workbench.analytics.pricing.price_book",
        lambda: prices.PriceBook({"source": "later data", "providers": []}),
    )
    assert logs.bring_in().priced_calls == 0
    assert logs.rows() == before


def test_the_rates_in_use_are_kept_beside_the_calls(logs: Logs) -> None:
    logs.write("-app/s1.jsonl", call("a"), call("b", at="2026-03-01T00:00:00Z", model="claude-opus-4-6"))
    logs.bring_in()
    rates = [tuple(row) for row in logs.store.query("SELECT model, day, rates FROM price ORDER BY model")]
    assert rates == [
        ("anthropic/claude-opus-4-6", "", json.dumps(
            {"steps": [[0, 5000000, 25000000, 500000, 6250000, 10000000],
                       [200000, 10000000, 37500000, 1000000, 12500000, 20000000]], "web_search": 10000000000},
            separators=(",", ":"))),
        ("anthropic/claude-opus-5", "", json.dumps(
            {"steps": [[0, 5000000, 25000000, 500000, 6250000, 10000000]], "web_search": 10000000000},
            separators=(",", ":"))),
    ]  # fmt: skip


def test_an_amount_that_the_agent_wrote_is_what_the_call_cost(logs: Logs) -> None:
    logs.write("-app/s1.jsonl", call("a", costUSD=0.5), call("b", costUSD=0.25, model="mystery"), call("c", costUSD=0))
    logs.bring_in()
    assert sorted(row[10] for row in logs.rows()) == [5000 + 10 * 25_000, 250_000_000, 500_000_000]


def test_a_look_at_a_folder_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    logs = tmp_path / "c" / "projects" / "-app"
    logs.mkdir(parents=True)
    (logs / "s1.jsonl").write_bytes(text(call("a"), call("b")))
    store = open_scratch([tmp_path / "c"])
    assert cost_report(store, by="project").total.calls == 2
    assert not (tmp_path / "data").exists()
    with pytest.raises(InputError):
        open_scratch([tmp_path / "missing"])


def test_one_look_never_shows_what_another_saw(tmp_path: Path) -> None:
    kept = []
    for number in range(40):
        folder = tmp_path / f"c{number}" / "projects" / "-app"
        folder.mkdir(parents=True)
        (folder / "s1.jsonl").write_bytes(text(call(f"m{number}", output=number)))
        store = open_scratch([tmp_path / f"c{number}"])
        assert [row[0] for row in store.query("SELECT output FROM model_call")] == [number]
        kept.append(store._connection())  # as a thread that still runs would keep it
        del store


def test_no_logs_at_all_is_an_empty_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    report = import_claude(Store(None))
    assert (report.roots, report.files, report.new_calls) == ((), 0, 0)


def test_names_that_are_not_utf8_are_imported(logs: Logs) -> None:
    folder = os.fsencode(logs.root / "projects") + b"/-caf\xe9"
    os.mkdir(folder)  # noqa: PTH102 - a name that is not UTF-8
    bare = {**call("a"), "cwd": None, "sessionId": None}
    with open(folder + b"/s\xff.jsonl", "wb") as file:
        file.write(text(bare, b"torn"))
    logs.bring_in()
    assert [(row[2], row[3]) for row in logs.rows()] == [("-caf\\xe9", "s\\xff")]
    assert logs.bring_in().files_read == 0
    assert len(logs.reasons()) == 1


def test_batches_are_committed_as_they_fill(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claude_logs, "BATCH_CALLS", 3)
    for number in range(10):
        logs.write(f"-app/s{number}.jsonl", call(f"m{number}", output=number))
    seen: list[int] = []
    logs.bring_in(on_progress=lambda progress: seen.append(progress.new_calls))
    assert seen == [0, 0, 3, 3, 3, 6, 6, 6, 9, 9]
    assert logs.outputs() == list(range(10))
