"""Two heads of the reviews branch made one: every record is a file of its own, so the union of both loses nothing."""

from workbench.git import Repository, TreeEntry

_KEPT_TREES = "trees"


def united_tree(repository: Repository, ours: str, theirs: str) -> str:
    """Write the tree that has what either commit's has; gives its id.

    Where both have a file of one name with other bytes, ours stays in the tree: both were introduced by a commit, and
    records are read from the commits.
    """
    return _unite(repository, f"{ours}^{{tree}}", f"{theirs}^{{tree}}", "")


def _unite(repository: Repository, ours: str, theirs: str, path: str) -> str:
    entries = {entry.path: entry for entry in repository.entries(ours)}
    for theirs_entry in repository.entries(theirs):
        name = theirs_entry.path
        mine = entries.get(name)
        if mine is None:
            entries[name] = theirs_entry
        elif mine.id != theirs_entry.id and mine.kind == theirs_entry.kind == "tree" and not _is_kept_tree(path):
            united = _unite(repository, mine.id, theirs_entry.id, f"{path}{name}/")
            entries[name] = TreeEntry("040000", "tree", united, name)
    return repository.make_tree(entries.values())


def _is_kept_tree(path: str) -> bool:
    """Whether what is below is an approved tree, which is kept as it is: `trees/9f/9f3c…`."""
    return path.startswith(f"{_KEPT_TREES}/") and path.count("/") == 2
