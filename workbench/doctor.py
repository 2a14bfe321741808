"""What this machine has and lacks for the workbench, each with a remedy."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench import git
from workbench.config import config_dir, load_settings, store_path
from workbench.errors import WorkbenchError
from workbench.storage import Store
from workbench.text import visible


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        level: `ok`; `warning`: something works less well; `error`: something does not work.
        text: What was found.
        remedy: What to do about it, where something can be done.
    """

    name: str
    level: Literal["ok", "warning", "error"]
    text: str
    remedy: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is amiss."""
        return self.level == "ok"

    def to_json(self) -> dict[str, Any]:
        """One item of `doctor --json`."""
        return {"name": self.name, "ok": self.ok, "level": self.level, "text": self.text, "remedy": self.remedy}


def examine(library: Path) -> tuple[Check, ...]:
    """Look at everything the workbench needs. Nothing is changed but that a missing store is made."""
    return tuple(_checks(library))


def _checks(library: Path) -> Iterator[Check]:
    yield _python()
    yield _git()
    yield _identity(library)
    yield _sandbox()
    yield _terminal()
    yield _clipboard()
    yield _store()
    yield _settings()
    yield _prices()


def _python() -> Check:
    return Check("python", "ok", f"{sys.version.split()[0]} on {sys.platform}")


def _git() -> Check:
    found = git.version()
    minimum = ".".join(map(str, git.MINIMUM_VERSION))
    if found is None:
        return Check("git", "error", "not installed", f"install git {minimum} or newer")
    text = ".".join(map(str, found))
    if found < git.MINIMUM_VERSION:
        return Check("git", "error", f"{text} is too old to be run safely", f"install git {minimum} or newer")
    return Check("git", "ok", text)


def _identity(library: Path) -> Check:
    try:
        repository = git.Repository.discover(library)
        who = (repository or git.Repository(library, library)).identity()
    except WorkbenchError as error:
        return Check("identity", "warning", error.what, error.remedy)
    return Check("identity", "ok", visible(f"{who.name} <{who.email}>"))


def _sandbox() -> Check:
    from workbench.sandbox.probe import probe

    level = probe()
    if not level.works:
        return Check("sandbox", "error", level.reason or "it does not work here", level.remedy)
    held = f"; limits that do not hold here: {', '.join(level.weak)}" if level.weak else ""
    text = f"{level.name} {level.version or ''} works".replace("  ", " ") + held
    return Check("sandbox", "warning" if level.weak else "ok", text)


def _terminal() -> Check:
    if os.environ.get("NO_COLOR"):
        return Check("terminal", "ok", "NO_COLOR is set: everything is shown without colour")
    depth = os.environ.get("COLORTERM", "")
    term = visible(os.environ.get("TERM", "unknown"))
    if depth in ("truecolor", "24bit"):
        return Check("terminal", "ok", f"{term}, 24-bit colour")
    if "256color" in term:
        return Check("terminal", "ok", f"{term}, 256 colours")
    return Check("terminal", "warning", f"{term} announces few colours", "set TERM=xterm-256color, if it has them")


def _clipboard() -> Check:
    tools = [name for name in ("wl-copy", "xclip", "xsel", "pbcopy") if shutil.which(name)]
    if tools:
        return Check("clipboard", "ok", f"through {tools[0]}")
    return Check("clipboard", "ok", "through the terminal (OSC 52), if it allows that")


def _store() -> Check:
    path = store_path()
    try:
        store = Store(path)
        try:
            wrong = store.check()
            version = store.version
        finally:
            store.close()
    except WorkbenchError as error:
        return Check("store", "error", f"{visible(str(path))}: {error.what}", error.remedy)
    if wrong:
        return Check("store", "error", f"{visible(str(path))}: {visible(wrong[0])}", "move it away and start a new one")
    return Check("store", "ok", f"{visible(str(path))}, schema {version}, sound")


def _settings() -> Check:
    path = config_dir() / "config.yaml"
    try:
        load_settings(path)
    except WorkbenchError as error:
        return Check("settings", "error", f"{error.where}: {error.what}", error.remedy)
    return Check("settings", "ok", visible(str(path)) if path.exists() else f"none; {visible(str(path))} would be read")


def _prices() -> Check:
    from workbench.analytics.prices import price_book

    return Check("prices", "ok", price_book().source)
