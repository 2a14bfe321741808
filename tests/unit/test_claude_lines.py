"""A log line gives exactly the calls it is billed for, whatever has happened to the line."""

import json
import random
import time
from typing import Any

import pytest

from workbench.analytics.claude_lines import Call, LineReader
from workbench.analytics.claude_origin import Origin

AT = 1_795_255_200_123  # 2026-11-21T10:00:00.123Z


def line(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "type": "assistant",
        "timestamp": "2026-11-21T10:00:00.123Z",
        "sessionId": "s1",
        "cwd": "/home/ada/app",
        "uuid": "u1",
        "requestId": "r1",
        "isSidechain": False,
        "message": message(),
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not ...}


def message(usage: Any = None, **changes: Any) -> dict[str, Any]:
    whole = {"id": "m1", "model": "claude-opus-5", "role": "assistant", "usage": usage or tokens()}
    return {key: value for key, value in {**whole, **changes}.items() if value is not ...}


def tokens(**changes: Any) -> dict[str, Any]:
    whole = {"input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 5}
    return {key: value for key, value in {**whole, **changes}.items() if value is not ...}


def read(raw: Any, *, folder: str = "-home-ada-app", session: str = "file", sidechain: bool = False) -> Any:
    if not isinstance(raw, bytes):
        raw = json.dumps(raw).encode()
    return LineReader(Origin(folder, session, sidechain)).read(memoryview(raw))


def call(raw: Any, **where: Any) -> Call:
    calls, reasons = read(raw, **where)
    assert reasons == []
    assert len(calls) == 1
    return calls[0]


def test_a_message_is_one_call_with_its_tokens_moment_and_place() -> None:
    assert call(line()) == Call(
        key="m1", at=AT, model="claude-opus-5", project="/home/ada/app", session="s1", sidechain=False, copied=False,
        input=3, output=4, cache_read=5, cache_write_5m=0, cache_write_1h=0, web_searches=0, terms=None, logged_nd=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "writes"),
    [
        ({"cache_creation_input_tokens": 10}, (10, 0)),
        ({"cache_creation_input_tokens": 10, "cache_creation": None}, (10, 0)),
        ({"cache_creation_input_tokens": 10, "cache_creation": {"ephemeral_1h_input_tokens": 10}}, (0, 10)),
        (
            {
                "cache_creation_input_tokens": 10,
                "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 6},
            },
            (4, 6),
        ),
        ({"cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 6}}, (4, 6)),
        ({"cache_creation_input_tokens": 20, "cache_creation": {"ephemeral_1h_input_tokens": 6}}, (14, 6)),
        (
            {
                "cache_creation_input_tokens": 5,
                "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 6},
            },
            (4, 6),
        ),
        ({"cache_creation_input_tokens": 10, "cache_creation": {}}, (10, 0)),
        ({"cache_creation_input_tokens": None}, (0, 0)),
    ],
)
def test_cache_writes_are_split_by_how_long_they_stay(changes: dict[str, Any], writes: tuple[int, int]) -> None:
    found = call(line(message=message(tokens(**changes))))
    assert (found.cache_write_5m, found.cache_write_1h) == writes


def test_an_advisor_is_billed_besides_the_message_and_other_iterations_are_not() -> None:
    usage = tokens(
        iterations=[
            {"type": "message", "input_tokens": 3, "output_tokens": 4},
            {"type": "advisor_message", "model": "claude-fable-5", "input_tokens": 100, "output_tokens": 7},
            {"type": "message", "input_tokens": 3, "output_tokens": 4},
            {"type": "advisor_message", "model": "claude-opus-5-5", "input_tokens": 1, "output_tokens": 2,
             "cache_read_input_tokens": 8, "cache_creation": {"ephemeral_1h_input_tokens": 9}},
            {"type": "compaction", "input_tokens": 50, "output_tokens": 1},
        ]
    )  # fmt: skip
    calls, reasons = read(line(message=message(usage)))
    assert reasons == []
    found = {c.key: (c.model, c.input, c.output, c.cache_read, c.cache_write_1h) for c in calls}
    assert found == {
        "m1": ("claude-opus-5", 3, 4, 5, 0),
        "m1:adv0": ("claude-fable-5", 100, 7, 0, 0),
        "m1:adv1": ("claude-opus-5-5", 1, 2, 8, 9),
    }


def test_progress_of_a_subagent_is_its_call_under_the_same_key() -> None:
    inner = {"type": "assistant", "timestamp": "2026-11-21T09:59:00Z", "requestId": "r9", "message": message(id="sub")}
    found = call(line(type="progress", message=..., data={"type": "agent_progress", "message": inner}))
    assert (found.key, found.at, found.sidechain, found.session) == ("sub", AT - 60_123, True, "s1")


def test_usage_that_is_not_a_messages_own_is_no_call() -> None:
    for other in (
        line(type="user", message={"role": "user", "content": "x"}, toolUseResult={"usage": tokens()}),
        line(type="system", message="text", usage=tokens()),
        line(message=message(content=[{"type": "text", "text": json.dumps(line())}], usage=None) | {"usage": None}),
        line(message=message(model="<synthetic>")),
        line(type="progress", message=..., data={"type": "bash_progress", "usage": tokens()}),
        [line()],
        "usage",
        None,
    ):
        assert read(other) == ([], [])


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, "m1"),
        ({"message": message(id=...)}, "request r1"),
        ({"message": message(id=""), "requestId": ""}, "uuid u1"),
        ({"message": message(id=None), "requestId": None}, "uuid u1"),
    ],
)
def test_copies_are_known_by_message_then_request_then_uuid(changes: dict[str, Any], key: str) -> None:
    assert call(line(**changes)).key == key


