"""Loose objects are packed once they are many, if the user's own configuration lets git do so."""

from typing import Any

import pytest


@pytest.fixture
def loose(library: Any) -> Any:
    """A library with a few loose objects in the folder that git takes a sample of."""
    library.skill("skills/a")
    library.commit()
    library.git("config", "gc.autoDetach", "false")
    number = 0
    sample = library.root / ".git/objects/17"
    while not sample.exists() or len(list(sample.iterdir())) < 3:
        library.repository().store_blobs([b"%d" % n for n in range(number, number + 200)])
        number += 200
    return library


def packs(library: Any) -> int:
    return len(list((library.root / ".git/objects/pack").glob("*.pack")))


@pytest.mark.parametrize(("setting", "packed"), [("256", True), ("0", False), (None, False), ("100000", False)])
def test_a_verdict_packs_what_is_loose_as_the_user_wants_it(
    loose: Any, workbench: Any, setting: str | None, packed: bool
) -> None:
    if setting is not None:
        loose.git("config", "gc.auto", setting)
    before = loose.fingerprint()
    assert workbench("review", "approve", "a", "--reason", "read it").code == 0
    assert bool(packs(loose)) == packed
    assert loose.fingerprint() == before
    assert loose.state("a") == "approved"


def test_a_verdict_is_recorded_also_where_nothing_can_be_packed(loose: Any, workbench: Any) -> None:
    loose.git("config", "gc.auto", "256")
    loose.write(".git/gc.pid", "1 somewhere-else\n")
    assert workbench("review", "approve", "a", "--reason", "read it").code == 0
    assert loose.state("a") == "approved"
