"""What the command line says to a name that it does not have, and the short forms it has."""

import pytest

from workbench.cli.main import run


@pytest.mark.parametrize(
    ("typed", "named"), [("search", "workbench skills search"), ("graph", "workbench skills graph")]
)
def test_what_exists_below_a_group_is_named_in_full(typed: str, named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([typed]) == 2
    assert named in capsys.readouterr().err


def test_a_name_that_exists_nowhere_names_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["no-such-thing"]) == 2
    assert "There is" not in capsys.readouterr().err


def test_verify_also_works_without_its_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--help"]) == run(["review", "verify", "--help"]) == 0
    short, long = capsys.readouterr().out.replace("workbench review verify", "workbench verify").split("Usage:")[1:]
    assert short == long
