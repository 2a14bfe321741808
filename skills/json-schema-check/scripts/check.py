"""Check a JSON file against a JSON Schema (a documented part of draft 2020-12), as JSON.

Exit codes: 0 valid; 1 invalid; 2 a file, the schema or an argument can't be used (the reason is on stderr);
3 undecided: nothing is wrong, but the schema has keywords that are not supported.
"""

import argparse
import json
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

sys.dont_write_bytecode = True  # a __pycache__ would change the folder that somebody reviewed
sys.path.insert(0, str(Path(__file__).resolve().parent))

from formats import FORMATS  # noqa: E402
from schema import Schema, SchemaError, Unsupported, read_schema  # noqa: E402
from validator import Validator  # noqa: E402

MAX_BYTES = 64 * 1024 * 1024
MAX_FRAMES = 5_000
EXIT_CODES = {"valid": 0, "invalid": 1, "undecided": 3}


class InputError(Exception):
    """A file can't be used; the message says why and what to do."""


class TooSlowError(Exception):
    """The check took longer than it may."""


def read_json(path: Path) -> tuple[Any, list[str]]:
    """A JSON file with exact decimal numbers, and notes on keys that stand twice in one object.

    Raises:
        InputError: It is missing, too large, not UTF-8 or not JSON.
    """
    text = read_text(path)
    repeated: set[str] = set()

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            repeated.update(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        return found

    def refuse(constant: str) -> Any:
        raise InputError(f"{path}: {constant} is not JSON")

    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=refuse, object_pairs_hook=as_object)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except ValueError:
        raise InputError(f"{path}: a number has more than {sys.get_int_max_str_digits():,} digits") from None
    except RecursionError:
        raise InputError(f"{path} is nested too deeply to be read") from None
    return value, [
        f"{path.name}: the key {name!r} stands twice in an object; the last counts" for name in sorted(repeated)
    ]


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark.

    Raises:
        InputError: It is missing, a folder, unreadable, too large, empty or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; name one JSON file") from None
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES >> 20} MiB; check it in parts")
    if not data.strip():
        raise InputError(f"{path} has no content")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 (byte {error.start}); convert it first") from None


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise TooSlowError in the body after so many seconds: a hostile pattern can take for ever."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TooSlowError

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def check(options: argparse.Namespace) -> dict[str, Any]:
    """The report on one file.

    Raises:
        InputError: A file can't be used.
        SchemaError: The schema is wrong.
    """
    root, schema_notes = read_json(options.schema)
    schema = read_schema(root)
    data, data_notes = read_json(options.data)
    failures, more = Validator(schema, options.formats).failures(data, options.max_errors)
    unsupported = schema.unsupported + unknown_formats(schema, options.formats)
    notes = schema_notes + data_notes
    if schema.formats and not options.formats:
        notes.append(f"format is not checked ({', '.join(sorted(schema.formats))}); --formats checks it")
    undecided = unsupported and not options.allow_unsupported
    return {
        "verdict": "invalid" if failures else "undecided" if undecided else "valid",
        "errors": [asdict(failure) for failure in failures],
        "more_errors": more,
        "unsupported": [asdict(found) for found in unsupported],
        "notes": notes,
    }


def unknown_formats(schema: Schema, demanded: bool) -> list[Unsupported]:
    """The formats that were demanded and can't be checked."""
    if not demanded:
        return []
    return [
        Unsupported("#", "format", f"{name!r} is not a known format") for name in sorted(schema.formats - {*FORMATS})
    ]


def positive(text: str) -> int:
    """An argument that is a whole number from 1 to 100,000."""
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 100,000")
    return int(text)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. An option without a value counts as not given."""
    parser = argparse.ArgumentParser(prog="json-schema-check", description="Check JSON against a JSON Schema.")
    parser.add_argument("data", type=Path, help="the JSON file to check")
    parser.add_argument("schema", type=Path, help="the JSON Schema file")
    parser.add_argument("--formats", action="store_true", help="also check the formats that are known")
    parser.add_argument("--allow-unsupported", action="store_true", help="call it valid despite unsupported keywords")
    parser.add_argument("--max-errors", nargs="?", type=positive, const=50, default=50)
    parser.add_argument("--timeout", nargs="?", type=positive, const=30, default=30, help="seconds (30)")
    parser.add_argument("--exit-zero", action="store_true", help="exit 0 whatever the verdict")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = parse(argv)
    sys.setrecursionlimit(MAX_FRAMES)
    try:
        with time_limit(options.timeout):
            report = check(options)
    except InputError as error:
        return refused(str(error))
    except SchemaError as error:
        return refused(f"{options.schema}: the schema can't be used: {error}")
    except RecursionError:
        return refused("the data or the schema is nested too deeply to be checked")
    except TooSlowError:
        return refused(f"no verdict after {options.timeout} seconds; a pattern or a web of anyOf may be the reason")
    text = json.dumps(report, indent=2, ensure_ascii=False)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    return 0 if options.exit_zero else EXIT_CODES[report["verdict"]]


def refused(reason: str) -> int:
    """Say why there is no verdict, and return the exit code for it."""
    print(f"json-schema-check: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
