"""Whatever bytes a SKILL.md has: no exception, little time, and every problem with a known code and a true place."""

import json
import time

from hypothesis import given, settings
from hypothesis import strategies as st
from test_hostile_skills import CORPUS

from workbench.skills.client_rules import judge
from workbench.skills.codes import every_code
from workbench.skills.frontmatter import parse
from workbench.skills.reader import MAX_SKILL_FILE, parse_skill
from workbench.skills.validation import ALL_CLIENTS

KNOWN = {code.id for code in every_code()}

PIECES = st.sampled_from([
    b"---", b"---\n", b"--- \n", b"...\n", b"\n", b"\r\n", b"\r", b"\t", b" ", b":", b": ", b"- ", b"? ", b"#", b"&a ",
    b"*a", b"<<: ", b"!x ", b"!!int ", b"{", b"}", b"[", b"]", b",", b"'", b'"', b"|", b">", b"|2-\n", b"%YAML 1.1\n",
    b"name", b"description", b"metadata", b"allowed-tools", b"effort", b"yes", b"010", b"1_0", b"1:30", b"~", b".inf",
    b"\xef\xbb\xbf", b"\xff", b"\0", b"\x1b[2J", "é\u2028\u200d\U0001f468".encode(),
    b"](x.md)", b"`scripts/x.py`", b"```",
])  # fmt: skip
FILES = st.one_of(
    st.binary(max_size=300),
    st.lists(PIECES, max_size=40).map(b"".join),
    st.lists(PIECES, max_size=40).map(
        lambda parts: b"---\nname: demo\ndescription: x\n" + b"".join(parts) + b"\n---\nBody\n"
    ),
)


def check(data: bytes) -> None:
    began = time.process_time()
    skill = parse_skill("skills/demo", data, present=())
    assert time.process_time() - began < 2
    lines = data[:MAX_SKILL_FILE].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").split("\n")
    for problem in skill.problems:
        assert problem.code in KNOWN
        assert problem.remedy
        assert problem.message.isprintable()
        if problem.line is not None:
            assert 1 <= problem.line <= len(lines), problem
            assert problem.column is None or 1 <= problem.column <= len(lines[problem.line - 1]) + 1, problem
    for id_ in ALL_CLIENTS:
        verdict = judge(id_, skill)
        assert verdict.refusal is None or verdict.refusal.isprintable()
    json.dumps(skill.frontmatter, allow_nan=False)


@settings(max_examples=500, deadline=None)
@given(FILES)
def test_no_bytes_make_it_fail(data: bytes) -> None:
    check(data)


def test_the_hostile_files_too() -> None:
    for case in CORPUS.values():
        check(case.data)


@settings(max_examples=200, deadline=None)
@given(FILES)
def test_reading_is_a_function_of_the_bytes(data: bytes) -> None:
    assert parse_skill("a", data, present=()) == parse_skill("a", data, present=())


@settings(max_examples=200, deadline=None)
@given(FILES)
def test_what_stands_above_and_below_makes_up_the_whole(data: bytes) -> None:
    matter = parse(data)
    if matter.readable:
        assert matter.source.startswith("---")
        assert matter.source.endswith(matter.body)
        assert matter.source.count("\n") - matter.body.count("\n") in (matter.body_line - 1, matter.body_line - 2)
