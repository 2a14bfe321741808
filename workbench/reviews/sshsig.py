"""SSH signatures of files, as `ssh-keygen -Y sign` makes them, checked without starting a program for each.

The format is OpenSSH's PROTOCOL.sshsig; signatures of hardware keys (`sk-…`) are as PROTOCOL.u2f says. The arithmetic
is the `cryptography` library's.
"""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from typing import Literal

NAMESPACE = "workbench-review"

_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_MAX_BYTES = 16 << 10
_USER_PRESENT = 0x01
_SK_PREFIX = "sk-"

Strength = Literal["signature", "touch"]


class BadSignature(Exception):
    """The signature is no signature, or not one of these bytes; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as its file says, not yet checked.

    Attributes:
        key: The public key that it claims to be made with, in SSH's wire format.
        namespace: What the signature is for.
        hash: Name of the hash of the message, `sha256` or `sha512`.
        kind: Algorithm of the signature.
        blob: What follows the algorithm's name.
    """

    key: bytes
    namespace: str
    hash: str
    kind: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """The key's fingerprint as `ssh-keygen -l` prints it."""
        return fingerprint(self.key)


def fingerprint(key: bytes) -> str:
    """`SHA256:` and the unpadded base64 of the digest of a public key in wire format."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def parse(armoured: bytes) -> Signature:
    """A signature from its file. Raises BadSignature."""
    if len(armoured) > _MAX_BYTES:
        raise BadSignature("the signature is too large")
    text = armoured.decode("ascii", "replace").strip()
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise BadSignature("it is not an SSH signature")
    try:
        data = base64.b64decode("".join(text[len(_BEGIN) : -len(_END)].split()), validate=True)
    except binascii.Error as error:
        raise BadSignature("it is not an SSH signature") from error
    if not data.startswith(_MAGIC):
        raise BadSignature("it is not an SSH signature")
    reader = _Reader(data[len(_MAGIC) :])
    if reader.number() != 1:
        raise BadSignature("it is a signature of a version that is not known")
    key, namespace, _reserved, hash_name = reader.text(), reader.text(), reader.text(), reader.text()
    inner = _Reader(reader.text())
    kind = inner.text()
    return Signature(key, _word(namespace), _word(hash_name), _word(kind), inner.rest())


def check(signature: Signature, message: bytes) -> Strength:
    """How strongly a signature proves its key's holder: `touch` where somebody had to touch the key.

    Raises:
        BadSignature: It is not a signature of `message` for reviews.
    """
    if signature.namespace != NAMESPACE:
        raise BadSignature("it was made for something other than a review")
    if signature.hash not in ("sha256", "sha512"):
        raise BadSignature("its hash is not known")
    parts = (NAMESPACE.encode(), b"", signature.hash.encode(), hashlib.new(signature.hash, message).digest())
    signed = _MAGIC + b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return _verify(signature, signed)


def _verify(signature: Signature, signed: bytes) -> Strength:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    key = _Reader(signature.key)
    kind = _word(key.text())
    blob = _Reader(signature.blob)
    try:
        if kind.startswith(_SK_PREFIX):
            return _hardware(kind, signature, key, blob, signed)
        _software(kind, signature.kind, key, blob.text(), signed)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError) as error:
        raise BadSignature("it is not a signature of these bytes") from error
    return "signature"


def _software(kind: str, algorithm: str, key: "_Reader", blob: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    if kind == "ssh-rsa":
        # The hash is the algorithm's; a plain `ssh-rsa` signature uses SHA-1 and proves nothing today.
        digest = {"rsa-sha2-256": hashes.SHA256(), "rsa-sha2-512": hashes.SHA512()}.get(algorithm)
        if digest is None:
            raise BadSignature("its algorithm is not known")
        exponent, modulus = key.integer(), key.integer()
        if not 2048 <= modulus.bit_length() <= 16_384:
            raise BadSignature("its key is too short")
        public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        public.verify(blob, signed, padding.PKCS1v15(), digest)
    elif algorithm != kind:
        raise BadSignature("its algorithm is not its key's")
    elif kind == "ssh-ed25519":
        _ed25519(key.text(), blob, signed)
    else:
        _ecdsa(kind, key, blob, signed)


def _hardware(kind: str, signature: Signature, key: "_Reader", blob: "_Reader", signed: bytes) -> Strength:
    """A key on a device signs the application, its flags and counter, and the hash of what is to be signed."""
    if signature.kind != kind:
        raise BadSignature("its algorithm is not its key's")
    inner = blob.text()
    flags, counter = blob.byte(), blob.number()
    if kind == "sk-ssh-ed25519@openssh.com":
        public, application = key.text(), key.text()
        _ed25519(public, inner, _device_message(application, flags, counter, signed))
    elif kind == "sk-ecdsa-sha2-nistp256@openssh.com":
        curve, point, application = key.text(), key.text(), key.text()
        message = _device_message(application, flags, counter, signed)
        _nist(_word(curve), point, inner, message)
    else:
        raise BadSignature("its kind of key is not known")
    return "touch" if flags & _USER_PRESENT else "signature"


def _device_message(application: bytes, flags: int, counter: int, signed: bytes) -> bytes:
    head = hashlib.sha256(application).digest() + struct.pack(">BI", flags, counter)
    return head + hashlib.sha256(signed).digest()


def _ed25519(public: bytes, blob: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    Ed25519PublicKey.from_public_bytes(public).verify(blob, signed)


def _ecdsa(kind: str, key: "_Reader", blob: bytes, signed: bytes) -> None:
    curve, point = _word(key.text()), key.text()
    if kind != f"ecdsa-sha2-{curve}":
        raise BadSignature("its kind of key is not known")
    _nist(curve, point, blob, signed)


def _nist(curve: str, point: bytes, blob: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    curves: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
        "nistp256": (ec.SECP256R1(), hashes.SHA256()),
        "nistp384": (ec.SECP384R1(), hashes.SHA384()),
        "nistp521": (ec.SECP521R1(), hashes.SHA512()),
    }
    if curve not in curves:
        raise BadSignature("its kind of key is not known")
    group, digest = curves[curve]
    numbers = _Reader(blob)
    der = encode_dss_signature(numbers.integer(), numbers.integer())
    ec.EllipticCurvePublicKey.from_encoded_point(group, point).verify(der, signed, ec.ECDSA(digest))


def _word(data: bytes) -> str:
    return data.decode("ascii", "replace")


class _Reader:
    """Reads SSH's wire format; what is cut short is a BadSignature."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise BadSignature("the signature is cut short")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def byte(self) -> int:
        return self._take(1)[0]

    def number(self) -> int:
        return int(struct.unpack(">I", self._take(4))[0])

    def text(self) -> bytes:
        return self._take(self.number())

    def integer(self) -> int:
        return int.from_bytes(self.text(), "big")

    def rest(self) -> bytes:
        return self._take(len(self._data) - self._at)
