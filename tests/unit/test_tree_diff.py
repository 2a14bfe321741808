"""Two trees compared by their bytes: the same entries differ as when each is taken apart."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.git.tree_diff import Entry, Tree

# Names and ids that look like the beginning of an entry must not lead astray.
names = st.one_of(
    st.integers(0, 120).map(lambda n: b"skill-%03d" % n),
    st.sampled_from([b"x 40000 y", b"40000 ", b"100644 a", b"a", b"ab", b"\xff"]),
)
ids = st.one_of(
    st.integers(0, 255).map(lambda n: bytes([n]) * 20),
    st.sampled_from([b"40000 a\0" + b"40000 a\0" + b"4000", b"\0" * 20, b" 100644 b\0" * 2]),
)
trees = st.dictionaries(names, st.tuples(st.sampled_from([b"40000", b"100644", b"120000"]), ids), max_size=130)
edits = st.lists(st.tuples(names, st.one_of(st.none(), st.tuples(st.just(b"40000"), ids))), max_size=4)


def data_of(entries: dict[bytes, Entry]) -> bytes:
    return b"".join(b"%s %s\0%s" % (mode, name, id_) for name, (mode, id_) in sorted(entries.items()))


def filled(entries: dict[bytes, Entry]) -> dict[bytes, Entry]:
    """As many entries more as it takes for the trees to be compared rather than taken apart."""
    return {b"skill-%03d" % n: (b"40000", bytes([n % 7]) * 20) for n in range(90)} | entries


def differences(
    before: dict[bytes, Entry], after: dict[bytes, Entry]
) -> dict[bytes, tuple[Entry | None, Entry | None]]:
    every = before.keys() | after.keys()
    return {name: (before.get(name), after.get(name)) for name in every if before.get(name) != after.get(name)}


@settings(max_examples=300, deadline=None)
@given(trees, st.lists(edits, min_size=1, max_size=4), st.booleans())
def test_a_chain_of_trees_differs_as_its_entries_do(first: dict[bytes, Entry], chain: list[Any], wide: bool) -> None:
    before = filled(first) if wide else first
    tree = Tree(data_of(before), 20)
    for edit in chain:
        after = dict(before)
        for name, entry in edit:
            if entry is None:
                after.pop(name, None)
            else:
                after[name] = entry
        other = Tree(data_of(after), 20)
        wanted = differences(before, after)
        assert differences(*tree.differing(other)) == wanted
        assert differences(*other.differing(tree)) == {name: (new, old) for name, (old, new) in wanted.items()}
        assert other.starts == Tree(other.data, 20).starts
        before, tree = after, other


def test_a_damaged_tree_is_an_error_and_no_endless_loop() -> None:
    wide = Tree(data_of(filled({})), 20)
    for cut in (1, 19, 21, 40):
        try:
            wide.differing(Tree(wide.data[:-cut], 20))
        except ValueError:
            continue
