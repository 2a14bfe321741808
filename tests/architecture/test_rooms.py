"""The shape of the house: which room imports which, what a fresh process loads, and that generated pages are fresh."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.commands import COMMANDS, clashes, key_table

ROOT = Path(__file__).parents[2]
HEAVY = ("textual", "rich", "httpx", "git", "sqlite_utils", "mcp", "genai_prices", "jsonschema", "pydantic")


def loaded_by(*args: str) -> list[str]:
    """The modules a fresh interpreter has loaded after running the command line."""
    program = (
        "import sys, json, io, contextlib\n"
        "from workbench.cli.main import run\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    run({list(args)!r})\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return [name for name in json.loads(done.stdout) if name.split(".")[0] in HEAVY]


@pytest.mark.parametrize("args", [("--version",), ("--help",)])
def test_the_cheapest_questions_load_nothing_heavy(args: tuple[str, ...]) -> None:
    assert loaded_by(*args) == []


def test_listing_skills_loads_no_screen_and_no_network_library() -> None:
    heavy = {name.split(".")[0] for name in loaded_by("skills", "list", "--json", "--library", str(ROOT))}
    assert heavy <= {"git"}


def test_rooms_import_downwards_only() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_one_key_has_one_meaning() -> None:
    assert clashes() == []


def test_every_command_has_a_unique_id_and_a_sentence() -> None:
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
    assert all(command.help.endswith(".") for command in COMMANDS)


def test_the_key_table_in_the_documentation_is_the_registrys() -> None:
    page = (ROOT / "docs/keys.md").read_text(encoding="utf-8")
    assert key_table() in page, "run: python docs/make_keys.py"


def test_every_command_line_twin_exists() -> None:
    from click.testing import CliRunner

    from workbench.cli.main import workbench

    for command in COMMANDS:
        if command.cli:
            done = CliRunner().invoke(workbench, [*command.cli.split(), "--help"])
            assert done.exit_code == 0, command.cli
            assert "Usage:" in done.output


def test_no_file_holds_more_than_one_subject_can_need() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "workbench").rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert not long
