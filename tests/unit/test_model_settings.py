"""Which model is asked, where, and with which key: said in the settings or by flags, and never a key in a file."""

import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.config import load_settings
from workbench.errors import InputError, UsageError
from workbench.testing.models.budget import rates_of
from workbench.testing.models.keys import find_key, without_key
from workbench.testing.models.protocol import ModelError
from workbench.testing.models.spec import ModelSpec, chosen_spec, configured, from_settings

MODELS = {
    "fast": {"provider": "anthropic", "model": "claude-haiku-4-5"},
    "local": {"provider": "openai", "model": "qwen3:8b", "base_url": "http://localhost:11434/v1/"},
}


def test_settings_name_models(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "models:\n  local:\n    provider: openai\n    model: qwen3\n    base_url: http://127.0.0.1:8080/v1\n"
        "    silence: 5\n    stream: false\n    input_usd_per_mtok: 0.25\n    output_usd_per_mtok: 1\n"
    )
    spec = configured(load_settings(tmp_path / "config.yaml").models)["local"]
    assert (spec.base_url, spec.key_env, spec.is_local) == ("http://127.0.0.1:8080/v1", None, True)
    assert (spec.options.silence, spec.options.stream) == (5.0, False)
    assert spec.options.prices == (250_000, 1_000_000, 250_000, 250_000)


