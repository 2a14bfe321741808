"""The compiled prices give what genai-prices itself calculates, for the names that agents' logs use."""

import itertools
import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from workbench.analytics.compile_prices import TARGET, _as_text, compile_prices
from workbench.analytics.prices import PriceBook, Rates, Tokens, price_book, round_half_even

DATES = ["2024-06-01", "2025-11-03", "2026-03-12", "2026-03-13", "2026-10-13", "2026-10-14", "2026-11-20"]
TOKENS = [
    Tokens(input=1),
    Tokens(input=1000, output=1000),
    Tokens(input=3, output=777, cache_read=150_000, cache_write_5m=1234, cache_write_1h=4321),
    Tokens(input=100_000, output=5),
    Tokens(input=100_001, output=5),
    Tokens(input=2, output=900, cache_read=199_998),
    Tokens(input=2, output=900, cache_read=199_998, cache_write_1h=1),
    Tokens(input=272_001, output=1, cache_write_5m=1),
    Tokens(input=900_000, output=64_000, cache_read=1, cache_write_5m=7, cache_write_1h=9, web_searches=3),
]


def ms(day: str, time: str = "12:00") -> int:
    return int(datetime.fromisoformat(f"{day}T{time}:00+00:00").timestamp() * 1000)


def cost(name: str, tokens: Tokens, *, day: str = "2026-11-20", terms: str | None = None) -> int | None:
    rates = price_book().rates(name, ms(day), terms)
    return None if rates is None else rates.cost(tokens)


def theirs(name: str, tokens: Tokens, at: datetime, context: dict[str, str], provider: str | None = None) -> Decimal:
    """Nano-dollars by genai-prices, exact."""
    import genai_prices

    usage = genai_prices.Usage(
        input_tokens=tokens.input + tokens.cache_read + tokens.cache_write_5m + tokens.cache_write_1h,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write_5m + tokens.cache_write_1h,
        cache_write_1h_tokens=tokens.cache_write_1h,
        web_searches=tokens.web_searches,
    )
    calculated = genai_prices.calc_price(
        usage, model_ref=name, provider_id=provider, genai_request_timestamp=at, price_context=context or None
    )
    return calculated.total_price * 10**9


def sample_names() -> list[tuple[str, str | None]]:
    """Every Claude model, and a fixed sample of all others, by a name that finds it; Bedrock's by provider."""
    from genai_prices.data import providers

    names: list[tuple[str, str | None]] = []
    for provider in providers:
        if provider.model_match is not None:
            names += [(m.id, None) for m in provider.models if provider.model_match.is_match(m.id)]
        elif provider.id == "aws":
            names += [
                (m.id.replace("regional.", "us."), "aws")
                for m in provider.models
                if m.id.startswith(("global.anthropic", "regional.anthropic"))
            ]
    claude = [pair for pair in names if "claude" in pair[0]]
    others = [pair for pair in names if "claude" not in pair[0]]
    return claude + random.Random(7).sample(others, 120)


TERMS: list[tuple[str | None, dict[str, str]]] = [
    (None, {}),
    ("tier=batch", {"processing": "batch"}),
    ("tier=priority", {"service_tier": "priority"}),
]


def test_compiled_prices_equal_genai_prices_on_a_wide_sample() -> None:
    compared = 0
    for (name, provider), day in itertools.product(sample_names(), DATES):
        if price_book().rates(name, ms(day)) is None:
            continue
        for (terms, context), tokens in itertools.product(TERMS, TOKENS):
            rates = price_book().rates(name, ms(day), terms)
            expected = theirs(name, tokens, datetime.fromisoformat(f"{day}T12:00:00+00:00"), context, provider)
            assert rates is not None
            assert rates.cost(tokens) == round(expected), (name, day, terms, tokens)
            compared += 1
    assert compared > 20_000


def test_fast_mode_costs_what_genai_prices_says() -> None:
    for name in ("claude-opus-4-8", "claude-opus-5", "claude-opus-5-5", "claude-fable-5-2", "claude-mythos-5-2"):
        for tokens in TOKENS:
            expected = theirs(name, tokens, datetime(2026, 11, 20, tzinfo=UTC), {"speed": "fast"})
            assert cost(name, tokens, terms="speed=fast") == round(expected)


def test_every_model_left_unpriced_has_no_token_price_in_the_source_either() -> None:
    from genai_prices.data import providers

    unpriced = {(p["id"], m["id"]) for p in price_book()._data["providers"] for m in p["models"] if not m["prices"]}
    for provider in providers:
        for model in provider.models:
            if (provider.id, model.id) in unpriced:
                prices = model.get_prices(datetime(2026, 11, 20, tzinfo=UTC))
                assert prices.input_mtok is None or prices.output_mtok is None


def test_the_checked_in_file_is_what_the_script_makes_from_the_installed_package() -> None:
    recorded = price_book().source.rpartition("(")[2].rstrip(")")
    made = _as_text(compile_prices(datetime.fromisoformat(recorded).date()))
    assert TARGET.read_text(encoding="utf-8") == made


