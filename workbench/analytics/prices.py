"""What a model's tokens cost on a day: compiled price data, looked up by the names that agents' logs use.

The data is `prices.json`, compiled from genai-prices (see `compile_prices`), so nothing is fetched and pydantic is
never loaded. Everything is an integer: rates in pico-dollars (10^-12 USD) per token, costs in nano-dollars.
"""

import datetime
import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("prices.json")
_DAY_MS = 86_400_000
_PICO_PER_NANO = 1000
_KINDS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
_CONTEXT_SIZE = re.compile(r"\[\d+[km]\]$")
_BEDROCK_SUFFIX = re.compile(r"(?:-v\d+)?(?::[\w.]+)*$")
_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one request used: tokens, and web searches of the provider's own tool. `input` excludes all caching."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    web_searches: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    """What a model costs from a day on.

    Attributes:
        model: The price data's own name, with the terms where they differ: `anthropic/claude-opus-5 speed=fast`.
        since: ISO day (UTC) from which it holds; empty for ever.
        steps: Rows of (total input above which it holds, then pico-dollars per input, output, cache read, 5 minute
            and 1 hour cache write token). The last row whose bound is exceeded prices the whole request.
        web_search: Pico-dollars per search.
    """

    model: str
    since: str
    steps: tuple[tuple[int, int, int, int, int, int], ...]
    web_search: int

    def cost(self, tokens: Tokens) -> int:
        """Nano-dollars of one request, rounded half-even."""
        total = tokens.input + tokens.cache_read + tokens.cache_write_5m + tokens.cache_write_1h
        step = self.steps[0]
        for later in self.steps[1:]:
            if total > later[0]:
                step = later
        pico = (
            tokens.input * step[1]
            + tokens.output * step[2]
            + tokens.cache_read * step[3]
            + tokens.cache_write_5m * step[4]
            + tokens.cache_write_1h * step[5]
            + tokens.web_searches * self.web_search
        )
        return round_half_even(pico, _PICO_PER_NANO)

    def to_json(self) -> str:
        """As it is kept in the store's `price.rates`."""
        return json.dumps({"steps": self.steps, "web_search": self.web_search}, separators=(",", ":"))


def round_half_even(value: int, divisor: int) -> int:
    """`value / divisor` for non-negative integers, rounded half-even."""
    quotient, rest = divmod(value, divisor)
    return quotient + (rest * 2 > divisor or (rest * 2 == divisor and quotient % 2 == 1))


class PriceBook:
    """The compiled price data.

    Args:
        data: The document that `compile_prices` makes.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.source: str = data["source"]
        self._data = data
        self._providers: dict[str, Mapping[str, Any]] = {p["id"]: p for p in data["providers"]}
        self._found: dict[str, tuple[str, Mapping[str, Any]] | None] = {}

    def rates(self, name: str, at: int, terms: str | None = None) -> Rates | None:
        """What `name` costs at a moment, or None if nobody told.

        Args:
            name: The model as the log names it: dated, with `[1m]`, as Bedrock, Vertex or a router writes it.
            at: UTC milliseconds.
            terms: Space-separated `speed=fast`, `tier=<service tier>`, `geo=us`, as the importers write them.
        """
        found = self._find(name)
        if found is None or not found[1]["prices"]:
            return None
        provider, model = found
        context = dict(term.split("=", 1) for term in terms.split()) if terms else {}
        standard, since = _standard(model, at)
        table, multiplied = self._with_terms(provider, model, standard, at, context)
        if table is None:
            return None
        label = f"{provider}/{model['id']}" + (f" {terms}" if multiplied else "")
        return Rates(label, since, _steps(table), _flat(table.get("web_search", 0)))

    def changes_within_a_day(self, name: str) -> bool:
        """Whether the price of `name` depends on the time of day."""
        found = self._find(name)
        return found is not None and any(c is not None and c[0] == "time" for c, _ in found[1]["prices"])

    def _with_terms(
        self, provider: str, model: Mapping[str, Any], standard: Mapping[str, Any], at: int, context: Mapping[str, str]
    ) -> tuple[Mapping[str, Any] | None, bool]:
        """The rates under the request's terms, and whether they differ; None if fast mode has no known price."""
        overrides: dict[str, Any] = {}
        wanted = _price_context(context)
        for when, condition, rates in model.get("variants", ()):
            if _active(condition, at) and all(wanted.get(key) == value for key, value in when.items()):
                overrides = {**rates, **overrides}
        table = {**standard, **overrides}
        if context.get("speed") == "fast" and not any("speed" in when for when, _, _ in model.get("variants", ())):
            multiplier = self._data["fast_multipliers"].get(model["id"]) if provider == "anthropic" else None
            if multiplier is None:
                return None, False
            table = _scaled(table, multiplier * 1000)
        if context.get("geo") == "us" and provider == "anthropic":
            table = _scaled(table, self._data["us_geo_permille"])
        return table, table != standard

    def _find(self, name: str) -> tuple[str, Mapping[str, Any]] | None:
        if name not in self._found:
            matches = (self._lookup(provider, ref) for provider, ref in _references(name.lower()))
            self._found[name] = next((match for match in matches if match), None)
        return self._found[name]

    def _lookup(self, provider_id: str | None, ref: str) -> tuple[str, Mapping[str, Any]] | None:
        if provider_id is None:
            matching = (p for p in self._data["providers"] if p["match"] and _matches(p["match"], ref))
            provider = next(matching, None)
        else:
            provider = self._providers.get(provider_id)
        if provider is None:
            return None
        chain = [provider, *(self._providers[key] for key in provider["fallback"] if key in self._providers)]
        for spelling in dict.fromkeys((ref, _COMPACT_DATE.sub(r"-\1-\2-\3", ref))):
            for candidate in chain:
                for model in candidate["models"]:
                    if _matches(model["match"], spelling):
                        return candidate["id"], model
        return None


