"""The formats that can be demanded of strings, each as a function from text to whether it fits."""

import ipaddress
import re
from collections.abc import Callable
from datetime import date, time

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})")
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^@\s]{1,253}")
LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[!$&-;=?-Z\[\]_a-z~#]|%[0-9A-Fa-f]{2})*")
UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")


def is_date(text: str) -> bool:
    """A day that exists, `YYYY-MM-DD`."""
    return bool(DATE.fullmatch(text)) and parses(date.fromisoformat, text)


def is_time(text: str) -> bool:
    """A time of day with a zone (RFC 3339)."""
    return bool(TIME.fullmatch(text)) and parses(time.fromisoformat, text.upper())


def is_date_time(text: str) -> bool:
    """A date, `T`, and a time with a zone (RFC 3339)."""
    return len(text) > 11 and text[10] in "Tt" and is_date(text[:10]) and is_time(text[11:])


def parses(parse: Callable[[str], object], text: str) -> bool:
    """Whether a parser takes the text."""
    try:
        parse(text)
    except ValueError:
        return False
    return True


def is_hostname(text: str) -> bool:
    """A host name of letters, digits and hyphens (RFC 1123)."""
    return 0 < len(text) <= 253 and all(LABEL.fullmatch(label) for label in text.split("."))


def is_email(text: str) -> bool:
    """A mailbox without quotes or comments."""
    match = EMAIL.fullmatch(text)
    return bool(match) and is_hostname(text.rpartition("@")[2])


FORMATS: dict[str, Callable[[str], bool]] = {
    "date": is_date,
    "time": is_time,
    "date-time": is_date_time,
    "email": is_email,
    "hostname": is_hostname,
    "ipv4": lambda text: parses(ipaddress.IPv4Address, text),
    "ipv6": lambda text: "%" not in text and parses(ipaddress.IPv6Address, text),
    "uri": lambda text: bool(URI.fullmatch(text)),
    "uuid": lambda text: bool(UUID.fullmatch(text)),
    "json-pointer": lambda text: bool(POINTER.fullmatch(text)),
}
