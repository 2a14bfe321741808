"""Texts that agents read: instructions, rules, commands and sub-agents, and what the first of these import."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from workbench.skills import frontmatter
from workbench.skills.inventory.documents import read_document
from workbench.skills.inventory.masking import HIDDEN, masked
from workbench.skills.inventory.model import Entry, Kind, Risk, Source, path_text, sha256
from workbench.skills.inventory.settings import entries_of_frontmatter, hidden_values
from workbench.skills.model import Problem
from workbench.skills.tokens import estimate_tokens
from workbench.text import decode, truncate, visible

MAX_TEXT = 4 << 20
MAX_RUNS = 20

_KINDS: Mapping[str, Kind] = {
    "instructions": "instructions", "rule": "rule", "command": "command", "agent": "agent", "plugin": "hook",
    "script": "script",
}  # fmt: skip
_STARTED = re.compile(r"!`([^`\n]{1,2000})`|!\{([^{}\n]{1,2000})\}")
_ASKED = ("tools", "allowed-tools", "disallowedTools", "disallowed-tools", "permissionMode", "permission", "model",
          "mcpServers", "skills", "globs", "paths", "applyTo", "alwaysApply", "agent", "mode", "memory")  # fmt: skip
_FENCE = re.compile(r" {0,3}(```|~~~)")
_CODE = re.compile(r"`[^`\n]*`")
_IMPORT = re.compile(r"(?<![\w@`.+-])@((?:\\ |[^\s`\"'<>|*?,;()\[\]{}\\]){1,500})")


def entries_of_text(source: Source, path: str, data: bytes) -> list[Entry]:
    """The entry of one text, and those of the hooks and servers that its frontmatter brings.

    Args:
        source: Where it was read; its reader is the kind of text.
        path: As it is shown.
        data: The file; what goes beyond `MAX_TEXT` is not read, and said.
    """
    kind = _KINDS[source.reader]
    if len(data) > MAX_TEXT:
        what = f"it is larger than {MAX_TEXT >> 20} MiB and is not read"
        return [Entry(kind, path_text(path), "", source.root.scope, source.clients, None, _risk(kind, {}, ()),
                      problem=Problem("error", "agent-file-too-large", what, path), source=source)]  # fmt: skip
    values, text, problem = _read(source, path, data)
    code = kind in ("hook", "script")
    runs = [f"is loaded and run by {', '.join(source.clients)}"] if source.reader == "plugin" else []
    if kind in ("command", "agent"):
        runs = [masked(found[1] or found[2]) for found in islice(_STARTED.finditer(text), MAX_RUNS)]
    about = [masked(f"{key}: {_shown(values[key])}") for key in _ASKED if key in values]
    entry = Entry(
        kind, path_text(path), "", source.root.scope, source.clients, sha256(data), _risk(kind, values, runs),
        size=len(data), tokens=None if code else estimate_tokens(text), runs=tuple(runs), about=tuple(about),
        problem=problem, source=source,
    )  # fmt: skip
    return [entry, *entries_of_frontmatter(source, path, values)]


def _read(source: Source, path: str, data: bytes) -> tuple[Mapping[str, Any], str, Problem | None]:
    """The frontmatter (or the keys of a TOML command), the text, and what is wrong."""
    if path.endswith(".toml"):
        values, problem = read_document(path, data)
        prompt = values.get("prompt")
        return values, prompt if isinstance(prompt, str) else decode(data), problem
    if source.reader in ("plugin", "script") or not data.lstrip(b"\xef\xbb\xbf").startswith(b"---"):
        return {}, decode(data), None
    matter = frontmatter.parse(data)
    broken = next((one for one in matter.problems if one.severity == "error"), None)
    if broken is None:
        return matter.values, matter.source, None
    remedy = broken.remedy or "mend the frontmatter: a client ignores it, or reads it differently than it looks"
    return matter.values, matter.source, replace(broken, path=path, remedy=remedy)


def _risk(kind: Kind, values: Mapping[str, Any], runs: "list[str] | tuple[()]") -> Risk:
    """Programs first; then what acts with tools of its own; then what is only read."""
    if kind in ("hook", "script"):
        return "high"
    if kind == "agent":
        return "medium"
    asks = bool(runs) or any(key in values for key in ("tools", "allowed-tools", "hooks", "mcpServers"))
    return "medium" if kind == "command" and asks else "low"


def _shown(value: Any) -> str:
    """A value of the frontmatter; of a mapping only the keys, because it may hold secrets."""
    text = (
        ", ".join(str(one) for one in value if not isinstance(one, dict)) if isinstance(value, list | dict) else value
    )
    return truncate(visible(str(text)), 200)


def readable(source: Source, data: bytes) -> str:
    """A text for a reader: all of it, but for the values of environment variables in its frontmatter."""
    values, _, _ = _read(source, source.path, data[:MAX_TEXT])
    text = decode(data[:MAX_TEXT])
    for secret in hidden_values(values):
        text = text.replace(secret, HIDDEN)
    return text


def imports_of(text: str) -> Iterator[tuple[str, int]]:
    """What instructions import with `@path`, as (path as written, line); code is left out."""
    fenced = False
    for number, line in enumerate(text.split("\n"), start=1):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and "@" in line and len(line) <= 20_000:
            for found in _IMPORT.finditer(_CODE.sub(lambda code: " " * len(code[0]), line)):
                written = found[1].replace("\\ ", " ").rstrip(".:!")
                if written:
                    yield written, number


def reads_as_path(written: str) -> bool:
    """Whether what follows an `@` can hardly be anything but a file: it says where it is, or ends as texts do."""
    start = written.startswith(("./", "../", "~/", "/"))
    return start or posixpath.splitext(written)[1].lower() in (".md", ".mdc", ".txt", ".markdown")
