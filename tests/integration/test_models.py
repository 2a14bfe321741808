"""Models are asked over real sockets, in both wire formats, and every way an endpoint can fail is said and bounded."""

import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fake_models import KEY, Answer, FakeModels, Hang, Raw, Say, error
from workbench.errors import CancelledError
from workbench.testing.models import reading
from workbench.testing.models.endpoint import Endpoint, open_model
from workbench.testing.models.protocol import Message, ModelError, Stop, ToolCall, ToolSpec, Usage
from workbench.testing.models.retrying import Pace
from workbench.testing.models.spec import ModelOptions, ModelSpec, Provider

PROVIDERS: tuple[Provider, ...] = ("openai", "anthropic")
HELLO = [Message("user", "Grüße, 世界 👋🏽")]
READ = ToolSpec("read_file", "Reads a file.", {"type": "object", "properties": {"path": {"type": "string"}}})


class Waits(list[float]):
    """Waits between tries, noted and not waited."""

    def __call__(self, seconds: float, cancel: threading.Event | None) -> None:
        self.append(seconds)


@pytest.fixture
def fake() -> Iterator[FakeModels]:
    with FakeModels() as models:
        yield models


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> Provider:
    return request.param  # type: ignore[no-any-return]


def opened(fake: FakeModels, provider: Provider, waits: Waits | None = None, **options: Any) -> Endpoint:
    model = options.pop("model", "fake")
    spec = ModelSpec(provider, fake.base(provider), model, "FAKE_KEY", ModelOptions(**options))
    pace = Pace(sleep=waits if waits is not None else Waits(), random=lambda: 1.0)
    return open_model(spec, env={"FAKE_KEY": options.pop("key", KEY)}, pace=pace)


def failure(fake: FakeModels, provider: Provider, *answers: Answer, **options: Any) -> ModelError:
    fake.then(*answers)
    with opened(fake, provider, **options) as model, pytest.raises(ModelError) as caught:
        model.ask(HELLO)
    return caught.value


@pytest.mark.parametrize("stream", [True, False])
def test_a_question_is_answered_with_text_usage_and_who_said_it(
    fake: FakeModels, provider: Provider, stream: bool
) -> None:
    fake.then(Say("Grüße zurück 👋🏽", usage=(11, 7, 5)))
    pieces: list[str] = []
    with opened(fake, provider, stream=stream) as model:
        reply = model.ask(HELLO, system="Be kind.", temperature=0.5, max_tokens=99, on_text=pieces.append)
    assert reply.text == "".join(pieces) == "Grüße zurück 👋🏽"
    assert (len(pieces) > 1) is stream
    assert (reply.stop, reply.usage, reply.model, reply.request_id) == ("end", Usage(11, 7, 5), "fake-2026", "req_1")
    assert reply.cost_nd is None
    assert not reply.cached
    body = fake.seen[0].body
    assert (body["temperature"], body["max_tokens"]) == (0.5, 99)
    assert body.get("system") == "Be kind." or body["messages"][0] == {"role": "system", "content": "Be kind."}


@pytest.mark.parametrize("piece", [1, 2, 3, 17])
def test_a_stream_cut_anywhere_says_the_same(fake: FakeModels, provider: Provider, piece: int) -> None:
    text, arguments = "é世👋🏽\r\n\u2028 data: x", {"path": "ä/👋🏽", "n": [1, None]}
    fake.then(Say(text, [("read_file", arguments), ("read_file", {})], piece=piece, letters=1))
    with opened(fake, provider) as model:
        reply = model.ask(HELLO, tools=[READ])
    assert reply.text == text
    assert [call.arguments for call in reply.tool_calls] == [arguments, {}]
    assert reply.stop == "tool_calls"


@pytest.mark.parametrize("stream", [True, False])
def test_a_tool_loop_goes_round_as_the_endpoint_demands(fake: FakeModels, provider: Provider, stream: bool) -> None:
    calls = [("read_file", {"path": "a"}), ("read_file", {"path": "b"})]
    fake.then(Say("Let me look.", calls), Say("", [("read_file", {"path": "c"})]), Say("Done."))
    messages = [Message("user", "Read them.")]
    with opened(fake, provider, stream=stream) as model:
        while (reply := model.ask(messages, tools=[READ], tool_choice="auto")).stop == "tool_calls":
            messages.append(reply.as_message())
            messages += [Message("tool", f"got {c.arguments['path']}", (), c.id) for c in reply.tool_calls]
    assert reply.text == "Done."
    assert len(fake.seen) == 3


