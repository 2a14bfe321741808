"""One run for the command line: in a thread, so that ctrl+c stops the cases and what ran is still stored and shown."""

import threading
from dataclasses import dataclass, field

from workbench.cli.test.output import Printer
from workbench.testing.results import TestRun
from workbench.testing.selection import Wanted
from workbench.testing.session import How, Listeners
from workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Asked:
    """What to run: skills by id, which of their cases, and how."""

    ids: list[str]
    wanted: Wanted = field(default_factory=Wanted)
    how: How = field(default_factory=How)


def run_once(workspace: Workspace, asked: Asked, printer: Printer) -> TestRun:
    """Run what is asked for and print what comes, as it comes."""
    cancel, finished = threading.Event(), threading.Event()
    done: list[TestRun] = []
    failed: list[BaseException] = []
    listeners = Listeners(printer.planned, printer.began, printer.ended, cancel)

    def work() -> None:
        try:
            done.append(workspace.test(asked.ids, wanted=asked.wanted, how=asked.how, listeners=listeners))
        except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it again
            failed.append(error)
        finally:
            finished.set()

    threading.Thread(target=work).start()
    # Not join: when that is interrupted, Python 3.11 takes the thread for ended.
    while not finished.is_set():
        try:
            finished.wait(0.2)
        except KeyboardInterrupt:
            cancel.set()
    printer.stop()
    if failed:
        raise failed[0]
    return done[0]
