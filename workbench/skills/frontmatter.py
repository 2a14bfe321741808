"""The frontmatter of a SKILL.md: found, decoded and read, with the line of every key and everything that is odd."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.skills.bounded_yaml import Loaded, YamlError, load
from workbench.skills.client_fields import takes_true_or_false
from workbench.skills.codes import problem
from workbench.skills.model import Problem
from workbench.text import decode, truncate, visible

MAX_FRONTMATTER = 64 << 10

_DOCUMENT_END = re.compile(r"^\.\.\.[ \t\r]*$", re.MULTILINE)
_BOM = b"\xef\xbb\xbf"
_CLOSING = re.compile(r"^---[ \t\r]*$", re.MULTILINE)
_PLAIN_VALUE = re.compile(r"([A-Za-z_][\w.-]*):[ \t]+([^\s\"'\[{|>&*!%@`#].*)")
_AS_WRITTEN = ("metadata",)


@dataclass(frozen=True, slots=True)
class Frontmatter:
    """What stands at the top of a SKILL.md, and the body under it.

    Attributes:
        values: The keys; below `metadata` every scalar is text as written. Empty if unreadable.
        lines: Line of each key (`name`, `metadata.version`), counted from 1 in the file.
        columns: Column of each key, in characters, counted from 1.
        text: The lines between the delimiters.
        body: Everything after the closing delimiter, not sanitised; the whole file if there is no frontmatter.
        body_line: Line of the file that the body begins on.
        problems: What is wrong with the encoding, the delimiters and the YAML; their `path` is None.
        readable: Whether a client could read it.
        source: The whole file as text, without a byte order mark.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    text: str = ""
    body: str = ""
    body_line: int = 1
    problems: tuple[Problem, ...] = ()
    readable: bool = True
    source: str = ""
    columns: Mapping[str, int] = field(default_factory=dict)


def parse(data: bytes) -> Frontmatter:
    """Read the bytes of a SKILL.md; never raises."""
    source, problems = _decoded(data)
    split = _split(source)
    if isinstance(split, Problem):
        return Frontmatter(body=source, problems=(*problems, split), readable=False, source=source)
    text, body = split
    problems = (*problems, *_delimiters(source, text))
    body_line = 3 + text.count("\n")
    # An undecodable byte in the body is wrong, but no reason for a client not to load the skill.
    broken = [one for one in problems if one.severity == "error" and (one.line or 0) < body_line]
    values, lines, columns, found = ({}, {}, {}, ()) if broken else _values(text)
    readable = not broken and not any(one.code.startswith("frontmatter-") for one in found)
    return Frontmatter(values, lines, text, body, body_line, (*problems, *found), readable, source, columns)


def body_of(data: bytes) -> str:
    """The body that `parse` gives for these bytes, without reading what stands above it."""
    source, _ = _decoded(data)
    split = _split(source)
    return source if isinstance(split, Problem) else split[1]


def parse_again(data: bytes, known: Frontmatter) -> Frontmatter:
    """What `parse` gave for the same bytes before, with the texts put back that `known` was kept without."""
    source, _ = _decoded(data)
    split = _split(source)
    if isinstance(split, Problem):
        return replace(known, body=source, source=source)
    text, body = split
    return replace(known, text=text, body=body, body_line=3 + text.count("\n"), source=source)


def _decoded(data: bytes) -> tuple[str, tuple[Problem, ...]]:
    problems = []
    skipped = 0
    if data.startswith(_BOM):
        skipped = len(_BOM)
        data = data[skipped:]
        what = "the file begins with a byte order mark, with which Codex and Gemini CLI see no frontmatter"
        problems.append(problem("byte-order-mark", what, line=1, column=1))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = decode(data)
        line = data.count(b"\n", 0, error.start) + 1
        what = f"byte {error.start + skipped} (0x{data[error.start]:02X}) is not UTF-8"
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            what = "the file is UTF-16, not UTF-8"
        problems.append(problem("not-utf-8", what, line=line))
    if (at := text.find("\0")) >= 0:
        problems.append(problem("nul-byte", "the file holds a NUL byte", line=text.count("\n", 0, at) + 1))
    return text, tuple(problems)


def _split(source: str) -> tuple[str, str] | Problem:
    """The text between the delimiters, and the body."""
    first, _, rest = source.partition("\n")
    if first.rstrip(" \t\r") != "---":
        if source.lstrip().startswith("---"):
            message = "the frontmatter has to begin on the first line; remove what stands before '---'"
        else:
            message = "there is no frontmatter; the first line has to be '---'"
        return problem("frontmatter-missing", message, line=1)
    closing = _CLOSING.search(rest)
    if closing is None:
        message = "the frontmatter is not closed; a line that is exactly '---' has to end it"
        if _DOCUMENT_END.search(rest):
            message += " ('...' ends YAML, but no client takes it for the end of the frontmatter)"
        return problem("frontmatter-unclosed", message, line=1)
    return rest[: closing.start()], rest[closing.end() + 1 :]


