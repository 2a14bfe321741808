"""Compares two schemas: what a client may send must not get narrower, what it receives must not get wider."""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from changes import Changes, Direction, Kind
from document import Document, Node, canonical, listing, mapping

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
FORMS = ("format", "pattern", "multipleOf", "uniqueItems")
UNREAD = ("not", "if", "then", "else", "patternProperties", "propertyNames", "contains", "prefixItems", "discriminator")
UNREAD_TOO = ("dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems")
MERGED = frozenset({"allOf", "properties", "required"})
MAX_MERGES = 50


@dataclass
class Pair:
    """Two schemas that are compared once, wherever they are used.

    Attributes:
        parts: The pairs within these two.
        found: The changes in these two themselves: kind, rule, place and message.
        bits: The operations that use them, as `Changes` counts operations.
    """

    old: Node
    new: Node
    place: str
    direction: Direction
    parts: list["Pair"] = field(default_factory=list)
    found: list[tuple[Kind, str, str, str]] = field(default_factory=list)
    bits: int = 0


@dataclass
class SchemaDiff:
    """Compares schemas of two documents, each pair once and without recursion: real documents refer in long circles.

    Attributes:
        pairs: All pairs so far, by identity of the schemas and by direction.
        todo: The pairs that wait to be compared.
        at_hand: The pair that is being compared; None while operations are.
    """

    old: Document
    new: Document
    changes: Changes
    unchanged: frozenset[str]
    pairs: dict[tuple[int, int, str], Pair] = field(default_factory=dict)
    todo: deque[Pair] = field(default_factory=deque)
    at_hand: Pair | None = None

    def compare(self, old_node: Any, new_node: Any, place: str, direction: Direction) -> None:
        """Put two schemas on the list, for the operation or pair at hand; `place` says in words where they are."""
        old, old_reference = self.old.resolve(old_node)
        new, new_reference = self.new.resolve(new_node)
        if old_reference and old_reference == new_reference:
            if old_reference in self.unchanged:
                return
            place = f"schema {old_reference.rpartition('/')[2]} in {direction}s:"
        old, new = flattened(self.old, old, 0), flattened(self.new, new, 0)
        key = (id(old), id(new), direction)
        pair = self.pairs.get(key)
        if pair is None:
            pair = self.pairs[key] = Pair(old, new, place, direction)
            self.todo.append(pair)
        if self.at_hand is None:
            pair.bits |= self.changes.bit
        else:
            self.at_hand.parts.append(pair)

    def finish(self) -> None:
        """Compare everything on the list, and what comes onto it meanwhile, and note the changes."""
        while self.todo:
            self.at_hand = self.todo.popleft()
            self._compare(self.at_hand)
        self.at_hand = None
        spread = deque(pair for pair in self.pairs.values() if pair.bits)
        while spread:
            pair = spread.popleft()
            for part in pair.parts:
                if pair.bits & ~part.bits:
                    part.bits |= pair.bits
                    spread.append(part)
        for pair in self.pairs.values():
            for kind, rule, place, message in pair.found:
                self.changes.add(kind, rule, place, message, pair.bits)

    def _compare(self, pair: Pair) -> None:
        old, new, place, direction = pair.old, pair.new, pair.place, pair.direction
        if self._types(old, new, place, direction):
            self._values(old, new, place, direction)
            self._bounds(old, new, place, direction)
            self._forms(old, new, place, direction)
            self._properties(old, new, place, direction)
            self._rest(old, new, place, direction)
            self._alternatives(old, new, place, direction)

    def _add(self, direction: Direction, kinds: tuple[Kind, Kind], rule: str, place: str, message: str) -> None:
        """Note a change whose kind is the first in requests, the second in responses."""
        if self.at_hand is not None:
            kind = kinds[0] if direction == "request" else kinds[1]
            self.at_hand.found.append((kind, f"{direction}-{rule}", place.rstrip(": "), message))

    def _types(self, old: Node, new: Node, place: str, direction: Direction) -> bool:
        """Compare the types; whether the two have one in common, so that there is more to compare."""
        before, after = types(old), types(new)
        if before == after:
            return True
        message = f"type {shown_types(before)} became {shown_types(after)}"
        narrower, wider = covers(before, after), covers(after, before)
        if wider:
            self._add(direction, ("compatible", "breaking"), "type-widened", place, message)
        elif narrower:
            self._add(direction, ("breaking", "compatible"), "type-narrowed", place, message)
        else:
            self._add(direction, ("breaking", "breaking"), "type-changed", place, message)
        return before is None or after is None or bool({*before} & {*after} - {"null"}) or narrower or wider

    def _values(self, old: Node, new: Node, place: str, direction: Direction) -> None:
        before, after = values(old), values(new)
        if before is None and after is not None:
            self._add(direction, ("breaking", "compatible"), "enum-added", place, f"only {listed(after)} since now")
        elif before is not None and after is None:
            self._add(direction, ("compatible", "risky"), "enum-removed", place, "any value, no longer an enumeration")
        elif before is not None and after is not None:
            if gone := [value for value in before if value not in after]:
                self._add(
                    direction, ("breaking", "compatible"), "enum-values-removed", place, f"without {listed(gone)}"
                )
            if added := [value for value in after if value not in before]:
                self._add(direction, ("compatible", "risky"), "enum-values-added", place, f"with {listed(added)}")

    def _bounds(self, old: Node, new: Node, place: str, direction: Direction) -> None:
        for keyword in (*LOWER, *UPPER):
            before, after = number(old, keyword), number(new, keyword)
            if before == after:
                continue
            message = f"{keyword} {shown(before)} became {shown(after)}"
            if before is None or after is None:
                tighter = before is None
            else:
                tighter = after > before if keyword in LOWER else after < before
            if tighter:
                self._add(direction, ("breaking", "compatible"), "limit-tightened", place, message)
            else:
                self._add(direction, ("compatible", "risky"), "limit-loosened", place, message)

    def _forms(self, old: Node, new: Node, place: str, direction: Direction) -> None:
        for keyword in FORMS:
            before, after = old.get(keyword) or None, new.get(keyword) or None
            if canonical(before) == canonical(after):
                continue
            message = f"{keyword} {shown(before)} became {shown(after)}"
            if before is None:
                kind: Kind = "risky" if keyword == "format" else "breaking"
                self._add(direction, (kind, "compatible"), "form-added", place, message)
            elif after is None:
                self._add(direction, ("compatible", "risky"), "form-removed", place, message)
            else:
                kind = "breaking" if keyword == "format" else "risky"
                self._add(direction, (kind, kind), "form-changed", place, message)

    def _properties(self, old: Node, new: Node, place: str, direction: Direction) -> None:
        before, after = mapping(old, "properties"), mapping(new, "properties")
        needed_before, needed_after = names(old), names(new)
        for name in sorted({*before, *after, *needed_before, *needed_after}):
            at = joined(place, name)
            either = [self.old.resolve(before.get(name))[0], self.new.resolve(after.get(name))[0]]
            if any(part.get("readOnly" if direction == "request" else "writeOnly") is True for part in either):
                continue
            was, now = name in needed_before, name in needed_after
            if name in before and name not in after:
                closed = new.get("additionalProperties") is False
                kinds: tuple[Kind, Kind] = ("breaking" if closed else "risky", "breaking" if was else "risky")
                self._add(direction, kinds, "property-removed", at, "the property is gone")
                continue
            if name in after and name not in before:
                kinds = ("breaking" if now and not was else "compatible", "compatible")
                kind_of_new = "a new required property" if now else "a new optional property"
                self._add(direction, kinds, "property-added", at, kind_of_new)
                continue
            if now and not was:
                softened = "default" in either[1]
                kinds = ("risky" if softened else "breaking", "compatible")
                self._add(direction, kinds, "property-became-required", at, "required since now")
            elif was and not now:
                self._add(direction, ("compatible", "breaking"), "property-became-optional", at, "no longer required")
            if name in before:
                self.compare(before[name], after[name], at, direction)

    def _rest(self, old: Node, new: Node, place: str, direction: Direction) -> None:
        """Items, further properties, defaults, and keywords that are not understood but differ."""
        if "items" in old or "items" in new:
            self.compare(old.get("items"), new.get("items"), f"{place}[]", direction)
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if after is False and before is not False:
            self._add(direction, ("breaking", "compatible"), "object-closed", place, "no further properties since now")
        elif before is False and after is not False:
            self._add(direction, ("compatible", "compatible"), "object-opened", place, "further properties since now")
        elif isinstance(before, dict) or isinstance(after, dict):
            self.compare(before, after, joined(place, "*"), direction)
        if canonical(old.get("default")) != canonical(new.get("default")) and direction == "request":
            message = f"default {shown(old.get('default'))} became {shown(new.get('default'))}"
            self._add(direction, ("risky", "risky"), "default-changed", place, message)
        for keyword in (*UNREAD, *UNREAD_TOO):
            if canonical(old.get(keyword)) != canonical(new.get(keyword)):
                message = f"{keyword} changed; this tool does not understand how"
                self._add(direction, ("risky", "risky"), "unread-changed", place, message)

    def _alternatives(self, old: Node, new: Node, place: str, direction: Direction) -> None:
        for keyword in ("oneOf", "anyOf"):
            before = {label(part): part for part in listing(old, keyword)}
            after = {label(part): part for part in listing(new, keyword)}
            if bool(before) != bool(after):
                message = f"{keyword} was {'added' if after else 'removed'}"
                self._add(direction, ("risky", "risky"), "alternatives-changed", place, message)
                continue
            for name in before:
                if name in after:
                    self.compare(before[name], after[name], joined(place, f"({name[:60]})"), direction)
                else:
                    message = f"{keyword} without {name[:60]}"
                    self._add(direction, ("breaking", "compatible"), "alternative-removed", place, message)
            for name in after:
                if name not in before:
                    message = f"{keyword} with {name[:60]}"
                    self._add(direction, ("compatible", "risky"), "alternative-added", place, message)


