"""What would be replaced or taken away, kept first in the user's data folder."""

import os
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

from workbench.errors import InputError
from workbench.text import visible


def save_copy(source: Path, saved: Path, name: str) -> Path:
    """Copy a folder, a file or a link as it is into a new folder below `saved`; gives where it is now.

    Raises:
        InputError: It can't be copied.
    """
    folder = saved / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    kept = folder / name
    try:
        folder.mkdir(parents=True)
        if source.is_symlink() or not source.is_dir():
            shutil.copy2(source, kept, follow_symlinks=False)
        else:
            shutil.copytree(source, kept, symlinks=True)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else "a part can't be copied"
        raise InputError(f"what is there can't be saved: {why}", where=visible(str(source))) from error
    return kept
