"""An editor is told the line in its own way, and never in one that it does not know."""

from pathlib import Path

import pytest

from workbench.tui.editor import editor_argv

FILE = Path("/library/a b.yaml")


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        ("vi", ["vi", "+7", "/library/a b.yaml"]),
        ("/usr/bin/nvim -n", ["/usr/bin/nvim", "-n", "+7", "/library/a b.yaml"]),
        ("code --wait", ["code", "--wait", "--goto", "/library/a b.yaml:7"]),
        ("hx", ["hx", "/library/a b.yaml:7"]),
        ("my-editor", ["my-editor", "/library/a b.yaml"]),
    ],
)
def test_the_line_is_given_as_the_editor_takes_it(command: str, argv: list[str]) -> None:
    assert editor_argv(command, FILE, 7) == argv
    assert editor_argv(command, FILE, None)[-1] == str(FILE)
