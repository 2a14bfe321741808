"""`allowed_signers`: whose key it is, for what and when, as ssh-keygen reads the same file."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.reviews.signers import parse_signers

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "k"], check=True)
    return " ".join(Path(folder / "k.pub").read_text().split()[:2])


@pytest.mark.parametrize(("line", "email", "may"), [
    ("ada@example.com {key} Ada's laptop", "ada@example.com", True),
    ("ada@example.com,bob@example.com {key}", "Bob@example.com", True),
    ("*@example.com,!eve@example.com {key}", "ada@example.com", True),
    ("*@example.com,!eve@example.com {key}", "eve@example.com", False),
    ('"ada@example.com" {key}', "ada@example.com", True),
    ("a[d]a@example.com {key}", "ada@example.com", False),
    ('ada@example.com namespaces="git,workbench-*" {key}', "ada@example.com", True),
    ('ada@example.com namespaces="git" {key}', "ada@example.com", False),
    ('ada@example.com namespaces="" {key}', "ada@example.com", False),
    ('ada@example.com valid-after="20260101",valid-before="20270101Z" {key}', "ada@example.com", True),
    ("ada@example.com valid-before=20261120 {key}", "ada@example.com", False),
    ("ada@example.com valid-after=202611220000Z {key}", "ada@example.com", False),
])  # fmt: skip
def test_a_line_lets_whom_and_when_it_says(key: str, line: str, email: str, may: bool) -> None:
    [signer] = parse_signers(line.format(key=key) + "\n").keys
    assert (signer.is_of(email) and signer.may_sign(NOW)) is may


def test_a_key_must_have_been_allowed_at_every_moment_that_counts(key: str) -> None:
    [signer] = parse_signers(f"a@b.c valid-before=20261121120000Z {key}").keys
    assert signer.may_sign(NOW)
    assert not signer.may_sign(NOW, datetime(2026, 12, 1, tzinfo=UTC))


@pytest.mark.parametrize(("line", "why"), [
    ("ada@example.com cert-authority {key}", "certificates are not supported"),
    ("ada@example.com frobnicate {key}", "the option frobnicate is not known"),
    ("ada@example.com valid-after=soon {key}", "a time can't be read"),
    ("ada@example.com ssh-ed25519 @@@@", "can't be read"),
    ("ada@example.com", "there is no key"),
])  # fmt: skip
def test_a_line_that_is_not_understood_allows_nobody_and_is_counted(key: str, line: str, why: str) -> None:
    found = parse_signers("# signers\n\n" + line.format(key=key))
    assert found.keys == ()
    [(number, reason)] = found.skipped
    assert (number, why in reason) == (3, True)
