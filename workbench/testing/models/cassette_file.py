"""The file of a cassette: JSON lines, one recorded exchange each, sealed by a digest; many processes may write at once.

The first line says `{"cassette":1}`. Every other ends in the SHA-256 of what stands before it, so that a slip of an
editor is noticed. (It is no signature: who wants to can compute it.) An exchange is appended when it is there; when a
run ends the lines are sorted by run and turn, so that the file looks alike however many threads filled it.
"""

import base64
import fcntl
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.testing.models.protocol import Usage

MOST_BYTES = 32 << 20
MOST_LINE = 8 << 20

_HEADER = b'{"cassette":1}\n'
_SEAL = b',"digest":"sha256:'
_SEAL_SIZE = len(_SEAL) + 64 + len(b'"}')


@dataclass(frozen=True, slots=True)
class Recorded:
    """A response as it came: what its headers say about it, and its body, byte for byte."""

    status: int
    content_type: str
    request_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its response.

    Attributes:
        request: As `cassette.canonical` writes it.
        run: Which repetition it belongs to.
        turn: How many messages the question had.
        ordinal: The how manyth question like this it was, from 0.
        cost_nd: What it cost when it was recorded; None where nobody knew.
        line: Where it is in the file; 0 where it is in none.
    """

    request: Mapping[str, Any]
    run: str
    turn: int
    ordinal: int
    response: Recorded
    usage: Usage | None
    cost_nd: int | None
    duration_ms: int
    line: int = 0

    @property
    def key(self) -> str:
        """What it is found by."""
        return exchange_key(self.request, self.run, self.ordinal)


def exchange_key(request: Mapping[str, Any], run: str, ordinal: int) -> str:
    """The SHA-256 of a question: the same for the same content, however its keys are ordered."""
    return hashlib.sha256(_json([request, run, ordinal])).hexdigest()


def read_exchanges(path: Path, *, accept_edited: bool = False) -> list[Exchange]:
    """All exchanges of a file, in its order.

    Raises:
        FileNotFoundError: It is not there.
        InputError: It is not a cassette, too long, or was edited by hand (unless `accept_edited`).
    """
    data = _read(path)
    if not data:
        return []
    lines = data.split(b"\n")
    if lines[0].strip() != _HEADER.strip():
        raise InputError(
            "it is not a cassette of this version", where=str(path), remedy='its first line is {"cassette":1}'
        )
    numbered = enumerate(lines[1:], start=2)
    return [_exchange(line.strip(), f"{path}:{n}", n, accept_edited) for n, line in numbered if line.strip()]


def append_exchange(path: Path, exchange: Exchange) -> None:
    """Add an exchange at the end; what other processes add at the same time stays.

    Raises:
        InputError: It, or the file with it, would be too long, or can't be written.
    """
    line = _line(exchange)
    if len(line) > MOST_LINE:
        raise InputError(f"a recorded answer would have more than {MOST_LINE >> 20} MiB", where=str(path))
    with _alone(path), _writing(path):
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            if size + len(line) > MOST_BYTES:
                remedy = "record fewer runs into one file, or begin another"
                raise InputError(f"it would have more than {MOST_BYTES >> 20} MiB", where=str(path), remedy=remedy)
            if size == 0:
                line = _HEADER + line
            elif os.pread(descriptor, 1, size - 1) != b"\n":  # an editor took it away
                line = b"\n" + line
            while line:
                line = line[os.write(descriptor, line) :]
        finally:
            os.close(descriptor)


def tidy(path: Path) -> None:
    """Sort the exchanges by run and turn; of two with one key the later stays. What is not right stays as it is."""
    with _alone(path), _writing(path):
        try:
            before, exchanges = _read(path), read_exchanges(path)
        except (InputError, FileNotFoundError):
            return
        latest = {exchange.key: exchange for exchange in exchanges}
        ordered = sorted(latest.items(), key=lambda item: (item[1].run, item[1].turn, item[1].ordinal, item[0]))
        after = _HEADER + b"".join(_line(exchange) for _, exchange in ordered)
        if after != before:
            _replace(path, after)


def _replace(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as beside:
            os.fchmod(beside.fileno(), stat.S_IMODE(path.stat().st_mode))
            beside.write(data)
            beside.flush()
            os.fsync(beside.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        what = "it is a link" if path.is_symlink() else f"it can't be read: {error.strerror}"
        raise InputError(what, where=str(path)) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InputError("it is not a file", where=str(path))
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InputError(f"it has more than {MOST_BYTES >> 20} MiB", where=str(path))
    return data


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time: the folder is what is locked, so that no lock file is left in a skill."""
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with _writing(path):
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = "it is a link" if path.is_symlink() else f"it can't be written: {error.strerror}"
        raise InputError(what, where=str(path)) from error


def _line(exchange: Exchange) -> bytes:
    response = exchange.response
    try:
        body: dict[str, str] = {"body": response.body.decode("utf-8")}
    except UnicodeDecodeError:
        body = {"body_base64": base64.b64encode(response.body).decode("ascii")}
    head = _json(
        {
            "run": exchange.run,
            "turn": exchange.turn,
            "ordinal": exchange.ordinal,
            "request": exchange.request,
            "response": {
                "status": response.status,
                "content_type": response.content_type,
                "request_id": response.request_id,
                **body,
            },
            "usage": None if exchange.usage is None else _counts(exchange.usage),
            "cost_nd": exchange.cost_nd,
            "duration_ms": exchange.duration_ms,
        },
        in_order=True,
    ).removesuffix(b"}")
    return head + _SEAL + hashlib.sha256(head).hexdigest().encode() + b'"}\n'


def _counts(usage: Usage) -> dict[str, int]:
    return {
        "input": usage.input,
        "output": usage.output,
        "cache_read": usage.cache_read,
        "cache_write": usage.cache_write,
    }


def _exchange(line: bytes, place: str, number: int, accept_edited: bool) -> Exchange:
    head = line[:-_SEAL_SIZE]
    is_sealed = line[-_SEAL_SIZE:] == _SEAL + hashlib.sha256(head).hexdigest().encode() + b'"}'
    if not (is_sealed or accept_edited):
        raise InputError(
            "this recorded answer was edited, or cut off, after it was recorded",
            where=place,
            remedy="record it again (--record), take the line out, or say --accept-edited if the edit is yours",
        )
    try:
        raw = json.loads(line)
        response = raw["response"]
        body = base64.b64decode(response["body_base64"]) if "body_base64" in response else response["body"].encode()
        exchange = Exchange(
            request=_typed(raw["request"], dict),
            run=_typed(raw["run"], str),
            turn=_typed(raw["turn"], int),
            ordinal=_typed(raw["ordinal"], int),
            response=Recorded(
                _typed(response["status"], int),
                _typed(response["content_type"], str),
                _typed(response["request_id"], str),
                body,
            ),
            usage=None if raw["usage"] is None else Usage(**{k: _typed(v, int) for k, v in raw["usage"].items()}),
            cost_nd=None if raw["cost_nd"] is None else _typed(raw["cost_nd"], int),
            duration_ms=_typed(raw["duration_ms"], int),
            line=number,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        remedy = "record it again (--record), or take the line out"
        raise InputError("this line is no recorded answer", where=place, remedy=remedy) from error
    return exchange


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError
    return value


def _json(value: Mapping[str, Any] | Sequence[Any], *, in_order: bool = False) -> bytes:
    """Canonical JSON: ASCII, so that no invisible character hides in a diff, and one spelling of everything."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=not in_order, separators=(",", ":")).encode()
