"""Reading, searching and following libraries of many skills, and the reference validator on the same folders.

    python benchmarks/catalogue.py [--skills 10000] [--runs 3] [--sample 300]

Makes a library (see `made_library.py`), reads the bundled one too, and prints one table for both. A cold reading starts
a new process with no catalogue; its memory is that process' peak. Times are CPU seconds of one process where a rate is
given, and wall time elsewhere; each is the best of `--runs`, since other programs only ever add. Texts and capabilities
are taken by worker processes: by the clock, in CPU seconds of all of them (which on a busy machine says more), and in
those of the process that has the screen. A changed skill is read again with where it stands in git, until its row is
there; the bundled library is not changed for that. `skills-ref` is asked
through `validate()` in this process, about a sample of the folders, and extrapolated; it checks the six fields of the
frontmatter, ours also bodies, links and files. It is set against ours twice: without a catalogue, and with one, where
every file is looked at and none has changed. Exit code 1 where a target is missed.
"""

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from made_library import make_library

from workbench.skills.catalogue import Catalogue, Remembered
from workbench.skills.catalogue_texts import take_texts
from workbench.skills.model import Skill
from workbench.skills.query import parse_query
from workbench.skills.search import search
from workbench.skills.skill_texts import scan_kinds

ROOT = Path(__file__).resolve().parent.parent
QUERIES = (
    "csv", "profile csv", "deploy", "valid", "convert schema", '"when asked"', "details", "quijend", "nvoic",
    "bill reader", "merge name:log", "mebrid wogerd",
)  # fmt: skip
KEYS = ("c", "cs", "csv", "csv ", "csv p", "csv pr", "state:d", "state:dr csv", "-problem:error", "path:group-00 ship")

_COLD = """
import json, resource, sys, time
import yaml
from pathlib import Path
from workbench.skills.catalogue import Catalogue
began = time.process_time()
skills, _ = Catalogue.open(Path(sys.argv[1]), Path(sys.argv[2])).read()
took = time.process_time() - began
print(json.dumps([len(skills), took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def main() -> None:
    """Parse the arguments, measure both libraries, print the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--skills", type=int, default=10_000)
    ask.add_argument("--runs", type=int, default=3)
    ask.add_argument("--sample", type=int, default=300, help="Folders that skills-ref is asked about.")
    want = ask.parse_args()
    gc.set_threshold(50_000, 20, 20)  # as the program itself does
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as scratch:
        made = Path(scratch, "made")
        make_library(made, want.skills, git=True)
        time.sleep(2.1)  # what was written within the clock's tick would be read twice
        columns = [_measure(made, Path(scratch), want), _measure(ROOT / "skills", Path(scratch), want)]
    names = (f"made, {want.skills:,}", "bundled")
    print(f"{'':<46}{names[0]:>16}{names[1]:>16}{'target':>14}")
    missed = []
    for row, target in columns[0].items():
        cells = [column.get(row, (float("nan"), ""))[0] for column in columns]
        limit, said = _TARGETS.get(row, (None, ""))
        print(f"{row:<46}{target[1].format(cells[0]):>16}{target[1].format(cells[1]):>16}{said:>14}")
        if limit is not None and not limit(cells[0]):
            missed.append(row)
    if missed:
        print("missed: " + "; ".join(missed))
    sys.exit(bool(missed))


Measured = dict[str, tuple[float, str]]

_TARGETS: dict[str, tuple[Callable[[float], bool], str]] = {
    "cold: skills a second": (lambda value: value >= 2_000, ">= 2,000"),
    "cold: peak memory": (lambda value: value < 200, "< 200 MiB"),
    "texts and capabilities: skills a second": (lambda value: value >= 400, ">= 400"),
    "warm open until rows, unchecked": (lambda value: value < 300, "< 300 ms"),
    "filter, worst key": (lambda value: value < 16, "< 16 ms"),
    "search, median": (lambda value: value < 20, "< 20 ms"),
    "one changed skill until its row": (lambda value: value < 500, "< 500 ms"),
    "skills-ref / ours, nothing changed since": (lambda value: value >= 20, ">= 20"),
}


def _measure(library: Path, scratch: Path, want: argparse.Namespace) -> Measured:
    file = scratch / f"{library.name}.db"
    made = ROOT not in library.parents
    count, cold, peak = min((_cold(library, file) for _ in range(want.runs)), key=lambda run: run[1])
    catalogue = Catalogue.open(library, file)
    skills, _ = catalogue.read()
    taken, worked, own = _texts(catalogue)
    size = sum(f.stat().st_size for f in scratch.glob(f"{file.name}*")) / (1 << 20)
    warm = min(_wall(lambda: _rows(Catalogue.open(library, file).remembered())) for _ in range(want.runs))
    checked = min(_cpu(lambda: Catalogue.open(library, file).read()) for _ in range(want.runs))
    keys = _filter_keys(skills, want.runs)
    searches = {query: _search(catalogue, query, want.runs) for query in QUERIES}
    changed = [_one_changed(catalogue, library, skills, number) for number in range(want.runs)]
    reference, validated = _validations(library, skills, want.sample)
    return {
        "skills": (count, "{:,.0f}"),
        "cold: skills a second": (count / cold, "{:,.0f}"),
        "cold: peak memory": (peak, "{:.0f} MiB"),
        "texts and capabilities: skills a second": (count / taken, "{:,.0f}"),
        "texts and capabilities: skills a CPU second": (count / worked, "{:,.0f}"),
        "texts and capabilities: own CPU, a skill": (own / count * 1e6, "{:,.0f} us"),
        "size of the catalogue": (size, "{:.1f} MiB"),
        "warm open until rows, unchecked": (warm, "{:.0f} ms"),
        "warm open, every file looked at": (checked * 1000, "{:.0f} ms"),
        "filter, worst key": (max(keys), "{:.1f} ms"),
        "search, median": (statistics.median(searches.values()), "{:.1f} ms"),
        f"search, worst ({max(searches, key=lambda query: searches[query])})": (max(searches.values()), "{:.1f} ms"),
        "one changed skill read again": (min(changed), "{:.1f} ms"),
        **({"one changed skill until its row": (_row_of_changed(library, want.runs), "{:.0f} ms")} if made else {}),
        "skills-ref, a skill (sample, extrapolated)": (reference * 1e6, "{:,.0f} us"),
        "ours, a skill, without a catalogue": (validated * 1e6, "{:,.0f} us"),
        "ours, a skill, nothing changed since": (checked / count * 1e6, "{:,.0f} us"),
        "skills-ref / ours, without a catalogue": (reference / validated, "{:.1f} x"),
        "skills-ref / ours, nothing changed since": (reference / (checked / count), "{:.1f} x"),
    }


