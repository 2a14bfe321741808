"""Semantic versions, what may be demanded of them, and the requirements of a frontmatter."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.skills import frontmatter
from workbench.skills.requirements import Requirement, parse_requirements, requirements_of
from workbench.skills.versions import OPERATORS, Range, Version, parse_version, satisfiable

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How long something takes here says more about the machine than about the code."""

NUMBERS = st.tuples(*[st.integers(0, 4)] * 3)
VERSIONS = st.builds(Version, NUMBERS, st.sampled_from([(), ("alpha",), ("alpha", 1), ("rc", 2), (3,)]))
DEMANDS = st.builds(
    lambda operator, numbers, given: f"{operator}{'.'.join(map(str, numbers[:given]))}",
    st.sampled_from(OPERATORS),
    NUMBERS,
    st.integers(1, 3),
)


def range_of(text: str) -> Range:
    [one] = parse_requirements(f"x{text}")
    assert isinstance(one, Requirement), one
    return one.range


def admits(text: str, version: str) -> bool:
    parsed = parse_version(version)
    assert parsed is not None
    return range_of(text).admits(parsed)


def test_the_order_is_the_one_of_the_semver_specification() -> None:
    ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
               "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"]  # fmt: skip
    versions = [parse_version(text) for text in ordered]
    assert sorted(versions, key=lambda v: v, reverse=True) == versions[::-1]  # type: ignore[type-var,return-value]


def test_build_metadata_has_no_say_and_a_leading_v_is_forgiven() -> None:
    assert parse_version("v1.2.3+build.7") == parse_version("1.2.3+other") == Version((1, 2, 3))


