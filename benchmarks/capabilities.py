"""How fast the files of a skill are scanned for what it can do, against `ast.parse` alone.

    python benchmarks/capabilities.py

A typical skill here: a SKILL.md of 4 KB and two scripts of 3 KB, cut from the bundled ones. Target: 400 skills a second
on one core. Parsing the scripts is the floor, because what is looked for stands in their syntax trees. The garbage
collector rests as it does in the worker processes that scan.
"""

import ast
import gc
import time
from collections.abc import Callable

from workbench.config import bundled
from workbench.skills.capabilities import scan_file

ROUNDS = 60
SKILL_BYTES, SCRIPT_BYTES = 4_096, 3_000
TARGET = 400


def scripts() -> list[bytes]:
    """The bundled scripts, each cut to about 3 KB between two definitions, without the module's docstring."""
    found = []
    for path in sorted(bundled("skills").glob("*/scripts/*.py")):
        text = path.read_text(encoding="utf-8")
        piece = ""
        for node in ast.parse(text).body:
            segment = ast.get_source_segment(text, node) or ""
            if not isinstance(node, ast.Expr) and len(piece) + len(segment) <= SCRIPT_BYTES * 1.1:
                piece += segment + "\n\n\n"
        if len(piece) > SCRIPT_BYTES * 0.75:
            found.append(piece.encode())
    return found


def best(job: Callable[[bytes], object], files: list[bytes]) -> float:
    """Milliseconds of one file: the mean over the files of each one's fastest run."""
    total = 0.0
    for data in files:
        job(data)
        fastest = float("inf")
        for _ in range(ROUNDS):
            began = time.perf_counter()
            job(data)
            fastest = min(fastest, time.perf_counter() - began)
        total += fastest
    return total / len(files) * 1_000


def main() -> None:
    """Print the figures, and whether the target is met."""
    gc.set_threshold(50_000, 20, 100)
    documents = [path.read_bytes()[:SKILL_BYTES] for path in sorted(bundled("skills").glob("*/SKILL.md"))]
    programs = scripts()
    document = best(lambda data: scan_file("SKILL.md", data), documents)
    program = best(lambda data: scan_file("scripts/a.py", data), programs)
    parsing = best(lambda data: ast.parse(data), programs)
    rate = 1_000 / (document + 2 * program)
    print(f"SKILL.md      {document:6.2f} ms")
    print(f"script        {program:6.2f} ms, {program / parsing:.1f} x ast.parse ({parsing:.2f} ms)")
    print(f"skills        {rate:6.0f} a second (target {TARGET}: {'met' if rate >= TARGET else 'missed'})")


if __name__ == "__main__":
    main()
