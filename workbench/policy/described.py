"""A policy's rules in words, for the command line and the screen."""

from typing import Any

from workbench.policy.rules import Policy
from workbench.text import visible


def rules_of(policy: Policy) -> list[dict[str, Any]]:
    """The rules as `policy show --json` gives them."""
    return [
        {
            "skills": list(rule.skills),
            "gains": list(rule.gains),
            "chain": [{"role": link.role, "count": link.count} for link in rule.chain],
            "checks": list(rule.checks),
            "identity": rule.identity,
            "self_approval": rule.self_approval,
            "expires_days": rule.expires.days if rule.expires else None,
        }
        for rule in policy.rules
    ]


def rule_lines(policy: Policy) -> list[str]:
    """A line for each rule, made visible."""
    return [
        f"rule {number}: " + "; ".join(f"{key} {_words(value)}" for key, value in rule.items() if value)
        for number, rule in enumerate(rules_of(policy), start=1)
    ]


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(
            f"{item['count']} × {visible(item['role'])}" if isinstance(item, dict) else visible(str(item))
            for item in value
        )
    return visible(str(value))