@pytest.mark.parametrize("text", ["models: 1", "models: [a]", "models: {a: 1}", "models: {1: {}}"])
def test_models_have_to_be_a_mapping(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(InputError, match="'models' has to map names to mappings"):
        load_settings(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    ("values", "what", "remedy"),
    [
        ({"provider": "claude"}, "its provider is 'claude'", "openai, anthropic"),
        ({"provider": None}, "'provider' has to be text", ""),
        ({"model": ""}, "'model' has to be text", ""),
        ({"modle": "x"}, "unknown key 'modle'", "did you mean 'model'?"),
        ({"api_key": "sk-secret"}, "unknown key 'api_key'", "never kept in a file"),
        ({"key_env": "sk-secret-value"}, "not the key", ""),
        ({"stream": "yes"}, "'stream' has to be true or false", ""),
        ({"tries": 1000}, "'tries' has to be a number", ""),
        ({"tries": True}, "'tries' has to be a number", ""),
        ({"silence": 0}, "'silence' has to be seconds", ""),
        ({"total": float("nan")}, "'total' has to be seconds", ""),
        ({"input_usd_per_mtok": -1}, "dollars per million", ""),
        ({"input_usd_per_mtok": 1}, "a price needs both", ""),
        ({"base_url": "http://models.example"}, "would send the key and all messages readably", "allow_plain"),
        ({"base_url": "ftp://models.example"}, "no address", ""),
        ({"base_url": "https://"}, "no address", ""),
        ({"base_url": "https://[::1"}, "no address", ""),
        ({"base_url": "https://h:99999"}, "no address", ""),
        ({"base_url": "https://h/\n"}, "no address", ""),
        ({"base_url": "https://me:pw@models.example"}, "can't hold a user, a password", "key_env"),
        ({"base_url": "https://models.example?key=x"}, "can't hold a user, a password", ""),
        ({1: 2}, "unknown key '1'", ""),
    ],
)
def test_what_is_wrong_in_a_model_is_said_with_its_place(values: dict[Any, Any], what: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        from_settings("fast", {**MODELS["fast"], **values}, where="/etc/config.yaml")
    assert what in caught.value.what
    assert remedy in str(caught.value.remedy)
    assert caught.value.where == "/etc/config.yaml: models.fast"
    assert "secret" not in str(caught.value)


def test_plain_http_is_allowed_to_this_machine_or_when_somebody_says_so() -> None:
    for host in ("localhost", "127.0.0.1:80", "127.9.9.9", "[::1]:8080"):
        assert from_settings("x", {**MODELS["fast"], "base_url": f"http://{host}"}).is_local
    values = {**MODELS["fast"], "base_url": "http://gpu.lan:8000", "allow_plain": True}
    assert not from_settings("x", values).is_local
    for host in ("localhost.example", "127.0.0.1.example", "10.0.0.1", "0x7f000001.example"):
        with pytest.raises(InputError):
            from_settings("x", {**MODELS["fast"], "base_url": f"http://{host}"})


def test_flags_choose_a_model() -> None:
    fast = chosen_spec(MODELS, model="fast")
    assert fast == ModelSpec("anthropic", "https://api.anthropic.com", "claude-haiku-4-5", "ANTHROPIC_API_KEY")
    local = chosen_spec(MODELS, model="local")
    assert local is not None
    assert (local.base_url, local.key_env) == ("http://localhost:11434/v1", None)
    direct = chosen_spec({}, model="m", endpoint="http://127.0.0.1:1/v1/")
    assert direct == ModelSpec("openai", "http://127.0.0.1:1/v1", "m", None)
    other = chosen_spec({}, model="m", endpoint="http://127.0.0.1:1/v1", provider="anthropic")
    assert other == ModelSpec("anthropic", "http://127.0.0.1:1", "m", None)
    keyed = chosen_spec({}, model="m", endpoint="https://h/v1", key_env="H_KEY")
    assert keyed == ModelSpec("openai", "https://h/v1", "m", "H_KEY")
    assert chosen_spec(MODELS, model=None) is None


def test_a_recording_needs_no_settings_to_be_replayed() -> None:
    recorded = [("anthropic", "m"), ("openai", "n")]
    named = chosen_spec({}, model="n", recorded=recorded)
    only = chosen_spec({}, model=None, recorded=recorded[:1])
    assert named is not None
    assert only is not None
    assert (named.provider, only.model) == ("openai", "m")
    assert chosen_spec({}, model=None, recorded=recorded) is None


@pytest.mark.parametrize(
    ("flags", "what", "remedy"),
    [
        ({"model": "fats"}, "no model is called 'fats'", "did you mean 'fast'?"),
        ({"model": "zzz"}, "no model is called 'zzz'", "configured: fast, local"),
        ({"model": "m", "provider": "x"}, "no provider is called 'x'", "openai, anthropic"),
        ({"model": None, "endpoint": "https://h"}, "an endpoint needs the name of a model", "--model NAME"),
        ({"model": "m", "endpoint": "https://h", "key_env": "sk-secret"}, "names the variable", "--key-env NAME"),
        ({"model": "fast", "key_env": "K"}, "names the variable", "--endpoint URL"),
        ({"model": "m", "endpoint": "http://h"}, "would send the key", "https"),
        ({"model": "m", "endpoint": "\x1b[31m"}, "'␛[31m' is no address", "https"),
    ],
)
def test_flags_that_name_nothing_are_usage_errors(flags: dict[str, Any], what: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen_spec(MODELS, **flags)
    assert what in caught.value.what
    assert remedy in str(caught.value.remedy)
    assert "sk-secret" not in str(caught.value)


def test_another_host_is_not_sent_the_providers_key_unless_somebody_says_so() -> None:
    values = {"provider": "openai", "model": "m", "base_url": "https://other.example/v1"}
    assert from_settings("x", values).key_env is None
    assert from_settings("x", {**values, "key_env": "OTHER"}).key_env == "OTHER"


class Ring:
    def __init__(self, secret: str | None = None, error: Exception | None = None) -> None:
        self.secret, self.error = secret, error
        self.asked: list[tuple[str, str]] = []

    def get_password(self, service_name: str, username: str) -> str | None:
        self.asked.append((service_name, username))
        if self.error:
            raise self.error
        return self.secret


SPEC = ModelSpec("openai", "https://h/v1", "m", "THE_KEY")


def test_the_environment_comes_before_the_keyring() -> None:
    ring = Ring("from-the-ring")
    assert find_key(SPEC, {"THE_KEY": " from-the-environment\n"}, ring) == "from-the-environment"
    assert ring.asked == []
    assert find_key(SPEC, {"THE_KEY": ""}, ring) == "from-the-ring"
    assert ring.asked == [("skill-workbench", "THE_KEY")]
    assert find_key(ModelSpec("openai", "http://localhost", "m"), {"THE_KEY": "x"}, ring) is None


def test_a_missing_key_says_where_it_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="THE_KEY is not set, and the keyring has nothing under it") as caught:
        find_key(SPEC, {}, Ring())
    assert "export THE_KEY" in str(caught.value.remedy)
    with pytest.raises(ModelError, match=r"can't be asked \(RuntimeError\)") as caught:
        find_key(SPEC, {}, Ring(error=RuntimeError("sk-secret")))
    assert "sk-secret" not in str(caught.value)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ModelError, match=r"pip install 'skill-workbench\[keyring\]'"):
        find_key(SPEC, {})


@pytest.mark.parametrize("key", ["sk-a b", "sk-a\nb", "sk-ü", "x" * 5000, "sk\x00"])
def test_what_cannot_be_a_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ModelError, match="can't be a key") as caught:
        find_key(SPEC, {"THE_KEY": key})
    assert key not in str(caught.value)


def test_a_key_is_masked_wherever_it_is_said() -> None:
    assert without_key("Bearer sk-12345678, sk-12345678", "sk-12345678") == "Bearer [key], [key]"
    assert without_key("none of it", "none") == "none of it"
    assert without_key("x", None) == "x"


def test_a_price_in_the_settings_comes_before_the_price_data() -> None:
    at = 1_780_000_000_000
    known = from_settings("x", MODELS["fast"])
    dear = from_settings("x", {**MODELS["fast"], "input_usd_per_mtok": 0.1, "output_usd_per_mtok": 0.3})
    unknown = ModelSpec("openai", "http://localhost", "no-such-model-at-all")
    assert rates_of(known, at) is not None
    assert rates_of(unknown, at) is None
    rates = rates_of(dear, at)
    assert rates is not None
    assert rates.steps == ((0, 100_000, 300_000, 100_000, 100_000, 100_000),)
