"""Which model to ask and how: read from the settings, or put together from the command line's flags."""

import difflib
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import urlsplit

from workbench.errors import InputError, UsageError, WorkbenchError
from workbench.text import visible

Provider = Literal["openai", "anthropic"]
PROVIDERS: tuple[Provider, ...] = ("openai", "anthropic")
BASE_URLS: Mapping[Provider, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
}
KEY_VARIABLES: Mapping[Provider, str] = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}

_PICO_PER_TOKEN = 1_000_000
"""Pico-dollars per token in a dollar per million tokens."""
_MOST_USD_PER_MTOK = 100_000
_PRICES = ("input_usd_per_mtok", "output_usd_per_mtok", "cache_read_usd_per_mtok", "cache_write_usd_per_mtok")
_TEXTS = ("provider", "model", "base_url", "key_env", "max_tokens_field")
_SWITCHES = ("allow_plain", "stream")
_SECONDS = ("connect", "silence", "total")
_OPTIONS = (*_SWITCHES, "max_tokens_field", "tries")
_KEYS = (*_TEXTS, *_SWITCHES, *_SECONDS, "tries", *_PRICES)


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How an endpoint is spoken to.

    Attributes:
        stream: Whether replies are asked for piece by piece.
        allow_plain: Whether `http` may leave this machine, with the key and all messages readable on the way.
        max_tokens_field: What an OpenAI-compatible endpoint calls the limit; None for what its host takes.
        connect: Seconds that connecting may take.
        silence: Seconds without a byte after which a stream counts as hanging.
        total: Seconds that one question may take, with all its tries.
        tries: How often a question is sent at most.
        prices: Pico-dollars per input, output, cache read and cache write token, where the user gave them.
    """

    stream: bool = True
    allow_plain: bool = False
    max_tokens_field: str | None = None
    connect: float = 10.0
    silence: float = 60.0
    total: float = 600.0
    tries: int = 5
    prices: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model at one endpoint.

    Attributes:
        model: The endpoint's name for it.
        key_env: The environment variable, and the entry of the system's keyring, that holds the key; None for no key.
    """

    provider: Provider
    base_url: str
    model: str
    key_env: str | None = None
    options: ModelOptions = ModelOptions()

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine."""
        return _is_loopback(urlsplit(self.base_url).hostname or "")

    @property
    def label(self) -> str:
        """Model and host, for people."""
        return f"{visible(self.model)} at {visible(urlsplit(self.base_url).netloc)}"


def configured(models: Mapping[str, Mapping[str, Any]], *, where: str = "config.yaml") -> dict[str, ModelSpec]:
    """All models of the settings' `models`, by the user's names for them.

    Raises:
        InputError: One of them has an unknown key or a value that can't be; `where` says in which file.
    """
    return {name: from_settings(name, values, where=where) for name, values in models.items()}


def from_settings(name: str, values: Mapping[str, Any], *, where: str = "config.yaml") -> ModelSpec:
    """The model that one entry of the settings describes.

    Raises:
        InputError: A key is unknown, or a value can't be.
    """
    place = f"{where}: models.{visible(name)}"
    for key, value in values.items():
        _check(key, value, place)
    provider = values.get("provider")
    if provider not in PROVIDERS:
        said = f"its provider is '{visible(str(provider))}'" if "provider" in values else "it has no 'provider'"
        raise InputError(
            said, where=place, remedy=f"one of: {', '.join(PROVIDERS)}; both stand for anything compatible"
        )
    if not values.get("model"):
        raise InputError("it has no 'model'", where=place, remedy="the name that the endpoint knows the model by")
    given: dict[str, Any] = {key: values[key] for key in _OPTIONS if key in values}
    given |= {key: float(values[key]) for key in _SECONDS if key in values}
    options = ModelOptions(**given, prices=_prices(values, place))
    return _spec(provider, values.get("base_url"), values["model"], values.get("key_env"), options, place, InputError)


def chosen_spec(
    models: Mapping[str, Mapping[str, Any]],
    *,
    model: str | None,
    endpoint: str | None = None,
    provider: str | None = None,
    key_env: str | None = None,
    recorded: Sequence[tuple[str, str]] = (),
    where: str = "config.yaml",
) -> ModelSpec | None:
    """The model that `--model`, `--endpoint` and `--provider` ask for; None where no model is asked for.

    Args:
        models: The settings' models.
        model: The user's name for one, or with an endpoint or a provider, or where a recording has it, its own name.
        endpoint: Base URL; `provider` is then OpenAI-compatible where nothing else is said.
        key_env: The variable of its key; goes with an endpoint or a provider.
        recorded: Provider and model of what a cassette holds, where it is replayed: needs no settings.

    Raises:
        UsageError: The flags name nothing.
        InputError: The settings are not right.
    """
    if provider is not None and provider not in PROVIDERS:
        raise UsageError(f"no provider is called '{visible(provider)}'", remedy=f"one of: {', '.join(PROVIDERS)}")
    if key_env is not None and (not key_env.isidentifier() or (endpoint is None and provider is None)):
        raise UsageError("--key-env names the variable of an endpoint's key", remedy="--key-env NAME --endpoint URL")
    if model is None:
        if endpoint is not None or provider is not None:
            raise UsageError("an endpoint needs the name of a model", remedy="--model NAME")
        return _bare(*recorded[0]) if len(set(recorded)) == 1 else None
    if endpoint is not None or provider is not None:
        kind = provider or "openai"
        return _spec(kind, endpoint, model, key_env, ModelOptions(), "--endpoint", UsageError)
    if model in models:
        return from_settings(model, models[model], where=where)
    for kind_recorded, name in recorded:
        if name == model:
            return _bare(kind_recorded, name)
    raise _unknown(model, models)


def _bare(provider: str, model: str) -> ModelSpec:
    kind: Provider = "anthropic" if provider == "anthropic" else "openai"
    return ModelSpec(kind, BASE_URLS[kind], model, KEY_VARIABLES[kind])


def _spec(
    provider: Provider,
    base_url: str | None,
    model: str,
    key_env: str | None,
    options: ModelOptions,
    place: str,
    error: type[WorkbenchError],
) -> ModelSpec:
    url = (base_url or BASE_URLS[provider]).rstrip("/")
    if provider == "anthropic":  # the path that is added has it
        url = url.removesuffix("/v1")
    _check_url(url, options.allow_plain, place, error)
    return ModelSpec(provider, url, model, key_env or _key_variable(provider, url), options)


def _key_variable(provider: Provider, url: str) -> str | None:
    """The provider's own variable, for its own endpoint only: no other host gets that key unless somebody says so."""
    return KEY_VARIABLES[provider] if urlsplit(url).hostname == urlsplit(BASE_URLS[provider]).hostname else None


