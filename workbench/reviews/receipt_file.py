"""A receipt's file, as somebody kept it."""

from pathlib import Path
from typing import Any

from workbench.errors import InputError
from workbench.reviews.receipts import read_receipt
from workbench.text import visible

_MAX_BYTES = 8 << 20


def load_receipt(path: Path) -> dict[str, Any]:
    """The receipt in a file.

    Raises:
        InputError: The file can't be read, or holds none.
    """
    where = visible(str(path))
    try:
        with path.open("rb") as opened:
            data = opened.read(_MAX_BYTES)
    except OSError as error:
        raise InputError(f"the receipt can't be read: {error.strerror}", where=where) from error
    return read_receipt(data, where)
