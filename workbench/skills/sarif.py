"""Problems as SARIF 2.1.0, the format that code scanning reads."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from workbench import __version__
from workbench.skills.codes import code, every_code
from workbench.skills.model import Problem

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def sarif(found: Iterable[tuple[Problem, str | None]]) -> dict[str, Any]:
    """A SARIF log of problems, each with its file relative to the repository, or None for no place.

    A fingerprint is of the code, the file and the message without numbers, so that it stays when lines move; the same
    thing twice in one file is counted.
    """
    rules = [one.id for one in every_code()]
    index = {id_: at for at, id_ in enumerate(rules)}
    seen: Counter[str] = Counter()
    results = []
    for problem, path in found:
        print_ = _fingerprint(problem, path)
        seen[print_] += 1
        result: dict[str, Any] = {
            "ruleId": problem.code,
            "level": _LEVELS[problem.severity],
            "message": {"text": f"{problem.message}. {problem.remedy}." if problem.remedy else f"{problem.message}."},
            "partialFingerprints": {"problem/v1": f"{print_}:{seen[print_]}"},
        }
        if problem.code in index:
            result["ruleIndex"] = index[problem.code]
        if path is not None:
            result["locations"] = [{"physicalLocation": _place(problem, path)}]
        results.append(result)
    driver = {"name": "Skill Workbench", "version": __version__, "rules": [_rule(id_) for id_ in rules]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(id_: str) -> dict[str, Any]:
    known = code(id_)
    return {
        "id": id_,
        "shortDescription": {"text": f"{known.summary}."},
        "help": {"text": f"{known.summary}. {known.remedy}.", "markdown": f"{known.summary}.\n\n**{known.remedy}.**"},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
    }


def _place(problem: Problem, path: str) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(path), "uriBaseId": "%SRCROOT%"}}
    region = {"startLine": problem.line or 1}
    if problem.line is not None and problem.column is not None:
        region["startColumn"] = problem.column
    return {**place, "region": region}


def _fingerprint(problem: Problem, path: str | None) -> str:
    words = re.sub(r"\d+", "0", problem.message)
    text = "\0".join((problem.code, path or "", words))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
