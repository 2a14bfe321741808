"""Summarise a log in one pass: templates of messages, levels, times, top errors and bursts, as JSON.

Exit codes: 0 summarised; 2 the arguments or the file can't be used (the reason is on stderr).
"""

import argparse
import gzip
import json
import signal
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

sys.dont_write_bytecode = True  # a __pycache__ would change the folder that somebody reviewed
sys.path.insert(0, str(Path(__file__).resolve().parent))

from entries import LEVELS, Entry, read_entry, take_time  # noqa: E402
from templates import mask  # noqa: E402

MAX_LINE = 16 * 1024
MAX_TEMPLATES = 10_000
MAX_MINUTES = 1_000_000
BURST_FACTOR = 5
BURST_LEAST = 10
BURSTS_SHOWN = 10
BAD_LEVELS = ("error", "critical")


class InputError(Exception):
    """The file can't be used; the message says why and what to do."""


@dataclass
class Template:
    """What is known about one template; times in seconds since 1970."""

    text: str
    level: str
    line: int
    count: int = 0
    first: int | None = None
    last: int | None = None
    trace: str = ""

    def report(self, entries: int) -> dict[str, Any]:
        """The template's part of the summary."""
        return {
            "template": self.text,
            "level": self.level,
            "count": self.count,
            "share": round(self.count / entries, 4),
            "first": shown_time(self.first),
            "last": shown_time(self.last),
            "line": self.line,
            **({"trace": self.trace} if self.trace else {}),
        }


@dataclass
class Summary:
    """What is known about the log so far."""

    lines: int = 0
    blank: int = 0
    continuations: int = 0
    entries: int = 0
    timed: int = 0
    json_lines: int = 0
    backwards: int = 0
    outside: int = 0
    untold: int = 0
    first: int | None = None
    last: int | None = None
    previous: int | None = None
    levels: Counter[str] = field(default_factory=Counter)
    templates: dict[tuple[str, str], Template] = field(default_factory=dict)
    minutes: dict[str, Counter[int]] = field(default_factory=lambda: {"entries": Counter(), "errors": Counter()})
    current: Template | None = None

    def add_line(self, line: str, options: argparse.Namespace) -> None:
        """Take in one line."""
        self.lines += 1
        if not line.strip():
            self.blank += 1
            return
        entry = read_entry(line, options.year)
        if self._continues(line, entry):
            self.continuations += 1
            if self.current is not None and self.current.count == 1 and not line[0].isspace():
                self.current.trace = mask(line.strip())
            return
        time = entry.time if entry.time is not None else self.previous
        if time is not None and not options.since <= time < options.until:
            self.outside += 1
            self.current = None
        else:
            self._add_entry(entry, options.keep_paths)
        self.previous = time

    def _continues(self, line: str, entry: Entry) -> bool:
        """Whether a line belongs to the entry before: indented, or without time and level where others have a time."""
        if self.entries + self.outside == 0 or entry.is_json:
            return False
        return line[0].isspace() or (self.previous is not None and entry.time is None and entry.level is None)

    def _add_entry(self, entry: Entry, keep_paths: bool) -> None:
        self.entries += 1
        self.json_lines += entry.is_json
        level = entry.level or "none"
        self.levels[level] += 1
        if entry.time is not None:
            self._add_time(entry.time, level in BAD_LEVELS)
        key = (level, mask(entry.message, keep_paths))
        template = self.templates.get(key)
        if template is None:
            if len(self.templates) >= MAX_TEMPLATES:
                self.untold += 1
                self.current = None
                return
            template = self.templates[key] = Template(key[1], level, self.lines)
        template.count += 1
        if entry.time is not None:
            template.first = entry.time if template.first is None else min(template.first, entry.time)
            template.last = entry.time if template.last is None else max(template.last, entry.time)
        self.current = template

    def _add_time(self, time: int, is_error: bool) -> None:
        self.timed += 1
        self.backwards += self.previous is not None and time < self.previous
        self.first = time if self.first is None else min(self.first, time)
        self.last = time if self.last is None else max(self.last, time)
        for name in ("entries", "errors") if is_error else ("entries",):
            counts = self.minutes[name]
            if time // 60 in counts or len(counts) < MAX_MINUTES:
                counts[time // 60] += 1


def bursts(summary: Summary) -> list[dict[str, Any]]:
    """Runs of minutes with at least five times the mean rate and at least ten entries, largest first."""
    if summary.first is None or summary.last is None:
        return []
    span = summary.last // 60 - summary.first // 60 + 1
    found: list[dict[str, Any]] = []
    for what, counts in summary.minutes.items():
        mean = sum(counts.values()) / span
        busy = sorted(minute for minute, count in counts.items() if count >= max(BURST_LEAST, BURST_FACTOR * mean))
        for start, end in runs(busy):
            count = sum(counts[minute] for minute in range(start, end + 1))
            found.append(
                {
                    "what": what,
                    "from": shown_time(start * 60),
                    "to": shown_time((end + 1) * 60),
                    "count": count,
                    "times_mean": round(count / (end - start + 1) / mean, 1),
                }
            )
    return sorted(found, key=lambda burst: (-burst["count"], burst["what"], burst["from"]))[:BURSTS_SHOWN]


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as runs without a gap: the first and last number of each."""
    start = end = None
    for number in numbers:
        if start is None or end is None:
            start = end = number
        elif number == end + 1:
            end = number
        else:
            yield start, end
            start = end = number
    if start is not None and end is not None:
        yield start, end


def summarise(path: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The summary of a log file, which may be compressed with gzip.

    Raises:
        InputError: It can't be read as a log.
    """
    summary = Summary()
    problems = {"cut": 0, "undecodable": 0}
    try:
        with open_log(path) as file:
            for raw in bounded_lines(file, problems):
                try:
                    line = raw.decode("utf-8-sig" if summary.lines == 0 else "utf-8")
                except UnicodeDecodeError:
                    problems["undecodable"] += 1
                    line = raw.decode("utf-8", "replace")
                summary.add_line(line.rstrip("\r\n"), options)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} can't be read to its end: {error}") from None
    if summary.lines == summary.blank:
        raise InputError(f"{path} has no content")
    return report(summary, problems, options)


