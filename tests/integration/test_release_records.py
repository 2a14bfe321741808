"""What somebody who may push to the reviews branch says of releases: it hides no moved tag, and blocks no release."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.git import Identity, TreeEntry
from workbench.reviews.model import REVIEWS_REF

POLICY = """schema: 1
roles: {reviewer: [ada@example.com]}
require: [{when: {}, chain: [{role: reviewer, count: 1}], self_approval: true}]
"""
EVE = Identity("Eve", "eve@example.com")


@pytest.fixture
def released(library: Any, workbench: Any) -> Any:
    """Skill `a`, released as 1.0.0 and 2.0.0 under a policy that does not know Eve."""
    library.write(".workbench/policy.yaml", POLICY)
    for version in ("1.0.0", "2.0.0"):
        library.skill("skills/a", body=f"Body {version}.\n", metadata=f"{{version: '{version}'}}")
        library.commit(version)
        assert workbench("review", "approve", "a", "-m", "read it").code == 0
        assert workbench("version", "release", "a").code == 0
    return library


def claim(library: Any, tree: str, version: str, *, verdict: str = "comment", first: bool = False) -> None:
    """Put Eve's record on the reviews branch, by a merge that names it before all others where it is to be `first`."""
    repository = library.repository()
    head = repository.resolve(REVIEWS_REF)
    said = f"released: {{version: {version}, tag: a/v{version}}}\n" if verdict == "comment" else ""
    data = (
        f"schema: 1\npath: skills/a\nlibrary: {repository.roots()[0]}\ntree: {tree}\nverdict: {verdict}\n"
        f"reviewer: {{name: Eve, email: eve@example.com}}\nreason: x\n{said}at: '2026-01-01T00:00:00Z'\n"
    ).encode()
    name = f"records/skills/a/{tree[:12]}/20260101T000000Z-{hashlib.sha256(data).hexdigest()[:16]}.yaml"
    entry = TreeEntry("100644", "blob", repository.store_blob(data), name)

    def commit(base: str, *parents: str) -> str:
        grafted = repository.graft(repository.resolve(f"{base}^{{tree}}"), {name: entry})
        return str(repository.commit(grafted, parents, "x", EVE, datetime.now(UTC)))

    root = library.git("rev-list", "--max-parents=0", head).strip()
    new = commit(head, commit(root, root), head) if first else commit(head, head)
    repository.move_ref(REVIEWS_REF, new, head, "x")


def of(workbench: Any, version: str) -> Any:
    found = [one for one in workbench("version", "list", "a", "--json").json["versions"] if one["version"] == version]
    return found[0] if found else None


def tree_of(library: Any, revision: str) -> str:
    return str(library.git("rev-parse", f"{revision}:skills/a")).strip()


@pytest.mark.parametrize("first", [False, True])
def test_a_moved_tag_is_told_whichever_record_goes_first(released: Any, workbench: Any, first: bool) -> None:
    claim(released, tree_of(released, "HEAD~1"), "2.0.0", first=first)
    assert of(workbench, "2.0.0")["moved"] is None
    assert workbench("review", "verify").code == 0
    released.git("tag", "-f", "-a", "-m", "x", "a/v2.0.0", "HEAD~1")
    assert "was released by Ada" in of(workbench, "2.0.0")["moved"]
    assert workbench("review", "verify").code == 1


def test_a_version_that_nobody_approved_stands_in_no_way(released: Any, workbench: Any) -> None:
    released.skill("skills/a", body="Eve's.\n", metadata="{version: '999.0.0'}")
    released.git("add", "-A")
    eves = released.git("write-tree", "--prefix=skills/a").strip()
    released.git("reset", "-q", "--hard")
    for tree in ("a" * 40, eves):
        claim(released, tree, "999.0.0")
    claim(released, eves, "999.0.0", verdict="approve")
    assert of(workbench, "999.0.0") is None
    released.skill("skills/a", body="Body 3.\n", metadata="{version: '3.0.0'}")
    released.commit("3")
    assert workbench("review", "approve", "a", "-m", "read it").code == 0
    assert workbench("version", "release", "a").code == 0


def test_a_claim_of_the_next_version_does_not_make_its_tag_a_moved_one(released: Any, workbench: Any) -> None:
    claim(released, tree_of(released, "HEAD~1"), "3.0.0")
    released.skill("skills/a", body="Body 3.\n", metadata="{version: '3.0.0'}")
    released.commit("3")
    assert workbench("review", "approve", "a", "-m", "read it").code == 0
    assert workbench("version", "release", "a").code == 0
    assert of(workbench, "3.0.0")["moved"] is None
    assert workbench("review", "verify").code == 0


def test_a_release_whose_tag_is_not_here_is_still_known(released: Any, workbench: Any) -> None:
    released.git("tag", "-d", "a/v1.0.0")
    assert of(workbench, "1.0.0")["missing"] is True
