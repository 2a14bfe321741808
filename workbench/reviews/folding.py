"""What an installer changed in a copy, put out of the comparison: a folded copy is compared as if it had not.

`gh skill` writes where a skill came from into the metadata of every SKILL.md and marshals its frontmatter again. So a
copy that carries its keys, and only such a copy, is compared without them:

- frontmatter by its values: order, quotes, comments and anchors don't count, nor an empty `metadata`; numbers count as
  numbers (`1.10` is `1.1`, which is what is left of it) and a date with midnight is that date;
- without the blank lines between the frontmatter and the body, and with a line end after the last line;
- with every file below a folder `scripts` executable.

All other bytes count. A SKILL.md that is not UTF-8, begins with a byte order mark, or has frontmatter that can't be
read or a key twice is compared as it is.
"""

import hashlib
import re
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.git import RunGit, parse_batch, parse_tree
from workbench.skills import bounded_yaml, frontmatter
from workbench.skills.files import read_inside, walk
from workbench.skills.model import MAX_SKILL_FILE, SKILL_FILE
from workbench.skills.treehash import Algorithm, blob_of_bytes, blob_of_file, tree_of_folder

INSTALLER_KEYS = frozenset(
    ("github-repo", "github-ref", "github-tree-sha", "github-path", "github-pinned", "github-owner", "github-sha",
     "local-path")
)  # fmt: skip
"""The metadata that `gh skill` writes, today's and earlier ones."""

_MARKS = (b"github-", b"local-path")
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)T00:00:00Z")
_Listed = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class FoldedTree:
    """A skill's content with and without what an installer changed.

    Attributes:
        tree: The tree as it is.
        folded: What is compared where one of two carries an installer's metadata: a digest of the folded files.
        installed: Whether this one carries it.
    """

    tree: str
    folded: str
    installed: bool


def same_content(one: FoldedTree, other: FoldedTree) -> bool:
    """Whether two skills hold the same, but for what an installer changed in one of them."""
    return one.tree == other.tree or ((one.installed or other.installed) and one.folded == other.folded)


def fold_folder(folder: Path, *, algorithm: Algorithm = "sha1", without: Collection[str] = ()) -> FoldedTree:
    """A folder on disk.

    Args:
        folder: The folder.
        algorithm: What its objects are named by.
        without: Names that are left out wherever they stand.

    Raises:
        InputError: It can't be read, or is too large or too deep.
    """
    tree = tree_of_folder(folder, algorithm=algorithm, without=without)
    listed: list[_Listed] = []
    installed = False
    for path, entry in walk(str(folder)):
        if not set(without).isdisjoint(path.split("/")):
            continue
        if entry.is_symlink():
            listed.append((path, "120000", blob_of_bytes(bytes(Path(entry.path).readlink()), algorithm)))
            continue
        info = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(info.st_mode):
            continue
        mode = "100755" if info.st_mode & stat.S_IXUSR else "100644"
        if Path(path).name == SKILL_FILE and info.st_size <= MAX_SKILL_FILE:
            data = read_inside(folder, path, MAX_SKILL_FILE)
            installed = installed or carries_metadata(data)
            listed.append((path, mode, _folded_blob(data, algorithm)))
        else:
            listed.append((path, mode, blob_of_file(Path(entry.path), algorithm)))
    return FoldedTree(tree, _digest(listed), installed)


def fold_tree(run: RunGit, tree: str) -> FoldedTree:
    """A tree in git."""
    algorithm: Algorithm = "sha256" if len(tree) == 64 else "sha1"
    entries = parse_tree(run("ls-tree", "-z", "-r", "--full-tree", tree))
    wanted = [e.id for e in entries if Path(e.path).name == SKILL_FILE and e.mode in ("100644", "100755")]
    contents = dict(parse_batch(run("cat-file", "--batch", stdin="".join(f"{i}\n" for i in wanted).encode())))
    texts = {id_: data for id_, data in contents.items() if len(data) <= MAX_SKILL_FILE}
    listed = [(e.path, e.mode, _folded_blob(texts[e.id], algorithm) if e.id in texts else e.id) for e in entries]
    return FoldedTree(tree, _digest(listed), any(carries_metadata(data) for data in texts.values()))


