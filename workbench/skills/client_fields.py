"""Which fields of a SKILL.md each client reads, of what type, and what they do there.

Sources: the specification (agentskills.io), code.claude.com/docs/en/skills, openai/codex (codex-rs/core-skills),
cursor.com/docs/skills, microsoft/vscode (promptValidator), google-gemini/gemini-cli (skillLoader.ts),
anomalyco/opencode (skill.ts); read in 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.skills.clients import ClientId, client
from workbench.text import truncate, visible

Kind = Literal["text", "boolean", "number or text", "text or list", "mapping"]

SPEC_FIELDS = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the frontmatter beyond those of the specification.

    Attributes:
        kind: What a client reads there.
        clients: Those that read it.
        does: What it does, a phrase.
        values: The only values it can have; empty if any.
        needs: Another field, with a value, without which it does nothing.
    """

    name: str
    kind: Kind
    clients: tuple[ClientId, ...]
    does: str
    values: tuple[str, ...] = ()
    needs: tuple[str, str] | None = None


EXTENSIONS: tuple[Field, ...] = (
    Field("when_to_use", "text", ("claude",), "is added to the description in the list of skills"),
    Field("argument-hint", "text", ("claude", "copilot"), "is shown while the skill's arguments are typed"),
    Field("arguments", "text or list", ("claude",), "names the arguments that the body uses as $name"),
    Field("disable-model-invocation", "boolean", ("claude", "cursor", "copilot"), "leaves it to people to start it"),
    Field("user-invocable", "boolean", ("claude", "copilot"), "hides it from the menu of people when false"),
    Field("disallowed-tools", "text or list", ("claude",), "takes tools away while it is used"),
    Field("model", "text", ("claude",), "chooses the model while it is used"),
    Field(
        "effort",
        "number or text",
        ("claude",),
        "chooses how much the model thinks",
        values=("low", "medium", "high", "xhigh", "max"),
    ),
    Field("context", "text", ("claude",), "runs it in a sub-agent when 'fork'", values=("fork",)),
    Field("agent", "text", ("claude",), "chooses the kind of sub-agent", needs=("context", "fork")),
    Field("background", "boolean", ("claude",), "lets the sub-agent run beside the talk", needs=("context", "fork")),
    Field("hooks", "mapping", ("claude",), "runs commands when something happens while it is used"),
    Field("paths", "text or list", ("claude", "cursor"), "limits it to work on files that match"),
    Field("shell", "text", ("claude",), "chooses the shell for commands in the body", values=("bash", "powershell")),
)

_KINDS: Mapping[Kind, str] = {
    "boolean": "true or false",
    "text": "text",
    "text or list": "text or a list of texts",
    "number or text": "a number or a word",
    "mapping": "a mapping",
}

_BY_NAME: Mapping[str, Field] = {field.name: field for field in EXTENSIONS}

_SPEC_READERS: Mapping[str, tuple[ClientId, ...]] = {
    "name": ("claude", "codex", "cursor", "copilot", "gemini", "opencode"),
    "description": ("claude", "codex", "cursor", "copilot", "gemini", "opencode"),
    "license": ("claude", "cursor", "copilot", "opencode"),
    "compatibility": ("claude", "cursor", "copilot", "opencode"),
    "metadata": ("claude", "codex", "cursor", "copilot", "opencode"),
    "allowed-tools": ("claude", "copilot"),
}


def extension(name: str) -> Field | None:
    """What some client reads in this field; None for the specification's fields and for those that nobody reads."""
    return _BY_NAME.get(name)


def readers(name: str) -> tuple[ClientId, ...]:
    """The clients that read a field, or at least take it without a word."""
    found = _BY_NAME.get(name)
    return found.clients if found else _SPEC_READERS.get(name, ())


def complaint(field: Field, value: Any) -> tuple[str, str] | None:
    """The code and the message of what is wrong with a field's value; None if the clients can use it."""
    if not fits(field, value):
        return "field-type", f"'{field.name}' has to be {_KINDS[field.kind]}, not {kind_of(value)}"
    if field.values and isinstance(value, str) and value not in field.values:
        who = " and ".join(client(id_).label for id_ in field.clients)
        shown = truncate(visible(value), 60)
        return "field-value", f"'{field.name}' is '{shown}'; {who} knows {', '.join(field.values)}"
    return None


def takes_true_or_false(name: str) -> bool:
    """Whether clients read true or false in this field: in quotes it would be neither."""
    found = _BY_NAME.get(name)
    return found is not None and found.kind == "boolean"


def fits(field: Field, value: Any) -> bool:
    """Whether a value has a type that the clients read in this field; an empty one counts as absent."""
    if value is None:
        return True
    if field.kind == "boolean":
        return isinstance(value, bool)
    if field.kind == "mapping":
        return isinstance(value, dict)
    if field.kind == "text or list" and isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    if field.kind == "number or text" and isinstance(value, int) and not isinstance(value, bool):
        return True
    if field.name == "argument-hint" and isinstance(value, list):
        return True  # `argument-hint: [file]` is what its documentation shows, and YAML reads a list there
    return isinstance(value, str)


def kind_of(value: Any) -> str:
    """What type a value has, in words that follow "not"."""
    if value is None:
        return "empty"
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a mapping", str: "text"}
    return names.get(type(value), "something else")
