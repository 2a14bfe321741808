"""Which version a change asks for: patch for words and fixes, minor for what is new, major for what breaks or may more.

What uses a skill relies on its name, its tools with their arguments, and its scripts; who approved it relies on what it
may do. Whatever takes one of these away, or widens the last, is major.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from workbench.reviews.described import Described, is_code
from workbench.skills import allowed_tools
from workbench.skills.capabilities import CAPABILITIES, compare
from workbench.skills.capabilities.words import heading
from workbench.skills.model import SKILL_FILE
from workbench.skills.versions import Version, parse_version
from workbench.text import plural, truncate, visible
from workbench.tools.manifest import MANIFEST
from workbench.tools.model import Tool

Level = Literal["none", "patch", "minor", "major"]

LEVELS: tuple[Level, ...] = ("none", "patch", "minor", "major")
ROUTING = (
    "name", "description", "when_to_use", "paths", "disable-model-invocation", "user-invocable", "argument-hint",
)  # fmt: skip
"""The keys that decide when an agent takes a skill up, or who may start it."""

_TELLING = ("description", "when_to_use", "argument-hint")
_SHOWN = 60
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that changed, and how much of a step it alone would be; the text is made visible."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Bump:
    """The version that a change asks for.

    Attributes:
        level: The greatest of the reasons' levels; `none` where nothing changed.
        reasons: What changed, the greatest first.
        before: The version before, as written; None where there was none.
        version: The version that the change asks for at least; None where there was none before.
        declared: The version that the skill says it has now, as written.
        enough: Whether `declared` is at least `version`; True where nothing is asked for.
    """

    level: Level
    reasons: tuple[Reason, ...] = ()
    before: str | None = None
    version: str | None = None
    declared: str | None = None
    enough: bool = True

    def to_json(self) -> dict[str, Any]:
        """The contract of `version suggest --json` and of the card's `bump`."""
        return {
            "level": self.level,
            "version": self.version,
            "before": self.before,
            "declared": self.declared,
            "enough": self.enough,
            "reasons": [{"level": reason.level, "text": reason.text} for reason in self.reasons],
        }


def suggest(before: Described, after: Described) -> Bump:
    """Which version the change from `before` to `after` asks for, with the reasons."""
    found = [*_fields(before, after), *_tools(before.tools, after.tools), *_abilities(before, after)]
    found += _files(before, after)
    if not found and before.contents != after.contents:
        data = sorted(path for path in {**before.contents, **after.contents} if _is_other_data(path, before, after))
        found = [Reason("patch", f"data changed: {_list(data)}" if data else "words only")]
    reasons = tuple(sorted(dict.fromkeys(found), key=lambda reason: -LEVELS.index(reason.level)))
    level = reasons[0].level if reasons else "none"
    return _versioned(Bump(level, reasons, before.skill.version, declared=after.skill.version))


def next_version(version: Version, level: Level) -> Version:
    """The first version that is a step of this level after another; a pre-release becomes its release if that will do.

    Below 1.0.0 nothing was promised, so that what breaks asks for a minor step there (semver.org, item 4).
    """
    major, minor, patch = version.numbers
    if level == "none":
        return version
    if major == 0 and level == "major":
        level = "minor"
    if level == "major":
        numbers = (major, 0, 0) if version.pre and not (minor or patch) else (major + 1, 0, 0)
    elif level == "minor":
        numbers = (major, minor, 0) if version.pre and not patch else (major, minor + 1, 0)
    else:
        numbers = (major, minor, patch) if version.pre else (major, minor, patch + 1)
    return Version(numbers)


def _versioned(bump: Bump) -> Bump:
    was = parse_version(bump.before) if bump.before else None
    if was is None:
        return bump
    wanted = next_version(was, bump.level)
    declared = parse_version(bump.declared) if bump.declared else None
    return replace(bump, version=str(wanted), enough=declared is not None and declared >= wanted)


def _fields(before: Described, after: Described) -> Iterator[Reason]:
    """What the frontmatter says to agents and clients."""
    if before.skill.name != after.skill.name:
        yield Reason("major", f"renamed from {_short(before.skill.name)} to {_short(after.skill.name)}")
    for key in ROUTING:
        if key != "name" and before.fields.get(key) != after.fields.get(key):
            how = "changed" if key in before.fields and key in after.fields else ""
            how = how or ("added" if key in after.fields else "removed")
            yield Reason("minor" if key in _TELLING else "major", f"{key} {how}")
    old, new = _allowed(before), _allowed(after)
    if wider := [tool for tool in new if tool not in old]:
        yield Reason("major", f"may use without asking: {_list(wider)}")
    if narrower := [tool for tool in old if tool not in new]:
        yield Reason("minor", f"may no longer use without asking: {_list(narrower)}")


