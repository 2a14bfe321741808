"""What skills cost an agent's context: estimated tokens of each part.

Tokens are estimates: no tokenizer is at hand offline, and each model has its own. ASCII text counts four characters a
token, other text one character a token.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.loading import listed_text
from workbench.skills.model import Skill
from workbench.skills.reader import read_document
from workbench.skills.tokens import estimate_tokens


@dataclass(frozen=True, slots=True)
class Part:
    """A Markdown file besides SKILL.md; `tokens` is an estimate, None where `why` says why it was not read."""

    path: str
    tokens: int | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class SkillBudget:
    """One skill's estimated tokens, and the characters it takes in a client's list.

    Attributes:
        catalogue: Tokens of its name and description, loaded at every start.
        body: Tokens of its instructions, loaded when it is used; None if its SKILL.md can't be read.
        references: Its other Markdown files, loaded on demand.
        listed: Characters of its description and `when_to_use`.
    """

    skill: str
    name: str
    catalogue: int
    body: int | None
    references: tuple[Part, ...]
    listed: int

    def to_json(self) -> dict[str, Any]:
        """Exact data for scripts."""
        return {
            "skill": self.skill,
            "name": self.name,
            "tokens": {
                "estimated": True,
                "catalogue": self.catalogue,
                "body": self.body,
                "references": [{"path": p.path, "tokens": p.tokens, "why": p.why} for p in self.references],
            },
            "listed_characters": self.listed,
        }


def budget_of(root: Path, skill: Skill) -> SkillBudget:
    """The budget of one skill of the work tree. What can't be read is unknown, and never counts as nothing."""
    body: int | None
    try:
        body = estimate_tokens(read_document(root, skill.id).body)
    except InputError:
        body = None
    return SkillBudget(
        skill=skill.id,
        name=skill.name,
        catalogue=estimate_tokens(f"{skill.name}: {listed_text(skill)}"),
        body=body,
        references=tuple(_references(root, skill)),
        listed=len(listed_text(skill)),
    )


def _references(root: Path, skill: Skill) -> list[Part]:
    parts = []
    try:
        listed = files.list_files(root, skill.id)
    except InputError as error:
        return [Part(".", None, error.what)]
    for entry in listed:
        if not entry.path.lower().endswith(".md") or entry.path == "SKILL.md" or entry.kind == "link":
            continue
        try:
            parts.append(Part(entry.path, estimate_tokens(files.read_text(root, skill.id, entry.path))))
        except InputError as error:
            parts.append(Part(entry.path, None, error.what))
    return parts