def test_a_call_without_any_id_is_known_by_its_line() -> None:
    bare = line(message=message(id=...), requestId=..., uuid=...)
    assert call(bare).key == call(bare).key
    assert call(bare).key != call({**bare, "sessionId": "s2"}).key


@pytest.mark.parametrize(
    ("usage", "terms"),
    [
        ({"speed": "fast"}, "speed=fast"),
        ({"speed": "standard", "service_tier": "standard", "inference_geo": "not_available"}, None),
        ({"inference_geo": "us", "speed": "fast"}, "speed=fast geo=us"),
        ({"service_tier": "batch"}, "tier=batch"),
        ({"service_tier": "x" * 100}, None),
        ({"service_tier": "a b=c"}, None),
    ],
)
def test_terms_that_change_the_price_are_kept(usage: dict[str, Any], terms: str | None) -> None:
    assert call(line(message=message(tokens(**usage)))).terms == terms


def test_searches_and_an_amount_that_the_agent_wrote_are_kept() -> None:
    found = call(line(costUSD=0.1234567894, message=message(tokens(server_tool_use={"web_search_requests": 2}))))
    assert (found.web_searches, found.logged_nd) == (2, 123_456_789)
    assert call(line(costUSD=0)).logged_nd is None


def test_the_project_is_the_folder_that_the_log_is_named_after_even_from_within_it() -> None:
    assert call(line(cwd="/home/ada/app/src/x y")).project == "/home/ada/app"
    assert call(line(cwd="/home/ada/app.v2"), folder="-home-ada-app-v2").project == "/home/ada/app.v2"
    assert call(line(cwd="/elsewhere")).project == "/elsewhere"
    assert call(line(cwd=...)).project == "-home-ada-app"
    assert call(line(cwd="")).project == "-home-ada-app"


def test_what_a_line_does_not_say_the_files_place_says() -> None:
    found = call(line(sessionId=..., isSidechain=...), session="s7", sidechain=True)
    assert (found.session, found.sidechain) == ("s7", True)
    assert call(line(message=message(model=...))).model == "unknown"


def test_a_forked_sessions_copy_is_marked() -> None:
    assert call(line(forkedFrom={"sessionId": "s0"})).copied
    assert call(line(forkedFrom="s0")).copied
    assert not call(line(forkedFrom=None)).copied


BAD_COUNTS = ["3", -1, True, 3.0, 3.5, 10**9 + 1, 2**63, 10**40, None, [], {}, float("nan"), 1e300]


@pytest.mark.parametrize("value", BAD_COUNTS)
@pytest.mark.parametrize("field", ["input_tokens", "output_tokens", "cache_read_input_tokens"])
def test_a_count_of_a_wrong_type_is_not_counted_and_said(field: str, value: Any) -> None:
    calls, reasons = read(line(message=message(tokens(**{field: value}))))
    if value is None and field.startswith("cache"):
        assert calls[0].cache_read == 0
        assert reasons == []
    else:
        assert calls == []
        assert len(reasons) == 1
        assert reasons[0].startswith("not counted: Expected")


@pytest.mark.parametrize(
    "changes",
    [
        {"output_tokens": ...},
        {"input_tokens": ...},
        {"cache_creation": "x"},
        {"cache_creation": {"ephemeral_1h_input_tokens": "5"}},
        {"server_tool_use": {"web_search_requests": -1}},
        {"iterations": {"type": "advisor_message"}},
        {"iterations": [{"type": "advisor_message", "input_tokens": "5"}]},
    ],
)
def test_usage_of_which_an_amount_is_unreadable_is_not_counted(changes: dict[str, Any]) -> None:
    calls, reasons = read(line(message=message(tokens(**changes))))
    assert calls == []
    assert len(reasons) == 1