@functools.cache
def price_book() -> PriceBook:
    """The price data that this program came with (2 ms, once)."""
    return PriceBook(json.loads(_DATA.read_text(encoding="utf-8")))


def _references(name: str) -> Iterator[tuple[str | None, str]]:
    """The spellings to look up, best first, each with the provider to ask (None: whoever knows the name)."""
    ref = _CONTEXT_SIZE.sub("", name.strip())
    yield None, ref
    if "anthropic." in ref:
        yield "aws", ref.rpartition("/")[2]
        yield None, _BEDROCK_SUFFIX.sub("", ref.rpartition("anthropic.")[2])
    if "@" in ref[1:]:
        yield None, ref.rpartition("@")[0]
    if "/" in ref:
        yield from _references(ref.rpartition("/")[2])


def _matches(clause: list[Any], text: str) -> bool:
    kind, *values = clause
    match kind:
        case "starts_with":
            return text.startswith(str(values[0]))
        case "ends_with":
            return text.endswith(str(values[0]))
        case "contains":
            return values[0] in text
        case "equals":
            return bool(text == values[0])
        case "regex":
            return re.search(values[0], text) is not None
        case "or":
            return any(_matches(part, text) for part in values)
        case "and":
            return all(_matches(part, text) for part in values)
    raise ValueError(f"unknown clause {kind!r} in the price data")


def _standard(model: Mapping[str, Any], at: int) -> tuple[Mapping[str, Any], str]:
    """The last rates whose condition holds, else the first, and the day since which they hold."""
    for condition, rates in reversed(model["prices"]):
        if _active(condition, at):
            return rates, condition[1] if condition is not None and condition[0] == "from" else ""
    return model["prices"][0][1], ""


def _active(condition: list[Any] | None, at: int) -> bool:
    if condition is None:
        return True
    if condition[0] == "from":
        return utc_day(at) >= str(condition[1])
    _, start, end = condition
    second = at % _DAY_MS // 1000
    return bool(start <= second < end if start <= end else second >= start or second < end)


def utc_day(at: int) -> str:
    """The ISO day, in UTC, of a moment in milliseconds."""
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=at // _DAY_MS)).isoformat()


def _price_context(context: Mapping[str, str]) -> dict[str, str]:
    """The request's terms in the words of the price data."""
    wanted = {}
    if "speed" in context:
        wanted["speed"] = context["speed"]
    if "tier" in context:
        wanted["processing" if context["tier"] == "batch" else "service_tier"] = context["tier"]
    return wanted


def _steps(table: Mapping[str, Any]) -> tuple[tuple[int, int, int, int, int, int], ...]:
    """Tiers of all kinds as rows by bound. What caching is not priced apart counts as the next wider kind."""
    write = table.get("cache_write", table["input"])
    by_kind = {
        "input": table["input"],
        "output": table["output"],
        "cache_read": table.get("cache_read", table["input"]),
        "cache_write_5m": write,
        "cache_write_1h": table.get("cache_write_1h", write),
    }
    bounds = sorted({start for rate in by_kind.values() if isinstance(rate, list) for start, _ in rate[1]})
    rows = []
    for bound in (None, *bounds):
        prices = [_at_bound(by_kind[kind], bound) for kind in _KINDS]
        rows.append((bound or 0, prices[0], prices[1], prices[2], prices[3], prices[4]))
    return tuple(rows)


def _at_bound(rate: Any, bound: int | None) -> int:
    """A rate for a total input just above `bound` (None: below every bound)."""
    if not isinstance(rate, list):
        return int(rate)
    price = rate[0]
    for start, higher in rate[1]:
        if bound is not None and bound >= start:
            price = higher
    return int(price)


def _flat(rate: Any) -> int:
    return int(rate[0] if isinstance(rate, list) else rate)


def _scaled(table: Mapping[str, Any], permille: int) -> dict[str, Any]:
    """Every kind of token times `permille` / 1000; a search's price is the same on all terms."""
    return {kind: rate if kind == "web_search" else _times(rate, permille) for kind, rate in table.items()}


def _times(rate: Any, permille: int) -> Any:
    if isinstance(rate, list):
        return [_times(rate[0], permille), [[start, _times(price, permille)] for start, price in rate[1]]]
    return round_half_even(rate * permille, 1000)
