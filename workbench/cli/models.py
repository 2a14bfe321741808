"""`workbench models`: the models that the settings name, and whether one of them answers."""

import os
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.model_options import model_options
from workbench.cli.output import print_json, print_table
from workbench.commands import command
from workbench.config import config_dir, load_settings
from workbench.errors import UsageError
from workbench.text import plural, truncate, visible

if TYPE_CHECKING:
    from workbench.testing.models.opening import Asking
    from workbench.testing.models.protocol import Reply
    from workbench.testing.models.spec import ModelSpec

_PICO_PER_USD_MTOK = 1_000_000
_QUESTION = "Answer with the one word: ready"


@click.group(help=command("models").help)
def models() -> None:
    """The models that can be asked."""


@models.command("list", help=command("models").help)
@click.option("--json", "as_json", is_flag=True, help="Print exact data as JSON.")
def list_models(as_json: bool) -> None:
    """Print the configured models; nothing is sent to any of them. Exit 0."""
    from workbench.testing.models.spec import configured

    place = str(config_dir() / "config.yaml")
    found = configured(load_settings().models, where=place)
    rows = [_row(name, spec) for name, spec in found.items()]
    if as_json:
        print_json({"models": rows})
    elif not rows:
        click.echo(f"no models in {visible(place)}: nothing is ever sent to one. See docs/models.md.")
    else:
        cells = [[r["name"], r["provider"], r["model"], _key(r), _price(r), r["base_url"]] for r in rows]
        print_table(["NAME", "PROVIDER", "MODEL", "KEY", "USD/MTOK IN/OUT", "ENDPOINT"], cells)


@models.command("check", help=command("models.check").help)
@model_options
@click.option("--json", "as_json", is_flag=True, help="Print exact data as JSON.")
def check(asking: "Asking", as_json: bool) -> None:
    """Ask one short question; exit 3 if there is no usable answer.

    It costs what a question of ten words costs.
    """
    from workbench.testing.models.opening import opened_models
    from workbench.testing.models.protocol import Message

    place = str(config_dir() / "config.yaml")
    with opened_models(asking, load_settings().models, where=place) as opened:
        model = opened.model()
        if model is None:
            raise UsageError("it is not said which model to ask", remedy="workbench models check --model NAME")
        reply = model.ask([Message("user", _QUESTION)], max_tokens=512, run="check")
        label = model.spec.label
    if as_json:
        print_json(_reply(reply))
        return
    click.echo(f"{label} answers as {visible(reply.model)}: {truncate(visible(reply.text), 60)}")
    click.echo(f"{reply.duration_ms:,} ms, {_tokens(reply)}, {_cost(reply)}{', replayed' if reply.cached else ''}")


def _row(name: str, spec: "ModelSpec") -> dict[str, Any]:
    import time

    from workbench.testing.models.budget import rates_of

    rates = rates_of(spec, int(time.time() * 1000))
    prices = None if rates is None else [rate / _PICO_PER_USD_MTOK for rate in rates.steps[0][1:3]]
    return {
        "name": name,
        "provider": spec.provider,
        "model": spec.model,
        "base_url": spec.base_url,
        "key_env": spec.key_env,
        "key_in_environment": spec.key_env is not None and bool(os.environ.get(spec.key_env)),
        "usd_per_mtok": None if prices is None else {"input": prices[0], "output": prices[1]},
        "price_from": None if prices is None else "settings" if spec.options.prices else "price data",
    }


def _key(row: dict[str, Any]) -> str:
    if row["key_env"] is None:
        return "none needed"
    return f"{row['key_env']} {'is set' if row['key_in_environment'] else 'not set'}"


def _price(row: dict[str, Any]) -> str:
    prices = row["usd_per_mtok"]
    return "unpriced" if prices is None else f"{prices['input']:g} / {prices['output']:g}"


def _reply(reply: "Reply") -> dict[str, Any]:
    from workbench.analytics.money import usd

    usage = reply.usage
    return {
        "model": reply.model,
        "text": reply.text,
        "stop": reply.stop,
        "tokens": None
        if usage is None
        else {
            "input": usage.input,
            "output": usage.output,
            "cache_read": usage.cache_read,
            "cache_write": usage.cache_write,
        },
        "usd": usd(reply.cost_nd),
        "duration_ms": reply.duration_ms,
        "request_id": reply.request_id,
        "cached": reply.cached,
    }


def _tokens(reply: "Reply") -> str:
    return "tokens unknown" if reply.usage is None else plural(reply.usage.total, "token")


def _cost(reply: "Reply") -> str:
    from workbench.testing.models.budget import exact

    return "unpriced" if reply.cost_nd is None else exact(reply.cost_nd)
