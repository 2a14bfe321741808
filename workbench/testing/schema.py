"""The JSON Schema of files of cases, for editors: made from the tables that read them."""

from typing import Any

from workbench.testing.demands import definitions
from workbench.testing.fields import CASE_FIELDS
from workbench.testing.shapes import object_schema

FORMS = ("run", "tool", "call")


def case_schema() -> dict[str, Any]:
    """The schema (2020-12) of a file of cases."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Test cases of a skill",
        "type": "object",
        "required": ["cases"],
        "additionalProperties": False,
        "properties": {
            "cases": {
                "description": "The cases, run each in a sandbox and a folder of its own.",
                "type": "array",
                "items": {"$ref": "#/$defs/case"},
            }
        },
        "$defs": {
            "case": object_schema(CASE_FIELDS, oneOf=[{"required": [form]} for form in FORMS]),
            **definitions(),
        },
    }
