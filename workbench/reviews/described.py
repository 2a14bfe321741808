"""What one tree of a skill is, as far as comparisons need it: its fields, tools, capabilities and size in tokens."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.git import RunGit
from workbench.skills.capabilities import Finding, scan_file
from workbench.skills.capabilities.scan import languages_of
from workbench.skills.contents import Content, Contents, contents_of_tree
from workbench.skills.loading import listed_text
from workbench.skills.model import SKILL_FILE, Skill
from workbench.skills.reader import parse_document, parse_skill, unreadable
from workbench.skills.tokens import estimate_tokens
from workbench.text import decode
from workbench.tools.manifest import MANIFEST, MAX_SOURCE, load_tools
from workbench.tools.model import Tool

MAX_SCANNED = 16 << 20
"""Bytes of one tree that are looked through for capabilities; what is beyond them is listed as not read."""

LINK = "120000"
"""The mode of a link."""
_PROSE = frozenset(("markdown",))
_NO_CODE = frozenset(("markdown", "html"))


@dataclass(frozen=True, slots=True)
class Tokens:
    """Estimated tokens: `catalogue` is always loaded, `body` when the skill is used, `references` on demand."""

    catalogue: int
    body: int
    references: int

    @property
    def total(self) -> int:
        """All of them together."""
        return self.catalogue + self.body + self.references

    def to_json(self) -> dict[str, int]:
        """All of it, for programs."""
        return {
            "total": self.total,
            "catalogue": self.catalogue,
            "body": self.body,
            "references": self.references,
        }


@dataclass(frozen=True, slots=True)
class Described:
    """One tree of a skill.

    Attributes:
        skill: What its SKILL.md says.
        contents: Its files.
        tools: What its `tools.yaml` offers; tools with errors are left out.
        findings: What it can do.
        unread: Files that were not looked through.
        tokens: What it takes of a context.
    """

    skill: Skill
    contents: Contents
    tools: Mapping[str, Tool]
    findings: tuple[Finding, ...]
    unread: tuple[str, ...]
    tokens: Tokens

    @property
    def fields(self) -> Mapping[str, Any]:
        """The keys of its frontmatter."""
        return self.skill.frontmatter


Scanned = dict[tuple[str, str, bytes], tuple[Finding, ...]]
"""What files were found to do, by path, mode and bytes: most are the same before and after a change."""


def describe(run: RunGit, tree: str, skill_id: str, scanned: Scanned | None = None) -> Described:
    """What a tree is.

    Args:
        run: Runs git where the tree can be read.
        tree: The tree.
        skill_id: The skill's id.
        scanned: What is known of files from other trees; this tree's are added.

    Raises:
        InputError: The tree has too many or too large files, or some are not in this clone.
    """
    return describe_contents(contents_of_tree(run, tree), skill_id, scanned)


def describe_contents(contents: Contents, skill_id: str, scanned: Scanned | None = None) -> Described:
    """What these files are, as a skill. Raises as `describe`."""
    skill, body = _read(contents, skill_id)
    findings, unread = _findings(contents, {} if scanned is None else scanned)
    return Described(skill, contents, _tools(contents, skill), findings, unread, _tokens(contents, skill, body))


def tokens_of(contents: Contents, skill_id: str) -> Tokens:
    """What these files of a skill take of a context; only those in Markdown count."""
    return _tokens(contents, *_read(contents, skill_id))


def _read(contents: Contents, skill_id: str) -> tuple[Skill, str]:
    """What a SKILL.md says, and its body."""
    main = contents.get(SKILL_FILE)
    if main is None or main.mode == LINK:
        from workbench.skills.codes import problem

        what = "there is no SKILL.md" if main is None else "the SKILL.md is a link"
        return unreadable(skill_id, problem("skill-file-vanished", what)), ""
    return parse_skill(skill_id, main.data), parse_document(main.data).body


def _tokens(contents: Contents, skill: Skill, body: str) -> Tokens:
    references = sum(
        estimate_tokens(decode(content.data))
        for path, content in contents.items()
        if path.lower().endswith(".md") and path != SKILL_FILE and content.mode != LINK
    )
    catalogue = estimate_tokens(f"{skill.name}: {listed_text(skill)}")
    return Tokens(catalogue, estimate_tokens(body), references)


def is_code(path: str, content: Content) -> bool:
    """Whether a file is something that can run: by its name, its first line or its mode."""
    if content.mode == LINK:
        return False
    executable = content.mode == "100755"
    languages = set(languages_of(path, content.data, executable=executable))
    return bool(languages - _NO_CODE) or (executable and not languages & _PROSE)


def _findings(contents: Contents, scanned: Scanned) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    found: list[Finding] = []
    unread: list[str] = []
    room = MAX_SCANNED
    for path, content in contents.items():
        if content.mode == LINK:
            continue
        room -= len(content.data)
        if room < 0:
            unread.append(path)
            continue
        key = (path, content.mode, content.data)
        if key not in scanned:
            scanned[key] = scan_file(path, content.data, executable=content.mode == "100755")
        found += scanned[key]
    return tuple(found), tuple(unread)


def _tools(contents: Contents, skill: Skill) -> dict[str, Tool]:
    """The tools of a tree. Their reader wants a folder, so the manifest and the sources it may name are laid out."""
    manifest = contents.get(MANIFEST)
    if manifest is None or manifest.mode == LINK:
        return {}
    with tempfile.TemporaryDirectory(prefix="workbench-tools-") as scratch:
        for path, content in contents.items():
            wanted = path == MANIFEST or (path.endswith(".py") and len(content.data) <= MAX_SOURCE)
            if wanted and content.mode != LINK:
                file = Path(scratch, path)
                try:
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(content.data)
                except OSError as error:
                    raise InputError(f"its tools can't be read: {error.strerror}", where=skill.id) from error
        tools, _ = load_tools(Path(scratch), Skill(".", skill.name))
    return {tool.name: tool for tool in tools}
