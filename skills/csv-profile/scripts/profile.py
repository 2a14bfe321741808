"""Profile a CSV file in one pass: column types, nulls, ranges and distinct values, as JSON.

Exit codes: 0 profiled; 2 the arguments or the file can't be used (the reason is on stderr).
"""

import argparse
import codecs
import csv
import hashlib
import io
import json
import math
import re
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

SAMPLE_BYTES = 64 * 1024
MAX_LINE = 16 * 1024 * 1024
MAX_COLUMNS = 2_000
MAX_REMEMBERED = 500_000
SHOWN = 80
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "colon": ":"}
NULLS = frozenset({"", "null", "na", "n/a", "nan", "none", "\\n", "#n/a"})
BOOLEANS = frozenset({"true", "false", "yes", "no", "t", "f", "y", "n"})
INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]{0,38})")
UNDECODABLE = re.compile("[\udc80-\udcff]")
DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,39}\.[0-9]{0,60}|\.[0-9]{1,60}|[0-9]{1,39}(?=[eE]))(?:[eE][+-]?[0-9]{1,3})?")


class InputError(Exception):
    """The file or an argument can't be used; the message says why and what to do."""


@dataclass
class Column:
    """What is known about one column so far; `remember` bounds the distinct values that are kept."""

    name: str
    remember: int
    kinds: Counter[str] = field(default_factory=Counter)
    nulls: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    kind_of: dict[str, str] = field(default_factory=dict)
    exact: bool = True
    numbers: list[float] = field(default_factory=lambda: [math.inf, -math.inf])
    number_sum: float = 0.0
    times: list[str] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    def add(self, raw: str, nulls: frozenset[str]) -> None:
        """Take in one cell."""
        value = raw.strip()
        if value.lower() in nulls:
            self.nulls += 1
            return
        key = value if len(value) <= 2 * SHOWN else short_key(value)
        kind = self.kind_of.get(key)
        if kind is None:
            kind = kind_of(value)
            self._first_sight(key, value, kind)
        if key in self.counts:
            self.counts[key] += 1
        self.kinds[kind] += 1
        if kind in ("integer", "decimal"):
            self.number_sum += float(value)

    def _first_sight(self, key: str, value: str, kind: str) -> None:
        if len(self.counts) < self.remember:
            self.counts[key] = 0
            self.kind_of[key] = kind
        else:
            self.exact = False
        self.lengths = widen(self.lengths, len(value))
        if kind in ("integer", "decimal"):
            number = float(value)
            self.numbers = [min(self.numbers[0], number), max(self.numbers[1], number)]
        elif kind in ("date", "datetime"):
            self.times = widen(self.times, value)

    def type(self) -> str:
        """The narrowest type that holds every value; `empty` if there is none, `text` for most mixtures."""
        kinds = set(self.kinds)
        if not kinds:
            return "empty"
        if len(kinds) == 1:
            return next(iter(kinds))
        for wide, narrow in (("decimal", "integer"), ("datetime", "date")):
            if kinds == {wide, narrow}:
                return wide
        return "text"

    def report(self, index: int, rows: int, top: int) -> dict[str, Any]:
        """The column's part of the profile."""
        entry: dict[str, Any] = {
            "name": self.name,
            "index": index,
            "type": self.type(),
            "kinds": dict(sorted(self.kinds.items())),
            "nulls": self.nulls,
            "null_share": round(self.nulls / rows, 4) if rows else 0.0,
            "distinct": len(self.counts),
            "distinct_exact": self.exact,
        }
        if self.lengths:
            entry["length"] = {"min": self.lengths[0], "max": self.lengths[1]}
        if self.numbers[0] <= self.numbers[1]:
            count = self.kinds["integer"] + self.kinds["decimal"]
            entry["number"] = {
                "min": tidy(self.numbers[0]),
                "max": tidy(self.numbers[1]),
                "mean": tidy(self.number_sum / count),
            }
        if self.times:
            entry["time"] = {"min": self.times[0], "max": self.times[1]}
        ranked = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))[:top]
        entry["top"] = [{"value": shown(value), "count": count} for value, count in ranked]
        return entry


@dataclass
class Table:
    """The rows of a file while they stream past."""

    columns: list[Column]
    rows: int = 0
    blank: int = 0
    ragged: int = 0
    ragged_lines: list[int] = field(default_factory=list)

    def add(self, record: list[str], line: int, nulls: frozenset[str]) -> None:
        """Take in one record that ends on `line`; missing cells count as null, surplus cells are only reported."""
        self.rows += 1
        width = len(self.columns)
        if len(record) != width:
            self.ragged += 1
            if len(self.ragged_lines) < 5:
                self.ragged_lines.append(line)
            record = record[:width] + [""] * (width - len(record))
        for column, cell in zip(self.columns, record, strict=True):
            column.add(cell, nulls)


