"""Secrets that stand in a text: found by their shape, and masked wherever a text is shown."""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from workbench.skills.capabilities.model import Certainty
from workbench.skills.capabilities.needles import holds_any

SHOWN = 4
"""Characters of a secret that are shown at most."""
MASK = "•"

_SHAPES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("AWS access key", ("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
    ("GitHub token", ("github_pat_",), r"\bgithub_pat_\w{22,255}\b"),
    ("GitLab token", ("glpat-",), r"\bglpat-[\w-]{20,255}"),
    ("Slack token", ("xox", "xapp-"), r"\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,255}"),
    ("Slack webhook", ("hooks.slack.com",), r"hooks\.slack\.com/services/T\w{6,16}/B\w{6,16}/\w{16,40}"),
    ("Discord webhook", ("/api/webhooks/",), r"discord(?:app)?\.com/api/webhooks/\d{15,22}/[\w-]{40,100}"),
    ("Anthropic key", ("sk-ant-",), r"\bsk-ant-[\w-]{20,255}"),
    ("OpenAI key", ("sk-",), r"\bsk-(?!ant-)(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,255}"),
    ("Google key", ("AIza",), r"\bAIza[\w-]{35}\b"),
    ("npm token", ("npm_",), r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("PyPI token", ("pypi-",), r"\bpypi-AgE[\w-]{50,255}"),
    ("Hugging Face token", ("hf_",), r"\bhf_[A-Za-z0-9]{34,40}\b"),
    ("SendGrid key", ("SG.",), r"\bSG\.[\w-]{22}\.[\w-]{43}\b"),
    ("Stripe key", ("_live_",), r"\b[sr]k_live_[0-9A-Za-z]{20,255}\b"),
    ("Twilio key", ("SK",), r"\bSK[0-9a-f]{32}\b"),
    ("Telegram bot token", (":AA",), r"\b\d{8,10}:AA[\w-]{33}\b"),
    ("JSON web token", ("eyJ",), r"\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,1000}"),
    ("password in an address", ("://",), r"(?<=://)[^\s/:@\"'<>`]{1,64}:[^\s/:@\"'<>`]{3,128}(?=@[\w.-])"),
    ("private key", ("PRIVATE KEY",),
     r"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----[^-]{32,16384}"),
)  # fmt: skip
_COMPILED = tuple((label, needles, re.compile(pattern)) for label, needles, pattern in _SHAPES)

_WORDS = ("passw", "pwd", "secret", "token", "api_key", "api-key", "apikey", "access_key", "credential")
_ASSIGNED = re.compile(
    r"[\w-]{0,40}(?:passw(?:or)?d|pwd|secret|token|api[_-]?key|access[_-]?key|credentials?)[\w-]{0,20}[\"']?\s{0,4}"
    r"(?::=|=>|[:=])\s{0,4}(?:(?P<quote>[\"'])(?P<quoted>[^\s\"'`<>{}$()]{8,200})(?P=quote)"
    r"|(?P<bare>[^\s\"'`<>{}$(),;&\[\]]{12,200})(?=[\s&]|$))",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"x{4}|\*{3}|\.{3}|…|•|example|sample|demo|abc1?23|dummy|fake|placeholder|changeme|change[-_]me|redacted|your|<|>|\$\{|%\(|"
    r"insert|replace|not-?a-?real|notreal|foobar|lorem|secret-?key|my[-_]?(?:secret|token|key|password)|0{6}|"
    r"1234567|abcdef|deadbeef|test[-_]?(?:key|token|secret)|hunter2|correct[-_]?horse|todo",
    re.IGNORECASE,
)
_LEAST_ENTROPY = 3.0
_LEAST_ENTROPY_ASSIGNED = 3.3


class Secret(NamedTuple):
    """A secret in a text, by offsets.

    Attributes:
        label: What it is, with four digits that change when it does (a prefix of its digest: too few to guess it by).
        real: Whether it looks like a secret, and not like a placeholder in a documentation.
    """

    label: str
    start: int
    end: int
    certainty: Certainty
    real: bool


def secrets_in(text: str) -> list[Secret]:
    """Every secret in a text, and every placeholder that has the shape of one, in order, not overlapping."""
    found = [*_by_shape(text), *_by_name(text)]
    if len(found) < 2:
        return found
    found.sort(key=lambda one: (one.start, -one.end))
    kept = found[:1]
    for one in found[1:]:
        if one.start >= kept[-1].end:
            kept.append(one)
    return kept


def masked(text: str, secrets: list[Secret] | None = None) -> str:
    """`text` with the same length and lines, in which of each secret at most `SHOWN` characters are left."""
    secrets = secrets_in(text) if secrets is None else secrets
    if not secrets:
        return text
    pieces, at = [], 0
    for secret in secrets:
        hidden = text[secret.start + SHOWN : secret.end]
        cover = "\n".join(MASK * len(line) for line in hidden.split("\n"))
        pieces += [text[at : secret.start + SHOWN], cover]
        at = secret.end
    return "".join([*pieces, text[at:]])


def _by_shape(text: str) -> Iterator[Secret]:
    for label, needles, pattern in _COMPILED:
        if holds_any(text, needles):
            for match in pattern.finditer(text):
                start = match.start()
                if label == "password in an address":
                    start += match[0].index(":") + 1
                value = text[start : match.end()]
                least = 0.0 if "address" in label else _LEAST_ENTROPY
                real = (
                    not _is_placeholder(label, match[0] + text[match.end() : match.end() + 12])
                    and _entropy(value) >= least
                )
                certainty: Certainty = "likely" if "address" in label else "sure"
                yield Secret(f"{label} #{_digest(value)}", start, match.end(), certainty, real)


def _by_name(text: str) -> Iterator[Secret]:
    """Values that are given to something called a password, token or key."""
    lower = text.lower()
    if not holds_any(lower, _WORDS) or len(lower) != len(text):
        return
    last = 0
    for at in sorted({at for word in _WORDS for at in _all(lower, word)}):
        if at < last:
            continue
        match = _ASSIGNED.match(text, _word_start(text, at, max(last, at - 40)))
        if match is None:
            continue
        last = match.end()
        group = "quoted" if match["quoted"] else "bare"
        value = match[group]
        real = _looks_random(value, quoted=group == "quoted") and not _is_placeholder("", value)
        yield Secret(f"password or token #{_digest(value)}", match.start(group), match.end(group), "likely", real)


def _all(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def _word_start(text: str, at: int, least: int) -> int:
    while at > least and (text[at - 1].isalnum() or text[at - 1] in "_-"):
        at -= 1
    return at


def _looks_random(value: str, *, quoted: bool) -> bool:
    """Whether a value is no word, path, name or expression: it mixes letters and digits and repeats little."""
    if not value.isascii() or "://" in value or value.startswith(("/", "./", "--", "$", "@", "#")):
        return False
    digits = sum(char.isdigit() for char in value)
    letters = sum(char.isalpha() for char in value)
    if digits < 2 or letters < 3 or _entropy(value) < _LEAST_ENTROPY_ASSIGNED:
        return False
    if not quoted and ("." in value or "/" in value or digits < 4):
        return False  # code: `token = self.tokens2.next`
    return len(value) >= 10


def _is_placeholder(label: str, value: str) -> bool:
    if label == "password in an address":
        name, _, rest = value.partition(":")
        password, _, host = rest.rpartition("@")
        if host.startswith(("host", "localhost", "127.0.0.1", "db", "server", "example", "proxy", "0.0.0.0")):
            return True  # what documentations have, or what nobody else reaches
        common = ("pass", "password", "pwd", "secret", "user", "postgres", "root", "guest", "token", "mysql", "admin",
                  "value", "key")  # fmt: skip
        if password.lower().strip("[]") in common or name == password or password.isupper():
            return True
    if label == "private key":
        body = value.partition("KEY")[2].strip("- \n")
        return len(body) < 64 or bool(_PLACEHOLDER.search(value))
    return bool(_PLACEHOLDER.search(value)) or MASK in value


def _entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    if not value:
        return 0.0
    size = len(value)
    return -sum(count / size * math.log2(count / size) for count in Counter(value).values())


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:4]
