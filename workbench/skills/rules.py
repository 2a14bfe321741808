"""What the Agent Skills specification asks of a skill, checked one rule at a time."""

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.skills.frontmatter import Frontmatter
from workbench.skills.model import Problem, Severity
from workbench.text import hidden_characters, plural, truncate, visible

MAX_NAME = 64
MAX_DESCRIPTION = 1024
MAX_COMPATIBILITY = 500
MAX_BODY_LINES = 500

SPEC_FIELDS = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
CLIENT_FIELDS = (
    "when_to_use", "argument-hint", "arguments", "disable-model-invocation", "user-invocable", "disallowed-tools",
    "model", "effort", "context", "agent", "background", "hooks", "paths", "shell",
)  # fmt: skip

_SPEC_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERSION = re.compile(r"\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?")
_HIDDEN_LINES_SHOWN = 5
_HINTS = 20


def check(frontmatter: Frontmatter, folder_name: str | None) -> Iterator[Problem]:
    """Everything in a readable frontmatter and its body that breaks the specification or is likely to hurt.

    Args:
        frontmatter: As `frontmatter.parse` gave it.
        folder_name: The name of the skill's folder; None if it can't be known.
    """
    if frontmatter.readable:
        yield from _name(frontmatter, folder_name)
        yield from _description(frontmatter)
        yield from _texts(frontmatter)
        yield from _metadata(frontmatter)
        yield from _allowed_tools(frontmatter)
        yield from _unknown_fields(frontmatter)
        yield from _body(frontmatter)
        yield from _hidden(frontmatter)


def loads(frontmatter: Frontmatter) -> bool:
    """Whether any client would load it: it can be read and has a description."""
    description = frontmatter.values.get("description")
    return frontmatter.readable and isinstance(description, str) and bool(description.strip())


def _at(frontmatter: Frontmatter, key: str, severity: Severity, code: str, message: str) -> Problem:
    # What is missing has no column: it would have to be somewhere in the frontmatter.
    line, column = frontmatter.lines.get(key, 1), frontmatter.columns.get(key)
    return Problem(severity, code, message, line=line, column=column)


def _shown(value: object, width: int = 80) -> str:
    return truncate(visible(str(value)), width)


def _name(matter: Frontmatter, folder_name: str | None) -> Iterator[Problem]:
    value = matter.values.get("name")
    if value is None or value == "":
        yield _at(matter, "name", "error", "name-missing", "there is no name; clients will use the folder's name")
        return
    if not isinstance(value, str):
        yield _at(
            matter, "name", "error", "name-type", f"the name has to be text, not {_kind(value)}; put it in quotes"
        )
        return
    name = unicodedata.normalize("NFKC", value.strip())
    shown = _shown(name)
    if value != value.strip():
        message = f"the name '{shown}' has spaces around it; clients that compare it as it is will not find it"
        yield _at(matter, "name", "warning", "name-whitespace", message)
    if len(name) > MAX_NAME:
        message = f"the name has {len(name):,} characters; at most {MAX_NAME} are allowed"
        yield _at(matter, "name", "error", "name-too-long", message)
    if name != name.lower():
        yield _at(matter, "name", "error", "name-uppercase", f"the name '{shown}' has to be in lower case")
    if name.startswith("-") or name.endswith("-"):
        yield _at(matter, "name", "error", "name-hyphen", f"the name '{shown}' can't begin or end with a hyphen")
    if "--" in name:
        yield _at(matter, "name", "error", "name-double-hyphen", f"the name '{shown}' has two hyphens in a row")
    if not all(char.isalnum() or char == "-" for char in name):
        message = f"the name '{shown}' may only have letters a-z, digits and hyphens"
        yield _at(matter, "name", "error", "name-characters", message)
    elif not name.isascii():
        message = f"the name '{shown}' has letters other than a-z, which some clients refuse and which can look alike"
        yield _at(matter, "name", "warning", "name-not-ascii", message)
    if folder_name is not None and name != unicodedata.normalize("NFKC", folder_name):
        message = f"the name '{shown}' is not the folder's name '{_shown(folder_name)}'"
        yield _at(matter, "name", "error", "name-mismatch", message)


def _description(matter: Frontmatter) -> Iterator[Problem]:
    value = matter.values.get("description")
    if "description" not in matter.values:
        message = "there is no description; no client loads the skill without one"
        yield _at(matter, "description", "error", "description-missing", message)
    elif value is None or (isinstance(value, str) and not value.strip()):
        message = "the description is empty; no client loads the skill without one"
        yield _at(matter, "description", "error", "description-empty", message)
    elif not isinstance(value, str):
        message = f"the description has to be text, not {_kind(value)}; put it in quotes"
        yield _at(matter, "description", "error", "description-type", message)
    elif len(value) > MAX_DESCRIPTION:
        message = f"the description has {len(value):,} characters; at most {MAX_DESCRIPTION:,} are allowed"
        yield _at(matter, "description", "error", "description-too-long", message)