def test_the_choice_of_a_tool_is_said_in_the_providers_words(fake: FakeModels) -> None:
    for provider in PROVIDERS:
        with opened(fake, provider) as model:
            for choice in ("required", "none", "read_file"):
                model.ask(HELLO, tools=[READ], tool_choice=choice)
    choices = [seen.body["tool_choice"] for seen in fake.seen]
    assert choices[:3] == ["required", "none", {"type": "function", "function": {"name": "read_file"}}]
    assert choices[3:] == [{"type": "any"}, {"type": "none"}, {"type": "tool", "name": "read_file"}]


@pytest.mark.parametrize("written", ['{"path": ', '["a"]', '{"n": NaN}'])
def test_arguments_that_are_no_object_are_kept_as_written_and_can_be_sent_back(
    fake: FakeModels, provider: Provider, written: str
) -> None:
    fake.then(Say("", [("read_file", written)]), Say("sorry"))
    with opened(fake, provider) as model:
        reply = model.ask(HELLO, tools=[READ])
        (call,) = reply.tool_calls
        assert (call.arguments, call.invalid) == ({}, written)
        model.ask([*HELLO, reply.as_message(), Message("tool", "not JSON", (), call.id)], tools=[READ])


@pytest.mark.parametrize(
    ("words", "stop"),
    [
        ({"openai": "length", "anthropic": "max_tokens"}, "length"),
        ({"openai": "content_filter", "anthropic": "refusal"}, "refusal"),
        ({"openai": "new", "anthropic": "pause_turn"}, "other"),
    ],
)
def test_why_an_answer_ended_is_said_in_one_language(
    fake: FakeModels, provider: Provider, words: dict[str, str], stop: Stop
) -> None:
    fake.then(Say("x", stop=words[provider]))
    with opened(fake, provider) as model:
        assert model.ask(HELLO).stop == stop


@pytest.mark.parametrize("stream", [True, False])
def test_unknown_usage_is_unknown_and_not_nothing(fake: FakeModels, provider: Provider, stream: bool) -> None:
    fake.then(Say("x", usage=None))
    with opened(fake, provider, stream=stream) as model:
        assert model.ask(HELLO).usage is None


def test_a_server_that_does_not_stream_when_asked_to_is_understood(fake: FakeModels) -> None:
    whole = {"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}]}
    fake.then(Raw(body=json.dumps(whole).encode()))
    with opened(fake, "openai") as model:
        assert model.ask(HELLO).text == "whole"


def test_passing_failures_are_tried_again_with_growing_waits(fake: FakeModels, provider: Provider) -> None:
    fake.then(error(500), error(529, "overloaded_error"), error(503), Say("there"))
    waits = Waits()
    with opened(fake, provider, waits) as model:
        assert model.ask(HELLO).text == "there"
    assert waits == [1.0, 2.0, 4.0]


def test_an_endpoint_may_say_how_long_to_wait(fake: FakeModels, provider: Provider) -> None:
    fake.then(error(429, retry_after="7"), error(429, retry_after_ms="2500", retry_after="50"), Say("there"))
    waits = Waits()
    with opened(fake, provider, waits) as model:
        assert model.ask(HELLO).text == "there"
    assert waits == [7.0, 2.5]


def test_tries_are_bounded_and_the_last_reason_is_said(fake: FakeModels, provider: Provider) -> None:
    found = failure(fake, provider, *[error(429, "rate_limit_error", "slow down")] * 9, tries=3)
    assert "asked too often (429): slow down (after 3 tries)" in found.what
    assert len(fake.seen) == 3
    fake.seen.clear()


def test_an_endpoint_that_asks_to_wait_for_an_hour_is_not_waited_for(fake: FakeModels, provider: Provider) -> None:
    assert "it asks to wait 3,600 s" in failure(fake, provider, error(429, retry_after="3600")).what
    assert len(fake.seen) == 1


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (error(400, message="temperature: \x1b[31mtoo hot"), "refused the request (400): temperature: ␛[31mtoo hot"),
        (error(403, "permission_error", "not yours"), "does not accept the key (403): not yours"),
        (error(404, "not_found_error", "gone"), "was not found (404): gone"),
        (error(413, "request_too_large", "big"), "too long (413): big"),
        (Raw(422, b'{"detail": "odd"}'), "refused the request (422): odd"),
        (Raw(400, b"<html>\xff"), "refused the request (400): <html>"),
        (Raw(302, headers={"location": "https://elsewhere/"}), "redirects to https://elsewhere/; that is not followed"),
        (Raw(200, b"<html>hello", "text/html"), "neither JSON nor a stream"),
        (Raw(200, b"{", "application/json"), "it is not JSON: '{'"),
        (Raw(200, b"[]", "application/json"), "not a JSON object"),
        (Raw(200, b"{}", "application/json"), "it has no '"),
        (Raw(200, b"[" * 100_000, "application/json"), "it is not JSON"),
        (Raw(200, b"data: {oops\n\n", "text/event-stream"), "it is not JSON: '{oops'"),
        (Raw(200, b"", "text/event-stream"), "broke off: the stream ended before the answer did"),
        (Raw(200, b"data: " + b"x" * (5 << 20), "text/event-stream"), "more than 4 Mi characters"),
    ],
)
def test_each_final_failure_has_its_own_words_and_is_not_tried_again(
    fake: FakeModels, provider: Provider, answer: Raw, what: str
) -> None:
    found = failure(fake, provider, answer)
    assert what in found.what
    assert found.remedy is not None or answer.status in (400, 422)
    assert len(fake.seen) == 1


