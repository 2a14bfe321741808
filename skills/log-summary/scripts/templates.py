"""Finds the template of a log message: what stays the same when it is written again."""

import re

LONGEST = 300
MASK = re.compile(
    r"""
    (?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?
        |\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b)
    |(?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)
    |(?P<url>\b[a-zA-Z][a-zA-Z0-9+.-]{1,15}://[^\s"'<>)\]]+)
    |(?P<email>\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)
    |(?P<ip>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b
        |(?<![\w:])(?=[a-fA-F:]{0,32}\d)(?:(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}
            |(?:(?:[0-9a-fA-F]{1,4}:){1,6}|:)(?::[0-9a-fA-F]{1,4}){1,6})\b)
    |(?P<path>(?<![\w/.<])(?:~|\.{1,2})?/[\w.@+~%=,:-]+(?:/[\w.@+~%=,:-]+)*/?|\b[A-Za-z]:\\[^\s"'<>|]+)
    |(?P<hex>\b0x[0-9a-fA-F]+\b|\b(?=[a-fA-F]{0,32}\d)[0-9a-fA-F]{8,}\b)
    |(?P<id>\b(?=[A-Za-z_]{0,40}\d)(?=\d{0,40}[A-Za-z_])\w{12,}\b)
    |(?P<num>(?<![A-Za-z_\d.])[+-]?\d+(?:[.,]\d+)*)
    """,
    re.VERBOSE | re.ASCII,
)


def mask(line: str, keep_paths: bool = False) -> str:
    """The template of a log message: times, addresses, ids, paths and numbers are replaced by their kind.

    Args:
        line: The message, without its own time and level.
        keep_paths: Mask only numbers in paths, so that the routes of a web server stay apart.
    """

    def kind(match: re.Match[str]) -> str:
        if keep_paths and match.lastgroup == "path":
            return re.sub(r"\d+", "<num>", match[0])
        return f"<{match.lastgroup}>"

    text = " ".join(MASK.sub(kind, line).split())
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
