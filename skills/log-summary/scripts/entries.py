"""Reads log lines into entries: when, how serious, and the message."""

import calendar
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

LEVELS = ("trace", "debug", "info", "warning", "error", "critical")
SYNONYMS = {
    **{level: level for level in LEVELS},
    "notice": "info",
    "information": "info",
    "warn": "warning",
    "err": "error",
    "severe": "error",
    "crit": "critical",
    "fatal": "critical",
    "alert": "critical",
    "emerg": "critical",
    "emergency": "critical",
    "panic": "critical",
}
WORDS = "|".join(sorted(SYNONYMS, key=len, reverse=True))
LEVEL = re.compile(
    rf"""\b(?i:level|severity|lvl|levelname)["']?\s?[=:]\s?["']?(?P<field>(?i:{WORDS}))\b["']?"""
    rf"""|\b(?P<upper>{WORDS.upper()})\b:?"""
    rf"""|[\[<(](?P<bracket>(?i:{WORDS}))[\]>)]:?"""
    rf"""|\b(?P<colon>(?i:{WORDS})):(?=\s)"""
)
LEVEL_WITHIN = 200
TIME_WITHIN = 120
MONTHS = {name: number for number, name in enumerate(calendar.month_abbr) if name}
LATEST = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())
ISO = re.compile(
    r"\[?(\d{4})[-/](\d\d)[-/](\d\d)[T _](\d\d):(\d\d):(\d\d)(?:[.,]\d{1,9})?\s?(Z|[+-]\d\d:?\d\d)?\b\]?", re.ASCII
)
WEB = re.compile(r"\[?(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})\]?", re.ASCII)
SYSLOG = re.compile(r"([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)\b", re.ASCII)
EPOCH = re.compile(r"\[?(\d{10})(?:\d{3})?(?:\.\d{1,9})?\]?(?=\s)", re.ASCII)
TIME_KEYS = ("time", "timestamp", "ts", "@timestamp", "date", "asctime", "datetime")
LEVEL_KEYS = ("level", "severity", "lvl", "levelname", "log.level")
MESSAGE_KEYS = ("message", "msg", "event", "error", "text")
SYSLOG_LEVELS = {"10": "trace", "20": "debug", "30": "info", "40": "warning", "50": "error", "60": "critical"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: seconds since 1970 (UTC), the level, and the message without both; None where it does not say."""

    time: int | None
    level: str | None
    message: str
    is_json: bool = False


def read_entry(line: str, year: int | None) -> Entry:
    """Read one line; `year` is for syslog times, which have none."""
    if line.startswith("{") and (entry := read_json(line, year)):
        return entry
    time, line = take_time(line, year)
    level, line = take_level(line)
    return Entry(time, level, line.strip(" -|:\t"))


def read_json(line: str, year: int | None) -> Entry | None:
    """Read a line that is a JSON object with a message; None for any other."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    message = first(fields, MESSAGE_KEYS) if isinstance(fields, dict) else None
    if not isinstance(message, str):
        return None
    return Entry(json_time(first(fields, TIME_KEYS), year), json_level(first(fields, LEVEL_KEYS)), message, True)


def first(fields: dict[str, Any], keys: tuple[str, ...]) -> Any:
    """The value of the first key that is there."""
    return next((fields[key] for key in keys if key in fields), None)


def json_time(value: Any, year: int | None) -> int | None:
    """A time field: a text, or seconds or milliseconds since 1970."""
    if isinstance(value, str):
        return take_time(value, year)[0]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 1e8 < value < 1e13:
        return int(value / 1000 if value > 1e11 else value)
    return None


def json_level(value: Any) -> str | None:
    """A level field: a word, or a number as Bunyan and Pino write it."""
    word = str(value).lower()
    return SYNONYMS.get(word) or SYSLOG_LEVELS.get(word)


def take_time(line: str, year: int | None) -> tuple[int | None, str]:
    """The time near the start of a line, and the line without it."""
    head = line[:TIME_WITHIN]
    for form, convert in FORMS:
        match = form.search(head) if form is not EPOCH else form.match(head)
        if match:
            seconds = convert(match, year)
            if seconds is not None:
                return seconds, line[: match.start()] + " " + line[match.end() :]
    return None, line


def take_level(line: str) -> tuple[str | None, str]:
    """The level near the start of a line, and the line without it."""
    match = LEVEL.search(line[:LEVEL_WITHIN])
    if not match:
        return None, line
    return SYNONYMS[match[match.lastgroup or 0].lower()], line[: match.start()] + " " + line[match.end() :]


def from_iso(match: re.Match[str], year: int | None) -> int | None:
    """`2026-01-31T10:00:00+01:00`; without a zone it is read as UTC."""
    return seconds(int(match[1]), int(match[2]), int(match[3]), match.groups()[3:6], match[7])


def from_web(match: re.Match[str], year: int | None) -> int | None:
    """`31/Jan/2026:10:00:00 +0100`, as web servers write it."""
    month = MONTHS.get(match[2], 0)
    return seconds(int(match[3]), month, int(match[1]), match.groups()[3:6], match[7])


def from_syslog(match: re.Match[str], year: int | None) -> int | None:
    """`Jan 31 10:00:00`, if the year is known."""
    if year is None:
        return None
    return seconds(year, MONTHS.get(match[1], 0), int(match[2]), match.groups()[2:5], None)


def from_epoch(match: re.Match[str], year: int | None) -> int | None:
    """Seconds or milliseconds since 1970, from 2001 to 2286."""
    return int(match[1]) if match[1] > "1000000000" else None


def seconds(year: int, month: int, day: int, clock: Iterable[str | int], zone: str | None) -> int | None:
    """Seconds since 1970; None for a time that does not exist, or lies before 1970 or after 9998."""
    hour, minute, second = map(int, clock)
    try:
        found = int(datetime(year, month, day, hour, minute, second, tzinfo=zone_of(zone)).timestamp())
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < LATEST else None


def zone_of(text: str | None) -> timezone:
    """The zone that `+01:00`, `-0800` or `Z` means; UTC for none."""
    if not text or text == "Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)


Convert = Callable[[re.Match[str], int | None], int | None]
FORMS: tuple[tuple[re.Pattern[str], Convert], ...] = (
    (ISO, from_iso),
    (WEB, from_web),
    (SYSLOG, from_syslog),
    (EPOCH, from_epoch),
)
