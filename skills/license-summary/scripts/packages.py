"""Finds the packages that a project declares or has installed, and what they say about their licence."""

import email.parser
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

MAX_BYTES = 64 * 1024 * 1024
MAX_FOLDERS = 200_000
SKIPPED = frozenset({".git", ".hg", ".svn", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache"})
REQUIREMENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
PINNED = re.compile(r"===?\s*([^\s,;#]+)")
CLASSIFIER = "License :: "
DEV_GROUPS = re.compile(r"dev|test|lint|doc|typing|build", re.IGNORECASE)


class FormatError(Exception):
    """A file of a package manager can't be understood."""


@dataclass(frozen=True)
class Package:
    """A package as one source describes it.

    Attributes:
        version: Empty where the source does not say; so is `licence`.
        dev: Whether it is needed only for development; None where the source does not say.
    """

    ecosystem: str
    name: str
    version: str = ""
    licence: str = ""
    declared: bool = False
    dev: bool | None = None
    source: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same package: Python names are compared without case, `-`, `_` and `.`."""
        name = re.sub(r"[-_.]+", "-", self.name).lower() if self.ecosystem == "python" else self.name
        return self.ecosystem, name


@dataclass
class Inventory:
    """All packages of a project, with the files that told of them and those that could not be read."""

    packages: list[Package] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    problems: list[dict[str, str]] = field(default_factory=list)

    def merged(self) -> list[Package]:
        """One entry for each package and version; what is only declared joins the version that is installed."""
        found: dict[tuple[str, str, str], Package] = {}
        for package in sorted((p for p in self.packages if p.version), key=strength):
            key = (*package.key, package.version)
            found[key] = joined(found[key], package) if key in found else package
        versions: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
        for key in found:
            versions.setdefault(key[:2], []).append(key)
        for package in (p for p in self.packages if not p.version):
            keys = versions.get(package.key, [(*package.key, "")])
            for key in keys:
                found[key] = joined(found[key], package) if key in found else package
        return sorted(found.values(), key=lambda p: (p.ecosystem, p.key, p.version))


def strength(package: Package) -> tuple[bool, bool, str]:
    """The order in which sources are believed: with a licence before without, installed before declared."""
    return (not package.licence, package.declared, package.source)


def joined(first: Package, second: Package) -> Package:
    """Two descriptions of one package; the first is believed, the second fills gaps."""
    knows = [package.dev for package in (first, second) if package.dev is not None]
    return replace(
        first,
        licence=first.licence or second.licence,
        source=first.source if first.licence or not second.licence else second.source,
        declared=first.declared or second.declared,
        dev=all(knows) if knows else None,
    )


def take_inventory(root: Path) -> Inventory:
    """Look through a project's folder, without following links."""
    inventory = Inventory()
    for seen, (folder, folders, files) in enumerate(os.walk(root)):
        if seen == MAX_FOLDERS:
            inventory.problems.append({"path": ".", "reason": f"stopped after {MAX_FOLDERS:,} folders"})
            break
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        place = Path(folder)
        for name in sorted(files):
            reader = reader_of(place / name, root)
            if reader is not None:
                read_file(place / name, root, reader, inventory)
    return inventory


Reader = Callable[[bytes], Iterable[Package]]


def reader_of(path: Path, root: Path) -> Reader | None:
    """The function that understands a file; None for a file that tells nothing."""
    parts = path.relative_to(root).parts
    if path.name == "METADATA" and path.parent.name.endswith(".dist-info"):
        return read_metadata
    inside = "node_modules" in parts or "site-packages" in parts
    if path.name == "package.json" and is_module(parts):
        return read_node_module
    if inside:
        return None
    if path.name == "package.json":
        return read_package_json
    if path.name in ("package-lock.json", "npm-shrinkwrap.json"):
        return read_package_lock
    if path.name == "pyproject.toml":
        return read_pyproject
    if path.suffix in (".txt", ".in") and ("requirements" in path.name or path.parent.name == "requirements"):
        dev = bool(DEV_GROUPS.search(path.name))
        return lambda data: read_requirements(data, dev)
    return None


def is_module(parts: tuple[str, ...]) -> bool:
    """Whether a package.json is that of an installed module: right below node_modules, or below a scope in it."""
    above = parts[:-2]
    return above[-1:] == ("node_modules",) or (above[-2:-1] == ("node_modules",) and above[-1].startswith("@"))


def read_file(path: Path, root: Path, reader: Reader, inventory: Inventory) -> None:
    """Add the packages of one file, or a problem."""
    shown = path.relative_to(root).as_posix()
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise FormatError(f"larger than {MAX_BYTES >> 20} MiB")
        inventory.packages += [replace(package, source=shown) for package in reader(data)]
        inventory.sources.add(shown)
    except OSError as error:
        inventory.problems.append({"path": shown, "reason": error.strerror or "can't be read"})
    except (FormatError, ValueError) as error:
        inventory.problems.append({"path": shown, "reason": f"can't be understood: {error}"[:200]})
    except RecursionError:
        inventory.problems.append({"path": shown, "reason": "nested too deeply"})


def read_requirements(data: bytes, dev: bool = False) -> Iterable[Package]:
    """A requirements file of pip. Included files are found on their own; links and paths are left out."""
    for line in data.decode("utf-8-sig").replace("\\\n", " ").splitlines():
        yield from requirement(line.strip(), dev)


def requirement(text: str, dev: bool) -> Iterable[Package]:
    """A requirement such as `name[extra] == 1.0 ; marker`."""
    name = REQUIREMENT.match(text)
    if name and "://" not in text.partition("@")[0] and not name[0].endswith((".whl", ".zip", ".gz")):
        pinned = PINNED.search(text.partition(";")[0])
        version = pinned[1] if pinned and "*" not in pinned[1] else ""
        yield Package("python", name[0], version, declared=True, dev=dev)


def read_pyproject(data: bytes) -> Iterable[Package]:
    """The dependencies in pyproject.toml: the project's own, its extras and groups, and those of Poetry."""
    document = tomllib.loads(data.decode("utf-8-sig"))
    project = table(document, "project")
    for text in strings(project.get("dependencies")):
        yield from requirement(text, False)
    for extra, texts in table(project, "optional-dependencies").items():
        for text in strings(texts):
            yield from requirement(text, bool(DEV_GROUPS.search(extra)))
    for texts in table(document, "dependency-groups").values():
        for text in strings(texts):
            yield from requirement(text, True)
    poetry = table(table(document, "tool"), "poetry")
    groups = [(table(poetry, "dependencies"), False), (table(poetry, "dev-dependencies"), True)]
    groups += [(table(group, "dependencies"), True) for group in table(poetry, "group").values()]
    for names, dev in groups:
        yield from (Package("python", name, declared=True, dev=dev) for name in names if name != "python")


def read_package_json(data: bytes) -> Iterable[Package]:
    """The dependencies that a package.json declares; their versions are ranges and left out."""
    document = as_object(data)
    for group in ("dependencies", "optionalDependencies", "peerDependencies", "devDependencies"):
        for name in table(document, group):
            yield Package("npm", name, declared=True, dev=group == "devDependencies")


def read_package_lock(data: bytes) -> Iterable[Package]:
    """The packages of a lock file of npm, version 2 or 3; of version 1, without licences."""
    document = as_object(data)
    for path, found in table(document, "packages").items():
        if "node_modules/" in path and isinstance(found, dict) and not found.get("link"):
            name = found.get("name") or path.rpartition("node_modules/")[2]
            dev = bool(found.get("dev") or found.get("devOptional"))
            yield Package("npm", str(name), text_of(found.get("version")), stated(found), dev=dev)
    if "packages" not in document:
        yield from locked_before(table(document, "dependencies"), 0)


def locked_before(dependencies: dict[str, Any], depth: int) -> Iterable[Package]:
    """The nested dependencies of a lock file of version 1."""
    for name, found in dependencies.items():
        if isinstance(found, dict):
            yield Package("npm", name, text_of(found.get("version")), dev=found.get("dev") is True)
            if depth < 50:
                yield from locked_before(table(found, "dependencies"), depth + 1)


def read_node_module(data: bytes) -> Iterable[Package]:
    """The package.json of an installed module."""
    document = as_object(data)
    if isinstance(document.get("name"), str):
        yield Package("npm", document["name"], text_of(document.get("version")), stated(document))


def read_metadata(data: bytes) -> Iterable[Package]:
    """The METADATA of an installed Python package: License-Expression, else License, else its classifiers."""
    message = email.parser.BytesHeaderParser().parsebytes(data)
    name, version = str(message.get("Name") or ""), str(message.get("Version") or "")
    if not name:
        raise FormatError("it has no Name")
    licence = str(message.get("License-Expression") or "")
    free = str(message.get("License") or "").strip()
    classifiers = [str(value) for value in message.get_all("Classifier", []) if str(value).startswith(CLASSIFIER)]
    names = [value.rpartition(" :: ")[2] for value in classifiers if value.count(" :: ") > 1]
    if not licence and free and free.upper() != "UNKNOWN" and len(free) < 200:
        licence = free
    elif not licence and len(names) == 1:
        licence = names[0]
    elif not licence and names:
        licence = f"several: {', '.join(names)}"
    yield Package("python", name, version, licence or free)


def stated(document: dict[str, Any]) -> str:
    """The licence in a package.json, in its present and its older forms."""
    licence = document.get("license") or document.get("licenses")
    if isinstance(licence, list):
        names = [stated({"license": item}) for item in licence]
        return " OR ".join(name for name in names if name)
    if isinstance(licence, dict):
        return text_of(licence.get("type"))
    return text_of(licence)


def as_object(data: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        FormatError: It is another JSON value.
    """
    document = json.loads(data.decode("utf-8-sig"))
    if not isinstance(document, dict):
        raise FormatError("it is not a JSON object")
    return document


def table(document: Any, key: str) -> dict[str, Any]:
    """The table under a key, or an empty one."""
    found = document.get(key) if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def strings(value: Any) -> list[str]:
    """The strings of a list, or none."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """A string of at most 200 characters, or an empty one."""
    return value[:200] if isinstance(value, str) else ""