class Lines:
    """The lines of a text stream, bounded in length, with those of the current record kept for the last check."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self.stream = stream
        self.number = 0
        self.record: list[str] = []
        self.undecodable = 0

    def __iter__(self) -> Iterator[str]:
        while line := self.stream.readline(MAX_LINE):
            self.number += 1
            if len(line) == MAX_LINE and line[-1] not in "\r\n":
                raise InputError(f"line {self.number} is longer than {MAX_LINE:,} characters; is this a CSV file?")
            if not line.isascii():
                self.undecodable += len(UNDECODABLE.findall(line))
            self.record.append(line)
            yield line.replace("\0", "")


def widen(bounds: list[Any], value: Any) -> list[Any]:
    """`[least, greatest]` after one more value."""
    return [min(bounds[0], value), max(bounds[1], value)] if bounds else [value, value]


def short_key(value: str) -> str:
    """A stand-in for a long value: how it starts, and a digest that keeps different values apart."""
    digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return f"{value[:SHOWN]}…{digest}"


def shown(value: str) -> str:
    """A value as the report shows it: at most 80 characters."""
    return value if len(value) <= SHOWN else value[:SHOWN] + "…"


def tidy(number: float) -> int | float | None:
    """A number without a needless `.0` and with at most 6 decimals; None where it overflowed."""
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else round(number, 6)


def kind_of(value: str) -> str:
    """The kind of one value that is not null. `007` is text on purpose: it is a code, not a number."""
    if INTEGER.fullmatch(value):
        return "integer"
    if DECIMAL.fullmatch(value):
        return "decimal" if math.isfinite(float(value)) else "text"
    if value.lower() in BOOLEANS:
        return "boolean"
    if len(value) >= 10 and value[4] == "-" and value[7] == "-":
        return time_kind(value)
    return "text"


def time_kind(value: str) -> str:
    """`date` or `datetime` for ISO 8601, else `text`; 01/02/2026 stays text because its order is a guess."""
    try:
        if len(value) == 10:
            date.fromisoformat(value)
            return "date"
        datetime.fromisoformat(value)
    except ValueError:
        return "text"
    return "datetime"


def detect_encoding(sample: bytes) -> str:
    """The encoding by byte order mark, then by zero bytes (UTF-16), then UTF-8 if it decodes, else Windows-1252."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if sample.startswith(mark):
            return name
    if b"\0" in sample:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        if min(even, odd) * 20 < max(even, odd) and max(even, odd) * 4 > len(sample):
            return "utf-16-be" if even > odd else "utf-16-le"
        raise InputError("this is a binary file, not CSV (it has zero bytes)")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def detect_delimiter(sample: str, cut: bool) -> str:
    """The candidate that splits the first 50 records most evenly into more than one field; a comma if none does."""
    lines = sample.splitlines(keepends=True)
    if cut and len(lines) > 1:
        lines.pop()
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS.values():
        try:
            widths = [len(row) for row in islice(csv.reader(lines, delimiter=delimiter), 50) if row]
        except csv.Error:
            continue
        if not widths:
            continue
        width, count = Counter(widths).most_common(1)[0]
        score = (count / len(widths), width)
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def decode_sample(sample: bytes, encoding: str) -> str:
    """The sample as text, whatever its end was cut through."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(sample)


def open_file(path: Path) -> io.BufferedReader:
    """Open the file for reading bytes.

    Raises:
        InputError: It is missing, a folder or unreadable.
    """
    try:
        return io.BufferedReader(path.open("rb", buffering=0), SAMPLE_BYTES)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; name one CSV file") from None
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None


def profile(path: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The profile of the file.

    Raises:
        InputError: The file can't be read as CSV.
    """
    with open_file(path) as binary:
        sample = binary.peek(SAMPLE_BYTES)[:SAMPLE_BYTES]
        if not sample:
            raise InputError(f"{path} has no content")
        encoding = options.encoding or detect_encoding(sample)
        text = decode_sample(sample, encoding)
        delimiter = DELIMITERS.get(options.delimiter or "") or detect_delimiter(text, len(sample) == SAMPLE_BYTES)
        lines = Lines(io.TextIOWrapper(binary, encoding, "surrogateescape", newline=""))
        try:
            table, unclosed = read_table(lines, delimiter, options)
        except (csv.Error, UnicodeError) as error:
            raise InputError(f"{path}, near line {lines.number}: {explained(error)}") from None
    return {
        "encoding": encoding,
        "delimiter": delimiter,
        "header": not options.no_header,
        "rows": table.rows,
        "blank_lines": table.blank,
        "ragged_rows": {"count": table.ragged, "first_lines": table.ragged_lines},
        "columns": [column.report(index, table.rows, options.top) for index, column in enumerate(table.columns, 1)],
        "warnings": warnings(table, lines, encoding, unclosed),
    }


