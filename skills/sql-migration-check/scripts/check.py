"""Find dangerous statements in SQL migrations for PostgreSQL, MySQL and SQLite.

Exit codes: 0 nothing at or above --fail-on; 1 something was found; 2 the arguments or a file can't be used (the reason
is on stderr, or under "not_read" when a folder was checked).
"""

import argparse
import json
import re
import signal
import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True  # a __pycache__ would change the folder that somebody reviewed
sys.path.insert(0, str(Path(__file__).resolve().parent))

from context import Context, Found  # noqa: E402
from detect import detect  # noqa: E402
from rules import RULES, SEVERITIES  # noqa: E402
from sql_tokens import Comment, Reader, Statement  # noqa: E402

MAX_BYTES = 8 * 1024 * 1024
MAX_FINDINGS = 1_000
DIALECTS = ("postgresql", "mysql", "sqlite")
ALLOW = re.compile(r"migration-check:\s*allow\s+(?P<rules>[\w, -]+?)\s*(?::\s*(?P<reason>\S.*))?$")
UP_OR_DOWN = re.compile(r"(?:migrate:|\+goose +|\+migrate +)(?P<direction>up|down)\b", re.IGNORECASE)
NOTES = re.compile(r"migration-check:|migrate:|\+goose|\+migrate", re.IGNORECASE)
DOWN_FILE = re.compile(r"(?:^|[._-])down\.sql$", re.IGNORECASE)


class InputError(Exception):
    """A file or folder can't be used; the message says why and what to do."""


@dataclass(frozen=True)
class Finding:
    """One dangerous statement."""

    path: str
    line: int
    rule: str
    severity: str
    subject: str
    statement: str
    why: str
    remedy: str


@dataclass
class Result:
    """What came of all files."""

    findings: list[Finding] = field(default_factory=list)
    files: int = 0
    statements: int = 0
    allowed: int = 0
    skipped_down: int = 0
    not_read: list[dict[str, str]] = field(default_factory=list)


def check_file(path: Path, shown: str, options: argparse.Namespace, result: Result) -> None:
    """Check one file and add what it holds to the result.

    Raises:
        InputError: It can't be read.
    """
    reader = Reader(read_sql(path), options.dialect, wanted=NOTES)
    context = Context(options.dialect, options.in_transaction)
    direction = Direction()
    raw: list[tuple[int, str, Found]] = []
    last_lines = array("q")
    for number, statement in enumerate(reader.statements()):
        last_lines.append(statement.last_line)
        if direction.is_down(reader.notes, statement.line) and not options.include_down:
            result.skipped_down += 1
            continue
        result.statements += 1
        raw += [(number, excerpt(statement), found) for found in detect(statement, context)]
    allowed, unreasoned = allowances(reader.notes, last_lines)
    for number, text, found in raw:
        if found.rule == "drop-table" and found.detail in context.rebuilt:
            continue
        if (number, found.rule) in allowed:
            result.allowed += 1
        else:
            result.findings.append(finding(shown, found, text))
    for line in unreasoned:
        result.findings.append(finding(shown, Found("allow-without-reason", line, ""), ""))
    for line, what in reader.unterminated:
        result.findings.append(finding(shown, Found("unterminated", line, what), ""))
    result.files += 1


@dataclass
class Direction:
    """Whether the marks of a migration tool say that a file has reached its way back."""

    read: int = 0
    down: bool = False

    def is_down(self, notes: Sequence[Comment], line: int) -> bool:
        """Whether a statement on this line, further down than the last one asked about, belongs to the way back."""
        while self.read < len(notes) and notes[self.read].line <= line:
            mark = UP_OR_DOWN.search(notes[self.read].text)
            if mark:
                self.down = mark["direction"].lower() == "down"
            self.read += 1
        return self.down


def allowances(notes: Iterable[Comment], last_lines: "array[int]") -> tuple[set[tuple[int, str]], list[int]]:
    """Which rule is allowed for which statement (by number), and the lines of allowances without a reason.

    A comment speaks of the statement that it stands in, behind (on the same line) or above.
    """
    allowed: set[tuple[int, str]] = set()
    unreasoned: list[int] = []
    for note in notes:
        match = ALLOW.search(note.text)
        if match and match["reason"]:
            number = bisect_left(last_lines, note.line)
            allowed |= {(number, rule) for rule in re.split(r"[,\s]+", match["rules"]) if rule}
        elif match:
            unreasoned.append(note.line)
    return allowed, unreasoned


