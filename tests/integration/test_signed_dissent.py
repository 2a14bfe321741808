"""Signed records among what others push beside them: old keys, copies, and signatures that somebody else adds."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.test_signing import make_key, use_key
from workbench.git import Identity, TreeEntry
from workbench.reviews.introductions import no_earlier
from workbench.reviews.model import REVIEWS_REF
from workbench.reviews.signing import sign

POLICY = (
    'schema: 1\nroles: {reviewer: ["*@example.com"]}\n'
    "require: [{when: {}, chain: [{role: reviewer}], identity: signature, self_approval: true}]\n"
)
LONG_AGO = datetime(2025, 6, 1, tzinfo=UTC)
BOB, CAROL, MAL = (Identity(name, f"{name.lower()}@example.com") for name in ("Bob", "Carol", "Mal"))


@pytest.fixture
def signed(library: Any, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A library whose policy wants signatures; Carol's key was allowed until the end of 2025, Bob's still is."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    library.skill("skills/a")
    library.write(".workbench/policy.yaml", POLICY)
    old = f'carol@example.com valid-before="20260101Z" {make_key(keys, "carol")}\n'
    rest = "".join(f"{name}@example.com {make_key(keys, name)}\n" for name in ("bob", "dave"))
    library.write(".workbench/allowed_signers", old + rest)
    library.git("add", "-A")
    return library


def committed(library: Any, at: datetime) -> None:
    library.git("commit", "-qm", "x", env={"GIT_COMMITTER_DATE": at.isoformat(), "GIT_AUTHOR_DATE": at.isoformat()})


def say(library: Any, workbench: Any, keys: Path, who: str, verdict: str, *options: str) -> None:
    library.as_user(who, f"{who.lower()}@example.com")
    use_key(library, keys / who.lower())
    said = workbench("review", verdict, "a", "-m", "so", *options)
    assert said.code == 0, said.err


def put(library: Any, files: dict[str, bytes], who: Identity, at: datetime | None = None) -> None:
    """Commit files to the reviews branch as somebody with push access could."""
    repository = library.repository()
    head = repository.resolve(REVIEWS_REF)
    entries = {p: TreeEntry("100644", "blob", repository.store_blob(data), p) for p, data in files.items()}
    tree = repository.graft(f"{head}^{{tree}}" if head else None, entries)
    made = repository.commit(tree, [head] if head else [], "x", who, at or datetime.now(UTC))
    repository.move_ref(REVIEWS_REF, made, head, "x")


def approval_of_long_ago(library: Any, key: Path) -> dict[str, bytes]:
    """Carol's approval of HEAD, dated long ago and signed with her key."""
    tree = library.git("rev-parse", "HEAD:skills/a").strip()
    told = {
        "schema": 1, "path": "skills/a", "library": library.git("rev-list", "--max-parents=0", "HEAD").strip(),
        "tree": tree, "digest": digest(library), "commit": library.git("rev-parse", "HEAD").strip(),
        "verdict": "approve", "reviewer": {"name": "Carol", "email": CAROL.email}, "at": "2025-06-01T00:00:00Z",
    }  # fmt: skip
    data = yaml.safe_dump(told, sort_keys=False).encode()
    name = f"records/skills/a/{tree[:12]}/20250601T000000Z-{hashlib.sha256(data).hexdigest()[:16]}.yaml"
    return {name: data, f"{name}.sig": sign(data, key, may_ask=False)}


def digest(library: Any) -> str:
    from workbench.reviews.digests import digest_of

    tree = library.git("rev-parse", "HEAD:skills/a").strip()
    return digest_of(library.repository(), tree)


def verdict(workbench: Any) -> tuple[int, str]:
    said = workbench("review", "verify", "--json")
    return said.code, "; ".join(said.json["skills"][0]["reasons"])


def test_a_key_that_was_allowed_then_still_proves_what_it_signed_then(signed: Any, workbench: Any, keys: Path) -> None:
    committed(signed, LONG_AGO)
    put(signed, approval_of_long_ago(signed, keys / "carol"), CAROL, LONG_AGO)
    assert verdict(workbench)[0] == 0
    put(signed, {"records/x": b""}, MAL, datetime(2099, 1, 1, tzinfo=UTC))
    assert verdict(workbench)[0] == 0


def test_an_old_key_signs_nothing_that_names_a_newer_commit(signed: Any, workbench: Any, keys: Path) -> None:
    committed(signed, datetime(2026, 5, 1, tzinfo=UTC))
    put(signed, approval_of_long_ago(signed, keys / "carol"), CAROL, LONG_AGO)
    code, why = verdict(workbench)
    assert code == 1
    assert "was not allowed to sign reviews then" in why


