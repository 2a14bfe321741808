"""Starting a program, confined or not: its folders, environment and streams put in place."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from workbench.sandbox import bubblewrap, plain, python
from workbench.sandbox.layout import LEFT_OUT, Layout, copy_in
from workbench.sandbox.model import Level, Program
from workbench.sandbox.probe import bubblewrap_path, can_disable_userns
from workbench.sandbox.pump import Channel

_MOST_BINDS = 40

_IDENTITY = {
    "/etc/passwd": f"sandbox:x:{bubblewrap.INNER_ID}:{bubblewrap.INNER_ID}::{bubblewrap.HOME}:/bin/sh\n",
    "/etc/group": f"sandbox:x:{bubblewrap.INNER_ID}:\n",
}


@dataclass(slots=True)
class Started:
    """A program that runs.

    Attributes:
        result: The reading end of what the program knows as descriptor 3.
        began: Monotonic seconds.
    """

    program: bubblewrap.Confined | plain.Plain
    result: int | None
    began: float

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process whose exit code is the program's."""
        return self.program.process

    @property
    def inner(self) -> int | None:
        """Host process id of the sandbox's first process; None without a sandbox."""
        return self.program.inner if isinstance(self.program, bubblewrap.Confined) else None

    def streams(self) -> dict[Channel, int]:
        """Own copies of the descriptors to read, so that only the pump closes them."""
        stdout, stderr = self.process.stdout, self.process.stderr
        assert stdout is not None
        assert stderr is not None
        streams: dict[Channel, int] = {"stdout": os.dup(stdout.fileno()), "stderr": os.dup(stderr.fileno())}
        stdout.close()
        stderr.close()
        if self.result is not None:
            streams["result"] = self.result
        return streams


@dataclass(frozen=True, slots=True)
class Stage:
    """A laid out folder in which programs can be started, one after another.

    Attributes:
        read_only: What is shown besides the run's own folders: path of the host, place inside.
        path: PATH of programs that run without a sandbox.
    """

    layout: Layout
    level: Level
    read_only: tuple[tuple[Path, str], ...] = ()
    path: str = ""


def prepare(layout: Layout, program: Program, level: Level) -> Stage:
    """Put in place what programs see at this level, for `program` and those that follow it.

    Raises:
        OSError: Something can't be written.
    """
    if level.name == "none":
        copy_in(layout, program.folder)
        names = layout.root / "bin"
        names.mkdir(mode=0o700)
        for name in python.NAMES:
            (names / name).symlink_to(python.interpreter())
        return Stage(layout, level, path=f"{names}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    read_only = _shown(layout, program)
    read_only += [(source, place) for source, place, can_write in layout.elsewhere if not can_write]
    return Stage(layout, level, tuple(read_only))


def start(stage: Stage, program: Program) -> Started:
    """Start a program in its folders.

    Raises:
        StartError, OSError: It could not be started.
    """
    feeds = subprocess.PIPE if program.stdin else subprocess.DEVNULL
    result_read, result_write = os.pipe() if program.result_fd else (None, None)
    argv = python.resolve(program.argv)
    began = time.monotonic()
    try:
        if stage.level.name == "none":
            layout = stage.layout
            own = {"PATH": stage.path, "HOME": str(layout.home), "LANG": "C.UTF-8", "TMPDIR": str(layout.tmp)}
            started: bubblewrap.Confined | plain.Plain = plain.start(
                argv,
                work=layout.work,
                env={**own, **program.env},
                limits=program.limits,
                stdin=feeds,
                result=result_write,
            )
        else:
            started = _start_confined(stage, program, argv, feeds, result_write)
    except BaseException:
        if result_read is not None:
            os.close(result_read)
        raise
    finally:
        if result_write is not None:
            os.close(result_write)
    return Started(started, result_read, began)


def _start_confined(
    stage: Stage, program: Program, argv: list[str], feeds: int, result: int | None
) -> bubblewrap.Confined:
    layout, level = stage.layout, stage.level
    env = {"PATH": bubblewrap.PATH, "HOME": bubblewrap.HOME, "LANG": "C.UTF-8", "TMPDIR": "/tmp", **program.env}
    writable = {
        "/tmp": layout.tmp,
        "/dev/shm": layout.shared_memory,
        bubblewrap.HOME: layout.home,
        bubblewrap.WORK: layout.work,
    }
    writable |= {f"{bubblewrap.WORK}/{place}": source for source, place in layout.writable}
    writable |= {place: source for source, place, can_write in layout.elsewhere if can_write}
    options = [
        *bubblewrap.system_options(network=program.network, disable_userns=can_disable_userns(level.version)),
        *bubblewrap.environment_options(env),
        *bubblewrap.mount_options(writable, stage.read_only),
    ]
    if result is not None:  # a descriptor keeps its number on the way in, so a shell gives it the promised one
        argv = ["/bin/sh", "-c", f'exec 3>/dev/fd/{result}; exec "$@"', "sh", *argv]
    return bubblewrap.start(
        bubblewrap_path() or "bwrap",
        options,
        argv,
        limits=program.limits,
        limit_processes=not any(weak.startswith("processes") for weak in level.weak),
        stdin=feeds,
        pass_fds=() if result is None else (result,),
        files=_IDENTITY,
    )


def _shown(layout: Layout, program: Program) -> list[tuple[Path, str]]:
    """What to bind into the working folder, or, of a skill with very many entries, one bind and links into it.

    Bubblewrap's time grows with the square of the binds: two hundred take 0.2 s.
    """
    everything = [(source, f"{bubblewrap.WORK}/{place}") for source, place in layout.shown]
    if program.folder is None or len(everything) <= _MOST_BINDS:
        return everything
    own = [place for source, place in layout.shown if _is_of(program.folder, source)]
    if len(own) <= _MOST_BINDS:
        return everything
    for place in own:
        (layout.work / place).symlink_to(f"{bubblewrap.SKILL}/{place}")
    binds = [(program.folder.absolute(), bubblewrap.SKILL)]
    for name in sorted(LEFT_OUT):
        hidden = program.folder / name
        if hidden.is_dir() and not hidden.is_symlink():
            empty = layout.root / f"hidden{name}"
            empty.mkdir(mode=0o700)
            binds.append((empty, f"{bubblewrap.SKILL}/{name}"))
        elif hidden.is_file() and not hidden.is_symlink():
            binds.append((Path(os.devnull), f"{bubblewrap.SKILL}/{name}"))
    return binds + [(source, place) for source, place in everything if not _is_of(program.folder, source)]


def _is_of(folder: Path | None, source: Path) -> bool:
    return folder is not None and source.is_relative_to(folder.absolute())
