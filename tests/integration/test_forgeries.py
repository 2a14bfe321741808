"""Records that somebody tampered with: each is told apart, counts for nothing, and says why."""

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from workbench.git import Identity, TreeEntry
from workbench.reviews.model import REVIEWS_REF

EVE = Identity("Eve", "eve@example.com")


@pytest.fixture
def approved(library: Any) -> Any:
    """Skill `a` approved, `b` not."""
    library.skill("skills/a")
    library.skill("skills/b", body="Other.\n")
    library.commit()
    library.workspace().decide("skills/a", "approve", "read it")
    return library


def put(library: Any, path: str, data: bytes | None, *, remove: str | None = None) -> None:
    """Commit a change of a record straight onto the reviews branch, as somebody with push access could."""
    repository = library.repository()
    head = repository.resolve(REVIEWS_REF)
    tree = repository.resolve(f"{head}^{{tree}}")
    if remove:
        env = {"GIT_INDEX_FILE": str(library.root / ".git/forged")}
        library.git("read-tree", tree, env=env)
        library.git("rm", "--cached", "-q", "--", remove, env=env)
        tree = library.git("write-tree", env=env).strip()
    if data is not None:
        tree = repository.graft(tree, {path: TreeEntry("100644", "blob", repository.store_blob(data), path)})
    repository.move_ref(REVIEWS_REF, repository.commit(tree, [head], "forged", EVE, datetime.now(UTC)), head, "forged")


def only_record(library: Any) -> tuple[str, bytes]:
    record = library.workspace().row("a").standing.records[0]
    blob = library.repository().resolve(f"{REVIEWS_REF}:{record.file}")
    return record.file, library.repository().blobs([blob])[blob]


def doubts(library: Any, name: str) -> list[str]:
    return [r.why_not for r in library.workspace().row(name).standing.records if not r.counts]


def test_a_record_that_was_edited_afterwards_does_not_count_but_the_original_does(approved: Any) -> None:
    file, data = only_record(approved)
    put(approved, file, data.replace(b"read it", b"did not"))
    assert approved.state("a") == "approved"
    assert "was edited" in doubts(approved, "a")[0]


def test_a_dissent_that_is_deleted_from_the_branch_still_stands(approved: Any) -> None:
    approved.workspace().decide("skills/a", "request-changes", "no")
    file = approved.workspace().row("a").standing.records[-1].file
    put(approved, "", None, remove=file)
    assert approved.state("a") == "changes-requested"


def test_a_record_copied_to_another_skill_does_not_count_there(approved: Any) -> None:
    file, data = only_record(approved)
    put(approved, file.replace("skills/a", "skills/b"), data)
    assert approved.state("b") == "draft"


def test_a_record_written_for_another_library_does_not_count(approved: Any) -> None:
    import hashlib

    _, data = only_record(approved)
    tree = approved.git("rev-parse", "HEAD:skills/b").strip()
    forged = yaml.safe_load(data) | {"path": "skills/b", "tree": tree, "library": "0" * 40}
    forged["at"] = "2026-01-01T00:00:00Z"
    raw = yaml.safe_dump(forged, sort_keys=False).encode()
    name = f"records/skills/b/{tree[:12]}/20260101T000000Z-{hashlib.sha256(raw).hexdigest()[:16]}.yaml"
    put(approved, name, raw)
    assert approved.state("b") == "draft"
    assert "another library" in doubts(approved, "b")[0]


def test_an_old_approval_that_is_put_back_after_a_revoke_does_not_revive_it(approved: Any) -> None:
    file, data = only_record(approved)
    approved.workspace().decide("skills/a", "revoke", "no")
    put(approved, "", None, remove=file)
    put(approved, file, data)
    assert approved.state("a") == "revoked"


@pytest.mark.parametrize(
    "data", [b"", b"[1, 2]", b"\xff\xfe", b"a: &a [*a]", b"schema: 2\n", b"{" * 5000, b"schema: 1\nverdict: bless\n"]
)
def test_rubbish_on_the_branch_is_reported_and_breaks_nothing(approved: Any, data: bytes) -> None:
    put(approved, "records/skills/a/000000000000/20260101T000000Z-0000000000000000.yaml", data)
    assert approved.state("a") == "approved"
    assert len(doubts(approved, "a")) == 1


def test_a_forged_digest_fails_verification(approved: Any) -> None:
    import hashlib

    _, data = only_record(approved)
    tree = approved.git("rev-parse", "HEAD:skills/b").strip()
    forged = yaml.safe_load(data) | {"path": "skills/b", "tree": tree, "digest": "sha256:" + "0" * 64}
    forged["at"] = "2026-01-01T00:00:00Z"
    raw = yaml.safe_dump(forged, sort_keys=False).encode()
    name = f"records/skills/b/{tree[:12]}/20260101T000000Z-{hashlib.sha256(raw).hexdigest()[:16]}.yaml"
    put(approved, name, raw)
    judged = {one.name: one for one in approved.workspace().verify().skills}
    assert judged["a"].ok
    assert not judged["b"].ok
