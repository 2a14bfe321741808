"""Work shared out to programs of our own, so that it takes more than one processor and none of the screen's.

Workers are plain programs that read questions from stdin and write answers to stdout, length-prefixed: unlike forked
ones they are safe to start from a screen full of threads, and unlike `multiprocessing`'s they don't import the caller's
main module again. When the caller dies they see the end of their stdin and end too. A worker that dies loses nothing:
what it was asked is then done where it was asked.
"""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TypeVar

_LENGTH = 4
_LOOK_SECONDS = 0.1
"""How long it takes at most to notice that nobody waits any more."""

Task = TypeVar("Task")
Result = TypeVar("Result")


class Worker:
    """One process that runs a module which calls `serve`."""

    def __init__(self, module: str) -> None:
        self.killed = False
        root = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join([root, *(entry for entry in sys.path if entry)])
        self._process: subprocess.Popen[bytes] | None
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
                start_new_session=True,
            )
        except OSError:
            self._process = None

    def ask(self, question: bytes) -> bytes | None:
        """The answer; None from a worker that is dead, could not start or was killed."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None or process.poll() is not None:
            return None
        try:
            send(process.stdin, question)
            return receive(process.stdout)
        except OSError:
            return None

    def kill(self) -> None:
        """End it, whatever it does."""
        self.killed = True
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """Let go of it, once it has ended."""
        if self._process is not None:
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
            self._process.wait()


def share_out(
    tasks: Sequence[Task],
    module: str,
    count: int,
    do: Callable[[Worker, Task], Result],
    *,
    cancel: threading.Event | None = None,
) -> Generator[tuple[int, Result]]:
    """What each task gives, with its index, in the order in which the results come. Closing the iterator stops it.

    Args:
        tasks: What is to be done; few are under way at once.
        module: The workers' program.
        count: How many workers.
        do: Asks a worker for one task, or does it itself where that one has no answer; called in a worker's thread.
        cancel: Set to stop at once; the iterator then ends.
    """
    todo = iter(enumerate(tasks))
    lock, stopped = threading.Lock(), threading.Event()
    results: queue.Queue[tuple[int, Result] | BaseException] = queue.Queue(maxsize=2 * count)

    def take() -> tuple[int, Task] | None:
        with lock:
            return None if stopped.is_set() else next(todo, None)

    def give(result: tuple[int, Result] | BaseException) -> None:
        while not stopped.is_set():
            with suppress(queue.Full):
                results.put(result, timeout=_LOOK_SECONDS)
                break

    def feed(worker: Worker) -> None:
        try:
            while (task := take()) is not None:
                give((task[0], do(worker, task[1])))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            give(error)

    crew = [Worker(module) for _ in range(count)]
    threads = [threading.Thread(target=feed, args=(worker,), daemon=True) for worker in crew]
    try:
        for thread in threads:
            thread.start()
        for _ in tasks:
            result = _next(results, cancel)
            if result is None:
                return
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


def _next(
    results: "queue.Queue[tuple[int, Result] | BaseException]", cancel: threading.Event | None
) -> tuple[int, Result] | BaseException | None:
    """The next result; None once it was cancelled."""
    while cancel is None or not cancel.is_set():
        with suppress(queue.Empty):
            return results.get(timeout=None if cancel is None else _LOOK_SECONDS)
    return None


def serve(answer: Callable[[bytes], bytes]) -> None:
    """Answer questions until stdin ends: the one who asks closes it, or is gone. Ends the process."""
    with suppress(BrokenPipeError, KeyboardInterrupt):
        while (question := receive(sys.stdin.buffer)) is not None:
            send(sys.stdout.buffer, answer(question))
    os._exit(0)  # what is left for a broken pipe needs no flush


def send(stream: IO[bytes], message: bytes) -> None:
    """Write one message."""
    stream.write(len(message).to_bytes(_LENGTH, "big") + message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Read the next message; None at the end of the stream."""
    size = stream.read(_LENGTH)
    if len(size) < _LENGTH:
        return None
    message = stream.read(int.from_bytes(size, "big"))
    return message if len(message) == int.from_bytes(size, "big") else None
