"""What has to be said of a changed file before its lines: what became of it, and what a reader must not miss."""

from collections.abc import Iterator

from workbench.reviews.diff import BlobFacts, FileDiff
from workbench.reviews.odd_characters import odd_characters
from workbench.text import plural

LINK, SUBMODULE = "120000", "160000"

_MODES = {"100644": "file", "100755": "executable file", LINK: "symbolic link", SUBMODULE: "submodule"}
_ARCHIVES = ("archive", "gzip", "bzip2", "xz", "zstd")
_SHORT = 12


def notes_of(file: FileDiff) -> tuple[str, ...]:
    """One line for each thing; the lines hold names from outside and are not sanitised."""
    notes = [*_moved(file), *_mode(file), *_link(file), *_submodule(file), *_binary(file), *_hidden(file), *file.notes]
    if not file.hunks and not notes:
        notes.append("empty file" if file.status in ("added", "deleted") else "no line differs")
    return tuple(notes)


def mode_words(mode: str | None) -> str:
    """What a git mode stands for."""
    return _MODES.get(mode or "", f"mode {mode}")


def _moved(file: FileDiff) -> Iterator[str]:
    if file.old_path and file.old_path != file.path:
        alike = {None: "", 100: ", unchanged"}.get(file.similarity, f", {file.similarity} % alike")
        yield f"renamed from {file.old_path}{alike}"


def _mode(file: FileDiff) -> Iterator[str]:
    old, new = file.old_mode, file.new_mode
    if new == old:
        return
    if new == "100755":
        yield "now executable" if old is None or old == "100644" else f"now executable, was a {mode_words(old)}"
    elif old == "100755" and new == "100644":
        yield "no longer executable"
    elif new == LINK:
        yield "now a symbolic link"
    elif old and new:
        yield f"was a {mode_words(old)}, is now a {mode_words(new)}"


def _link(file: FileDiff) -> Iterator[str]:
    """Where a link leads; a link's target is its only line."""
    old = _target(file, "-") if file.old_mode == LINK else None
    new = _target(file, "+") if file.new_mode == LINK else None
    if old is not None and new is not None and old != new:
        yield f"the link leads elsewhere now: {old} → {new}"
    elif new is not None and old is None:
        yield f"the link leads to {new}"
    elif old is not None and new is None:
        yield f"the link led to {old}"


def _target(file: FileDiff, kind: str) -> str | None:
    lines = [line.text for hunk in file.hunks for line in hunk.lines if line.kind == kind]
    return "\n".join(lines) if lines else None


def _submodule(file: FileDiff) -> Iterator[str]:
    if SUBMODULE in (file.old_mode, file.new_mode):
        old = file.old_id[:_SHORT] if file.old_id and file.old_mode == SUBMODULE else "none"
        new = file.new_id[:_SHORT] if file.new_id and file.new_mode == SUBMODULE else "none"
        yield f"submodule commit {old} → {new}: its content is not part of what is reviewed"


def _binary(file: FileDiff) -> Iterator[str]:
    if not file.binary:
        return
    old, new = _blob(file.old_blob, file.old_id), _blob(file.new_blob, file.new_id)
    if old and new and file.old_id != file.new_id:
        yield f"binary before: {old}"
        yield f"binary now:    {new}"
    elif old or new:
        yield f"binary: {new or old}"
    else:
        yield "binary: its content can't be shown"
    kinds = [blob.kind for blob in (file.old_blob, file.new_blob) if blob and blob.kind]
    if any(word in kind for kind in kinds for word in _ARCHIVES):
        yield "packed: what is in it is not shown"


def _blob(facts: BlobFacts | None, id_: str | None) -> str:
    if facts is None or id_ is None:
        return ""
    return f"{facts.kind or 'too large to look into'}, {plural(facts.size, 'byte')}, {id_[:_SHORT]}"


def _hidden(file: FileDiff) -> Iterator[str]:
    """How many of the lines that came hold characters that can't be seen, or letters that look like others."""
    lines, count, words, kinds = 0, 0, 0, dict[str, None]()
    for hunk in file.hunks:
        for line in hunk.lines:
            if line.kind != "+" or (line.text.isascii() and line.text.isprintable()):
                continue
            odd = odd_characters(line.text)
            hidden = [one for one in odd if one.kind != "look-alike"]
            words += len(odd) - len(hidden)
            lines += bool(hidden)
            count += sum(one.end - one.start for one in hidden)
            kinds.update(dict.fromkeys(one.kind for one in hidden))
    if count:
        yield f"{plural(count, 'hidden character')} in {plural(lines, 'new line')} ({', '.join(kinds)})"
    if words:
        yield f"{plural(words, 'word')} in new lines with letters that look like others"
