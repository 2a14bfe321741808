"""What somebody's word for a revision means, where git would take a tag that anybody could have pushed."""

import re
from collections.abc import Callable

_AS_GIT_SAYS = re.compile(r"|HEAD|@|refs/.*|[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCHES = ("refs/heads/", "refs/remotes/")


def commit_named(resolve: Callable[[str], str | None], revision: str) -> str | None:
    """The commit that a revision names; None if it names none.

    A branch, here or a remote's, goes before a tag: git takes the tag `origin/main` where there is one.

    Args:
        resolve: Gives the id that git takes a revision for.
        revision: A name or id, with `~`, `^` or `@{…}` behind it or not.
    """
    name = re.split(r"[~^@:]", revision, maxsplit=1)[0]
    places = () if _AS_GIT_SAYS.fullmatch(name) else _BRANCHES
    found = (resolve(f"{place}{revision}^{{commit}}") for place in (*places, ""))
    return next(filter(None, found), None)
