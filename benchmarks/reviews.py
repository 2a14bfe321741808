"""How fast the states of a large library are known: 2,000 skills, 5,000 commits, 5,000 records, made by fast-import.

    python benchmarks/reviews.py [--skills 2000] [--commits 5000] [--records 5000] [--keep FOLDER]

Whole processes on a clone that was packed: Python's start, all imports, and the printed JSON are in it. The rows
that say `in a new process` leave those out: a process that has imported what it needs, and has read nothing yet.
`cold` is without the cache of what was read before, `warm` with it, and `again` in a workbench that stays open and has
listed the library before.
Besides the time that passed it prints the processor's time, that of every git process included: on a machine that is
busy with other things, this is the one to compare. `--keep` leaves what was made in FOLDER, to be measured again.
"""

import argparse
import base64
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workbench.git import Repository
from workbench.reviews import records
from workbench.reviews.digests import digests_at
from workbench.workspace import Workspace

START = datetime(2026, 1, 1, tzinfo=UTC)
ADA = "Ada <ada@example.com>"
REPEATS = 3


def main() -> None:
    """Make the library, and print how long each question takes."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--skills", type=int, default=2_000)
    ask.add_argument("--commits", type=int, default=5_000)
    ask.add_argument("--records", type=int, default=5_000)
    ask.add_argument("--keep", type=Path, help="where the libraries are, or are to be left")
    wanted = ask.parse_args()
    if wanted.keep is not None:
        folder = wanted.keep / f"{wanted.skills}-{wanted.commits}-{wanted.records}"
        if not (folder / "made").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            make_both(folder, wanted)
            (folder / "made").touch()
        report(folder)
        return
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as scratch:
        make_both(Path(scratch), wanted)
        report(Path(scratch))


def make_both(folder: Path, wanted: argparse.Namespace) -> None:
    """Make the library, once with records that nobody signed and once with signed ones."""
    library = make_library(folder / "library", wanted.skills, wanted.commits)
    trees = skill_trees(library)
    signed = folder / "signed"
    shutil.copytree(library, signed, symlinks=True)
    git(signed, "reset", "-q", "--hard")
    add_records(library, trees, wanted.records, signed=False)
    add_records(signed, trees, wanted.records, signed=True)


def report(folder: Path) -> None:
    """Print the table."""
    library, signed, data = folder / "library", folder / "signed", folder / "data"
    one = f"skills/skill-{0:05d}"
    rows = [("git status (baseline)", None, lambda: git(library, "status", "--porcelain"))]
    questions: list[tuple[str, float | None, Path, tuple[str, ...], bool]] = [
        ("states of all, cold", 1.2, library, ("skills", "list", "--json"), True),
        ("states of all, warm", 0.2, library, ("skills", "list", "--json"), False),
        ("opening one review, warm", 0.2, library, ("review", "diff", one, "--json"), False),
        ("verify, unsigned, uncached", 2.0, library, ("review", "verify", "--json"), True),
        ("verify, all signed, uncached", 5.0, signed, ("review", "verify", "--json"), True),
    ]
    print(f"{'what':36} {'seconds':>9} {'processor':>10} {'target':>8}")
    for title, target, run in rows:
        print(f"{title:36} {timed(run)} {'' if target is None else target:>8}")
    for title, target, root, words, cold in questions:
        cost = timed(lambda root=root, words=words: workbench(root, data, *words), before=(cold and data) or None)
        print(f"{title:36} {cost} {target:8.1f}")
    for title, target, ask, cold in (
        ("states, cold, in a new process", 1.2, "opened.glance()", True),
        ("states, warm, in a new process", 0.2, "opened.glance()", False),
        ("one review, warm, in a new process", 0.2, f"read(opened, {one!r})", False),
    ):
        print(f"{title:36} {inside(library, data, ask, cold=cold):9.3f} {'':10} {target:8.1f}")
    os.environ |= {"WORKBENCH_DATA": str(data), "WORKBENCH_CONFIG": str(folder / "config")}
    opened = Workspace.open(library)
    opened.view()
    for title, ask in (
        ("states of all, again", opened.view),
        ("opening one review, again", partial(read, opened, one)),
    ):
        print(f"{title:36} {timed(ask)} {0.2:8.1f}")


_INSIDE = """
import sys, time
from pathlib import Path
import workbench.reviews.comparing, workbench.reviews.desk, workbench.reviews.glance, workbench.reviews.judging
import workbench.skills.catalogue, workbench.skills.reader
from workbench.workspace import Workspace
sys.path.insert(0, {here!r})
from reviews import read
began = time.perf_counter()
opened = Workspace.open(Path({library!r}))
{ask}
print(time.perf_counter() - began)
"""


def inside(library: Path, data: Path, ask: str, *, cold: bool) -> float:
    """The median of the seconds that a question takes in processes which have imported what they need."""
    code = _INSIDE.format(here=str(Path(__file__).parent), library=str(library), ask=ask)
    env = {**os.environ, "WORKBENCH_DATA": str(data), "WORKBENCH_CONFIG": str(data.parent / "config")}
    seen = []
    for _ in range(REPEATS):
        if cold:
            shutil.rmtree(data, ignore_errors=True)
        said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
        seen.append(float(said.stdout))
    return median(seen)


def read(opened: Workspace, skill: str) -> None:
    """What the screen of a review asks for."""
    opened.reviews.diff(skill)
    opened.row(skill)


def timed(run: Callable[[], object], before: Path | None = None) -> str:
    """The medians of some runs' time and processor time in seconds, each with the cache in `before` removed first."""
    seen, worked = [], []
    for _ in range(REPEATS):
        if before is not None:
            shutil.rmtree(before, ignore_errors=True)
        began, busy = time.perf_counter(), processor()
        run()
        seen.append(time.perf_counter() - began)
        worked.append(processor() - busy)
    return f"{median(seen):9.3f} {median(worked):10.3f}"


