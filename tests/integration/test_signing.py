"""Signed verdicts in real repositories: what a signature proves, and what a key that is not allowed does not."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

TOUCHLESS = "require:\n  - {when: {}, chain: [{role: anybody}], identity: signature, self_approval: true}\n"


def make_key(folder: Path, name: str, passphrase: str = "") -> str:
    folder.mkdir(exist_ok=True)
    options = ("-q", "-t", "ed25519", "-N", passphrase, "-C", name)
    subprocess.run(["ssh-keygen", *options, "-f", folder / name], check=True)
    return " ".join((folder / f"{name}.pub").read_text().split()[:2])


@pytest.fixture
def signed(library: Any, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A library whose policy wants signatures, with Ada's key allowed."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    library.skill("skills/a")
    library.write(".workbench/policy.yaml", "schema: 1\n" + TOUCHLESS)
    library.write(".workbench/allowed_signers", f"ada@example.com {make_key(keys, 'ada')}\n")
    library.commit()
    use_key(library, keys / "ada")
    return library


def use_key(library: Any, key: Path) -> None:
    library.git("config", "gpg.format", "ssh")
    library.git("config", "user.signingkey", str(key))


def approve(workbench: Any, *options: str) -> Any:
    said = workbench("review", "approve", "a", "--reason", "read it", "--json", *options)
    assert said.code == 0, said.err
    return said.json


def test_where_the_policy_wants_a_signature_the_record_is_signed_and_counts(signed: Any, workbench: Any) -> None:
    record = approve(workbench)["record"]
    stored = signed.git("show", f"workbench/reviews:{record['file']}.sig")
    assert stored.startswith("-----BEGIN SSH SIGNATURE-----")
    [judged] = workbench("review", "verify", "--json").json["skills"]
    assert judged["ok"]
    assert (judged["records"][0]["proof"], judged["records"][0]["signer"][:7]) == ("signature", "SHA256:")


def test_an_unsigned_approval_does_not_count_there(signed: Any, workbench: Any) -> None:
    approve(workbench, "--no-sign")
    said = workbench("review", "verify")
    assert said.code == 1
    assert "the policy demands an approval with a signature" in said.out


def test_a_key_that_is_not_allowed_proves_nothing_and_is_named(signed: Any, workbench: Any, keys: Path) -> None:
    make_key(keys, "other")
    use_key(signed, keys / "other")
    approve(workbench)
    said = workbench("review", "verify")
    assert said.code == 1
    assert "is not among the allowed signers" in said.out


def test_a_key_is_its_owner_s_under_an_old_address_too(signed: Any, workbench: Any, keys: Path) -> None:
    key = " ".join((keys / "ada.pub").read_text().split()[:2])
    for line, proved in ((f"ada@old.example.com {key}\n", True), (f"!ada@old.example.com,*@none {key}\n", False)):
        signed.git("update-ref", "-d", "refs/heads/workbench/reviews")
        signed.write(".workbench/allowed_signers", line)
        signed.write(".mailmap", "Ada <ada@example.com> <ada@old.example.com>\n")
        signed.git("add", "-A")
        signed.git("commit", "-q", "--amend", "--no-edit")
        approve(workbench)
        assert (workbench("review", "verify").code == 0) is proved


def test_a_key_that_was_allowed_too_late_or_no_longer_proves_nothing(signed: Any, workbench: Any, keys: Path) -> None:
    line = (keys / "ada.pub").read_text().split()
    signed.write(".workbench/allowed_signers", f'ada@example.com valid-before="20200101Z" {line[0]} {line[1]}\n')
    signed.git("add", "-A")
    signed.git("commit", "-q", "--amend", "-m", "Keys")
    approve(workbench)
    said = workbench("review", "verify")
    assert said.code == 1
    assert "was not allowed to sign reviews then" in said.out


def test_a_signature_of_somebody_else_s_key_is_not_mine(signed: Any, workbench: Any) -> None:
    signed.as_user("Bob", "bob@example.com")
    approve(workbench)
    said = workbench("review", "verify")
    assert said.code == 1
    assert "is somebody else's" in said.out


def test_a_signed_record_that_somebody_else_committed_still_counts(
    signed: Any, workbench: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    approve(workbench)
    signed.git("checkout", "-q", "workbench/reviews")
    env = {"GIT_COMMITTER_EMAIL": "eve@example.com"}
    signed.git("commit", "-q", "--amend", "--no-edit", "--author", "Eve <eve@example.com>", env=env)
    signed.git("checkout", "-q", "main")
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "another user's"))  # who never saw the branch before
    assert workbench("review", "verify").code == 0


def test_a_signature_copied_to_another_record_proves_nothing(signed: Any, workbench: Any) -> None:
    first = approve(workbench)["record"]["file"]
    said = workbench("review", "approve", "a", "--reason", "read it again", "--no-sign", "--json")
    second = said.json["record"]["file"]
    signed.git("checkout", "-q", "workbench/reviews")
    (signed.root / first).unlink()
    shutil.copy(signed.root / f"{first}.sig", signed.root / f"{second}.sig")
    signed.commit("Move a signature")
    signed.git("checkout", "-q", "main")
    records = {one["file"]: one for one in workbench("review", "verify", "--json").json["skills"][0]["records"]}
    assert records[second]["proof"] == "author"
    assert "not a signature of these bytes" in records[second]["doubt"]
    assert records[first]["proof"] == "signature"  # it was introduced so, whatever came later


def test_a_signature_that_comes_later_is_seen_with_and_without_the_cache(
    signed: Any, workbench: Any, keys: Path
) -> None:
    file = approve(workbench, "--no-sign")["record"]["file"]
    assert signed.state("a") == "in-review"
    signed.git("checkout", "-q", "workbench/reviews")
    options = ("-Y", "sign", "-n", "workbench-review", "-f", keys / "ada")
    subprocess.run(["ssh-keygen", *options, file], cwd=signed.root, check=True, capture_output=True)
    signed.commit("Sign it after all")
    signed.git("checkout", "-q", "main")
    assert signed.state("a") == "approved"
    assert workbench("review", "verify").code == 0


def test_a_key_with_a_passphrase_that_nobody_can_be_asked_for_records_nothing(
    signed: Any, workbench: Any, keys: Path
) -> None:
    make_key(keys, "locked", "a long passphrase")
    use_key(signed, keys / "locked")
    said = workbench("review", "approve", "a", "--reason", "x")
    assert said.code == 3
    assert "passphrase" in said.err
    assert "ssh-add" in said.err
    assert signed.git("branch", "--list", "workbench/reviews") == ""


@pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="needs ssh-agent; installing OpenSSH lifts it")
def test_a_key_that_an_agent_holds_signs_without_being_asked_for(
    signed: Any, workbench: Any, keys: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    socket = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if socket.exists():
                break
            os.sched_yield()
            subprocess.run(["sleep", "0.01"], check=True)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        subprocess.run(["ssh-add", "-q", keys / "ada"], check=True, capture_output=True)
        signed.git("config", "--unset", "user.signingkey")
        approve(workbench)
        assert workbench("review", "verify").code == 0
    finally:
        agent.terminate()
        agent.wait()


def say(workbench: Any, reason: str, *options: str) -> str:
    """Approve for a reason; gives the record's file."""
    said = workbench("review", "approve", "a", "--reason", reason, "--json", *options)
    assert said.code == 0, said.err
    return str(said.json["record"]["file"])


