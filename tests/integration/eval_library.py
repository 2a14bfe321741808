"""A library with one skill that counts rows, and its evaluations."""

import json
from typing import Any

from tests.integration.conftest import Library

COUNT = "import sys\nprint('rows:', len(open(sys.argv[1]).read().splitlines()) - 1)\n"
CHECK = "import pathlib, sys\nsys.exit(0 if 'rows' in pathlib.Path('answer.txt').read_text() else 'no rows named')\n"
EVALS: dict[str, Any] = {
    "skill_name": "rows",
    "evals": [
        {
            "id": 1,
            "name": "count",
            "prompt": "How many rows has the file?",
            "files": ["evals/files/data.csv"],
            "graders": [
                {"type": "regex", "pattern": "rows: 2\\b", "text": "It counts right"},
                {"type": "script", "run": ["python", "evals/check.py"], "text": "It names rows"},
            ],
        }
    ],
}


def make(library: Library) -> Library:
    """Write and commit the skill."""
    library.skill("skills/rows", "Run `python scripts/count.py FILE` to count rows.\n")
    library.write("skills/rows/scripts/count.py", COUNT)
    library.write("skills/rows/evals/evals.json", json.dumps(EVALS))
    library.write("skills/rows/evals/check.py", CHECK)
    library.write("skills/rows/evals/files/data.csv", "a,b\n1,2\n3,4\n")
    library.commit()
    return library
