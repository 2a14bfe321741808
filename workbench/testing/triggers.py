"""Which skill would be loaded for a question? Asked of the words alone, as a stand-in, or of a model.

The stand-in is lexical: BM25 (Robertson and Zaragoza, 2009, formula 3.15; k1 1.2, b 0.75) over all names and
descriptions of a library. It sees shared words, not shared meaning, and everything that shows it says so.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.skills.model import Skill
from workbench.testing.evals.model import TriggerQuery

Method = Literal["lexical", "model"]
Stopped = Literal["", "cancelled", "budget"]

CAVEAT = "This is a lexical stand-in: it compares words, not meaning, and no model was asked; one may choose otherwise."
RUNS_PER_QUERY = 3
THRESHOLD = 0.5

_K1, _B = 1.2, 0.75
_NAME_COUNTS = 2
_MAX_WORDS = 1_000
_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(
    _WORD.findall(
        "a an and are as at be by can could do does for from have how i if in is it its me my of on or our please"
        " should so that the their them then there these this to use used user users using want was we what when which"
        " will with would you your"
    )
)
_ENDINGS = ("ies", "ing", "ed", "es", "s")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A skill with how well its name and description fit a question; `shared` are the words that both hold."""

    id: str
    name: str
    score: float
    shared: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The rank for programs."""
        return {"path": self.id, "name": self.name, "score": round(self.score, 4), "shared": list(self.shared)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one question of a trigger set.

    Attributes:
        triggers: In how many of `runs` the skill was chosen; runs that failed are in neither.
        chosen: Which skills were chosen instead or as well, by id, most often first; `""` is none.
        errors: Why runs failed.
    """

    query: str
    should_trigger: bool
    triggers: int
    runs: int
    chosen: tuple[tuple[str, int], ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """Share of runs that chose the skill."""
        return self.triggers / self.runs if self.runs else 0.0

    def passes(self, threshold: float) -> bool:
        """Whether that is as it should be; a question that could not be asked never is."""
        return self.runs > 0 and (self.rate >= threshold) is self.should_trigger

    def to_json(self, threshold: float) -> dict[str, Any]:
        """As skill-creator's results have it, with what was chosen instead."""
        return {
            "query": self.query,
            "should_trigger": self.should_trigger,
            "trigger_rate": round(self.rate, 4),
            "triggers": self.triggers,
            "runs": self.runs,
            "pass": self.passes(threshold),
            "chosen": [{"path": id_ or None, "runs": count} for id_, count in self.chosen],
            "errors": list(self.errors),
        }


@dataclass(frozen=True, slots=True)
class TriggerReport:
    """What came of a trigger set."""

    skill: str
    name: str
    description: str
    method: Method
    results: tuple[Asked, ...]
    threshold: float = THRESHOLD
    model: str | None = None
    notes: tuple[str, ...] = ()
    stopped: Stopped = ""

    @property
    def passed(self) -> int:
        """How many questions went as they should."""
        return sum(one.passes(self.threshold) for one in self.results)

    @property
    def counts(self) -> dict[str, int]:
        """The four cells: what should and what did, over the questions that could be asked."""
        cells = Counter(
            ("true" if one.passes(self.threshold) else "false")
            + ("_positive" if one.rate >= self.threshold else "_negative")
            for one in self.results
            if one.runs
        )
        return {cell: cells[cell] for cell in ("true_positive", "false_positive", "true_negative", "false_negative")}

    @property
    def precision(self) -> float | None:
        """Of the questions that loaded the skill, the share that should; None where none did."""
        cells = self.counts
        loaded = cells["true_positive"] + cells["false_positive"]
        return cells["true_positive"] / loaded if loaded else None

    @property
    def recall(self) -> float | None:
        """Of the questions that should load the skill, the share that did; None where none should."""
        cells = self.counts
        wanted = cells["true_positive"] + cells["false_negative"]
        return cells["true_positive"] / wanted if wanted else None

    @property
    def neighbours(self) -> list[tuple[str, int]]:
        """Skills that were loaded where this one should have been, by the number of questions."""
        lost = [one for one in self.results if one.should_trigger and one.runs and not one.passes(self.threshold)]
        taken = Counter(one.chosen[0][0] for one in lost if one.chosen and one.chosen[0][0] != self.skill)
        return taken.most_common()

    def to_json(self) -> dict[str, Any]:
        """The contract of `eval triggers --json`; `results` and `summary` as skill-creator has them."""
        precision, recall = self.precision, self.recall
        return {
            "skill_name": self.name,
            "path": self.skill,
            "description": self.description,
            "method": self.method,
            "model": self.model,
            "caveat": CAVEAT if self.method == "lexical" else None,
            "threshold": self.threshold,
            "results": [one.to_json(self.threshold) for one in self.results],
            "summary": {"total": len(self.results), "passed": self.passed, "failed": len(self.results) - self.passed},
            "confusion": self.counts,
            "precision": None if precision is None else round(precision, 4),
            "recall": None if recall is None else round(recall, 4),
            "neighbours": [{"path": id_ or None, "queries": count} for id_, count in self.neighbours],
            "notes": list(self.notes),
            "stopped": self.stopped or None,
        }


class LexicalIndex:
    """The words of all descriptions of a library, to be asked many questions."""

    def __init__(self, skills: Sequence[Skill]) -> None:
        self._skills = [skill for skill in skills if skill.loads]
        self._words = [_words_of(skill) for skill in self._skills]
        self._lengths = [sum(words.values()) for words in self._words]
        self._average = (sum(self._lengths) / len(self._lengths) if self._lengths else 0.0) or 1.0
        held = Counter(word for words in self._words for word in words)
        count = len(self._skills)
        self._rarity = {word: math.log(1 + (count - n + 0.5) / (n + 0.5)) for word, n in held.items()}

    def rank(self, query: str, *, limit: int | None = None) -> tuple[Ranked, ...]:
        """The skills that share words with a question, best first; equal ones by id."""
        asked = list(dict.fromkeys(_words(query)))
        found = []
        for skill, words, length in zip(self._skills, self._words, self._lengths, strict=True):
            norm = _K1 * (1 - _B + _B * length / self._average)
            parts = {word: self._rarity[word] * words[word] * (_K1 + 1) / (words[word] + norm)
                     for word in asked if word in words}  # fmt: skip
            if parts:
                shared = tuple(sorted(parts, key=lambda word: (-parts[word], word)))
                found.append(Ranked(skill.id, skill.name, sum(parts.values()), shared))
        return tuple(sorted(found, key=lambda one: (-one.score, one.id))[:limit])


def lexical_report(skills: Sequence[Skill], skill: Skill, queries: Sequence[TriggerQuery]) -> TriggerReport:
    """What the words alone say of a trigger set: the skill triggers where it ranks first."""
    index = LexicalIndex([skill if one.id == skill.id else one for one in skills])
    results: list[Asked] = []
    for one in queries:
        first = next(iter(index.rank(one.query, limit=1)), None)
        chosen = first.id if first else ""
        results.append(Asked(one.query, one.should_trigger, int(chosen == skill.id), 1, ((chosen, 1),)))
    return TriggerReport(skill.id, skill.name, skill.description, "lexical", tuple(results))


def _words_of(skill: Skill) -> Counter[str]:
    counted = Counter(_words(skill.description))
    for word in _words(skill.name):
        counted[word] += _NAME_COUNTS
    return counted


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text[: _MAX_WORDS * 20].casefold())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return [_stem(word) for word in _WORD.findall(plain)[:_MAX_WORDS] if word not in _STOP]


def _stem(word: str) -> str:
    """A word without the commonest English endings, so that `tables` and `table` are one."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word