def carries_metadata(data: bytes) -> bool:
    """Whether a SKILL.md carries what an installer writes."""
    if not any(mark in data for mark in _MARKS):
        return False
    metadata = frontmatter.parse(data).values.get("metadata")
    return isinstance(metadata, Mapping) and not INSTALLER_KEYS.isdisjoint(metadata)


def folded_file(data: bytes) -> bytes:
    """A SKILL.md in the one spelling that installers' changes don't touch; as it is where that is not possible."""
    split = folded_parts(data)
    if split is None:
        return data
    values, body = split
    return marshalled(values) + body


def folded_parts(data: bytes) -> tuple[dict[str, Any], bytes] | None:
    """The values of a SKILL.md's frontmatter without an installer's, and its body; None if they can't be told."""
    matter = frontmatter.parse(data)
    if not matter.readable or any(p.severity == "error" or p.code == "byte-order-mark" for p in matter.problems):
        return None
    keys = tuple(matter.values)
    try:
        typed = bounded_yaml.load(matter.text).value
        written = bounded_yaml.load(matter.text, as_written=keys).value
    except bounded_yaml.YamlError:
        return None  # it was read only because a colon was forgiven, which no installer does
    values = _canonical(typed or {}, written or {})
    metadata = values.get("metadata")
    if isinstance(metadata, dict):
        metadata = {key: value for key, value in metadata.items() if key not in INSTALLER_KEYS}
        values["metadata"] = metadata
    if not metadata:
        values.pop("metadata", None)
    body = matter.body.lstrip("\r\n")
    return values, (body if not body or body.endswith("\n") else f"{body}\n").encode("utf-8", "surrogatepass")


def respelled(data: bytes, likes: Sequence[bytes]) -> bytes | None:
    """A SKILL.md that an installer marshalled, in the spelling of the first of `likes` with the same frontmatter.

    None where none of them has the same values, or it can't be read.
    """
    own = folded_parts(data)
    for like in likes:
        other = folded_parts(like)
        if own is None or other is None or carries_metadata(like) or own[0] != other[0]:
            continue
        if own[1] == other[1]:
            return like
        body = frontmatter.parse(like).body.lstrip("\r\n").encode("utf-8", "surrogatepass")
        return like[: len(like) - len(body)] + own[1]
    return None


def marshalled(values: Mapping[str, Any]) -> bytes:
    """Frontmatter with its delimiters, keys in order of the alphabet."""
    import yaml

    if not values:
        return b"---\n---\n"
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text = yaml.dump(dict(values), Dumper=dumper, sort_keys=True, allow_unicode=True, width=10_000)
    return f"---\n{text}---\n".encode("utf-8", "surrogatepass")


def _canonical(typed: Any, written: Any) -> Any:
    """A value as it comes out of being read and marshalled again by an installer."""
    if isinstance(typed, dict) and isinstance(written, dict):
        return {key: _canonical(value, written.get(key)) for key, value in typed.items()}
    if isinstance(typed, list) and isinstance(written, list):
        return [_canonical(*pair) for pair in zip(typed, written, strict=True)]
    said = str(written)
    if isinstance(typed, bool):
        return typed if said.lower() in ("true", "false") else said
    if isinstance(typed, int | float) and ":" in said:
        return said  # a time of day, which only old readers take for a number
    if isinstance(typed, float) and typed.is_integer():
        return int(typed)
    if isinstance(typed, str) and (midnight := _MIDNIGHT.fullmatch(typed)):
        return midnight[1]
    return typed


def _folded_blob(data: bytes, algorithm: Algorithm) -> str:
    return blob_of_bytes(folded_file(data), algorithm)


def _digest(listed: Iterable[_Listed]) -> str:
    lines = [
        f"{_mode(path, mode)} {id_} ".encode() + path.encode("utf-8", "surrogateescape") for path, mode, id_ in listed
    ]
    return hashlib.sha256(b"\0".join(sorted(lines))).hexdigest()


def _mode(path: str, mode: str) -> str:
    in_scripts = "scripts" in path.split("/")[:-1]
    return "100755" if in_scripts and mode == "100644" else mode
