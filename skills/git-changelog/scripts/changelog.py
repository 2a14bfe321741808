"""Write a changelog from conventional commits, read from a repository or from a file with plain `git log` output.

Exit codes: 0 written; 1 with --check, when a commit is not conventional; 2 the arguments, the repository or the file
can't be used (the reason is on stderr).
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_BYTES = 256 * 1024 * 1024
GIT_SECONDS = 60
HEADINGS = {
    "feat": "Features",
    "fix": "Bug fixes",
    "perf": "Performance",
    "revert": "Reverts",
    "refactor": "Refactoring",
    "docs": "Documentation",
    "test": "Tests",
    "build": "Build",
    "ci": "Continuous integration",
    "style": "Style",
    "chore": "Chores",
}
USUAL = ("feat", "fix", "perf", "revert")
COMMIT = re.compile(r"commit ([0-9a-f]{7,64})(?: .*)?")
SUBJECT = re.compile(r"(?P<type>[A-Za-z]+)(?:\((?P<scope>[^()]*)\))?(?P<bang>!)?: +(?P<text>\S.*)")
BREAKING = re.compile(r"BREAKING[ -]CHANGE: *(?P<text>.*)")
FOOTER = re.compile(r"(?:[A-Za-z][A-Za-z-]*(?:: | #)|BREAKING[ -]CHANGE: )")
REVERTS = re.compile(r"This reverts commit ([0-9a-f]{7,64})\b")


class InputError(Exception):
    """The repository, the file or an argument can't be used; the message says why and what to do."""


@dataclass
class Commit:
    """One commit, as `git log` shows it."""

    sha: str
    author: str = ""
    date: str = ""
    merge: bool = False
    lines: list[str] = field(default_factory=list)

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return next((line.strip() for line in self.lines if line.strip()), "")


@dataclass(frozen=True)
class Change:
    """A commit that follows the convention."""

    type: str
    scope: str
    text: str
    breaking: str
    sha: str
    author: str


@dataclass
class Log:
    """The commits of a range, newest first, sorted into changes and what is left over."""

    changes: list[Change]
    unconventional: list[Commit]
    merges: int
    cancelled: int
    newest: str

    def bump(self) -> str:
        """The part of a semantic version that these changes raise: `major`, `minor`, `patch` or `none`."""
        if any(change.breaking for change in self.changes):
            return "major"
        types = {change.type for change in self.changes}
        if "feat" in types:
            return "minor"
        return "patch" if types & {"fix", "perf", "revert"} else "none"


def log_of_repository(repository: Path, start: str, end: str) -> tuple[str, str]:
    """What `git log` says about `start..end`, and `start`, by default the last tag before `end`.

    Raises:
        InputError: It is not a repository, or a revision is unknown.
    """
    for revision in (start, end):
        if revision.startswith("-"):
            raise InputError(f"{revision!r} is not a revision")
    if not git(repository, "rev-parse", "--git-dir", optional=True):
        raise InputError(f"{repository} is not a git repository; use --log for a file with `git log` output")
    if not git(repository, "rev-parse", "--verify", "--quiet", f"{end}^{{commit}}", optional=True):
        raise InputError(f"{end!r} is no commit of {repository}" + (" (no commit yet?)" if end == "HEAD" else ""))
    if not start:
        start = git(repository, "describe", "--tags", "--abbrev=0", f"{end}^", optional=True).strip()
    elif not git(repository, "rev-parse", "--verify", "--quiet", f"{start}^{{commit}}", optional=True):
        raise InputError(f"{start!r} is no commit of {repository}")
    span = f"{start}..{end}" if start else end
    show = ("--no-color", "--no-decorate", "--no-show-signature", "--no-notes", "--format=medium", "--date=iso-strict")
    return git(repository, "log", *show, "--encoding=UTF-8", "--end-of-options", span, "--"), start


def git(repository: Path, *arguments: str, optional: bool = False) -> str:
    """What git says; nothing that the repository names (hooks, pagers, transports) is started.

    Raises:
        InputError: git is missing, failed (unless `optional`), or took too long.
    """
    settings = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    command = ["git", "--no-pager", *settings, "-C", str(repository.absolute()), *arguments]
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=GIT_SECONDS, check=False
        )
    except FileNotFoundError:
        raise InputError("git is not installed; use --log with a file of `git log` output") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"git took longer than {GIT_SECONDS} seconds; name a smaller range") from None
    if done.returncode and not optional:
        raise InputError(f"git failed: {done.stderr.decode('utf-8', 'replace').strip()[:300]}")
    return "" if done.returncode else done.stdout.decode("utf-8", "replace")


