"""The cases of a skill, from `tests/*.yaml` inside it, with the line of whatever is wrong."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.bounded_yaml import Loaded, YamlError, load
from workbench.skills.model import ROOT_ID, Problem, Skill
from workbench.testing.fields import FieldError, read_case
from workbench.testing.model import Case
from workbench.text import truncate, visible

FOLDER = "tests"
MAX_FILES = 200
MAX_FILE = 512 << 10
MAX_CASES = 2_000

_SUFFIXES = (".yaml", ".yml")


def load_cases(root: Path, skill: Skill) -> tuple[tuple[Case, ...], tuple[Problem, ...]]:
    """The cases of a skill in the order of their files, and what is wrong; a case that is wrong is not among them.

    A skill without a `tests` folder has no cases and no problems.
    """
    prefix = "" if skill.id == ROOT_ID else f"{skill.id}/"
    try:
        folder = Path(files.folder_of(root, skill.id))
        names = _names(folder)
    except FileNotFoundError:
        return (), ()
    except (OSError, InputError) as error:
        return (), (Problem("error", "tests-unreadable", _why(error), f"{prefix}{FOLDER}"),)
    cases: list[Case] = []
    problems: list[Problem] = []
    for name in names[:MAX_FILES]:
        path = f"{prefix}{FOLDER}/{name}"
        try:
            text = _text(folder, name)
        except (OSError, InputError) as error:
            problems.append(Problem("error", "cases-unreadable", _why(error), path))
            continue
        found, wrong = parse_cases(text, path)
        cases += found
        problems += wrong
    if len(names) > MAX_FILES:
        message = f"there are {len(names):,} files of cases; only the first {MAX_FILES} are read"
        problems.append(Problem("error", "too-many-cases", message, f"{prefix}{FOLDER}"))
    kept, repeated = _unique(cases)
    return kept, (*problems, *repeated)


def parse_cases(text: str, path: str) -> tuple[list[Case], list[Problem]]:
    """The cases of one file; `path` is the file's, relative to the library."""
    try:
        loaded = load(text)
    except YamlError as error:
        return [], [Problem("error", "cases-yaml", f"not YAML that can be read: {error.what}", path, error.line)]
    problems = [
        Problem("error", "duplicate-key", f"'{truncate(visible(twice.key), 60)}' stands twice", path, twice.line)
        for twice in loaded.duplicates
    ]
    if problems:
        return [], problems
    try:
        entries = _entries(loaded)
    except FieldError as error:
        return [], [Problem("error", error.code, error.message, path, loaded.line(*error.place))]
    cases = []
    for at, entry in enumerate(entries):
        try:
            cases.append(read_case(entry, at, loaded, path))
        except FieldError as error:
            problems.append(Problem("error", error.code, error.message, path, loaded.line(*error.place)))
    return cases, problems


def _entries(loaded: Loaded) -> list[object]:
    value = loaded.value
    if not isinstance(value, dict) or not isinstance(value.get("cases"), list):
        raise FieldError((), "cases-missing", "the file has to have a list under 'cases'")
    for key in value:
        if key != "cases":
            message = f"'{truncate(visible(key), 60)}' is not known here; only 'cases' is"
            raise FieldError((key,), "unknown-key", message)
    if len(value["cases"]) > MAX_CASES:
        raise FieldError(("cases",), "too-many-cases", f"there are more than {MAX_CASES:,} cases")
    return list(value["cases"])


def _names(folder: Path) -> list[str]:
    tests = folder / FOLDER
    mode = tests.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise InputError("the folder of cases is a link; it is not followed")
    if not stat.S_ISDIR(mode):
        return []
    return sorted(name for name in os.listdir(tests) if name.endswith(_SUFFIXES))  # noqa: PTH208 - names, not paths


def _text(folder: Path, name: str) -> str:
    data = files.read_inside(folder, f"{FOLDER}/{name}", MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise InputError(f"the file is larger than {MAX_FILE >> 10} KiB; split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"line {line} is not UTF-8; save the file as UTF-8") from error


def _unique(cases: list[Case]) -> tuple[tuple[Case, ...], Iterator[Problem]]:
    first: dict[str, Case] = {}
    repeated = []
    for case in cases:
        if (earlier := first.setdefault(case.name, case)) is not case:
            where = f"{earlier.path}:{earlier.line}"
            message = f"a case named '{truncate(visible(case.name), 80)}' already stands in {visible(where)}"
            repeated.append(Problem("error", "name-repeated", message, case.path, case.line))
    return tuple(first.values()), iter(repeated)


def _why(error: OSError | InputError) -> str:
    if isinstance(error, InputError):
        return error.what
    return f"it can't be read: {truncate(visible(error.strerror or 'unknown reason'), 80)}"
