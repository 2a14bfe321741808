"""Server-sent events are the same however the network cuts them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.testing.models.sse import MOST_EVENT, Event, EventParser, TooLongError

LINES = st.lists(
    st.sampled_from(
        ["data: a", "data:b", "data:  c", "event: ping", ": note", "", "", "id: 1", "data", "öé: 👋", "data: 世👋🏽"]
    ),
    max_size=12,
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def events(*chunks: bytes) -> list[Event]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


@settings(deadline=None)
@given(LINES, st.data())
def test_arbitrary_chunks_give_the_same_events(lines: list[str], data: st.DataObject) -> None:
    text = "".join(line + data.draw(ENDS) for line in lines).encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    chunks = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert events(*chunks) == events(text) == events(*(bytes([byte]) for byte in text))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(data: bytes) -> None:
    assert events(data) == events(*(bytes([byte]) for byte in data))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data: a\n\n", [Event("message", "a")]),
        ("event: x\ndata: a\ndata: b\n\n", [Event("x", "a\nb")]),
        ("event: x\n\ndata: a\n\n", [Event("message", "a")]),
        ("\ufeffdata: a\r\rdata: b\r\n\r\n", [Event("message", "a"), Event("message", "b")]),
        ("data: cut off", []),
        ("data: cut off\n", []),
        ("data\n\n", [Event("message", "")]),
        (": comment\n\n", []),
    ],
)
def test_events_are_read_as_the_standard_says(text: str, expected: list[Event]) -> None:
    assert events(text.encode()) == expected


def test_an_event_without_an_end_is_bounded() -> None:
    line = b"data: " + b"x" * 1000 + b"\n"
    with pytest.raises(TooLongError):
        events(*[line] * (MOST_EVENT // 1000 + 2))
    with pytest.raises(TooLongError):
        list(EventParser().feed(b"x" * (MOST_EVENT + 1)))
