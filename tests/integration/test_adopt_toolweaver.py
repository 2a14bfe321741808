"""A ToolWeaver store becomes skills whose every version is a commit and a tag; tags never move, code never runs."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from skills_ref import validate

from workbench.skills import reader

OLD = 'def add_numbers(a: int, b: int) -> dict:\n    """Add."""\n    return {"sum": a + b + 0}\n'
NEW = OLD.replace(" + 0", "")


class Store:
    """A store as ToolWeaver leaves it on disk, absolute paths included."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.manifest: dict[str, Any] = {"skills": [], "version_history": {}}

    def save(self, name: str, code: str, version: str = "0.1.0", **fields: Any) -> None:
        entry = {
            "name": name, "code_path": str(self.folder / f"{name}.py"), "description": f"Does {name}.", "tags": [],
            "metadata": {}, "dependencies": [], "version": version, "created_at": "2025-12-18T10:00:00",
            "updated_at": "2025-12-18T10:00:00", **fields,
        }  # fmt: skip
        (self.folder / f"{name}.py").write_text(code)
        self.manifest["skills"].append(entry)
        self.manifest["version_history"].setdefault(name, []).append(version)
        self.write()

    def update(self, name: str, code: str, version: str, **fields: Any) -> None:
        old = next(one for one in reversed(self.manifest["skills"]) if one["name"] == name)
        (self.folder / f"{name}_{old['version']}.py").write_text((self.folder / f"{name}.py").read_text())
        self.save(name, code, version, **{"updated_at": "2026-01-05T09:30:00+02:00", **fields})

    def write(self) -> None:
        (self.folder / "manifest.json").write_text(json.dumps(self.manifest, indent=2))


@pytest.fixture
def store(library: Any, tmp_path: Path) -> Store:
    library.git("config", "--global", "user.name", "Ada")
    library.git("config", "--global", "user.email", "ada@example.com")
    made = Store(tmp_path / "elsewhere/.toolweaver/skills")
    made.save("add_numbers", OLD, tags=["math", "demo one"])
    made.update("add_numbers", NEW, "0.1.1", tags=["math", "demo one"])
    return made


def root() -> Path:
    return Path(os.environ["WORKBENCH_DATA"]) / "library"


def test_every_version_is_a_commit_and_an_annotated_tag_oldest_first(
    store: Store, library: Any, workbench: Any
) -> None:
    said = workbench("adopt", str(store.folder), "--json")
    assert said.code == 0, said.err
    assert said.json["skills"] == [
        {"path": "skills/toolweaver/add-numbers", "origin": f"{store.folder}: add_numbers", "outcome": "new",
         "kind": "toolweaver", "versions": ["0.1.0", "0.1.1"]}
    ]  # fmt: skip
    assert said.json["skipped"] == []
    at = ("-C", str(root()))
    log = library.git(*at, "log", "--reverse", "--format=%s|%aI|%an|%D").splitlines()
    assert [line.split("|")[0] for line in log] == [
        "Adopt add-numbers 0.1.0 as found", "Adopt add-numbers 0.1.1 as found",
    ]  # fmt: skip
    assert log[0].split("|")[1].startswith("2025-12-18T10:00:00")
    assert log[1].split("|")[1] in ("2026-01-05T07:30:00+00:00", "2026-01-05T09:30:00+02:00")
    assert "tag: add-numbers/v0.1.0" in log[0]
    assert "tag: add-numbers/v0.1.1" in log[1]
    assert library.git(*at, "cat-file", "-t", "add-numbers/v0.1.0").strip() == "tag"
    path = "skills/toolweaver/add-numbers/scripts/add_numbers.py"
    assert library.git(*at, "show", f"add-numbers/v0.1.0:{path}") == OLD
    assert (root() / path).read_text() == NEW
    assert library.git(*at, "status", "--porcelain") == ""
    assert library.git(*at, "fsck", "--strict", check=False) == ""
    assert library.git(*at, "for-each-ref", "refs/workbench") == ""
    shown = workbench("--library", str(root()), "skills", "show", "add-numbers", "--json").json
    assert (shown["version"], shown["state"]) == ("0.1.1", "draft")
    assert [one["verdict"] for one in shown["records"]] == ["baseline"]


