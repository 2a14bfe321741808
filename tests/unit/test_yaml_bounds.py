"""Bounds on YAML that are told without parsing: never more generous than those that parsing tells."""

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.skills import bounded_yaml

PIECES = [
    "a",
    "a: ",
    "- ",
    "? ",
    ": ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&x ",
    "*x",
    "!!seq ",
    "|",
    "'",
    '"',
    "\n",
    "\n  ",
    "\n" + " " * 11,
    "#",
    "--- ",
    "\t",
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | st.text("a -:?[]{},\n&*'\"", max_size=200))
def test_what_is_taken_to_be_within_bounds_without_parsing_is(text: str) -> None:
    if bounded_yaml._within_bounds(text, 200):
        try:
            bounded_yaml._check_bounds(text, 1, 200)
        except bounded_yaml.YamlError:
            raise AssertionError(text) from None
        except (yaml.YAMLError, UnicodeError):
            pass
