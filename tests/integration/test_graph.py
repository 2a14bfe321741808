"""`skills graph`: which skill needs which, in every form, and the exit code."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.skills.cycles import cycles_of

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How long something takes here says more about the machine than about the code."""


def skill(library: Any, id_: str, *, requires: str = "", version: str = "", body: str = "Do it.\n") -> None:
    metadata = [f"  requires: {requires}\n"] * bool(requires) + [f"  version: {version}\n"] * bool(version)
    name = id_.rpartition("/")[2]
    front = f"name: {name}\ndescription: Does {name}. Use when needed.\n"
    library.write(
        f"{id_}/SKILL.md", f"---\n{front}{'metadata:' + chr(10) if metadata else ''}{''.join(metadata)}---\n{body}"
    )


@pytest.fixture
def chain(library: Any) -> Any:
    """report needs pdf-tools needs core-fonts; nobody knows of lonely."""
    skill(library, "skills/report", requires='"pdf-tools>=1.2"', body="Use `core-fonts`.\n")
    skill(library, "skills/pdf-tools", requires="core-fonts", version="1.3.0")
    skill(library, "skills/core-fonts", version="2.0.0")
    skill(library, "skills/lonely")
    return library


def test_every_edge_has_its_kind_its_file_and_its_line(chain: Any, workbench: Any) -> None:
    said = workbench("skills", "graph", "--json")
    assert said.code == 0
    assert said.json["nodes"][2] == {"id": "skills/pdf-tools", "name": "pdf-tools", "version": "1.3.0"}
    report = [edge for edge in said.json["edges"] if edge["from"] == "skills/report"]
    assert report == [
        {"from": "skills/report", "to": "skills/pdf-tools", "kind": "declared", "requirement": "pdf-tools>=1.2",
         "path": "skills/report/SKILL.md", "line": 5},
        {"from": "skills/report", "to": "skills/core-fonts", "kind": "mention", "requirement": None,
         "path": "skills/report/SKILL.md", "line": 7},
    ]  # fmt: skip
    assert said.json["cycles"] == said.json["missing"] == said.json["conflicts"] == said.json["problems"] == []


def test_format_json_is_the_same_as_json(chain: Any, workbench: Any) -> None:
    assert workbench("skills", "graph", "--format", "json").out == workbench("skills", "graph", "--json").out


def test_a_name_limits_it_to_what_that_skill_needs_and_dependents_to_what_needs_it(chain: Any, workbench: Any) -> None:
    def nodes(*args: str) -> set[str]:
        return {node["name"] for node in workbench("skills", "graph", *args, "--json").json["nodes"]}

    assert nodes("pdf-tools") == {"pdf-tools", "core-fonts"}
    assert nodes("core-fonts", "--dependents") == {"core-fonts", "pdf-tools", "report"}
    assert nodes("core-fonts", "--dependents", "--declared", "--depth", "1") == {"core-fonts", "pdf-tools"}
    assert workbench("skills", "graph", "--dependents").code == 2
    assert workbench("skills", "graph", "no-such").code == 2


def test_declared_leaves_out_what_was_only_detected(chain: Any, workbench: Any) -> None:
    kinds = {edge["kind"] for edge in workbench("skills", "graph", "--declared", "--json").json["edges"]}
    assert kinds == {"declared"}


def test_what_is_missing_is_named_with_its_place_and_exits_1(chain: Any, workbench: Any) -> None:
    skill(chain, "skills/broken", requires="no-such>=2 pdf-tools")
    said = workbench("skills", "graph", "--json")
    assert said.code == 1
    assert said.json["missing"] == [
        {"from": "skills/broken", "requirement": "no-such>=2", "path": "skills/broken/SKILL.md", "line": 5}
    ]
    [problem] = said.json["problems"]
    assert (problem["code"], problem["severity"], problem["column"]) == ("dependency-missing", "error", 13)
    assert workbench("skills", "graph", "report").code == 0, "another skill's problem"
    assert "skills/broken/SKILL.md:5: error:" in workbench("skills", "graph").out


