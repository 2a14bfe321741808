"""A file while it is scanned: its text, where an offset is, and the findings so far, within bounds."""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from workbench.skills.capabilities.hosts import UNKNOWN
from workbench.skills.capabilities.model import CERTAINTIES, Certainty, Finding, Kind
from workbench.skills.capabilities.secrets import masked

MAX_FINDINGS = 1_000
"""Of one file; what comes after is not listed, which is a finding of its own."""
MAX_NOTES = 10_000
"""How often a file is noted to do something, the same thing again included."""
MAX_SUBJECT = 200

_RANKS = {certainty: rank for rank, certainty in enumerate(CERTAINTIES)}
_EVIDENCE = 160
_SHOWN_WHOLE = 2 * _EVIDENCE
_MOST_EVIDENCE = 8 << 10
"""Characters of a finding over several lines that its evidence binds."""


class FullError(Exception):
    """A file has more than `MAX_FINDINGS` findings; `line` is where the first stands that is not listed."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass
class Source:
    """A text that is scanned.

    Attributes:
        path: The file, relative to the skill's folder.
        text: All of it; line ends are LF.
        masked: The same length, with every secret masked: the evidence is cut from it.
        around: The evidence of everything in it, where it is a text of one line in another; `column` is then the
            column of that one.
        last_line: The last line in the file that it can reach, where its lines are not the file's; 0 where they are.
        first_line: Its first line's number in the file, where it is a block of a larger one.
        ceiling: The most certain that a finding in it can be: code in prose is less certain than code.
    """

    path: str
    text: str
    first_line: int = 1
    ceiling: Certainty = "sure"
    masked: str = ""
    findings: dict[tuple[str, str, int], Finding] = field(default_factory=dict)
    digests: dict[int, str] = field(default_factory=dict)
    around: str = ""
    column: int = 1
    last_line: int = 0
    notes: list[int] = field(default_factory=lambda: [0])

    def __post_init__(self) -> None:
        self.masked = self.masked or masked(self.text)

    @cached_property
    def starts(self) -> list[int]:
        """The offset of every line."""
        starts = [0, *accumulate(len(line) + 1 for line in self.text.split("\n"))]
        starts.pop()
        return starts

    def block(self, start: int, end: int, ceiling: Certainty) -> "Source":
        """A part of this text as a source of its own, which has its lines and adds to its findings."""
        line = self.first_line + bisect_right(self.starts, start) - 1
        least = max(self.ceiling, ceiling, key=_RANKS.__getitem__)
        part = Source(self.path, self.text[start:end], line, least, self.masked[start:end], last_line=self.last_line)
        part.findings, part.notes = self.findings, self.notes
        return part

    def overlaid(self, text: str, ceiling: Certainty) -> "Source":
        """Another reading of this text, of the same length and lines; the evidence stays that of this one."""
        least = max(self.ceiling, ceiling, key=_RANKS.__getitem__)
        part = Source(self.path, text, self.first_line, least, self.masked, last_line=self.last_line)
        part.findings, part.notes = self.findings, self.notes
        return part

    def derived(self, text: str, line: int, ceiling: Certainty, *, last: int = 0) -> "Source":
        """A text that stands in this one in another form (quoted, say), at a line of it, counted from 1.

        Where it is one line, the evidence is not its own but that of the lines it stands in, up to `last`. Nothing in
        it stands beyond that line: a line end in quotes is none of the file's.
        """
        least = max(self.ceiling, ceiling, key=_RANKS.__getitem__)
        part = Source(self.path, text, self.first_line + line - 1, least, findings=self.findings, notes=self.notes)
        part.last_line = self.first_line + max(line, last) - 1
        if self.last_line:
            part.last_line = min(part.last_line, self.last_line)
        if "\n" not in text.strip():
            part.around = self.around or self._evidence(line - 1, max(line, last) - 1, 1)
        return part

    def replace(self, text: str) -> None:
        """Take another text with the same lines, for evidence too."""
        self.text = text
        self.masked = masked(text)
        self.__dict__.pop("starts", None)

    def offset_of_line(self, line: int) -> int:
        """Where a line begins, counted from 1."""
        return self.starts[min(max(1, line), len(self.starts)) - 1]

    def add(
        self, kind: Kind, what: str, at: int, certainty: Certainty = "sure", *, end: int | None = None, why: str = ""
    ) -> None:
        """Note a finding at an offset; its evidence is the lines up to the offset `end`, or `why`."""
        number = self.number_of(at)
        column = at - self.starts[number] + 1
        self.add_at(kind, what, number, column, certainty, last=self.number_of(end - 1) if end else number, why=why)

    def add_at(
        self, kind: Kind, what: str, number: int, column: int, certainty: Certainty, *, last: int = 0, why: str = ""
    ) -> None:
        """Note a finding on a line (counted from 0); its evidence is that line to the line `last`, or `why`."""
        self.notes[0] += 1
        if self.notes[0] > MAX_NOTES:
            raise FullError(self.first_line + number)
        if _RANKS[self.ceiling] > _RANKS[certainty]:
            certainty = self.ceiling
        line = self.first_line + number
        if self.last_line:
            line = min(line, self.last_line)
        if len(what) > 12:
            what = " ".join(what.split())
            what = what if len(what) <= MAX_SUBJECT else f"{what[:MAX_SUBJECT]}…{_digest(what)}"
        known = self.findings.get((kind, what, line))
        if known is not None and _RANKS[known.certainty] <= _RANKS[certainty]:
            return
        if len(what) > 12:
            what = masked(what)
            known = self.findings.get((kind, what, line))
            if known is not None and _RANKS[known.certainty] <= _RANKS[certainty]:
                return
        if known is None and len(self.findings) >= MAX_FINDINGS:
            raise FullError(line)
        evidence = why or self.around or self._evidence(number, max(number, last), column)
        column = self.column if self.around else column
        self.findings[(kind, what, line)] = Finding(kind, what, self.path, line, column, evidence, certainty)

    def shown_whole(self) -> str:
        """All of a text of one line, as evidence."""
        return self._evidence(0, 0, 1)

    def number_of(self, offset: int) -> int:
        """The line of an offset, counted from 0."""
        return bisect_right(self.starts, offset) - 1

    def _evidence(self, first: int, last: int, column: int) -> str:
        """Whole lines as one; where they are long, the part around the finding, bound to all of it by a digest."""
        starts = self.starts
        end = starts[last + 1] if last + 1 < len(starts) else len(self.text)
        lines = self.masked[starts[first] : min(end, starts[first] + _SHOWN_WHOLE)]
        shown = " ".join(lines.split()).replace(UNKNOWN, "…")
        if end - starts[first] <= _SHOWN_WHOLE and len(shown) <= _EVIDENCE:
            return shown
        if last > first:
            end = min(end, starts[first] + _MOST_EVIDENCE)
        whole = self.masked[starts[first] : end]
        at = max(0, column - 1 - _EVIDENCE // 4) if last == first else 0
        part = " ".join(whole[at : at + _SHOWN_WHOLE].split())[:_EVIDENCE].replace(UNKNOWN, "…")
        # A very long line may hold many findings: its digest is worked out once.
        digest = self.digests.get(first) if last == first else None
        if digest is None:
            digest = self.digests[first] = _digest(whole)
        return f"{'…' if at else ''}{part}… [{len(whole):,} characters, {digest}]"


def _digest(text: str) -> str:
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:8]
