"""The one sanitiser: hostile text made visible and harmless, and text measured and cut in terminal cells.

Everything that comes from outside (skills, logs, tools' output, git) passes `visible` or `visible_block` before it
reaches a screen or a terminal. What would act on the terminal, or hide, is replaced by a symbol that a person can see.
"""

import unicodedata
from collections.abc import Iterator

_TAB_STOP = 4
_PLAIN = bytes((*range(0x20, 0x7F), *b"\t\n"))
"""What no text hides, so that it need not be looked at."""
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")


def _symbol(char: str) -> str | None:
    """The visible stand-in for a character that must not reach a terminal; None if it may."""
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0x20 < code < 0x7F or char == " ":
        return None
    if char in _INVISIBLE or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return f"⟨U+{code:04X}⟩"
    return None


class _Symbols(dict[int, str | int]):
    """A table for `str.translate` that works out each character once."""

    def __missing__(self, code: int) -> str | int:
        symbol = _symbol(chr(code))
        self[code] = code if symbol is None else symbol
        return self[code]


_SYMBOLS = _Symbols()


def visible(text: str) -> str:
    """`text` as one line in which no character is invisible or acts on a terminal.

    Control characters become their symbols (U+2400 block), other invisible, bidirectional, private or unassigned
    characters and lone surrogates become `⟨U+XXXX⟩`. The result always encodes to UTF-8.
    """
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_SYMBOLS)


def visible_lines(text: str) -> Iterator[str]:
    """The lines of `text` (split at LF and CRLF only), each made `visible`, tabs expanded to four cells."""
    for line in text.split("\n"):
        bare = line.removesuffix("\r")
        yield visible(bare.expandtabs(_TAB_STOP) if "\t" in bare else bare)


def visible_block(text: str) -> str:
    """`text` made `visible` line by line; its line ends stay."""
    return "\n".join(visible_lines(text))


def hidden_characters(text: str) -> list[tuple[int, int, str]]:
    """Every character that `visible_lines` would replace, as (line, column, name), both counted from 1."""
    rest = text.encode("utf-8", "surrogatepass").translate(None, _PLAIN)
    # A text has few different characters, so that looking at each of these once costs next to nothing.
    suspects = {char for char in set(rest.decode("utf-8", "surrogatepass")) if _SYMBOLS[ord(char)] != ord(char)}
    if suspects == {"\r"} and "\r" not in text.replace("\r\n", ""):
        return []
    found = []
    for number, line in enumerate(text.split("\n") if suspects else (), start=1):
        bare = line.removesuffix("\r")
        if not suspects.isdisjoint(bare):
            for column, char in enumerate(bare, start=1):
                if char in suspects:
                    found.append((number, column, unicodedata.name(char, f"U+{ord(char):04X}")))
    return found


def cell_width(text: str) -> int:
    """How many terminal cells `text` takes (East Asian wide characters take two, combining ones none)."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def truncate(text: str, width: int, *, ellipsis: str = "…") -> str:
    """`text` cut to at most `width` cells, with an ellipsis where something was cut off."""
    if width <= 0:
        return ""
    if cell_width(text) <= width:
        return text
    room = width - cell_width(ellipsis)
    if room <= 0:
        return ellipsis[:width]
    if text.isascii():
        return text[:room] + ellipsis
    from rich.cells import set_cell_size

    return set_cell_size(text, room).rstrip() + ellipsis


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells: cut with an ellipsis or padded, on the left if `right`."""
    cut = truncate(text, width)
    padding = " " * max(0, width - cell_width(cut))
    return padding + cut if right else cut + padding


def keep_end(text: str, width: int, *, ellipsis: str = "…") -> str:
    """`text` cut to at most `width` cells at its beginning: of a path, the end says which file it is."""
    if cell_width(text) <= width:
        return text
    room = width - cell_width(ellipsis)
    if room <= 0:
        return ellipsis[: max(0, width)]
    start = max(0, len(text) - room)
    while cell_width(text[start:]) > room:
        start += 1
    return ellipsis + text[start:]


def first_line(text: str) -> str:
    """The first non-blank line of `text`, made visible; an empty string if there is none."""
    return next((visible(line.strip()) for line in text.splitlines() if line.strip()), "")


def decode(data: bytes) -> str:
    """Bytes from outside as text: UTF-8, with every byte that is not as a visible replacement character."""
    return data.decode("utf-8", errors="replace")


def plural(count: int, noun: str, many: str | None = None) -> str:
    """`3 skills`, `1 skill`: a count with its noun."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"