def read_table(lines: Lines, delimiter: str, options: argparse.Namespace) -> tuple[Table, int | None]:
    """Read all records; also the first line of a record whose closing quote is missing, if the last one is so."""
    csv.field_size_limit(MAX_LINE)
    nulls = NULLS | {word.strip().lower() for word in options.null}
    reader = csv.reader(lines, delimiter=delimiter)
    table: Table | None = None
    blank = started = 0
    last: list[str] = []
    for record in reader:
        started, last = lines.number - len(lines.record) + 1, lines.record
        lines.record = []
        if not record:
            blank += 1
        elif table is None:
            table = new_table(record, options)
            if options.no_header:
                table.add(record, started, nulls)
        else:
            table.add(record, started, nulls)
    if table is None:
        raise InputError("there are only blank lines")
    table.blank = blank
    return table, started if is_unclosed(last, delimiter) else None


def new_table(record: list[str], options: argparse.Namespace) -> Table:
    """A table whose columns are named by the first record, or by number."""
    if len(record) > MAX_COLUMNS:
        raise InputError(f"the first record has {len(record):,} columns; at most {MAX_COLUMNS:,} can be profiled")
    names = [f"column_{n}" for n in range(1, len(record) + 1)] if options.no_header else [n.strip() for n in record]
    remember = max(1, min(options.max_distinct, MAX_REMEMBERED // len(record)))
    return Table([Column(shown(name), remember) for name in names])


def is_unclosed(lines: list[str], delimiter: str) -> bool:
    """Whether a quote that these lines of the last record open is never closed."""
    if sum(map(len, lines)) > MAX_LINE:
        return False
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def explained(error: Exception) -> str:
    """A message of the csv module or a decoder, with what to do about it."""
    text = str(error)
    if "field larger than" in text:
        return f"a field is longer than {MAX_LINE:,} characters; a closing quote is probably missing before it"
    if isinstance(error, UnicodeError):
        return f"the text does not decode ({text}); name another encoding"
    return text


def warnings(table: Table, lines: Lines, encoding: str, unclosed: int | None) -> list[str]:
    """What a reader of the profile should know before trusting it."""
    found = []
    if lines.undecodable:
        found.append(f"Bytes that are not {encoding}: {lines.undecodable}, kept as they are. Try --encoding cp1252.")
    if encoding == "cp1252":
        found.append("Not UTF-8, so read as Windows-1252: a guess. Name the encoding if you know it.")
    if unclosed:
        found.append(f"The quote opened in the record at line {unclosed} is never closed; later rows may be inside it.")
    if table.ragged:
        found.append(f"Rows with another number of fields than the first record: {table.ragged}.")
    names = Counter(column.name for column in table.columns)
    found += [f"{count} columns are named {name!r}." for name, count in names.items() if count > 1 and name]
    if names[""]:
        found.append(f"{names['']} columns have no name.")
    if table.rows == 0:
        found.append("There is a header but no row.")
    return found


def positive(text: str) -> int:
    """An argument that is a whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 10 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def known_encoding(text: str) -> str | None:
    """An argument that names a text encoding; empty means detect."""
    if not text:
        return None
    try:
        codecs.getincrementaldecoder(text)("replace").decode(b"a")
        "a".encode(text)
    except (LookupError, TypeError, ValueError, AssertionError):
        raise argparse.ArgumentTypeError(f"{text!r} is not an encoding that Python knows") from None
    return text


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. An option without a value counts as not given."""
    parser = argparse.ArgumentParser(prog="csv-profile", description="Profile a CSV file in one pass, as JSON.")
    parser.add_argument("path", type=Path, help="the CSV file")
    parser.add_argument("--delimiter", nargs="?", choices=[*DELIMITERS, ""], help="default: detected")
    parser.add_argument("--encoding", nargs="?", type=known_encoding, help="default: detected")
    parser.add_argument("--no-header", action="store_true", help="the first record is data")
    parser.add_argument("--null", nargs="*", default=[], help="further words that mean null")
    parser.add_argument("--top", nargs="?", type=positive, const=5, default=5, help="frequent values per column")
    parser.add_argument("--max-distinct", nargs="?", type=positive, const=10_000, default=10_000)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = parse(argv)
    try:
        report = profile(options.path, options)
    except InputError as error:
        print(f"csv-profile: {error}", file=sys.stderr)
        return 2
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
