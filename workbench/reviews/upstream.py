"""What an origin has now: one skill of another repository, or of a folder on this machine, read and nothing else.

The repository is asked over git (`git.remote`), once for all skills that came from it.
"""

import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.errors import InputError, WorkbenchError
from workbench.git import RunGit
from workbench.git.remote import TIMEOUT, Mirror, Refs
from workbench.reviews.folding import FoldedTree, fold_folder, fold_tree
from workbench.reviews.origins import Origin
from workbench.skills.contents import Content, contents_of_folder, contents_of_tree
from workbench.skills.model import ROOT_ID, SKILL_FILE
from workbench.skills.reader import parse_skill
from workbench.skills.treehash import Algorithm, algorithm_of
from workbench.text import visible

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_VERSIONED = re.compile(r"(.*?)(\d+(?:\.\d+){0,3})")
_ASKED = ("github", "git")


class GoneError(InputError):
    """The origin answered, and has no such branch, tag or skill any more."""


@dataclass(frozen=True, slots=True)
class Theirs:
    """The skill as its origin has it now.

    Attributes:
        ref: The full name of the branch or tag that it was found under; None for a folder.
        path: The skill's folder there; another one than the origin says if it moved.
        revision: The commit; None for a folder.
        version: What its SKILL.md calls it.
        note: What a reader has to know, one sentence.
        folded: Its tree with and without what an installer changed; None where it need not be read to be known.
    """

    tree: str
    revision: str | None = None
    ref: str | None = None
    path: str | None = None
    version: str | None = None
    note: str = ""
    folded: FoldedTree | None = None

    def to_json(self) -> dict[str, Any]:
        """The contract of `update --check --json`."""
        return {"revision": self.revision, "tree": self.tree, "version": self.version}


@dataclass(slots=True)
class Upstreams:
    """Asks origins; what one repository said is kept for the next skill that came from it.

    Attributes:
        cache: The user's cache folder.
        timeout: Seconds that one conversation may take.
        cancel: Set it to end the conversation.
        credentials: Let the user's own credential helpers answer.
    """

    cache: Path
    timeout: float = TIMEOUT
    cancel: threading.Event = field(default_factory=threading.Event)
    credentials: bool = False
    _asked: dict[str, tuple[Mirror, Refs | WorkbenchError]] = field(default_factory=dict)

    def ask(self, origin: Origin, name: str) -> Theirs:
        """What the origin has now of the skill that is called `name` here.

        Raises:
            GoneError: It has no such ref or skill any more.
            GitError, RefusedError, InputError: It can't be asked.
            CancelledError: `cancel` was set.
        """
        if origin.url is None:
            raise InputError("the origin names no address")
        if origin.kind == "local":
            return _on_disk(Path(origin.url), algorithm_of(origin.tree))
        if origin.kind not in _ASKED:
            raise InputError(f"an origin of the kind {origin.kind} can't be asked for later versions")
        mirror, refs = self._mirror(origin.url)
        ref, id_ = _wanted(origin, refs)
        note = _newer(origin, ref)
        if id_ == origin.revision and origin.tree and origin.path:
            return Theirs(origin.tree, id_, ref, origin.path, note=note)
        if not mirror.fetch(id_, ref):
            raise GoneError(f"the repository does not give {id_[:12]}", where=visible(origin.url))
        path, moved = _find(mirror, id_, origin, name)
        tree = mirror.tree_of(id_, path)
        assert tree is not None
        folded = fold_tree(mirror.run, tree)
        return Theirs(tree, id_, ref, path, _version(mirror.run, tree), moved or note, folded)

    def fold(self, origin: Origin, theirs: Theirs) -> FoldedTree | None:
        """The tree of what `ask` found, with and without what an installer changed; None where it is not given."""
        if theirs.folded is not None or theirs.revision is None or origin.url is None:
            return theirs.folded
        mirror, _ = self._mirror(origin.url)
        return fold_tree(mirror.run, theirs.tree) if mirror.fetch(theirs.revision, theirs.ref) else None

    def contents(self, origin: Origin, theirs: Theirs) -> dict[str, Content]:
        """The files of what `ask` found. Raises InputError for what is too large."""
        if origin.kind == "local":
            return contents_of_folder(Path(origin.url or ""))
        mirror, _ = self._mirror(origin.url or "")
        if theirs.revision:
            mirror.fetch(theirs.revision, theirs.ref)
        return contents_of_tree(mirror.run, theirs.tree)

    def base(self, origin: Origin) -> dict[str, Content] | None:
        """The files of the tree that the skill was taken at; None where the repository does not give them any more."""
        if origin.kind not in _ASKED or origin.url is None:
            return None
        mirror, _ = self._mirror(origin.url)
        tree = origin.tree
        if tree is None and origin.revision and origin.path and mirror.fetch(origin.revision):
            tree = mirror.tree_of(origin.revision, origin.path)
        if tree is None:
            return None
        given = mirror.has(tree) or (origin.revision is not None and mirror.fetch(origin.revision) and mirror.has(tree))
        return contents_of_tree(mirror.run, tree) if given or mirror.fetch(tree) else None

    def _mirror(self, url: str) -> tuple[Mirror, Refs]:
        """The repository and its refs, asked once; a failure is remembered, too."""
        if url not in self._asked:
            mirror = Mirror(
                self.cache, url, timeout=self.timeout, cancel=self.cancel, credentials=self.credentials
            )  # fmt: skip
            said: Refs | WorkbenchError
            try:
                said = mirror.refs()
            except WorkbenchError as error:
                said = error
            self._asked[url] = (mirror, said)
        mirror, said = self._asked[url]
        if isinstance(said, WorkbenchError):
            raise said
        return mirror, said


