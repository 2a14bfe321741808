"""More like this: skills whose names and descriptions share telling words, so that agents may take one for the other.

The measure is lexical: the cosine between the words of two skills, each weighted by how few skills hold it (tf-idf;
Salton, Wong and Yang, 1975). It sees shared words, not shared meaning.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.skills.model import Skill

NAME_COUNTS = 2
"""So many times a word of the name counts."""
MAX_WORDS = 400
"""Words of one description that are looked at."""
LEAST_SCORE = 0.05

_WORD = re.compile(r"[^\W_]+")
_SHARED_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Similar:
    """One skill that is like another.

    Attributes:
        score: From 0, no telling word shared, to 1, the same words.
        shared: The words that both hold, the most telling first.
        same_name: They have the same name, so that a client that loads both hides one.
    """

    id: str
    name: str
    score: float
    shared: tuple[str, ...]
    same_name: bool


def similar(skills: Sequence[Skill], skill_id: str, *, limit: int = 10) -> tuple[Similar, ...]:
    """The skills most like the one with this id: those of the same name first, then by score."""
    counted = {skill.id: _words(skill) for skill in skills}
    held_by = Counter(word for words in counted.values() for word in words)
    rarity = {word: math.log((1 + len(skills)) / (1 + held)) for word, held in held_by.items()}
    me = next(skill for skill in skills if skill.id == skill_id)
    mine = _weights(counted[skill_id], rarity)
    found = []
    for skill in skills:
        shared = mine.keys() & counted[skill.id].keys()
        same_name = skill.name == me.name
        if skill.id == skill_id or not (shared or same_name):
            continue
        theirs = _weights(counted[skill.id], rarity)
        products = {word: mine[word] * theirs[word] for word in shared}
        score = round(sum(products.values()), 4)
        if score >= LEAST_SCORE or same_name:
            telling = sorted((word for word in products if products[word]), key=lambda word: (-products[word], word))
            found.append(Similar(skill.id, skill.name, score, tuple(telling[:_SHARED_SHOWN]), same_name))
    return tuple(sorted(found, key=lambda one: (not one.same_name, -one.score, one.id))[:limit])


def _words(skill: Skill) -> Counter[str]:
    counted = Counter(_WORD.findall(_folded(skill.description))[:MAX_WORDS])
    for word in _WORD.findall(_folded(skill.name)):
        counted[word] += NAME_COUNTS
    return counted


def _folded(text: str) -> str:
    """Without case and accents, as the search index has it."""
    if text.isascii():
        return text.lower()
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


def _weights(words: Mapping[str, int], rarity: Mapping[str, float]) -> dict[str, float]:
    """Each word's weight, so that the squares sum up to 1."""
    weights = {word: (1 + math.log(count)) * rarity[word] for word, count in words.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {word: weight / length for word, weight in weights.items()}
