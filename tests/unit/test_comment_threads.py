"""Comments as records hold them: bounded, read leniently one by one, joined to threads that only some may resolve."""

from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.errors import InputError
from workbench.reviews.comments import (
    MAX_COMMENTS,
    MAX_TEXT,
    Comment,
    Remarks,
    checked,
    comment_id,
    comments_in,
    suggestion_in,
)
from workbench.reviews.mailmap import parse_mailmap
from workbench.reviews.model import Record
from workbench.reviews.threads import discuss, open_at

TREE = "9f" * 20


def record(number: int, who: str = "rev@x.com", verdict: Any = "comment", tree: str = TREE, **raw: Any) -> Record:
    return Record("skills/a", "a", tree, "", None, None, None, verdict, who, who, "cli", "", datetime.now(UTC),
                  f"records/{number}.yaml", "", "", raw=raw)  # fmt: skip


def test_a_comment_comes_back_as_it_was_written() -> None:
    said = Comment(
        "why?", path="run.py", line=4, end_line=6, side="old", context="ab" * 16, suggestion="x\n", key="1" * 16
    )
    [read], wrong = comments_in(record(1, comments=[said.fields()]))
    assert not wrong
    assert read.fields() == said.fields()
    assert read.id == comment_id("records/1.yaml", 0) != comment_id("records/1.yaml", 1)


def test_the_shape_that_design_gives_is_read() -> None:
    shape = {
        "path": "scripts/profile.py",
        "line": 42,
        "side": "new",
        "context": "1f0cab12",
        "text": "why not csv.Sniffer?",
    }
    [read], _ = comments_in(record(1, comments=[shape]))
    assert (read.place, read.end_line, read.text) == ("scripts/profile.py:42", 42, "why not csv.Sniffer?")


@pytest.mark.parametrize("bad", [
    "text", 7, None, [], {}, {"text": ""}, {"text": ["x"]}, {"text": "x", "line": 3},
    {"text": "x", "path": "a", "line": 0},
    {"text": "x", "path": "a", "line": True}, {"text": "x", "path": "a", "line": 5, "end_line": 4},
    {"text": "x", "path": "a", "line": "4"}, {"text": "x", "side": "left"}, {"text": "x" * (MAX_TEXT + 1)},
    {"text": "x", "path": ""}, {"text": "x", "path": "a", "line": 10**30}, {"text": "x", "suggestion": 3},
])  # fmt: skip
def test_a_comment_that_can_not_be_read_is_reported_and_the_others_count(bad: Any) -> None:
    read, wrong = comments_in(record(1, comments=[bad, {"text": "fine"}]))
    assert [one.text for one in read] == ["fine"]
    assert len(wrong) == 1
    assert wrong[0].startswith("comment 1: ")


@pytest.mark.parametrize("bad", ["x", 7, {"text": "x"}])
def test_comments_that_are_no_list_are_reported(bad: Any) -> None:
    assert comments_in(record(1, comments=bad)) == ((), ("its comments are not a list",))


def test_a_record_with_too_many_comments_says_how_many_were_read() -> None:
    read, wrong = comments_in(record(1, comments=[{"text": "x"}] * (MAX_COMMENTS + 5)))
    assert len(read) == MAX_COMMENTS
    assert "of its 205 comments" in wrong[0]


def test_what_a_record_can_not_hold_is_refused_before_it_is_written() -> None:
    for bad in (
        Remarks((Comment("x"),) * (MAX_COMMENTS + 1)),
        Remarks((Comment(" "),)),
        Remarks((Comment("x" * 30_000),)),
    ):
        with pytest.raises(InputError):
            checked(bad)


