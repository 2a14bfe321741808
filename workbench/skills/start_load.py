"""What each client loads at start of a set of skills, and which of them its limits cut, and by how much.

Characters are exact; tokens are estimates. Only what a client's source or documentation says is counted as a limit.
"""

import os
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.bounded_yaml import YamlError, load
from workbench.skills.clients import CLIENTS, Client, ClientId, Listing, Scope, own_folder
from workbench.skills.installed import Installed, project_top
from workbench.skills.loading import is_hidden, listed_text, refusal
from workbench.skills.model import Skill, Skipped
from workbench.skills.settings_files import read_mapping
from workbench.skills.tokens import estimate_tokens
from workbench.text import decode

_POLICY = "agents/openai.yaml"
_MAX_POLICY = 64 << 10
_CHARACTERS_A_TOKEN = 4
_CODEX_ORDER: Mapping[Scope, int] = {"bundled": 0, "admin": 1, "project": 2, "user": 3, "plugin": 3}


@dataclass(frozen=True, slots=True)
class Entry:
    """One skill as it stands in a client's list: `text` is its description, with all that the client adds to it."""

    id: str
    name: str
    text: str
    path: str
    scope: Scope = "user"


@dataclass(frozen=True, slots=True)
class Cut:
    """A skill that does not fit whole: the characters of its text that stay and that are lost; `listed` says whether
    the client still lists it.
    """

    skill: str
    kept: int
    lost: int
    listed: bool = True


@dataclass(frozen=True, slots=True)
class ClientLoad:
    """What one client loads at start of some skills.

    Attributes:
        client: Its label, and `id`.
        cap: The limit in characters on what `per` says, or None: each `skill`, or `all` of them together.
        skills: How many are in its list.
        characters: Of all lines (Claude Code: of all texts) as written.
        tokens: An estimate of what is loaded once the limits have cut.
        cuts: What does not fit whole, as far as it can be known.
        total: The limit on the whole list, counted in `unit`; None where none is known.
        used: What the list takes of it before anything is cut.
    """

    client: str
    id: ClientId
    cap: int | None
    per: Literal["skill", "all"] | None
    skills: int
    characters: int
    tokens: int
    cuts: tuple[Cut, ...] = ()
    total: int | None = None
    unit: Literal["characters", "tokens"] = "characters"
    used: int = 0

    @property
    def cut(self) -> tuple[str, ...]:
        """The ids of the skills that do not fit whole."""
        return tuple(one.skill for one in self.cuts)

    @property
    def over(self) -> int:
        """By how much the whole list is longer than its limit."""
        return max(0, self.used - self.total) if self.total is not None else 0

    def to_json(self) -> dict[str, Any]:
        """Exact data for scripts."""
        return {
            "client": self.client,
            "id": self.id,
            "cap_characters": self.cap,
            "per": self.per,
            "skills": self.skills,
            "characters": self.characters,
            "tokens": self.tokens,
            "estimated": True,
            "cut": list(self.cut),
            "cuts": [{"skill": c.skill, "kept": c.kept, "lost": c.lost, "listed": c.listed} for c in self.cuts],
            "total_cap": self.total,
            "total_unit": self.unit if self.total is not None else None,
            "total_used": self.used if self.total is not None else None,
            "over": self.over,
        }


def library_loads(root: Path, skills: Sequence[Skill], context: int | None = None) -> tuple[ClientLoad, ...]:
    """What each client would load at start, were all these skills of a library installed for it.

    Args:
        root: The library's folder.
        skills: Those to count; one that a client refuses takes no room in its list.
        context: The size of the model's context in tokens, where it is known.
    """
    loads = []
    for client in CLIENTS:
        entries = [
            Entry(skill.id, skill.name, _text(client, skill), skill.skill_file)
            for skill in skills
            if refusal(client, skill) is None and _is_listed(client, skill, root / skill.id)
        ]
        loads.append(client_load(client, entries, client.listing, context))
    return tuple(loads)


def installed_loads(
    installed: Installed, project: Path, home: Path, env: Mapping[str, str], context: int | None = None
) -> tuple[ClientLoad, ...]:
    """What each client loads at start of what is really installed for it.

    A copy for one part of a project only is not loaded at start and does not count.
    """
    loads = []
    for client in CLIENTS:
        entries = [
            Entry(copy.path, copy.name, _text(client, copy.skill), f"{copy.real_path}/SKILL.md", copy.scope)
            for copy in installed.of(client.id)
            if copy.loads and not copy.within and _is_listed(client, copy.skill, Path(copy.real_path))
        ]
        loads.append(client_load(client, entries, listing_of(client, project, home, env), context))
    return tuple(loads)


def listing_of(client: Client, project: Path, home: Path, env: Mapping[str, str]) -> Listing:
    """A client's limits with what this user's settings and environment change of them."""
    listing = client.listing
    if client.id != "claude":
        return listing
    own, top = own_folder(client, home, env), project_top(Path(os.path.realpath(project)))
    unread: list[Skipped] = []
    for folder, relative in ((own, "settings.json"), (top, ".claude/settings.json"),
                             (top, ".claude/settings.local.json")):  # fmt: skip
        settings = read_mapping(folder, relative, unread)
        entry, share = settings.get("skillListingMaxDescChars"), settings.get("skillListingBudgetFraction")
        if isinstance(entry, int) and not isinstance(entry, bool) and entry > 0:
            listing = replace(listing, entry_characters=entry)
        if isinstance(share, int | float) and not isinstance(share, bool) and 0 < share <= 1:
            total = round((client.listing.total_characters or 0) * share / (client.listing.context_share or 1))
            listing = replace(listing, context_share=float(share), total_characters=total)
    fixed = env.get("SLASH_COMMAND_TOOL_CHAR_BUDGET", "")
    if fixed.isascii() and fixed.isdecimal() and 0 < len(fixed) < 10:
        listing = replace(listing, total_characters=int(fixed), context_share=None)
    return listing