@pytest.mark.parametrize("read_before", [True, False], ids=["kept", "anew"])
def test_an_old_key_signs_nothing_that_stands_on_newer_reviews(
    signed: Any, workbench: Any, keys: Path, read_before: bool
) -> None:
    committed(signed, LONG_AGO)
    put(signed, {"records/x.yaml": b"x"}, BOB, datetime(2026, 5, 1, tzinfo=UTC))
    put(signed, {"records/y.yaml": b"y"}, BOB, LONG_AGO)
    if read_before:
        assert signed.state("a") == "draft"
    put(signed, approval_of_long_ago(signed, keys / "carol"), CAROL, LONG_AGO)
    assert signed.state("a") == "in-review"
    assert verdict(workbench)[0] == 1


def test_an_old_key_signs_no_old_record_later(signed: Any, workbench: Any, keys: Path) -> None:
    committed(signed, LONG_AGO)
    (name, data), (beside, signature) = approval_of_long_ago(signed, keys / "carol").items()
    put(signed, {name: data}, CAROL, LONG_AGO)
    put(signed, {beside: signature}, CAROL, datetime(2026, 5, 1, tzinfo=UTC))
    code, why = verdict(workbench)
    assert code == 1
    assert "was not allowed to sign reviews then" in why


def test_clocks_may_differ_by_a_little() -> None:
    assert no_earlier(1_000, 1_500) == 1_000
    assert no_earlier(1_000, 2_000) == 2_000
    assert no_earlier(3_000, 2_000) == 3_000


def test_a_signed_revoke_falls_by_no_copy_and_by_no_claim(signed: Any, workbench: Any, keys: Path) -> None:
    committed(signed, LONG_AGO)
    repository = signed.repository()
    put(signed, {"records/x": b""}, MAL)
    before = repository.resolve(REVIEWS_REF)
    say(signed, workbench, keys, "Dave", "approve")
    assert verdict(workbench)[0] == 0
    say(signed, workbench, keys, "Bob", "revoke", "--sign")
    genuine = repository.resolve(REVIEWS_REF)
    file = signed.workspace().row("a").standing.records[-1].file
    copies = {p: TreeEntry("100644", "blob", repository.resolve(f"{genuine}:{p}"), p) for p in (file, f"{file}.sig")}
    now = datetime.now(UTC)
    beside = repository.commit(repository.graft(f"{before}^{{tree}}", copies), [before], "x", MAL, now)
    merged = repository.commit(repository.resolve(f"{genuine}^{{tree}}"), [beside, genuine], "x", MAL, now)
    repository.move_ref(REVIEWS_REF, merged, genuine, "x")
    for who in ("Mal", "Bob"):
        signed.as_user(who, f"{who.lower()}@example.com")
        said = workbench("review", "approve", "a", "-m", "fine", "--no-sign")
        assert said.code == 0, said.err
        assert signed.state("a") == "revoked", f"{who} only claims to be somebody"
    say(signed, workbench, keys, "Dave", "approve")
    assert verdict(workbench)[0] == 0


def test_a_signature_that_somebody_adds_takes_nothing_from_the_reviewers_own(
    signed: Any, workbench: Any, keys: Path
) -> None:
    committed(signed, LONG_AGO)
    say(signed, workbench, keys, "Bob", "approve")
    repository = signed.repository()
    genuine = repository.resolve(REVIEWS_REF)
    file = signed.workspace().row("a").standing.records[-1].file
    data = repository.blobs([blob := repository.resolve(f"{genuine}:{file}")])[blob]
    make_key(keys, "mal")
    other = repository.store_blob(sign(data, keys / "mal", may_ask=False))
    now = datetime.now(UTC)
    contents = {file: blob, f"{file}.sig": other}
    copies = {path: TreeEntry("100644", "blob", id_, path) for path, id_ in contents.items()}
    beside = repository.commit(repository.graft(None, copies), [], "x", MAL, now)
    merged = repository.commit(repository.resolve(f"{genuine}^{{tree}}"), [beside, genuine], "x", MAL, now)
    repository.move_ref(REVIEWS_REF, merged, genuine, "x")
    assert verdict(workbench)[0] == 0
    [record] = signed.workspace().row("a").standing.records
    assert (record.proof, record.introduced) == ("signature", genuine)
