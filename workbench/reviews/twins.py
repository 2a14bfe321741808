"""Copies of a library's own skills that it keeps in its agents' folders: the same bytes need no second reading.

A repository that holds a skill and, installed from it, a copy in `.claude/skills` would have to approve both. A copy
that has the bytes of an approved tree counts as approved by its original's records; one byte more, and it stands alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from workbench.policy.rules import Policy
from workbench.reviews.model import Standing
from workbench.skills.globs import first_match
from workbench.skills.model import Skill
from workbench.skills.naming import is_in_agents_folder
from workbench.text import visible

_MAY_FOLLOW = frozenset({"draft", "in-review", "stale"})


def originals(skills: Sequence[Skill], among: Sequence[Skill]) -> dict[str, str]:
    """For each of `skills` in an agent's folder the one skill elsewhere in the library that has its name; ids."""
    copies = [skill for skill in skills if is_in_agents_folder(skill.id)]
    if not copies:
        return {}
    named: dict[str, list[str]] = {}
    for skill in among:
        if not is_in_agents_folder(skill.id):
            named.setdefault(skill.name, []).append(skill.id)
    found = {copy.id: named.get(copy.name, []) for copy in copies}
    return {id_: ids[0] for id_, ids in found.items() if len(ids) == 1}


def may_follow(standing: Standing, copy: str, original: str, policy: Policy | None) -> bool:
    """Whether a copy may count by its original: nothing was said against it, and no rule asks more of its place."""
    rules = policy.rules if policy else ()
    more = any(first_match(r.skills, copy) and not first_match(r.skills, original) for r in rules if r.skills)
    return standing.state in _MAY_FOLLOW and not more


def followed(standing: Standing, original: str) -> Standing:
    """The standing of a copy whose bytes are approved in its original."""
    reason = f"the same bytes as {visible(original)}, which are approved there"
    return replace(standing, state="approved", reasons=(reason,), approved_tree=standing.tree)


def with_originals(ids: Sequence[str], twins: Mapping[str, str]) -> list[str]:
    """Ids of skills to read about, with those that copies among them are judged by."""
    return list(dict.fromkeys((*ids, *twins.values())))
