"""Where a log line was read: on its own, so that looking for new files loads no decoder."""

from typing import NamedTuple


class Origin(NamedTuple):
    """What a call is attributed to when its line doesn't say.

    Attributes:
        folder: Name of the project's folder under `projects/`.
        session: Session id by the file's path.
        sidechain: The file is a subagent's.
    """

    folder: str
    session: str
    sidechain: bool
