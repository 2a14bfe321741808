"""A finding is the same while its evidence is; kinds are what policies count; a comparison says what is gained."""

from workbench.skills.capabilities import CAPABILITIES, Finding, compare, kinds, scan_file


def finding(kind: str = "network", what: str = "a.co", certainty: str = "sure", **other: object) -> Finding:
    values = {"path": "a.py", "line": 1, "column": 1, "evidence": "x", **other}
    return Finding(kind, what, certainty=certainty, **values)  # type: ignore[arg-type]  # a test's shorthand


def test_a_fingerprint_stays_when_lines_move_and_changes_with_what_it_binds() -> None:
    first = finding(evidence="a  b")
    assert first.fingerprint == finding(line=9, column=4, evidence="a b", certainty="likely").fingerprint
    others = [finding(evidence="a c"), finding(what="b.co"), finding(path="b.py"), finding(kind="download")]
    assert len({one.fingerprint for one in (first, *others)}) == 5


def test_moving_code_keeps_every_fingerprint() -> None:
    code = "import os, requests\nrequests.get('https://a.co')\nos.system('git log; make')\n"
    before, after = scan_file("a.py", code.encode()), scan_file("a.py", ("# more\n" * 9 + code).encode())
    assert {one.fingerprint for one in before} == {one.fingerprint for one in after}
    assert len(before) == 3


def test_a_change_beyond_what_is_shown_of_a_long_line_is_another_finding() -> None:
    line = "curl https://a.co/" + "x" * 2000
    one, other = (scan_file("a.sh", f"{line}{end}\n".encode())[0] for end in "yz")
    assert len(one.evidence) < 300
    assert one.fingerprint != other.fingerprint


def test_mentions_count_for_no_policy_and_what_cannot_be_read_counts_as_everything() -> None:
    assert kinds([finding(certainty="mention"), finding(kind="reads")]) == {"reads"}
    assert kinds([finding(certainty="mention")], least="mention") == {"network"}
    assert kinds([finding(kind="unreadable")]) == CAPABILITIES | {"unreadable"}


def test_a_comparison_names_what_is_new_and_what_is_gone() -> None:
    before = [finding(), finding(kind="subprocess", what="git"), finding(what="b.co", certainty="mention")]
    after = [finding(path="moved.py", line=7), finding(what="b.co"), finding(kind="dynamic", what="eval")]
    difference = compare(before, after)
    assert [(one.kind, one.what) for one in difference.gained] == [("network", "b.co"), ("dynamic", "eval")]
    assert [(one.kind, one.what) for one in difference.lost] == [("subprocess", "git")]
    assert (difference.gained_kinds, difference.lost_kinds) == ({"dynamic"}, {"subprocess"})


def test_an_unchanged_skill_gains_nothing_and_an_unreadable_one_gains_everything() -> None:
    assert compare([finding()], [finding()]).gained == ()
    gained = compare([finding()], [finding(), finding(kind="unreadable")]).gained_kinds
    assert gained == (CAPABILITIES | {"unreadable"}) - {"network"}


def test_what_is_ordinary_needs_no_look() -> None:
    assert not finding(kind="subprocess", what="grep").risky
    assert not finding(kind="subprocess", what="python scripts/a.py").risky
    assert not finding(kind="subprocess", what="git", certainty="likely").risky
    assert not finding(certainty="mention").risky
    assert finding(kind="subprocess", what="git").risky
    assert finding(kind="subprocess", what="any program", certainty="likely").risky
    assert finding(kind="reads", what="~/.ssh/id_rsa (credentials)").risky
    assert not finding(kind="reads").risky