@pytest.mark.parametrize(
    ("name", "same_as"),
    [
        ("claude-opus-4-5-20251101", "claude-opus-4-5"),
        ("claude-sonnet-4-5-20250929[1m]", "claude-sonnet-4-5"),
        ("claude-opus-5-5[1m]", "claude-opus-5-5"),
        ("Claude-Opus-4-8", "claude-opus-4-8"),
        ("claude-sonnet-4@20250514", "claude-sonnet-4-0"),
        ("claude-opus-5-5@20260901", "claude-opus-5-5"),
        ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
        ("openrouter/anthropic/claude-opus-4.6", "claude-opus-4-6"),
        ("vertex_ai/claude-haiku-4-5@20251001", "claude-haiku-4-5"),
        ("global.anthropic.claude-opus-4-5-20251101-v1:0", "claude-opus-4-5"),
        ("apac.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet"),
        ("gpt-5.2-20251211", "gpt-5.2-2025-12-11"),
    ],
)
def test_a_model_is_found_under_the_names_that_logs_use(name: str, same_as: str) -> None:
    tokens = Tokens(input=1000, output=1000)
    assert cost(name, tokens) is not None
    assert cost(name, tokens) == cost(same_as, tokens)


def test_bedrock_in_one_region_costs_ten_percent_more_as_aws_says() -> None:
    million = Tokens(input=1_000_000, output=1_000_000)
    assert cost("us.anthropic.claude-opus-4-5-20251101-v1:0", million) == 33_000_000_000
    assert cost("bedrock/us.anthropic.claude-opus-4-5-20251101-v1:0", million) == 33_000_000_000


def test_bedrock_names_that_aws_does_not_list_cost_what_anthropic_asks() -> None:
    assert cost("us.anthropic.claude-opus-4-0-v1:0", Tokens(input=1)) == cost("claude-opus-4-0", Tokens(input=1))


def test_a_price_that_ended_still_prices_the_calls_of_its_time() -> None:
    long = Tokens(input=300_000)
    assert cost("claude-opus-4-6", long, day="2026-03-12") == 3_000_000_000
    assert cost("claude-opus-4-6", long, day="2026-03-13") == 1_500_000_000


def test_a_tier_is_chosen_by_all_input_with_the_cached_and_prices_the_whole_request() -> None:
    assert cost("claude-sonnet-4-5", Tokens(input=1, cache_read=199_999)) == 3_000 + 199_999 * 300
    assert cost("claude-sonnet-4-5", Tokens(input=1, cache_read=200_000)) == 6_000 + 200_000 * 600


def test_fast_mode_multiplies_where_only_the_multiplier_is_known_and_is_unpriced_where_nothing_is() -> None:
    tokens = Tokens(input=1000, output=100, cache_read=10)
    assert cost("claude-opus-4-7", tokens, terms="speed=fast") == 6 * (cost("claude-opus-4-7", tokens) or 0)
    assert cost("claude-sonnet-4-5", tokens, terms="speed=fast") is None


def test_inference_in_the_us_costs_a_tenth_more_but_searches_do_not() -> None:
    assert cost("claude-opus-5", Tokens(input=1000), terms="geo=us") == 5_500_000
    assert cost("claude-opus-5", Tokens(web_searches=1), terms="geo=us") == 10_000_000
    assert cost("claude-opus-5", Tokens(input=1000), terms="speed=fast geo=us") == 11_000_000


def test_a_price_by_the_time_of_day_follows_the_clock() -> None:
    book = price_book()
    assert book.changes_within_a_day("deepseek-chat")
    assert not book.changes_within_a_day("claude-opus-5")
    for hour in range(0, 24, 3):
        at = f"2025-06-01T{hour:02d}:00:00+00:00"
        rates = book.rates("deepseek-chat", ms("2025-06-01", f"{hour:02d}:00"))
        assert rates is not None
        expected = theirs("deepseek-chat", TOKENS[1], datetime.fromisoformat(at), {})
        assert rates.cost(TOKENS[1]) == round(expected)


@pytest.mark.parametrize("name", ["unknown", "", "my-own-llm", "claude-nonsense", "@", "/", "a/b@c", "anthropic."])
def test_an_unknown_model_has_no_price_rather_than_a_price_of_nothing(name: str) -> None:
    assert price_book().rates(name, ms("2026-11-20")) is None


def test_halves_round_to_the_even_nano_dollar() -> None:
    assert [round_half_even(value, 1000) for value in (499, 500, 501, 1499, 1500, 2500, 2501)] == [0, 0, 1, 1, 2, 2, 3]


def test_rates_are_kept_as_integers_that_a_person_can_read() -> None:
    rates = Rates("x/y", "", ((0, 1, 2, 3, 4, 5),), 6)
    assert rates.to_json() == '{"steps":[[0,1,2,3,4,5]],"web_search":6}'


def test_the_first_variant_that_fits_wins_for_each_kind_of_token() -> None:
    variants = [
        [{"service_tier": "flex"}, None, {"input": 7}],
        [{"service_tier": "flex"}, None, {"input": 8, "output": 9}],
    ]
    model = {"id": "m", "match": ["equals", "m"], "prices": [[None, {"input": 1, "output": 2}]], "variants": variants}
    data = {"source": "x", "providers": [{"id": "p", "match": ["equals", "m"], "fallback": [], "models": [model]}]}
    rates = PriceBook(data).rates("m", 0, "tier=flex")
    assert rates is not None
    assert rates.steps == ((0, 7, 9, 7, 7, 7),)


def test_price_data_with_an_unknown_rule_is_an_error_and_not_a_wrong_price() -> None:
    book = PriceBook({"source": "x", "providers": [{"id": "p", "match": ["sounds_like", "c"], "fallback": []}]})
    with pytest.raises(ValueError, match="sounds_like"):
        book.rates("claude", 0)
