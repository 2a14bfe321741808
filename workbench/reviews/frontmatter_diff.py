"""What changed in the frontmatter of a SKILL.md by its keys; order, quotes and an installer's notes are folded.

Only those are. Comments, keys that stand twice, and what can't be read are shown line by line as they are: an agent may
read them too.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.reviews.diff import DiffLine, FileDiff, Hunk
from workbench.reviews.folding import INSTALLER_KEYS
from workbench.skills.bounded_yaml import YamlError, load
from workbench.skills.frontmatter import Frontmatter, parse
from workbench.text import visible

HEADING = "frontmatter by key"

_REFERENCE = re.compile(r"(?:^|[\s\[{,])[&*!][^\s]", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s)#.*")
_LONGEST_SCALAR = 100
_INSTALLER = frozenset(f"metadata.{key}" for key in INSTALLER_KEYS)


def by_key(file: FileDiff, before: bytes, after: bytes) -> FileDiff | None:
    """A changed SKILL.md, its frontmatter compared by key and its body by line; None where that would hide something.

    Args:
        file: What changed in it, by line.
        before: The whole file before.
        after: The whole file now.
    """
    old, new = parse(before), parse(after)
    if not _comparable(old, new):
        return None
    changes = list(_changes(old, new))
    body = [part for hunk in file.hunks if (part := _below(hunk, old.body_line, new.body_line)).lines]
    if old.text == new.text:
        return None
    shown = [line for key, was, now in changes if key not in _INSTALLER for line in _lines(old, new, key, was, now)]
    folded = _folded(old, new, [key for key, _, _ in changes])
    hunks = (_hunk(shown), *body) if shown else tuple(body)
    return replace(file, hunks=hunks, notes=(*file.notes, folded) if folded else file.notes)


def _comparable(old: Frontmatter, new: Frontmatter) -> bool:
    for one in (old, new):
        odd = {problem.code for problem in one.problems} & {"duplicate-key", "unquoted-colon", "nul-byte", "not-utf-8"}
        if not one.readable or not one.values or odd or _REFERENCE.search(one.text):
            return False
    return _comments(old.text) == _comments(new.text)


def _comments(text: str) -> Counter[str]:
    return Counter(found[0].strip() for line in text.split("\n") if (found := _COMMENT.search(line)))


def _changes(old: Frontmatter, new: Frontmatter) -> Iterator[tuple[str, Any, Any]]:
    """Each key that changed, `metadata`'s own one by one, in the order of the new file."""
    before, after = _flat(old.values), _flat(new.values)
    for key in [*after, *(key for key in before if key not in after)]:
        # As JSON, because to Python true is 1, and 1 is 1.0.
        if _json(before.get(key)) != _json(after.get(key)) or (key in before) != (key in after):
            yield key, before.get(key), after.get(key)


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if key == "metadata" and isinstance(value, Mapping) and value:
            flat |= {f"metadata.{inner}": one for inner, one in value.items()}
        else:
            flat[str(key)] = value
    return flat


def _lines(old: Frontmatter, new: Frontmatter, key: str, was: Any, now: Any) -> Iterator[DiffLine]:
    if key in _flat(old.values):
        for number, text in enumerate(_text(old, key, was)):
            yield DiffLine("-", None if number else old.lines.get(key), None, text)
    if key in _flat(new.values):
        for number, text in enumerate(_text(new, key, now)):
            yield DiffLine("+", None, None if number else new.lines.get(key), text)


def _text(one: Frontmatter, key: str, value: Any) -> Sequence[str]:
    """A value as lines: text as it is, a number or a word of YAML as it is written, everything else as JSON."""
    if not isinstance(value, str | list | Mapping) and (written := _written(one, key)).startswith(f"{key}:"):
        return [written]
    plain = isinstance(value, str) and (key.startswith("metadata.") or not _reads_otherwise(value))
    said = value if plain else _json(value, sort_keys=False)
    first, *others = said.rstrip("\n").split("\n")
    return [f"{key}: {first}", *(f"  {line}" for line in others)]


def _reads_otherwise(text: str) -> bool:
    """Whether this text without quotes would be a number, true, false or null."""
    if not text.strip() or len(text) > _LONGEST_SCALAR or "\n" in text:
        return not text
    try:
        return not isinstance(load(text, core=True).value, str | list | dict)
    except YamlError:
        return False


def _json(value: Any, *, sort_keys: bool = True) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, sort_keys=sort_keys)


def _folded(old: Frontmatter, new: Frontmatter, changed: Sequence[str]) -> str | None:
    """What was left out, in words; None if nothing was."""
    said = []
    if installer := [key.removeprefix("metadata.") for key in changed if key in _INSTALLER]:
        said.append(f"an installer's {', '.join(map(visible, installer))}")
    before, after = _flat(old.values), _flat(new.values)
    if [key for key in before if key in after] != [key for key in after if key in before]:
        said.append("the order of keys")
    same = [key for key in before if key in after and key not in changed]
    if any(_written(old, key) != _written(new, key) for key in same):
        said.append("quotes and spelling")
    return f"folded in the frontmatter: {', '.join(said)}" if said else None


def _written(one: Frontmatter, key: str) -> str:
    """The line that a key stands on, as written."""
    lines = one.source.split("\n")
    number = one.lines.get(key, 0)
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def _hunk(lines: Sequence[DiffLine]) -> Hunk:
    gone, came = sum(line.kind == "-" for line in lines), sum(line.kind == "+" for line in lines)
    return Hunk(1, gone, 1, came, HEADING, tuple(lines))


def _below(hunk: Hunk, old_body: int, new_body: int) -> Hunk:
    """The part of a hunk that is about the body."""
    lines = tuple(
        line for line in hunk.lines
        if (line.old is None or line.old >= old_body) and (line.new is None or line.new >= new_body)
    )  # fmt: skip
    if lines == hunk.lines or not any(line.kind != " " for line in lines):
        return hunk if lines == hunk.lines else replace(hunk, lines=())
    old, new = [line.old for line in lines if line.old], [line.new for line in lines if line.new]
    return Hunk(old[0] if old else old_body, len(old), new[0] if new else new_body, len(new), hunk.heading, lines)