def finding(path: str, found: Found, statement: str) -> Finding:
    """A finding with what its rule says."""
    rule = RULES[found.rule]
    return Finding(path, found.line, rule.id, rule.severity, found.detail, statement, rule.why, rule.remedy)


def excerpt(statement: Statement) -> str:
    """How a statement starts, without the text of its strings."""
    words = ("'…'" if token.kind == "string" else token.text[:40] for token in statement.tokens[:20])
    return " ".join(words)[:120]


def read_sql(path: Path) -> str:
    """The text of a migration.

    Raises:
        InputError: It is missing, unreadable, too large or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES >> 20} MiB: a dump rather than a migration?")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 (byte {error.start}); convert it first") from None
    if "\0" in text:
        raise InputError(f"{path} is a binary file (it has zero bytes)")
    return text.replace("\r\n", "\n")


def check(options: argparse.Namespace) -> Result:
    """Check all files that were named, and those in the folders that were named.

    Raises:
        InputError: A named file can't be read, or a named folder has no SQL file.
    """
    result = Result()
    for path in options.paths:
        files = sql_files(path)
        if files is None:
            check_file(path, str(path), options, result)
            continue
        if not files:
            raise InputError(f"there is no .sql file under {path}")
        for file in files:
            if not options.include_down and DOWN_FILE.search(file.name):
                result.skipped_down += 1
                continue
            try:
                check_file(file, str(file), options, result)
            except InputError as error:
                result.not_read.append({"path": str(file), "reason": str(error)})
    result.findings.sort(key=lambda found: (found.path, found.line, found.rule, found.subject))
    return result


def sql_files(path: Path) -> list[Path] | None:
    """The SQL files in a folder and those below it; None if the path is no folder.

    Raises:
        InputError: It can't be read.
    """
    try:
        return sorted(file for file in path.rglob("*.sql") if file.is_file()) if path.is_dir() else None
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None


def as_json(result: Result, dialect: str) -> str:
    """The report for programs."""
    counts = Counter(found.severity for found in result.findings)
    report: dict[str, Any] = {
        "dialect": dialect,
        "files": result.files,
        "statements": result.statements,
        "counts": {severity: counts[severity] for severity in reversed(SEVERITIES)},
        "findings": [vars(found) for found in result.findings[:MAX_FINDINGS]],
        "more_findings": max(0, len(result.findings) - MAX_FINDINGS),
        "allowed": result.allowed,
        "skipped_down": result.skipped_down,
        "not_read": result.not_read,
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def as_text(result: Result) -> str:
    """The report for people: one finding in three lines."""
    lines: list[str] = []
    for found in result.findings[:MAX_FINDINGS]:
        subject = f" ({found.subject})" if found.subject else ""
        lines.append(printable(f"{found.path}:{found.line}: {found.severity} {found.rule}{subject}"))
        lines += [f"    why:    {found.why}", f"    remedy: {found.remedy}"]
    lines += [printable(f"not read: {skipped['reason']}") for skipped in result.not_read]
    rest = f"statements: {result.statements}, files: {result.files}, allowed: {result.allowed}"
    lines.append(f"findings: {len(result.findings)} ({rest}, skipped on the way down: {result.skipped_down})")
    return "\n".join(lines)


def printable(text: str) -> str:
    """Text without control characters, which could deceive a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. An option without a value counts as not given."""
    parser = argparse.ArgumentParser(prog="sql-migration-check", description="Find dangerous SQL migrations.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="path", help="SQL files, or folders with *.sql")
    parser.add_argument("--dialect", required=True, choices=DIALECTS)
    parser.add_argument("--in-transaction", action="store_true", help="the migration tool opens a transaction per file")
    parser.add_argument("--include-down", action="store_true", help="check down migrations too")
    parser.add_argument("--fail-on", nargs="?", choices=[*SEVERITIES, "never"], const="warning", default="warning")
    parser.add_argument("--format", choices=["json", "text"], default="json")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = parse(argv)
    try:
        result = check(options)
    except InputError as error:
        print(f"sql-migration-check: {error}", file=sys.stderr)
        return 2
    text = as_json(result, options.dialect) if options.format == "json" else as_text(result)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    if result.not_read:
        return 2
    failing = () if options.fail_on == "never" else SEVERITIES[SEVERITIES.index(options.fail_on) :]
    return int(any(found.severity in failing for found in result.findings))


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