def _cold(library: Path, file: Path) -> tuple[int, float, float]:
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        file.with_name(name).unlink(missing_ok=True)
    argv = [sys.executable, "-c", _COLD, str(library), str(file)]
    count, took, peak = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    return count, took, peak


def _rows(skills: tuple[Remembered, ...]) -> Any:
    from workbench.tui.remembering import remembered_rows

    return remembered_rows(skills)


def _filter_keys(skills: tuple[Skill, ...], runs: int) -> list[float]:
    """Milliseconds from the text of a filter to the rows that are left, as the list's widget works them out."""
    from workbench.reviews.finding import bare_rows
    from workbench.tui.skill_filter import SkillFilter
    from workbench.tui.skill_rows import COLUMNS, SkillRows
    from workbench.tui.widgets.virtual_list import VirtualList

    rows = bare_rows(skills)
    read = SkillFilter()
    read.use(rows)
    shown = VirtualList(COLUMNS, SkillRows().of(rows))

    def press(text: str) -> None:
        narrowed = read.narrow(text)
        shown._words, shown._kept = tuple(narrowed.words.casefold().split()), narrowed.kept
        shown._matching()

    press("")
    times = []
    for text in KEYS:
        best = []
        for _ in range(runs):
            read.use(rows)  # the filter's own memory must not help
            best.append(_wall(lambda text=text: press(text)))
        times.append(min(best))
    return times


def _search(catalogue: Catalogue, text: str, runs: int) -> float:
    from workbench.reviews.finding import bare_rows, find_skills

    query = parse_query(text)
    if not query.filters:
        return min(_wall(lambda: search(catalogue, query, limit=20)) for _ in range(runs))
    rows = bare_rows(catalogue.read()[0])
    return min(_wall(lambda: find_skills(catalogue, query, rows, limit=20)) for _ in range(runs))


def _one_changed(catalogue: Catalogue, library: Path, skills: tuple[Skill, ...], number: int) -> float:
    """Milliseconds to read one skill again and put it into the catalogue; git's part is not in it."""
    file = library / skills[number % len(skills)].skill_file
    if ROOT in file.parents:  # the bundled library is not to be changed
        return _wall(lambda: catalogue.reread([skills[number % len(skills)].id]))
    file.write_text(file.read_text() + f"\nOne more line, {number}.\n")
    return _wall(lambda: catalogue.reread([skills[number].id]))


def _texts(catalogue: Catalogue) -> tuple[float, float, float]:
    """Seconds of the second pass: by the clock, of the processors, and of this process alone."""
    began, before = time.perf_counter(), os.times()
    take_texts(catalogue, scan=scan_kinds)
    took, after = time.perf_counter() - began, os.times()
    spent = [after[kind] - before[kind] for kind in range(4)]
    return took, sum(spent), spent[0] + spent[1]


def _row_of_changed(library: Path, runs: int) -> float:
    """Milliseconds from a change that was noticed to the row that shows it, as the open workbench works it out."""
    from workbench.tui.renewing import renew
    from workbench.workspace import Workspace

    workspace = Workspace.open(library)
    view = workspace.view()
    times = []
    for number in range(runs + 2):
        path = view.rows[number * 37 % len(view.rows)].skill.skill_file
        (library / path).write_text((library / path).read_text() + f"\nOne more line, {number}.\n")
        times.append(_wall(lambda path=path: renew(workspace, view, [path])))
    return min(times)


def _validations(library: Path, skills: tuple[Skill, ...], sample: int) -> tuple[float, float]:
    """CPU seconds a skill on the same folders: the reference validator's, and ours reading each anew."""
    from skills_ref import validate

    from workbench.skills.reader import read

    chosen = skills[:: max(1, len(skills) // sample)][:sample]
    work: tuple[Callable[[Skill], object], ...] = (
        lambda skill: validate(library / skill.id),
        lambda skill: read(library, skill.id),
    )
    times = []
    for check in work:
        check(chosen[0])
        times.append(min(_cpu(lambda check=check: [check(skill) for skill in chosen]) for _ in range(3)))
    return times[0] / len(chosen), times[1] / len(chosen)


def _wall(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
