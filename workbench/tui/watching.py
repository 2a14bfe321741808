"""The library's folders watched for changes, in a thread that ends when it is told to.

Of a repository only what says where branches and tags stand is looked at: a commit or a verdict made elsewhere shows,
and git's own bookkeeping does not. Where the system can't watch so many folders, they are looked at every few seconds.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from workbench.git import Repository
from workbench.text import truncate, visible

LOOK_EVERY_MS = 10_000
"""How often folders are looked at that can't be watched."""

_REST_MS = 40
"""So long nothing may change before a change is told: an editor writes a file in several steps."""
_AT_LATEST_MS = 400
_REFS = ("refs/", "reftable/")


class Changed(NamedTuple):
    """What changed: paths relative to the library, and whether branches or tags moved."""

    paths: frozenset[str]
    refs: bool = False


class Watcher:
    """Tells what changes below a library.

    Args:
        root: The library's folder.
        repository: Its repository, if it is in one.
        tell: Called in the watcher's thread with what changed.
        say: Called there with one sentence where watching does not work as it should.
    """

    def __init__(
        self,
        root: Path,
        repository: Repository | None,
        tell: Callable[[Changed], None],
        say: Callable[[str], None],
    ) -> None:
        self._root = str(root)
        self._git = tuple(dict.fromkeys((str(repository.git_dir), str(repository.common_dir)))) if repository else ()
        self._tell = tell
        self._say = say
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch-library", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self, *, wait_seconds: float = 0.0) -> None:
        """End; nothing is told any more."""
        self._stop.set()
        if wait_seconds:
            self._thread.join(wait_seconds)

    def _run(self) -> None:
        places = [self._root, *(place for place in self._git if not place.startswith(f"{self._root}/"))]
        for polling in (False, True):
            try:
                self._watch(places, polling=polling)
            except (OSError, RuntimeError) as error:  # RuntimeError: what watchfiles' own errors are
                self._trouble(str(error), polling=polling)
            else:
                return

    def _watch(self, places: Sequence[str], *, polling: bool) -> None:
        from watchfiles import watch

        for changes in watch(
            *places,
            watch_filter=lambda _, path: self._concerns(path),
            debounce=_AT_LATEST_MS,
            step=_REST_MS,
            stop_event=self._stop,
            rust_timeout=60_000,
            raise_interrupt=False,
            force_polling=polling,
            poll_delay_ms=LOOK_EVERY_MS,
            ignore_permission_denied=True,
        ):
            if self._stop.is_set():
                return
            paths = {path for _, path in changes}
            refs = {path for path in paths if self._in_git(path) is not None}
            below = f"{self._root.rstrip('/')}/"
            self._tell(Changed(frozenset(path.removeprefix(below) for path in paths - refs), bool(refs)))

    def _trouble(self, why: str, *, polling: bool) -> None:
        if polling:
            self._say("changes of files are not noticed here; refresh to read the library again")
        elif "limit" in why or "space" in why:
            seconds = LOOK_EVERY_MS // 1000
            self._say(f"the system can't watch so many folders: changes are looked for every {seconds} seconds")
        else:
            self._say(f"the folders can't be watched ({truncate(visible(why), 80)}): they are looked at now and then")

    def _concerns(self, path: str) -> bool:
        inside = self._in_git(path)
        if inside is None:
            return True
        return not inside.endswith(".lock") and (inside in ("HEAD", "packed-refs") or inside.startswith(_REFS))

    def _in_git(self, path: str) -> str | None:
        """A path's place in the repository's own folder; None for what is not in it."""
        for place in self._git:
            if path == place or path.startswith(f"{place}/"):
                return path[len(place) + 1 :]
        return None
