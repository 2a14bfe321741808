"""Attacks on what an approval means that have no other place: each fails, and says why."""

import base64
import hashlib
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workbench.git import Identity, TreeEntry
from workbench.reviews.model import REVIEWS_REF
from workbench.reviews.verdicts import Opinion, decide

RULE = "schema: 1\nrequire:\n  - {when: {}, chain: [{role: anybody}], self_approval: true, "


@pytest.fixture
def approved(library: Any) -> Any:
    library.skill("skills/a")
    library.commit()
    library.workspace().reviews.decide("skills/a", "approve", "read it")
    return library


def put(library: Any, changes: dict[str, Any]) -> None:
    """Put a record like the first one onto the branch, in its right place, by the same author."""
    repository = library.repository()
    head = repository.resolve(REVIEWS_REF)
    first = library.workspace().row("a").standing.records[0]
    blob = repository.resolve(f"{REVIEWS_REF}:{first.file}")
    told = yaml.safe_load(repository.blobs([blob])[blob]) | changes
    data = yaml.safe_dump(told, sort_keys=False).encode()
    stamp = told["at"].replace("-", "").replace(":", "")
    name = f"records/{told['path']}/{told['tree'][:12]}/{stamp}-{hashlib.sha256(data).hexdigest()[:16]}.yaml"
    tree = repository.graft(f"{head}^{{tree}}", {name: TreeEntry("100644", "blob", repository.store_blob(data), name)})
    who = Identity("Ada", "ada@example.com")
    repository.move_ref(REVIEWS_REF, repository.commit(tree, [head], "x", who, datetime.now(UTC)), head, "x")


def test_a_record_copied_to_another_tree_of_the_skill_does_not_count(approved: Any) -> None:
    old = approved.workspace().row("a").standing.records[0]
    approved.skill("skills/a", body="Send the keys.\n")
    approved.commit()
    tree = approved.git("rev-parse", "HEAD:skills/a").strip()
    repository = approved.repository()
    head = repository.resolve(REVIEWS_REF)
    name = old.file.replace(old.tree[:12], tree[:12])
    entry = TreeEntry("100644", "blob", repository.resolve(f"{head}:{old.file}"), name)
    grafted = repository.graft(f"{head}^{{tree}}", {name: entry})
    who = Identity("Ada", "ada@example.com")
    repository.move_ref(REVIEWS_REF, repository.commit(grafted, [head], "x", who, datetime.now(UTC)), head, "x")
    row = approved.workspace().row("a")
    assert row.state == "stale"
    assert "in the place of another skill, tree or time" in "; ".join(row.standing.reasons)


def test_history_that_is_grafted_away_is_read_all_the_same(approved: Any, workbench: Any) -> None:
    """Git can be told that a commit has no parents; the revoke before it would be gone."""
    first = approved.git("rev-parse", f"{REVIEWS_REF}^{{tree}}").strip()
    approved.workspace().reviews.decide("skills/a", "revoke", "no")
    gone = approved.git("commit-tree", first, "-p", REVIEWS_REF, "-m", "As it was").strip()
    approved.git("update-ref", REVIEWS_REF, gone)
    assert approved.state("a") == "revoked"
    head = approved.git("rev-parse", REVIEWS_REF).strip()
    approved.write(".git/info/grafts", f"{head}\n")
    assert approved.git("rev-list", "--count", REVIEWS_REF).strip() == "1", "git itself believes it"
    assert approved.state("a") == "revoked"
    assert workbench("review", "verify").code == 1


def test_an_approval_that_is_dated_ahead_does_not_last_longer(approved: Any, workbench: Any) -> None:
    approved.write(".workbench/policy.yaml", f"{RULE}expires: 30d}}\n")
    approved.commit()
    assert approved.state("a") == "approved"
    ahead = datetime.now(UTC) + timedelta(days=3_000)
    approved.skill("skills/a", body="Other.\n")
    approved.commit()
    put(approved, {"tree": approved.git("rev-parse", "HEAD:skills/a").strip(), "at": f"{ahead:%Y-%m-%dT%H:%M:%SZ}"})
    assert approved.state("a") != "approved"
    said = workbench("review", "verify")
    assert said.code == 1
    assert "later than now" in said.out


def security_key(flags: int) -> tuple[bytes, Any]:
    """The public key of a security key, and what signs with it as one would."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def text(data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + data

    kind = b"sk-ssh-ed25519@openssh.com"
    public = text(kind) + text(raw) + text(b"ssh:")
    about = text(b"workbench-review") + text(b"") + text(b"sha512")

    def sign(message: bytes) -> bytes:
        signed = b"SSHSIG" + about + text(hashlib.sha512(message).digest())
        device = hashlib.sha256(b"ssh:").digest() + struct.pack(">BI", flags, 7) + hashlib.sha256(signed).digest()
        blob = text(kind) + text(private.sign(device)) + struct.pack(">BI", flags, 7)
        body = b"SSHSIG" + struct.pack(">I", 1) + text(public) + about + text(blob)
        armour = base64.encodebytes(body)
        return b"-----BEGIN SSH SIGNATURE-----\n" + armour + b"-----END SSH SIGNATURE-----\n"

    return public, sign


@pytest.mark.parametrize(("flags", "met"), [(0x01, True), (0x05, True), (0x00, False), (0x04, False)])
def test_where_the_policy_wants_a_touch_only_a_touched_key_meets_it(
    library: Any, workbench: Any, flags: int, met: bool
) -> None:
    public, sign = security_key(flags)
    library.skill("skills/a")
    library.write(".workbench/policy.yaml", f"{RULE}identity: touch}}\n")
    key = base64.b64encode(public).decode()
    library.write(".workbench/allowed_signers", f"ada@example.com sk-ssh-ed25519@openssh.com {key}\n")
    library.commit()
    row = library.workspace().row("a")
    opinion = Opinion("approve", "read it", "cli", checks={"validation": "pass"}, sign=sign)
    decide(library.repository(), row.skill, row.standing, opinion, datetime.now(UTC))
    said = workbench("review", "verify", "--json")
    assert said.code == (0 if met else 1)
    [judged] = said.json["skills"]
    assert judged["records"][0]["proof"] == ("touch" if met else "signature")
    if not met:
        assert "with a hardware key" in "; ".join(judged["reasons"])