@pytest.mark.parametrize("text", ["", "one", "1.2.3.4", "01.2.3", "1.2.x", "1.2.3-", "1" * 40, "-1", "1..2"])
def test_what_is_no_version_is_none(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize(
    ("demand", "good", "bad"),
    [
        (">=1.2", ["1.2.0", "1.10.0", "3.0.0"], ["1.1.9"]),
        (">1.2", ["1.3.0"], ["1.2.0", "1.2.9"]),
        (">1.2.0", ["1.2.1"], ["1.2.0"]),
        ("<=1.2", ["1.2.9", "0.1.0"], ["1.3.0"]),
        ("<1.2", ["1.1.9"], ["1.2.0"]),
        ("==1.2", ["1.2.0", "1.2.7"], ["1.3.0", "1.1.0"]),
        ("=1.2.3", ["1.2.3"], ["1.2.4"]),
        ("!=1.4", ["1.3.0", "1.5.0"], ["1.4.0", "1.4.9"]),
        ("^1.2", ["1.2.0", "1.9.9"], ["1.1.0", "2.0.0"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0", "0.2.2"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("^0.0", ["0.0.9"], ["0.1.0"]),
        ("^0", ["0.9.9"], ["1.0.0"]),
        ("~1.2", ["1.2.0", "1.2.9"], ["1.3.0"]),
        ("~1.2.3", ["1.2.3", "1.2.9"], ["1.2.2", "1.3.0"]),
        ("~1", ["1.9.0"], ["2.0.0"]),
        (">=1.2,<2,!=1.5", ["1.4.0", "1.6.0"], ["1.5.3", "2.0.0", "1.1.0"]),
        ("", ["0.0.0", "9.9.9-rc.1"], []),
    ],
)
def test_what_a_demand_admits(demand: str, good: list[str], bad: list[str]) -> None:
    assert [v for v in good if not admits(demand, v)] == []
    assert [v for v in bad if admits(demand, v)] == []


def test_a_pre_release_has_to_be_asked_for() -> None:
    assert not admits("^1.2", "1.3.0-rc.1")
    assert not admits("<2", "2.0.0-rc.1")
    assert admits(">=1.3.0-rc.1", "1.3.0-rc.2")
    assert not admits(">=1.3.0-rc.1", "1.4.0-rc.1")


@PATIENT
@given(st.lists(DEMANDS, max_size=4), VERSIONS)
def test_whatever_one_version_meets_can_be_met(demands: list[str], version: Version) -> None:
    ranges = [range_of(demand) for demand in demands]
    if all(one.admits(version) for one in ranges):
        assert satisfiable(ranges)


@PATIENT
@given(st.lists(DEMANDS, max_size=3))
def test_what_can_be_met_is_met_by_some_small_version(demands: list[str]) -> None:
    ranges = [range_of(demand) for demand in demands]
    every = (Version((a, b, c)) for a in range(7) for b in range(7) for c in range(7))
    assert satisfiable(ranges) == any(all(one.admits(v) for one in ranges) for v in every)


def test_demands_that_exclude_each_other_can_not_be_met() -> None:
    assert not satisfiable([range_of(">=2"), range_of("^1.2")])
    assert not satisfiable([range_of("==1.2.3"), range_of("!=1.2")])
    assert satisfiable([range_of(">=1.2"), range_of("<2")])
    assert satisfiable([range_of(">1.0.0-rc.1,<1.0.0")]), "rc.2 does"


def test_a_line_of_requirements_is_read_whatever_separates_them() -> None:
    found = list(parse_requirements("pdf-tools>=1.2,<2  csv-profile, skills/x ==1.0 , y ^ 2"))
    assert [(one.name, one.text) for one in found if isinstance(one, Requirement)] == [
        ("pdf-tools", "pdf-tools>=1.2,<2"),
        ("csv-profile", "csv-profile"),
        ("skills/x", "skills/x==1.0"),
        ("y", "y^2"),
    ]


@pytest.mark.parametrize(
    "text", ["pdf>=", "pdf>=one", ",>=1.2", "pdf~=1.2", "pdf>=1.2.*", "pdf;os", "@x", "pdf>=1.2>3"]
)
def test_what_can_not_be_read_is_given_back_whole(text: str) -> None:
    found = list(parse_requirements(f"good {text} fine"))
    assert [one for one in found if isinstance(one, str)], found
    assert isinstance(found[0], Requirement)


@PATIENT
@given(st.text(max_size=80))
def test_no_text_is_lost_or_breaks_the_reader(text: str) -> None:
    for one in parse_requirements(text):
        assert (one if isinstance(one, str) else one.name) in text


def matter(value: str) -> frontmatter.Frontmatter:
    return frontmatter.parse(f"---\nname: a\ndescription: b\nmetadata:\n{value}\n---\n".encode())


def test_every_requirement_has_its_own_place() -> None:
    found, problems = requirements_of(matter('  requires: "pdf-tools>=1.2 csv-profile"'), "a/SKILL.md")
    assert problems == ()
    assert [(one.name, one.line, one.column) for one in found] == [("pdf-tools", 5, 14), ("csv-profile", 5, 29)]


def test_a_name_inside_another_is_not_taken_for_it() -> None:
    found, _ = requirements_of(matter('  requires: "pdf-tools tools"'), "a/SKILL.md")
    assert [one.column for one in found] == [14, 24]


def test_lists_and_folded_texts_keep_their_lines() -> None:
    listed, _ = requirements_of(matter("  requires:\n    - x>=1\n    - y"), "a/SKILL.md")
    folded, _ = requirements_of(matter("  requires: >-\n    x>=1\n    y"), "a/SKILL.md")
    assert [(one.name, one.line) for one in listed] == [(one.name, one.line) for one in folded] == [("x", 6), ("y", 7)]


def test_a_requirement_that_can_not_be_read_says_where_and_what_to_write() -> None:
    found, [problem] = requirements_of(matter('  requires: "x y>=new"'), "a/SKILL.md")
    assert [one.name for one in found] == ["x"]
    assert (problem.code, problem.path, problem.line, problem.column) == ("requirement-malformed", "a/SKILL.md", 5, 16)
    assert "semantic version" in problem.remedy


def test_a_mapping_or_a_flood_is_a_problem_and_no_traceback() -> None:
    _, [mapping] = requirements_of(matter("  requires: {x: 1}"), "f")
    found, [flood] = requirements_of(matter(f"  requires: {' '.join(f's{n}' for n in range(300))}"), "f")
    assert mapping.code == flood.code == "requirement-malformed"
    assert len(found) == 100
