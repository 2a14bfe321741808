"""Where the workbench keeps its files, and the user's settings.

Settings are one YAML file, `config.yaml`, in the user's configuration folder; files there are for people to read and
edit, the workbench only reads them.
"""

import difflib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from workbench.errors import InputError

APP = "workbench"


def _xdg(kind: str, variable: str | None = None) -> Path:
    override = os.environ.get(variable) if variable else None
    if override:
        return expanded(Path(override))
    import platformdirs

    with _home_needed():
        return Path(getattr(platformdirs, f"user_{kind}_dir")(APP, appauthor=False))


def home_dir() -> Path:
    """The user's home folder.

    Raises:
        InputError: `HOME` is not set, and the system knows of none either.
    """
    with _home_needed():
        return Path.home()


def expanded(path: Path) -> Path:
    """A path that a user wrote, absolute; `~` and `~user` stand for a home folder where there is one.

    Raises:
        InputError: It is relative to a current folder that is gone.
    """
    try:
        return Path(os.path.expanduser(path)).absolute()  # noqa: PTH111 - a Path raises for an unknown user
    except FileNotFoundError as error:
        raise InputError("the current folder does not exist any more", remedy="cd to one that does") from error


@contextmanager
def _home_needed() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise InputError(
            "this user has no home folder", remedy="set HOME, or WORKBENCH_DATA and WORKBENCH_CONFIG"
        ) from error


def data_dir() -> Path:
    """The folder of the store and the personal library; `WORKBENCH_DATA` overrides it."""
    return _xdg("data", "WORKBENCH_DATA")


def config_dir() -> Path:
    """The folder of `config.yaml` and the user's own `themes/`; `WORKBENCH_CONFIG` overrides it."""
    return _xdg("config", "WORKBENCH_CONFIG")


def cache_dir() -> Path:
    """The folder of what can be fetched again; `WORKBENCH_CACHE` overrides it."""
    return _xdg("cache", "WORKBENCH_CACHE")


def store_path() -> Path:
    """The SQLite file that holds what happened."""
    return data_dir() / "workbench.db"


def personal_library() -> Path:
    """The git library that `workbench adopt` fills."""
    return data_dir() / "library"


def bundled(kind: str) -> Path:
    """The folder of bundled `skills` or `themes`: inside an installed wheel, or beside the package in a checkout."""
    package = Path(__file__).parent
    installed = package / "_bundled" / kind
    return installed if installed.is_dir() else package.parent / kind


@dataclass(frozen=True)
class Settings:
    """What the user chose; every field is a key of `config.yaml`.

    Attributes:
        theme: Name of the theme to start with.
        diff: How a diff opens: `auto` (by width), `unified` or `split`.
        library: The library to open when the current folder has no skills.
        sign: Whether verdicts are signed with an SSH key: `always`, `never`, or `auto`, where the policy demands it.
        keymap: Keys by command id, overriding the registry's, for example `{review.approve: "ctrl+y"}`.
        models: Models by the user's own names for them; `testing.models.spec` reads what is in each.
    """

    theme: str = "workbench-dark"
    diff: str = "auto"
    library: str | None = None
    sign: str = "auto"
    keymap: dict[str, str] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)


_CHOICES = {"diff": ("auto", "unified", "split"), "sign": ("auto", "always", "never")}


def load_settings(path: Path | None = None) -> Settings:
    """The user's settings; the defaults where there is no file.

    Raises:
        InputError: The file is not a YAML mapping, or has an unknown key or a value of the wrong type.
    """
    path = path or config_dir() / "config.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the settings can't be read: {error}", where=str(path)) from error
    import yaml

    try:
        raw = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise InputError(f"the settings are not YAML: {error}", where=str(path)) from error
    return _settings({} if raw is None else raw, path)


def _settings(raw: Any, path: Path) -> Settings:
    if not isinstance(raw, dict):
        raise InputError("the settings have to be a mapping of keys to values", where=str(path))
    known = {f.name for f in fields(Settings)}
    for key, value in raw.items():
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(sorted(known))}"
            raise InputError(f"unknown setting '{key}'", where=str(path), remedy=hint)
        _check_type(key, value, path)
    return Settings(**raw)


def _check_type(key: str, value: Any, path: Path) -> None:
    if key == "keymap":
        if not (isinstance(value, dict) and all(isinstance(k, str) and isinstance(v, str) for k, v in value.items())):
            raise InputError("'keymap' has to map command ids to keys", where=str(path))
    elif key == "models":
        _check_models(value, path)
    elif not isinstance(value, str):
        raise InputError(f"'{key}' has to be text", where=str(path))
    elif key in _CHOICES and value not in _CHOICES[key]:
        raise InputError(f"'{key}' is '{value}'", where=str(path), remedy=f"one of: {', '.join(_CHOICES[key])}")


def _check_models(value: Any, path: Path) -> None:
    if not (isinstance(value, dict) and all(isinstance(k, str) and isinstance(v, dict) for k, v in value.items())):
        example = "models: {fast: {provider: anthropic, model: claude-haiku-4-5}}"
        raise InputError("'models' has to map names to mappings", where=str(path), remedy=f"for example {example}")