def _check_url(url: str, allow_plain: bool, place: str, error: type[WorkbenchError]) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or not url.isascii() or not url.isprintable() or " " in url:
        raise error(f"'{visible(url)}' is no address of an endpoint", where=place, remedy="https://host/v1, say")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise error(
            "the address of an endpoint can't hold a user, a password, a query or a fragment",
            where=place,
            remedy="a key comes from the environment or the keyring: key_env",
        )
    if parts.scheme == "http" and not (allow_plain or _is_loopback(host)):
        raise error(
            f"http to {visible(host)} would send the key and all messages readably",
            where=place,
            remedy="use https, or set 'allow_plain: true' for a network that you trust",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check(key: Any, value: Any, place: str) -> None:
    if key not in _KEYS:
        near = difflib.get_close_matches(str(key), _KEYS, n=1)
        remedy = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(_KEYS)}"
        if "key" in str(key).lower() and not near:
            remedy = "keys are never kept in a file: name the environment variable in 'key_env'"
        raise InputError(f"unknown key '{visible(str(key))}'", where=place, remedy=remedy)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if key in _TEXTS and not (isinstance(value, str) and value and len(value) <= 500):
        raise InputError(f"'{key}' has to be text", where=place)
    if key in _SWITCHES and not isinstance(value, bool):
        raise InputError(f"'{key}' has to be true or false", where=place)
    if key in _SECONDS and not (number and 0 < value <= 7200):
        raise InputError(f"'{key}' has to be seconds, up to 7200", where=place)
    if key == "tries" and not (isinstance(value, int) and number and 1 <= value <= 20):
        raise InputError("'tries' has to be a number from 1 to 20", where=place)
    if key in _PRICES and not (number and 0 <= value <= _MOST_USD_PER_MTOK):
        raise InputError(f"'{key}' has to be dollars per million tokens", where=place)
    if key == "key_env" and not value.isidentifier():
        raise InputError(
            "'key_env' has to be the name of an environment variable, not the key",  # which is therefore not shown
            where=place,
        )


def _prices(values: Mapping[str, Any], place: str) -> tuple[int, int, int, int] | None:
    given = [key for key in _PRICES if key in values]
    if not given:
        return None
    if not {"input_usd_per_mtok", "output_usd_per_mtok"} <= set(given):
        raise InputError("a price needs both 'input_usd_per_mtok' and 'output_usd_per_mtok'", where=place)
    pico = {key: int(Decimal(str(values[key])) * _PICO_PER_TOKEN) for key in given}
    paid = pico["input_usd_per_mtok"]
    return (
        paid,
        pico["output_usd_per_mtok"],
        pico.get("cache_read_usd_per_mtok", paid),
        pico.get("cache_write_usd_per_mtok", paid),
    )


def _unknown(model: str, models: Mapping[str, Any]) -> UsageError:
    near = difflib.get_close_matches(model, models, n=1)
    if near:
        remedy = f"did you mean '{visible(near[0])}'?"
    elif models:
        remedy = f"configured: {', '.join(visible(name) for name in sorted(models))}"
    else:
        remedy = "add it to 'models' in config.yaml, or say --provider or --endpoint, too"
    return UsageError(f"no model is called '{visible(model)}'", remedy=remedy)