def log_of_file(path: Path) -> str:
    """The text of a file with `git log` output.

    Raises:
        InputError: It is missing, a folder, too large, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; --log takes a file, --repo a repository") from None
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES >> 20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 (byte {error.start})") from None


def parse_log(text: str) -> Iterator[Commit]:
    """The commits in plain `git log` output, newest first.

    Raises:
        InputError: A line is neither a header, nor blank, nor part of an indented message.
    """
    commit: Commit | None = None
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        start = COMMIT.fullmatch(line)
        if start:
            if commit:
                yield commit
            commit = Commit(start[1])
        elif commit is None:
            if line.strip():
                raise InputError(f"line {number} is not `git log` output: it must start with a line `commit <hash>`")
        elif line.startswith("    ") or not line.strip():
            commit.lines.append(line[4:])
        else:
            read_header(commit, line, number)
    if commit:
        yield commit


def read_header(commit: Commit, line: str, number: int) -> None:
    """Take in a line such as `Author: Ada <ada@example.com>`."""
    key, colon, value = line.partition(":")
    if not colon or " " in key:
        raise InputError(f"line {number} is not `git log` output: {line[:60]!r}")
    if key == "Merge":
        commit.merge = True
    elif key == "Author":
        commit.author = value.partition("<")[0].strip()
    elif key in ("Date", "AuthorDate"):
        commit.date = value.strip()


def sort_out(commits: list[Commit]) -> Log:
    """Sort commits into changes and the rest; a commit and its revert in the same range cancel each other."""
    gone = cancelled(commits)
    changes: list[Change] = []
    unconventional: list[Commit] = []
    for index, commit in enumerate(commits):
        if index in gone or commit.merge:
            continue
        change = as_change(commit)
        if change:
            changes.append(change)
        else:
            unconventional.append(commit)
    merges = sum(commit.merge for commit in commits)
    newest = commits[0].date if commits else ""
    return Log(changes, unconventional, merges, len(gone), newest)


def cancelled(commits: list[Commit]) -> set[int]:
    """The positions of reverted commits and of the commits that revert them."""
    position: dict[str, int] = {}
    for index, commit in enumerate(commits):
        position.setdefault(commit.sha[:7], index)
    gone: set[int] = set()
    for index, commit in enumerate(commits):
        match = REVERTS.search("\n".join(commit.lines))
        target = position.get(match[1][:7]) if match else None
        if target is not None and target > index and index not in gone and target not in gone:
            gone |= {index, target}
    return gone


def as_change(commit: Commit) -> Change | None:
    """The commit as a change; None if its subject does not follow the convention."""
    match = SUBJECT.fullmatch(clean(commit.subject))
    if not match:
        reverted = re.fullmatch(r'Revert "(?P<text>.+)"', clean(commit.subject))
        return Change("revert", "", reverted["text"], "", commit.sha, commit.author) if reverted else None
    kind = match["type"].lower()
    kind = {"feature": "feat", "bugfix": "fix"}.get(kind, kind)
    if kind not in HEADINGS:
        return None
    breaking = breaking_footer(commit.lines) or (match["text"] if match["bang"] else "")
    return Change(kind, (match["scope"] or "").strip(), match["text"].strip(), breaking, commit.sha, commit.author)


def breaking_footer(lines: list[str]) -> str:
    """The text of the footer `BREAKING CHANGE:`, with the lines that continue it."""
    found: list[str] = []
    for line in lines:
        start = BREAKING.match(line)
        if start:
            found = [start["text"]]
        elif found:
            if not line.strip() or FOOTER.match(line):
                break
            found.append(line.strip())
    return clean(" ".join(found)).strip()


def clean(text: str) -> str:
    """Text of a commit without control and direction characters, which could deceive the reader of a changelog."""
    return "".join(char if char.isprintable() else " " for char in text)


def as_markdown(log: Log, options: argparse.Namespace) -> str:
    """The changelog section."""
    day = options.date or log.newest[:10]
    dated = f" - {day}" if re.fullmatch(r"\d{4}-\d\d-\d\d", day) else ""
    parts = [f"## [{markdown(clean(options.version))}]{dated}" if options.version else "## Unreleased"]
    breaking = [change for change in log.changes if change.breaking]
    if breaking:
        parts.append("### Breaking changes\n\n" + "\n".join(entry(change, change.breaking) for change in breaking))
    shown = tuple(HEADINGS) if options.all else USUAL
    for kind in shown:
        entries = [entry(change, change.text) for change in log.changes if change.type == kind]
        if entries:
            parts.append(f"### {HEADINGS[kind]}\n\n" + "\n".join(entries))
    if options.all and log.unconventional:
        rest = [f"- {markdown(clean(commit.subject))} ({commit.sha[:7]})" for commit in log.unconventional]
        parts.append("### Other changes\n\n" + "\n".join(rest))
    if len(parts) == 1:
        parts.append("No notable changes.")
    return "\n\n".join([*parts, *left_out(log, options.all)]) + "\n"


def entry(change: Change, text: str) -> str:
    """One line of the changelog."""
    scope = f"**{markdown(change.scope)}:** " if change.scope else ""
    return f"- {scope}{markdown(text)} ({change.sha[:7]})"


def markdown(text: str) -> str:
    """Text that can't open an HTML tag in Markdown."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def left_out(log: Log, everything: bool) -> list[str]:
    """One line that counts what the section does not list, so that nothing vanishes silently."""
    counts: Counter[str] = Counter()
    if not everything:
        counts.update(change.type for change in log.changes if change.type not in USUAL)
        counts["without a type"] = len(log.unconventional)
    counts["merges"] = log.merges
    counts["cancelled by a revert"] = log.cancelled
    named = [f"{name} ({count})" for name, count in sorted(counts.items()) if count]
    return [f"_Not listed: {', '.join(named)}._"] if named else []