def flattened(document: Document, schema: Node, depth: int) -> Node:
    """A schema with its `allOf` merged into it; a circle of `allOf` is cut."""
    parts = listing(schema, "allOf")
    if not parts or depth > MAX_MERGES:
        return schema
    known = document.flat.get(id(schema))
    if known is not None:
        return known
    merged: Node = {key: value for key, value in schema.items() if key not in MERGED}
    document.flat[id(schema)] = merged
    merged["properties"] = dict(mapping(schema, "properties"))
    merged["required"] = list(names(schema))
    for part in parts:
        resolved, _ = document.resolve(part)
        inner = flattened(document, resolved, depth + 1)
        for name, value in mapping(inner, "properties").items():
            own = merged["properties"].get(name)
            merged["properties"][name] = value if own is None or own is value else {"allOf": [own, value]}
        merged["required"] += [name for name in names(inner) if name not in merged["required"]]
        for key, value in inner.items():
            if key not in MERGED:
                merged.setdefault(key, value)
    return merged


def types(schema: Node) -> tuple[str, ...] | None:
    """The types that a schema allows, in a fixed order; None for any."""
    stated = schema.get("type")
    found = {stated} if isinstance(stated, str) else {name for name in listing(schema, "type") if isinstance(name, str)}
    if not found:
        return None
    if schema.get("nullable") is True:
        found.add("null")
    return tuple(sorted(found))