@pytest.mark.parametrize("value", [5, [], {"a": 1}, True, None, 1.5])
def test_a_wrong_type_that_tells_no_amount_loses_no_call(value: Any) -> None:
    for changes in (
        dict.fromkeys(("sessionId", "cwd", "uuid", "requestId"), value),
        {"isSidechain": "yes"},
        {"costUSD": "1.5"},
        {"costUSD": -1.5},
        {"costUSD": True},
        {"message": message(tokens(speed=value, service_tier=value, inference_geo=value), model=value)},
        {"message": message(tokens(iterations=[value, {"type": "message", "input_tokens": "x"}]))},
        {"data": value},
    ):
        found = call(line(**changes))
        assert (found.input, found.output, found.cache_read) == (3, 4, 5)


@pytest.mark.parametrize(
    "stamp", [..., None, "", "yesterday", 5, "1969-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "\x1b[2J"]
)
def test_a_call_without_a_moment_is_not_counted_and_said_in_harmless_words(stamp: Any) -> None:
    calls, reasons = read(line(timestamp=stamp))
    assert calls == []
    assert len(reasons) == 1
    assert "\x1b" not in reasons[0]


def test_a_moment_with_another_offset_is_the_same_moment() -> None:
    assert call(line(timestamp="2026-11-21T15:45:00.123+05:45")).at == AT
    assert call(line(timestamp="2026-11-21T10:00:00.123")).at == AT


def test_two_objects_glued_to_one_line_both_count() -> None:
    first, second = json.dumps(line()), json.dumps(line(message=message(id="m2")))
    calls, reasons = read((first + second).encode())
    assert [c.key for c in calls] == ["m1", "m2"]
    assert reasons == []
    calls, _ = read((first + " \0\0 " + second).encode())
    assert [c.key for c in calls] == ["m1", "m2"]


def test_two_glued_objects_without_ids_are_two_calls() -> None:
    bare = line(message=message(id=...), requestId=..., uuid=...)
    calls, _ = read(json.dumps(bare).encode() + json.dumps({**bare, "cwd": "/x"}).encode())
    assert len({c.key for c in calls}) == 2


def test_what_follows_a_tear_counts_and_the_torn_part_is_said() -> None:
    whole = json.dumps(line(message=message(id="m2", content=[{"type": "tool_use", "input": {"a": {"b": 1}}}])))
    for cut in (5, 40, 120, len(whole) - 60, len(whole) - 1):
        calls, reasons = read((whole[:cut] + json.dumps(line())).encode())
        assert [c.key for c in calls] == ["m1"]
        assert reasons == ["torn line: not JSON to its end"]


def test_a_torn_line_alone_is_said() -> None:
    whole = json.dumps(line()).encode()
    for cut in range(1, len(whole)):
        calls, reasons = read(whole[:cut])
        assert calls == []
        assert reasons == ["torn line: not JSON to its end"]


def test_deep_nesting_is_said_and_not_a_crash() -> None:
    deep = b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b',"message":{"usage":{}}}'
    assert read(deep) == ([], ["not counted: nested too deeply"])
    assert read(b'{"usage":' * 100_000) == ([], ["not counted: nested too deeply"])


def test_a_number_with_too_many_digits_is_said_and_not_a_crash() -> None:
    raw = json.dumps(line()).replace('"input_tokens": 3', '"input_tokens": ' + "9" * 5000).encode()
    calls, reasons = read(raw)
    assert calls == []
    assert len(reasons) == 1


def test_bytes_that_are_not_utf8_lose_no_call() -> None:
    raw = json.dumps(line(note="X")).encode().replace(b'"X"', b'"\xff\xfe\xc3"')
    assert call(raw).input == 3
    assert call(json.dumps(line()).encode().replace(b"/home/ada/app", b"/home/\xff")).project == "/home/\ufffd"


def test_lone_surrogates_and_control_characters_become_names_that_can_be_stored() -> None:
    found = call(json.dumps(line(cwd="/a\ud800b", sessionId="s\0\x1b")).encode())
    assert found.project == "/a\ufffdb"
    assert found.session.encode() == b"s\0\x1b"


def test_a_hostile_torn_line_takes_no_time() -> None:
    hostile = b'{"usage' + b'{"a":["' * 200_000
    before = time.process_time()
    calls, reasons = read(hostile)
    assert time.process_time() - before < 5  # a tenth of a second; every start of an object tried: 40 seconds
    assert calls == []
    assert len(reasons) == 1


def test_random_damage_never_crashes() -> None:
    chance = random.Random(11)
    whole = json.dumps(line(message=message(tokens(iterations=[{"type": "advisor_message", "model": "x"}])))).encode()
    for _ in range(4000):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            spot = chance.randrange(len(damaged))
            damaged[spot : spot + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        calls, reasons = read(bytes(damaged))
        assert len(calls) <= 2
        assert all(reason.isprintable() for reason in reasons)
