"""A throw-away library in a real git repository, and the command line run on it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from workbench.cli.main import run
from workbench.git import Repository
from workbench.storage import Store
from workbench.workspace import Workspace

ADA, BOB = "ada@example.com", "bob@example.com"


class Library:
    """A git repository of skills under `root`, changed and committed as a user would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", ADA)

    def git(self, *args: str, check: bool = True, env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["git", *args],
            cwd=self.root,
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **(env or {})},
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def write(self, path: str, content: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def skill(self, id_: str, body: str = "Do it well.\n", **fields: str) -> Path:
        name = id_.rpartition("/")[2]
        lines = {"name": name, "description": f"Does {name}. Use when {name} is needed.", **fields}
        front = "".join(f"{key}: {value}\n" for key, value in lines.items())
        return self.write(f"{id_}/SKILL.md", f"---\n{front}---\n{body}")

    def commit(self, message: str = "Change", author: str | None = None) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, *(["--author", author] if author else []))
        return self.git("rev-parse", "HEAD").strip()

    def as_user(self, name: str, email: str) -> None:
        self.git("config", "user.name", name)
        self.git("config", "user.email", email)

    def fingerprint(self) -> dict[str, Any]:
        """Everything of the user's that a verdict must not touch."""
        index = self.root / ".git/index"
        return {
            "status": self.git("status", "--porcelain=v2", "--branch", "--untracked-files=all", "--ignored"),
            "head": self.git("rev-parse", "HEAD"),
            "branch": self.git("symbolic-ref", "-q", "HEAD", check=False),
            "index": index.read_bytes() if index.exists() else None,
            "files": {
                str(p.relative_to(self.root)): p.read_bytes()
                for p in sorted(self.root.rglob("*"))
                if p.is_file() and not p.is_symlink() and ".git" not in p.relative_to(self.root).parts
            },
        }

    def repository(self) -> Repository:
        found = Repository.discover(self.root)
        assert found is not None
        return found

    def workspace(self) -> Workspace:
        return Workspace.open(self.root, store=Store(None))

    def state(self, name: str) -> str:
        return self.workspace().row(name).state


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """An empty library, with the workbench's own files and the user's home kept in the temporary folder."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("CI", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    made = Library(tmp_path / "library")
    monkeypatch.chdir(made.root)
    return made


class Said:
    """What a command printed, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def workbench(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command line in this process: `workbench("skills", "list", "--json").json`."""

    def call(*args: str) -> Said:
        capsys.readouterr()
        code = run(list(args))
        captured = capsys.readouterr()
        return Said(int(code), captured.out, captured.err)

    return call


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Where a test's keys are made."""
    return tmp_path / "keys"