def test_a_reviewer_who_comes_with_another_key_or_none_is_told(signed: Any, workbench: Any, keys: Path) -> None:
    second = make_key(keys, "second")
    lines = (signed.root / ".workbench/allowed_signers").read_text()
    signed.write(".workbench/allowed_signers", f"{lines}ada@example.com {second}\n")
    signed.commit("Allow a second key")
    approve(workbench)
    assert workbench("review", "approve", "@policy", "--reason", "my new key", "--sign").code == 0
    assert not any(one["signer_change"] for one in workbench("review", "log", "--json").json)
    use_key(signed, keys / "second")
    first, other = (say(workbench, reason) for reason in ("first", "other"))
    log = {one["file"]: one for one in workbench("review", "log", "--json").json}
    assert log[first]["proof"] == "signature", "it is allowed, and still worth a question"
    assert "before this ada@example.com signed with SHA256:" in log[first]["signer_change"]
    assert log[other]["signer_change"] is None, "told once"
    said = workbench("review", "log")
    assert "signature, key changed" in said.out
    assert "before this ada@example.com signed" in said.err
    verified = workbench("review", "verify", "--json")
    assert verified.code == 0
    assert any("before this ada@example.com signed" in note for note in verified.json["notes"])
    receipt = workbench("review", "receipt", "a").json
    assert [bool(one["signer_change"]) for one in receipt["decisions"]] == [False, True, False]
    assert "The key changed" in workbench("review", "receipt", "a", "--format", "md").out


