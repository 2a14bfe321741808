"""What a reader can't see or takes for something else: invisible and bidirectional characters, and look-alikes."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator

from workbench.skills.capabilities.source import Source
from workbench.text import truncate, visible

_TAGS = re.compile("[\U000e0000-\U000e007f]{2,}")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}")
_FLAG = "\U0001f3f4"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0d-\x1f\x7f]")
_SPANS = (
    (0x00, 0x08), (0x0B, 0x0B), (0x0D, 0x1F), (0x7F, 0x84), (0x86, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F),
    (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180E, 0x180E), (0x200B, 0x200F), (0x202A, 0x202E),
    (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0D), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB), (0xE0000, 0xE0FFF),
)  # fmt: skip
_ODD_CHARACTERS = frozenset(chr(code) for first, last in _SPANS for code in range(first, last + 1)) | {"\ufe0f"}
_ODD = re.compile("[" + "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in _SPANS) + "]")
_VARIANTS = frozenset(chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
_JOINERS = "\u200c\u200d"
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MOST_SHOWN = 120

LOOKALIKES = {
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ј": "j", "ѕ": "s", "һ": "h",
    "ԁ": "d", "ԛ": "q", "ԝ": "w", "ѵ": "v", "ӏ": "l", "в": "b", "А": "A", "В": "B", "Е": "E", "К": "K", "М": "M",
    "Н": "H", "О": "O", "Р": "P", "С": "C", "Т": "T", "У": "Y", "Х": "X", "І": "I", "Ј": "J", "Ѕ": "S", "Ԍ": "G",
    "ο": "o", "ν": "v", "ρ": "p", "ι": "i", "κ": "k", "Α": "A", "Β": "B", "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I",
    "Κ": "K", "Μ": "M", "Ν": "N", "Ο": "O", "Ρ": "P", "Τ": "T", "Υ": "Y", "Χ": "X", "ɑ": "a", "ɡ": "g", "ı": "i",
    "ⅼ": "l", "ո": "n", "ս": "u", "օ": "o", "հ": "h", "ք": "p",
}  # fmt: skip
_LOOKALIKE = re.compile(f"[{''.join(sorted(set(LOOKALIKES) - {'ı'}))}]")
"""Those that a word in running text has no business with; a dotless i is a letter like any other there."""
_WORD = re.compile(r"[^\W\d_](?:[-.]?[^\W\d_]){0,80}")
_WORD_BEFORE = re.compile(r"[^\W\d_](?:[-.]?[^\W\d_])*[-.]?$")
_RUNS = {"blank lines": re.compile(r"\n+"), "blanks": re.compile(r" +"), "tabs": re.compile(r"\t+")}


def scan_hidden(source: Source) -> None:
    """Note what can't be seen in a text, and what looks like other letters than it is."""
    text = source.text
    _out_of_sight(source)
    if text.isascii():
        if _CONTROL.search(text):
            _invisible(source, [])
        return
    characters = set(text)
    if not characters.isdisjoint(_ODD_CHARACTERS):
        _invisible(source, list(_smuggled(source)))
    if not characters.isdisjoint(LOOKALIKES):
        for word, plain, offset in lookalikes(text):
            source.add("homoglyph", described(word, plain), offset, "likely")


def _invisible(source: Source, covered: list[tuple[int, int]]) -> None:
    """Every odd character that is not part of a text that was decoded."""
    text = source.text
    covered.sort()
    for match in _ODD.finditer(text):
        char, at = match[0], match.start()
        before = bisect_right(covered, (at, len(text))) - 1
        if (before >= 0 and at < covered[before][1]) or _belongs(text, at, char):
            continue
        kind = "bidirectional" if char in _BIDI else "invisible"
        name = unicodedata.name(char, "control character" if ord(char) < 0xA0 else "unassigned character")
        source.add("hidden", f"{kind} U+{ord(char):04X} {name}", at)