def test_a_wrong_key_and_a_wrong_model_are_told_apart_and_no_key_is_told(fake: FakeModels, provider: Provider) -> None:
    wrong = "sk-another-key-altogether"
    spec = ModelSpec(provider, fake.base(provider), "fake", "MY_KEY")
    with open_model(spec, env={"MY_KEY": wrong}) as model, pytest.raises(ModelError) as caught:
        model.ask(HELLO)
    assert "does not accept the key (401): invalid key [key]" in caught.value.what
    assert "MY_KEY" in str(caught.value.remedy)
    assert wrong not in str(caught.value)
    with open_model(replace(spec, key_env=None), env={}) as model, pytest.raises(ModelError, match="asks for a key"):
        model.ask(HELLO)
    assert "was not found (404): model: no-such-model" in failure(fake, provider, model="no-such-model").what


@pytest.mark.parametrize("cut", [200, 900])
def test_a_stream_that_breaks_off_is_a_clear_error(fake: FakeModels, provider: Provider, cut: int) -> None:
    found = failure(fake, provider, *[Say("words " * 100, cut=cut)] * 2, tries=2)
    assert "broke off" in found.what
    assert found.remedy == "try again"


def test_an_error_in_the_middle_of_an_answer_is_final_and_before_it_is_tried_again(
    fake: FakeModels, provider: Provider
) -> None:
    found = failure(fake, provider, Say("half of it", fail="overloaded_error"))
    assert "reports an error in its answer: it fell over (overloaded_error), in the middle of its answer" in found.what
    assert len(fake.seen) == 1
    fake.then(Say("x", fail="overloaded_error", fail_first=True), Say("whole"))
    with opened(fake, provider) as model:
        assert model.ask(HELLO).text == "whole"
    assert "(invalid_request_error)" in failure(fake, provider, Say("x", fail="invalid_request_error")).what


@pytest.mark.parametrize("head", [True, False])
def test_an_endpoint_that_hangs_is_left(fake: FakeModels, provider: Provider, head: bool) -> None:
    started = time.monotonic()
    found = failure(fake, provider, Hang(head), silence=0.3)
    assert "hangs: nothing came for 0.3 s" in found.what
    assert "'silence'" in str(found.remedy)
    assert time.monotonic() - started < 3
    assert len(fake.seen) == 1


def test_an_endpoint_that_drips_for_ever_is_left_when_its_time_is_over(fake: FakeModels, provider: Provider) -> None:
    started = time.monotonic()
    found = failure(fake, provider, Say("drip " * 1000, piece=4, pause=0.05), silence=5, total=0.6)
    assert "hangs: its answer was not complete in time" in found.what
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("answer", [Hang(), Hang(head=True), Say("drip " * 1000, piece=4, pause=0.05)])
def test_a_question_can_be_stopped_within_half_a_second(fake: FakeModels, provider: Provider, answer: Answer) -> None:
    fake.then(answer)
    cancel = threading.Event()
    stopped: list[float] = []

    def stop() -> None:
        stopped.append(time.monotonic())
        cancel.set()

    timer = threading.Timer(0.3, stop)
    timer.start()
    with opened(fake, provider) as model, pytest.raises(CancelledError):
        model.ask(HELLO, cancel=cancel)
    assert time.monotonic() - stopped[0] < 0.5
    timer.join()


def test_waiting_for_another_try_can_be_stopped(fake: FakeModels) -> None:
    fake.then(error(429, retry_after="30"))
    cancel = threading.Event()
    timer = threading.Timer(0.3, cancel.set)
    timer.start()
    spec = ModelSpec("openai", fake.base("openai"), "fake", "K")
    started = time.monotonic()
    with open_model(spec, env={"K": KEY}) as model, pytest.raises(CancelledError):
        model.ask(HELLO, cancel=cancel)
    assert time.monotonic() - started < 3
    timer.join()


