"""A problem of a SKILL.md says the line and the column that it is in."""

import pytest

from workbench.skills.frontmatter import parse
from workbench.skills.model import Problem
from workbench.skills.reader import parse_skill

TOP = "---\nname: a\ndescription: Does it.\n"


def places(text: str) -> list[tuple[str, int | None, int | None]]:
    skill = parse_skill("a", text.encode(), present=set())
    return [(problem.code, problem.line, problem.column) for problem in skill.problems]


def test_every_key_has_a_column() -> None:
    matter = parse(f"{TOP}metadata:\n  größe: klein\n  version: 1.2.0\n---\nDo it.\n".encode())
    assert matter.columns == {
        "name": 1, "description": 1, "metadata": 1, "metadata.größe": 3, "metadata.version": 3,
    }  # fmt: skip


def test_keys_of_a_flow_mapping_have_columns_in_characters() -> None:
    matter = parse(f"{TOP}metadata: {{größe: klein, version: 1.2.0}}\n---\nDo it.\n".encode())
    assert (matter.columns["metadata.größe"], matter.columns["metadata.version"]) == (12, 26)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"{TOP}metadata:\n  a: x\n  a: y\n---\nx\n", ("duplicate-key", 6, 3)),
        (f"{TOP}license: [x\n---\nx\n", ("frontmatter-yaml", 4, 12)),
        (f"{TOP}metadata:\n  version: 1.10\n---\nx\n", ("unquoted-value", 5, 12)),
        (f"{TOP}---\nx\nsee `code` and [it](gone.md)\n", ("broken-link", 6, 21)),
        (f"{TOP}---\nx\u200by\n", ("hidden-characters", 5, 2)),
        ('---\nname: " a "\ndescription: Does it.\n---\nx\n', ("name-whitespace", 2, 1)),
    ],
)
def test_a_problem_says_its_column(text: str, place: tuple[str, int, int]) -> None:
    assert place in places(text)


def test_what_is_missing_has_no_column() -> None:
    assert ("description-missing", 1, None) in places("---\nname: a\n---\nx\n")


def test_a_problem_without_column_or_remedy_is_as_before() -> None:
    problem = Problem("error", "x", "y")
    assert (problem.column, problem.remedy) == (None, "")
