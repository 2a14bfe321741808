"""A receipt's file, as somebody kept it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from workbench.errors import InputError
from workbench.reviews.receipts import SCHEMA, canonical
from workbench.text import visible

_MAX_BYTES = 4 << 20


def load_receipt(path: Path) -> dict[str, Any]:
    """The receipt in a file.

    Raises:
        InputError: The file can't be read, or holds none.
    """
    where = visible(str(path))
    try:
        with path.open("rb") as opened:
            data = opened.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"the receipt can't be read: {error.strerror}", where=where) from error
    return read_receipt(data, where)


def read_receipt(data: bytes, where: str) -> dict[str, Any]:
    """A receipt from its file.

    Raises:
        InputError: It is not one.
    """
    if len(data) > _MAX_BYTES:
        raise InputError(f"the file is larger than {_MAX_BYTES >> 20} MiB", where=where)
    try:
        found = json.loads(
            data, parse_float=_no_fraction, parse_constant=_no_fraction, object_pairs_hook=_with_each_key_once
        )
        canonical(found)
    except (ValueError, RecursionError) as error:
        raise InputError(f"it can't be read as a receipt: {visible(str(error))[:120]}", where=where) from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or not isinstance(found.get("decisions"), list):
        raise InputError("it is not a receipt of reviews", where=where, remedy="workbench review receipt makes one")
    return found


def _no_fraction(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} has no canonical form, and no receipt holds it")


def _with_each_key_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice, so that two readers may read two things")
    return found
