"""HTTP requests of a case: answered in the sandbox by a parent of its program, and compared with what was expected."""

import base64
import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.sandbox import python
from workbench.sandbox.model import Program
from workbench.skills import files
from workbench.testing import stub_server
from workbench.testing.matchers import ReadSnapshot, check
from workbench.testing.model import Case, RequestDemand, Stub
from workbench.testing.results import Mismatch, SeenRequest
from workbench.text import plural, truncate, visible

ANSWERS = ".workbench-answers.json"
"""File in the working folder that hands the answers over; it is gone before the program starts."""

_MOST_BYTES = 4 << 20
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Report:
    """What the parent of the program saw.

    Attributes:
        result: What the program wrote to its descriptor 3; None where it did not end by itself.
        more: Requests that were made but not listed, because they were too many.
    """

    requests: tuple[SeenRequest, ...] = ()
    result: bytes | None = None
    more: int = 0


def wrapped(program: Program, case: Case, folder: str) -> Program:
    """The program with a parent that answers its HTTP requests; descriptor 3 then carries the parent's report.

    Raises:
        InputError: An answer's file can't be read, or leaves the skill.
    """
    answers = json.dumps([_answer(stub, folder) for stub in case.http]).encode()
    return replace(
        program,
        argv=("python", "-S", "-c", _server(), ANSWERS, *python.resolve(program.argv)),
        files={**program.files, ANSWERS: answers},
        result_fd=True,
    )


def read_report(data: bytes | None) -> Report:
    """The report that came from the parent; what is broken in it is left out."""
    requests: list[SeenRequest] = []
    result, count = None, 0
    for line in (data or b"").split(b"\n"):
        try:
            said = json.loads(line)
            if "request" in said:
                requests.append(_seen(said["request"]))
            else:
                result, count = base64.b64decode(said["result"]), int(said["count"])
        except (ValueError, TypeError, KeyError):
            continue
    return Report(tuple(requests), result, max(0, count - len(requests)))


def mismatches(case: Case, report: Report, snapshot: ReadSnapshot) -> Iterator[Mismatch]:
    """What is wrong with the requests that a program made."""
    for request in report.requests:
        if request.is_tunnel:
            what = f"https was asked for ({_short(request.url)}), and only plain http can be answered in a test"
            yield _mismatch("http", "", f"CONNECT {request.url}", f"{what}; let the program use http:// here")
        elif request.stub is None:
            yield _mismatch("http", "", _line(request), f"unexpected request: {_short(_line(request))}")
    if report.more:
        yield _mismatch("http", "", "", f"there were {plural(report.more, 'more request')} than are looked at")
    for at, stub in enumerate(case.http):
        made = sum(request.stub == at for request in report.requests)
        wanted = _wanted(stub.request)
        if stub.times is None and not made:
            yield _mismatch(f"http.{at}", wanted, "", f"expected request was not made: {_short(wanted)}")
        elif stub.times is not None and made != stub.times:
            times = plural(stub.times, "time")
            message = f"expected request was made {plural(made, 'time')}, not {times}: {_short(wanted)}"
            yield _mismatch(f"http.{at}", wanted, "", message)
    yield from _compared(case, report, snapshot)


def _compared(case: Case, report: Report, snapshot: ReadSnapshot) -> Iterator[Mismatch]:
    """The requests in their order, against those that `expect.requests` lists."""
    demands = case.expect.requests
    if demands is None:
        return
    seen = [request for request in report.requests if not request.is_tunnel]
    if len(seen) != len(demands):
        listed = "\n".join(map(_line, seen))
        message = f"{plural(len(seen), 'request')} came, not {len(demands)}"
        yield _mismatch("expect.requests", "\n".join(map(_wanted, demands)), listed, message)
    for at, (demand, request) in enumerate(zip(demands, seen, strict=False)):
        yield from _of_one(demand, request, f"expect.requests.{at}", at + 1, snapshot)


def _of_one(
    demand: RequestDemand, request: SeenRequest, where: str, number: int, snapshot: ReadSnapshot
) -> Iterator[Mismatch]:
    url = None if demand.url is None else stub_server.normal(demand.url)
    pairs = [
        ("method", demand.method, request.method),
        ("url", url, request.url),
        ("path", demand.path, stub_server.path_of(request.url)),
    ]
    headers = dict(request.headers)
    pairs += [(f"header {name}", value, headers.get(name, "")) for name, value in demand.headers.items()]
    for name, wanted, seen in pairs:
        if wanted is not None and wanted != seen:
            message = f"the {name} of request {number} is '{_short(seen)}', not '{_short(wanted)}'"
            yield _mismatch(where, wanted, seen, message)
    for mismatch in check(demand.body, f"the body of request {number}", request.body, snapshot):
        yield replace(mismatch, where=where)


def _answer(stub: Stub, folder: str) -> dict[str, Any]:
    content = stub.body.encode("utf-8", "surrogatepass") if stub.file is None else _file(folder, stub.file)
    request = stub.request
    return {
        "method": request.method,
        "url": request.url,
        "path": request.path,
        "request_headers": dict(request.headers),
        "request_body": [[one.kind, one.value, one.negated] for one in request.body],
        "status": stub.status,
        "headers": dict(stub.headers),
        "content": base64.b64encode(content).decode(),
        "times": stub.times,
    }


def _file(folder: str, path: str) -> bytes:
    shown = f"'{truncate(visible(path), 80)}'"
    try:
        data = files.read_inside(Path(folder), path, _MOST_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"the answer's file {shown} can't be read: {visible(error.strerror or 'no reason')}"
        ) from error
    if len(data) > _MOST_BYTES:
        raise InputError(f"the answer's file {shown} is larger than {_MOST_BYTES >> 20} MiB")
    return data


def _seen(said: dict[str, Any]) -> SeenRequest:
    headers = tuple((str(name), str(value)) for name, value in said["headers"])
    stub = said["stub"] if isinstance(said["stub"], int) else None
    return SeenRequest(str(said["method"]), str(said["url"]), headers, str(said["body"]), stub)


def _wanted(demand: RequestDemand) -> str:
    return f"{demand.method or 'any'} {demand.url or demand.path or 'anything'}"


def _line(request: SeenRequest) -> str:
    return f"{request.method} {request.url}"


def _short(text: str) -> str:
    return truncate(visible(text), _SHOWN)


def _mismatch(where: str, expected: str, seen: str, message: str) -> Mismatch:
    return Mismatch(where, "requests", expected, seen, message)


@functools.cache
def _server() -> str:
    return Path(stub_server.__file__).read_text(encoding="utf-8")