def _allowed(one: Described) -> list[str]:
    return [tool.text for tool in allowed_tools.parse(one.fields.get("allowed-tools"))]


def _tools(before: Mapping[str, Tool], after: Mapping[str, Tool]) -> Iterator[Reason]:
    """The tools it offers, and their arguments."""
    for name in before:
        if name not in after:
            yield Reason("major", f"tool {_short(name)} removed")
    for name, tool in after.items():
        if name not in before:
            yield Reason("minor", f"new tool {_short(name)}")
        else:
            yield from _tool(before[name], tool)


def _tool(before: Tool, after: Tool) -> Iterator[Reason]:
    name = _short(after.name)
    old, new = _arguments(before), _arguments(after)
    needed_before, needed = _required(before), _required(after)
    for argument in old:
        if argument not in new:
            yield Reason("major", f"tool {name}: argument {_short(argument)} removed")
        elif _essence(old[argument]) != _essence(new[argument]):
            yield Reason("major", f"tool {name}: argument {_short(argument)} takes other values")
        elif old[argument] != new[argument]:
            yield Reason("patch", f"tool {name}: argument {_short(argument)} described anew")
    for argument in new:
        if argument in needed and argument not in needed_before:
            yield Reason("major", f"tool {name}: argument {_short(argument)} is required now")
        elif argument not in old:
            yield Reason("minor", f"tool {name}: new argument {_short(argument)}")
    if (before.output, before.output_schema) != (after.output, after.output_schema):
        yield Reason("major", f"tool {name}: gives something else back")
    if before.description != after.description:
        yield Reason("minor", f"tool {name}: described anew")
    if before.form != after.form:
        yield Reason("patch", f"tool {name}: runs otherwise")


def _arguments(tool: Tool) -> Mapping[str, Any]:
    found = tool.input_schema.get("properties")
    return found if isinstance(found, Mapping) else {}


def _required(tool: Tool) -> Sequence[Any]:
    found = tool.input_schema.get("required")
    return found if isinstance(found, list | tuple) else ()


def _essence(schema: Any) -> Any:
    """A schema without what is only told."""
    if not isinstance(schema, Mapping):
        return schema
    return {key: value for key, value in schema.items() if key not in ("title", "description", "examples", "default")}


def _abilities(before: Described, after: Described) -> Iterator[Reason]:
    """What it can do and could not, which may be anything where it can't be read: `allowed-tools` says the tools."""
    change = compare(before.findings, after.findings)
    kinds = (CAPABILITIES - {"tools"}) | {"unreadable"}
    gained = sorted({one.kind for one in change.gained if one.kind in kinds and one.certainty != "mention"})
    for kind in gained:
        what = [one.what for one in change.gained if one.kind == kind and one.certainty != "mention"]
        yield Reason("major", f"{heading(kind)}: {_list(what)}")


def _files(before: Described, after: Described) -> Iterator[Reason]:
    """Code that came, went or changed; files of words don't count one by one."""
    gone, came, changed = [], [], []
    for path, content in before.contents.items():
        if is_code(path, content) and not _is_test(path):
            now = after.contents.get(path)
            if now is None:
                gone.append(path)
            elif now != content:
                changed.append(path)
    for path, content in after.contents.items():
        if path not in before.contents and not _is_test(path) and is_code(path, content):
            came.append(path)
    if gone:
        yield Reason("major", f"{plural(len(gone), 'script')} removed: {_list(gone)}")
    if came:
        yield Reason("minor", f"{plural(len(came), 'new script')}: {_list(came)}")
    if changed:
        yield Reason("patch", f"code changed: {_list(changed)}")


def _is_other_data(path: str, before: Described, after: Described) -> bool:
    """Whether a file changed that is no text."""
    old, new = before.contents.get(path), after.contents.get(path)
    return old != new and any(one is not None and b"\0" in one.data for one in (old, new))


def _is_test(path: str) -> bool:
    return path.startswith(("tests/", "evals/")) or path in (SKILL_FILE, MANIFEST)


def _list(names: Sequence[str]) -> str:
    some = list(dict.fromkeys(names))
    more = f" and {len(some) - _NAMED} more" if len(some) > _NAMED else ""
    return ", ".join(_short(name) for name in some[:_NAMED]) + more


def _short(text: str) -> str:
    return truncate(visible(str(text)), _SHOWN)