def test_a_version_that_does_not_fit_is_a_conflict(chain: Any, workbench: Any) -> None:
    skill(chain, "skills/old", requires="pdf-tools<1")
    said = workbench("skills", "graph", "--declared", "--json")
    assert said.code == 1
    [conflict] = said.json["conflicts"]
    assert (conflict["skill"], conflict["found"]) == ("skills/pdf-tools", "1.3.0")
    assert [one["from"] for one in conflict["requirements"]] == ["skills/old"]
    codes = [problem["code"] for problem in said.json["problems"]]
    assert codes == ["dependency-conflict", "dependency-incompatible"], "and nothing could meet both"


def test_two_skills_whose_demands_exclude_each_other_are_a_conflict(library: Any, workbench: Any) -> None:
    skill(library, "a", requires="base>=2")
    skill(library, "b", requires="base^1.2")
    skill(library, "base", version="2.1.0")
    [conflict] = workbench("skills", "graph", "--json").json["conflicts"]
    assert [one["requirement"] for one in conflict["requirements"]] == ["base^1.2"]
    problems = workbench("skills", "graph", "--json").json["problems"]
    assert "no version of base meets 'base>=2' (a) and 'base^1.2' (b)" in [p["message"] for p in problems]


@pytest.mark.parametrize("version", ["", "latest"])
def test_a_version_that_is_not_known_does_not_fit(library: Any, workbench: Any, version: str) -> None:
    skill(library, "a", requires="base>=1")
    skill(library, "base", version=version)
    said = workbench("skills", "graph", "--json")
    assert (said.code, said.json["conflicts"][0]["found"]) == (1, version or None)
    assert said.json["problems"][0]["code"] == "dependency-version-unknown"


def test_a_circle_is_a_warning_and_exits_1_and_circles_of_mentions_are_none(library: Any, workbench: Any) -> None:
    skill(library, "a-skill", requires="b-skill")
    skill(library, "b-skill", requires="c-skill")
    skill(library, "c-skill", requires="a-skill")
    skill(library, "d-skill", body="Use `e-skill`.\n")
    skill(library, "e-skill", body="Use `d-skill`.\n")
    said = workbench("skills", "graph", "--json")
    assert (said.code, said.json["cycles"]) == (1, [["a-skill", "b-skill", "c-skill"]])
    assert [problem["severity"] for problem in said.json["problems"]] == ["warning"]
    apart = workbench("skills", "graph", "d-skill", "--json")
    assert (apart.code, apart.json["cycles"]) == (0, [])
    text = workbench("skills", "graph")
    assert "↺ circle" in text.out
    assert "a-skill → b-skill → c-skill → a-skill" in text.out


def test_a_requirement_that_can_not_be_read_exits_1_with_a_remedy(library: Any, workbench: Any) -> None:
    skill(library, "a", requires="'base>=new'")
    skill(library, "base")
    said = workbench("skills", "graph")
    assert said.code == 1
    assert "[requirement-malformed]" in said.out
    assert "semantic version" in said.out


def test_of_two_skills_of_one_name_one_that_fits_is_taken(library: Any, workbench: Any) -> None:
    skill(library, "one/base", version="1.0.0")
    skill(library, "two/base", version="2.0.0")
    skill(library, "one/user", requires="base>=2")
    skill(library, "one/exact", requires="one/base==1.0.0")
    said = workbench("skills", "graph", "--declared", "--json")
    assert said.code == 0
    assert {edge["from"]: edge["to"] for edge in said.json["edges"]} == {
        "one/user": "two/base",
        "one/exact": "one/base",
    }


