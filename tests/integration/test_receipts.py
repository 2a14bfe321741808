"""Receipts and the log: what was decided, dissent included, and what shows when somebody changes the story."""

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def decided(library: Any, workbench: Any) -> Any:
    """A skill that Bob wanted changed, and Ada approved all the same."""
    library.skill("skills/a", metadata="{version: 1.0.0}")
    library.commit()
    library.as_user("Bob", "bob@example.com")
    workbench("review", "request-changes", "a", "--reason", "It | needs <b>tests</b>.")
    library.as_user("Ada", "ada@example.com")
    workbench("review", "approve", "a", "--reason", "They are in another repository.")
    library.git("tag", "-a", "-m", "one", "a/v1.0.0")
    return library


def kept(workbench: Any, tmp_path: Path, change: Any = None) -> Path:
    receipt = workbench("review", "receipt", "a").json
    if change is not None:
        change(receipt)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt))
    return file


def test_a_receipt_names_everything_that_was_decided_dissent_included(decided: Any, workbench: Any) -> None:
    receipt = workbench("review", "receipt", "a@1.0.0").json
    assert [one["verdict"] for one in receipt["decisions"]] == ["request-changes", "approve"]
    assert receipt["dissent"] == [receipt["decisions"][0]["record"]]
    assert receipt["tree"] == decided.git("rev-parse", "HEAD:skills/a").strip()
    assert receipt["version"] == "1.0.0"
    assert receipt == workbench("review", "receipt", "a", "--json").json


def test_a_receipt_holds_until_somebody_touches_it(decided: Any, workbench: Any, tmp_path: Path) -> None:
    assert workbench("review", "verify-receipt", str(kept(workbench, tmp_path))).code == 0
    later = kept(workbench, tmp_path)
    workbench("review", "comment", "a", "--reason", "later words")
    assert workbench("review", "verify-receipt", str(later)).code == 0  # it says what was known when it was made


def refreshed(receipt: dict[str, Any]) -> None:
    from workbench.reviews.receipts import digest

    receipt["receipt"] = digest(receipt)


def erase(receipt: dict[str, Any]) -> None:
    receipt["dissent"] = []
    receipt["decisions"] = receipt["decisions"][1:]
    refreshed(receipt)


def reword(receipt: dict[str, Any]) -> None:
    receipt["decisions"][0]["reason"] = "Looks good."
    refreshed(receipt)


def invent(receipt: dict[str, Any]) -> None:
    receipt["decisions"].append({**receipt["decisions"][1], "record": "records/skills/a/x.yaml"})
    refreshed(receipt)


def rename(receipt: dict[str, Any]) -> None:
    receipt["digest"] = "sha256:" + "0" * 64
    refreshed(receipt)


def change_in(*place: Any, to: Any) -> Any:
    """A change of one value, with the digest made anew."""

    def change(receipt: dict[str, Any]) -> None:
        at: Any = receipt
        for step in place[:-1]:
            at = at[step]
        at[place[-1]] = to
        refreshed(receipt)

    return change


def unknown(receipt: dict[str, Any]) -> None:
    receipt["reviews"] = "0" * 40
    erase(receipt)


def nowhere(receipt: dict[str, Any]) -> None:
    receipt["reviews"] = None
    erase(receipt)


def elsewhere(receipt: dict[str, Any]) -> None:
    receipt["library"] = "1" * 40
    unknown(receipt)


def twice(receipt: dict[str, Any]) -> None:
    receipt["decisions"].append(receipt["decisions"][1])
    refreshed(receipt)


def reorder(receipt: dict[str, Any]) -> None:
    receipt["decisions"].reverse()
    refreshed(receipt)


def empty(receipt: dict[str, Any]) -> None:
    receipt["decisions"], receipt["dissent"], receipt["tree"] = [], [], "2" * 40
    refreshed(receipt)


def silently(receipt: dict[str, Any]) -> None:
    receipt["decisions"][1]["reason"] = "Never asked."


