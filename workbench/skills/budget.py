"""What skills cost an agent's context: estimated tokens of each part, and what a client's limit on its list cuts off.

Tokens are estimates: no tokenizer is at hand offline, and each model has its own. ASCII text counts four characters a
token, other text one character a token. Limits are in characters and exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.model import Skill
from workbench.skills.reader import read_document
from workbench.skills.tokens import estimate_tokens as estimate_tokens

CLAUDE_CODE_CAP = 1_536
"""Characters of one skill's description and `when_to_use` that Claude Code lists."""
CODEX_CAP = 8_000
"""Characters of all skills' names, descriptions and paths that Codex lists where its context is of unknown size."""


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


@dataclass(frozen=True, slots=True)
class ClientLoad:
    """What one client would load at start, were all these skills installed for it.

    Attributes:
        per: What the cap limits: each `skill`, or `all` of them together.
        characters: Of all lines as written.
        tokens: An estimate for what is loaded once the cap has cut.
        cut: The ids of the skills that do not fit whole.
    """

    client: str
    cap: int
    per: str
    characters: int
    tokens: int
    cut: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Exact data for scripts."""
        return {
            "client": self.client,
            "cap_characters": self.cap,
            "per": self.per,
            "characters": self.characters,
            "tokens": self.tokens,
            "estimated": True,
            "cut": list(self.cut),
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
        catalogue=estimate_tokens(f"{skill.name}: {_listing(skill)}"),
        body=body,
        references=tuple(_references(root, skill)),
        listed=len(_listing(skill)),
    )


def client_loads(skills: Sequence[Skill]) -> tuple[ClientLoad, ...]:
    """What Claude Code and Codex would load at start of these skills; those that no client loads count nothing."""
    loaded = [skill for skill in skills if skill.loads]
    return (_claude_code(loaded), _codex(loaded))


def _claude_code(skills: Sequence[Skill]) -> ClientLoad:
    texts = [_listing(skill) for skill in skills]
    cut = tuple(skill.id for skill, text in zip(skills, texts, strict=True) if len(text) > CLAUDE_CODE_CAP)
    tokens = sum(
        estimate_tokens(f"{skill.name}: {text[:CLAUDE_CODE_CAP]}") for skill, text in zip(skills, texts, strict=True)
    )
    return ClientLoad("Claude Code", CLAUDE_CODE_CAP, "skill", sum(map(len, texts)), tokens, cut)


def _codex(skills: Sequence[Skill]) -> ClientLoad:
    """Codex's list in the order of the ids: which order it really has depends on where the skills are installed."""
    lines = [f"- {skill.name}: {skill.description} (file: {skill.skill_file})\n" for skill in skills]
    cut: list[str] = []
    used = tokens = 0
    for skill, line in zip(skills, lines, strict=True):
        kept = line[: max(0, CODEX_CAP - used)]
        used += len(kept)
        tokens += estimate_tokens(kept)
        if kept != line:
            cut.append(skill.id)
    return ClientLoad("Codex", CODEX_CAP, "all", sum(map(len, lines)), tokens, tuple(cut))


def _listing(skill: Skill) -> str:
    when = skill.frontmatter.get("when_to_use")
    return f"{skill.description} {when}" if isinstance(when, str) and when else skill.description


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
