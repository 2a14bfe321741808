"""A library of many believable skills, the same for the same seed: what the benchmarks of the catalogue run on.

    python benchmarks/made_library.py FOLDER [--skills 10000] [--git]

A skill has a SKILL.md of about 3.5 KB, one or two scripts, and often a reference: four files in the mean. Words follow
Zipf's law, as prose does, so that a search index has its usual shape. One skill in twelve has something wrong with it.
"""

import argparse
import random
import subprocess
from itertools import accumulate
from pathlib import Path


def _words_of(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_STARTS = _words_of("ba co da fe gra hi jo ka lu me no pla qui re sta tri u ve wo za")
_MIDDLES = _words_of("bri cal dor en fla ger ha im jen lo mu na or pe ral si ter un vi")
_ENDS = _words_of("d g l m n r s t x able ed er ing ion ist ment ness ous ty")
_DOING = _words_of("profile convert check merge shorten export clean compare render validate split index audit deploy")
_THINGS = _words_of("csv pdf sql log bill image schema changelog report license calendar ticket table email chart api")
_VOCABULARY = [a + b + c for c in _ENDS for b in _MIDDLES for a in _STARTS]
_WEIGHTS = list(accumulate(1 / rank for rank in range(1, len(_VOCABULARY) + 1)))
_HOSTS = ("api.example.com", "files.example.org", "hooks.example.net")


def make_library(root: Path, skills: int, *, seed: int = 1, git: bool = False) -> None:
    """Write so many skills below `root/skills`, in folders of a hundred; with `git`, as one commit."""
    made = random.Random(seed)
    for number in range(skills):
        doing, thing = made.choice(_DOING), made.choice(_THINGS)
        name = f"{doing}-{thing}-{number:05}"
        _skill(root / "skills" / f"group-{number // 100:03}" / name, name, made)
    if git:
        run = ["git", "-C", str(root), "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        subprocess.run([*run, "init", "-q", "-b", "main"], check=True)
        subprocess.run([*run, "add", "-A"], check=True)
        subprocess.run([*run, "-c", "gc.auto=0", "commit", "-q", "-m", "Add everything"], check=True)


def _skill(folder: Path, name: str, made: random.Random) -> None:
    (folder / "scripts").mkdir(parents=True)
    wrong = made.choice(("name", "colon", "field", "link")) if made.random() < 1 / 12 else ""
    (folder / "SKILL.md").write_text(_front(name, made, wrong) + _body(name, made, wrong))
    (folder / "scripts" / "run.py").write_text(_script(made))
    if made.random() < 0.5:
        (folder / "scripts" / "setup.sh").write_text('#!/bin/sh\nset -e\npip install --quiet tabulate\nls "$1"\n')
    if made.random() < 0.8:
        (folder / "references").mkdir()
        (folder / "references" / "details.md").write_text("# Details\n\n" + _paragraphs(made, 6))


def _front(name: str, made: random.Random, wrong: str) -> str:
    shown = "Wrong_Name" if wrong == "name" else name
    joint = ": " if wrong == "colon" else ", "
    text = f"{_sentence(made, 22)} Use it when{joint}{' '.join(_words(made, 12))}."
    lines = [f"name: {shown}", f"description: {text}"]
    if made.random() < 0.3:
        lines[1] = "description: >-\n  " + text.replace(": ", ", ") + "\n  " + _sentence(made, 10)
    if made.random() < 0.6:
        lines.append("license: MIT")
    if made.random() < 0.6:
        lines.append(f'metadata:\n  version: "{made.randrange(3)}.{made.randrange(9)}.{made.randrange(9)}"')
    if made.random() < 0.4:
        lines.append("allowed-tools: Bash(python:*) Read")
    if wrong == "field":
        lines.append("licence: MIT")
    return "---\n" + "\n".join(lines) + "\n---\n\n"


def _body(name: str, made: random.Random, wrong: str) -> str:
    link = "references/missing.md" if wrong == "link" else "scripts/run.py"
    return (
        f"# {name.replace('-', ' ').capitalize()}\n\n{_paragraphs(made, 4)}\n"
        f"Start with [the script]({link}).\n\n```bash\npython scripts/run.py --in data.csv\n```\n\n"
        f"## Steps\n\n" + "".join(f"{n}. {_sentence(made, 14)}\n" for n in range(1, 9)) + f"\n{_paragraphs(made, 3)}"
    )


def _script(made: random.Random) -> str:
    lines = ["import argparse", "import json", "import os", "import subprocess", "import sys", ""]
    for word in _words(made, 8):
        lines += [
            "",
            f"def {word}(value):",
            f'    """{_sentence(made, 8)}"""',
            "    return json.dumps({'v': value})",
            "",
        ]
    if made.random() < 0.3:
        lines += [f"URL = 'https://{made.choice(_HOSTS)}/v1'", "TOKEN = os.environ.get('SERVICE_TOKEN')"]
    if made.random() < 0.3:
        lines += ["subprocess.run(['git', 'status'], check=True)"]
    return "\n".join([*lines, "print(sys.argv)", ""])


def _paragraphs(made: random.Random, count: int) -> str:
    return "".join(" ".join(_sentence(made, 12) for _ in range(4)) + "\n\n" for _ in range(count))


def _sentence(made: random.Random, words: int) -> str:
    return " ".join(_words(made, words)).capitalize() + "."


def _words(made: random.Random, count: int) -> list[str]:
    return made.choices(_VOCABULARY, cum_weights=_WEIGHTS, k=count)


def main() -> None:
    """Write a library into a folder."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--skills", type=int, default=10_000)
    ask.add_argument("--git", action="store_true")
    want = ask.parse_args()
    make_library(want.folder, want.skills, git=want.git)


if __name__ == "__main__":
    main()
