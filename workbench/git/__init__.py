"""The only caller of git: a hardened environment, batch plumbing, and a log of every command that ran.

A repository is data until the user says otherwise. Its configuration may name programs (filters, hooks, monitors,
diff drivers, transports); none of them runs here, because every command gets overrides that switch them off, and no
command may use the network. What has to be fast goes through plumbing, a few processes for a whole library; GitPython
writes the history of repositories that the workbench makes itself (`git.authoring`).
"""

from workbench.git.covering import FEW, covering
from workbench.git.deep_entries import TREE_MODE, deep_entries, raw_entries
from workbench.git.environment import MINIMUM_VERSION, version
from workbench.git.log import GitCommand, adopt, commands, on_command
from workbench.git.plumbing import (
    GitError,
    Identity,
    LogEntry,
    RunGit,
    TreeEntry,
    empty_tree,
    format_tree,
    parse_batch,
    parse_tree,
    seconds_of,
    tree_id,
)
from workbench.git.repository import Repository, dated, named
from workbench.git.revisions import commit_named
from workbench.git.status import Differences, differences
from workbench.git.tidying import tidy
from workbench.git.work_tree import WorkTree

__all__ = [
    "FEW",
    "MINIMUM_VERSION",
    "TREE_MODE",
    "Differences",
    "GitCommand",
    "GitError",
    "Identity",
    "LogEntry",
    "Repository",
    "RunGit",
    "TreeEntry",
    "WorkTree",
    "adopt",
    "commands",
    "commit_named",
    "covering",
    "dated",
    "deep_entries",
    "differences",
    "empty_tree",
    "format_tree",
    "named",
    "on_command",
    "parse_batch",
    "parse_tree",
    "raw_entries",
    "seconds_of",
    "tidy",
    "tree_id",
    "version",
]
