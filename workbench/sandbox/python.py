"""The Python that programs get: the workbench's base interpreter, outside any virtual environment, isolated (`-I`)."""

import functools
import os
import sys
import sysconfig
from pathlib import Path

NAMES = ("python", "python3")


@functools.cache
def interpreter() -> Path:
    """The real file of the base interpreter."""
    return Path(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable))


def resolve(argv: tuple[str, ...]) -> list[str]:
    """`argv` with `python` and `python3` made the base interpreter with `-I`."""
    if argv and argv[0] in NAMES:
        return [str(interpreter()), "-I", *argv[1:]]
    return list(argv)


@functools.cache
def needed_paths() -> tuple[Path, ...]:
    """What has to be shown besides /usr for the base interpreter to run.

    That is its whole prefix, unless the prefix is so wide that it would show somebody's files (a home folder, `/`);
    then only the interpreter and its standard library.
    """
    prefix = Path(os.path.realpath(sys.base_prefix))
    home = Path(os.path.realpath(Path.home()))
    executable = interpreter()
    if prefix == home or prefix in home.parents:
        library = sysconfig.get_config_var("LDLIBRARY") or ""
        shared = prefix / "lib" / library
        wanted = [executable, *(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))]
        wanted += [shared] if library.endswith(".so") or ".so." in library else []
    else:
        wanted = [prefix] if executable.is_relative_to(prefix) else [prefix, executable]
    stores = [Path("/nix/store"), Path("/gnu/store")]
    wanted += [store for store in stores if executable.is_relative_to(store)]
    real = dict.fromkeys(Path(os.path.realpath(path)) for path in wanted)
    return tuple(path for path in real if path.exists() and not path.is_relative_to("/usr"))
