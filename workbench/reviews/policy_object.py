"""`@policy`: a library's `.workbench` folder and its `.mailmap`, which are reviewed and approved as one object.

Its tree is a git tree of exactly these two entries, so that an approval of it covers the rules, the signers and who is
whose second e-mail. It has records like a skill's, below `records/@policy`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.errors import InputError
from workbench.git import Repository, RunGit, TreeEntry, format_tree, parse_tree, seconds_of, tree_id
from workbench.policy.rules import NO_POLICY, POLICY_FILE, POLICY_FOLDER, Policy, parse_policy
from workbench.reviews.clean_merges import merged_cleanly
from workbench.reviews.history import Change, people
from workbench.reviews.mailmap import MAILMAP_FILE, parse_mailmap
from workbench.reviews.model import POLICY_ID
from workbench.reviews.proving import People
from workbench.reviews.signers import SIGNERS_FILE, parse_signers
from workbench.skills.model import Skill
from workbench.text import decode

PATHS = (POLICY_FOLDER, MAILMAP_FILE)


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """The object as one commit has it.

    Attributes:
        tree: Its tree; None where the commit has neither entry.
        written: Whether it has a policy file.
    """

    commit: str
    tree: str | None
    written: bool


def policy_skill() -> Skill:
    """The object as lists and verdicts see it."""
    return Skill(POLICY_ID, POLICY_ID, "The library's rules, signers and e-mails.")


def version_at(repository: Repository, commit: str) -> PolicyVersion:
    """The object at one commit."""
    return versions_of(repository, [commit])[0]


def versions_of(repository: Repository, commits: Sequence[str]) -> list[PolicyVersion]:
    """The object at each of these commits."""
    asked = [f"{commit}:{path}" for commit in commits for path in (*PATHS, POLICY_FILE)]
    found = iter(repository.look_up(asked))
    versions = []
    for commit in commits:
        folder, mailmap, policy = next(found), next(found), next(found)
        entries = []
        if mailmap and mailmap[1] == "blob":
            entries.append(TreeEntry("100644", "blob", mailmap[0], MAILMAP_FILE))
        if folder and folder[1] == "tree":
            entries.append(TreeEntry("040000", "tree", folder[0], POLICY_FOLDER))
        versions.append(
            PolicyVersion(commit, tree_id(entries) if entries else None, bool(policy and policy[1] == "blob"))
        )
    return versions


def write_tree(run: RunGit, treeish: str) -> str | None:
    """Write the object's tree as `treeish` has it, where `run` writes; None where it has none."""
    listed = parse_tree(run("ls-tree", "-z", "--full-tree", treeish, *PATHS))
    kept = [
        TreeEntry("100644", "blob", entry.id, entry.path) if entry.path == MAILMAP_FILE else entry
        for entry in listed
        if (entry.path, entry.kind) in ((POLICY_FOLDER, "tree"), (MAILMAP_FILE, "blob"))
    ]
    return decode(run("mktree", "-z", "--missing", stdin=format_tree(kept))).strip() if kept else None


def read_changes(repository: Repository, tip: str) -> list[Change]:
    """Every commit that changed the object, newest first, merged side branches included."""
    fields = ("%P", "%ct", "%an", "%ae", "%s", "%B")
    entries = list(repository.log(fields, "--topo-order", "--full-history", tip, "--", *PATHS))
    versions = versions_of(repository, [entry.fields[0] for entry in entries])
    changes = []
    for entry, version in zip(entries, versions, strict=True):
        commit, parents, at, name, email, subject, message = entry.fields
        nobodys = " " in parents and _merged_cleanly(repository, commit, parents.split())
        authors = frozenset[str]() if nobodys else people(email, message)
        changes.append(Change(commit, seconds_of(at), f"{name} <{email}>", authors, subject, version.tree))
    return changes


def _merged_cleanly(repository: Repository, commit: str, parents: Sequence[str]) -> bool:
    """Whether a merge has the object as git itself merges it."""
    found = repository.ids_of([f"{commit}:{path}" for path in PATHS])
    held = {path: id_ for path, id_ in zip(PATHS, found, strict=True) if id_ is not None}
    return bool(held) and merged_cleanly(repository, parents, held) == held.keys()


def first_parents(repository: Repository, tip: str) -> list[PolicyVersion]:
    """The versions on a branch's first-parent history, oldest first. All of them: the first one counts by itself."""
    options = ("--first-parent", tip, "--", *PATHS)
    commits = decode(repository.run("--literal-pathspecs", "rev-list", *options)).split()
    return versions_of(repository, commits[::-1])


def read_policy(repository: Repository, version: PolicyVersion | None) -> Policy | None:
    """The rules of a version; the defaults where it has none, and None where they can't be read."""
    if version is None or not version.written:
        return NO_POLICY
    data = _content(repository, f"{version.commit}:{POLICY_FILE}")
    try:
        return parse_policy(data)
    except InputError:
        return None


def read_people(repository: Repository, version: PolicyVersion) -> People:
    """Whose e-mails a version joins, and whose keys it lets sign."""
    mailmap = parse_mailmap(decode(_content(repository, f"{version.commit}:{MAILMAP_FILE}")))
    return People(mailmap, parse_signers(decode(_content(repository, f"{version.commit}:{SIGNERS_FILE}"))))


def _content(repository: Repository, name: str) -> bytes:
    found = repository.look_up([name])[0]
    return repository.blobs([found[0]]).get(found[0], b"") if found and found[1] == "blob" else b""