@pytest.mark.parametrize(("change", "said"), [
    (erase, "a dissenting verdict by bob@example.com is missing"),
    (reword, "reason of a verdict differs from its record"),
    (invent, "a verdict has no record"),
    (rename, "it names the digest"),
    (silently, "it was changed after it was made"),
    (unknown, "it names the reviews at 000000000000, which are not on this clone's branch"),
    (nowhere, "which are not on this clone's branch"),
    (elsewhere, "which are not on this clone's branch"),
    (change_in("reviews", to="--output=owned" + "x" * 26), "which are not on this clone's branch"),
    (change_in("library", to="1" * 40), "it names the library 111111"),
    (change_in("name", to="b\x00"), "it names the skill 'b"),
    (change_in("version", to="2.0.0"), "it names the version 2.0.0, the tree has 1.0.0"),
    (change_in("version", to=None), "it names the version None, the tree has 1.0.0"),
    (change_in("skill", to="skills/b"), "nothing was decided on that tree"),
    (change_in("tree", to="\x00"), "nothing was decided on that tree"),
    (change_in("policy", "tree", to="3" * 40), "it does not name the policy that was in force"),
    (change_in("policy", to={"tree": "3" * 40, "commit": "3" * 40}), "333333333333, which was never in force"),
    (change_in("decisions", 1, "proof", to="signature"), "proof of a verdict differs"),
    (change_in("decisions", 0, "counts", to=False), "counts of a verdict differs"),
    (change_in("decisions", 0, "counts", to=1), "counts of a verdict differs"),
    (change_in("decisions", 0, "remark", to="x"), "remark of a verdict differs"),
    (change_in("decisions", 0, "answers", to=["x"]), "answers of a verdict differs"),
    (change_in("approved_by", to="everybody"), "it says what no receipt says: approved_by"),
    (change_in("dissent", to=[]), "its list of dissent is not that of its verdicts"),
    (twice, "a verdict is there 2 times"),
    (reorder, "not in the order of the records"),
    (empty, "nothing was decided on that tree"),
])  # fmt: skip
def test_a_changed_story_shows(decided: Any, workbench: Any, tmp_path: Path, change: Any, said: str) -> None:
    found = workbench("review", "verify-receipt", str(kept(workbench, tmp_path, change)))
    assert (found.code, said in found.out) == (1, True), found.out


def test_dissent_after_a_receipt_or_cut_off_by_an_older_one_is_told(
    decided: Any, workbench: Any, tmp_path: Path
) -> None:
    file = kept(workbench, tmp_path)
    first = decided.git("rev-parse", "workbench/reviews").strip()
    workbench("review", "revoke", "a", "--reason", "It sends the file away.")
    said = workbench("review", "verify-receipt", str(file))
    assert (said.code, "it does not hold a later revoke by ada@example.com" in said.err) == (0, True)

    def cut(receipt: dict[str, Any]) -> None:
        receipt["reviews"] = first
        receipt["decisions"] = receipt["decisions"][:2]
        receipt["dissent"] = receipt["dissent"][:1]
        refreshed(receipt)

    said = workbench("review", "verify-receipt", str(kept(workbench, tmp_path, cut)))
    assert (said.code, "it does not hold a later revoke by ada@example.com" in said.err) == (0, True)
    assert workbench("review", "verify-receipt", str(kept(workbench, tmp_path))).err == ""