def test_the_skill_is_valid_everywhere_and_its_function_is_a_tool(store: Store, workbench: Any) -> None:
    store.save("uses_it", "import requests\nimport numpy.linalg\nfrom add_numbers import x\n\n"
               "def uses_it(url: str) -> str:\n    return url\n",
               dependencies=["add_numbers", "pandas>=2", "execute me; rm"], metadata={"team": "data", "n": 3, "x": {}},
               description="Uses --- it.\nUse when: asked.")  # fmt: skip
    workbench("adopt", str(store.folder))
    folder = root() / "skills/toolweaver"
    for name in ("add-numbers", "uses-it"):
        skill = reader.read(root(), f"skills/toolweaver/{name}")
        assert [p for p in skill.problems if p.severity != "info"] == []
        assert validate(folder / name) == []
    metadata = reader.read(root(), "skills/toolweaver/uses-it").frontmatter
    assert metadata["metadata"] == {
        "version": "0.1.0", "original-name": "uses_it", "source": "toolweaver", "requires": "add-numbers",
        "packages": "add_numbers numpy pandas>=2 requests", "team": "data", "n": "3",
    }  # fmt: skip
    assert "requests" in metadata["compatibility"]
    assert reader.read(root(), "skills/toolweaver/add-numbers").frontmatter["metadata"]["tags"] == "math demo-one"
    kept = json.loads((folder / "uses-it/references/toolweaver.json").read_text())
    assert kept["metadata"] == {"team": "data", "n": 3, "x": {}}
    assert "code_path" not in kept
    called = workbench(
        "--library", str(root()), "tools", "call", "add-numbers.add_numbers", "--args", '{"a": 2, "b": 3}', "--json"
    )
    assert called.code == 0, called.err
    assert '"sum": 5' in called.out


def test_a_second_time_nothing_changes_and_a_new_version_is_added(store: Store, library: Any, workbench: Any) -> None:
    workbench("adopt", str(store.folder))
    before = library.git("-C", str(root()), "show-ref")
    again = workbench("adopt", str(store.folder), "--json")
    assert (again.code, again.json["commit"], again.json["skills"][0]["outcome"]) == (0, None, "same")
    assert library.git("-C", str(root()), "show-ref") == before
    store.update("add_numbers", NEW + "\n# more\n", "0.2.0", updated_at="2026-02-01T00:00:00Z")
    dry = workbench("adopt", str(store.folder), "--dry-run", "--json").json
    assert (dry["skills"][0]["outcome"], dry["skills"][0]["versions"]) == ("updated", ["0.2.0"])
    done = workbench("adopt", str(store.folder), "--json").json
    assert (done["skills"][0]["outcome"], done["skills"][0]["versions"]) == ("updated", ["0.2.0"])
    after = library.git("-C", str(root()), "show-ref")
    assert {line for line in before.splitlines() if "/tags/" in line} < set(after.splitlines())
    assert len(library.git("-C", str(root()), "log", "--format=%s").splitlines()) == 3


def test_a_tag_that_exists_is_never_moved_and_the_conflict_is_said(store: Store, library: Any, workbench: Any) -> None:
    workbench("adopt", str(store.folder))
    tag = library.git("-C", str(root()), "rev-parse", "add-numbers/v0.1.0")
    (store.folder / "add_numbers_0.1.0.py").write_text("# something else\n")
    store.update("add_numbers", NEW + "# more\n", "0.1.2")
    said = workbench("adopt", str(store.folder), "--json")
    assert said.code == 4
    assert [one["path"] for one in said.json["conflicts"]] == ["add-numbers/v0.1.0"]
    assert library.git("-C", str(root()), "rev-parse", "add-numbers/v0.1.0") == tag
    assert said.json["skills"][0]["versions"] == ["0.1.2"]


def test_a_tag_of_the_users_own_with_that_name_is_a_conflict_too(store: Store, library: Any, workbench: Any) -> None:
    put = root()
    put.parent.mkdir(parents=True, exist_ok=True)
    library.git("init", "-q", "-b", "main", str(put))
    library.git("-C", str(put), "commit", "-q", "--allow-empty", "-m", "Start")
    library.git("-C", str(put), "tag", "-a", "-m", "mine", "add-numbers/v0.1.1")
    said = workbench("adopt", str(store.folder), "--json")
    assert said.code == 4
    assert said.json["skills"][0]["versions"] == ["0.1.0"]
    assert (put / "skills/toolweaver/add-numbers/SKILL.md").is_file()
    assert library.git("-C", str(put), "status", "--porcelain") == ""


def test_what_was_changed_in_the_library_is_not_overwritten(store: Store, workbench: Any) -> None:
    workbench("adopt", str(store.folder))
    mine = root() / "skills/toolweaver/add-numbers/SKILL.md"
    mine.write_text(mine.read_text() + "Mine.\n")
    store.update("add_numbers", NEW + "# more\n", "0.2.0")
    assert workbench("adopt", str(store.folder), "--json").json["skills"][0]["outcome"] == "changed here"
    assert mine.read_text().endswith("Mine.\n")


def test_two_skills_of_one_name_get_tags_by_their_paths(store: Store, library: Any, workbench: Any) -> None:
    workbench("skills", "new", "add-numbers", "--dir", str(library.root.parent / "home/.claude/skills"))
    workbench("adopt")
    said = workbench("adopt", str(store.folder), "--json").json
    assert said["skills"][0]["versions"] == ["0.1.0", "0.1.1"]
    tags = library.git("-C", str(root()), "tag", "-l").split()
    assert tags == ["skills/toolweaver/add-numbers/v0.1.0", "skills/toolweaver/add-numbers/v0.1.1"]
    assert workbench("adopt", str(store.folder), "--json").json["commit"] is None


