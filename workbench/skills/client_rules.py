"""What each client makes of a skill: whether it loads it, what it loses or complains of, which fields it ignores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.skills.client_fields import complaint, extension, readers
from workbench.skills.clients import Client, ClientId, client
from workbench.skills.loading import loses_frontmatter, refusal
from workbench.skills.model import Problem, Skill
from workbench.text import truncate, visible

_SHORT_DESCRIPTION = 1_024


@dataclass(frozen=True, slots=True)
class ClientVerdict:
    """What one client makes of one skill.

    Attributes:
        refusal: Why it does not load the skill; None if it does.
        warnings: What it loses or complains of, one sentence each.
        ignored: The fields of the frontmatter that it does not read.
    """

    client: ClientId
    refusal: str | None
    warnings: tuple[str, ...]
    ignored: tuple[str, ...]

    @property
    def loads(self) -> bool:
        """Whether it loads the skill at all."""
        return self.refusal is None

    def to_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "client": self.client,
            "loads": self.loads,
            "ok": self.loads and not self.warnings,
            "refusal": self.refusal,
            "warnings": list(self.warnings),
            "ignored": list(self.ignored),
        }


def judge(id_: str, skill: Skill) -> ClientVerdict:
    """What the client of this id makes of a skill, as far as its source or its documentation says."""
    one = client(id_)
    why = refusal(one, skill)
    if why is not None:
        return ClientVerdict(one.id, why, (), ())
    if loses_frontmatter(one, skill):
        lost = f"{one.label} can't read the frontmatter and drops all of it: name, description, tools and limits"
        return ClientVerdict(one.id, None, (lost,), tuple(skill.frontmatter))
    ignored = tuple(key for key in skill.frontmatter if one.id not in readers(key))
    return ClientVerdict(one.id, None, tuple(_warnings(one, skill)), ignored)


def _warnings(one: Client, skill: Skill) -> Iterator[str]:
    codes: Mapping[str, Problem] = {problem.code: problem for problem in skill.problems}
    yield from _about_fields(one, skill)
    if not skill.description.strip():
        yield f"without a description {one.label} shows the first paragraph of the body"
    limit = one.listing.entry_characters
    if limit is not None and (length := _listed(one, skill)) > limit:
        yield f"its text in the list has {length:,} characters; {one.label} cuts it at {limit:,}"
    if one.id == "claude" and "name-mismatch" in codes:
        yield f"the command is the folder's name, not '{_name(skill)}'"
    if one.id == "copilot" and "name-mismatch" in codes:
        yield "VS Code skips a skill whose name is not its folder's"
    if one.id == "cursor" and "name-mismatch" in codes:
        yield "Cursor asks for a name that is the folder's"
    if one.id in ("gemini", "opencode") and "unquoted-colon" in codes:
        yield f"{one.label} reads such a frontmatter line by line; values of several lines may lose some"
    if one.id == "gemini" and set(_name(skill)) & set(':\\/<>*?"|'):
        yield "Gemini CLI writes hyphens for characters that a file name can't have"
    if one.id == "codex":
        yield from _codex(skill, codes)


def _about_fields(one: Client, skill: Skill) -> Iterator[str]:
    """What is wrong with the values of fields that this client reads."""
    for key, value in skill.frontmatter.items():
        field = extension(key)
        if field is not None and one.id in field.clients and (wrong := complaint(field, value)):
            yield wrong[1]


def _codex(skill: Skill, codes: Mapping[str, Problem]) -> Iterator[str]:
    metadata = skill.frontmatter.get("metadata")
    short = metadata.get("short-description") if isinstance(metadata, dict) else None
    if isinstance(short, str) and len(short) > _SHORT_DESCRIPTION:
        yield f"metadata.short-description has {len(short):,} characters; Codex takes at most {_SHORT_DESCRIPTION:,}"
    for code, problem in codes.items():
        if code.startswith("openai-yaml-") and problem.severity != "info":
            yield f"agents/openai.yaml: {problem.message}"


def _listed(one: Client, skill: Skill) -> int:
    when = skill.frontmatter.get("when_to_use") if one.id == "claude" else None
    return len(f"{skill.description} {when}" if isinstance(when, str) and when else skill.description)


def _name(skill: Skill) -> str:
    return truncate(visible(skill.name), 80)
