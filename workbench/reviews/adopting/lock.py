"""One adoption at a time: a lock beside the library, which may not exist yet, that ends with the process."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import ConflictError, InputError
from workbench.text import visible

PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.05


@contextmanager
def one_at_a_time(library: Path, patience: float | None = None) -> Iterator[None]:
    """Hold the library's lock while the context is open, waiting for another process.

    Args:
        library: The library's folder.
        patience: How long to wait, in seconds; by default `PATIENCE_SECONDS`.

    Raises:
        ConflictError: Another process still holds it.
        InputError: The folder of the library can't be written.
    """
    place = library.with_name(f".{library.name}.adopting")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        file = place.open("a")
    except OSError as error:
        raise InputError(f"the library can't be written: {error.strerror}", where=visible(str(library))) from error
    with file:
        until = time.monotonic() + (PATIENCE_SECONDS if patience is None else patience)
        while True:
            try:
                # The lock is on the open file, so it is gone with the process, however that ends.
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= until:
                    raise ConflictError(
                        "another process adopts skills into this library",
                        where=visible(str(library)),
                        remedy="try again once it is done",
                    ) from error
                time.sleep(_PAUSE_SECONDS)
        yield
