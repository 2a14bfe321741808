"""Writing history into a repository that the workbench made itself, as anybody and at any moment."""

import os
from datetime import datetime

from workbench.git.plumbing import Identity
from workbench.git.repository import Repository


def commit_everything(repository: Repository, message: str, who: Identity, at: datetime) -> None:
    """Add what is new or changed below the root, and commit it.

    GitPython does all of it in this process: no git command runs, no hook, no filter, and no variable of the
    environment that points elsewhere (`GIT_DIR`, inside a hook) has a say.
    """
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    from git import Actor, Repo

    with Repo(repository.root) as repo:
        repo.index.add(sorted(entry.name for entry in repository.root.iterdir() if entry.name != ".git"))
        actor = Actor(who.name, who.email)
        repo.index.commit(message, author=actor, committer=actor, author_date=at, commit_date=at, skip_hooks=True)
