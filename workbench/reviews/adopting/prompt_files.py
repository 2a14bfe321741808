"""Finding prompt templates: YAML files that are a mapping with a `prompt_template`."""

import os
from collections.abc import Iterator
from pathlib import Path

from workbench.skills.bounded_yaml import Loaded, YamlError, load

SUFFIXES = (".yaml", ".yml")
MAX_BYTES = 512 << 10
MAX_FILES = 2_000
MAX_DEPTH = 6

KEY = "prompt_template"
_NEVER = frozenset({".git", "node_modules", "__pycache__", ".venv", "venv"})


def is_prompt(file: Path) -> bool:
    """Whether a file is a prompt template, whatever its name; what can't be read is not."""
    return fault(file) is None


def fault(file: Path) -> str | None:
    """Why a file is no prompt template; None for one that is."""
    try:
        loaded = parse(file)
    except YamlError as error:
        return f"line {error.line}: {error.what}"
    except OSError as error:
        return f"it can't be read: {error.strerror}"
    except UnicodeDecodeError:
        return "it is not UTF-8"
    is_prompt = isinstance(loaded.value, dict) and KEY in loaded.value
    return None if is_prompt else f"it is no mapping with a '{KEY}'"


def below(folder: Path) -> Iterator[Path]:
    """The prompt templates in a folder and below it, in the order of their names; bounded, following no link."""
    yield from (file for file in yaml_files(folder) if is_prompt(file))


def yaml_files(folder: Path) -> Iterator[Path]:
    """The YAML files in a folder and below it: at most `MAX_FILES`, at most `MAX_DEPTH` folders down."""
    count = 0
    waiting = [(folder, 0)]
    while waiting:
        at, depth = waiting.pop(0)
        try:
            with os.scandir(at) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and entry.name not in _NEVER and depth < MAX_DEPTH:
                waiting.append((Path(entry.path), depth + 1))
            elif entry.is_file(follow_symlinks=False) and entry.name.lower().endswith(SUFFIXES):
                count += 1
                if count > MAX_FILES:
                    return
                yield Path(entry.path)


def parse(file: Path) -> Loaded:
    """The YAML of a file.

    Raises:
        OSError: It can't be read.
        UnicodeDecodeError: It is not UTF-8.
        YamlError: It is no YAML that can be read, or larger than `MAX_BYTES`.
    """
    # A pipe or a device would never end, or wait for ever.
    if not file.is_file():
        raise OSError(None, "it is not a regular file")
    with file.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise YamlError(f"the file is larger than {MAX_BYTES >> 10} KiB", 1)
    return load(data.decode("utf-8-sig"))
