"""Where skills come from whose folders were renamed: whoever wrote one there has written it here, too."""

from collections.abc import Collection, Mapping

from workbench.git import Repository

BETWEEN = "\0"
"""Stands between a skill's path and the folder that it came from, in the key of a change that was made there."""


def origins(repository: Repository, brought: Mapping[str, Collection[str]]) -> dict[str, dict[str, set[str]]]:
    """For each of these commits the folders that it brought, each with the folders whose files it renamed into it.

    Args:
        brought: Commits, and the folders that each of them brought.
    """
    if not brought:
        return {}
    options = ("-r", "-M", "--diff-filter=R", "--name-status", "-z", "--stdin")
    said = repository.run("diff-tree", *options, stdin="".join(f"{commit}\n" for commit in brought).encode())
    words = iter(said.decode("utf-8", "surrogateescape").split("\0"))
    found: dict[str, dict[str, set[str]]] = {}
    commit = ""
    for word in words:
        if word in brought:
            commit = word
        elif word:
            old, new = next(words), next(words)
            for folder in brought[commit]:
                if new.startswith(f"{folder}/") and (origin := _origin(old, new.removeprefix(f"{folder}/"))):
                    found.setdefault(commit, {}).setdefault(folder, set()).add(origin)
    return found


def _origin(old: str, inside: str) -> str:
    """The folder that a file was in, seen as deep as it is in its new one; empty for the top of the repository."""
    above = old.removesuffix(f"/{inside}")
    return above if above != old else old.rpartition("/")[0]