def _belongs(text: str, at: int, char: str) -> bool:
    """Whether a character does what it is for: a byte order mark, a joiner, a variant of a sign."""
    if char == "\ufeff":
        return at == 0
    if char in _JOINERS:
        return _joins(text, at)
    # Signs have variants, letters of the Latin alphabet have none.
    return char in _VARIANTS and not text[at - 1 : at].isascii()


def _out_of_sight(source: Source) -> None:
    """Text that stands far below or beside what a reader looks at."""
    text = source.text
    for gap, what in (("\n" * 60, "blank lines"), (" " * 240, "blanks"), ("\t" * 60, "tabs")):
        at = text.find(gap)
        while at >= 0:
            run = _RUNS[what].match(text, at)
            after = run.end() if run else at + len(gap)
            if after < len(text) and (text[after] != "\n" or what == "blank lines"):
                source.add("hidden", f"text after many {what}", after, "likely")
            at = text.find(gap, after)


def _smuggled(source: Source) -> Iterator[tuple[int, int]]:
    """Texts that are written in characters that no font shows."""
    text = source.text
    for match in _TAGS.finditer(text):
        if text[match.start() - 1 : match.start()] == _FLAG and len(match[0]) <= 8:
            yield match.span()  # the flag of a region
            continue
        said = "".join(chr(ord(char) - 0xE0000) for char in match[0] if 0x20 <= ord(char) - 0xE0000 < 0x7F)
        shown = truncate(visible(said), _MOST_SHOWN)
        source.add("hidden", "text in tag characters", match.start(), why=f"it says: {shown} ({_bound(said)})")
        yield match.span()
    for match in _SELECTORS.finditer(text):
        data = bytes(_selected(char) for char in match[0])
        shown = truncate(visible(data.decode("utf-8", "replace")), _MOST_SHOWN)
        why = f"it says: {shown} ({_bound(data.decode('latin-1'))})"
        source.add("hidden", "text in variation selectors", match.start(), why=why)
        yield match.span()


def _bound(said: str) -> str:
    import hashlib

    return f"{len(said)} characters, {hashlib.sha256(said.encode()).hexdigest()[:8]}"


def _selected(char: str) -> int:
    code = ord(char)
    return code - 0xFE00 if code <= 0xFE0F else code - 0xE0100 + 16


def _joins(text: str, at: int) -> bool:
    """Whether a joiner does what it is for: between parts of an emoji, or letters of a script that needs it."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if not before or not after:
        return False
    return not (before.isascii() or after.isascii() or before in _JOINERS or after in _JOINERS)


def lookalikes(text: str) -> Iterator[tuple[str, str, int]]:
    """Words that mix Latin letters with others that look like Latin ones, as (word, what it looks like, offset)."""
    if text.isascii():
        return
    done = 0
    for odd in _LOOKALIKE.finditer(text):
        if odd.start() < done:
            continue
        start = _WORD_BEFORE.search(text[max(0, odd.start() - 60) : odd.start()])
        at = odd.start() - (len(start[0]) if start else 0)
        match = _WORD.match(text, at)
        done = match.end() if match else odd.end()
        if match and any("a" <= char <= "z" or "A" <= char <= "Z" for char in match[0]):
            yield match[0], plain_letters(match[0]), at


def looks_like(name: str) -> str | None:
    """The ASCII name that a name would be taken for though it is another one; None if there is none."""
    plain = plain_letters(unicodedata.normalize("NFKC", name))
    return plain if plain != name and plain.isascii() else None


def described(word: str, plain: str) -> str:
    """`аws looks like aws (U+0430)`."""
    codes = ", ".join(dict.fromkeys(f"U+{ord(char):04X}" for char in word if char in LOOKALIKES))
    return f"{word} looks like {plain}" + (f" ({codes})" if codes else "")


def plain_letters(word: str) -> str:
    """A word with each letter that looks like a Latin one replaced by that."""
    return "".join(LOOKALIKES.get(char, char) for char in word)
