"""Scanning many parts of files on more than one processor.

Workers are plain programs (`claude_worker`) that read parts from stdin and write what
they found to stdout, length-prefixed: unlike forked ones they are safe to start from a screen full of threads, and
unlike `multiprocessing`'s they don't import the caller's main module again. When the caller dies they see the end of
their stdin and end too.
"""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from workbench.analytics.claude_scan import Part, Scanned, scan
from workbench.analytics.claude_worker import receive, send

WORKERS = 2
WORTHWHILE = 24 << 20
"""Below so many bytes to read, starting workers takes longer than they save."""

_encode = msgspec.msgpack.Encoder().encode
_decode_scanned = msgspec.msgpack.Decoder(Scanned).decode


def scan_all(parts: Sequence[Part]) -> Generator[tuple[int, Scanned]]:
    """What each part holds, with its index, in the order in which the results come. Closing the iterator stops it."""
    total = sum(part.stop - part.start for part in parts)
    workers = min(WORKERS, os.cpu_count() or 1, len(parts))
    if total < WORTHWHILE or workers < 2:
        for index, part in enumerate(parts):
            yield index, scan(part)
    else:
        yield from _in_parallel(parts, workers)


def _in_parallel(parts: Sequence[Part], workers: int) -> Generator[tuple[int, Scanned]]:
    todo = iter(enumerate(parts))
    lock, stopped = threading.Lock(), threading.Event()
    results: queue.Queue[tuple[int, Scanned] | BaseException] = queue.Queue(maxsize=2 * workers)

    def take() -> tuple[int, Part] | None:
        with lock:
            return None if stopped.is_set() else next(todo, None)

    def give(result: tuple[int, Scanned] | BaseException) -> None:
        while not stopped.is_set():
            with suppress(queue.Full):
                results.put(result, timeout=0.1)
                break

    def feed(worker: _Worker) -> None:
        try:
            while (task := take()) is not None:
                give((task[0], worker.scan(task[1])))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            give(error)

    crew = [_Worker() for _ in range(workers)]
    threads = [threading.Thread(target=feed, args=(worker,), daemon=True) for worker in crew]
    try:
        for thread in threads:
            thread.start()
        for _ in parts:
            result = results.get()
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        stopped.set()
        for worker in crew:
            worker.kill()
        for thread in threads:
            thread.join()
        for worker in crew:
            worker.close()


class _Worker:
    """One worker process. If it fails, the part is read here instead: nothing is lost."""

    def __init__(self) -> None:
        self._killed = False
        root = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join([root, *(entry for entry in sys.path if entry)])
        self._process: subprocess.Popen[bytes] | None
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-m", "workbench.analytics.claude_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
                start_new_session=True,
            )
        except OSError:
            self._process = None

    def scan(self, part: Part) -> Scanned:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None or process.poll() is not None:
            return scan(part)
        try:
            send(process.stdin, _encode(part))
            reply = receive(process.stdout)
        except OSError:
            reply = None
        if reply is not None:
            return _decode_scanned(reply)
        return Scanned(None, part.start, 0, [], []) if self._killed else scan(part)

    def kill(self) -> None:
        self._killed = True
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        if self._process is not None:
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
            self._process.wait()
