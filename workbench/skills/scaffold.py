"""A new skill to start from: valid as it is, with a tool and a case that passes."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from workbench.errors import ConflictError, InputError, UsageError
from workbench.skills.model import SKILL_FILE
from workbench.skills.rules import MAX_DESCRIPTION, MAX_NAME
from workbench.skills.writing import flow, is_valid_name, quoted, scalar, skill_file, valid_name
from workbench.text import truncate, visible

Script = Literal["python", "shell", "none"]
SCRIPTS: tuple[Script, ...] = get_args(Script)

FOLDER = "skills"


@dataclass(frozen=True, slots=True)
class NewSkill:
    """A skill that was made: its folder, and its files by their paths in it."""

    name: str
    folder: Path
    files: tuple[str, ...]


def check_name(name: str) -> None:
    """That the specification takes a name.

    Raises:
        UsageError: It does not; the nearest valid name is in the remedy.
    """
    if is_valid_name(name):
        return
    near = valid_name(name)
    rule = f"1 to {MAX_NAME} of a-z, 0-9 and single hyphens between them"
    raise UsageError(
        f"'{truncate(visible(name), 80)}' can't be the name of a skill",
        remedy=f"a valid name near it: {near}" if near else rule,
    )


def create(name: str, parent: Path, *, description: str = "", script: Script = "python") -> NewSkill:
    """Make a new skill in a folder of its own below `parent`, whole or not at all.

    Args:
        name: Its name, and the name of its folder.
        parent: The folder it is made in; made if missing.
        description: What it does and when to use it; by default a sentence to replace.
        script: What its tool is written in.

    Raises:
        UsageError: The name or the description is not what the specification asks for.
        ConflictError: There is something in its place already.
        InputError: The folder can't be written.
    """
    check_name(name)
    if len(description) > MAX_DESCRIPTION:
        raise UsageError(f"the description has {len(description):,} characters; at most {MAX_DESCRIPTION:,} fit")
    folder = parent / name
    if os.path.lexists(folder):
        raise ConflictError("there is something here already", where=visible(str(folder)), remedy="take another name")
    contents = files_of(name, description, script)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-skill-", dir=parent) as scratch:
            fresh = Path(scratch, name)
            for path, (text, executable) in contents.items():
                file = fresh / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text)
                file.chmod(0o755 if executable else 0o644)
            _put(fresh, folder)
    except OSError as error:
        raise InputError(f"the skill can't be written: {error.strerror}", where=visible(str(folder))) from error
    return NewSkill(name, folder, tuple(contents))


def _put(fresh: Path, folder: Path) -> None:
    try:
        folder.mkdir()  # nobody else can have it from here on
    except FileExistsError as error:
        raise ConflictError("somebody else just made it", where=visible(str(folder))) from error
    try:
        fresh.rename(folder)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def files_of(name: str, description: str, script: Script) -> Mapping[str, tuple[bytes, bool]]:
    """The files of a new skill: content, and whether it is executable."""
    words = name.replace("-", " ")
    said = description.strip() or (
        f"Does one thing about {words}, and does it the same way every time. Use it when somebody asks for {words};"
        " replace both sentences by what this skill does and the words people ask for it with."
    )
    if script == "none":
        return {
            SKILL_FILE: (skill_file(name, said, _body_of_text(words), metadata={"version": "0.1.0"}), False),
            f"tests/{name}.yaml": (_case_of_text(name), False),
        }
    file = f"scripts/{name.replace('-', '_')}.py" if script == "python" else f"scripts/{name}.sh"
    program = "python" if script == "python" else "sh"
    source = _PYTHON if script == "python" else _SHELL
    matter = skill_file(
        name,
        said,
        _body_of_script(words, program, file),
        compatibility="Needs Python 3.11 or newer. No packages, no network."
        if script == "python"
        else "Needs a POSIX shell with wc. No network.",
        allowed_tools=f"Bash({program}:*) Read",
        metadata={"version": "0.1.0"},
    )
    return {
        SKILL_FILE: (matter, False),
        "tools.yaml": (_tools(program, file), False),
        file: (source.encode(), True),
        f"tests/{name}.yaml": (_cases(script).encode(), False),
    }


def _body_of_text(words: str) -> str:
    return f"""\
# {words.capitalize()}

## Steps

1. Read what you were given, and say in one sentence what is asked for.
2. Do it. Write here what somebody new would not know: in which order, with which words, where to look.
3. Check the outcome against the request before you answer.

## Tell the person

Say what was done and what was left open. Ask before anything that can't be undone.
"""


def _body_of_script(words: str, program: str, file: str) -> str:
    return f"""\
# {words.capitalize()}

## Run it

From this skill's folder:

```bash
{program} {file} path/to/file.txt
```

The report goes to standard output as JSON. Exit code 0: it is complete. Exit code 2: the file can't be read; standard
error says why.

## Read the report

`lines` and `words` say how much there is. Replace the script and this part by what the skill is for.

## Tell the person

Give the numbers in one sentence, and what follows from them.
"""


def _tools(program: str, file: str) -> bytes:
    return f"""\
tools:
  - name: count
    description: How many lines and words a text file has.
    run: [{program}, {file}, "{{path}}"]
    input_schema:
      type: object
      required: [path]
      additionalProperties: false
      properties:
        path:
          type: string
          format: path
          description: The text file.
    output: json
    output_schema:
      type: object
      required: [lines, words]
      properties:
        lines: {{type: integer}}
        words: {{type: integer}}
""".encode()


def _cases(script: Script) -> str:
    missing = "No such file" if script == "python" else "can't be read"
    return f"""\
cases:
  - name: counts lines and words
    tool: count
    with: {{path: notes.txt}}
    files: {{notes.txt: "one two\\nthree\\n"}}
    expect:
      output:
        json: {{lines: 2, words: 3}}

  - name: says why a file can't be read
    tool: count
    with: {{path: missing.txt}}
    expect:
      exit: 2
      stderr:
        contains: {quoted(missing)}
"""


def _case_of_text(name: str) -> bytes:
    return f"""\
cases:
  - name: keeps its name and its steps
    run: [cat, {SKILL_FILE}]
    expect:
      stdout:
        contains: {flow([f"name: {scalar(name)}", "## Steps"])}
""".encode()


_PYTHON = '''\
#!/usr/bin/env python3
"""Counts the lines and words of a text file; to be replaced by what the skill is for."""

import argparse
import json
import sys
from pathlib import Path


def count(text: str) -> dict[str, int]:
    """How many lines and words a text has."""
    return {"lines": len(text.splitlines()), "words": len(text.split())}


def main() -> int:
    """Print the report; gives the exit code."""
    parser = argparse.ArgumentParser(description="Count the lines and words of a text file.")
    parser.add_argument("path", type=Path)
    path = parser.parse_args().path
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    print(json.dumps(count(text), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
'''

_SHELL = """\
#!/bin/sh
# Counts the lines and words of a text file; to be replaced by what the skill is for.
set -eu

if [ $# -ne 1 ] || [ ! -r "$1" ]; then
    echo "${1:-no file}: can't be read" >&2
    exit 2
fi
lines=$(wc -l < "$1")
words=$(wc -w < "$1")
printf '{"lines": %d, "words": %d}\\n' "$lines" "$words"
"""
