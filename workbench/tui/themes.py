"""Themes: one YAML file each, checked when they are read, so that a bad one is a message and never a crash."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config import bundled, config_dir
from workbench.errors import InputError
from workbench.text import visible

if TYPE_CHECKING:
    from textual.theme import Theme

DEFAULT = "workbench-dark"

_COLOURS = (
    "accent",
    "success",
    "warning",
    "error",
    "foreground",
    "muted",
    "background",
    "surface",
    "panel",
    "cursor",
    "border",
)
_VARIABLES = ("diff-added", "diff-added-word", "diff-removed", "diff-removed-word", "selection")
_KEYS = ("name", "description", "dark", "colours", "variables")
_MOST_BYTES = 64_000
_DARK = re.compile(r"^dark: (true|false)\n(?![ ])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """A theme as its file says it; every colour has been checked.

    Attributes:
        colours: All of accent, success, warning, error, foreground, muted (text), background, surface, panel, cursor
            (the row under the cursor) and border.
        variables: Further colours, each with a default made from the others.
    """

    name: str
    description: str
    dark: bool
    colours: Mapping[str, str]
    variables: Mapping[str, str]


def load_themes() -> tuple[dict[str, ThemeFile], tuple[InputError, ...]]:
    """The bundled themes and the user's own, by name (the user's win), and what was wrong with any file."""
    found: dict[str, ThemeFile] = {}
    wrong = []
    for path in theme_paths():
        try:
            theme = read_theme(path)
            found[theme.name] = theme
        except InputError as error:
            wrong.append(error)
    return found, tuple(wrong)


def load_theme(name: str) -> ThemeFile | None:
    """The theme of this name, reading no more files than needed: a file's name is its theme's, as a rule.

    Raises:
        InputError: The file of that name is not a theme.
    """
    for path in reversed(theme_paths()):
        if path.stem == name:
            theme = read_theme(path)
            if theme.name == name:
                return theme
    return load_themes()[0].get(name)


def theme_paths() -> list[Path]:
    """Every theme file, the bundled ones first."""
    folders = (bundled("themes"), config_dir() / "themes")
    return [path for folder in folders if folder.is_dir() for path in sorted(folder.glob("*.yaml"))]


def read_theme(path: Path) -> ThemeFile:
    """The theme in a file.

    Raises:
        InputError: It can't be read, is not YAML, lacks a colour, or has an unknown key or a value that is no colour.
    """
    where = visible(str(path))
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError("the theme is larger than a theme can be", where=where)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the theme can't be read: {visible(str(error))}", where=where) from error
    data = _mapping(_simply(text) or _parsed(text, where), "a theme", where)
    _known(data, _KEYS, "key", where)
    name = data.get("name")
    if not isinstance(name, str) or not name.replace("-", "").isalnum() or not name.isascii():
        raise InputError("'name' has to be letters, digits and hyphens", where=where)
    dark = data.get("dark", True)
    if not isinstance(dark, bool):
        raise InputError("'dark' has to be true or false", where=where)
    colours = _colours(data.get("colours"), "colours", _COLOURS, where)
    missing = [key for key in _COLOURS if key not in colours]
    if missing:
        raise InputError(f"'colours' lacks {', '.join(missing)}", where=where, remedy="copy one of the bundled themes")
    variables = _colours(data.get("variables", {}), "variables", _VARIABLES, where)
    return ThemeFile(name, visible(str(data.get("description", ""))), dark, colours, variables)


def _simply(text: str) -> dict[str, Any] | None:
    """A theme written as the bundled ones are, read without a parser of YAML: the first screen waits for it."""
    from workbench.skills.simple_yaml import read_simple

    dark = _DARK.findall(text)
    simple = read_simple(_DARK.sub("", text)) if len(dark) == 1 else None
    return {**simple.value, "dark": dark[0] == "true"} if simple and "dark" not in simple.value else None


def _parsed(text: str, where: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"the theme is not YAML: {visible(str(error))}", where=where) from error


def _colours(raw: Any, key: str, known: tuple[str, ...], where: str) -> dict[str, str]:
    from textual.color import Color, ColorParseError

    given = _mapping(raw, f"'{key}'", where)
    _known(given, known, "colour", where)
    for name, value in given.items():
        try:
            if not isinstance(value, str) or value.startswith(("auto", "ansi")):
                raise InputError(f"'{name}' is no colour: {visible(str(value))}", where=where, remedy="write '#rrggbb'")
            Color.parse(value)
        except ColorParseError as error:
            raise InputError(
                f"'{name}' is no colour: {visible(value)}", where=where, remedy="write '#rrggbb'"
            ) from error
    return given


def _mapping(raw: Any, what: str, where: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise InputError(f"{what} has to be a mapping of keys to values", where=where)
    return {str(key): value for key, value in raw.items()}


def _known(data: Mapping[str, Any], known: tuple[str, ...], noun: str, where: str) -> None:
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
            raise InputError(f"unknown {noun} '{visible(key)}'", where=where, remedy=hint)


def css_variables(theme: ThemeFile) -> dict[str, str]:
    """What a theme gives the style sheets, over what Textual derives: texts in exactly the colours of the file."""
    from textual.color import Color

    colour = theme.colours
    background, strong, weak = Color.parse(colour["background"]), (0.30, 0.30), (0.13, 0.13)

    def over(name: str, share: float) -> str:
        return background.blend(Color.parse(colour[name]), share).hex

    return {
        "cursor": colour["cursor"],
        "selection": over("accent", 0.35),
        "diff-added": over("success", weak[0]),
        "diff-added-word": over("success", strong[0]),
        "diff-removed": over("error", weak[1]),
        "diff-removed-word": over("error", strong[1]),
        **theme.variables,
        "text": colour["foreground"],
        "text-muted": colour["muted"],
        "text-disabled": colour["muted"],
        "text-accent": colour["accent"],
        "text-primary": colour["accent"],
        "text-secondary": colour["accent"],
        "text-success": colour["success"],
        "text-warning": colour["warning"],
        "text-error": colour["error"],
        "border": colour["border"],
        "border-blurred": colour["border"],
        "foreground-muted": colour["muted"],
        "block-cursor-background": colour["cursor"],
        "block-cursor-foreground": colour["foreground"],
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": colour["panel"],
        "block-cursor-blurred-foreground": colour["foreground"],
        "block-hover-background": colour["panel"],
        "input-cursor-background": colour["foreground"],
        "input-cursor-foreground": colour["background"],
        "input-selection-background": over("accent", 0.35),
        "screen-selection-background": over("accent", 0.35),
        "button-foreground": colour["foreground"],
        "button-color-foreground": colour["background"],
        "button-focus-text-style": "bold underline",
    }


def textual_theme(theme: ThemeFile) -> "Theme":
    """The theme in the form that Textual takes."""
    from textual.theme import Theme

    colour = theme.colours
    return Theme(
        name=theme.name,
        primary=colour["accent"],
        secondary=colour["accent"],
        accent=colour["accent"],
        success=colour["success"],
        warning=colour["warning"],
        error=colour["error"],
        foreground=colour["foreground"],
        background=colour["background"],
        surface=colour["surface"],
        panel=colour["panel"],
        dark=theme.dark,
        variables=css_variables(theme),
    )