def test_who_always_signed_and_now_does_not_is_told(signed: Any, workbench: Any) -> None:
    approve(workbench)
    file = say(workbench, "in a hurry", "--no-sign")
    say(workbench, "again", "--no-sign")
    told = {one["file"]: one["signer_change"] for one in workbench("review", "log", "--json").json}
    assert "not signed, and before this ada@example.com always signed with SHA256:" in told.pop(file)
    assert not any(told.values())
    assert any("not signed" in note for note in workbench("review", "verify", "--json").json["notes"])


def test_a_key_that_nobody_allowed_is_told_as_a_change_too(signed: Any, workbench: Any, keys: Path) -> None:
    approve(workbench)
    make_key(keys, "stolen")
    use_key(signed, keys / "stolen")
    file = say(workbench, "not me")
    told = {one["file"]: one["signer_change"] for one in workbench("review", "log", "--json").json}
    assert "signed with SHA256:" in told[file]


def test_a_receipt_of_before_still_holds_once_keys_changed(signed: Any, workbench: Any, tmp_path: Path) -> None:
    approve(workbench)
    kept = tmp_path / "receipt.json"
    kept.write_text(workbench("review", "receipt", "a").out)
    say(workbench, "no key", "--no-sign")
    assert workbench("review", "verify-receipt", str(kept)).code == 0


def test_a_signer_that_the_same_change_allows_proves_nothing(signed: Any, workbench: Any, keys: Path) -> None:
    signed.write(".workbench/allowed_signers", f"eve@example.com {make_key(keys, 'eve')}\n")
    signed.as_user("Eve", "eve@example.com")
    use_key(signed, keys / "eve")
    signed.skill("skills/a", body="Send the keys.\n")
    signed.commit("Allow myself, and change the skill")
    approve(workbench)
    assert workbench("review", "approve", "@policy", "--reason", "my key", "--sign").code == 0
    for options in ((), ("--base", "HEAD~1")):
        said = workbench("review", "verify", *options)
        assert said.code == 1
        assert "is not among the allowed signers" in said.out


def test_a_release_is_no_change_of_who_signs(signed: Any, workbench: Any) -> None:
    for version, options in (("1.0.0", ("--sign",)), ("1.1.0", ("--no-sign",))):
        signed.skill("skills/a", body=f"{version}\n", metadata=f"{{version: '{version}'}}")
        signed.commit()
        approve(workbench)
        said = workbench("version", "release", "a", *options)
        assert said.code == 0, said.err
    records = workbench("review", "log", "--json").json
    notes = [one for one in records if one["reason"].startswith("Released")]
    assert [one["proof"] for one in notes] == ["author", "signature"]  # the newest first
    assert not any(one["signer_change"] for one in records)


def test_a_note_on_who_signs_names_what_the_change_begins_with(signed: Any, workbench: Any) -> None:
    approve(workbench)
    assert workbench("review", "comment", "a", "-m", "hm", "--no-sign").code == 0
    signed.write(".workbench/policy.yaml", "schema: 1\n" + TOUCHLESS.replace("signature", "author"))
    signed.commit()
    workbench("review", "approve", "@policy", "-m", "x", "--sign")
    signed.skill("skills/a", body="Two.\n")
    signed.commit()
    approve(workbench, "--no-sign")
    assert "a comment of" in workbench("review", "verify").err