def test_a_receipt_is_held_against_the_policy_that_it_names(library: Any, workbench: Any, tmp_path: Path) -> None:
    library.skill("skills/a")
    library.commit()
    workbench("review", "approve", "a", "--reason", "read it")
    without = kept(workbench, tmp_path).rename(tmp_path / "without.json")
    library.write(".workbench/policy.yaml", "schema: 1\nrequire: [{when: {}, self_approval: true}]\n")
    library.commit("First policy")
    under = kept(workbench, tmp_path).rename(tmp_path / "under.json")
    assert workbench("review", "verify-receipt", str(under)).err == ""
    said = workbench("review", "verify-receipt", str(without))
    assert (said.code, "before there was the policy" in said.err) == (0, True)
    library.write(".workbench/policy.yaml", "schema: 1\nrequire: [{when: {}, self_approval: true, expires: 90d}]\n")
    library.commit("Second policy")
    workbench("review", "approve", "@policy", "--reason", "fresher")
    said = workbench("review", "verify-receipt", str(under))
    assert (said.code, "under a policy that is not in force any more" in said.err) == (0, True)
    second = kept(workbench, tmp_path)
    assert workbench("review", "verify-receipt", str(second)).err == ""
    no_policy = kept(workbench, tmp_path, change_in("policy", to={"tree": None, "commit": None}))
    assert workbench("review", "verify-receipt", str(no_policy)).code == 1
    older = json.loads(under.read_text())["policy"]["commit"]
    mixed = kept(workbench, tmp_path, change_in("policy", "commit", to=older))
    assert "the commit that it names has another" in workbench("review", "verify-receipt", str(mixed)).out


def test_a_receipt_whose_first_policy_was_wiped_out_does_not_hold(library: Any, workbench: Any, tmp_path: Path) -> None:
    library.skill("skills/a")
    library.write(".workbench/policy.yaml", "schema: 1\nrequire: [{when: {}, self_approval: true}]\n")
    library.commit()
    workbench("review", "approve", "a", "--reason", "read it")
    wiped = kept(workbench, tmp_path, change_in("policy", to={"tree": None, "commit": None}))
    said = workbench("review", "verify-receipt", str(wiped))
    assert (said.code, "its verdicts were given under one" in said.out) == (1, True)


@pytest.mark.parametrize("field", ["library", "digest", "skill", "tree", "reviews"])
@pytest.mark.parametrize("value", [["x"], {"a": 1}, 3])
def test_a_field_of_another_type_is_said_and_breaks_nothing(
    decided: Any, workbench: Any, tmp_path: Path, field: str, value: Any
) -> None:
    said = workbench("review", "verify-receipt", str(kept(workbench, tmp_path, change_in(field, to=value))))
    assert (said.code, f"its {field} is no text" in said.out) == (1, True)


def test_a_receipt_holds_in_another_clone_once_that_has_the_reviews(
    decided: Any, workbench: Any, tmp_path: Path
) -> None:
    file = kept(workbench, tmp_path)
    decided.git("clone", "-q", "--no-tags", "--single-branch", "-b", "main", str(decided.root), str(tmp_path / "clone"))
    clone = ("--library", str(tmp_path / "clone"))
    said = workbench(*clone, "review", "verify-receipt", str(file))
    assert (said.code, "git fetch origin workbench/reviews:workbench/reviews" in said.err) == (3, True)
    decided.git("-C", clone[1], "fetch", "-q", "origin", "workbench/reviews:workbench/reviews")
    said = workbench(*clone, "review", "verify-receipt", str(file), "--json")
    assert (said.code, said.json["by_records"], said.json["notes"]) == (0, True, [])
    workbench("review", "comment", "a", "--reason", "more")
    later = kept(workbench, tmp_path)
    said = workbench(*clone, "review", "verify-receipt", str(later))
    assert (said.code, "workbench review sync" in said.out) == (1, True)


def test_in_another_library_only_the_receipt_itself_is_checked(decided: Any, workbench: Any, tmp_path: Path) -> None:
    file = kept(workbench, tmp_path)
    other = type(decided)(tmp_path / "other")
    other.skill("skills/z")
    other.commit("Another beginning")
    said = workbench("--library", str(other.root), "review", "verify-receipt", str(file))
    assert (said.code, "a receipt of another library" in said.err) == (0, True)
    assert "the receipt agrees with itself" in said.out