def as_json(log: Log, start: str, options: argparse.Namespace) -> str:
    """Everything about the range, for programs."""
    report: dict[str, Any] = {
        "version": options.version or None,
        "since": start or None,
        "bump": log.bump(),
        "changes": [{**vars(change), "breaking": change.breaking or None} for change in log.changes],
        "unconventional": [{"sha": commit.sha, "subject": clean(commit.subject)} for commit in log.unconventional],
        "merges": log.merges,
        "cancelled": log.cancelled,
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. An option without a value counts as not given."""
    parser = argparse.ArgumentParser(prog="git-changelog", description="A changelog from conventional commits.")
    source = parser.add_argument_group("source (exactly one)")
    source.add_argument("--repo", nargs="?", type=Path, help="a git repository")
    source.add_argument("--log", nargs="?", type=Path, help="a file with plain `git log` output")
    parser.add_argument("--from", dest="start", nargs="?", const="", default="", help="default: the last tag")
    parser.add_argument("--to", dest="end", nargs="?", const="HEAD", default="HEAD", help="default: HEAD")
    parser.add_argument("--version", nargs="?", const="", default="", help="heading of the section")
    parser.add_argument("--date", nargs="?", const="", default="", help="YYYY-MM-DD; default: of the newest commit")
    parser.add_argument("--all", action="store_true", help="list every type, and commits without one")
    parser.add_argument("--format", choices=["markdown", "json"], default="markdown")
    parser.add_argument("--check", action="store_true", help="exit 1 if a commit is not conventional")
    options = parser.parse_args(argv)
    if (options.repo is None) == (options.log is None):
        parser.error("give either --repo or --log")
    if options.log is not None and (options.start or options.end not in ("", "HEAD")):
        parser.error("--from and --to need --repo; a file holds its range already")
    if options.date and not re.fullmatch(r"\d{4}-\d\d-\d\d", options.date):
        parser.error(f"--date {options.date!r} is not YYYY-MM-DD")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = parse(argv)
    try:
        if options.repo is not None:
            text, start = log_of_repository(options.repo, options.start, options.end or "HEAD")
        else:
            text, start = log_of_file(options.log), ""
        commits = list(parse_log(text))
        if not commits and options.log is not None:
            raise InputError(f"{options.log} holds no commit")
    except InputError as error:
        print(f"git-changelog: {error}", file=sys.stderr)
        return 2
    log = sort_out(commits)
    report = as_json(log, start, options) if options.format == "json" else as_markdown(log, options)
    sys.stdout.buffer.write(report.encode("utf-8", "backslashreplace"))
    return 1 if options.check and log.unconventional else 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
