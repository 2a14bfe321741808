"""`workbench models` says which models there are and whether one answers, in text and JSON, and never shows a key."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_models import KEY, FakeModels, Say, error
from workbench.cli.main import run


@pytest.fixture
def fake() -> Iterator[FakeModels]:
    with FakeModels() as models:
        yield models


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path))
    monkeypatch.setenv("FAKE_KEY", KEY)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(folder: Path, fake: FakeModels, **more: Any) -> None:
    lines = {"provider": "openai", "model": "fake", "base_url": fake.base("openai"), "key_env": "FAKE_KEY", **more}
    local = "".join(f"    {key}: {value}\n" for key, value in lines.items())
    cloud = "    provider: anthropic\n    model: claude-haiku-4-5\n"
    (folder / "config.yaml").write_text(f"models:\n  local:\n{local}  cloud:\n{cloud}")


def test_models_are_listed_with_where_their_keys_and_prices_are(
    folder: Path, fake: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(folder, fake)
    assert run(["models", "list", "--json"]) == 0
    local, cloud = json.loads(capsys.readouterr().out)["models"]
    assert (local["name"], local["key_env"], local["key_in_environment"]) == ("local", "FAKE_KEY", True)
    assert (local["usd_per_mtok"], local["price_from"]) == (None, None)
    assert (cloud["key_env"], cloud["key_in_environment"]) == ("ANTHROPIC_API_KEY", False)
    assert cloud["usd_per_mtok"] == {"input": 1.0, "output": 5.0}
    assert run(["models", "list"]) == 0
    shown = capsys.readouterr().out
    assert "FAKE_KEY is set" in shown
    assert "ANTHROPIC_API_KEY not set" in shown
    assert "unpriced" in shown
    assert KEY not in shown
    assert fake.seen == []


def test_listing_models_loads_no_network_library(folder: Path, fake: FakeModels) -> None:
    settings(folder, fake)
    program = (
        "import sys\n"
        "from workbench.cli.main import run\n"
        "run(['models', 'list'])\n"
        "print({'httpx', 'jsonschema', 'textual', 'keyring'} & set(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"


def test_without_models_it_says_that_nothing_is_ever_sent(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list"]) == 0
    assert "nothing is ever sent" in capsys.readouterr().out


def test_a_model_is_checked_recorded_and_replayed(
    folder: Path, fake: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(folder, fake, input_usd_per_mtok=1, output_usd_per_mtok=5)
    fake.then(Say("ready", usage=(12, 1, 0)))
    check = ["models", "check", "--model", "local", "--cassette", "c.jsonl", "--json"]
    assert run([*check, "--max-cost", "0.01"]) == 0
    asked = json.loads(capsys.readouterr().out)
    assert (asked["text"], asked["usd"], asked["cached"]) == ("ready", "0.0000", False)
    (folder / "config.yaml").unlink()
    assert run(["models", "check", "--cassette", "c.jsonl", "--replay", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {**asked, "cached": True}
    assert len(fake.seen) == 1


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--model", "locl"], 2, "did you mean 'local'?"),
        ([], 2, "it is not said which model to ask"),
        (["--model", "cloud"], 3, "ANTHROPIC_API_KEY is not set"),
        (["--model", "local", "--max-cost", "1"], 2, "no budget can hold it"),
        (["--model", "cloud", "--max-cost", "lots"], 2, "no amount of money"),
        (["--model", "local", "--record", "--replay"], 2, "say one of them"),
        (["--model", "local", "--record"], 2, "--cassette FILE"),
        (["--model", "local", "--accept-edited"], 2, "goes with --replay"),
        (["--model", "local", "--replay", "--cassette", "none.jsonl"], 3, "no cassette to replay"),
        (["--model", "m", "--endpoint", "http://models.example"], 2, "readably"),
        (["--model", "local"], 3, "refused the request (400): go away"),
    ],
)
def test_what_goes_wrong_has_its_exit_code_and_words(
    folder: Path, fake: FakeModels, capsys: pytest.CaptureFixture[str], args: list[str], code: int, said: str
) -> None:
    settings(folder, fake)
    fake.then(error(400, message="go away"))
    assert run(["models", "check", *args]) == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""
    assert KEY not in shown.err


def test_a_budget_that_is_too_small_sends_nothing(
    folder: Path, fake: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(folder, fake, input_usd_per_mtok=1, output_usd_per_mtok=5)
    assert run(["models", "check", "--model", "local", "--max-cost", "0.001"]) == 5
    assert "the budget of $0.0010 is spent: $0.00 so far" in capsys.readouterr().err
    assert fake.seen == []