def _on_disk(folder: Path, algorithm: Algorithm) -> Theirs:
    if not folder.is_absolute():
        raise InputError("the origin is a path that is not absolute", where=visible(str(folder)))
    if not (folder / SKILL_FILE).is_file():
        raise GoneError("there is no skill in this folder any more", where=visible(str(folder)))
    folded = fold_folder(folder, algorithm=algorithm)
    data = contents_of_folder(folder)[SKILL_FILE].data
    return Theirs(folded.tree, version=parse_skill(ROOT_ID, data).version, folded=folded)


def _wanted(origin: Origin, refs: Refs) -> tuple[str | None, str]:
    """The ref and commit that an origin stands for now: its branch's tip, or the newest tag of the kind it was at."""
    if origin.ref and _COMMIT.fullmatch(origin.ref):
        return None, origin.ref
    found = refs.find(origin.ref)
    if found is None:
        where = visible(origin.url or "")
        if origin.ref is None:
            raise GoneError("the repository has no commit", where=where)
        raise GoneError(f"the repository has no branch or tag {visible(origin.ref)} any more", where=where)
    ref, id_ = found
    if origin.pinned or not ref.startswith("refs/tags/"):
        return ref, id_
    newest = max((name for name in refs.ids if _order(name) and _prefix(name) == _prefix(ref)), key=_order, default=ref)
    return (newest, refs.ids[newest]) if _order(newest) > _order(ref) else (ref, id_)


def _prefix(tag: str) -> str | None:
    found = _VERSIONED.fullmatch(tag)
    return found[1] if found else None


def _order(tag: str) -> tuple[int, ...]:
    """A tag's place among those with the same prefix; empty for one that is no plain version, a preview say."""
    found = _VERSIONED.fullmatch(tag)
    return tuple(int(part[:12]) for part in found[2].split(".")) if found else ()


def _newer(origin: Origin, ref: str | None) -> str:
    same = origin.ref in (None, ref, *((ref or "").split("/", 2)[2:]))
    return "" if same or ref is None else f"the newest release is {visible(ref.removeprefix('refs/tags/'))}"


def _find(mirror: Mirror, commit: str, origin: Origin, name: str) -> tuple[str, str]:
    """The skill's folder at a commit, and a note where it is not the one that the origin says.

    Raises:
        GoneError: There is none, or several may be meant.
    """
    files = [e.path for e in mirror.entries(commit) if e.path.rpartition("/")[2] == SKILL_FILE and e.kind == "blob"]
    folders = [path.removesuffix(SKILL_FILE).rstrip("/") or ROOT_ID for path in files]
    if origin.path in folders:
        return origin.path or ROOT_ID, ""
    last = (origin.path or name).rpartition("/")[2]
    same = [path for path in folders if origin.tree and mirror.tree_of(commit, path) == origin.tree]
    named = [path for path in folders if path.rpartition("/")[2] in (last, name)]
    choice = next((some for some in (same, named) if len(some) == 1), [])
    if not choice and origin.path is None and folders == [ROOT_ID]:
        choice = folders
    if not choice:
        said = f"the folder {visible(origin.path)}" if origin.path else f"a folder for '{visible(name)}'"
        what = "has several skills of this name" if same or named else f"does not have {said} any more"
        raise GoneError(f"the repository {what}", where=visible(origin.url or ""))
    note = f"it moved from {visible(origin.path)} to {visible(choice[0])}" if origin.path else ""
    return choice[0], note


def _version(run: RunGit, tree: str) -> str | None:
    data = run("cat-file", "blob", f"{tree}:{SKILL_FILE}", ok=(0, 128))
    return parse_skill(ROOT_ID, data).version
