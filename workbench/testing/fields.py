"""The keys of a case: one table that reads them, and that the JSON Schema for editors is made from."""

import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from workbench.skills.bounded_yaml import Path as Place
from workbench.testing import shapes
from workbench.testing.demands import demand
from workbench.testing.model import DEFAULT_TIMEOUT, Case, ExitDemand, Expectation, RequestDemand, Stub
from workbench.testing.shapes import Field, Shape, mapping, named, read_fields, shown, wrong

_MAX_NAME = 200
_MAX_STUBS = 100
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_CALL = re.compile(r"[^:\0]+\.py:[A-Za-z_]\w*")
_METHOD = re.compile(r"[A-Za-z]{1,20}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_IN_A_STUB = ("equals", "contains", "matches", "json")


def read_case(entry: Any, place: Place, path: str, positions: Mapping[str, tuple[int, int]]) -> Case:
    """The case that a mapping at `place` describes.

    Args:
        positions: Line and column of each of its parts, and under `""` of itself.

    Raises:
        WrongError: It is not a case; with everything that is wrong.
    """
    if not isinstance(entry, dict):
        message = "a case has to be a mapping with 'name', one of 'run', 'tool' and 'call', and 'expect'"
        raise wrong(place, "case-type", message)
    values = read_fields(entry, CASE_FIELDS, place, "the case")
    _check_together(values, place)
    line, column = positions.get("", (1, 1))
    expect = values.pop("expect", Expectation())
    arguments = values.pop("with", {})
    values.pop("matrix", None)
    return Case(path=path, line=line, column=column, arguments=arguments, expect=expect, positions=positions, **values)


def _check_together(values: Mapping[str, Any], place: Place) -> None:
    """What each key alone can't say."""
    forms = [form for form in ("run", "tool", "call") if form in values]
    if len(forms) != 1:
        given = f"has {' and '.join(forms)}, but only one can be tested" if forms else "does not say what to test"
        raise wrong(place, "case-incomplete", f"the case {given}; give one of 'run', 'tool' and 'call'")
    if "with" in values and "run" in values:
        message = "'with' gives arguments to a tool or a function; write them into 'run' instead"
        raise wrong((*place, "with"), "case-incomplete", message)
    if "stdin" in values and "call" in values:
        message = "a function takes its arguments from 'with'; it has no standard input"
        raise wrong((*place, "stdin"), "case-incomplete", message)
    expect = values.get("expect", Expectation())
    if values.get("network") and (values.get("http") or expect.requests is not None):
        message = "HTTP is answered in the sandbox, so there can be no network beside it"
        raise wrong((*place, "network"), "case-incomplete", message)


def _name(value: Any, place: Place) -> str:
    if not isinstance(value, str) or not value.strip():
        raise wrong(place, "name-missing", "the case has to have a name, as text")
    if len(value) > _MAX_NAME or "\n" in value:
        raise wrong(place, "name-too-long", f"the name has to be one line of at most {_MAX_NAME} characters")
    return value


def _matching(pattern: re.Pattern[str], what: str, must: str) -> Shape:
    def read(value: Any, place: Place) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise wrong(place, "wrong-type", f"{what} {shown(str(value))} {must}")
        return value

    return Shape(read, {"type": "string"})


def _command(what: str) -> Shape:
    return shapes.items(shapes.text("an argument", empty=True), f"{what}: the program and its arguments; it")


def _commands(what: str) -> Shape:
    command = _command("a command")

    def read(value: Any, place: Place) -> tuple[tuple[str, ...], ...]:
        if not isinstance(value, list) or not value or not all(isinstance(item, list) for item in value):
            message = f"'{what}' has to be a list of commands, each a list: [[mkdir, out], [touch, out/x]]"
            raise wrong(place, "wrong-type", message)
        return tuple(command.read(item, (*place, at)) for at, item in enumerate(value))

    return Shape(read, {"type": "array", "minItems": 1, "items": command.schema})


def _files(value: Any, place: Place) -> dict[str, str]:
    written: dict[str, str] = _FILES.read(value, place)
    for path in written:
        above = posixpath.dirname(path)
        while above:
            if above in written:
                raise wrong(place, "path-conflict", f"{shown(above, 80)} can't be a file and a folder")
            above = posixpath.dirname(above)
    return written


def _exit(value: Any, place: Place) -> ExitDemand:
    if isinstance(value, dict):
        inner = read_fields(value, _NOT_EXIT, place, "'exit'")
        if "not" not in inner:
            raise wrong(place, "wrong-type", "'exit' demands nothing; give a number, a list, or {not: …}")
        return ExitDemand(inner["not"], negated=True)
    return ExitDemand(_codes(value, place))


def _codes(value: Any, place: Place) -> tuple[int, ...]:
    if isinstance(value, list):
        found: tuple[int, ...] = shapes.items(_CODE, "'exit'").read(value, place)
        return found
    return (_CODE.read(value, place),)


def _expectation(value: Any, place: Place) -> Expectation:
    if value is None:
        return Expectation()
    found = read_fields(value, EXPECT_FIELDS, place, "'expect'")
    under = found.pop("duration", {}).get("under")
    return Expectation(under=under, **found)


def _request_demand(value: Any, place: Place) -> RequestDemand:
    found = read_fields(value, REQUEST_FIELDS, place, "a request")
    if "url" in found and "path" in found:
        raise wrong((*place, "path"), "case-incomplete", "a request has 'url' or 'path', not both")
    if not found.get("path", "/").startswith("/"):
        raise wrong((*place, "path"), "wrong-type", "'path' has to start with /")
    url = found.get("url", "http://x/")
    if not url.startswith("http://") or len(url) == len("http://"):
        raise wrong((*place, "url"), "wrong-type", f"{shown(url, 80)} can't be answered: only http:// is, not https")
    if "url" in found and "/" not in url.removeprefix("http://"):
        found["url"] = f"{url}/"
    if "method" in found:
        found["method"] = found["method"].upper()
    return RequestDemand(**found)


def _stub(value: Any, place: Place) -> Stub:
    found = read_fields(value, STUB_FIELDS, place, "an entry of 'http'")
    request: RequestDemand = found["request"]
    if request.url is None and request.path is None:
        raise wrong((*place, "request"), "case-incomplete", "the request has to have 'url' or 'path'")
    for matcher in request.body:
        if matcher.kind not in _IN_A_STUB or matcher.normalise:
            what = "normalise" if matcher.normalise else matcher.kind
            message = f"'{what}' can't choose an answer; demand it under expect.requests"
            raise wrong((*place, "request", "body"), "matcher", message)
    response = found.get("response", {})
    bodies = [key for key in ("body", "json", "file") if key in response]
    if len(bodies) > 1:
        raise wrong((*place, "response", bodies[1]), "case-incomplete", f"the answer has {' and '.join(bodies)}")
    headers = response.get("headers", {})
    body = response.get("body", "")
    if "json" in response:
        body = json.dumps(response["json"], ensure_ascii=False)
        headers = {"content-type": "application/json", **headers}
    return Stub(request, response.get("status", 200), headers, body, response.get("file"), found.get("times"))


def _header(value: Any, place: Place) -> str:
    if not _HEADER.fullmatch(str(value)):
        raise wrong(place, "wrong-type", f"{shown(str(value))} is not the name of a header")
    return str(value).lower()


def _header_value(value: Any, place: Place) -> str:
    found: str = shapes.text("a header", empty=True).read(value, place)
    if "\n" in found or "\r" in found:
        raise wrong(place, "wrong-type", "a header has to be one line")
    return found


_FILES = named(shapes.relative_path(), shapes.content("a file's content"), "'files'")
_CODE = shapes.whole("'exit'", 0, 255)
_CODES = Shape(_codes, {"anyOf": [_CODE.schema, {"type": "array", "items": _CODE.schema, "minItems": 1}]})
_NOT_EXIT = (Field("not", _CODES, "None of these exit codes."),)
_HEADERS = named(Shape(_header, {"type": "string"}), Shape(_header_value, {"type": ["string", "integer"]}), "'headers'")

REQUEST_FIELDS = (
    Field("method", _matching(_METHOD, "the method", "is not one"), "GET, POST, …; any, if not given."),
    Field("url", shapes.text("'url'"), "The whole address with its query, http:// only."),
    Field("path", shapes.text("'path'"), "The path with its query, on whatever host."),
    Field("headers", _HEADERS, "Headers that it has to have; the others may be anything."),
    Field("body", demand(), "What its body has to be."),
)
RESPONSE_FIELDS = (
    Field("status", shapes.whole("'status'", 100, 599), "The status; 200 if not given."),
    Field("headers", _HEADERS, "Headers of the answer."),
    Field("body", shapes.content("'body'"), "The body, as text."),
    Field("json", shapes.data(), "The body, as JSON."),
    Field("file", shapes.relative_path("'file'"), "The body, from this file of the skill."),
)
STUB_FIELDS = (
    Field(
        "request",
        Shape(_request_demand, shapes.object_schema(REQUEST_FIELDS)),
        "The request that is answered.",
        required=True,
    ),
    Field("response", mapping(RESPONSE_FIELDS, "'response'"), "The answer; an empty 200 if not given."),
    Field("times", shapes.whole("'times'", 0, 1000), "How often it has to be made; once or more if not given."),
)
EXPECT_FIELDS = (
    Field(
        "exit",
        Shape(_exit, {"anyOf": [*_CODES.schema["anyOf"], shapes.object_schema(_NOT_EXIT, required=["not"])]}),
        "The exit code, a list of right ones, or {not: …}; 0 if not given.",
    ),
    Field("stdout", demand(), "What the program prints."),
    Field("stderr", demand(), "What it prints as diagnostics."),
    Field("output", demand(), "What the tool gives: a function's result, else what it prints."),
    Field(
        "files",
        named(shapes.relative_path(), demand(of_file=True), "'files'"),
        "Files that it writes, by path in the working folder.",
    ),
    Field(
        "duration",
        mapping((Field("under", shapes.time("'under'"), "Less than this.", required=True),), "'duration'"),
        "How long it takes.",
    ),
    Field(
        "requests",
        shapes.items(
            Shape(_request_demand, shapes.object_schema(REQUEST_FIELDS)), "'requests'", least=0, most=_MAX_STUBS
        ),
        "All HTTP requests that it makes, in their order.",
    ),
)
CASE_FIELDS = (
    Field("name", Shape(_name, {"type": "string", "minLength": 1}), "Unique in the skill.", required=True),
    Field("run", _command("'run'"), "The command to test, as a list; python is the workbench's own interpreter."),
    Field("tool", shapes.content("'tool'"), "The tool of the skill's tools.yaml to test."),
    Field("call", _matching(_CALL, "'call'", "has to be FILE.py:FUNCTION"), "The Python function to test."),
    Field("with", named(shapes.content("a name"), shapes.data(), "'with'"), "Arguments of the tool or function."),
    Field("files", Shape(_files, _FILES.schema), "Files to write into the working folder: path and content."),
    Field("fixture", shapes.relative_path("the fixture"), "A folder or file of the skill to copy there."),
    Field("stdin", shapes.content("'stdin'"), "Standard input."),
    Field(
        "env",
        named(
            _matching(_VARIABLE, "the name", "is not one of an environment variable"),
            shapes.text("an environment variable", empty=True),
            "'env'",
        ),
        "Environment variables to set; nothing is inherited.",
    ),
    Field("timeout", shapes.time("'timeout'"), f"How long it may take; {DEFAULT_TIMEOUT:.0f}s if not given."),
    Field(
        "network",
        shapes.choice("'network'", {"none": False, "host": True}),
        "none, the default, or host, which has to be allowed on the command line.",
    ),
    Field(
        "http",
        shapes.items(Shape(_stub, shapes.object_schema(STUB_FIELDS)), "'http'", most=_MAX_STUBS),
        "HTTP requests that it may make, and their answers; any other fails the case.",
    ),
    Field("setup", _commands("setup"), "Commands to run before it, in the same folder."),
    Field("teardown", _commands("teardown"), "Commands to run after it, whatever came of it."),
    Field(
        "matrix",
        named(_matching(_VARIABLE, "the name", "is not one of a matrix"), shapes.data(), "'matrix'"),
        "Names and lists of values: one case for each combination, with {matrix.NAME} for the value.",
    ),
    Field(
        "tags",
        shapes.items(_matching(_TAG, "the tag", "has to be letters, digits, '-', '_' or '.'"), "'tags'", least=0),
        "Words to choose cases by.",
    ),
    Field("skip", shapes.line("'skip'"), "Why it is not run."),
    Field("xfail", shapes.line("'xfail'"), "Why it is expected to fail; it fails if it passes."),
    Field("expect", Shape(_expectation, shapes.object_schema(EXPECT_FIELDS)), "What has to come of it."),
)
