"""Phrases by which a text tries to take an agent over, or to keep something from its user.

The phrases also stand in texts that warn of them, so nothing here is more than likely, and what is quoted, denied or
named as an attack is only a mention.
"""

import re
from collections.abc import Iterator

from workbench.skills.capabilities.model import Certainty
from workbench.skills.capabilities.needles import holds_any
from workbench.skills.capabilities.source import Source

# The patterns run on text in lower case and begin with plain letters: the search for those is fast.
_PHRASES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("tells to ignore instructions", ("ignore", "disregard", "forget", "override"),
     r"(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+|every\s+)?(?:of\s+)?(?:the\s+|your\s+|these\s+|my\s+)?"
     r"(?:previous|prior|above|earlier|preceding|existing|former|other|system)\s+"
     r"(?:instructions?|prompts?|rules?|messages?|guidelines?|directions?|constraints?|commands?)\b"),
    ("acts without the user knowing", ("silently", "secretly", "covertly", "knowledge", "knowing", "awareness"),
     r"(?:(?:secretly|covertly)\s+(?:send|upload|run|execute|copy|collect|read|install|add|modify|post|record)"
     r"|silently\s+(?:send|upload|copy|collect|post|exfiltrate|transmit)"
     r"|without\s+(?:the\s+|their\s+)?users?['’]?s?\s+(?:knowledge|knowing|awareness))"),
    ("exfiltrates", ("exfiltrat",), r"exfiltrat(?:e|es|ing)\b"),
    ("asks for the system prompt", ("system prompt", "hidden instructions", "initial instructions"),
     r"(?:reveal|print|output|repeat|leak|display|dump|disclose|recite)\s[^\n.!?]{0,30}"
     r"\b(?:system\s+prompt|hidden\s+instructions|initial\s+instructions)\b"),
    ("switches safety off", ("bypass", "disable", "turn off", "circumvent", "skip"),
     r"(?:bypass|disable|turn\s+off|circumvent|skip)\s+(?:all\s+|any\s+|the\s+|your\s+|its\s+)?"
     r"(?:safety|guardrails?|content\s+filters?|permission\s+(?:checks?|prompts?)|approval\s+(?:checks?|prompts?)|"
     r"security\s+(?:checks?|restrictions?|policies|controls?)|ethical\s+guidelines?)\b"),
    ("gives the agent another role", ("you are now", "dan mode", "god mode", "jailbreak", "do anything now"),
     r"(?:you\s+are\s+now\s+(?:in\s+)?(?:dan\b|jailbroken|unrestricted|free\s+(?:of|from)|(?:developer|god|root|admin)\s+mode)"
     r"|(?:enable|enter|activate)\s+(?:dan|god|jailbreak)\s+mode\b|do\s+anything\s+now\b)"),
    ("forges a message", ("<|im_start|>", "[inst]", "<system>", "</system>", "<<sys>>", "<|system|>"),
     r"(?:<\|im_start\|>|\[/?inst\]|</?system>|<<sys>>|<\|system\|>)"),
    ("claims the user's consent", ("user has already", "user already", "pre-approved", "preapproved"),
     r"(?:user\s+(?:has\s+)?already\s+(?:approved|agreed|consented|authori[sz]ed)\b"
     r"|pre-?approved\s+by\s+(?:the\s+)?(?:user|admin|system))"),
)  # fmt: skip
_COMPILED = tuple((what, needles, re.compile(pattern)) for what, needles, pattern in _PHRASES)

_PERSON = re.compile(r"(?:user|human)s?\b(?!\s+(?:to|how|which|where|what|why|when|[\"'“`]))")
_KEPT_FROM = re.compile(
    r"\b(?:do\s+not|don['’]?t|never|must\s+not|should\s+not|without)\s+(?:ever\s+)?"
    r"(?:tell|telling|inform|informing|alert|alerting|notify|notifying|disclose|disclosing|reveal|revealing|mention"
    r"(?=\s+(?:this|that|it)\b)|show(?=\s+(?:this|that|it)\b))"
    r"(?:\s+(?:this|that|it|anything|about\s+(?:this|it)))?(?:\s+to)?\s+(?:the\s+|your\s+)?$"
)
_SECRETS = re.compile(
    r"(?:credential|api\s+key|secrets\b|access\s+token|password|ssh\s+key|private\s+key|environment\s+variables|\.env\b"
    r"|system\s+prompt|conversation\s+history|chat\s+history)"
)
_SENDS = re.compile(r"\b(?:send|upload|post|exfiltrate|transmit|forward|leak)\s[^\n.!?]{0,60}$")
_ELSEWHERE = re.compile(
    r"[^\n.!?]{0,60}?\b(?:to|at|via)\s+(?:https?://|the\s+(?:following|server|url|endpoint|webhook)|this\s+(?:url|server|"
    r"address|endpoint)|our\s+|my\s+)"
)
_SENDING = ("send ", "upload ", "post ", "exfiltrate ", "transmit ", "forward ", "leak ")

