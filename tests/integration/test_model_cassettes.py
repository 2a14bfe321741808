"""What a model answered is recorded once and replayed for ever: offline, byte for byte, and never silently wrong."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fake_models import KEY, FakeModels, Raw, Say, error
from workbench.errors import InputError, UsageError
from workbench.testing.models.budget import Budget
from workbench.testing.models.cassette import Cassette, Mode
from workbench.testing.models.endpoint import Endpoint, open_model
from workbench.testing.models.protocol import BudgetSpentError, Message, ModelError, Reply, ToolSpec
from workbench.testing.models.retrying import Pace
from workbench.testing.models.spec import ModelOptions, ModelSpec, Provider

PROVIDERS: tuple[Provider, ...] = ("openai", "anthropic")
PRICES = (1_000_000, 5_000_000, 100_000, 1_250_000)
READ = ToolSpec("read_file", "Reads a file.", {"type": "object"})


@pytest.fixture
def fake() -> Iterator[FakeModels]:
    with FakeModels() as models:
        yield models


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> Provider:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "skill/evals/cassettes/good.jsonl"


class NoRing:
    def get_password(self, service_name: str, username: str) -> str | None:
        return None


def spec_of(fake: FakeModels, provider: Provider = "openai", **options: Any) -> ModelSpec:
    return ModelSpec(provider, fake.base(provider), "fake", "FAKE_KEY", ModelOptions(prices=PRICES, **options))


def opened(spec: ModelSpec, cassette: Cassette | None = None, budget: Budget | None = None) -> Endpoint:
    pace = Pace(sleep=lambda seconds, cancel: None)
    return open_model(spec, env={"FAKE_KEY": KEY}, cassette=cassette, budget=budget, pace=pace)


def conversation(spec: ModelSpec, path: Path, mode: Mode, run: str = "run-1") -> list[Reply]:
    """Three questions, the last two alike."""
    messages = [Message("user", "first 世")]
    with Cassette(path, mode) as cassette, opened(spec, cassette) as model:
        first = model.ask(messages, system="Be kind.", tools=[READ], run=run)
        messages.append(first.as_message())
        messages += [Message("tool", "content", (), call.id) for call in first.tool_calls]
        again = [model.ask([*messages, Message("user", "and?")], run=run) for _ in range(2)]
        return [first, *again]


def recorded_texts(path: Path, spec: ModelSpec) -> list[str]:
    """The texts of all recorded answers, with edits accepted."""
    texts = []
    with Cassette(path, "replay", accept_edited=True) as cassette, opened(spec, cassette) as model:
        for line in path.read_bytes().splitlines()[1:]:
            entry = json.loads(line)
            asked = entry["request"]
            messages = [Message(message["role"], message["content"]) for message in asked["messages"]]
            tools = [READ] if asked["tools"] else []
            texts.append(model.ask(messages, system=asked["system"], tools=tools, run=entry["run"]).text)
    return texts


def nowhere(spec: ModelSpec) -> ModelSpec:
    return replace(spec, base_url="https://nowhere.invalid/v1", options=ModelOptions())


@pytest.mark.parametrize("stream", [True, False])
def test_a_recording_is_replayed_exactly_without_network_key_or_price(
    fake: FakeModels, provider: Provider, path: Path, stream: bool
) -> None:
    fake.then(Say("Look:", [("read_file", {"p": "ä"})], usage=(9, 4, 2)), Say("one\r\n\x00"), Say("two"))
    spec = spec_of(fake, provider, stream=stream)
    recorded = conversation(spec, path, "record")
    written = path.read_bytes()
    seen = len(fake.seen)
    replayed = conversation(nowhere(spec), path, "replay")
    assert [replace(reply, cached=False) for reply in replayed] == recorded
    assert all(reply.cached for reply in replayed)
    assert recorded[0].cost_nd == 9 * 1000 + 4 * 5000 + 2 * 100
    assert len(fake.seen) == seen == 3
    assert path.read_bytes() == written
    pieces: list[str] = []
    with Cassette(path, "replay") as cassette, open_model(nowhere(spec), env={}, cassette=cassette) as model:
        model.ask([Message("user", "first 世")], system="Be kind.", tools=[READ], run="run-1", on_text=pieces.append)
    assert "".join(pieces) == "Look:"


def test_no_key_is_in_a_recording_and_it_is_plain_ascii(fake: FakeModels, provider: Provider, path: Path) -> None:
    conversation(spec_of(fake, provider), path, "record")
    text = path.read_text(encoding="ascii")
    assert KEY not in text
    assert "authorization" not in text.lower()
    assert "x-api-key" not in text.lower()


def test_only_what_is_missing_is_asked_in_auto_mode(fake: FakeModels, path: Path) -> None:
    conversation(spec_of(fake), path, "auto")
    assert len(fake.seen) == 3
    assert all(reply.cached for reply in conversation(spec_of(fake), path, "auto"))
    assert len(fake.seen) == 3
    conversation(spec_of(fake), path, "auto", run="run-2")
    assert len(fake.seen) == 6


def test_a_key_is_needed_only_once_an_answer_is_missing(fake: FakeModels, path: Path) -> None:
    spec, hello = spec_of(fake), [Message("user", "hello")]
    with Cassette(path, "auto") as cassette, opened(spec, cassette) as model:
        model.ask(hello)
    with Cassette(path, "auto") as cassette, open_model(spec, env={}, keyring=NoRing(), cassette=cassette) as model:
        assert model.ask(hello).cached
        with pytest.raises(ModelError, match="FAKE_KEY is not set"):
            model.ask([Message("user", "something else")])
    with Cassette(path, "record") as cassette, pytest.raises(ModelError, match="FAKE_KEY is not set"):
        open_model(spec, env={}, keyring=NoRing(), cassette=cassette)


def test_recording_again_replaces_and_off_does_nothing(fake: FakeModels, path: Path) -> None:
    conversation(spec_of(fake), path, "record")
    fake.then(Say("new"), Say("new"), Say("new"))
    conversation(spec_of(fake), path, "record")
    lines = path.read_bytes().splitlines()
    assert conversation(spec_of(fake), path, "replay")[0].text == "new"
    assert conversation(spec_of(fake), path, "off")[0].text == "first 世"
    assert path.read_bytes().splitlines() == lines


def test_a_recording_looks_alike_in_whatever_order_it_was_made(fake: FakeModels, tmp_path: Path) -> None:
    fake.then(*[lambda seen: Say(f"to {seen.body['messages'][-1]['content']}")] * 12)
    files = []
    for name, order in (("a", (1, 2, 3)), ("b", (3, 1, 2))):
        path = tmp_path / f"{name}.jsonl"
        with Cassette(path, "record") as cassette, opened(spec_of(fake), cassette) as model:
            for run in order:
                for text in ("x", "y"):
                    model.ask([Message("user", text)], run=f"run-{run}")
        lines = [json.loads(line) for line in path.read_bytes().splitlines()[1:]]
        files.append([{**line, "duration_ms": 0, "digest": ""} for line in lines])
    assert files[0] == files[1]


def test_a_request_that_was_never_recorded_names_the_nearest_and_what_differs(fake: FakeModels, path: Path) -> None:
    spec = spec_of(fake)
    conversation(spec, path, "record")
    kind: dict[str, Any] = {"system": "Be kind.", "tools": [READ], "run": "run-1"}
    questions: list[tuple[str, dict[str, Any], str]] = [
        ("first 世界", kind, "message 1 (user) differs at character 8"),
        ("first 世", {**kind, "system": "Be \x1b[1m."}, "the system's text differs at character 4"),
        ("first 世", {**kind, "tools": []}, "other tools: read_file"),
        ("first 世", {**kind, "run": "run-9"}, "run 'run-1' was recorded"),
        ("first 世", {**kind, "temperature": 1.0}, "temperature None was recorded, 1.0 is asked"),
    ]
    with Cassette(path, "replay") as cassette, opened(spec, cassette) as model:
        for text, values, difference in questions:
            with pytest.raises(ModelError) as caught:
                model.ask([Message("user", text)], **values)
            assert "was never recorded; line 2 is nearest" in caught.value.what
            assert difference in caught.value.what
            assert "\x1b" not in caught.value.what
            assert "--record" in str(caught.value.remedy)
        other = opened(replace(spec, model="m2"), cassette)
        with pytest.raises(ModelError, match="model 'fake' was recorded, 'm2' is asked"):
            other.ask([Message("user", "first 世")], **kind)
    assert len(fake.seen) == 3


def test_asking_more_often_than_was_recorded_is_said(fake: FakeModels, path: Path) -> None:
    spec, hello = spec_of(fake), [Message("user", "hello")]
    with Cassette(path, "record") as cassette, opened(spec, cassette) as model:
        model.ask(hello)
    with Cassette(path, "replay") as cassette, opened(spec, cassette) as model:
        model.ask(hello)
        with pytest.raises(ModelError, match="it was asked 1 time then, and once more now"):
            model.ask(hello)


def test_there_has_to_be_a_recording_to_replay(path: Path) -> None:
    with pytest.raises(InputError, match="no cassette to replay") as caught:
        Cassette(path, "replay")
    assert caught.value.where == str(path)


def test_a_recording_edited_by_hand_is_refused_at_its_place_unless_accepted(fake: FakeModels, path: Path) -> None:
    fake.then(Say("honest"), Say("honest"), Say("honest"))
    spec = spec_of(fake, stream=False)
    conversation(spec, path, "record")
    lines = path.read_bytes().splitlines(keepends=True)
    before, after = lines[2].rsplit(b"honest", 1)
    lines[2] = before + b"edited" + after
    path.write_bytes(b"".join(lines))
    with pytest.raises(InputError, match="was edited") as caught:
        Cassette(path, "replay")
    assert caught.value.where == f"{path}:3"
    assert "--accept-edited" in str(caught.value.remedy)
    assert sorted(recorded_texts(path, spec)) == ["edited", "honest", "honest"]


def test_an_edited_answer_that_is_none_is_said_with_its_place(fake: FakeModels, path: Path) -> None:
    spec, hello = spec_of(fake), [Message("user", "hello")]
    with Cassette(path, "record") as cassette, opened(spec, cassette) as model:
        model.ask(hello)
    path.write_bytes(path.read_bytes().replace(b"data: {", b"data: "))
    with Cassette(path, "replay", accept_edited=True) as cassette, opened(spec, cassette) as model:
        what = "the recorded answer can't be used: it is not JSON"
        with pytest.raises(ModelError, match=what) as caught:
            model.ask(hello)
    assert caught.value.where == f"{path}:2"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"hello\n", "not a cassette"),
        (b"\xff\xfe", "not a cassette"),
        (b'{"cassette":2}\n', "not a cassette of this version"),
        (b'{"cassette":1}\n{"key": 1}\n', "was edited"),
        (b'{"cassette":1}\n<<<<<<< HEAD\n', "was edited"),
        (b'{"cassette":1}\n' + b"[" * 100_000, "was edited"),
    ],
)
def test_what_is_no_recording_is_refused(path: Path, content: bytes, what: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(InputError, match=what):
        Cassette(path, "auto")
    if what == "was edited":
        with pytest.raises(InputError, match="this line is no recorded answer"):
            Cassette(path, "auto", accept_edited=True)


def test_a_link_is_not_recorded_into(fake: FakeModels, path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(parents=True)
    target = tmp_path / "target"
    for make in (lambda: target.write_bytes(b""), lambda: target.unlink()):
        make()
        path.unlink(missing_ok=True)
        path.symlink_to(target)
        with pytest.raises(InputError, match="it is a link"):
            conversation(spec_of(fake), path, "auto")
    assert not target.exists()


def test_a_pipe_and_a_folder_are_no_recordings(path: Path) -> None:
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    with pytest.raises(InputError, match="not a file"):
        Cassette(path, "replay")
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match="not a file"):
        Cassette(path, "replay")


def test_a_failure_is_not_recorded_and_the_next_try_has_its_place(fake: FakeModels, path: Path) -> None:
    fake.then(error(400), Say("fine"))
    spec, hello = spec_of(fake), [Message("user", "hello")]
    with Cassette(path, "record") as cassette, opened(spec, cassette) as model:
        with pytest.raises(ModelError):
            model.ask(hello)
        assert not path.exists()
        model.ask(hello)
    with Cassette(path, "replay") as cassette, opened(spec, cassette) as model:
        assert model.ask(hello).text == "fine"


def test_a_body_that_is_not_utf8_is_kept_exactly(fake: FakeModels, path: Path) -> None:
    body = b'{"choices": [{"message": {"content": "\xff"}, "finish_reason": "stop"}]}'
    fake.then(Raw(body=body))
    spec, hello = spec_of(fake), [Message("user", "hello")]
    with Cassette(path, "record") as cassette, opened(spec, cassette) as model:
        recorded = model.ask(hello).text
    with Cassette(path, "replay") as cassette, opened(spec, cassette) as model:
        assert model.ask(hello).text == recorded == "\ufffd"


def test_threads_and_processes_that_record_at_once_lose_nothing(fake: FakeModels, path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.integration.test_model_cassettes import *\n"
        "spec = ModelSpec('openai', sys.argv[1], 'fake', 'FAKE_KEY')\n"
        "with Cassette(Path(sys.argv[2]), 'auto') as cassette, opened(spec, cassette) as model:\n"
        "    def ask(n):\n"
        "        for turn in range(5):\n"
        "            model.ask([Message('user', f'{turn}')], run=f'{sys.argv[3]}-{n}')\n"
        "    threads = [threading.Thread(target=ask, args=(n,)) for n in range(3)]\n"
        "    [thread.start() for thread in threads]\n"
        "    [thread.join() for thread in threads]\n"
    )
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen([sys.executable, "-c", program, fake.base("openai"), str(path), str(n)], cwd=root)
        for n in range(3)
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    asked = len(fake.seen)
    spec = spec_of(fake)
    with Cassette(path, "replay") as cassette, opened(spec, cassette) as model:
        for process in range(3):
            for thread in range(3):
                for turn in range(5):
                    assert model.ask([Message("user", f"{turn}")], run=f"{process}-{thread}").text == f"{turn}"
    assert len(fake.seen) == asked == 45
    assert sorted(item.name for item in path.parent.iterdir()) == ["good.jsonl"]


def test_a_budget_stops_before_the_request_that_could_exceed_it(fake: FakeModels, provider: Provider) -> None:
    budget = Budget(2_000_000)
    spec = spec_of(fake, provider)
    fake.then(*[Say("x", usage=(100, 50, 0))] * 20)
    replies = []
    with opened(spec, budget=budget) as model:
        with suppress(BudgetSpentError):
            while len(replies) < 20:
                replies.append(model.ask([Message("user", "hello")], max_tokens=100))
        with pytest.raises(BudgetSpentError, match="is spent"):
            model.ask([Message("user", "hello")], max_tokens=100)
    assert budget.spent_nd == sum(reply.cost_nd or 0 for reply in replies) <= budget.limit_nd
    assert budget.limit_nd - budget.spent_nd < 100 * 5_000 + 200 * 1_000
    assert len(fake.seen) == len(replies) > 3


def test_threads_share_a_budget_and_never_exceed_it(fake: FakeModels) -> None:
    budget = Budget(3_000_000)
    fake.then(*[Say("x", usage=(100, 100, 0))] * 40)
    with opened(spec_of(fake), budget=budget) as model:

        def ask() -> None:
            try:
                while True:
                    model.ask([Message("user", "hello")], max_tokens=100)
            except BudgetSpentError:
                return

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert 0 < budget.spent_nd <= budget.limit_nd
    assert budget.spent_nd == len(fake.seen) * (100 * 1_000 + 100 * 5_000)


def test_what_was_not_taken_costs_nothing_and_what_broke_off_the_worst(fake: FakeModels) -> None:
    spec, hello = spec_of(fake, tries=1), [Message("user", "hello")]
    for answer, costs in (
        (error(400), False),
        (error(500), False),
        (Say("x", usage=None), True),
        (Say("words " * 50, cut=900), True),
    ):
        budget = Budget(10_000_000)
        fake.then(answer)
        with opened(spec, budget=budget) as model, suppress(ModelError):
            model.ask(hello, max_tokens=100)
        assert (budget.spent_nd > 100 * 5_000) is costs
        budget.reserve(budget.limit_nd - budget.spent_nd)


def test_a_budget_needs_a_price_and_replaying_needs_none(fake: FakeModels, path: Path) -> None:
    spec = spec_of(fake)
    conversation(spec, path, "record")
    unpriced = replace(spec, options=ModelOptions())
    with pytest.raises(UsageError, match="so no budget can hold it") as caught:
        opened(unpriced, budget=Budget(1))
    assert "input_usd_per_mtok" in str(caught.value.remedy)
    budget = Budget(0)
    with Cassette(path, "replay") as cassette, opened(unpriced, cassette, budget) as model:
        model.ask([Message("user", "first 世")], system="Be kind.", tools=[READ], run="run-1")
    assert budget.spent_nd == 0
