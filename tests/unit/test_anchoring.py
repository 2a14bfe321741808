"""A comment follows its lines: whatever happens elsewhere keeps the place, and a changed line makes it outdated."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.reviews.anchoring import Lines, find, find_context, spot_of

WORDS = st.text("abcd \t", min_size=0, max_size=3)
FILES = st.lists(WORDS, min_size=1, max_size=30)
COMMENTED = "the commented line"


@given(FILES, FILES, FILES, FILES)
def test_whatever_happens_elsewhere_keeps_the_place(
    above: list[str], below: list[str], new_above: list[str], new_below: list[str]
) -> None:
    spot = spot_of([*above, COMMENTED, *below], len(above) + 1, len(above) + 1)
    assert spot is not None
    assert find(spot, [*new_above, COMMENTED, *new_below]) == len(new_above) + 1


@given(FILES, FILES, st.integers(1, 4))
def test_a_range_is_found_as_a_whole_or_not_at_all(above: list[str], below: list[str], count: int) -> None:
    lines = [f"line {number}" for number in range(count)]
    spot = spot_of([*above, *lines, *below], len(above) + 1, len(above) + count)
    assert spot is not None
    assert find(spot, [*below, *lines, *above]) == len(below) + 1
    for changed in range(count):
        cut = [*lines[:changed], "changed", *lines[changed + 1 :]]
        assert find(spot, [*above, *cut, *below]) is None


@given(FILES, FILES)
def test_a_changed_line_makes_it_outdated(above: list[str], below: list[str]) -> None:
    spot = spot_of([*above, COMMENTED, *below], len(above) + 1, len(above) + 1)
    assert spot is not None
    assert find(spot, [*above, "what came instead", *below]) is None
    assert find(spot, [*above, *below]) is None


@given(FILES, st.data())
def test_an_unchanged_file_gives_the_line_itself_however_often_it_repeats(
    lines: list[str], data: st.DataObject
) -> None:
    line = data.draw(st.integers(1, len(lines)))
    spot = spot_of(lines, line, line)
    assert spot is not None
    assert find(spot, lines) == line


@given(FILES, FILES, st.data())
def test_what_is_found_always_has_the_text_that_was_commented_on(
    lines: list[str], later: list[str], data: st.DataObject
) -> None:
    line = data.draw(st.integers(1, len(lines)))
    spot = spot_of(lines, line, line)
    assert spot is not None
    at = find(spot, later)
    assert at is None or later[at - 1] == lines[line - 1]


def test_of_many_equal_lines_the_one_with_its_neighbours_is_meant() -> None:
    lines = ["def a():", "    return 1", "", "def b():", "    return 1", "", "def c():", "    return 1"]
    spot = spot_of(lines, 5, 5)
    assert spot is not None
    assert find(spot, ["# new", "# new", *lines]) == 7
    assert find(spot, [line for line in lines if line != "def a():"]) == 4


def test_a_twin_is_not_taken_for_a_line_that_is_gone() -> None:
    lines = ["def a():", "    return 1", "", "def b():", "    return 1", "# end"]
    spot = spot_of(lines, 2, 2)
    assert spot is not None
    assert find(spot, ["def a():", "    return 2", "x", "def b():", "    return 1", "# end"]) is None


def test_of_equal_places_none_is_guessed() -> None:
    spot = spot_of(["start", "x = 1", "end"], 2, 2)
    assert spot is not None
    assert find(spot, ["p", "x = 1", "q", "r", "x = 1", "s"]) is None


def test_a_line_that_says_nothing_needs_a_neighbour() -> None:
    spot = spot_of(["if x:", "}", "end"], 2, 2)
    assert spot is not None
    assert find(spot, ["other", "}", "things"]) is None
    assert find(spot, ["other", "}", "end"]) == 2


def test_lines_that_are_not_there_have_no_spot() -> None:
    assert spot_of(["a"], 2, 2) is None
    assert spot_of(["a"], 0, 1) is None
    assert spot_of([], 1, 1) is None


def test_without_the_commented_file_its_digest_alone_finds_it_where_it_is_unchanged() -> None:
    lines = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]
    spot = spot_of(lines, 5, 6)
    assert spot is not None
    assert find_context(spot.context, 5, 2, ["new", *lines]) == 6
    assert find_context(spot.context, 5, 2, [*lines[:3], "other", *lines[4:]]) is None


def test_a_hostile_file_of_equal_lines_costs_no_time() -> None:
    import time

    lines = Lines(["}"] * 200_000)
    later = Lines([*lines, "end"])
    began = time.process_time()
    for line in range(1, 200_000, 1_000):
        spot = spot_of(lines, line, line)
        assert spot is not None
        assert find(spot, later) == line
        find_context(spot.context, line, 1, later)
    assert time.process_time() - began < 10
