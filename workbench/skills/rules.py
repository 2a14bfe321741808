"""What the Agent Skills specification asks of a skill, checked one rule at a time."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from workbench.skills.client_fields import kind_of
from workbench.skills.codes import problem
from workbench.skills.frontmatter import Frontmatter
from workbench.skills.model import Problem
from workbench.skills.rules_body import check_body
from workbench.skills.rules_fields import check_fields
from workbench.text import truncate, visible

MAX_NAME = 64
MAX_DESCRIPTION = 1024
MAX_COMPATIBILITY = 500

_VERSION = re.compile(r"\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?")


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
        yield from check_fields(frontmatter)
        yield from check_body(frontmatter)


def loads(frontmatter: Frontmatter) -> bool:
    """Whether any client would load it: it can be read and has a description."""
    description = frontmatter.values.get("description")
    return frontmatter.readable and isinstance(description, str) and bool(description.strip())


def _at(frontmatter: Frontmatter, key: str, code: str, message: str) -> Problem:
    # What is missing has no column: it would have to be somewhere in the frontmatter.
    line, column = frontmatter.lines.get(key, 1), frontmatter.columns.get(key)
    return problem(code, message, line=line, column=column)


def _name(matter: Frontmatter, folder_name: str | None) -> Iterator[Problem]:
    value = matter.values.get("name")
    if value is None or value == "":
        yield _at(
            matter,
            "name",
            "name-missing",
            "there is no name; Claude Code and Codex use the folder's, others skip the skill",
        )
        return
    if not isinstance(value, str):
        yield _at(matter, "name", "name-type", f"the name has to be text, not {kind_of(value)}")
        return
    name = unicodedata.normalize("NFKC", value.strip())
    shown = _shown(name)
    if value != value.strip():
        message = f"the name '{shown}' has spaces around it; clients that compare it as it is will not find it"
        yield _at(matter, "name", "name-whitespace", message)
    if len(name) > MAX_NAME:
        message = f"the name has {len(name):,} characters; at most {MAX_NAME} are allowed"
        yield _at(matter, "name", "name-too-long", message)
    if name != name.lower():
        yield _at(matter, "name", "name-uppercase", f"the name '{shown}' has to be in lower case")
    if name.startswith("-") or name.endswith("-"):
        yield _at(matter, "name", "name-hyphen", f"the name '{shown}' can't begin or end with a hyphen")
    if "--" in name:
        yield _at(matter, "name", "name-double-hyphen", f"the name '{shown}' has two hyphens in a row")
    if not all(char.isalnum() or char == "-" for char in name):
        message = f"the name '{shown}' may only have letters a-z, digits and hyphens"
        yield _at(matter, "name", "name-characters", message)
    elif not name.isascii():
        message = f"the name '{shown}' has letters other than a-z, which some clients refuse and which can look alike"
        yield _at(matter, "name", "name-not-ascii", message)
    if folder_name is not None and name != unicodedata.normalize("NFKC", folder_name):
        message = f"the name '{shown}' is not the folder's name '{_shown(folder_name)}'"
        yield _at(matter, "name", "name-mismatch", message)


def _description(matter: Frontmatter) -> Iterator[Problem]:
    value = matter.values.get("description")
    if "description" not in matter.values:
        message = "there is no description; most clients skip the skill without one"
        yield _at(matter, "description", "description-missing", message)
    elif value is None or (isinstance(value, str) and not value.strip()):
        message = "the description is empty; most clients skip the skill without one"
        yield _at(matter, "description", "description-empty", message)
    elif not isinstance(value, str):
        message = f"the description has to be text, not {kind_of(value)}"
        yield _at(matter, "description", "description-type", message)
    elif len(value) > MAX_DESCRIPTION:
        message = f"the description has {len(value):,} characters; at most {MAX_DESCRIPTION:,} are allowed"
        yield _at(matter, "description", "description-too-long", message)
    elif "<" in value and ">" in value:
        message = "the description has '<' and '>', which uploads to claude.ai refuse"
        yield _at(matter, "description", "description-markup", message)


def _texts(matter: Frontmatter) -> Iterator[Problem]:
    license_ = matter.values.get("license")
    if license_ is not None and not isinstance(license_, str):
        message = f"the license has to be text, not {kind_of(license_)}"
        yield _at(matter, "license", "license-type", message)
    if "compatibility" not in matter.values:
        return
    value = matter.values["compatibility"]
    if value is None or value == "":
        message = "compatibility is empty"
        yield _at(matter, "compatibility", "compatibility-empty", message)
    elif not isinstance(value, str):
        message = f"compatibility has to be text, not {kind_of(value)}"
        yield _at(matter, "compatibility", "compatibility-type", message)
    elif len(value) > MAX_COMPATIBILITY:
        message = f"compatibility has {len(value):,} characters; at most {MAX_COMPATIBILITY} are allowed"
        yield _at(matter, "compatibility", "compatibility-too-long", message)


def _metadata(matter: Frontmatter) -> Iterator[Problem]:
    if "metadata" not in matter.values:
        return
    value = matter.values["metadata"]
    if not isinstance(value, Mapping):
        if value:
            message = f"metadata has to map names to texts, not be {kind_of(value)}"
            yield _at(matter, "metadata", "metadata-type", message)
        return
    for key, item in value.items():
        if not isinstance(item, str):
            message = f"metadata '{_shown(key)}' has to be text, not {kind_of(item)}; clients may drop it"
            yield _at(matter, f"metadata.{key}", "metadata-value", message)
    version = value.get("version")
    if isinstance(version, str) and not _VERSION.fullmatch(version):
        message = f"the version '{_shown(version, 40)}' is not a semantic version like 1.2.0"
        yield _at(matter, "metadata.version", "version-format", message)


def _shown(value: object, width: int = 80) -> str:
    return truncate(visible(str(value)), width)
