"""What this machine can confine, found out by really doing it once."""

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from workbench.sandbox import bubblewrap
from workbench.sandbox.model import Level, Limits
from workbench.text import first_line


def probe() -> Level:
    """The level that holds here; worked out once per process and per bubblewrap found on PATH."""
    return _probe(sys.platform, bubblewrap_path())


def bubblewrap_path() -> str | None:
    """Where bubblewrap is installed, or None; what was found is looked for again when PATH changes or it is gone."""
    search = os.environ.get("PATH", os.defpath)
    known = _found.get(search)
    if known is None or not os.access(known, os.X_OK):
        found = shutil.which("bwrap")
        if found is None:
            return None
        known = _found[search] = str(Path(found).absolute())
    return known


_found: dict[str, str] = {}


@functools.cache
def can_disable_userns(version: str | None) -> bool:
    """Whether this bubblewrap knows `--disable-userns` (0.8.0)."""
    numbers = [int(part) for part in re.findall(r"\d+", version or "")[:2]]
    return numbers >= [0, 8]


@functools.cache
def _probe(platform: str, path: str | None) -> Level:
    if not platform.startswith("linux"):
        system = "macOS" if platform == "darwin" else platform
        return Level(
            "none",
            works=False,
            reason=f"{system} has no bubblewrap, and nothing else here confines programs",
            remedy="run it on Linux or in a Linux container, or allow it to run unsandboxed",
        )
    if path is None:
        return Level(
            "none",
            works=False,
            reason="bubblewrap is not installed",
            remedy="apt install bubblewrap (dnf, pacman, zypper and apk have it under the same name)",
        )
    version = _version(path)
    failure = _try(path, version, None)
    if failure is not None:
        reason, remedy = _explain(failure)
        return Level("none", works=False, reason=reason, remedy=remedy, version=version)
    # With room for one process nothing can start, if the limit holds; with room for many it must start all the same.
    settable = _try(path, version, 64) is None
    holds = settable and _try(path, version, 0) is not None
    why = "running as root" if os.geteuid() == 0 else "this kernel can't"
    return Level("bubblewrap", works=True, weak=() if holds else (f"processes ({why})",), version=version)


def _version(path: str) -> str | None:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=5, env={}, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(rb"\d+(\.\d+)+", done.stdout)
    return found.group().decode() if found else None


def _try(path: str, version: str | None, processes: int | None) -> str | None:
    """Run `true` confined, with room for `processes`; gives what bubblewrap complains about, None if it worked."""
    options = bubblewrap.system_options(network=False, disable_userns=can_disable_userns(version))
    limits = None if processes is None else Limits(processes=processes)
    try:
        confined = bubblewrap.start(path, [*options, "--remount-ro", "/"], ["/usr/bin/env", "true"], limits=limits)
        _, errors = confined.process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        confined.kill()
        confined.process.communicate()
        return "it does not answer within 10 seconds"
    except (bubblewrap.StartError, OSError) as error:
        return str(error)
    if confined.process.returncode == 0:
        return None
    return errors.decode("utf-8", "replace").strip() or f"exit {confined.process.returncode}"


def _explain(failure: str) -> tuple[str, str]:
    """Why bubblewrap does not work here, and what to do about it."""
    said = first_line(failure)
    forbidden = re.search(r"namespace|uid map|Operation not permitted|Permission denied|clone", failure)
    if forbidden and _in_container():
        return (
            f"the container forbids namespaces ({said})",
            "start the container with --security-opt seccomp=unconfined --security-opt systempaths=unconfined"
            " (and apparmor=unconfined where AppArmor is used), or run the workbench outside it",
        )
    if _kernel_says("kernel/apparmor_restrict_unprivileged_userns", "1") and forbidden:
        return (
            f"AppArmor forbids user namespaces to programs without a profile ({said})",
            "install a profile that gives bwrap the permission `userns`"
            " (/usr/share/apparmor/extra-profiles/bwrap-userns-restrict in Ubuntu's package apparmor-profiles)",
        )
    if _kernel_says("kernel/unprivileged_userns_clone", "0") or _kernel_says("user/max_user_namespaces", "0"):
        return (
            f"this kernel forbids user namespaces ({said})",
            "as root: sysctl user.max_user_namespaces=15000 (Debian also: kernel.unprivileged_userns_clone=1)",
        )
    return f"bubblewrap does not work here ({said})", "see what `bwrap --unshare-all --ro-bind / / true` says"


def _kernel_says(name: str, value: str) -> bool:
    try:
        return Path("/proc/sys", name).read_text().strip() == value
    except OSError:
        return False


def _in_container() -> bool:
    if any(map(os.path.exists, ("/.dockerenv", "/run/.containerenv"))) or "container" in os.environ:
        return True
    try:
        return re.search(r"docker|kubepods|containerd|libpod|lxc", Path("/proc/1/cgroup").read_text()) is not None
    except OSError:
        return False