@pytest.mark.parametrize(("text", "proposed"), [
    ("no", None),
    ("so:\n```suggestion\na\nb\n```\nyes", "a\nb\n"),
    ("```suggestion\n```", ""),
    ("````suggestion\n```\ncode\n```\n````", "```\ncode\n```\n"),
    ("~~~ suggestion\nx\n~~~", "x\n"),
    ("```python\nx\n```", None),
    ("```suggestion\nnever closed", None),
    ("```suggestion\r\nx\r\n```\r\n", "x\n"),
])  # fmt: skip
def test_a_fenced_suggestion_means_what_it_means_on_github(text: str, proposed: str | None) -> None:
    assert suggestion_in(text) == proposed
    assert Comment(text).proposed == proposed
    assert Comment(text, suggestion="mine").proposed == "mine"


def test_answers_join_their_thread_and_a_dangling_one_is_reported() -> None:
    first = comment_id("records/0.yaml", 0)
    second = comment_id("records/1.yaml", 0)
    found = discuss([
        record(0, comments=[{"text": "one"}, {"text": "other"}]),
        record(1, "ada@x.com", comments=[{"text": "because", "reply_to": first}]),
        record(2, comments=[{"text": "ah", "reply_to": second}, {"text": "lost", "reply_to": "f" * 12}]),
    ])  # fmt: skip
    assert [[post.comment.text for post in t.posts] for t in found.threads] == [
        ["one", "because", "ah"],
        ["other"],
        ["lost"],
    ]
    assert "answers one that is not there" in found.problems[0]
    assert found.of(second) is found.threads[0]


OPENED = comment_id("records/0.yaml", 0)


@pytest.mark.parametrize(("who", "verdict", "resolved"), [
    ("rev@x.com", "comment", True), ("REV@x.com", "comment", True), ("second@rev.org", "comment", True),
    ("author@x.com", "comment", True), ("eve@x.com", "comment", False), ("eve@x.com", "request", False),
    ("bob@x.com", "approve", True), ("bob@x.com", "request-changes", True),
])  # fmt: skip
def test_only_those_concerned_or_with_a_verdict_resolve_a_thread(who: str, verdict: str, resolved: bool) -> None:
    records = [record(0, comments=[{"text": "x"}]), record(1, who, verdict, resolves=[OPENED])]
    mailmap = parse_mailmap("Rev <rev@x.com> <second@rev.org>\n")
    found = discuss(records, mailmap=mailmap, authors={"author@x.com"})
    assert found.threads[0].open is not resolved
    assert bool(found.problems) is not resolved


def test_an_answer_opens_a_resolved_thread_again() -> None:
    records = [
        record(0, comments=[{"text": "x"}]),
        record(1, resolves=[OPENED], comments=[{"text": "thanks", "reply_to": OPENED}]),
        record(2, "ada@x.com", comments=[{"text": "not yet", "reply_to": OPENED}]),
    ]
    assert not discuss(records[:2]).threads[0].open
    assert discuss(records).threads[0].open


def test_a_record_that_does_not_count_neither_opens_nor_resolves() -> None:
    from dataclasses import replace

    forged = replace(record(1, resolves=[OPENED], comments=[{"text": "y"}]), counts=False)
    assert [thread.open for thread in discuss([record(0, comments=[{"text": "x"}]), forged]).threads] == [True]


def test_a_comment_that_was_sent_twice_is_shown_once_and_silences_nobody_else() -> None:
    same = {"text": "x", "key": "ab" * 8}
    found = discuss([record(0, comments=[same]), record(1, comments=[same]), record(2, "eve@x.com", comments=[same])])
    assert [thread.opener.record.reviewer_email for thread in found.threads] == ["rev@x.com", "eve@x.com"]


def test_later_threads_on_another_tree_leave_an_approval_alone() -> None:
    other = "ab" * 20
    approval = record(1, verdict="approve")

    def against(*records: Record) -> int:
        found = open_at(discuss(records), records, TREE)
        return found[approval.file]

    assert against(record(0, tree=other, comments=[{"text": "x"}]), approval) == 1
    assert against(approval, record(2, comments=[{"text": "x"}])) == 1
    assert against(approval, record(2, tree=other, comments=[{"text": "x"}])) == 0