def _texts(matter: Frontmatter) -> Iterator[Problem]:
    license_ = matter.values.get("license")
    if license_ is not None and not isinstance(license_, str):
        message = f"the license has to be text, not {_kind(license_)}"
        yield _at(matter, "license", "warning", "license-type", message)
    if "compatibility" not in matter.values:
        return
    value = matter.values["compatibility"]
    if value is None or value == "":
        message = "compatibility is empty; say what the skill needs, or remove it"
        yield _at(matter, "compatibility", "warning", "compatibility-empty", message)
    elif not isinstance(value, str):
        message = f"compatibility has to be text, not {_kind(value)}"
        yield _at(matter, "compatibility", "error", "compatibility-type", message)
    elif len(value) > MAX_COMPATIBILITY:
        message = f"compatibility has {len(value):,} characters; at most {MAX_COMPATIBILITY} are allowed"
        yield _at(matter, "compatibility", "error", "compatibility-too-long", message)


def _metadata(matter: Frontmatter) -> Iterator[Problem]:
    if "metadata" not in matter.values:
        return
    value = matter.values["metadata"]
    if not isinstance(value, Mapping):
        if value:
            message = f"metadata has to map names to texts, not be {_kind(value)}"
            yield _at(matter, "metadata", "warning", "metadata-type", message)
        return
    for key, item in value.items():
        if not isinstance(item, str):
            message = f"metadata '{_shown(key)}' has to be text, not {_kind(item)}; clients may drop it"
            yield _at(matter, f"metadata.{key}", "warning", "metadata-value", message)
    version = value.get("version")
    if isinstance(version, str) and not _VERSION.fullmatch(version):
        message = f"the version '{_shown(version, 40)}' is not a semantic version like 1.2.0"
        yield _at(matter, "metadata.version", "info", "version-format", message)


def _allowed_tools(matter: Frontmatter) -> Iterator[Problem]:
    value = matter.values.get("allowed-tools")
    if value is None:
        return
    if isinstance(value, list):
        message = "allowed-tools is a list; the specification asks for one text with spaces between"
        yield _at(matter, "allowed-tools", "warning", "allowed-tools-list", message)
    elif not isinstance(value, str):
        message = f"allowed-tools has to be text, not {_kind(value)}"
        yield _at(matter, "allowed-tools", "warning", "allowed-tools-type", message)


def _unknown_fields(matter: Frontmatter) -> Iterator[Problem]:
    hints = _HINTS
    for key in matter.values:
        if key in SPEC_FIELDS:
            continue
        shown = _shown(key, 60)
        if key in CLIENT_FIELDS:
            message = f"'{shown}' is a field of some clients, not of the specification"
            yield _at(matter, key, "info", "client-field", message)
            continue
        near = difflib.get_close_matches(key[:80], SPEC_FIELDS + CLIENT_FIELDS, n=1, cutoff=0.75) if hints else []
        hints = max(0, hints - 1)
        hint = f"; did you mean '{near[0]}'?" if near else "; put it below 'metadata'"
        yield _at(matter, key, "warning", "unknown-field", f"'{shown}' is not a field of the specification{hint}")


def _body(matter: Frontmatter) -> Iterator[Problem]:
    if not matter.body.strip():
        message = "there are no instructions under the frontmatter"
        yield Problem("warning", "body-empty", message, line=matter.body_line)
        return
    count = len(matter.body.splitlines())
    if count > MAX_BODY_LINES:
        message = f"the body has {count:,} lines; keep it under {MAX_BODY_LINES} and move details to other files"
        yield Problem("warning", "body-long", message, line=matter.body_line)


def _hidden(matter: Frontmatter) -> Iterator[Problem]:
    """Characters that a reader can't see: in the file as it is, and in values that write them as escapes."""
    lines: dict[int, list[str]] = {}
    columns: dict[int, int] = {}
    for line, column, name in hidden_characters(matter.source):
        lines.setdefault(line, []).append(name)
        columns.setdefault(line, column)
    for key, value in matter.values.items():
        line = matter.lines.get(key, 1)
        if isinstance(value, str) and line not in lines and (found := hidden_characters(value)):
            lines[line] = [name for _, _, name in found]
    for line in sorted(lines)[:_HIDDEN_LINES_SHOWN]:
        names = lines[line]
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        message = f"a character that can't be seen stands here: {names[0]}{more}"
        yield Problem("warning", "hidden-characters", message, line=line, column=columns.get(line))
    if (rest := len(lines) - _HIDDEN_LINES_SHOWN) > 0:
        message = f"{plural(rest, 'further line')} with characters that can't be seen"
        yield Problem("warning", "hidden-characters", message, line=sorted(lines)[_HIDDEN_LINES_SHOWN])


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a mapping", str: "text"}
    return names.get(type(value), "something else")