def test_a_receipt_of_the_policy_names_the_bytes_of_a_version_that_is_no_object(
    library: Any, workbench: Any, tmp_path: Path
) -> None:
    from workbench.skills.treehash import manifest_digest

    library.skill("skills/a")
    library.write(".mailmap", "Ada <ada@example.com> <ada@home.example>\n")
    library.write(".workbench/policy.yaml", "schema: 1\nrequire: [{when: {}, self_approval: true}]\n")
    library.commit("First policy")
    workbench("review", "approve", "a", "--reason", "read it")
    said = workbench("review", "receipt", "@policy")
    assert (said.code, "nothing was decided" in said.err, "git fetch" in said.err) == (3, True, False)
    workbench("review", "comment", "@policy", "--reason", "could be stricter")
    made = workbench("review", "receipt", "@policy")
    files = {path: (library.root / path).read_bytes() for path in (".mailmap", ".workbench/policy.yaml")}
    assert made.json["digest"] == manifest_digest(files.items())
    (tmp_path / "policy.json").write_text(made.out)
    assert workbench("review", "verify-receipt", str(tmp_path / "policy.json")).code == 0


def test_without_the_repository_only_the_receipt_itself_is_checked(
    decided: Any, workbench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, changed = kept(workbench, tmp_path), tmp_path / "changed.json"
    changed.write_text(file.read_text().replace("another repository", "this repository"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    said = workbench("review", "verify-receipt", str(file))
    assert (said.code, "only the receipt itself" in said.err) == (0, True)
    assert workbench("review", "verify-receipt", str(changed)).code == 1


@pytest.mark.parametrize("text", [
    "", "[]", "{}", '{"schema": 1, "decisions": 3}', "[" * 100_000, '{"schema": 1, "decisions": [], "version": NaN}',
    '{"schema": 1, "decisions": [], "version": 1e999}', '{"schema": 1, "decisions": [], "version": -Infinity}',
    '{"schema": 1, "decisions": [], "name": "a", "name": "b"}',
])  # fmt: skip
def test_what_is_no_receipt_is_bad_input(decided: Any, workbench: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    assert workbench("review", "verify-receipt", str(tmp_path / "x.json")).code == 3


def test_a_receipt_for_reading_keeps_hostile_text_in_its_place(decided: Any, workbench: Any) -> None:
    text = workbench("review", "receipt", "a", "--format", "md").out
    assert "    It | needs <b>tests</b>." in text  # in a block of code, where nothing acts
    assert "request-changes by Bob" in text
    assert workbench("review", "receipt", "a@9.9.9").code == 3


def test_the_log_is_searched_by_skill_person_day_and_verdict(decided: Any, workbench: Any) -> None:
    assert [one["verdict"] for one in workbench("review", "log", "--json").json] == ["approve", "request-changes"]
    assert len(workbench("review", "log", "--by", "bob", "--json").json) == 1
    assert len(workbench("review", "log", "--by", "*@example.com", "--skill", "a", "--json").json) == 2
    assert len(workbench("review", "log", "--verdict", "approve", "--json").json) == 1
    assert workbench("review", "log", "--since", "2999-01-01").code == 1
    assert "They are in another repository." in workbench("review", "log").out


def test_a_skill_that_is_gone_is_still_found_by_its_name(library: Any, workbench: Any) -> None:
    for name in ("a", "c"):
        library.skill(f"skills/{name}")
    library.commit()
    assert workbench("review", "approve", "a", "-m", "read it").code == 0
    before = workbench("review", "receipt", "a").json
    library.git("rm", "-rq", "skills/a")
    library.commit("Remove it")
    for name in ("a", "skills/a"):
        assert [one["path"] for one in workbench("review", "log", "--skill", name, "--json").json] == ["skills/a"]
        said = workbench("review", "receipt", name)
        assert said.code == 0, said.err
        assert {**said.json, "receipt": ""} == {**before, "receipt": ""}
    library.write("kept.json", said.out)
    assert workbench("review", "verify-receipt", "kept.json").code == 0
    assert workbench("review", "receipt", "b").code == 2
    assert workbench("review", "log", "--skill", "b").code == 2
