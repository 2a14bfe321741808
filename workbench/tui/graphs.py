"""The dependencies of the library that is open, read once for each reading of the library."""

import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from workbench.reviews.listing import LibraryView
    from workbench.skills.dependencies import Graph
    from workbench.workspace import Workspace

SMALL = 500
"""Skills up to which the graph is read for a detail, where nobody has asked for it yet."""

_lock = threading.Lock()
_views: "WeakKeyDictionary[Workspace, LibraryView]" = WeakKeyDictionary()
_graphs: "WeakKeyDictionary[Workspace, Graph]" = WeakKeyDictionary()


def library_read(workspace: "Workspace", view: "LibraryView") -> None:
    """The library was read, so what was known of its dependencies may be wrong."""
    _views[workspace] = view
    _graphs.pop(workspace, None)


def graph_of(workspace: "Workspace") -> "Graph":
    """The dependencies of the library as it was last read. Takes time once; who asks meanwhile waits for that."""
    from workbench.skills.dependencies import read_graph

    with _lock:
        known = _graphs.get(workspace)
        if known is None:
            view = _views.get(workspace)
            skills = [row.skill for row in view.rows] if view else workspace.skills()[0]
            known = read_graph(workspace.root, skills)
            if view is _views.get(workspace):
                _graphs[workspace] = known
        return known


def graph_at_hand(workspace: "Workspace") -> "Graph | None":
    """The same where it is known or soon read; None for a large library whose dependencies nobody asked for yet."""
    view = _views.get(workspace)
    if workspace in _graphs or (view is not None and len(view.rows) <= SMALL):
        return graph_of(workspace)
    return None
