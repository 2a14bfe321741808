"""Looking back: the first bad version, in few tries, and honest where some can't be tried."""

import math

from hypothesis import given
from hypothesis import strategies as st

from workbench.testing.bisect import bisect


@given(st.integers(2, 300), st.data())
def test_the_first_bad_version_is_found_in_logarithmic_tries(count: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, count - 1))
    found = bisect(range(count), lambda at: "bad" if at >= first else "good")
    assert (found.first_bad, found.suspects) == (first, ())
    assert len(found.tried) <= math.ceil(math.log2(count)) + 2


@given(
    st.lists(st.sampled_from(["good", "skip"]), max_size=12), st.lists(st.sampled_from(["bad", "skip"]), max_size=12)
)
def test_what_can_not_be_tried_is_a_suspect_and_never_the_answer(good: list[str], bad: list[str]) -> None:
    outcomes = [*good, *bad]
    found = bisect(range(len(outcomes)), outcomes.__getitem__)  # type: ignore[arg-type]  # the words are outcomes
    if found.first_bad is None:
        assert found.why
        return
    assert outcomes[found.first_bad] == "bad"
    assert all(outcomes[at] == "skip" for at in found.suspects)
    first = found.suspects[0] if found.suspects else found.first_bad
    assert "bad" not in outcomes[:first]


def test_where_there_is_no_first_one_it_is_said_why() -> None:
    assert "passes at the newest" in bisect([1, 2], lambda _: "good").why
    assert "never passed" in bisect([1, 2], lambda _: "bad").why
    assert "no version" in bisect([], lambda _: "bad").why
