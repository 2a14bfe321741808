"""Compares the paths and operations of two documents: parameters, bodies, responses and security."""

import re
from dataclasses import dataclass
from typing import Any

from changes import Changes, Direction, Kind
from document import Document, Node, canonical, listing, mapping
from schemas import SchemaDiff

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
TEMPLATE = re.compile(r"\{([^{}]*)\}")
Requirement = frozenset[tuple[str, str]]


@dataclass
class OperationDiff:
    """Compares two documents operation by operation."""

    old: Document
    new: Document
    changes: Changes
    schemas: SchemaDiff

    def run(self) -> None:
        """Compare everything that is compared."""
        before, after = operations(self.old), operations(self.new)
        for key, operation in before.items():
            self.changes.begin(after.get(key, operation).name)
            if key in after:
                self._operation(operation, after[key])
            else:
                note = " (it was marked as deprecated)" if operation.node.get("deprecated") is True else ""
                self.changes.add("breaking", "operation-removed", operation.name, f"the operation is gone{note}")
        for key, operation in after.items():
            if key not in before:
                self.changes.begin(operation.name)
                self.changes.add("compatible", "operation-added", operation.name, "a new operation")
        self.changes.bit = 0
        self._document()
        self.schemas.finish()

    def _document(self) -> None:
        if canonical(listing(self.old.root, "servers")) != canonical(listing(self.new.root, "servers")):
            self.changes.add("risky", "servers-changed", "servers", "the list of servers changed")
        before = mapping(mapping(self.old.root, "components"), "securitySchemes")
        after = mapping(mapping(self.new.root, "components"), "securitySchemes")
        for name in before:
            if name in after and canonical(before[name]) != canonical(after[name]):
                self.changes.add(
                    "risky", "security-scheme-changed", f"security scheme {name}", "its definition changed"
                )

    def _operation(self, old: "Operation", new: "Operation") -> None:
        name = new.name
        before, after = old.node.get("operationId"), new.node.get("operationId")
        if before is not None and before != after:
            message = f"operationId {str(before)[:60]} became {str(after)[:60]}; generated clients change"
            self.changes.add("risky", "operation-id-changed", name, message)
        if new.node.get("deprecated") is True and old.node.get("deprecated") is not True:
            self.changes.add("compatible", "operation-deprecated", name, "deprecated since now")
        self._parameters(old, new)
        self._request_body(old.node.get("requestBody"), new.node.get("requestBody"), name)
        self._responses(mapping(old.node, "responses"), mapping(new.node, "responses"), name)
        self._security(old, new)

    def _parameters(self, old: "Operation", new: "Operation") -> None:
        before, after = parameters(self.old, old), parameters(self.new, new)
        for key, parameter in before.items():
            where = f"{new.name} {parameter.get('in')} parameter {parameter.get('name')}"
            if key not in after:
                self.changes.add("risky", "parameter-removed", where, "the parameter is gone; servers may refuse it")
            else:
                self._parameter(parameter, after[key], where)
        for key, parameter in after.items():
            if key not in before:
                where = f"{new.name} {parameter.get('in')} parameter {parameter.get('name')}"
                if parameter.get("required") is True:
                    self.changes.add("breaking", "parameter-added", where, "a new required parameter")
                else:
                    self.changes.add("compatible", "parameter-added", where, "a new optional parameter")

    def _parameter(self, old: Node, new: Node, where: str) -> None:
        was, now = old.get("required") is True, new.get("required") is True
        if now and not was:
            self.changes.add("breaking", "parameter-became-required", where, "required since now")
        elif was and not now:
            self.changes.add("compatible", "parameter-became-optional", where, "no longer required")
        if serialisation(old) != serialisation(new):
            self.changes.add(
                "breaking", "parameter-style-changed", where, "style or explode changed: it is sent otherwise"
            )
        self.schemas.compare(schema_of(old), schema_of(new), f"{where}:", "request")

    def _request_body(self, old_node: Any, new_node: Any, name: str) -> None:
        where = f"{name} request body"
        old, new = self.old.resolve(old_node)[0], self.new.resolve(new_node)[0]
        if new and not old:
            if new.get("required") is True:
                self.changes.add("breaking", "request-body-added", where, "a new required body")
            else:
                self.changes.add("compatible", "request-body-added", where, "a new optional body")
        elif old and not new:
            self.changes.add("risky", "request-body-removed", where, "the body is gone; servers may refuse it")
        elif old and new:
            was, now = old.get("required") is True, new.get("required") is True
            if now and not was:
                self.changes.add("breaking", "request-body-became-required", where, "required since now")
            elif was and not now:
                self.changes.add("compatible", "request-body-became-optional", where, "no longer required")
            self._content(old, new, where, "request")

    def _content(self, old: Node, new: Node, where: str, direction: Direction) -> None:
        before, after = mapping(old, "content"), mapping(new, "content")
        for media in before:
            if media in after:
                inside = f"{where} {media}:"
                self.schemas.compare(
                    mapping(before, media).get("schema"), mapping(after, media).get("schema"), inside, direction
                )
            else:
                self.changes.add(
                    "breaking", f"{direction}-media-type-removed", f"{where} {media}", "the media type is gone"
                )
        for media in after:
            if media not in before and before:
                self.changes.add("compatible", f"{direction}-media-type-added", f"{where} {media}", "a new media type")

    def _responses(self, old: Node, new: Node, name: str) -> None:
        for code, node in old.items():
            where = f"{name} response {code}"
            other = new.get(code, new.get(f"{code[:1]}XX"))
            if other is None:
                kind: Kind = "breaking" if code.startswith("2") else "risky"
                self.changes.add(kind, "response-removed", where, "the response is gone")
                continue
            before, after = self.old.resolve(node)[0], self.new.resolve(other)[0]
            self._headers(mapping(before, "headers"), mapping(after, "headers"), where)
            self._content(before, after, where, "response")
        for code in new:
            if code not in old and not any(f"{code[:1]}XX" == known for known in old):
                self.changes.add("compatible", "response-added", f"{name} response {code}", "a new response")

    def _headers(self, old: Node, new: Node, where: str) -> None:
        after = {name.lower(): node for name, node in new.items()}
        for name, node in old.items():
            inside = f"{where} header {name}"
            header = self.old.resolve(node)[0]
            if name.lower() in after:
                other = self.new.resolve(after[name.lower()])[0]
                self.schemas.compare(schema_of(header), schema_of(other), f"{inside}:", "response")
            elif header.get("required") is True:
                self.changes.add("breaking", "response-header-removed", inside, "the required header is gone")
            else:
                self.changes.add("risky", "response-header-removed", inside, "the header is gone")

    def _security(self, old: "Operation", new: "Operation") -> None:
        before, after = requirements(self.old, old.node), requirements(self.new, new.node)
        if before == after:
            return
        if all(any(need <= had for need in after) for had in before):
            self.changes.add("compatible", "security-loosened", new.name, "what was enough to be let in still is")
        else:
            self.changes.add("breaking", "security-tightened", new.name, "what was enough to be let in no longer is")