def covers(wide: tuple[str, ...] | None, narrow: tuple[str, ...] | None) -> bool:
    """Whether every value of the narrow types is of the wide ones; an integer is a number."""
    if wide is None or narrow is None:
        return wide is None
    return all(name in wide or (name == "integer" and "number" in wide) for name in narrow)


def values(schema: Node) -> list[str] | None:
    """The values of an enumeration, as JSON; None if any value goes."""
    if "const" in schema:
        return [canonical(schema["const"])]
    found = schema.get("enum")
    return list(dict.fromkeys(canonical(value) for value in found)) if isinstance(found, list) else None


def number(schema: Node, keyword: str) -> float | None:
    """The number under a keyword; `exclusiveMinimum: true` of OpenAPI 3.0 means the minimum itself."""
    found = schema.get(keyword)
    if found is True and keyword.startswith("exclusive"):
        found = schema.get(keyword.removeprefix("exclusive").lower())
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def names(schema: Node) -> list[str]:
    """The names of required properties."""
    return [name for name in listing(schema, "required") if isinstance(name, str)]


def label(part: Any) -> str:
    """What an alternative is known by: its reference, its title, or itself."""
    if isinstance(part, dict) and isinstance(part.get("$ref"), str):
        return str(part["$ref"]).rpartition("/")[2]
    if isinstance(part, dict) and isinstance(part.get("title"), str):
        return str(part["title"])
    return canonical(part)


def joined(place: str, name: str) -> str:
    """A place with the name of a property behind it."""
    return f"{place} {name}" if place.endswith(":") else f"{place}.{name}"


def shown(value: Any) -> str:
    """A value in a message."""
    text = "none" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def shown_types(found: tuple[str, ...] | None) -> str:
    """Types in a message."""
    return "any" if found is None else " or ".join(found)


def listed(found: list[str]) -> str:
    """Values in a message, at most five of them."""
    return ", ".join(value[:40] for value in found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
