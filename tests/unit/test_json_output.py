"""JSON on the command line reads the same whatever its size: large output is indented by another library."""

import json
from typing import Any

import pytest

from workbench.cli.output import indented

PIECES: tuple[Any, ...] = (
    {}, [], "", 'a "quoted" \\ word', "\x1b[31m\u202e\ud800", "ünï", 0, -1, 2**70, 1e300, 0.1, True, None, {"a": []},
)  # fmt: skip


@pytest.mark.parametrize("copies", [1, 4_000])
def test_it_is_what_pythons_own_writer_says(copies: int) -> None:
    data = {"items": [dict(enumerate(map(str, PIECES))), *PIECES] * copies}
    assert indented(data) == json.dumps(data, indent=2)


def test_what_no_json_can_say_is_said_as_python_does() -> None:
    data = [float("inf"), float("nan"), *range(50_000)]
    assert indented(data) == json.dumps(data, indent=2)
