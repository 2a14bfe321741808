"""Compiles the installed genai-prices data into `prices.json`, which the workbench prices calls with.

Run it after an update of genai-prices: `python -m workbench.analytics.compile_prices`. Reading the package itself
would cost every import of logs 100 ms and 24 MB; its data, without descriptions, is a small file of integers.

Rates are pico-dollars (10^-12 USD) per token, or per web search: a price of $0.25 per million tokens is 250000. A
condition is `["from", "YYYY-MM-DD"]` (UTC day) or `["time", start, end]` (seconds of the UTC day); later ones win.
"""

import datetime
import importlib.metadata
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("prices.json")
FAST_MULTIPLIERS = {"claude-opus-4-6": 6, "claude-opus-4-7": 6}
"""Fast mode was sold for these at six times the price, which genai-prices leaves out (ccusage and LiteLLM have it)."""
US_GEO_PERMILLE = 1100
"""Inference kept in the US costs 1.1 times as much at Anthropic, for every kind of token."""

_TOKEN_RATES = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
}
_NEEDED = {"input", "output"}
_EXTRA_PROVIDERS = {"aws"}
_CONTEXT_KEYS = {"speed", "processing", "service_tier"}


def compile_prices(today: datetime.date) -> dict[str, Any]:
    """The document that `prices.json` holds; `today` is recorded as its date.

    Only providers that genai-prices finds by the model's name alone are kept, and Bedrock. A model whose text tokens
    have no price stays in the list without rates: its name is known, its price is not.
    """
    from genai_prices.data import providers

    kept = [p for p in providers if p.model_match is not None or p.id in _EXTRA_PROVIDERS]
    version = importlib.metadata.version("genai-prices")
    return {
        "source": f"genai-prices {version} ({today.isoformat()})",
        "fast_multipliers": FAST_MULTIPLIERS,
        "us_geo_permille": US_GEO_PERMILLE,
        "providers": [
            {
                "id": provider.id,
                "match": _clause(provider.model_match),
                "fallback": list(provider.fallback_model_providers or ()),
                "models": [_model(model) for model in provider.models],
            }
            for provider in kept
        ],
    }


def _model(model: Any) -> dict[str, Any]:
    conditional = model.prices if isinstance(model.prices, list) else [None]
    prices: list[tuple[list[Any] | None, dict[str, Any]]] = [
        (_condition(item.constraint) if item else None, _rates(item.prices if item else model.prices))
        for item in conditional
    ]
    compiled: dict[str, Any] = {"id": model.id, "match": _clause(model.match), "prices": []}
    if all(rates.keys() >= _NEEDED for _, rates in prices):
        compiled["prices"] = prices
        variants = [
            [dict(variant.when), _condition(variant.constraint), _rates(variant.prices)]
            for variant in model.price_variants or ()
            if variant.when.keys() <= _CONTEXT_KEYS
        ]
        if variants:
            compiled["variants"] = variants
    return compiled


def _rates(price: Any) -> dict[str, Any]:
    rates: dict[str, Any] = {}
    for key, value in price.__dict__.items():
        if value is None:
            continue
        if key in _TOKEN_RATES:
            rates[_TOKEN_RATES[key]] = _rate(value, 6)
        elif key == "web_searches_kcount":
            rates["web_search"] = _rate(value, 9)
        elif key == "requests_kcount":
            return {}  # a price per request is not in the logs' terms: the model counts as unpriced
    return rates


def _rate(value: Any, scale: int) -> Any:
    if isinstance(value, Decimal):
        return _whole(value, scale)
    return [_whole(value.base, scale), [[tier.start, _whole(tier.price, scale)] for tier in value.tiers]]


def _whole(price: Decimal, scale: int) -> int:
    scaled = price.scaleb(scale)
    if scaled != int(scaled):
        raise ValueError(f"{price} is finer than a pico-dollar per token")
    return int(scaled)


def _condition(constraint: Any) -> list[Any] | None:
    if constraint is None:
        return None
    if hasattr(constraint, "start_date"):
        return ["from", constraint.start_date.isoformat()]
    return ["time", _utc_seconds(constraint.start_time), _utc_seconds(constraint.end_time)]


def _utc_seconds(value: datetime.time) -> int:
    offset = value.utcoffset() or datetime.timedelta()
    seconds = value.hour * 3600 + value.minute * 60 + value.second - int(offset.total_seconds())
    return seconds % 86_400


def _clause(clause: Any) -> list[Any] | None:
    if clause is None:
        return None
    for kind in ("starts_with", "ends_with", "contains", "equals"):
        if hasattr(clause, kind):
            return [kind, getattr(clause, kind).lower()]
    if hasattr(clause, "regex"):
        return ["regex", clause.regex]
    return ["or", *map(_clause, clause.or_)] if hasattr(clause, "or_") else ["and", *map(_clause, clause.and_)]


def main() -> None:
    """Write `prices.json` beside this file."""
    document = compile_prices(datetime.datetime.now(datetime.UTC).date())
    TARGET.write_text(_as_text(document), encoding="utf-8")
    models = sum(len(provider["models"]) for provider in document["providers"])
    sys.stdout.write(f"{TARGET.name}: {models} models from {document['source']}\n")


def _as_text(document: dict[str, Any]) -> str:
    """One line per model, so that an update shows as a readable diff."""
    head = {key: value for key, value in document.items() if key != "providers"}
    blocks = []
    for provider in document["providers"]:
        models = ",\n".join("  " + json.dumps(model, separators=(",", ":")) for model in provider["models"])
        start = json.dumps({key: value for key, value in provider.items() if key != "models"}, separators=(",", ":"))
        blocks.append(f'{start[:-1]},"models":[\n{models}\n]}}')
    return json.dumps(head, separators=(",", ":"))[:-1] + ',"providers":[\n' + ",\n".join(blocks) + "\n]}\n"


if __name__ == "__main__":
    main()
