"""A diff for a terminal, a file or a program; what can't be seen is named below its line."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from workbench.reviews.diff import DiffLine, FileDiff, Hunk, SkillDiff
from workbench.reviews.file_notes import mode_words, notes_of
from workbench.reviews.generated import Generated
from workbench.reviews.odd_characters import MOST_MARKS, Odd, odd_characters
from workbench.text import visible

MOST_NAMED = 8
"""Places of one line that are named; how many more there are is said."""


def as_text(
    diff: SkillDiff,
    paint: Callable[[str, str], str] = lambda text, _style: text,
    *,
    read_in: Mapping[tuple[str, int], str] = MappingProxyType({}),
) -> Iterator[str]:
    """A diff as lines for a terminal or a file, sanitised; `paint(text, style)` may add colour.

    Args:
        read_in: For hunks (by file and number) that were shown elsewhere: where; their lines are left out.
    """
    yield from patch_lines(diff.files, paint, read_in=read_in)


def patch_lines(
    files: Iterable[FileDiff],
    paint: Callable[[str, str], str] = lambda text, _style: text,
    *,
    read_in: Mapping[tuple[str, int], str] = MappingProxyType({}),
    mark: str = "",
) -> Iterator[str]:
    """Changed files as lines. The arguments are those of `as_text`; `mark` stands before each file's heading."""
    for file in files:
        name = visible(file.path) if not file.old_path else f"{visible(file.old_path)} → {visible(file.path)}"
        yield paint(f"{mark}{file.status} {name}  +{file.added} -{file.removed}", "file")
        for note in notes_of(file):
            yield paint(f"  ! {visible(note)}", "note")
        for number, hunk in enumerate(file.hunks):
            place = f"@@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@"
            yield paint(f"{place} {visible(hunk.heading)}".rstrip(), "hunk")
            if (file.path, number) in read_in:
                yield paint(f"  the same as in {visible(read_in[file.path, number])}", "note")
                continue
            for line in hunk.lines:
                yield paint(line.kind + visible(line.text.expandtabs(4)), line.kind)
                for said in odd_lines(odd_characters(line.text)):
                    yield paint(f"  ! {said}", "note")


def odd_lines(odd: tuple[Odd, ...]) -> list[str]:
    """What is said below a line of its hidden characters and look-alikes: one sentence for each place, the first few.

    `at column 14: U+202E RIGHT-TO-LEFT OVERRIDE`; the texts are made visible.
    """
    said = [f"at column {one.start + 1:,}: {one.what}" for one in odd[:MOST_NAMED]]
    if len(odd) > MOST_NAMED:
        more = f"at least {MOST_MARKS - MOST_NAMED}" if len(odd) == MOST_MARKS else f"{len(odd) - MOST_NAMED:,}"
        said.append(f"and {more} more places in this line")
    return said


def diff_json(diff: SkillDiff) -> dict[str, Any]:
    """The contract of `review diff --json`; texts are as git has them, not sanitised."""
    return {
        "skill": diff.skill,
        "base": diff.base,
        "base_label": diff.base_label,
        "tree": diff.tree,
        "files": [file_json(file) for file in diff.files],
        "folded": file_json(diff.folded) if diff.folded else None,
        "added": diff.added,
        "removed": diff.removed,
    }


def generated_json(made: Generated) -> dict[str, Any]:
    """What a generated skill is made of, with the lines of its changed inputs."""
    return {**made.to_json(), "files": [file_json(file) for file in made.files]}


def file_json(file: FileDiff) -> dict[str, Any]:
    """One changed file."""
    return {
        "path": file.path,
        "old_path": file.old_path,
        "status": file.status,
        "similarity": file.similarity,
        "old_mode": file.old_mode,
        "new_mode": file.new_mode,
        "old_kind": mode_words(file.old_mode) if file.old_mode else None,
        "new_kind": mode_words(file.new_mode) if file.new_mode else None,
        "binary": file.binary,
        "old_id": file.old_id,
        "new_id": file.new_id,
        "old_blob": {"size": file.old_blob.size, "kind": file.old_blob.kind} if file.old_blob else None,
        "new_blob": {"size": file.new_blob.size, "kind": file.new_blob.kind} if file.new_blob else None,
        "notes": list(notes_of(file)),
        "hunks": [_hunk(hunk) for hunk in file.hunks],
    }


def _hunk(hunk: Hunk) -> dict[str, Any]:
    return {
        "old_start": hunk.old_start,
        "old_count": hunk.old_count,
        "new_start": hunk.new_start,
        "new_count": hunk.new_count,
        "heading": hunk.heading,
        "lines": [_line(line) for line in hunk.lines],
    }


def _line(line: DiffLine) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": line.kind, "old": line.old, "new": line.new, "text": line.text}
    if odd := odd_characters(line.text):
        said["hidden"] = [one.to_json() for one in odd]
    return said