def test_nobody_there_is_said_with_what_to_look_at() -> None:
    with FakeModels() as gone:
        url = gone.base("openai")
    waits = Waits()
    spec = ModelSpec("openai", url, "fake", options=ModelOptions(tries=2))
    with open_model(spec, env={}, pace=Pace(sleep=waits)) as model, pytest.raises(ModelError) as caught:
        model.ask(HELLO)
    assert "can't be reached" in caught.value.what
    assert "is the server running" in str(caught.value.remedy)
    assert len(waits) == 1


def test_a_proxy_of_the_environment_does_not_see_what_is_asked_on_this_machine(
    fake: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with opened(fake, "openai") as model:
        assert model.ask(HELLO).text == HELLO[0].content


def test_a_question_with_the_key_in_it_is_not_sent(fake: FakeModels, provider: Provider) -> None:
    with opened(fake, provider) as model, pytest.raises(ModelError, match="own key, so it was not sent"):
        model.ask([Message("user", f"my env: {KEY}")])
    assert fake.seen == []


@pytest.mark.parametrize("calls", [(), [("read_file", {"path": KEY})]])
def test_an_answer_with_the_key_in_it_is_neither_kept_nor_shown(
    fake: FakeModels, provider: Provider, calls: list[tuple[str, Any]]
) -> None:
    found = failure(fake, provider, Say(KEY, calls, letters=3))
    assert "holds its own key" in found.what
    assert KEY not in str(found)


def test_a_failure_never_shows_the_key_nor_a_part_of_it(fake: FakeModels, provider: Provider) -> None:
    long = "x" * 280 + KEY
    for answer in (
        error(400, message=long),
        Raw(200, f"data: {long}\n\n".encode(), "text/event-stream"),
        Raw(200, long.encode(), "text/plain"),
        Raw(200, b"{}", f"text/{KEY}"),
        Raw(301, headers={"location": f"https://x/{KEY}"}),
    ):
        assert KEY[:12] not in str(failure(fake, provider, answer))


def test_many_threads_ask_one_model_at_once(fake: FakeModels, provider: Provider) -> None:
    answers: dict[int, str] = {}
    with opened(fake, provider) as model:

        def ask(n: int) -> None:
            answers[n] = model.ask([Message("user", f"number {n}")]).text

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == {n: f"number {n}" for n in range(16)}


def test_what_json_cannot_say_is_refused_before_it_is_sent(fake: FakeModels, provider: Provider) -> None:
    odd = Message("assistant", "", (ToolCall("c", "t", {"n": float("nan")}),))
    with opened(fake, provider) as model, pytest.raises(ModelError, match="JSON can't say"):
        model.ask([*HELLO, odd, Message("tool", "x", (), "c")])
    assert fake.seen == []


def test_an_answer_in_endless_pieces_is_left(fake: FakeModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_EVENTS", 1_000)
    assert "comes in more than 1,000 pieces" in failure(fake, "openai", Say("x" * 1_001, letters=1)).what


def test_a_certificate_that_nobody_vouches_for_ends_it_at_once(tmp_path: Path) -> None:
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem"]
    made += ["-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not there to make a certificate")
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    waits = Waits()

    def serve() -> None:
        connection, _ = listener.accept()
        with suppress(OSError), context.wrap_socket(connection, server_side=True):
            pass

    server = threading.Thread(target=serve)
    server.start()
    spec = ModelSpec("openai", f"https://127.0.0.1:{listener.getsockname()[1]}/v1", "fake", "K")
    with open_model(spec, env={"K": KEY}, pace=Pace(sleep=waits)) as model, pytest.raises(ModelError) as caught:
        model.ask(HELLO)
    server.join(5)
    listener.close()
    assert "can't be trusted" in caught.value.what
    assert "SSL_CERT_FILE" in str(caught.value.remedy)
    assert waits == []


def test_another_transport_may_take_the_place_of_the_network() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == f"Bearer {KEY}"
        whole = {"choices": [{"message": {"content": "from here"}, "finish_reason": "stop"}]}
        return httpx.Response(200, json=whole)

    spec = ModelSpec("openai", "https://nowhere.invalid/v1", "fake", "K")
    with open_model(spec, env={"K": KEY}, transport=httpx.MockTransport(answer)) as model:
        assert model.ask(HELLO).text == "from here"
