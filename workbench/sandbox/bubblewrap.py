"""The only caller of bubblewrap: what a confined program sees of this machine, and how it is started.

Options travel through a file descriptor, never through bubblewrap's own command line or environment: there a value
could be read by other users, or a variable such as LD_PRELOAD would act outside the sandbox.
"""

import contextlib
import functools
import json
import os
import select
import signal
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from workbench.sandbox import python
from workbench.sandbox.model import Limits

WORK = "/sandbox"
HOME = "/home/sandbox"
SKILL = "/opt/workbench/skill"
BIN = "/opt/workbench/bin"
PATH = f"{BIN}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
INNER_ID = "1000"
_GONE_MILLISECONDS = 5000

_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("/etc/ld.so.cache", "/etc/alternatives")  # every mount takes time
_ETC_NETWORK = (
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/services", "/etc/protocols",
    "/etc/ssl", "/etc/ca-certificates", "/etc/pki/tls", "/etc/pki/ca-trust", "/etc/crypto-policies",
)  # fmt: skip


class StartError(Exception):
    """Bubblewrap, or the program, could not be started; the message is bubblewrap's own, not sanitised."""


@dataclass(slots=True)
class Confined:
    """A started sandbox.

    Attributes:
        process: Bubblewrap itself; its exit code is the program's.
        inner: Process id, seen from the host, of the sandbox's first process.
        handle: A descriptor of that process, which no other process can take over; None where the kernel has none.
    """

    process: subprocess.Popen[bytes]
    inner: int
    handle: int | None

    def kill(self) -> None:
        """End everything in the sandbox: the kernel kills all of it together with its first process."""
        with contextlib.suppress(ProcessLookupError):
            if self.handle is not None:
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
            self.process.kill()  # and --die-with-parent ends the rest

    def wait_until_gone(self) -> None:
        """Wait, for some seconds at most, until nothing of the sandbox is left."""
        if self.handle is not None:
            waiting = select.poll()
            waiting.register(self.handle, select.POLLIN)
            waiting.poll(_GONE_MILLISECONDS)
            os.close(self.handle)
            self.handle = None


@functools.cache
def system_options(*, network: bool, disable_userns: bool) -> tuple[str, ...]:
    """Bubblewrap's options for namespaces, system folders and a minimal /etc, /proc and /dev: alike for all runs."""
    options = ["--unshare-all", "--unshare-user", "--uid", INNER_ID, "--gid", INNER_ID, "--hostname", "sandbox"]
    options += ["--share-net"] if network else []
    options += ["--disable-userns"] if disable_userns else []
    options += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    options += ["--ro-bind", "/usr", "/usr"]
    for folder in map(Path, _FOLDERS):
        if folder.is_symlink():
            options += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            options += ["--ro-bind", str(folder), str(folder)]
    for path in (*_ETC, *(_ETC_NETWORK if network else ())):
        options += ["--ro-bind-try", os.path.realpath(path), path]
    for needed in python.needed_paths():
        options += ["--ro-bind", str(needed), str(needed)]
    for name in python.NAMES:
        options += ["--symlink", str(python.interpreter()), f"{BIN}/{name}"]
    return (*options, "--proc", "/proc", "--dev", "/dev")


def start(
    bwrap: str,
    options: Iterable[str],
    argv: list[str],
    *,
    limits: Limits | None,
    limit_processes: bool = True,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
    pass_fds: tuple[int, ...] = (),
    files: Mapping[str, str] = MappingProxyType({}),
) -> Confined:
    """Start `argv` under bubblewrap.

    The first process waits until its limits are set, so that nothing runs without them; the process limit then counts
    only what is inside, because it was set after the user namespace began.

    Args:
        options: What the program sees; comes after the options for `files`.
        files: Small files to put inside, by place: cheaper than to write and bind them.

    Raises:
        StartError: Bubblewrap failed before it could start anything.
    """
    info_read, info_write = os.pipe()
    block_read, block_write = os.pipe()
    contents = {place: _in_memory(text) for place, text in files.items()}
    made = [option for place, number in contents.items() for option in ("--file", str(number), place)]
    channels = ["--info-fd", str(info_write), "--block-fd", str(block_read)]
    options_fd = _in_memory("".join(f"{option}\0" for option in (*made, *options, *channels)))
    try:
        process = subprocess.Popen(
            [bwrap, "--args", str(options_fd), "--", *argv],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=(options_fd, info_write, block_read, *contents.values(), *pass_fds),
            env={},
            cwd="/",
        )
        os.close(info_write)
        info_write = -1
        inner = _first_process(info_read)
        if inner is None:
            _, errors = process.communicate()
            raise StartError((errors or b"").decode("utf-8", "replace").strip() or f"exit {process.returncode}")
        if limits is not None:
            _limit(inner, limits, limit_processes)
        handle = _handle(inner)
        os.write(block_write, b"x")
        return Confined(process, inner, handle)
    finally:
        for descriptor in (info_read, info_write, block_read, block_write, options_fd, *contents.values()):
            if descriptor >= 0:
                os.close(descriptor)


def environment_options(env: Mapping[str, str]) -> list[str]:
    """Options that set the program's whole environment."""
    return [option for name, value in env.items() for option in ("--setenv", name, value)]


def mount_options(folders: Mapping[str, Path], read_only: Iterable[tuple[Path, str]]) -> list[str]:
    """Options that show writable `folders` (by place inside), then read-only paths, and seal what lies around them."""
    options = [option for inside, outside in folders.items() for option in ("--bind", str(outside), inside)]
    for source, inside in read_only:
        options += ["--ro-bind", str(source), inside]
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORK]


def _in_memory(text: str) -> int:
    descriptor = os.memfd_create("workbench")
    with open(descriptor, "wb", closefd=False) as file:
        file.write(os.fsencode(text))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _first_process(info: int) -> int | None:
    text = b""
    while b"}" not in text:
        chunk = os.read(info, 4096)
        if not chunk:
            return None
        text += chunk
    return int(json.loads(text)["child-pid"])


def _handle(pid: int) -> int | None:
    with contextlib.suppress(AttributeError, OSError):
        return os.pidfd_open(pid)
    return None


def _limit(pid: int, limits: Limits, limit_processes: bool) -> None:
    import resource

    wanted = [
        (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1),
        (resource.RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes),
        # DATA and not AS: it counts what can be written, so that runtimes may reserve addresses they never use.
        (resource.RLIMIT_DATA, limits.memory_bytes, limits.memory_bytes),
        (resource.RLIMIT_NOFILE, 256, 256),
        (resource.RLIMIT_CORE, 0, 0),
    ]
    if limit_processes:  # bubblewrap's own first process counts as one
        wanted.append((resource.RLIMIT_NPROC, limits.processes + 1, limits.processes + 1))
    for kind, soft, hard in wanted:
        ceiling = resource.prlimit(pid, kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.prlimit(pid, kind, (soft, hard))