def open_log(path: Path) -> BinaryIO:
    """Open a file for reading bytes, unpacking gzip.

    Raises:
        InputError: It is missing, a folder, unreadable or not text.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; name one log file") from None
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None
    head = file.peek(512)[:512]
    if head.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.open(file))
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        file.close()
        raise InputError(f"{path} is UTF-16; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)")
    if b"\0" in head:
        file.close()
        raise InputError(f"{path} is a binary file (it has zero bytes)")
    return file


def bounded_lines(file: BinaryIO, problems: dict[str, int]) -> Iterator[bytes]:
    """The lines of a file; of a line longer than 16 KiB only its start, and that is counted."""
    while line := file.readline(MAX_LINE):
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            problems["cut"] += 1
            while (rest := file.readline(1 << 20)) and not rest.endswith(b"\n"):
                pass
        yield line


def report(summary: Summary, problems: dict[str, int], options: argparse.Namespace) -> dict[str, Any]:
    """Everything that was found, most frequent first."""
    ranked = sorted(summary.templates.values(), key=lambda template: (-template.count, template.level, template.text))
    chosen = [template for template in ranked if options.level is None or at_least(template.level, options.level)]
    errors = [template for template in ranked if template.level in BAD_LEVELS]
    entries = max(summary.entries, 1)
    return {
        "lines": summary.lines,
        "entries": summary.entries,
        "continuation_lines": summary.continuations,
        "blank_lines": summary.blank,
        "json_lines": summary.json_lines,
        "outside_of_range": summary.outside,
        "first": shown_time(summary.first),
        "last": shown_time(summary.last),
        "levels": {level: summary.levels[level] for level in (*LEVELS, "none") if summary.levels[level]},
        "distinct_templates": len(summary.templates),
        "templates": [template.report(entries) for template in chosen[: options.top]],
        "top_errors": [template.report(entries) for template in errors[: options.top]],
        "bursts": bursts(summary),
        "warnings": warnings(summary, problems),
    }


def at_least(level: str, least: str) -> bool:
    """Whether a level is as serious as another one."""
    return level in LEVELS and LEVELS.index(level) >= LEVELS.index(least)


def warnings(summary: Summary, problems: dict[str, int]) -> list[str]:
    """What a reader of the summary should know before trusting it."""
    found = []
    if summary.timed == 0:
        found.append("No time was recognised, so there are no bursts. Syslog times need --year.")
    elif summary.timed < summary.entries:
        found.append(f"Entries without a time: {summary.entries - summary.timed}.")
    if summary.backwards:
        found.append(f"Entries that are older than the one before: {summary.backwards}; several sources may be mixed.")
    if summary.untold:
        found.append(f"After {MAX_TEMPLATES:,} templates, further ones were only counted: {summary.untold} entries.")
    if problems["cut"]:
        found.append(f"Lines longer than {MAX_LINE:,} bytes, of which only the start was read: {problems['cut']}.")
    if problems["undecodable"]:
        found.append(f"Lines that are not UTF-8: {problems['undecodable']}.")
    return found


def shown_time(seconds: int | None) -> str | None:
    """A time as reports show it: ISO 8601 in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> int:
    """An argument that is a time, such as `2026-01-31T10:00:00Z` or `2026-01-31`."""
    found, _ = take_time(text if len(text) > 10 else f"{text} 00:00:00", None)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-01-31T10:00:00Z")
    return found


def whole(least: int, most: int) -> Any:
    """A reader of arguments that are whole numbers within bounds."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 6 or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. An option without a value counts as not given."""
    parser = argparse.ArgumentParser(prog="log-summary", description="Summarise a log in one pass, as JSON.")
    parser.add_argument("path", type=Path, help="the log file, perhaps compressed with gzip")
    parser.add_argument("--top", nargs="?", type=whole(1, 1000), const=10, default=10, help="templates to show (10)")
    parser.add_argument("--level", nargs="?", choices=LEVELS, help="show only templates at least as serious")
    parser.add_argument("--since", nargs="?", type=moment, const=-(1 << 60), default=-(1 << 60), help="inclusive")
    parser.add_argument("--until", nargs="?", type=moment, const=1 << 60, default=1 << 60, help="exclusive")
    parser.add_argument("--year", nargs="?", type=whole(1970, 9998), help="the year of syslog times")
    parser.add_argument("--keep-paths", action="store_true", help="mask only numbers in paths")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = parse(argv)
    try:
        found = summarise(options.path, options)
    except InputError as error:
        print(f"log-summary: {error}", file=sys.stderr)
        return 2
    text = json.dumps(found, indent=2, ensure_ascii=False)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
