"""Filling a chain: exact against an oracle that tries everything, and never better off for a stricter chain."""

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.policy.chains import fill

PEOPLE = "abcd"
ROLES = [frozenset("abcd"), frozenset("ab"), frozenset("c"), frozenset("bd"), frozenset()]
chains = st.lists(st.tuples(st.integers(1, 2), st.sampled_from(ROLES)), max_size=3)
approvals = st.lists(st.sampled_from(PEOPLE), max_size=6)


def filled(people: list[str], chain: list[tuple[int, frozenset[str]]]) -> bool:
    return fill(people, [(count, role.__contains__) for count, role in chain]).whole


def oracle(people: list[str], chain: list[tuple[int, frozenset[str]]]) -> bool:
    """Whether some choice of approvals fills every slot: different people, and each step after the one before."""
    slots = [step for step, (count, _) in enumerate(chain) for _ in range(count)]
    for chosen in permutations(range(len(people)), len(slots)):
        pairs = list(zip(chosen, slots, strict=True))
        different = len({people[at] for at, _ in pairs}) == len(pairs)
        members = all(people[at] in chain[step][1] for at, step in pairs)
        ordered = all(a < b for a, one in pairs for b, two in pairs if one < two)
        if different and members and ordered:
            return True
    return not slots


@settings(max_examples=300, deadline=None)
@given(approvals, chains)
def test_a_chain_is_filled_exactly_where_some_choice_of_approvals_fills_it(
    people: list[str], chain: list[tuple[int, frozenset[str]]]
) -> None:
    assert filled(people, chain) == oracle(people, chain)


@given(approvals, chains, st.tuples(st.integers(1, 2), st.sampled_from(ROLES)))
def test_one_more_step_never_helps(
    people: list[str], chain: list[tuple[int, frozenset[str]]], step: tuple[int, frozenset[str]]
) -> None:
    assert filled(people, chain) or not filled(people, [*chain, step])


@given(approvals, chains, st.sampled_from(PEOPLE))
def test_one_more_approval_never_hurts(people: list[str], chain: list[tuple[int, frozenset[str]]], person: str) -> None:
    assert not filled(people, chain) or filled([*people, person], chain)


def test_what_is_missing_is_told_from_the_furthest_that_was_reached() -> None:
    found = fill(["a", "b"], [(1, "ab".__contains__), (2, "bc".__contains__)])
    assert (found.whole, found.steps) == (False, (("a",), ("b",)))


def test_a_flood_of_approvals_ends_and_fills_nothing() -> None:
    people = [f"p{n}" for n in range(60)]
    assert not fill(people, [(5, lambda _: True)] * 12 + [(1, lambda _: False)]).whole
