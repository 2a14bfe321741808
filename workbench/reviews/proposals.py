"""A proposal: a folder put forward as a branch and a request for review, which is how an agent changes a skill.

Neither the user's branch, index and files nor any folder that an agent reads is touched: what is proposed becomes live
only once a person merges the branch.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.errors import ConflictError, InputError, UsageError
from workbench.git import Repository, TreeEntry
from workbench.reviews.agents import agent_here
from workbench.reviews.changeset import Ends, read_changeset
from workbench.reviews.model import Recorded
from workbench.reviews.trees import WORKBENCH_FOLDER, trees_at, write_root_tree
from workbench.reviews.verdicts import Opinion, Subject, decide_all
from workbench.reviews.verify import committed_skills
from workbench.skills.contents import Content, contents_of_folder, store
from workbench.skills.model import ROOT_ID, SKILL_FILE
from workbench.skills.reader import parse_skill
from workbench.skills.scaffold import FOLDER, check_name
from workbench.text import visible

BRANCHES = "refs/heads/workbench/propose/"
_ATTEMPTS = 1_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was put forward.

    Attributes:
        path: Id of the skill it adds or changes.
        branch: The branch that holds it, short.
        base: The commit it is on top of.
        fresh: False where the same proposal was there already.
        recorded: The request for review; None where there was one already.
    """

    name: str
    path: str
    branch: str
    commit: str
    base: str
    tree: str
    fresh: bool
    recorded: Recorded | None

    def to_json(self) -> dict[str, Any]:
        """The contract of `propose --json`."""
        return {
            "name": self.name, "path": self.path, "branch": self.branch, "commit": self.commit, "base": self.base,
            "tree": self.tree, "fresh": self.fresh,
            "record": self.recorded.record.to_json() if self.recorded else None,
        }  # fmt: skip


def propose(repository: Repository, folder: Path, name: str | None, reason: str, now: datetime) -> Proposal:
    """Put a folder forward as a skill, on top of HEAD.

    Args:
        folder: It is only read; it may be anywhere.
        name: The skill's name; by default what its SKILL.md says.
        reason: What it is for; kept in the commit and in the request.

    Raises:
        UsageError: The name is not one that the specification takes, or several skills have it.
        InputError: The folder holds no skill that loads, or can't be read; or the library has no commit.
        ConflictError: HEAD has exactly this already.
    """
    head = repository.head()
    if head is None:
        raise InputError("there is no commit to build on", where=str(repository.root), remedy="commit something first")
    who = repository.identity()
    contents = _contents(folder)
    label, id_ = _place(repository, head, contents, folder, name)
    tree = store(repository.run, contents)
    if id_ == ROOT_ID:
        write_root_tree(repository.run, head)
    if trees_at(repository, head, [id_]).get(id_) == tree:
        raise ConflictError("HEAD has exactly this already", where=visible(id_), remedy="there is nothing to propose")
    whole = _tree_with(repository, head, id_, tree)
    place = _there_already(repository, label, whole, head)
    commit = repository.resolve(place) if place else None
    if commit is None:
        message = f"Propose {visible(label)}\n\n{visible(reason.strip()) or 'No reason was given.'}\n"
        commit = repository.commit(whole, [head], message, who, now)
    subjects = read_changeset(repository, Ends(label, head, commit), now, read_lines=False).subjects(None)
    branch = place or _move(repository, label, commit)
    recorded = None
    if not any(_is_asked(subject) for subject in subjects if subject.skill.id == id_):
        agent = agent_here()
        extra = {"agent": agent[1]} if agent else None
        opinion = Opinion("request", reason, "agent" if agent else "cli", extra=extra)
        done = decide_all(repository, subjects, opinion, now)
        recorded = next((one for one in done if one.record.path == id_), done[0])
    short = branch.removeprefix("refs/heads/")
    return Proposal(label, id_, short, commit, head, tree, place is None, recorded)


def _contents(folder: Path) -> Mapping[str, Content]:
    if not folder.is_dir():
        raise InputError("this is no folder", where=visible(str(folder)), remedy=f"name a folder with a {SKILL_FILE}")
    contents = contents_of_folder(folder)
    if SKILL_FILE not in contents or contents[SKILL_FILE].mode == "120000":
        raise InputError(f"the folder has no {SKILL_FILE} of its own", where=visible(str(folder)))
    for path, content in contents.items():
        if any(part.lower() == ".git" for part in path.split("/")):
            raise InputError("a repository in a skill can't be proposed", where=visible(path))
        if content.mode == "120000":
            target = content.data.decode("utf-8", "surrogateescape")
            leads_to = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if target.startswith("/") or leads_to.split("/")[0] == "..":
                raise InputError("a link leads out of the skill, so it is not proposed", where=visible(path))
    return contents


def _place(
    repository: Repository, head: str, contents: Mapping[str, Content], folder: Path, name: str | None
) -> tuple[str, str]:
    """The name and id that the proposal has: those of the skill of that name, or a new one's."""
    data = contents[SKILL_FILE].data
    label = name or parse_skill(ROOT_ID, data, folder_name=folder.resolve().name).name
    check_name(label)
    known = [skill.id for skill in committed_skills(repository, head) if skill.name == label]
    if len(known) > 1:
        named = ", ".join(map(visible, known))
        raise UsageError(f"several skills are named {label}", where=named, remedy="give it a name of its own: --name")
    id_ = known[0] if known else f"{FOLDER}/{label}"
    skill = parse_skill(id_, data, folder_name=label)
    if not skill.loads:
        why = next((problem.message for problem in skill.problems if problem.severity == "error"), "it says nothing")
        raise InputError(f"no client would load it: {why}", where=visible(str(folder / SKILL_FILE)))
    return label, id_


def _tree_with(repository: Repository, head: str, id_: str, tree: str) -> str:
    """HEAD's tree with the proposed skill in it."""
    if id_ != ROOT_ID:
        return repository.graft(f"{head}^{{tree}}", {id_: TreeEntry("040000", "tree", tree, id_)})
    kept = [entry for entry in repository.entries(head) if entry.path == WORKBENCH_FOLDER]
    return repository.make_tree([*(e for e in repository.entries(tree) if e.path != WORKBENCH_FOLDER), *kept])


def _there_already(repository: Repository, label: str, whole: str, head: str) -> str | None:
    """The branch of the same proposal on the same commit; None where there is none."""
    listed = repository.run("for-each-ref", "--format=%(refname) %(tree) %(parent)", f"{BRANCHES}{label}-*")
    for line in listed.decode("utf-8", "replace").splitlines():
        ref, _, rest = line.partition(" ")
        if ref.removeprefix(f"{BRANCHES}{label}-").isdigit() and rest == f"{whole} {head}":
            return ref
    return None


def _move(repository: Repository, label: str, commit: str) -> str:
    """Put the commit on the first free branch of this skill's proposals; two that propose at once both get one."""
    number = 1
    for _ in range(_ATTEMPTS):
        ref = f"{BRANCHES}{label}-{number}"
        if repository.resolve(ref) is None:
            try:
                repository.move_ref(ref, commit, None, "workbench: propose")
            except ConflictError:
                if repository.resolve(ref) is None:
                    raise
            else:
                return ref
        number += 1
    what = f"there are {_ATTEMPTS:,} proposals of this skill"
    raise ConflictError(
        what, where=label, remedy=f"merge or remove some: git branch --list 'workbench/propose/{label}-*'"
    )


def _is_asked(subject: Subject) -> bool:
    tree = subject.standing.tree
    return any(r.counts and r.verdict == "request" and r.tree == tree for r in subject.standing.records)
