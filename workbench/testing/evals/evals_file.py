"""`evals/evals.json` and trigger sets: the ecosystem's own files, with our graders under a key that others ignore."""

import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.model import ROOT_ID
from workbench.skills.naming import near
from workbench.testing.evals import json_file
from workbench.testing.evals.json_file import Document, Place
from workbench.testing.evals.model import GRADER_KINDS, Eval, EvalSet, Grader, GraderKind, TriggerQuery
from workbench.text import truncate, visible

FOLDER = "evals"
EVALS = f"{FOLDER}/evals.json"
TRIGGERS = f"{FOLDER}/triggers.json"

MAX_EVALS = 500
MAX_LISTED = 200
MAX_QUERIES = 2_000
MAX_TEXT = 100_000
MAX_TIMEOUT = 300.0

_GRADER_KEYS: Mapping[GraderKind, tuple[str, ...]] = {
    "exact": ("value", "target"),
    "regex": ("pattern", "target"),
    "json_schema": ("schema", "target"),
    "script": ("run", "timeout"),
    "judge": (),
}


def read_in_skill(root: Path, skill_id: str, name: str) -> Document:
    """A JSON file of a skill, read without leaving it.

    Raises:
        InputError: It is not there, leads outside, or is not JSON.
    """
    path = name if skill_id == ROOT_ID else f"{skill_id}/{name}"
    try:
        data = files.read_inside(root, path, json_file.MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise InputError("there is no such file", where=visible(path), remedy=_remedy(name, skill_id)) from error
    except OSError as error:
        raise InputError(f"it can't be read: {error.strerror}", where=visible(path)) from error
    return json_file.parse(data, visible(path))


def load_evals(document: Document) -> EvalSet:
    """The evaluations of a document.

    Raises:
        InputError: Something in it is not what it has to be, with its line.
    """
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("evals"), list):
        raise document.wrong((), "it has to be an object with a list 'evals'", "see docs/evaluations.md")
    listed = value["evals"]
    if len(listed) > MAX_EVALS:
        raise document.wrong(("evals",), f"it lists more than {MAX_EVALS} evaluations")
    evals: list[Eval] = []
    for at, entry in enumerate(listed):
        one = _eval(document, entry, ("evals", at))
        if any(str(one.id) == str(before.id) for before in evals):
            raise document.wrong(("evals", at, "id"), f"the id {_short(str(one.id))} is taken by one before it")
        evals.append(one)
    name = value.get("skill_name", "")
    if not isinstance(name, str):
        raise document.wrong(("skill_name",), "it has to be text")
    return EvalSet(name, tuple(evals), value)


def load_triggers(document: Document) -> tuple[TriggerQuery, ...]:
    """The queries of a trigger set: a list, or an object that holds it under `queries`, `evals` or `items`.

    Raises:
        InputError: Something in it is not what it has to be, with its line.
    """
    listed, place = document.value, cast(Place, ())
    if isinstance(listed, dict):
        key = next((key for key in ("queries", "evals", "items") if isinstance(listed.get(key), list)), None)
        listed, place = (listed[key], (key,)) if key is not None else (None, ())
    if not isinstance(listed, list):
        raise document.wrong((), 'it has to be a list of {"query": …, "should_trigger": true or false}')
    if len(listed) > MAX_QUERIES:
        raise document.wrong(place, f"it lists more than {MAX_QUERIES:,} queries")
    found = []
    for at, entry in enumerate(listed):
        here = (*place, at)
        if not isinstance(entry, dict):
            raise document.wrong(here, 'it has to be an object: {"query": …, "should_trigger": true or false}')
        query = _text(document, entry, here, "query")
        should = entry.get("should_trigger")
        if not isinstance(should, bool):
            raise document.wrong((*here, "should_trigger"), "it has to be true or false")
        found.append(TriggerQuery(query, should))
    return tuple(found)


def _eval(document: Document, entry: Any, here: Place) -> Eval:
    if not isinstance(entry, dict):
        raise document.wrong(here, "an evaluation has to be an object")
    id_ = entry.get("id", cast(int, here[-1]) + 1)
    if isinstance(id_, bool) or not isinstance(id_, int | str) or not str(id_).strip() or _is_odd(str(id_)):
        raise document.wrong((*here, "id"), "it has to be a number or a short text")
    prompt = _text(document, entry, here, "prompt")
    expected = _text(document, entry, here, "expected_output", needed=False)
    name = _text(document, entry, here, "name", needed=False) or _text(document, entry, here, "eval_name", needed=False)
    brought = _texts(document, entry, here, "files")
    for at, path in enumerate(brought):
        if path.startswith("/") or ".." in path.split("/") or "\0" in path or posixpath.normpath(path) == ".":
            raise document.wrong((*here, "files", at), f"'{_short(path)}' leads out of the skill, or to nothing")
    spelt = [key for key in ("expectations", "assertions") if key in entry]
    if len(spelt) == 2:
        raise document.wrong((*here, "assertions"), "it has both 'expectations' and 'assertions'; keep one of them")
    expectations = _texts(document, entry, here, spelt[0]) if spelt else ()
    return Eval(
        id=id_,
        name=name or f"eval {id_}",
        prompt=prompt,
        expected_output=expected,
        files=brought,
        graders=(*(Grader("judge", text) for text in expectations), *_graders(document, entry, here)),
    )


