"""Records read line by line: exactly what a YAML parser gives, or left to one."""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.reviews.plain_yaml import read_plain
from workbench.reviews.records import encode
from workbench.skills import bounded_yaml

RECORD = {
    "schema": 1, "path": "skills/csv-profile", "library": "7c1e" * 10, "tree": "9f3c" * 10, "base": None,
    "digest": "sha256:" + "34f7" * 16, "version": "1.3.0", "verdict": "approve", "answers": [],
    "reviewer": {"name": "Ada", "email": "ada@example.com"}, "via": "tui", "comments": [],
    "reason": "Reads the file once now; the new flag is covered by two cases.",
    "checks": {"validation": "pass", "tests": {"passed": 12, "failed": 0}}, "at": "2026-11-21T10:00:00Z",
}  # fmt: skip
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**12), st.text(max_size=12), st.floats(allow_nan=False),
    st.sampled_from(["0b1", "0x1f", "012", "1e5", "1.5", "1:30", "12_3", "yes", "~", "a: b", "a #b", "-"]),
    st.from_regex(r"[0-9a-f]{7,12}", fullmatch=True),
)  # fmt: skip
keys = st.one_of(
    st.sampled_from(["path", "tree", "on", "y", "null"]), st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))


def parsed(text: str) -> Any:
    try:
        return bounded_yaml.load(text).value
    except bounded_yaml.YamlError:
        return "unreadable"


def agrees(text: str) -> bool:
    found = read_plain(text)
    return found is None or repr(found) == repr(parsed(text))


def test_a_record_as_the_workbench_writes_it_is_plain() -> None:
    assert read_plain(encode(RECORD).decode()) == RECORD


def test_a_record_with_comments_is_plain_where_each_is_one_line() -> None:
    comments = [
        {
            "path": "scripts/run.py",
            "line": 42,
            "side": "new",
            "context": "1f0c" * 8,
            "text": "why not csv.Sniffer? [x]",
        },
        {"text": 'Good: "done" - #2, I think.', "reply_to": "efb071e76ee8", "key": "150436666a6d3d3b"},
    ]
    record = {**RECORD, "comments": comments, "resolves": ["efb071e76ee8"]}
    written = encode(record).decode()
    assert read_plain(written) == parsed(written) == record
    for text in ("it's", "two\nlines", "schön", "x" * 2_000, " a ", ""):
        odd = encode({**RECORD, "comments": [{"text": text}]}).decode()
        assert parsed(odd)["comments"] == [{"text": text}]
        assert agrees(odd)


comments = st.lists(st.dictionaries(keys, scalars, max_size=4), max_size=4)


@settings(max_examples=400, deadline=None)
@given(comments, st.dictionaries(keys, scalars, max_size=3))
def test_lists_of_mappings_are_read_as_a_parser_reads_them(some: list[dict[str, Any]], more: dict[str, Any]) -> None:
    assert agrees(encode({"schema": 1, "comments": some, **more}).decode())


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(keys, values, max_size=6))
def test_whatever_is_written_is_read_as_a_parser_reads_it(fields: dict[str, Any]) -> None:
    assert agrees(encode(fields).decode())


lines = st.lists(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "  ", "    ", " ", "- "]),
        keys,
        st.sampled_from([":", ": ", "", " :"]),
        st.one_of(
            st.sampled_from(["", "|", ">", "&a", "*a", "!!str x", "{}", "[]", "'a'", "'a", "no", "? x"]),
            scalars.map(str),
        ),
    ),
    max_size=6,
)


@settings(max_examples=600, deadline=None)
@given(lines)
@example(["a:", "b: 1"])
@example(["a:", "  b:", "    c: 1", "  d: 2", "e: 3"])
@example(["a:", "- x", "- y: 2"])
@example(["a: x", "  b: 1"])
@example(["a: word", "word"])
@example(["a:", "- x: 1", "  y: 2", "- z: 3", "b: 4"])
@example(["a:", "- x:", "  y: 2"])
@example(["a:", "- x:", "    y: 2", "  z: 1"])
@example(["a:", "- x:", "- y: 1"])
@example(["a:", "- x: 1", "- y"])
@example(["a:", "- x", "- y: 1"])
@example(["a: 1", "- x: 1"])
@example(["- x: 1"])
@example(["a:", "  b:", "- x: 1"])
@example(["a:", "- x: 1", "b:", "- y: 1", "- y: 2"])
@example(["a:", "- x: 1", "b: 2", "- y: 1"])
@example(["a:", "- x: 1", "    y: 1"])
def test_lines_that_nobody_wrote_are_read_as_a_parser_reads_them_too(some: list[str]) -> None:
    assert agrees("".join(f"{line}\n" for line in some))