def test_code_is_never_run_or_imported(store: Store, workbench: Any, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    store.save("evil", f"open({str(mark)!r}, 'w')\nraise SystemExit\n\ndef evil(a: int) -> int:\n    return a\n")
    assert workbench("adopt", str(store.folder)).code == 0
    assert not mark.exists()


def test_a_store_that_was_moved_is_read_where_it_is_and_never_elsewhere(store: Store, workbench: Any) -> None:
    outside = store.folder.parent / "secret.py"
    outside.write_text("SECRET = 1\n")
    for entry in store.manifest["skills"]:
        entry["code_path"] = f"C:\\Users\\bob\\.toolweaver\\skills\\{entry['name']}.py"
    store.save("up", "x = 1\n", code_path="../secret.py")
    store.save("out", "x = 1\n", code_path=str(outside))
    (store.folder / "link.py").symlink_to(outside)
    store.save("linked", "x = 1\n", code_path="link.py")
    outside.write_text("SECRET = 1\n")
    said = workbench("adopt", str(store.folder), "--json")
    assert said.code == 0, said.err
    assert [one["path"] for one in said.json["skills"]] == ["skills/toolweaver/add-numbers"]
    reasons = " | ".join(one["reason"] for one in said.json["skipped"])
    assert "leads out of the store" in reasons
    assert "no 'secret.py' in the store" in reasons
    assert "outside" in reasons
    assert not any("SECRET" in p.read_text() for p in (root() / "skills").rglob("*.py"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: (s.folder / "add_numbers_0.1.0.py").unlink(), "code of version 0.1.0 is missing"),
        (lambda s: (s.folder / "add_numbers.py").unlink(), "its code is missing"),
        (lambda s: (s.folder / "add_numbers.py").write_bytes(b"x = '\xff'\n"), "not UTF-8"),
        (lambda s: (s.folder / "add_numbers.py").write_text("def (:\n"), "not Python"),
        (lambda s: (s.folder / "add_numbers.py").write_text("#" * (2 << 20)), "larger than 1 MiB"),
        (lambda s: s.manifest["skills"].append("odd"), "entry 4: it is not a mapping"),
        (lambda s: s.manifest["skills"].append({"name": 7}), "entry 4: it has no name"),
        (lambda s: s.manifest["version_history"].update(add_numbers="0.1.0"), "version_history is not a list"),
        (lambda s: s.manifest["version_history"]["add_numbers"].append("latest"), "'latest' is no semantic version"),
        (lambda s: s.manifest["version_history"]["add_numbers"].append("../../x"), "no semantic version"),
        (lambda s: s.manifest["version_history"].update(ghost=["1.0.0"]), "not among the skills"),
        (lambda s: s.manifest.update(version_history=[1]), "version_history is not a mapping"),
        (lambda s: s.manifest["skills"][-1].update(version="9" * 500), "no semantic version"),
        (lambda s: s.manifest["skills"][-1].update(code_path=["a"]), "no path"),
        (lambda s: (s.folder / "stray.py").write_text("x"), "nothing that is adopted from the manifest names it"),
    ],
)
def test_what_is_wrong_in_a_store_is_said_and_keeps_nothing_else_out(
    store: Store, workbench: Any, change: Any, words: str
) -> None:
    store.save("other", "def other(a: int) -> int:\n    return a\n")
    store.manifest["skills"].insert(0, store.manifest["skills"].pop())
    change(store)
    store.write()
    said = workbench("adopt", str(store.folder), "--json")
    assert said.code == 0, said.err
    assert any(words in f"{one['path']}: {one['reason']}" for one in said.json["skipped"]), said.json["skipped"]
    assert "skills/toolweaver/other" in [one["path"] for one in said.json["skills"]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[]", "mapping"),
        (b'{"skills": {}}', "list 'skills'"),
        (b"[" * 100_000, "not JSON"),
        (b'{"skills": [' + b'{"a":' * 80 + b"1" + b"}" * 80 + b"]}", "nests deeper"),
        (b'{"skills": [' + b"1" * 5000 + b"]}", "not JSON"),
    ],
)
def test_a_manifest_that_is_none_says_why(store: Store, workbench: Any, data: bytes, words: str) -> None:
    (store.folder / "manifest.json").write_bytes(data)
    said = workbench("adopt", "--as", "toolweaver", str(store.folder))
    assert said.code == 3
    assert words in said.err
    assert "manifest.json" in said.err
    assert not root().exists()


def test_a_version_saved_twice_with_other_code_is_told_and_both_are_kept(
    store: Store, library: Any, workbench: Any
) -> None:
    store.save("add_numbers", NEW + "# saved anew\n", "0.1.0")  # ToolWeaver starts over at 0.1.0
    said = workbench("adopt", str(store.folder), "--json")
    assert said.code == 0
    assert any("two texts of version 0.1.0" in one["reason"] for one in said.json["skipped"])
    path = "skills/toolweaver/add-numbers/scripts/add_numbers.py"
    assert library.git("-C", str(root()), "show", f"add-numbers/v0.1.0:{path}") == OLD
    assert "saved anew" in (root() / path).read_text()
    assert workbench("adopt", str(store.folder), "--json").json["commit"] is None
