"""`.workbench/config.yaml`: what a library says of itself besides its policy; it is approved together with that.

```yaml
schema: 1
generated:
  skills/api-client:                  # a skill's path, or a pattern of several
    from: [openapi.yaml, templates/]  # what it is made of: paths or patterns, relative to the library
    by: [python3, tools/make.py]      # what makes it, run at the library's top
```
"""

import json
import posixpath
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import InputError
from workbench.policy.reader import Reader
from workbench.policy.rules import POLICY_FOLDER
from workbench.skills.globs import first_match, matches
from workbench.text import visible

CONFIG_FILE = f"{POLICY_FOLDER}/config.yaml"
SCHEMA = 1
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Recipe:
    """How skills are made.

    Attributes:
        skills: The pattern of their paths.
        sources: Patterns of what they are made of, relative to the library.
        by: The command that makes them.
    """

    skills: str
    sources: tuple[str, ...]
    by: tuple[str, ...]

    @property
    def patterns(self) -> tuple[str, ...]:
        """All that a run depends on: the sources, and what the command names, where the library has such a file."""
        inside = (word for word in self.by if not word.startswith(("-", "/")) and ".." not in word.split("/"))
        named = (posixpath.normpath(word) for word in inside if word.strip("./"))
        return (*self.sources, *(word if "/" in word else f"/{word}" for word in named))

    def is_input(self, path: str) -> bool:
        """Whether a file of the library is one of them."""
        return first_match(self.patterns, path) is not None

    def to_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {"skills": self.skills, "from": list(self.sources), "by": list(self.by)}

    def identity(self) -> bytes:
        """What tells it from another recipe."""
        return json.dumps(self.to_json(), sort_keys=True).encode()


def recipe_of(recipes: Sequence[Recipe], skill: str) -> Recipe | None:
    """The first recipe that makes a skill; None where none does."""
    return next((recipe for recipe in recipes if matches(recipe.skills, skill)), None)


def parse_config(data: bytes, where: str = CONFIG_FILE) -> tuple[Recipe, ...]:
    """The recipes that a library's configuration holds.

    Raises:
        InputError: It is not YAML, or says something that is not understood.
    """
    from workbench.skills import bounded_yaml

    reader = Reader(where, "the library's configuration")
    if len(data) > _MOST_BYTES:
        raise reader.fail("it is larger than 1 MiB")
    try:
        loaded = bounded_yaml.load(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise reader.fail("it is not UTF-8") from error
    except bounded_yaml.YamlError as error:
        what = f"the library's configuration is not YAML that can be read: {error.what}"
        raise InputError(what, where=f"{where}:{error.line}") from error
    if loaded.duplicates:
        twice = loaded.duplicates[0]
        raise reader.fail(f"'{visible(twice.key)}' stands on line {twice.first_line} and again on line {twice.line}")
    top = reader.mapping(loaded.value, "it", ("schema", "generated"))
    if top.get("schema", SCHEMA) != SCHEMA:
        raise reader.fail(f"its schema is {visible(repr(top['schema']))}", f"schema: {SCHEMA}")
    generated = reader.any_mapping(top.get("generated"), "'generated'")
    return tuple(_recipe(reader, skills, value) for skills, value in generated.items())


def _recipe(reader: Reader, skills: str, value: Any) -> Recipe:
    name = f"the recipe of '{visible(skills)}'"
    raw = reader.mapping(value, name, ("from", "by"))
    sources = _paths(reader, raw.get("from"), name)
    if "by" in raw and isinstance(raw["by"], str):
        try:
            by = tuple(shlex.split(raw["by"]))
        except ValueError as error:
            raise reader.fail(f"'by' of {name} is no command: {error}") from error
    else:
        by = reader.texts(raw, "by")
    if not by:
        raise reader.fail(f"{name} has no command", "by: [python3, tools/make.py]")
    return Recipe(posixpath.normpath(skills.strip("/") or "."), sources, by)


def _paths(reader: Reader, value: Any, name: str) -> tuple[str, ...]:
    """Patterns of paths inside the library."""
    paths = (value,) if isinstance(value, str) else reader.texts({"from": value}, "from")
    if not paths:
        raise reader.fail(f"{name} says nothing that it is made of", "from: [openapi.yaml, templates/]")
    for path in paths:
        if path.startswith(("/", "~")) or ".." in path.split("/") or not path.strip("./"):
            what = f"'from' of {name} names '{visible(path)}', which is not inside the library"
            raise reader.fail(what, "a path or a pattern relative to the library's top")
    plain = (f"{posixpath.normpath(path)}{'/' if path.endswith('/') else ''}" for path in paths)
    return tuple(path if "/" in path.rstrip("/") else f"/{path}" for path in plain)