def processor() -> float:
    """Processor time of this process and all ended children so far, user and system, in seconds."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def workbench(root: Path, data: Path, *words: str) -> None:
    """Run the command line as a process of its own."""
    env = {**os.environ, "WORKBENCH_DATA": str(data), "WORKBENCH_CONFIG": str(data.parent / "config")}
    command = [sys.executable, "-m", "workbench", "--library", str(root), *words]
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def make_library(root: Path, skills: int, commits: int) -> Path:
    """A library whose history touches its skills in turn."""
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.name", "Ada")
    git(root, "config", "user.email", "ada@example.com")
    stream = bytearray()
    for number in range(commits):
        at = int((START + timedelta(minutes=number)).timestamp())
        stream += b"commit refs/heads/main\n" + f"author {ADA} {at} +0000\ncommitter {ADA} {at} +0000\n".encode()
        stream += data(f"Change {number}")
        first = number == 0
        for skill in range(skills) if first else [number % skills]:
            path = f"skills/skill-{skill:05d}"
            stream += inline(f"{path}/SKILL.md", skill_file(skill, number))
            if first:
                stream += inline(f"{path}/scripts/run.py", f"print({skill})\n")
        if first:
            stream += inline(".workbench/allowed_signers", f"ada@example.com {PUBLIC}\n")
    subprocess.run(["git", "fast-import", "--quiet"], cwd=root, input=bytes(stream), check=True)
    git(root, "reset", "-q", "--hard")
    git(root, "gc", "-q")
    return root


def skill_file(skill: int, version: int) -> str:
    """A SKILL.md of usual size."""
    name = f"skill-{skill:05d}"
    body = "\n".join(f"{step}. Do step {step} of {name} with care." for step in range(40))
    front = f"name: {name}\ndescription: Does {name}. Use when {name} is needed.\nmetadata:\n  version: '1.0.{version}'"
    return f"---\n{front}\n---\n# {name}\n\n{body}\n"


def skill_trees(root: Path) -> list[tuple[str, str]]:
    """Each skill's id and tree at HEAD."""
    listed = git(root, "ls-tree", "-r", "-d", "HEAD", "skills/").decode().splitlines()
    found = [(line.split("\t")[1], line.split()[2]) for line in listed]
    return [(path, tree) for path, tree in found if path.count("/") == 1]


def add_records(root: Path, trees: list[tuple[str, str]], count: int, *, signed: bool) -> None:
    """Approvals, a commit each."""
    library = git(root, "rev-list", "--max-parents=0", "HEAD").decode().strip()
    head = git(root, "rev-parse", "HEAD").decode().strip()
    repository = Repository(root, root / ".git")
    digests = digests_at(repository, head, [path for path, _ in trees])
    stream = bytearray()
    for number in range(count):
        path, tree = trees[number % len(trees)]
        at = START + timedelta(days=30, minutes=number)
        fields = {
            "schema": 1, "path": path, "skill": path.rpartition("/")[2], "library": library, "tree": tree,
            "digest": digests[path], "commit": head, "base": None, "version": "1.0.0", "policy": None,
            "verdict": "approve", "answers": [], "reviewer": {"name": "Ada", "email": "ada@example.com"}, "via": "tui",
            "reason": f"Read it for the {number}th time; nothing new.", "comments": [],
            "checks": {"validation": "pass", "tests": {"passed": 3, "failed": 0}}, "at": records.timestamp(at),
        }  # fmt: skip
        content = records.encode(fields)
        stamp = int(at.timestamp())
        stream += b"commit refs/heads/workbench/reviews\n"
        stream += f"author {ADA} {stamp} +0000\ncommitter {ADA} {stamp} +0000\n".encode() + data("Approve")
        file = records.file_path(path, tree, at, content)
        stream += inline(file, content.decode())
        if signed:
            stream += inline(f"{file}.sig", signature(content))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=root, input=bytes(stream), check=True)
    git(root, "gc", "-q")


def inline(path: str, content: str) -> bytes:
    """One file of a commit in fast-import's format."""
    return f"M 100644 inline {path}\n".encode() + data(content)


def data(text: str) -> bytes:
    """A text in fast-import's format."""
    encoded = text.encode()
    return b"data %d\n%s\n" % (len(encoded), encoded)


_PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_RAW = _PRIVATE.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
PUBLIC = _PRIVATE.public_key().public_bytes(
    serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
).decode()  # fmt: skip


def signature(message: bytes) -> str:
    """What `ssh-keygen -Y sign` would write, without a process for each of thousands."""

    def text(part: bytes) -> bytes:
        return len(part).to_bytes(4, "big") + part

    head = text(b"workbench-review") + text(b"") + text(b"sha512")
    signed = _PRIVATE.sign(b"SSHSIG" + head + text(hashlib.sha512(message).digest()))
    key = text(b"ssh-ed25519") + text(_RAW)
    body = b"SSHSIG" + (1).to_bytes(4, "big") + text(key) + head + text(text(b"ssh-ed25519") + text(signed))
    return f"-----BEGIN SSH SIGNATURE-----\n{base64.encodebytes(body).decode()}-----END SSH SIGNATURE-----\n"


def git(root: Path, *args: str) -> bytes:
    """What a git command prints."""
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True).stdout


if __name__ == "__main__":
    main()
