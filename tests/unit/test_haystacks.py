"""What a filter looks its words up in: made once for each row, a little at a time, and never old."""

from workbench.tui.widgets.haystacks import Haystacks
from workbench.tui.widgets.tones import Span
from workbench.tui.widgets.virtual_list import Row

ROWS = [Row(f"id-{n}", (f"Skill-{n}", Span("✓ approved", "good"), ""), also=f"word{n % 7}") for n in range(50)]


def ids(found: list[Row]) -> list[str]:
    return [row.id for row in found]


def test_every_word_has_to_be_in_a_row_in_whatever_cell() -> None:
    stacks = Haystacks(ROWS)
    assert ids(stacks.matching(("skill-3", "word3"), None)) == ["id-3", "id-31", "id-38"]
    assert ids(stacks.matching(("approved",), {"id-4", "id-2", "elsewhere"})) == ["id-2", "id-4"]
    assert stacks.matching((), None) == ROWS
    assert ids(stacks.matching((), frozenset())) == []
    assert ids(stacks.matching(("good",), None)) == []
    assert ids(stacks.matching(("3\n✓",), {"id-3"})) == ["id-3"]


def test_texts_are_made_a_little_at_a_time_and_all_of_them_for_the_first_word() -> None:
    stacks = Haystacks(ROWS)
    stacks.fill(20)
    assert not stacks.complete
    assert len(stacks.matching(("skill",), None)) == 50
    assert stacks.complete


def test_other_rows_with_the_same_ids_are_looked_at_anew() -> None:
    before = Haystacks(ROWS)
    before.matching(("skill",), None)
    changed = [*ROWS[:10], Row("id-10", ("renamed", "", "")), *ROWS[12:]]
    after = Haystacks(changed, before)
    assert ids(after.matching(("renamed",), None)) == ["id-10"]
    assert ids(after.matching(("skill-1",), None)) == ["id-1", *[f"id-{n}" for n in range(12, 20)]]
    after.fill(0)
    assert after.complete


def test_rows_that_are_known_in_part_are_completed() -> None:
    before = Haystacks(ROWS)
    before.fill(5)
    after = Haystacks(list(reversed(ROWS)), before)
    assert len(after.matching(("skill",), None)) == 50
