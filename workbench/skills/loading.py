"""Whether one client would load a skill as it is read, and what it then lists of it."""

from collections.abc import Mapping

from workbench.skills.clients import Client
from workbench.skills.model import Problem, Skill

_UNREAD = ("not-utf-8", "nul-byte")
_UNREADABLE_YAML = ("frontmatter-yaml", "frontmatter-not-mapping", "frontmatter-too-large")


def refusal(one: Client, skill: Skill) -> str | None:
    """Why a client would not load a skill, in words; None if it would.

    Only what the client's source or documentation says is counted; where it is in a place the client looks in, and what
    shadows it there, is `installed.find_installed`'s to say.
    """
    codes = {problem.code: problem for problem in reversed(skill.problems)}
    for code, problem in codes.items():
        stops = code.startswith(("skill-file-", "folder-link-", "frontmatter-")) and code != "skill-file-too-large"
        if problem.severity == "error" and (stops or (code in _UNREAD and not skill.frontmatter)):
            if code in _UNREADABLE_YAML and not one.needs.valid_yaml:
                return None
            return problem.message
    return _start(one, codes) or _yaml(one, skill, codes) or _name(one, skill) or _description(one, skill)


def loses_frontmatter(one: Client, skill: Skill) -> bool:
    """Whether a client would load a skill without anything that its frontmatter says."""
    codes = {problem.code for problem in skill.problems}
    unread = codes & {*_UNREADABLE_YAML} or (not one.needs.recovers_colons and "unquoted-colon" in codes)
    return not one.needs.valid_yaml and bool(unread)


def _start(one: Client, codes: Mapping[str, Problem]) -> str | None:
    if one.needs.plain_start and "byte-order-mark" in codes:
        return f"{one.label} sees no frontmatter behind a byte order mark"
    if one.id == "codex" and "not-utf-8" in codes:
        return "Codex does not read a file that is not UTF-8 as a whole"
    blanks = codes.get("delimiter-blanks")
    if one.needs.bare_start and blanks is not None and blanks.line == 1:
        return f"{one.label} sees no frontmatter where blanks follow the first '---'"
    return None


def _yaml(one: Client, skill: Skill, codes: Mapping[str, Problem]) -> str | None:
    if one.needs.valid_yaml and not one.needs.recovers_colons and "unquoted-colon" in codes:
        return f"{one.label} does not read a value that holds a colon unless it is in quotes"
    if one.needs.unique_keys and "duplicate-key" in codes:
        return f"{one.label} does not read a frontmatter in which a key stands twice"
    if one.needs.texts:
        for key in ("name", "description"):
            if not isinstance(skill.frontmatter.get(key, ""), str | None):
                return f"{one.label} does not read a {key} that is not text; put it in quotes"
        if "metadata-type" in codes and one.id == "codex":
            return f"{one.label} does not read a 'metadata' that is not a mapping"
    return None


def _name(one: Client, skill: Skill) -> str | None:
    name = skill.frontmatter.get("name")
    if one.needs.name and not (isinstance(name, str) and name.strip()):
        return f"{one.label} needs a name in the frontmatter"
    if one.needs.max_name is not None and len(skill.name) > one.needs.max_name:
        return f"the name has {len(skill.name):,} characters; {one.label} takes at most {one.needs.max_name}"
    return None


def _description(one: Client, skill: Skill) -> str | None:
    if not skill.description.strip():
        return f"{one.label} needs a description" if one.needs.description else None
    limit = one.needs.max_description
    if limit is not None and len(skill.description) > limit:
        return f"the description has {len(skill.description):,} characters; {one.label} takes at most {limit:,}"
    return None


def is_hidden(skill: Skill) -> bool:
    """Whether its author keeps the skill out of the model's list, for people alone."""
    return skill.frontmatter.get("disable-model-invocation") is True


def listed_text(skill: Skill) -> str:
    """A skill's description with Claude Code's `when_to_use`."""
    when = skill.frontmatter.get("when_to_use")
    return f"{skill.description} {when}" if isinstance(when, str) and when else skill.description
