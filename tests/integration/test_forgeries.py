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
    library.workspace().reviews.decide("skills/a", "approve", "read it")
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
    approved.workspace().reviews.decide("skills/a", "request-changes", "no")
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
    approved.workspace().reviews.decide("skills/a", "revoke", "no")
    put(approved, "", None, remove=file)
    put(approved, file, data)
    assert approved.state("a") == "revoked"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[1, 2]",
        b"\xff\xfe",
        b"a: &a [*a]",
        b"schema: 2\n",
        b"{" * 5000,
        b"schema: 1\nverdict: bless\n",
        b"- " * 100_000,
        b"[" * 300_000,
        b"a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b, !!python/none x]\n",
    ],
    ids=lambda data: data[:12].hex() or "empty",
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
    judged = {one.name: one for one in approved.workspace().reviews.verify().skills}
    assert judged["a"].ok
    assert not judged["b"].ok


def test_another_library_whose_first_commit_is_merged_brings_no_approvals_along(approved: Any, workbench: Any) -> None:
    tree = approved.git("rev-parse", "HEAD^{tree}").strip()
    other = approved.git("commit-tree", tree, "-m", "Another library").strip()
    forge(approved, "b", library=other, reviewer={"name": "Eve", "email": "eve@example.com"})
    assert "another library" in doubts(approved, "b")[0]
    approved.git("branch", "base")
    approved.git("switch", "-q", "-c", "request")
    for parents in (("HEAD", other), (other, "HEAD")):
        merged = approved.git("commit-tree", tree, *(f"-p{one}" for one in parents), "-m", "Merge").strip()
        approved.git("reset", "-q", "--hard", merged)
        judged = {one["path"]: one["ok"] for one in workbench("review", "verify", "--json").json["skills"]}
        assert judged == {"skills/a": True, "skills/b": False}


def forge(library: Any, name: str, /, **fields: Any) -> None:
    """Put a record like the approval of `a` onto the branch, in its right place, for skill `name`."""
    import hashlib

    tree = library.git("rev-parse", f"HEAD:skills/{name}").strip()
    told = {"path": f"skills/{name}", "tree": tree, "at": "2026-01-01T00:00:00Z", **fields}
    raw = yaml.safe_dump(yaml.safe_load(only_record(library)[1]) | told, sort_keys=False).encode()
    stamp = "20260101T000000Z"
    put(library, f"records/skills/{name}/{tree[:12]}/{stamp}-{hashlib.sha256(raw).hexdigest()[:16]}.yaml", raw)


def test_an_approval_in_the_name_of_somebody_else_does_not_count(approved: Any) -> None:
    forge(approved, "b")
    assert approved.state("b") == "draft"
    assert "in the name of ada@example.com" in doubts(approved, "b")[0]
    forge(approved, "b", reviewer={"name": "Eve", "email": " EVE@example.com."})
    assert approved.state("b") == "approved"


@pytest.mark.parametrize(
    "fields",
    [
        {"library": ["x"]},
        {"at": "0001-01-01T00:00:00+23:59"},
        {"checks": {"when": datetime(2026, 1, 1, tzinfo=UTC), "what": b"\x00\xff", "whom": {1, 2}}},
        {"checks": {None: 1, 2: {3: float("nan")}}},
        {"version": 10**4000},
        {"version": 10**20},
        {"comments": [{"id": "c", "line": -(10**20)}]},
        {"reviewer": ["eve@example.com"], "answers": {"x": 1}, "comments": 3},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_values_of_odd_types_break_neither_a_list_nor_its_json(approved: Any, workbench: Any, fields: Any) -> None:
    forge(approved, "b", **fields)
    assert approved.state("b") == "draft"
    for command in ("list", "verify"):
        said = workbench("review", command, "--json")
        assert said.code in (0, 1)
        assert [item["name"] for item in (said.json["skills"] if command == "verify" else said.json)] == ["a", "b"]


def test_aliases_that_would_fill_the_memory_are_refused(approved: Any, workbench: Any) -> None:
    bomb = "schema: 1\nx0: &x0 [a, a]\n" + "".join(f"x{n}: &x{n} [*x{n - 1}, *x{n - 1}]\n" for n in range(1, 40))
    put(approved, "records/skills/b/000000000000/20260101T000000Z-0000000000000000.yaml", bomb.encode())
    assert workbench("review", "list", "--json").code == 0
    assert "more than 20,000 values" in doubts(approved, "b")[0]
