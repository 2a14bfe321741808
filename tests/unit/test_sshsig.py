"""SSH signatures: what ssh-keygen signs is accepted, what it refuses is refused, with every kind of key."""

import base64
import hashlib
import struct
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from workbench.reviews.sshsig import BadSignature, check, fingerprint, parse

MESSAGE = b"verdict: approve\n"


def keygen(*args: str, cwd: Path, stdin: bytes = b"") -> bytes:
    return subprocess.run(["ssh-keygen", *args], cwd=cwd, input=stdin, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


def signed(folder: Path, kind: str, *options: str, namespace: str = "workbench-review") -> bytes:
    name = kind + "".join(options)
    if not (folder / name).exists():
        keygen("-q", "-t", kind, *options, "-N", "", "-f", name, cwd=folder)
    return keygen("-q", "-Y", "sign", "-n", namespace, "-f", name, cwd=folder, stdin=MESSAGE)


KINDS = [("ed25519",), ("rsa", "-b2048"), ("ecdsa", "-b256"), ("ecdsa", "-b384"), ("ecdsa", "-b521")]


@pytest.mark.parametrize("kind", KINDS, ids="".join)
def test_what_ssh_keygen_signs_is_accepted_and_one_other_byte_is_not(folder: Path, kind: tuple[str, ...]) -> None:
    signature = parse(signed(folder, *kind))
    assert check(signature, MESSAGE) == "signature"
    said = keygen("-l", "-f", "".join(kind) + ".pub", cwd=folder).decode()
    assert signature.fingerprint in said
    with pytest.raises(BadSignature):
        check(signature, MESSAGE + b" ")


def test_a_signature_for_something_else_proves_nothing(folder: Path) -> None:
    with pytest.raises(BadSignature, match="other than a review"):
        check(parse(signed(folder, "ed25519", namespace="git")), MESSAGE)


def text(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def hardware(flags: int) -> tuple[bytes, bytes]:
    """The public key and the signature of a security key, made as one would make it."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    kind = b"sk-ssh-ed25519@openssh.com"
    public = text(kind) + text(raw) + text(b"ssh:")
    digest = hashlib.sha512(MESSAGE).digest()
    signed = b"SSHSIG" + text(b"workbench-review") + text(b"") + text(b"sha512") + text(digest)
    device = hashlib.sha256(b"ssh:").digest() + struct.pack(">BI", flags, 7) + hashlib.sha256(signed).digest()
    blob = text(kind) + text(private.sign(device)) + struct.pack(">BI", flags, 7)
    body = b"SSHSIG" + struct.pack(">I", 1) + text(public) + text(b"workbench-review") + text(b"") + text(b"sha512")
    armour = base64.encodebytes(body + text(blob))
    return public, b"-----BEGIN SSH SIGNATURE-----\n" + armour + b"-----END SSH SIGNATURE-----\n"


def test_a_hardware_key_that_was_touched_is_told_from_one_that_was_not(folder: Path) -> None:
    assert check(parse(hardware(1)[1]), MESSAGE) == "touch"
    assert check(parse(hardware(0)[1]), MESSAGE) == "signature"
    with pytest.raises(BadSignature):
        check(parse(hardware(1)[1]), b"another")
    # OpenSSH itself agrees that the made-up signature is one.
    public, armoured = hardware(1)
    (folder / "touch.sig").write_bytes(armoured)
    line = b"ada@example.com sk-ssh-ed25519@openssh.com " + base64.b64encode(public) + b"\n"
    (folder / "allowed").write_bytes(line)
    options = ("-Y", "verify", "-f", "allowed", "-I", "ada@example.com", "-n", "workbench-review", "-s", "touch.sig")
    assert fingerprint(public).encode() in keygen(*options, cwd=folder, stdin=MESSAGE)


@given(st.binary(max_size=300))
def test_rubbish_is_a_bad_signature_and_nothing_worse(data: bytes) -> None:
    armour = b"-----BEGIN SSH SIGNATURE-----\n" + base64.encodebytes(b"SSHSIG" + data) + b"-----END SSH SIGNATURE-----"
    for some in (data, armour):
        with pytest.raises(BadSignature):
            check(parse(some), MESSAGE)


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_signature_with_one_changed_byte_never_holds(at: int, change: int) -> None:
    body = bytearray(base64.b64decode(b"".join(hardware(1)[1].splitlines()[1:-1])))
    body[at % len(body)] ^= change
    armour = b"-----BEGIN SSH SIGNATURE-----\n" + base64.encodebytes(bytes(body)) + b"-----END SSH SIGNATURE-----"
    with pytest.raises(BadSignature):
        check(parse(armour), MESSAGE)
