"""Reads an OpenAPI 3.x document in JSON and follows its references."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

MAX_BYTES = 32 * 1024 * 1024
MAX_HOPS = 50

Node = dict[str, Any]
ANYTHING: Node = {}
NOTHING: Node = {"not": {}}


class DocumentError(Exception):
    """A document can't be used; the message says why and what to do."""


@dataclass
class Document:
    """An OpenAPI document.

    Attributes:
        outside: References to other documents, which are not followed.
        flat: Schemas whose `allOf` was merged, by the identity of the schema, so that each is merged once.
    """

    name: str
    root: Node
    outside: set[str] = field(default_factory=set)
    flat: dict[int, Node] = field(default_factory=dict)

    def resolve(self, node: Any) -> tuple[Node, str]:
        """A node with its references followed, and the last reference; anything goes for one to another document.

        Raises:
            DocumentError: A reference leads nowhere, or in a circle.
        """
        reference = ""
        for _ in range(MAX_HOPS):
            if not isinstance(node, dict):
                return (NOTHING if node is False else ANYTHING), reference
            found = node.get("$ref")
            if not isinstance(found, str):
                return node, reference
            reference = found
            if not found.startswith("#"):
                self.outside.add(found)
                return ANYTHING, reference
            node = self.at(found)
        raise DocumentError(f"{self.name}: the reference {reference!r} runs in a circle")

    def at(self, reference: str) -> Any:
        """What a reference of the form `#/a/b` leads to.

        Raises:
            DocumentError: It leads nowhere.
        """
        place: Any = self.root
        for token in reference[1:].split("/")[1:]:
            key = unquote(token).replace("~1", "/").replace("~0", "~")
            if isinstance(place, dict) and key in place:
                place = place[key]
            elif isinstance(place, list) and key.isdecimal() and len(key) < 9 and int(key) < len(place):
                place = place[int(key)]
            else:
                raise DocumentError(f"{self.name}: the reference {reference!r} leads nowhere")
        return place


def read_document(path: Path) -> Document:
    """Read a document.

    Raises:
        DocumentError: It is missing, not JSON, or not OpenAPI 3.x.
    """
    text = read_text(path)
    try:
        root = json.loads(text)
    except json.JSONDecodeError as error:
        hint = "; YAML has to be converted first" if path.suffix in (".yaml", ".yml") or ":" in text[:80] else ""
        raise DocumentError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}{hint}") from None
    except (ValueError, RecursionError):
        raise DocumentError(f"{path} has a number that is too long, or is nested too deeply") from None
    if not isinstance(root, dict):
        raise DocumentError(f"{path} is not an OpenAPI document: it has to be a JSON object")
    if "swagger" in root:
        raise DocumentError(f"{path} is Swagger {root['swagger']}; convert it to OpenAPI 3 first")
    version = root.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        raise DocumentError(f'{path} is not an OpenAPI 3 document: "openapi" is {json.dumps(version)[:40]}')
    return Document(str(path), root)


def read_text(path: Path) -> str:
    """The text of a UTF-8 file.

    Raises:
        DocumentError: It is missing, a folder, unreadable, too large, empty or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise DocumentError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise DocumentError(f"{path} is a folder; name one OpenAPI document") from None
    except OSError as error:
        raise DocumentError(f"{path} can't be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise DocumentError(f"{path} is larger than {MAX_BYTES >> 20} MiB")
    if not data.strip():
        raise DocumentError(f"{path} has no content")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path} is not UTF-8 (byte {error.start})") from None


def unchanged_components(old: Document, new: Document) -> frozenset[str]:
    """References to components that are the same in both documents, with everything that they refer to."""
    same: set[str] = set()
    needed_by: dict[str, list[str]] = {}
    new_components = mapping(new.root, "components")
    for kind, group in mapping(old.root, "components").items():
        for name, part in group.items() if isinstance(group, dict) else ():
            other = mapping(new_components, kind)
            if name in other and canonical(part) == canonical(other[name]):
                reference = f"#/components/{kind}/{name}"
                same.add(reference)
                for needed in references(part):
                    needed_by.setdefault(needed, []).append(reference)
    differing = [needed for needed in needed_by if needed not in same]
    while differing:
        affected = [reference for reference in needed_by.get(differing.pop(), ()) if reference in same]
        same.difference_update(affected)
        differing += affected
    return frozenset(same)


def references(node: Any) -> Iterator[str]:
    """Every reference within a node."""
    todo = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            todo += part.values()
        elif isinstance(part, list):
            todo += part


def canonical(value: Any) -> str:
    """A text that is the same for equal JSON values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def mapping(node: Any, key: str) -> Node:
    """The object under a key, or an empty one."""
    found = node.get(key) if isinstance(node, dict) else None
    return found if isinstance(found, dict) else {}


def listing(node: Any, key: str) -> list[Any]:
    """The array under a key, or an empty one."""
    found = node.get(key) if isinstance(node, dict) else None
    return found if isinstance(found, list) else []
