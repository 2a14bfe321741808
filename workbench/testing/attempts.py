"""One result from several runs of the same case."""

from collections.abc import Sequence
from dataclasses import replace

from workbench.testing.results import FINE, Attempt, CaseResult


def merged(results: Sequence[CaseResult]) -> CaseResult:
    """What several runs of a case come to, in the order in which they ended.

    An error is one however often it happens; a case that was fine once and failed once is `flaky`. Runs that were
    stopped before they began say nothing, unless all were.
    """
    if len(results) == 1:
        return results[0]
    told = [result for result in results if result.outcome != "skipped"] or list(results)
    attempts = tuple(Attempt(one.outcome, one.duration_ms, one.reason) for one in told)
    duration = round(sum(one.duration_ms for one in told) / len(told))
    bad = [one for one in told if one.outcome not in FINE]
    worst = next((one for one in bad if one.outcome == "error"), bad[0] if bad else told[-1])
    whole = replace(worst, attempts=attempts, duration_ms=duration)
    if not bad or worst.outcome == "error" or len(bad) == len(told):
        return whole
    fine = len(told) - len(bad)
    return replace(
        whole, outcome="flaky", reason=f"flaky: it was fine {fine} of {len(told)} times; else {worst.reason}"
    )
