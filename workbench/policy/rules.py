"""`.workbench/policy.yaml`, read strictly: a rule that can't be understood must not be a rule that is ignored."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from workbench.errors import InputError
from workbench.text import visible

POLICY_FILE = ".workbench/policy.yaml"
SCHEMA = 1

Identity = Literal["author", "signature", "touch"]


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: how many people of a role have to approve."""

    role: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """What is demanded of the skills it matches.

    Attributes:
        skills: Globs of skill ids, as in `.gitignore`; empty matches every skill.
        gains: Capabilities whose gain makes the rule match.
        chain: Approvals, in this order.
        checks: Checks that must have passed when the approval was given.
    """

    skills: tuple[str, ...] = ()
    gains: tuple[str, ...] = ()
    chain: tuple[Link, ...] = ()
    checks: tuple[str, ...] = ()
    identity: Identity = "author"
    self_approval: bool = False
    expires: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A library's rules.

    Attributes:
        roles: E-mail globs by role; a value of None means the role comes from CODEOWNERS.
        exclude: Globs of folders whose skills are not part of the library.
        written: Whether there is a policy file at all.
    """

    rules: tuple[Rule, ...] = (Rule(chain=(Link("anybody"),), self_approval=True),)
    roles: Mapping[str, tuple[str, ...] | None] = field(default_factory=lambda: {"anybody": ("*",)})
    exclude: tuple[str, ...] = ()
    written: bool = False


NO_POLICY = Policy()


def parse_policy(data: bytes, where: str = POLICY_FILE) -> Policy:
    """The policy that a file holds.

    Raises:
        InputError: It is not YAML, or says something that is not understood.
    """
    from workbench.skills import bounded_yaml

    try:
        loaded = bounded_yaml.load(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError("the policy is not UTF-8", where=where) from error
    except bounded_yaml.YamlError as error:
        raise InputError(
            f"the policy is not YAML that can be read: {error.what}", where=f"{where}:{error.line}"
        ) from error
    reader = _Reader(where)
    if loaded.duplicates:
        twice = loaded.duplicates[0]
        raise reader.fail(f"'{visible(twice.key)}' stands on line {twice.first_line} and again on line {twice.line}")
    raw = loaded.value
    top = reader.mapping(raw, "the policy", ("schema", "roles", "require", "skills", "tools"))
    if top.get("schema") != SCHEMA:
        raise InputError(f"the policy's schema is {visible(repr(top.get('schema')))}", where=where, remedy="schema: 1")
    roles = {name: reader.role(name, value) for name, value in reader.any_mapping(top.get("roles"), "roles").items()}
    skills = reader.mapping(top.get("skills"), "skills", ("exclude",))
    rules = tuple(reader.rule(rule, number) for number, rule in enumerate(reader.items(top, "require"), start=1))
    return Policy(
        rules=rules or (Rule(chain=(Link("anybody"),)),),
        roles={"anybody": ("*",), **roles},
        exclude=reader.texts(skills, "exclude"),
        written=True,
    )


class _Reader:
    """Reads values of the types the policy has, and says where one is not."""

    def __init__(self, where: str) -> None:
        self._where = where

    def fail(self, what: str, remedy: str | None = None) -> InputError:
        return InputError(f"the policy can't be used: {what}", where=self._where, remedy=remedy)

    def any_mapping(self, value: Any, name: str) -> Mapping[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.fail(f"{name} has to be a mapping")
        return value

    def mapping(self, value: Any, name: str, known: Iterable[str]) -> Mapping[str, Any]:
        found = self.any_mapping(value, name)
        known = tuple(known)
        for key in found:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                raise self.fail(
                    f"unknown key '{visible(key)}' in {name}",
                    f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(known)}",
                )
        return found

    def items(self, mapping: Mapping[str, Any], key: str) -> list[Any]:
        value = mapping.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.fail(f"'{key}' has to be a list")
        return value

    def texts(self, mapping: Mapping[str, Any], key: str) -> tuple[str, ...]:
        values = self.items(mapping, key)
        if not all(isinstance(value, str) for value in values):
            raise self.fail(f"'{key}' has to be a list of texts")
        return tuple(values)

    def role(self, name: str, value: Any) -> tuple[str, ...] | None:
        if value == "codeowners":
            return None
        return self.texts({name: value}, name)

    def rule(self, value: Any, number: int) -> Rule:
        name = f"rule {number}"
        keys = ("when", "chain", "checks", "identity", "self_approval", "expires")
        raw = self.mapping(value, name, keys)
        when = self.mapping(raw.get("when"), f"'when' of {name}", ("skills", "gains"))
        identity = raw.get("identity", "author")
        if identity not in ("author", "signature", "touch"):
            raise self.fail(f"identity of {name} is {visible(repr(identity))}", "one of: author, signature, touch")
        own = raw.get("self_approval", False)
        if not isinstance(own, bool):
            raise self.fail(f"self_approval of {name} has to be true or false")
        return Rule(
            skills=self.texts(when, "skills"),
            gains=self.texts(when, "gains"),
            chain=tuple(self.link(link, name) for link in self.items(raw, "chain")),
            checks=self.texts(raw, "checks"),
            identity=identity,
            self_approval=own,
            expires=self.expires(raw.get("expires"), name),
        )

    def link(self, value: Any, name: str) -> Link:
        raw = self.mapping(value, f"the chain of {name}", ("role", "count"))
        role, count = raw.get("role"), raw.get("count", 1)
        if not isinstance(role, str) or isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise self.fail(f"a step in the chain of {name} needs a role and a count of at least 1")
        return Link(role, count)

    def expires(self, value: Any, name: str) -> timedelta | None:
        if value is None:
            return None
        found = re.fullmatch(r"(\d{1,5})d", str(value))
        if not found:
            raise self.fail(f"expires of {name} is {visible(repr(value))}", "a number of days, for example 180d")
        return timedelta(days=int(found[1]))