_NEGATED = re.compile(
    r"(?:\b(?:never|not|don['’]?t|cannot|can['’]?t|avoid|refuse|detects?|flags?|attempts?|tries|trying|warn|block|"
    r"prevents?|attacks?|such\s+as|like|e\.g\.|phrases?|patterns?|strings?|injections?)\b[^\n]{0,40}|[\"'“‘`(])\s*$"
)
_ORDERS = re.compile(
    r"(?:assistant|agent|claude|codex|copilot|llm|ai\s+model)\b[^\n]{0,80}\b(?:must|should|shall|always|never|run|execute|"
    r"send|read|install|ignore|download)\b|you\s+must\b|always\s+(?:run|send|read|execute|include)\b|"
    r"(?:run|execute)\s+(?:the\s+following|this)\b|before\s+(?:doing|answering)\b|curl\s|wget\s|ignore\s+(?:all|previous)"
)
_INVISIBLE_STYLE = re.compile(
    r"style\s{0,4}=\s{0,4}[\"'][^\"'\n]{0,200}(?:display\s{0,4}:\s{0,4}none|visibility\s{0,4}:\s{0,4}hidden|"
    r"font-size\s{0,4}:\s{0,4}0|(?<!-)color\s{0,4}:\s{0,4}(?:white|#fff(?:fff)?|transparent)\b|opacity\s{0,4}:\s{0,4}0(?![.\d]))"
)
_IMAGE = re.compile(r"!\[[^\]\n]{0,200}\]\([ \t]{0,8}(https?://[^)\s]{1,200})\)")
_CARRIES = re.compile(r"[?&][\w-]{1,40}=(?:\{|\$|<|%7b|\[)")
_MOST_COMMENT = 4_000


def scan_injection(source: Source, *, markdown: bool) -> None:
    """Note phrases that give an agent orders against its user.

    Args:
        source: The text.
        markdown: Whether it is shown rendered, so that comments and styles hide what an agent still reads.
    """
    lower = source.text.lower()
    if len(lower) != len(source.text):  # a letter whose lower case is two: columns have to stay true
        lower = "".join(char.lower() if len(char.lower()) == 1 else char for char in source.text)
    for what, needles, pattern in _COMPILED:
        if holds_any(lower, needles):
            for match in pattern.finditer(lower):
                if not (match.start() and lower[match.start() - 1].isalnum()):
                    source.add(
                        "injection", what, match.start(), _certainty(lower, match.start(), match.end()), end=match.end()
                    )
    # From the few words on that are rare: to look for "do not" and "never" first would take ten times as long.
    for person in _PERSON.finditer(lower):
        window = max(0, person.start() - 80)
        kept = _KEPT_FROM.search(lower[window : person.start()])
        if kept:
            at = window + kept.start()
            source.add(
                "injection", "keeps something from the user", at, _certainty(lower, at, person.end()), end=person.end()
            )
    if holds_any(lower, _SENDING):
        for start, end in _sent(lower):
            source.add("injection", "asks for secrets to be sent", start, "likely", end=end)
    if markdown:
        _scan_hidden_orders(source, lower)


def _sent(lower: str) -> Iterator[tuple[int, int]]:
    """Where a text asks for secrets to be sent somewhere."""
    for secret in _SECRETS.finditer(lower):
        verb = _SENDS.search(lower[max(0, secret.start() - 80) : secret.start()])
        if verb is None:
            continue
        place = _ELSEWHERE.match(lower, secret.end(), secret.end() + 120)
        at = max(0, secret.start() - 80) + verb.start()
        if place and not _NEGATED.search(lower[max(0, at - 60) : at]):
            yield at, place.end()


def _scan_hidden_orders(source: Source, lower: str) -> None:
    at = lower.find("<!--")
    while at >= 0:
        end = lower.find("-->", at + 4)
        if end < 0:
            break
        if order := _ORDERS.search(lower, at + 4, min(end, at + _MOST_COMMENT)):
            source.add("hidden", "instructions in a comment", order.start(), "likely")
        at = lower.find("<!--", end)
    if "style" in lower:
        for match in _INVISIBLE_STYLE.finditer(lower):
            source.add("hidden", "text that is styled away", match.start(), "likely")
    if "![" in lower and _CARRIES.search(lower):
        for match in _IMAGE.finditer(lower):
            if _CARRIES.search(match[1]):
                source.add("injection", "an image address that carries data", match.start(), "likely")


def _certainty(lower: str, start: int, end: int) -> Certainty:
    """A phrase that is quoted, denied, or named as an attack is only a mention."""
    line = max(lower.rfind("\n", max(0, start - 80), start) + 1, start - 80, 0)
    before = lower[line:start]
    after = lower[end : end + 1]
    if after and after in "\"'”’`" and any(sign in before for sign in "\"'“‘`"):
        return "mention"
    return "mention" if _NEGATED.search(before) else "likely"