def client_load(client: Client, entries: Sequence[Entry], listing: Listing, context: int | None) -> ClientLoad:
    """What one client loads at start of these entries, under these limits."""
    if client.id == "codex":
        return _codex(client, entries, listing, context)
    cap = listing.entry_characters
    cuts = [Cut(e.id, cap, len(e.text) - cap) for e in entries if cap is not None and len(e.text) > cap]
    lines = [f"- {entry.name}: {entry.text[:cap]}\n" for entry in entries]
    written = sum(len(entry.text) for entry in entries) if cap is not None else sum(map(len, lines))
    total = listing.total_characters
    if context is not None and listing.context_share is not None:
        total = int(context * listing.context_share * _CHARACTERS_A_TOKEN)
    return ClientLoad(
        client=client.label,
        id=client.id,
        cap=cap,
        per="skill" if cap is not None else None,
        skills=len(entries),
        characters=written,
        tokens=_tokens_within(lines, total),
        cuts=tuple(cuts),
        total=total,
        used=sum(map(len, lines)),
    )


def _tokens_within(lines: Sequence[str], total: int | None) -> int:
    """Estimated tokens of a list that is shortened to `total` characters, whichever of its lines that takes."""
    tokens, characters = sum(map(estimate_tokens, lines)), sum(map(len, lines))
    return tokens if total is None or characters <= total else tokens * total // characters


def _codex(client: Client, entries: Sequence[Entry], listing: Listing, context: int | None) -> ClientLoad:
    """Codex's list: descriptions are shortened to one common length before a skill is left out (its render.rs, without
    the short paths that it tries when the list is too long, which can only save room).
    """
    ordered = sorted(entries, key=lambda entry: (_CODEX_ORDER[entry.scope], entry.name, entry.path))
    in_tokens = context is not None and listing.context_share is not None
    limit = max(1, int((context or 0) * (listing.context_share or 0))) if in_tokens else listing.total_characters or 0
    lines = [_Line(entry, in_tokens) for entry in ordered]
    kept = _codex_kept(lines, limit)
    cuts = [
        Cut(line.entry.id, max(count, 0), len(line.entry.text) - max(count, 0), listed=count >= 0)
        for line, count in zip(lines, kept, strict=True)
        if count < len(line.entry.text)
    ]
    shown = [line.text(count) for line, count in zip(lines, kept, strict=True) if count >= 0]
    return ClientLoad(
        client=client.label,
        id=client.id,
        cap=None if in_tokens else limit,
        per="all",
        skills=len(entries),
        characters=sum(len(line.text(len(line.entry.text))) for line in lines),
        tokens=sum(map(estimate_tokens, shown)),
        cuts=tuple(cuts),
        total=limit,
        unit="tokens" if in_tokens else "characters",
        used=sum(line.cost(len(line.entry.text)) for line in lines),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of Codex's list, and what it costs with so many characters of its description."""

    entry: Entry
    in_tokens: bool

    def text(self, characters: int) -> str:
        description = f" {self.entry.text[:characters]}" if characters else ""
        return f"- {self.entry.name}:{description} (file: {self.entry.path})\n"

    def cost(self, characters: int) -> int:
        text = self.text(characters)
        return -(-len(text.encode("utf-8", "replace")) // _CHARACTERS_A_TOKEN) if self.in_tokens else len(text)


def _codex_kept(lines: Sequence[_Line], limit: int) -> list[int]:
    """How many characters of each description stay; -1 for a skill that is left out."""
    if sum(line.cost(0) for line in lines) > limit:
        return _without_descriptions(lines, limit)
    longest = max((len(line.entry.text) for line in lines), default=0)

    def over(level: int) -> bool:
        return sum(line.cost(min(level, len(line.entry.text))) for line in lines) > limit

    level = bisect_right(range(longest + 1), False, key=over) - 1
    kept = [min(level, len(line.entry.text)) for line in lines]
    room = limit - sum(line.cost(count) for line, count in zip(lines, kept, strict=True))
    changed = True
    while changed:
        changed = False
        for at, line in enumerate(lines):
            if kept[at] < len(line.entry.text) and (more := line.cost(kept[at] + 1) - line.cost(kept[at])) <= room:
                kept[at] += 1
                room -= more
                changed = True
    return kept


def _without_descriptions(lines: Sequence[_Line], limit: int) -> list[int]:
    kept, used = [], 0
    for line in lines:
        fits = used + line.cost(0) <= limit
        used += line.cost(0) if fits else 0
        kept.append(0 if fits else -1)
    return kept


def _text(client: Client, skill: Skill) -> str:
    if client.id == "claude":
        return listed_text(skill)
    return " ".join(skill.description.split()) if client.id == "codex" else skill.description


def _is_listed(client: Client, skill: Skill, folder: Path) -> bool:
    """Whether a skill that is loaded also stands in the list that the model sees."""
    if client.id == "codex":
        return not _is_kept_from_codex(folder)
    return not (client.listing.author_may_hide and is_hidden(skill))


def _is_kept_from_codex(folder: Path) -> bool:
    """Whether the skill's `agents/openai.yaml` says that Codex may not choose it by itself."""
    try:
        data = files.read_inside(folder, _POLICY, _MAX_POLICY + 1)
        value = load(decode(data), first_line=1).value if len(data) <= _MAX_POLICY else None
    except (OSError, InputError, YamlError):
        return False
    policy = value.get("policy") if isinstance(value, dict) else None
    return isinstance(policy, dict) and policy.get("allow_implicit_invocation") is False
