"""A first `evals.json` for a skill, to be changed by hand."""

import json
import os
from pathlib import Path

from workbench.errors import ConflictError, InputError
from workbench.skills import files
from workbench.skills.model import ROOT_ID, Skill
from workbench.testing.evals.evals_file import EVALS, FOLDER, TRIGGERS
from workbench.text import first_line, visible


def write_starter(root: Path, skill: Skill) -> tuple[str, ...]:
    """Write `evals/evals.json` and `evals/triggers.json`; gives their paths in the library. Nothing is overwritten.

    Raises:
        ConflictError: One of them is there already; then neither is written.
        InputError: The skill's folder can't be written, or leads out of the library.
    """
    folder = files.folder_of(root, skill.id)
    prefix = "" if skill.id == ROOT_ID else f"{skill.id}/"
    documents = {EVALS: _evals(skill), TRIGGERS: _triggers(skill)}
    for name in documents:
        if os.path.lexists(f"{folder}/{name}"):
            what = "it is already there and is left as it is"
            raise ConflictError(what, where=visible(prefix + name), remedy="change it in your editor")
    if os.path.lexists(f"{folder}/{FOLDER}") and os.path.realpath(f"{folder}/{FOLDER}") != f"{folder}/{FOLDER}":
        raise InputError("it is a link; nothing is written through it", where=visible(prefix + FOLDER))
    try:
        Path(folder, FOLDER).mkdir(exist_ok=True)
        for name, document in documents.items():
            with Path(folder, name).open("x", encoding="utf-8") as file:
                file.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise InputError(f"it can't be written: {error.strerror}", where=visible(prefix + FOLDER)) from error
    return tuple(prefix + name for name in documents)


def _evals(skill: Skill) -> dict[str, object]:
    return {
        "skill_name": skill.name,
        "evals": [
            {
                "id": 1,
                "name": "a first task",
                "prompt": "Replace this with a task as a user would write it, with real names and files.",
                "expected_output": "Replace this with what a good answer looks like.",
                "files": [],
                "expectations": ["Replace this with something that can be seen in the answer or in its files"],
                "graders": [{"type": "regex", "text": "The answer is not empty", "pattern": "\\S"}],
            }
        ],
    }


def _triggers(skill: Skill) -> list[dict[str, object]]:
    said = first_line(skill.description) or skill.name
    return [
        {
            "query": f"Replace this with a question for which {skill.name} is needed ({said[:80]})",
            "should_trigger": True,
        },
        {"query": "Replace this with a question that is near, but needs another skill", "should_trigger": False},
    ]
