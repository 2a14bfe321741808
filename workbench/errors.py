"""What can go wrong, said so that a person can act on it, and the exit code each kind of failure has."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command; scripts rely on them."""

    OK = 0
    NO = 1
    USAGE = 2
    BAD_INPUT = 3
    CONFLICT = 4
    REFUSED = 5
    CANCELLED = 130


class WorkbenchError(Exception):
    """A failure with a cause a person can act on.

    Args:
        what: What happened, one sentence without a full stop.
        where: The file, line, command or object it happened at, if there is one.
        remedy: What to do next, if something can be done.
    """

    exit_code: ExitCode = ExitCode.BAD_INPUT

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f"\n  {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{remedy}"


class UsageError(WorkbenchError):
    """The command line or a name on it can't be understood (exit 2)."""

    exit_code = ExitCode.USAGE


class InputError(WorkbenchError):
    """A file, document, library or store is not what it has to be (exit 3)."""

    exit_code = ExitCode.BAD_INPUT


class ConflictError(WorkbenchError):
    """Something changed under the action, or has to be settled first (exit 4)."""

    exit_code = ExitCode.CONFLICT


class RefusedError(WorkbenchError):
    """Policy or the sandbox does not allow it (exit 5)."""

    exit_code = ExitCode.REFUSED


class CancelledError(WorkbenchError):
    """The user stopped it (exit 130)."""

    exit_code = ExitCode.CANCELLED
