"""Money, formatted in one place. Amounts are integers of nano-dollars (10^-9 USD); None is an amount nobody knows."""

from decimal import ROUND_HALF_EVEN, Decimal

NANO = 1_000_000_000
_CENT = NANO // 100


def dollars(nano: int | None) -> str:
    """An amount for people, to the cent: `$1,234.56`, `<$0.01` for less than a cent, `unpriced` for None."""
    if nano is None:
        return "unpriced"
    if 0 < abs(nano) < _CENT:
        return "<$0.01" if nano > 0 else ">-$0.01"
    amount = _rounded(nano, 2)
    return f"-${-amount:,}" if amount < 0 else f"${amount:,}"


def usd(nano: int | None) -> str | None:
    """An amount for programs, with four decimals: `12.3456`; None stays None."""
    return None if nano is None else str(_rounded(nano, 4))


def _rounded(nano: int, places: int) -> Decimal:
    """Rounded half-even, so that many roundings don't drift one way."""
    return Decimal(nano).scaleb(-9).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
