"""SARIF and GitHub annotations: what the readers of these formats demand, and nothing that a text can break out of."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from workbench.skills.annotations import annotation
from workbench.skills.codes import every_code, problem
from workbench.skills.model import Problem
from workbench.skills.sarif import sarif

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
ESSENTIALS: dict[str, Any] = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string"},
        "version": {"const": "2.1.0"},
        "runs": {
            "minItems": 1,
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "shortDescription", "help"],
                                            "properties": {
                                                "shortDescription": TEXT,
                                                "help": TEXT,
                                                "defaultConfiguration": {
                                                    "properties": {"level": {"enum": ["note", "warning", "error"]}}
                                                },
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "items": {
                            "required": ["ruleId", "ruleIndex", "level", "message", "partialFingerprints"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": TEXT,
                                "locations": {
                                    "items": {
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation", "region"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "required": ["uri", "uriBaseId"],
                                                        "properties": {"uri": {"pattern": "^[^/ :\\\\][^ \\\\]*$"}},
                                                    },
                                                    "region": {
                                                        "required": ["startLine"],
                                                        "properties": {
                                                            "startLine": {"type": "integer", "minimum": 1},
                                                            "startColumn": {"type": "integer", "minimum": 1},
                                                        },
                                                    },
                                                },
                                            }
                                        },
                                    }
                                },
                            },
                        }
                    },
                },
            },
        },
    },
}
"""What the SARIF 2.1.0 schema and code scanning demand of what we write."""


def result(found: list[tuple[Problem, str | None]]) -> list[dict[str, Any]]:
    log = json.loads(json.dumps(sarif(found)))
    Draft202012Validator(ESSENTIALS).validate(log)
    results: list[dict[str, Any]] = log["runs"][0]["results"]
    return results


def test_a_log_is_valid_and_names_rule_file_and_place() -> None:
    one = problem("broken-link", "the link leads to 'x', which does not exist", "skills/a b/SKILL.md", 7, 3)
    (found,) = result([(one, one.path)])
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "skills/a%20b/SKILL.md", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 7, "startColumn": 3}
    rules = sarif([])["runs"][0]["tool"]["driver"]["rules"]
    assert rules[found["ruleIndex"]]["id"] == "broken-link"
    assert [rule["id"] for rule in rules] == [code.id for code in every_code()]


def test_a_fingerprint_stays_when_lines_move_and_differs_for_the_same_thing_twice() -> None:
    def prints(line: int) -> list[str]:
        one = problem("duplicate-key", f"'x' stands twice (first in line {line})", "a", line)
        return [found["partialFingerprints"]["problem/v1"] for found in result([(one, "a"), (one, "a")])]

    assert prints(3) == prints(12)
    assert len(set(prints(3))) == 2


def test_a_problem_without_a_place_is_a_result_without_locations() -> None:
    assert "locations" not in result([(problem("more-problems", "3 more"), None)])[0]


def test_an_annotation_has_file_line_column_and_title() -> None:
    one = problem("broken-link", "it is 100% gone", "skills/a/SKILL.md", 7, 3)
    assert annotation(one, one.path) == (
        "::warning file=skills/a/SKILL.md,line=7,col=3,title=broken-link::"
        "it is 100%25 gone%0ACorrect the path, or add the file"
    )
    assert annotation(Problem("info", "x", "y"), None) == "::notice title=x::y"


@given(st.text(max_size=80), st.text(min_size=1, max_size=40))
def test_no_text_breaks_out_of_an_annotation(message: str, path: str) -> None:
    line = annotation(Problem("error", "x", message, path, 1), path)
    assert "\n" not in line
    assert "\r" not in line
    head, _, rest = line.removeprefix("::error ").partition("::")
    assert [part.partition("=")[0] for part in head.split(",")] == ["file", "line", "title"]
    assert rest.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") == message
