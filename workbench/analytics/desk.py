"""What the store tells of use and cost, asked together."""

import threading
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.storage import Store

if TYPE_CHECKING:
    from workbench.analytics.claude_logs import ImportReport
    from workbench.analytics.costs import By as CostBy
    from workbench.analytics.costs import CostReport
    from workbench.analytics.events import Event
    from workbench.analytics.usage import By as UsageBy
    from workbench.analytics.usage import UsageRow


class AnalyticsDesk:
    """What can be asked about use and cost.

    Args:
        store: Gives the store; opened when first asked.
        log_roots: Where agents' logs are; None for where the agents of this machine keep them.
    """

    def __init__(self, store: Callable[[], Store], log_roots: Sequence[Path] | None = None) -> None:
        self._store = store
        self._log_roots = log_roots

    def usage(self, *, by: "UsageBy", since: date | None = None, until: date | None = None) -> "list[UsageRow]":
        """Calls and test runs by skill or day, or calls alone by tool: how many, how well, how fast."""
        from workbench.analytics.usage import usage

        return usage(self._store(), by=by, since=since, until=until, kind="call" if by == "tool" else None)

    def recent_events(self, limit: int = 200, skill: str | None = None) -> "list[Event]":
        """The newest events."""
        from workbench.analytics.usage import recent

        return recent(self._store(), limit, skill)

    def cost(self, *, by: "CostBy", since: date | None = None, until: date | None = None) -> "CostReport":
        """What the imported model calls cost."""
        from workbench.analytics.costs import cost_report

        return cost_report(self._store(), by=by, since=since, until=until)

    def import_logs(
        self, *, on_progress: "Callable[..., None] | None" = None, cancel: threading.Event | None = None
    ) -> "ImportReport":
        """Read what the agents' logs on this machine have new."""
        from workbench.analytics.claude_logs import import_claude

        return import_claude(self._store(), self._log_roots, on_progress=on_progress, cancel=cancel)
