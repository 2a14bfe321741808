"""Names that a person takes for the same though they are not: `pay` with a Cyrillic letter, `too1s` beside `tools`."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from workbench.skills.model import ROOT_ID, Skill
from workbench.text import visible

_SHOWN = 3
_SAME = str.maketrans({"0": "o", "1": "l", "|": "l", "_": "-"})


@lru_cache(maxsize=1 << 16)
def skeleton(name: str) -> str:
    """What is left of a name once everything is the same that looks the same: two alike names have one skeleton.

    Letters of other scripts become the Latin ones they look like, marks on letters and what can't be seen go, as do the
    differences between `0` and `o`, `1` and `l`, `rn` and `m`, and upper and lower case (after UTS #39, 4).
    """
    if not name.isascii():
        from workbench.skills.capabilities.hidden import plain_letters  # what scans for hidden text takes long to load

        parts = unicodedata.normalize("NFKD", plain_letters(name))
        name = plain_letters("".join(char for char in parts if unicodedata.category(char) not in ("Mn", "Cf", "Cc")))
    return name.casefold().translate(_SAME).replace("rn", "m")


def alike(skills: Iterable[Skill], among: Sequence[Skill]) -> dict[str, tuple[str, ...]]:
    """For each of `skills` that looks like others of the library: their ids. Equal names don't look alike, they are.

    Names, folders' names and whole paths are compared.
    """
    by_look: dict[str, set[tuple[str, str]]] = {}
    for skill in among:
        for label in _labels(skill):
            by_look.setdefault(skeleton(label), set()).add((label, skill.id))
    found = {}
    for skill in skills:
        labels = _labels(skill)
        others = {
            id_
            for label in labels
            for other, id_ in by_look.get(skeleton(label), ())
            if other != label and id_ != skill.id and other not in labels
        }
        if others:
            found[skill.id] = tuple(sorted(others))
    return found


def told(names: Mapping[str, Sequence[str]], id_: str) -> tuple[str, ...]:
    """What to say of a skill that looks like others; nothing where it does not."""
    others = names.get(id_, ())
    if not others:
        return ()
    shown = ", ".join(visible(other) + _codes(other) for other in others[:_SHOWN])
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    own = _codes(id_)
    return (f"its name{own} looks like that of {shown}{more}, and it is another skill",)


def _labels(skill: Skill) -> frozenset[str]:
    folder = skill.id.rpartition("/")[2]
    return frozenset((skill.name, skill.id, folder) if skill.id != ROOT_ID else (skill.name,))


def _codes(name: str) -> str:
    """The characters of a name that are not ASCII, by number: nothing else tells them apart."""
    odd = dict.fromkeys(f"U+{ord(char):04X}" for char in name if not char.isascii())
    return f" ({', '.join(odd)})" if odd else ""