@dataclass(frozen=True)
class Operation:
    """An operation with the path that it belongs to."""

    path: str
    method: str
    item: Node
    node: Node

    @property
    def name(self) -> str:
        """What reports call it: `GET /pets/{id}`."""
        return f"{self.method.upper()} {self.path}"


def operations(document: Document) -> dict[tuple[str, str], Operation]:
    """The operations of a document; the names of path parameters do not make a path another one."""
    found: dict[tuple[str, str], Operation] = {}
    for path, node in mapping(document.root, "paths").items():
        item = document.resolve(node)[0]
        for method in METHODS:
            if isinstance(item.get(method), dict):
                found[TEMPLATE.sub("{}", path), method] = Operation(path, method, item, item[method])
    return found


def parameters(document: Document, operation: Operation) -> dict[tuple[str, str], Node]:
    """The parameters of an operation and its path; those in the path are known by their position."""
    positions = {name: f"#{index}" for index, name in enumerate(TEMPLATE.findall(operation.path))}
    found: dict[tuple[str, str], Node] = {}
    for node in (*listing(operation.item, "parameters"), *listing(operation.node, "parameters")):
        parameter = document.resolve(node)[0]
        place, name = str(parameter.get("in", "")), str(parameter.get("name", ""))
        key = positions.get(name, name) if place == "path" else name.lower() if place == "header" else name
        if place and name:
            found[place, key] = parameter
    return found


def serialisation(parameter: Node) -> tuple[Any, Any, bool]:
    """How a parameter is written into a request."""
    style = parameter.get("style", STYLES.get(str(parameter.get("in")), ""))
    return style, parameter.get("explode", style == "form"), "content" in parameter


def schema_of(node: Node) -> Any:
    """The schema of a parameter or header, directly or in its only content."""
    if "schema" in node:
        return node["schema"]
    content = mapping(node, "content")
    return next((mapping(content, media).get("schema") for media in sorted(content)), None)


def requirements(document: Document, operation: Node) -> set[Requirement]:
    """The ways to be let in: each a set of schemes and scopes; one empty set if everybody is."""
    stated = operation.get("security", document.root.get("security"))
    found: set[Requirement] = set()
    for option in stated if isinstance(stated, list) else []:
        if isinstance(option, dict):
            schemes = {(name, "") for name in option}
            scopes = {(name, str(scope)) for name in option for scope in listing(option, name)}
            found.add(frozenset(schemes | scopes))
    return found or {frozenset()}