def test_the_tree_reads_from_the_top_and_says_what_stands_alone(chain: Any, workbench: Any) -> None:
    lines = workbench("skills", "graph").out.splitlines()
    assert lines[0] == "report  (skills/report)"
    assert lines[1] == "├─ pdf-tools 1.3.0  [declared >=1.2, skills/report/SKILL.md:5]"
    assert lines[2] == "│  └─ core-fonts 2.0.0  [declared, skills/pdf-tools/SKILL.md:5]"
    assert lines[-1] == "1 skill needs no other, and no other needs it"
    up = workbench("skills", "graph", "core-fonts", "--dependents").out.splitlines()
    assert up[0] == "core-fonts 2.0.0  (skills/core-fonts)"
    assert "report" in "".join(up[1:])


HOSTILE = [
    '"]; click n0 "javascript:x"',
    '"];\nrm [label="x',
    "<img onerror=x>",
    "\\",
    "a\x1b[31mb",
    "#quot;",
    "|--> x",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_leaves_its_label(library: Any, workbench: Any, name: str) -> None:
    quoted = json.dumps(name)
    library.write("x/SKILL.md", f"---\nname: {quoted}\ndescription: d\nmetadata: {{version: {quoted}}}\n---\n")
    library.write("y/SKILL.md", "---\nname: y\ndescription: d\nmetadata: {requires: x gone}\n---\n")
    mermaid = workbench("skills", "graph", "--format", "mermaid").out.splitlines()
    label = r'"[A-Za-z0-9 ._/#;-]*"'
    shape = rf"  (n\d+\[{label}\]|m\d+\[{label}\]|n\d+ (-->|-\.->)\|{label}\| n\d+|n\d+ --x m\d+)"
    assert mermaid[0] == "flowchart LR"
    assert [line for line in mermaid[1:] if not re.fullmatch(shape, line)] == []
    text = r'"(?:[^"\\]|\\.)*"'
    form = rf"  (n\d+ \[label={text}\];|n\d+ -> [nm]\d+( \[label={text}\])?;|m\d+ \[label={text}, style=dotted\];)"
    dot = workbench("skills", "graph", "--format", "dot").out.splitlines()
    assert [line for line in dot[2:-1] if not re.fullmatch(form, line)] == []
    assert "\x1b" not in workbench("skills", "graph").out


def test_show_names_what_a_change_would_touch(chain: Any, workbench: Any) -> None:
    assert (
        "needed by skills/pdf-tools: declared in skills/pdf-tools/SKILL.md:5"
        in workbench("skills", "show", "core-fonts").out
    )
    dependents = workbench("skills", "show", "core-fonts", "--json").json["dependents"]
    assert [(edge["from"], edge["kind"]) for edge in dependents] == [
        ("skills/pdf-tools", "declared"),
        ("skills/report", "mention"),
    ]


def test_a_long_chain_and_a_dense_knot_end(library: Any, workbench: Any) -> None:
    for number in range(300):
        skill(library, f"chain-{number:03}", requires=f"chain-{number + 1:03}" if number < 299 else "chain-000")
    said = workbench("skills", "graph", "--json")
    assert len(said.json["cycles"][0]) == 300
    assert workbench("skills", "graph").code == 1


@PATIENT
@given(st.dictionaries(st.integers(0, 7), st.lists(st.integers(0, 7), max_size=4), max_size=8))
def test_a_circle_is_found_exactly_where_there_is_one(drawn: dict[int, list[int]]) -> None:
    after = {str(node): [str(to) for to in targets] for node, targets in drawn.items()}

    def reaches(start: str, goal: str) -> bool:
        seen: set[str] = set()
        waiting = list(after.get(start, ()))
        while waiting:
            here = waiting.pop()
            if here == goal:
                return True
            if here not in seen:
                seen.add(here)
                waiting += after.get(here, ())
        return False

    cycles = cycles_of([str(number) for number in range(8)], after)
    for cycle in cycles:
        assert all(there in after[here] for here, there in zip(cycle, (*cycle[1:], cycle[0]), strict=True))
        assert len(set(cycle)) == len(cycle)
    knotted = {node for node in after if reaches(node, node)}
    assert {node for cycle in cycles for node in cycle} <= knotted
    for node in knotted:
        assert any(node in cycle or (reaches(node, cycle[0]) and reaches(cycle[0], node)) for cycle in cycles)
