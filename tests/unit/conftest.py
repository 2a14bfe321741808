"""A made-up machine: a home folder, a project in a repository, and what an administrator installed."""

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.skills.clients import client
from workbench.skills.installed import Copy, Installed, find_installed


class Machine:
    """Folders under one temporary root; `project` has a `.git`, so that it is the top of a repository."""

    def __init__(self, root: Path) -> None:
        self.root = root / "machine"
        self.home = root / "home"
        self.project = root / "project"
        for folder in (self.root, self.home, self.project / ".git"):
            folder.mkdir(parents=True)
        self.env: dict[str, str] = {}

    def skill(self, folder: Path, text: str | None = None, **fields: str) -> Path:
        keys = {"name": folder.name, "description": f"Does {folder.name}.", **fields}
        front = "".join(f"{key}: {value}\n" for key, value in keys.items())
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "SKILL.md").write_text(text or f"---\n{front}---\nDo it.\n")
        return folder

    def json(self, path: Path, value: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))

    def find(self, *ids: str, start: Path | None = None) -> Installed:
        clients = [client(id_) for id_ in ids]
        return find_installed(start or self.project, self.home, clients, self.env, machine=self.root)

    def copies(self, id_: str, start: Path | None = None) -> list[Copy]:
        return list(self.find(id_, start=start).copies)

    def loaded(self, id_: str, start: Path | None = None) -> list[str]:
        """The folders that one client loads, relative to the temporary root, in its order."""
        base = self.root.parent
        return [str(Path(copy.path).relative_to(base)) for copy in self.copies(id_, start) if copy.loads]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
