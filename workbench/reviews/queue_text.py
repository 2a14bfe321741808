"""The queue in words, the same on the command line and on the screen; the texts are made visible."""

from workbench.analytics.usage import USAGE_DAYS
from workbench.reviews.queue import WAITING, Group, Waiting
from workbench.text import first_line, plural, visible

GROUP_WORDS: dict[Group, str] = {
    "mine": "waits for you",
    "others": "waits for others",
    "stale": "went stale",
    "approved": "approved",
    "released": "released",
}


def risk_words(one: Waiting) -> str:
    """What makes it risky: `risk high (network, subprocess)`."""
    return f"risk {one.risk}" + (f" ({', '.join(one.gains)})" if one.gains else "")


def age_words(one: Waiting) -> str:
    """When a commit last changed it: `changed 3 days ago`; empty where none did."""
    if one.age_days is None:
        return ""
    return "changed today" if one.age_days == 0 else f"changed {plural(one.age_days, 'day')} ago"


def use_words(one: Waiting) -> str:
    """How it was used lately: `used 45 times in 30 days, 12% failed`; empty where it was not."""
    used = one.usage
    if used is None or not used.calls:
        return ""
    return f"used {plural(used.calls, 'time')} in {USAGE_DAYS} days, {used.failed / used.calls:.0%} failed"


def place_words(one: Waiting) -> str:
    """Which branch has it so, and what opens it; empty for what is checked out."""
    branch = one.branch
    return f"on {visible(branch.name)}: workbench review open {visible(branch.range)}" if branch else ""


def facts(one: Waiting) -> tuple[str, ...]:
    """Its risk, its age and its use, as far as they are known."""
    return tuple(filter(None, (risk_words(one), age_words(one), use_words(one))))


def why(one: Waiting) -> str:
    """What it waits for, in one line; empty where it waits for nothing."""
    return first_line(one.reason) if one.group in WAITING and one.reason else ""
