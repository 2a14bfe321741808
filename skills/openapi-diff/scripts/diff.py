"""Compare two OpenAPI 3.x documents in JSON and sort every change into breaking, risky and compatible.

Exit codes: 0 nothing at or above --fail-on; 1 something is; 2 the arguments or a document can't be used (the reason is
on stderr).
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

from changes import KINDS, Change, Changes  # noqa: E402
from document import Document, DocumentError, mapping, read_document, unchanged_components  # noqa: E402
from operations import OperationDiff  # noqa: E402
from schemas import SchemaDiff  # noqa: E402

MAX_FRAMES = 5_000
MAX_CHANGES = 2_000
MAX_OPERATIONS = 20


def compare(old: Document, new: Document) -> Changes:
    """All changes between two documents.

    Raises:
        DocumentError: A reference leads nowhere, or in a circle.
    """
    changes = Changes()
    schemas = SchemaDiff(old, new, changes, unchanged_components(old, new))
    OperationDiff(old, new, changes, schemas).run()
    return changes


def report(old: Document, new: Document, changes: Changes) -> dict[str, Any]:
    """The report for programs, the most serious changes first."""
    ranked = changes.ranked()
    counts = Counter(change.kind for change in ranked)
    verdict = next((kind for kind in KINDS if counts[kind]), "same")
    return {
        "verdict": verdict,
        "bump": {"breaking": "major", "risky": "minor", "compatible": "minor"}.get(verdict, "none"),
        "versions": [mapping(document.root, "info").get("version") for document in (old, new)],
        "counts": {kind: counts[kind] for kind in KINDS},
        "changes": [as_object(change, changes) for change in ranked[:MAX_CHANGES]],
        "more_changes": max(0, len(ranked) - MAX_CHANGES),
        "not_compared": not_compared(old, new),
    }


def as_object(change: Change, changes: Changes) -> dict[str, Any]:
    """One change for programs; of many operations the first ones and their number."""
    return {
        "kind": change.kind,
        "rule": change.rule,
        "where": change.where,
        "message": change.message,
        "operations": changes.names(change, MAX_OPERATIONS),
        "operation_count": change.operations.bit_count(),
    }


def not_compared(old: Document, new: Document) -> list[str]:
    """What is in the documents and was not looked at."""
    found = {f"the reference {reference}" for document in (old, new) for reference in document.outside}
    for document in (old, new):
        if document.root.get("webhooks"):
            found.add("webhooks")
        if any("callbacks" in item for path in mapping(document.root, "paths").values() for item in objects(path)):
            found.add("callbacks")
    return sorted(found)


def objects(node: Any) -> list[dict[str, Any]]:
    """The objects right below a node."""
    return [value for value in node.values() if isinstance(value, dict)] if isinstance(node, dict) else []


def as_text(found: dict[str, Any]) -> str:
    """The report for people: one change a line."""
    lines = []
    for change in found["changes"]:
        shared = f" [{change['operation_count']} operations]" if change["operation_count"] > 1 else ""
        lines.append(f"{change['kind']:<10} {change['where']}: {change['message']} ({change['rule']}){shared}")
    lines += [f"not compared: {part}" for part in found["not_compared"]]
    counts = ", ".join(f"{count} {kind}" for kind, count in found["counts"].items())
    return "\n".join(printable(line) for line in [*lines, f"{found['verdict']}: {counts}"])


def printable(text: str) -> str:
    """Text without control characters, which could deceive a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. An option without a value counts as not given."""
    parser = argparse.ArgumentParser(prog="openapi-diff", description="Compare two OpenAPI 3.x documents.")
    parser.add_argument("old", type=Path, help="the document that clients know")
    parser.add_argument("new", type=Path, help="the document that is to come")
    parser.add_argument(
        "--fail-on", nargs="?", choices=["breaking", "risky", "never"], const="breaking", default="breaking"
    )
    parser.add_argument("--format", choices=["json", "text"], default="json")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = parse(argv)
    sys.setrecursionlimit(MAX_FRAMES)
    try:
        old, new = read_document(options.old), read_document(options.new)
        found = report(old, new, compare(old, new))
    except DocumentError as error:
        print(f"openapi-diff: {error}", file=sys.stderr)
        return 2
    except RecursionError:
        print("openapi-diff: the documents are nested too deeply to be compared", file=sys.stderr)
        return 2
    text = as_text(found) if options.format == "text" else json.dumps(found, indent=2, ensure_ascii=False)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    failing = {"breaking": KINDS[:1], "risky": KINDS[:2], "never": ()}[options.fail_on]
    return int(any(found["counts"][kind] for kind in failing))


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
