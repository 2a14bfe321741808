"""A test run as JUnit XML, as CI servers read it: one suite a skill, one case a case."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

from workbench.testing.results import CaseResult, TestRun
from workbench.text import visible_block

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST = 20_000


def junit(run: TestRun, at: datetime | None = None) -> str:
    """The document.

    Args:
        at: When it was written; by default now.
    """
    suites = ElementTree.Element("testsuites", {"name": "workbench test", "time": _seconds(run.duration_ms)})
    stamp = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S")
    total = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    skills = dict.fromkeys(result.skill for result in run.results)
    for skill in skills:
        results = [result for result in run.results if result.skill == skill]
        counts = {
            "tests": len(results),
            "failures": sum(result.outcome in ("failed", "flaky") for result in results),
            "errors": sum(result.outcome == "error" for result in results),
            "skipped": sum(result.outcome in ("skipped", "xfail") for result in results),
        }
        total = {key: total[key] + count for key, count in counts.items()}
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            {
                "name": _clean(skill),
                **{key: str(count) for key, count in counts.items()},
                "time": _seconds(sum(result.duration_ms for result in results)),
                "timestamp": stamp,
            },
        )
        properties = {"run": run.id, "sandbox": run.level, "tree": (run.trees or {}).get(skill) or "unknown"}
        if run.seed is not None:
            properties["seed"] = str(run.seed)
        held = ElementTree.SubElement(suite, "properties")
        for name, value in properties.items():
            ElementTree.SubElement(held, "property", {"name": name, "value": _clean(value)})
        for result in results:
            _case(suite, result)
    total = _problems(suites, run, total)
    suites.attrib.update({key: str(count) for key, count in total.items()})
    ElementTree.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(suites, encoding="unicode")}\n'


def _case(suite: ElementTree.Element, result: CaseResult) -> None:
    file, _, line = result.place.rpartition(":")
    attributes = {
        "classname": _clean(result.skill.replace("/", ".")),
        "name": _clean(result.case),
        "time": _seconds(result.duration_ms),
        "file": _clean(file),
        "line": line,
    }
    case = ElementTree.SubElement(suite, "testcase", attributes)
    reason = _clean(result.reason or "")
    if result.outcome in ("skipped", "xfail"):
        said = reason if result.outcome == "skipped" else f"expected failure: {reason}"
        ElementTree.SubElement(case, "skipped", {"message": said})
    elif result.outcome != "passed":
        kind = "error" if result.outcome == "error" else "failure"
        parts = [
            f"{result.place}",
            *(f"{one.message}\n{one.diff}".rstrip() for one in result.mismatches),
            *result.notes,
        ]
        failure = ElementTree.SubElement(case, kind, {"message": reason, "type": result.outcome})
        failure.text = _clean("\n".join(parts))
        for name, text in (("system-out", result.stdout), ("system-err", result.stderr)):
            if text:
                ElementTree.SubElement(case, name).text = _clean(text)


def _problems(suites: ElementTree.Element, run: TestRun, total: dict[str, int]) -> dict[str, int]:
    """What is wrong with the files of cases, as cases in error of a suite of their own."""
    problems = [problem for problem in run.problems if problem.severity == "error"]
    if not problems:
        return total
    count = str(len(problems))
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "files of cases", "tests": count, "errors": count})
    for problem in problems:
        place = f"{problem.path}:{problem.line}" if problem.line else str(problem.path)
        case = ElementTree.SubElement(suite, "testcase", {"classname": "files of cases", "name": _clean(place)})
        ElementTree.SubElement(case, "error", {"message": _clean(problem.message), "type": problem.code})
    return {**total, "tests": total["tests"] + len(problems), "errors": total["errors"] + len(problems)}


def _clean(text: str) -> str:
    """Text with every character made visible that XML can't hold or that acts on a terminal, of bounded length."""
    cut = text if len(text) <= _MOST else f"{text[:_MOST]}\n(cut)"
    return _NOT_XML.sub("\ufffd", visible_block(cut))


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}"
