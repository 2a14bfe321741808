"""Summarise the licences of a project's dependencies, from the files of its package managers.

Exit codes: 0 nothing denied; 1 a denied licence is present; 2 the arguments or the folder can't be used (the reason is
on stderr), or a file could not be understood, so that the summary has a gap (see "problems").
"""

import argparse
import json
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True  # a __pycache__ would change the folder that somebody reviewed
sys.path.insert(0, str(Path(__file__).resolve().parent))

from licenses import GROUPS, classify  # noqa: E402
from packages import Package, take_inventory  # noqa: E402


class InputError(Exception):
    """The folder can't be used; the message says why and what to do."""


def summarise(root: Path, deny: list[str], skip_dev: bool) -> dict[str, Any]:
    """The report on a project's folder.

    Raises:
        InputError: It is no folder, or no package manager's file is in it.
    """
    try:
        next(root.iterdir(), None)
        inventory = take_inventory(root)
    except FileNotFoundError:
        raise InputError(f"{root} does not exist") from None
    except NotADirectoryError:
        raise InputError(f"{root} is a file; name the project's folder") from None
    except OSError as error:
        raise InputError(f"{root} can't be read: {error.strerror}") from None
    if not inventory.sources and not inventory.problems:
        raise InputError(f"{root} has no requirements, pyproject.toml, package.json, node_modules or *.dist-info")
    found = inventory.merged()
    packages = [package for package in found if not (skip_dev and package.dev)]
    entries = [entry(package, deny) for package in packages]
    return {
        "packages": len(entries),
        "groups": {group: sum(item["group"] == group for item in entries) for group in GROUPS},
        "licences": dict(sorted(Counter(item["licence"] for item in entries).items())),
        "denied": [f"{item['name']} {item['version']}".strip() for item in entries if item["denied"]],
        "dependencies": entries,
        "sources": sorted(inventory.sources),
        "problems": inventory.problems,
        "skipped_dev": len(found) - len(packages),
    }


def entry(package: Package, deny: list[str]) -> dict[str, Any]:
    """One dependency with its licence sorted into a group."""
    found = classify(package.licence, deny)
    return {
        "ecosystem": package.ecosystem,
        "name": package.name,
        "version": package.version,
        "licence": found["licence"],
        "group": found["group"],
        "denied": found["denied"],
        "declared": package.declared,
        "dev": package.dev,
        "source": package.source,
    }


def as_text(report: dict[str, Any]) -> str:
    """The report for people, by group, strictest first."""
    lines: list[str] = []
    for group in reversed(GROUPS):
        entries = [found for found in report["dependencies"] if found["group"] == group]
        if entries:
            lines.append(f"{group} ({len(entries)})")
            lines += [
                printable(f"  {found['name']} {found['version']}: {found['licence']}" + "  DENIED" * found["denied"])
                for found in entries
            ]
    lines += [printable(f"problem: {problem['path']}: {problem['reason']}") for problem in report["problems"]]
    return "\n".join([*lines, f"packages: {report['packages']}, denied: {len(report['denied'])}"])


def printable(text: str) -> str:
    """Text without control characters, which could deceive a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. An option without a value counts as not given."""
    parser = argparse.ArgumentParser(prog="license-summary", description="Summarise licences of dependencies.")
    parser.add_argument("path", type=Path, help="the project's folder")
    parser.add_argument("--deny", nargs="*", default=[], help=f"SPDX identifiers, or groups: {', '.join(GROUPS)}")
    parser.add_argument("--skip-dev", action="store_true", help="leave out what is only needed for development")
    parser.add_argument("--format", choices=["json", "text"], default="json")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = parse(argv)
    try:
        report = summarise(options.path, options.deny, options.skip_dev)
    except InputError as error:
        print(f"license-summary: {error}", file=sys.stderr)
        return 2
    text = as_text(report) if options.format == "text" else json.dumps(report, indent=2, ensure_ascii=False)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    if report["denied"]:
        return 1
    return 2 if report["problems"] else 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
