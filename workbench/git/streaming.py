"""Many objects of one repository read one after the other, so that only those in use are in memory."""

import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from workbench.errors import InputError
from workbench.git import log
from workbench.git.failures import failure
from workbench.git.plumbing import GitError
from workbench.text import decode

_ARGS = ("cat-file", "--batch")
_PIPE = 1 << 20
_MOST_SAID = 64 << 10


def stream_objects(ids: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """The types (`blob`, `tree`, …) and contents of these objects, in this order.

    Raises:
        GitError: One of them is not here.
    """
    began = time.time()
    # A file, because a pipe that nobody empties would make git and this process wait for each other.
    with tempfile.TemporaryFile() as complained, tempfile.TemporaryFile() as asked:
        asked.write("".join(f"{id_}\n" for id_ in ids).encode())
        asked.seek(0)
        try:
            process = subprocess.Popen(
                ["git", *_ARGS], cwd=cwd, env=env, stdin=asked, stdout=subprocess.PIPE, stderr=complained,
                bufsize=_PIPE, pipesize=_PIPE,
            )  # fmt: skip
        except OSError as error:
            raise InputError(f"git can't be started: {error.strerror}", where=str(cwd)) from error
        with process:
            try:
                assert process.stdout is not None
                for id_ in ids:
                    fields = process.stdout.readline().split()
                    size = int(fields[2]) if len(fields) == 3 else -1
                    data = process.stdout.read(size + 1)[:-1] if size >= 0 else b""
                    if len(data) != size:
                        said = decode(b" ".join(fields[1:]))
                        if not said:
                            code = process.wait()
                            complained.seek(0)
                            raise failure(_ARGS, cwd, complained.read(_MOST_SAID), code)
                        what = f"git cat-file failed: object {id_} can't be read ({said})"
                        raise GitError(what, where=str(cwd), remedy="git fsck says what the repository lacks")
                    yield fields[1].decode(), data
            finally:
                process.kill()  # it has said all, or nobody listens any more
                process.wait()
                log.note(_ARGS, str(cwd), began, 0)
