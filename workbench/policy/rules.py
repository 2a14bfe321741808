"""`.workbench/policy.yaml`, read strictly: a rule that can't be understood must not be a rule that is ignored."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from workbench.errors import InputError
from workbench.policy.reader import Reader
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.policy.tool_rules import ToolRule

POLICY_FOLDER = ".workbench"
POLICY_FILE = f"{POLICY_FOLDER}/policy.yaml"
SCHEMA = 1

Identity = Literal["author", "signature", "touch"]
"""How a reviewer is proved, weakest first: the commit's author, an SSH signature, a signature by a hardware key."""
IDENTITIES: tuple[Identity, ...] = get_args(Identity)

CODEOWNERS = "codeowners"
MAX_BYTES = 1 << 20
"""Of a policy file; what comes after that is not read."""
COMMENTS = "comments"
"""The check that holds while no thread of comments is open; it is judged anew each time, not kept in a record."""
CHECKS = ("validation", "tests", "compare", "findings", COMMENTS)
"""What a rule may ask for under `checks`."""


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
        gains: Kinds of capabilities; the rule matches only where the change gains one of them. Empty always matches.
        chain: Approvals, in this order.
        checks: Checks that must have passed when the approval was given; `comments` has to hold now.
    """

    skills: tuple[str, ...] = ()
    gains: tuple[str, ...] = ()
    chain: tuple[Link, ...] = ()
    checks: tuple[str, ...] = ()
    identity: Identity = "author"
    self_approval: bool = False
    expires: timedelta | None = None


DEFAULT_RULE = Rule(chain=(Link("anybody"),))
"""What holds of a skill that no rule of a policy matches, and of all where it has no rule."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A library's rules.

    Attributes:
        roles: E-mail globs by role; a value of None means the role comes from CODEOWNERS.
        exclude: Globs of folders whose skills are not part of the library.
        tools: Rules about calls.
        written: Whether there is a policy file at all.
    """

    rules: tuple[Rule, ...] = (Rule(chain=(Link("anybody"),), self_approval=True),)
    roles: Mapping[str, tuple[str, ...] | None] = field(default_factory=lambda: {"anybody": ("*",)})
    exclude: tuple[str, ...] = ()
    tools: "tuple[ToolRule, ...]" = ()
    written: bool = False


NO_POLICY = Policy()


def parse_policy(data: bytes, where: str = POLICY_FILE) -> Policy:
    """The policy that a file holds.

    Raises:
        InputError: It is not YAML, or says something that is not understood.
    """
    from workbench.policy.tool_rules import read_tool_rule
    from workbench.skills import bounded_yaml

    try:
        loaded = bounded_yaml.load(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError("the policy is not UTF-8", where=where) from error
    except bounded_yaml.YamlError as error:
        raise InputError(
            f"the policy is not YAML that can be read: {error.what}", where=f"{where}:{error.line}"
        ) from error
    reader = Reader(where)
    if loaded.duplicates:
        twice = loaded.duplicates[0]
        raise reader.fail(f"'{visible(twice.key)}' stands on line {twice.first_line} and again on line {twice.line}")
    top = reader.mapping(loaded.value, "the policy", ("schema", "roles", "require", "skills", "tools"))
    if top.get("schema") != SCHEMA:
        raise InputError(f"the policy's schema is {visible(repr(top.get('schema')))}", where=where, remedy="schema: 1")
    roles = {name: _role(reader, name, value) for name, value in reader.any_mapping(top.get("roles"), "roles").items()}
    skills = reader.mapping(top.get("skills"), "skills", ("exclude",))
    rules = tuple(_rule(reader, rule, number) for number, rule in enumerate(reader.items(top, "require"), start=1))
    tools = tuple(read_tool_rule(reader, rule, n) for n, rule in enumerate(reader.items(top, "tools"), start=1))
    return Policy(
        rules=rules or (DEFAULT_RULE,),
        roles={"anybody": ("*",), **roles},
        exclude=reader.texts(skills, "exclude"),
        tools=tools,
        written=True,
    )


def _role(reader: Reader, name: str, value: Any) -> tuple[str, ...] | None:
    return None if value == CODEOWNERS else reader.texts({name: value}, name)


def _rule(reader: Reader, value: Any, number: int) -> Rule:
    from workbench.skills.capabilities.model import KINDS

    name = f"rule {number}"
    raw = reader.mapping(value, name, ("when", "chain", "checks", "identity", "self_approval", "expires"))
    when = reader.mapping(raw.get("when"), f"'when' of {name}", ("skills", "gains"))
    return Rule(
        skills=reader.texts(when, "skills"),
        gains=_known(reader, when, "gains", KINDS, name),
        chain=tuple(_link(reader, link, name) for link in reader.items(raw, "chain")),
        checks=_known(reader, raw, "checks", CHECKS, name),
        identity=cast("Identity", reader.one_of(raw, "identity", IDENTITIES, name)),
        self_approval=reader.flag(raw, "self_approval", name) or False,
        expires=_expires(reader, raw.get("expires"), name),
    )


def _known(reader: Reader, raw: Mapping[str, Any], key: str, known: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Words out of a few. One that nobody knows would match nothing or hold never, and look like a rule."""
    words = reader.texts(raw, key)
    for word in words:
        if word not in known:
            import difflib

            near = difflib.get_close_matches(word, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"one of: {', '.join(known)}"
            what = "no capability" if key == "gains" else "no check"
            raise reader.fail(f"'{key}' of {name} names '{visible(word)}', which is {what}", hint)
    return words


def _link(reader: Reader, value: Any, name: str) -> Link:
    raw = reader.mapping(value, f"the chain of {name}", ("role", "count"))
    role, count = raw.get("role"), raw.get("count", 1)
    if not isinstance(role, str) or isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise reader.fail(f"a step in the chain of {name} needs a role and a count of at least 1")
    return Link(role, count)


def _expires(reader: Reader, value: Any, name: str) -> timedelta | None:
    if value is None:
        return None
    found = re.fullmatch(r"(\d{1,5})d", str(value))
    if not found:
        raise reader.fail(f"expires of {name} is {visible(repr(value))}", "a number of days, for example 180d")
    return timedelta(days=int(found[1]))
