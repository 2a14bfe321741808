"""`agents/openai.yaml`, in which a skill tells Codex how to show it, which tools it needs and when to start it.

Source: openai/codex, codex-rs/core-skills/src/loader.rs, 2026. Codex ignores the whole file where a value has another
type than it reads, and single values where they are empty, too long or of another form.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.skills.bounded_yaml import Loaded, YamlError, load
from workbench.skills.client_fields import kind_of
from workbench.skills.codes import problem
from workbench.skills.model import Problem
from workbench.text import truncate, visible

OPENAI_FILE = "agents/openai.yaml"
MAX_BYTES = 256 << 10

_LONG = 1_024
_INTERFACE = {
    "display_name": 64, "short_description": _LONG, "icon_small": _LONG, "icon_large": _LONG, "brand_color": 7,
    "default_prompt": _LONG,
}  # fmt: skip
_TOOL = {"type": 64, "value": _LONG, "description": _LONG, "transport": 64, "command": _LONG, "url": _LONG}
_PRODUCTS = ("chatgpt", "codex", "atlas")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True, slots=True)
class OpenAiYaml:
    """What Codex takes from the file; empty where it ignores it.

    Attributes:
        interface: How the skill is shown: texts by their keys.
        tools: The tools it needs: texts by their keys, `type` and `value` among them.
        implicit: Whether the model may start it; None if the file does not say.
        products: Where it is offered; empty for everywhere.
    """

    interface: Mapping[str, str] = field(default_factory=dict)
    tools: tuple[Mapping[str, str], ...] = ()
    implicit: bool | None = None
    products: tuple[str, ...] = ()


def read_openai_yaml(data: bytes, present: Collection[str] = ()) -> tuple[OpenAiYaml, tuple[Problem, ...]]:
    """What the bytes of the file say, and what is wrong with them; never raises.

    Args:
        data: The file.
        present: Paths of the skill's files, for its icons.
    """
    if len(data) > MAX_BYTES:
        return OpenAiYaml(), (problem("openai-yaml-unreadable", f"it is larger than {MAX_BYTES >> 10} KiB"),)
    try:
        loaded = load(data.decode("utf-8-sig"), core=True)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return OpenAiYaml(), (problem("openai-yaml-unreadable", "it is not UTF-8", line=line),)
    except YamlError as error:
        what = f"it is not YAML: {error.what}"
        return OpenAiYaml(), (problem("openai-yaml-unreadable", what, line=error.line, column=error.column),)
    reader = _Reader(loaded, frozenset(present))
    result = reader.read()
    # One value of a wrong type, and Codex reads none of them.
    broken = any(one.code == "openai-yaml-type" for one in reader.problems)
    return OpenAiYaml() if broken else result, tuple(reader.problems)


class _Reader:
    """One file while it is read."""

    def __init__(self, loaded: Loaded, present: frozenset[str]) -> None:
        self.loaded = loaded
        self.present = present
        self.problems: list[Problem] = []

    def read(self) -> OpenAiYaml:
        for twice in self.loaded.duplicates:
            what = f"'{_short(twice.key)}' stands twice (first in line {twice.first_line})"
            self.problems.append(problem("openai-yaml-type", what, line=twice.line, column=twice.column))
        top = self._mapping(self.loaded.value, (), ("interface", "dependencies", "policy"))
        interface = self._texts(top.get("interface"), ("interface",), _INTERFACE)
        dependencies = self._mapping(top.get("dependencies"), ("dependencies",), ("tools",))
        policy = self._mapping(top.get("policy"), ("policy",), ("allow_implicit_invocation", "products"))
        implicit = policy.get("allow_implicit_invocation")
        if implicit is not None and not isinstance(implicit, bool):
            self._type(("policy", "allow_implicit_invocation"), "true or false", implicit)
        return OpenAiYaml(
            {key: text for key, text in interface.items() if self._shows(key, text)},
            tuple(self._tools(dependencies.get("tools"))),
            implicit if isinstance(implicit, bool) else None,
            tuple(self._products(policy.get("products"))),
        )

    def _tools(self, value: Any) -> Iterator[Mapping[str, str]]:
        for at, entry in enumerate(self._list(value, ("dependencies", "tools"))):
            place = ("dependencies", "tools", at)
            texts = self._texts(entry, place, _TOOL)
            lacking = [key for key in ("type", "value") if key not in texts]
            if lacking and isinstance(entry, dict):
                self._say("openai-yaml-value", place, f"a tool without '{lacking[0]}' is ignored")
            elif not lacking:
                yield texts

    def _products(self, value: Any) -> Iterator[str]:
        for at, name in enumerate(self._list(value, ("policy", "products"))):
            if not isinstance(name, str) or name.lower() not in _PRODUCTS:
                what = f"'{_short(str(name))}' is no product; Codex knows {', '.join(_PRODUCTS)}"
                self._say("openai-yaml-type", ("policy", "products", at), what)
            else:
                yield name.lower()

    def _shows(self, key: str, text: str) -> bool:
        """Whether Codex shows this value of the interface."""
        place = ("interface", key)
        if key == "brand_color" and not _COLOUR.fullmatch(text.strip()):
            self._say("openai-yaml-value", place, f"the colour '{_short(text)}' is not of the form #RRGGBB")
            return False
        if not key.startswith("icon_"):
            return True
        path = text.removeprefix("./")
        if path.startswith("/") or ".." in path.split("/") or not path.startswith("assets/"):
            self._say("openai-yaml-value", place, f"the icon '{_short(text)}' is not below assets/")
            return False
        if path not in self.present:
            self._say("openai-yaml-value", place, f"the icon '{_short(text)}' does not exist")
        return True

    def _texts(self, value: Any, place: tuple[str | int, ...], limits: Mapping[str, int]) -> dict[str, str]:
        """The texts of a mapping, without those that are empty or too long."""
        texts = {}
        for key, text in self._mapping(value, place, tuple(limits)).items():
            here = (*place, key)
            if key not in limits or text is None:
                continue
            if not isinstance(text, str):
                self._type(here, "text", text)
            elif not text.strip():
                self._say("openai-yaml-value", here, f"'{key}' is empty")
            elif len(" ".join(text.split())) > limits[key] and key != "brand_color":
                self._say("openai-yaml-value", here, f"'{key}' has more than {limits[key]:,} characters")
            else:
                texts[key] = text
        return texts

    def _mapping(self, value: Any, place: tuple[str | int, ...], known: tuple[str, ...]) -> Mapping[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._type(place, "a mapping", value)
            return {}
        for key in value:
            if key not in known:
                what = f"Codex does not know '{_short(key)}'; it knows {', '.join(known)}"
                self._say("openai-yaml-unknown", (*place, key), what)
        return value

    def _list(self, value: Any, place: tuple[str | int, ...]) -> list[Any]:
        if value is not None and not isinstance(value, list):
            self._type(place, "a list", value)
        return value if isinstance(value, list) else []

    def _type(self, place: tuple[str | int, ...], wanted: str, value: Any) -> None:
        name = ".".join(str(part) for part in place if isinstance(part, str)) or "the file"
        self._say("openai-yaml-type", place, f"'{_short(name)}' has to be {wanted}, not {kind_of(value)}")

    def _say(self, code: str, place: tuple[str | int, ...], message: str) -> None:
        line = self.loaded.line(*place)
        self.problems.append(problem(code, message, line=line, column=self.loaded.columns.get(place)))


def _short(text: str) -> str:
    return truncate(visible(text), 60)
