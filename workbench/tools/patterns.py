"""Searching with a stranger's regular expression, which may be made to take for ever.

Python's `re` can't be interrupted and holds up every thread meanwhile, so a search that could be slow is done by
another process, which can be ended.
"""

import json
import re
import subprocess
import warnings

from workbench.sandbox import python

SECONDS = 2.0

_QUICK_LENGTH = 10
_SHORT_TEXT = 5_000
_LONGEST = 1000
_SUBSTITUTE = (
    "import json, re, sys; pattern, text, whole = json.load(sys.stdin); "
    "sys.stdout.write(json.dumps(re.sub(pattern, text, whole)))"
)
_SEARCH = "import json, re, sys; pattern, text = json.load(sys.stdin); sys.exit(0 if re.search(pattern, text) else 9)"


class SlowPatternError(Exception):
    """The search did not end within `SECONDS`."""


def complaint(pattern: str) -> str | None:
    """Why Python can't read a regular expression (JSON Schema's are ECMA-262); None if it can."""
    if len(pattern) > _LONGEST:
        return f"it is longer than {_LONGEST:,} characters"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return str(error)
    return None


def search(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text. A pattern that Python can't read finds everything: it can't judge.

    Raises:
        SlowPatternError: It takes too long.
    """
    if complaint(pattern) is not None:
        return True
    # One repetition is quadratic at worst, which a long text still makes slow; several can be exponential, but not
    # within a few characters.
    repetitions = sum(map(pattern.count, "*+{"))
    if repetitions == 0 or (repetitions == 1 and len(text) <= _SHORT_TEXT) or len(text) <= _QUICK_LENGTH:
        return re.search(pattern, text) is not None
    try:
        done = subprocess.run(
            [str(python.interpreter()), "-I", "-S", "-c", _SEARCH],
            input=json.dumps([pattern, text]).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SlowPatternError from error
    return done.returncode == 0


def substitute(pattern: str, replacement: str, text: str) -> str:
    """The text with `replacement` for every match; as it was where Python can't read one of the two.

    Raises:
        SlowPatternError: It takes too long.
    """
    if complaint(pattern) is not None:
        return text
    try:
        done = subprocess.run(
            [str(python.interpreter()), "-I", "-S", "-c", _SUBSTITUTE],
            input=json.dumps([pattern, replacement, text]).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SlowPatternError from error
    return str(json.loads(done.stdout)) if done.returncode == 0 else text
