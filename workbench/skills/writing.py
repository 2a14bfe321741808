"""Writing skills: names that the specification takes, frontmatter that every reader reads alike, YAML data.

The frontmatter keeps to what the strictest known reader takes: block style, no tags, no three hyphens in a row, which
some readers take for the end.
"""

import hashlib
import re
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.skills.rules import MAX_COMPATIBILITY, MAX_DESCRIPTION, MAX_NAME

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ,.()/+-]*[A-Za-z0-9.)]")
_RESERVED = frozenset({"true", "false", "yes", "no", "on", "off", "null", "none", "y", "n"})
_WIDTH = 100
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def is_valid_name(name: str) -> bool:
    """Whether the specification takes a name, in its strictest reading: `a-z`, `0-9` and single hyphens."""
    return len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


def valid_name(text: str) -> str | None:
    """The valid name nearest to a text; None where nothing of it can be kept."""
    humps = _HUMP.sub("-", text[:1000])
    plain = unicodedata.normalize("NFKD", humps).encode("ascii", "ignore").decode().lower()
    return _OTHER.sub("-", plain).strip("-")[:MAX_NAME].rstrip("-") or None


def name_for(text: str) -> str:
    """A valid name for a text, always the same one: the nearest, else one made of its digest."""
    return valid_name(text) or f"skill-{short_digest(text)}"


def short_digest(text: str) -> str:
    """Six hex digits that stand for a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def skill_file(
    name: str,
    description: str,
    body: str,
    *,
    compatibility: str = "",
    allowed_tools: str = "",
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """A SKILL.md with valid frontmatter.

    Args:
        name: A valid name.
        description: Folded into one paragraph, and cut where the specification's limit is.
        body: The Markdown under it.
        compatibility: As the description; left out where empty.
        allowed_tools: Left out where empty.
        metadata: Keys that are no names are left out; values become one line.
    """
    lines = [
        "---",
        f"name: {scalar(name)}",
        *_folded("description", _cut(description, MAX_DESCRIPTION) or "No description."),
    ]
    if compatibility:
        lines.append(f"compatibility: {scalar(_cut(compatibility, MAX_COMPATIBILITY))}")
    kept = {key: one_line(value) for key, value in (metadata or {}).items() if _KEY.fullmatch(key)}
    if kept:
        lines.append("metadata:")
        lines += [f"  {key}: {quoted(value)}" for key, value in kept.items()]
    if allowed_tools:
        lines.append(f"allowed-tools: {one_line(allowed_tools)}")
    lines += ["---", "", body.strip("\n")]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def one_line(text: str) -> str:
    """A text as one line that frontmatter can hold: white space folded, invisible characters and `---` taken out."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return re.sub(r"-{3,}", "–", " ".join(shown.split()))


def scalar(text: str) -> str:
    """A text as a YAML scalar: as it is where no reader can take it for anything else, else in quotes."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _RESERVED and ": " not in text and " #" not in text
    return text if plain else quoted(text)


def quoted(text: str) -> str:
    """A text as a double-quoted YAML scalar."""
    return f'"{"".join(_escaped(char) for char in text)}"'


def flow(value: Any) -> str:
    """Plain data in YAML's flow style, every text in quotes: what JSON can say, and nothing else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return quoted(str(value))


def _folded(key: str, text: str) -> list[str]:
    wrapped = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return [f"{key}: >-", *(f"  {line}" for line in wrapped)]


def _cut(text: str, limit: int) -> str:
    line = one_line(text)
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        return "\\uFFFD"
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