def _delimiters(source: str, text: str) -> Iterator[Problem]:
    """What is odd about the lines that delimit the frontmatter, and about dashes between them."""
    closing = 2 + text.count("\n")
    for number, line in ((1, source.partition("\n")[0]), (closing, _line(source, closing))):
        if (bare := line.removesuffix("\r")) != "---":
            what = f"{len(bare) - 3} blanks follow the '---', with which Gemini CLI does not see it"
            yield problem("delimiter-blanks", what, line=number, column=4)
    if (at := text.find("---")) >= 0:
        what = "'---' stands inside the frontmatter; readers that cut at it lose what follows"
        column = at - text.rfind("\n", 0, at)
        yield problem("dashes-in-frontmatter", what, line=2 + text.count("\n", 0, at), column=column)


def _line(text: str, number: int) -> str:
    return text.split("\n", number)[number - 1]


def _values(text: str) -> tuple[Mapping[str, Any], Mapping[str, int], Mapping[str, int], tuple[Problem, ...]]:
    size = len(text.encode("utf-8"))
    if size > MAX_FRONTMATTER:
        message = f"the frontmatter has {size:,} bytes; more than {MAX_FRONTMATTER:,} are not read"
        return {}, {}, {}, (problem("frontmatter-too-large", message, line=1),)
    problems: list[Problem] = []
    try:
        loaded = load(text, first_line=2, as_written=_AS_WRITTEN, core=True)
    except YamlError as error:
        recovered = _recover(text)
        if recovered is None:
            message = f"the frontmatter is not YAML that can be read: {error.what}"
            return {}, {}, {}, (problem("frontmatter-yaml", message, line=error.line, column=error.column),)
        loaded, keys = recovered
        for key in keys:
            message = f"the value of '{key}' holds a colon: not valid YAML, so Codex and Claude Code lose it"
            problems.append(problem("unquoted-colon", message, line=loaded.line(key), column=1))
    if loaded.value is not None and not isinstance(loaded.value, dict):
        message = "the frontmatter has to be keys with values, like 'name: my-skill'"
        return {}, {}, {}, (problem("frontmatter-not-mapping", message, line=loaded.line() or 2),)
    names = {path: ".".join(map(str, path)) for path in loaded.lines if 0 < len(path) <= 2}
    lines = {name: loaded.lines[path] for path, name in names.items()}
    columns = {name: loaded.columns[path] for path, name in names.items()}
    return loaded.value or {}, lines, columns, (*problems, *_oddities(loaded))


def _oddities(loaded: Loaded) -> Iterator[Problem]:
    for duplicate in loaded.duplicates:
        key = _short(duplicate.key)
        message = f"'{key}' stands twice (first in line {duplicate.first_line}); clients differ in which one counts"
        yield problem("duplicate-key", message, line=duplicate.line, column=duplicate.column)
    for scalar in loaded.unquoted:
        place = _short(".".join(map(str, scalar.path)))
        message = f"'{place}' is written {_short(scalar.written)} but some clients read {_short(scalar.read_as)}"
        found = problem("unquoted-value", message, line=scalar.line, column=scalar.column)
        yield replace(found, remedy="Write true or false.") if takes_true_or_false(place) else found


def _short(text: str) -> str:
    return truncate(visible(text), 60)


def quoted_colons(text: str) -> tuple[str, list[str]]:
    """A frontmatter with the values that hold a colon in quotes, and their keys; a value keeps its lines."""
    lines = text.split("\n")
    keys = []
    at = 0
    while at < len(lines):
        end = at + 1
        while end < len(lines) and (not lines[end].strip() or lines[end][0] in " \t"):
            end += 1
        if plain := _PLAIN_VALUE.fullmatch(lines[at].rstrip()):
            block = "\n".join([plain[2], *lines[at + 1 : end]])
            value = block.rstrip()
            if re.search(r":(\s|$)", value):
                quoted = value.replace("'", "''")
                lines[at:end] = f"{plain[1]}: '{quoted}'{block[len(value) :]}".split("\n")
                keys.append(plain[1])
        at = end
    return "\n".join(lines), keys


def _recover(text: str) -> tuple[Loaded, list[str]] | None:
    """Read it again with values that hold a colon in quotes, as the clients' guide advises; None if that fails too."""
    quoted, keys = quoted_colons(text)
    if not keys:
        return None
    try:
        return load(quoted, first_line=2, as_written=_AS_WRITTEN, core=True), keys
    except YamlError:
        return None
