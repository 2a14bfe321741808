"""Signing a record with the user's SSH key, as git signs commits with one; `ssh-keygen` does it, and asks for a
passphrase itself where the key has one and no agent holds it."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from workbench.config import home_dir
from workbench.errors import InputError, WorkbenchError
from workbench.git import Repository
from workbench.reviews.model import Signed
from workbench.reviews.sshsig import NAMESPACE, BadSignature, check, parse
from workbench.text import decode, first_line, visible

SIGNATURE_SUFFIX = ".sig"

_DEFAULT_KEYS = ("id_ed25519_sk", "id_ecdsa_sk", "id_ed25519", "id_ecdsa", "id_rsa")
_SECONDS = 120


class PassphraseNeeded(WorkbenchError):
    """The key has a passphrase, no agent holds it, and nobody can be asked here."""


def check_signatures(signatures: Mapping[bytes, int], message: bytes) -> tuple[Signed, ...]:
    """The signatures beside a record that are some; what is wrong with one where none is; nothing without any.

    Whoever may push can put one of their own beside somebody's, so whose counts is not decided here.

    Args:
        signatures: When each was brought, UTC seconds.
        message: The record.
    """
    found: dict[Signed, None] = {}
    wrong: tuple[Signed, ...] = ()
    for armoured, at in signatures.items():
        try:
            signature = parse(armoured)
            found[Signed(signature.key, check(signature, message), at=at)] = None
        except BadSignature as error:
            wrong = (Signed(wrong=str(error)),)
    return tuple(found) or wrong


def signing_key(repository: Repository) -> Path | str:
    """The user's key: what git signs with where that is an SSH key, else the agent's first, else the usual file.

    Returns:
        The path of a key (public where an agent or a device holds the other half), or a public key as text.

    Raises:
        InputError: There is none.
    """
    chosen = repository.config("user.signingkey")
    if chosen and (repository.config("gpg.format") == "ssh" or chosen.startswith(("ssh-", "sk-", "ecdsa-", "key::"))):
        if chosen.startswith(("ssh-", "sk-", "ecdsa-", "key::")):
            return chosen.removeprefix("key::")
        return Path(os.path.expanduser(chosen))  # noqa: PTH111 - a Path raises for an unknown user
    if held := _held_by_agent():
        return held
    folder = home_dir() / ".ssh"
    for name in _DEFAULT_KEYS:
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        "there is no SSH key to sign with",
        remedy="git config --global gpg.format ssh; git config --global user.signingkey ~/.ssh/id_ed25519.pub",
    )


def _held_by_agent() -> str | None:
    if not os.environ.get("SSH_AUTH_SOCK"):
        return None
    try:
        said = subprocess.run(["ssh-add", "-L"], capture_output=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return next(iter(decode(said.stdout).splitlines()), None) if said.returncode == 0 else None


def sign(data: bytes, key: Path | str, *, may_ask: bool) -> bytes:
    """The signature of a record's bytes, as the file beside it holds it.

    Args:
        data: The record.
        key: As `signing_key` gave it.
        may_ask: Whether `ssh-keygen` may ask for a passphrase on the terminal.

    Raises:
        PassphraseNeeded: It would have to ask and may not.
        InputError: The key can't sign, or `ssh-keygen` is missing.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-sign-") as scratch:
        if isinstance(key, str):
            public = Path(scratch, "key.pub")
            public.write_text(key + "\n", encoding="utf-8")
            key = public
        record = Path(scratch, "record")
        record.write_bytes(data)
        # Without a terminal of its own, the program can't wait for an answer that nobody gives.
        env = {**os.environ, "SSH_ASKPASS_REQUIRE": "prefer" if may_ask and _has_askpass() else "never"}
        try:
            done = subprocess.run(
                ["ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", str(key), str(record)],
                stdin=None if may_ask else subprocess.DEVNULL,
                capture_output=True,
                check=False,
                env=env,
                start_new_session=not may_ask,
                timeout=_SECONDS,
            )
        except FileNotFoundError as error:
            raise InputError(
                "ssh-keygen is not installed, so nothing can be signed", remedy="install OpenSSH"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise InputError(f"ssh-keygen did not end within {_SECONDS} seconds", where=visible(str(key))) from error
        signature = record.with_name("record.sig")
        if done.returncode == 0 and signature.is_file():
            return signature.read_bytes()
    raise _refused(decode(done.stderr), key)


def _has_askpass() -> bool:
    return bool(os.environ.get("SSH_ASKPASS") and os.environ.get("DISPLAY"))


def _refused(said: str, key: Path) -> WorkbenchError:
    where = visible(str(key))
    if "passphrase" in said:
        return PassphraseNeeded(
            "the key has a passphrase, and nobody can be asked for it here",
            where=where,
            remedy="put the key into an agent: ssh-add",
        )
    reason = first_line(said) or "it gave no reason"
    return InputError(f"the record can't be signed: {reason}", where=where, remedy="--no-sign records it without")