def _graders(document: Document, entry: Mapping[str, Any], here: Place) -> tuple[Grader, ...]:
    listed = entry.get("graders", [])
    if not isinstance(listed, list) or len(listed) > MAX_LISTED:
        raise document.wrong((*here, "graders"), f"it has to be a list of at most {MAX_LISTED}")
    return tuple(_grader(document, one, (*here, "graders", at)) for at, one in enumerate(listed))


def _grader(document: Document, entry: Any, here: Place) -> Grader:
    if not isinstance(entry, dict):
        raise document.wrong(here, "a grader has to be an object with a 'type'")
    kind = entry.get("type")
    if kind not in GRADER_KINDS:
        hint = near(kind, GRADER_KINDS) if isinstance(kind, str) else None
        raise document.wrong((*here, "type"), hint or "it has to say which kind", f"one of: {', '.join(GRADER_KINDS)}")
    known = ("type", "text", *_GRADER_KEYS[kind])
    for key in entry:
        if key not in known:
            raise document.wrong((*here, key), near(key, known) or f"'{kind}' knows no such key; {', '.join(known)}")
    text = _text(document, entry, here, "text", needed=kind == "judge")
    if kind == "judge":
        return Grader("judge", text)
    if kind == "script":
        return _script(document, entry, here, text)
    target = entry.get("target", "answer")
    if not isinstance(target, str) or not (target == "answer" or _is_output(target)):
        raise document.wrong((*here, "target"), "it has to be 'answer' or a path like 'outputs/report.md'")
    if kind == "json_schema":
        return Grader(kind, text or f"{target} fits the schema", target, _schema(document, entry, here))
    value = _text(document, entry, here, "value" if kind == "exact" else "pattern", blank=kind == "exact")
    if kind == "regex":
        from workbench.tools.patterns import complaint

        if (why := complaint(value)) is not None:
            raise document.wrong((*here, "pattern"), f"it is not a usable pattern: {visible(why)}")
    said = "is" if kind == "exact" else "matches"
    return Grader(kind, text or f"{target} {said} '{truncate(value, 80)}'", target, value)


def _script(document: Document, entry: Mapping[str, Any], here: Place, text: str) -> Grader:
    run = _texts(document, entry, here, "run")
    if not run or any("\0" in part for part in run):
        raise document.wrong((*here, "run"), "it has to be a list: the program and its arguments")
    timeout = entry.get("timeout", 10.0)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= MAX_TIMEOUT:
        raise document.wrong((*here, "timeout"), f"it has to be seconds, up to {MAX_TIMEOUT:g}")
    return Grader(
        "script", text or f"`{truncate(' '.join(run), 80)}` ends with exit 0", run=run, timeout=float(timeout)
    )


def _schema(document: Document, entry: Mapping[str, Any], here: Place) -> Any:
    from workbench.tools.schemas import schema_complaints

    schema = entry.get("schema")
    if not isinstance(schema, dict):
        raise document.wrong((*here, "schema"), "it has to be a JSON Schema: an object")
    for place, message in schema_complaints(schema):
        raise document.wrong((*here, "schema", *place), message)
    return schema


def _is_odd(id_: str) -> bool:
    return len(id_) > 100 or not id_.isprintable()


def _is_output(path: str) -> bool:
    parts = path.split("/")
    return len(parts) > 1 and parts[0] == "outputs" and not {"", ".", ".."} & set(parts) and "\0" not in path


def _text(
    document: Document, entry: Mapping[str, Any], here: Place, key: str, *, needed: bool = True, blank: bool = False
) -> str:
    if key not in entry and not needed:
        return ""
    value = entry.get(key)
    if not isinstance(value, str) or (needed and not blank and not value.strip()):
        what = f"there is no '{key}'" if key not in entry else "it has to be text"
        raise document.wrong((*here, key) if key in entry else here, what)
    if len(value) > MAX_TEXT:
        raise document.wrong((*here, key), f"it has more than {MAX_TEXT:,} characters")
    return value


def _texts(document: Document, entry: Mapping[str, Any], here: Place, key: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if not isinstance(value, list) or len(value) > MAX_LISTED:
        raise document.wrong((*here, key), f"it has to be a list of at most {MAX_LISTED} texts")
    for at, item in enumerate(value):
        if not isinstance(item, str) or not item.strip() or len(item) > MAX_TEXT:
            raise document.wrong((*here, key, at), "it has to be text")
    return tuple(value)


def _remedy(name: str, skill_id: str) -> str:
    if name == EVALS:
        return f"workbench eval init {visible(skill_id)} writes one to start from"
    return "give another with --set FILE" if name == TRIGGERS else "check the name"


def _short(text: str) -> str:
    return truncate(visible(text), 60)
