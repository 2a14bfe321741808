"""Making alike what differs from run to run: paths, times, ids, and what a case names itself."""

import re
import tempfile
from collections.abc import Sequence

from workbench.sandbox import python
from workbench.sandbox.bubblewrap import HOME, WORK
from workbench.testing.model import Normaliser

_FOLDER = rf"{re.escape(tempfile.gettempdir())}/workbench-run-\w{{1,40}}"  # where programs run without a sandbox
_PATHS = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (rf"(?:{_FOLDER}/work|{WORK})(?![\w-])", "<work>"),
        (rf"(?:{_FOLDER}/home|{HOME})(?![\w-])", "<home>"),
        (rf"(?:{_FOLDER}/tmp|(?<![\w./-])/tmp)(?![\w-])", "<tmp>"),
    )
)
_DAY = r"\d{4}-\d{2}-\d{2}"
_CLOCK = r"\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?"
_TIMES = tuple(
    (re.compile(pattern), text)
    for pattern, text in (
        (rf"(?<!\d){_DAY}[T ]{_CLOCK}(?:Z|[+-]\d{{2}}:?\d{{2}})?(?![\d:])", "<time>"),
        (rf"(?<!\d){_DAY}(?!\d)", "<day>"),
        (rf"(?<![\d:]){_CLOCK}(?![\d:])", "<clock>"),
        (r"(?<![\w.])\d{1,9}(?:\.\d{1,9})? ?(?:ns|µs|us|ms|s|sec|seconds?|minutes?)(?!\w)", "<duration>"),
    )
)
_IDS = tuple(
    (re.compile(pattern), "<id>")
    for pattern in (
        r"(?<![\w-])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w-])",
        r"(?<![0-9a-zA-Z])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-zA-Z])",
        r"(?<![0-9a-zA-Z])0x[0-9a-f]{6,16}(?![0-9a-zA-Z])",
    )
)


def normalise(text: str, normalisers: Sequence[Normaliser]) -> str:
    """The text with what the normalisers name made alike, one after another.

    `paths`: the working folder, the home, /tmp and the interpreter's own folder. `times`: ISO days and times, clock
    times and durations with a unit. `ids`: UUIDs, digests of 32, 40 or 64 hexadecimal digits, addresses in memory.

    Raises:
        SlowPatternError: A replacement takes too long.
    """
    from workbench.tools.patterns import substitute

    for one in normalisers:
        if one.kind == "paths":
            text = _all(_PATHS, text).replace(str(python.interpreter().parent.parent), "<python>")
        elif one.kind == "times":
            text = _all(_TIMES, text)
        elif one.kind == "ids":
            text = _all(_IDS, text)
        else:
            text = substitute(one.pattern, one.text, text)
    return text


def _all(patterns: Sequence[tuple[re.Pattern[str], str]], text: str) -> str:
    for pattern, replacement in patterns:
        text = pattern.sub(replacement, text)
    return text
