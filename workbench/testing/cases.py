"""The cases of a skill, from `tests/*.yaml` inside it, with the line of whatever is wrong."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from workbench.errors import InputError
from workbench.skills import files
from workbench.skills.bounded_yaml import Loaded, YamlError, load
from workbench.skills.model import ROOT_ID, Problem, Skill
from workbench.skills.naming import near
from workbench.testing.fields import read_case
from workbench.testing.matrix import expand
from workbench.testing.model import Case
from workbench.testing.shapes import WrongError, shown, wrong
from workbench.text import truncate, visible

FOLDER = "tests"
MAX_FILES = 200
MAX_FILE = 512 << 10
MAX_CASES = 2_000
MAX_VALUES = 200_000

_SUFFIXES = (".yaml", ".yml")


def load_cases(root: Path, skill: Skill) -> tuple[tuple[Case, ...], tuple[Problem, ...]]:
    """The cases of a skill in the order of their files, and what is wrong; a case that is wrong is not among them.

    A skill without a `tests` folder has no cases and no problems.
    """
    prefix = "" if skill.id == ROOT_ID else f"{skill.id}/"
    if files.lacks(root, skill.id, FOLDER):
        return (), ()
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
    """The cases of one file, those of a matrix one by one; `path` is the file's, relative to the library."""
    try:
        loaded = load(text, most_values=MAX_VALUES)
    except YamlError as error:
        what = f"not YAML that can be read: {error.what}"
        return [], [Problem("error", "cases-yaml", what, path, error.line, error.column)]
    problems = [
        Problem("error", "duplicate-key", f"{shown(twice.key)} stands twice", path, twice.line, twice.column)
        for twice in loaded.duplicates
    ]
    if problems:
        return [], problems
    try:
        entries = _entries(loaded)
    except WrongError as error:
        return [], _problems(error, loaded, path)
    cases: list[Case] = []
    positions = _positions(loaded, len(entries))
    for at, entry in enumerate(entries):
        place = ("cases", at)
        try:
            variants = expand(entry, place) if isinstance(entry, dict) else [entry]
            cases += [read_case(one, place, path, positions[at]) for one in variants]
        except WrongError as error:
            problems += _problems(error, loaded, path)
    return cases, problems


def _entries(loaded: Loaded) -> list[object]:
    value = loaded.value
    if not isinstance(value, dict) or not isinstance(value.get("cases"), list):
        raise wrong((), "cases-missing", "the file has to have a list under 'cases'")
    for key in value:
        if key != "cases":
            hint = near(key, ("cases",)) or "only 'cases' is"
            raise wrong((key,), "unknown-key", f"{shown(key)} is not known here; {hint}")
    if (count := len(value["cases"])) > MAX_CASES:
        message = f"there are {count:,} cases, at most {MAX_CASES:,} are read from one file; split it"
        raise wrong(("cases",), "too-many-cases", message)
    return list(value["cases"])


def _positions(loaded: Loaded, count: int) -> list[dict[str, tuple[int, int]]]:
    """Line and column of each part of each case, by dotted place; under `""` of the case itself."""
    found: list[dict[str, tuple[int, int]]] = [{} for _ in range(count)]
    for place, line in loaded.lines.items():
        if len(place) > 1 and isinstance(at := place[1], int):
            found[at][".".join(map(str, place[2:]))] = line, loaded.columns.get(place, 1)
    return found


def _problems(error: WrongError, loaded: Loaded, path: str) -> list[Problem]:
    problems = []
    for one in error.found:
        place = one.place
        while place and place not in loaded.lines:
            place = place[:-1]
        line, column = loaded.lines.get(place), loaded.columns.get(place)
        problems.append(Problem("error", one.code, one.message, path, line, column))
    return problems


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
            repeated.append(Problem("error", "name-repeated", message, case.path, case.line, case.column))
    return tuple(first.values()), iter(repeated)


def _why(error: OSError | InputError) -> str:
    if isinstance(error, InputError):
        return error.what
    return f"it can't be read: {truncate(visible(error.strerror or 'unknown reason'), 80)}"
