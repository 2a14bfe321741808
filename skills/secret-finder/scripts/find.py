"""Find secrets in a file or folder by their known shapes and by randomness; they are reported masked, never whole.

Exit codes: 0 none found; 1 some found; 2 an argument or the path can't be used (the reason is on stderr).
"""

import argparse
import bisect
import codecs
import fnmatch
import json
import math
import os
import re
import signal
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

MAX_FILE = 16 * 1024 * 1024
MAX_TOTAL = 512 * 1024 * 1024
MAX_FILES = 50_000
MAX_NAMED = 50
MAX_IN_FILE = 1_000
CONFIDENCE = ("high", "medium", "low")
SKIPPED_FOLDERS = frozenset(
    [".git", ".hg", ".svn", ".tox", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache"]
)
ALLOW = re.compile(r"secret-finder: ?allow(?!-next)|gitleaks:allow|pragma: ?allowlist secret")
ALLOW_NEXT = re.compile(r"secret-finder: ?allow-next-line")
FILLER = re.compile(r"example|(?:x|\*|\.|-|_){6}|(.)\1{7}|0123456789abcdef|redacted", re.IGNORECASE)
PLACEHOLDER = re.compile(
    r"change.?me|placeholder|your[-_ ]|dummy|sample|^[$<{%]|\$\{|\{\{|environ|getenv|process\.env|https?://|^\.{0,2}/"
    r"|^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$|^[A-Za-z]+(?:[_-][A-Za-z]+)*\d{0,2}$|^[\w./-]+\.[a-z]{1,5}$",
    re.IGNORECASE,
)
STAND_IN = re.compile(r"[$<{%*]|(?:pass(?:word|wd)?|pwd?|secret|token|value|change.?me|your.*|\.+)$", re.IGNORECASE)


class InputError(Exception):
    """The path can't be searched; the message says why."""


@dataclass(frozen=True)
class Rule:
    """A shape. The secret is the first group that matched, or the whole; `shown` of its characters may be seen."""

    id: str
    confidence: str
    what: str
    pattern: re.Pattern[str]
    shown: int = 4
    accept: Callable[[str], bool] = lambda value: len(set(value)) > 5


@dataclass(frozen=True)
class Finding:
    """One secret; `line` 0 means the file's name."""

    path: str
    line: int
    column: int
    rule: str
    confidence: str
    what: str
    masked: str


@dataclass
class Search:
    """What was looked at, and what came of it."""

    rules: list[Rule]
    obey: bool = True
    exclude: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    files: int = 0
    bytes: int = 0
    allowed: int = 0
    binary: int = 0
    links: int = 0
    large: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    complete: bool = True


def entropy(text: str) -> float:
    """Bits per character: about 4.0 for random hexadecimal text, up to 6.0 for base64, below 3.5 for words."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


def looks_assigned(value: str) -> bool:
    """Whether a value beside a name like `password` is a secret, rather than a label, a variable or a stand-in."""
    if PLACEHOLDER.search(value) or any(char.isspace() for char in value):
        return False
    return any(not char.isalpha() and char not in "_-." for char in value) and entropy(value) >= 2.75


def looks_random(value: str) -> bool:
    """Whether a long word was drawn at random: all classes of characters, and more entropy than names have."""
    kinds = (any(map(kind, value)) for kind in (str.isupper, str.islower, str.isdigit))
    return all(kinds) and entropy(value) >= 4.2 and not re.match(r"sha(?:1|256|384|512)-", value)


def shape(id_: str, what: str, pattern: str, shown: int = 4) -> Rule:
    """A rule for tokens that are recognised by their form alone."""
    return Rule(id_, "high", what, re.compile(r"(?<![A-Za-z0-9_-])" + pattern), shown)


RULES = [
    Rule(
        "private-key",
        "high",
        "private key",
        re.compile(r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----(?=[\s\S]{0,200}?[A-Za-z0-9+/]{32})"),
        10,
    ),
    shape("aws-access-key", "AWS access key id", r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    shape("github-token", "GitHub token", r"gh[pousr]_[A-Za-z0-9]{36,251}"),
    shape("github-fine-grained", "GitHub fine-grained token", r"github_pat_[A-Za-z0-9_]{60,251}", 11),
    shape("gitlab-token", "GitLab token", r"gl(?:pat|dt|rt|cbt|ptt)-[\w.-]{20,}", 6),
    shape("slack-token", "Slack token", r"xox[abeoprs]-[\w-]{10,}", 5),
    shape("slack-webhook", "Slack webhook", r"https://hooks\.slack\.com/services/(T\w{6,}/B\w{6,}/\w{16,})", 1),
    shape("stripe-key", "Stripe key", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}", 8),
    shape("anthropic-key", "Anthropic key", r"sk-ant-[\w-]{20,}", 7),
    shape("openai-key", "OpenAI key", r"sk-(?=[\w-]{0,200}[0-9A-Z])[\w-]{24,}", 3),
    shape("google-api-key", "Google API key", r"AIza[\w-]{35}(?![\w-])"),
    shape("google-oauth", "Google OAuth secret", r"GOCSPX-[\w-]{28}", 7),
    shape("huggingface-token", "Hugging Face token", r"hf_[A-Za-z0-9]{30,}", 3),
    shape("npm-token", "npm token", r"npm_[A-Za-z0-9]{36}", 4),
    shape("pypi-token", "PyPI token", r"pypi-AgE[\w-]{50,}", 5),
    shape("sendgrid-key", "SendGrid key", r"SG\.[\w-]{22}\.[\w-]{43}", 3),
    shape("telegram-token", "Telegram bot token", r"\d{8,10}:AA[\w-]{33}(?![\w-])", 3),
    shape("digitalocean-token", "DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}", 7),
    shape("age-key", "age secret key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}", 16),
    shape("jwt", "JSON Web Token", r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}", 3),
    Rule(
        "url-password",
        "medium",
        "password in a URL",
        re.compile(
            r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^/\s:@\"'<>]{0,64}:([^/\s:@\"'<>]{3,128})@[\w\[]"
        ),
        0,
        lambda value: not STAND_IN.match(value),
    ),
    Rule(
        "assigned",
        "medium",
        "value of something named like a secret",
        re.compile(
            r"(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|(?:api|access|private|secret|auth|signing)[_-]?key)s?"
            r"(?:[_-](?!url|uri|path|file|name|id|type|len|count|limit|exp|ttl|field|header|endpoint)\w{1,24})?"
            r"[\"'\]]{0,2}[ \t]{0,8}(?::=|=>|[:=])[ \t]{0,8}"
            r"(?:\"([^\"\n]{8,256})\"|'([^'\n]{8,256})'|([^\s\"'`,;#{}()<>\[\]]{8,256})(?=[\s,;#]|\Z))",
            re.IGNORECASE,
        ),
        0,
        looks_assigned,
    ),
    Rule(
        "random",
        "low",
        "long random text",
        re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_=-]{24,200}(?![\w+/=-])"),
        3,
        looks_random,
    ),
]


def mask(secret: str, shown: int) -> str:
    """The start of a secret, never more than a quarter of it, and its length."""
    start = secret[: min(shown, len(secret) // 4)]
    return f"{start}… ({len(secret)} characters)"


def matches(text: str, rules: list[Rule]) -> Iterator[tuple[int, int, Rule]]:
    """Where the secrets of a text are; where several rules match the same place, the surest one counts."""
    taken: list[tuple[int, int]] = []
    for rule in rules:
        for found in rule.pattern.finditer(text):
            group = found.lastindex or 0
            start, end = found.span(group)
            if FILLER.search(found[group]) or not rule.accept(found[group]):
                continue
            at = bisect.bisect(taken, (start, end))
            if (at and taken[at - 1][1] > start) or (at < len(taken) and taken[at][0] < end):
                continue
            taken.insert(at, (start, end))
            yield start, end, rule


def search_text(search: Search, path: str, text: str, first_line: int = 1) -> None:
    """Search one text and note what is found; lines that allow their secret are only counted."""
    lines: list[int] | None = None
    for count, (start, end, rule) in enumerate(matches(text, search.rules)):
        if count == MAX_IN_FILE:
            search.complete = False
            return
        if lines is None:
            lines = [0, *(found.end() for found in re.finditer("\n", text))]
        number = bisect.bisect(lines, start)
        line = line_at(text, lines, number)
        if search.obey and (ALLOW.search(line) or ALLOW_NEXT.search(line_at(text, lines, number - 1))):
            search.allowed += 1
            continue
        column = start - lines[number - 1] + 1
        secret = mask(text[start:end], rule.shown)
        place = number - 1 + first_line
        search.findings.append(Finding(shown(path), place, column, rule.id, rule.confidence, rule.what, shown(secret)))


def line_at(text: str, lines: list[int], number: int) -> str:
    """The text of a line, of which 4,000 characters are enough to look for a comment; empty before the first."""
    if number < 1:
        return ""
    end = lines[number] if number < len(lines) else len(text)
    return text[max(lines[number - 1], end - 4_000) : end]


def shown(text: str) -> str:
    """A path or start of a secret that can't disturb a terminal, with secrets in it masked."""
    for start, end, rule in sorted(matches(text, [rule for rule in RULES if rule.confidence == "high"]), reverse=True):
        text = text[:start] + mask(text[start:end], rule.shown) + text[end:]
    return "".join(char if char.isprintable() else "?" for char in text[:1_000])


def decode(data: bytes) -> str | None:
    """The text of a file; None if it is binary."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return None if b"\0" in data[:8_192] else data.decode("utf-8", "replace")


def search_file(search: Search, file: str, name: str) -> str:
    """Search one file; returns why it was not, or nothing.

    What is left out is noted in the search as well.
    """
    try:
        with open(file, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                search.unreadable.append(name)
                return "is not a file"
            data = stream.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        search.unreadable.append(name)
        return f"can't be read: {getattr(error, 'strerror', None) or 'not a usable path'}"
    if len(data) > MAX_FILE:
        search.large.append(name)
        return f"is larger than {MAX_FILE >> 20} MiB"
    text = decode(data)
    if text is None:
        search.binary += 1
        return "is a binary file"
    search.files += 1
    search.bytes += len(data)
    search_text(search, name, text)
    return ""


def search_folder(search: Search, folder: Path) -> None:
    """Search the files below a folder in a stable order, without following links.

    Raises:
        InputError: The folder itself can't be listed.
    """

    def note(error: OSError) -> None:
        if error.filename == str(folder):
            raise InputError(f"{shown(str(folder))} can't be read: {error.strerror}")
        search.unreadable.append(os.path.relpath(error.filename, folder))

    for here, folders, files in os.walk(folder, onerror=note):
        base = os.path.relpath(here, folder).replace(os.sep, "/")
        prefix = "" if base == "." else f"{base}/"
        links = [name for name in folders if Path(here, name).is_symlink()]
        search.links += len(links)
        left_out = SKIPPED_FOLDERS.union(links)
        folders[:] = sorted(name for name in folders if name not in left_out and not excluded(search, prefix + name))
        for name in sorted(files):
            if excluded(search, prefix + name):
                continue
            if Path(here, name).is_symlink():
                search.links += 1
                continue
            if search.files >= MAX_FILES or search.bytes >= MAX_TOTAL:
                search.complete = False
                return
            search_text(search, prefix + name, name, first_line=0)
            search_file(search, str(Path(here, name)), prefix + name)


def excluded(search: Search, path: str) -> bool:
    """Whether one of the patterns matches the path, or the name alone."""
    return any(fnmatch.fnmatchcase(path, one) or fnmatch.fnmatchcase(Path(path).name, one) for one in search.exclude)


def report(search: Search, most: int) -> dict[str, Any]:
    """Everything about a search, in a stable order."""
    order = sorted(search.findings, key=lambda one: (one.path, one.line, one.column, one.rule))
    counts = Counter(one.confidence for one in order)
    skipped = {
        "binary": search.binary,
        "links": search.links,
        "large": [shown(name) for name in sorted(search.large)[:MAX_NAMED]],
        "unreadable": [shown(name) for name in sorted(search.unreadable)[:MAX_NAMED]],
    }
    return {
        "files": search.files,
        "complete": search.complete and not search.large and not search.unreadable,
        "counts": {name: counts[name] for name in CONFIDENCE},
        "allowed": search.allowed,
        "skipped": skipped,
        "findings": [asdict(one) for one in order[:most]],
        "more": max(0, len(order) - most),
    }


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. An option without a value counts as not given."""
    parser = argparse.ArgumentParser(prog="secret-finder", description="Find secrets in a file or folder.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--confidence", nargs="?", choices=CONFIDENCE, const="medium", default="medium")
    parser.add_argument("--exclude", nargs="*", default=[], metavar="GLOB", help="paths or names to leave out")
    parser.add_argument("--max-findings", nargs="?", type=int, const=100, default=100, help="how many to list (100)")
    parser.add_argument("--ignore-allow", action="store_true", help="report what comments allow, too")
    parser.add_argument("--exit-zero", action="store_true", help="end with 0 although secrets were found")
    options = parser.parse_args(argv)
    if not 1 <= options.max_findings <= 10_000:
        parser.error("--max-findings has to be between 1 and 10000")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = parse(argv)
    wanted = CONFIDENCE[: CONFIDENCE.index(options.confidence) + 1]
    search = Search(
        [rule for rule in RULES if rule.confidence in wanted], not options.ignore_allow, (*options.exclude,)
    )
    path: Path = options.path
    try:
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for a NUL in some versions
            search_folder(search, path)
        elif not os.path.exists(path):  # noqa: PTH110 - as above
            raise InputError(f"{shown(str(path))} does not exist")
        elif wrong := search_file(search, str(path), path.name):
            raise InputError(f"{shown(str(path))} {wrong}")
    except InputError as error:
        print(f"secret-finder: {error}", file=sys.stderr)
        return 2
    text = json.dumps(report(search, options.max_findings), indent=2, ensure_ascii=False) + "\n"
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    return 1 if search.findings and not options.exit_zero else 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
