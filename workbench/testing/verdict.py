"""Whether what a program did is what its case expects."""

from collections.abc import Iterator
from dataclasses import replace

from workbench.sandbox.model import Run
from workbench.testing.matchers import ReadSnapshot, check
from workbench.testing.model import Case, CaseOutcome, CaseResult, Matcher, Mismatch
from workbench.text import decode, plural, truncate, visible
from workbench.tools.model import CallForm, Tool

MAX_OUTPUT = 64 << 10

_NOT_RUN: dict[str, CaseOutcome] = {"refused": "error", "error": "error", "cancelled": "skipped"}


def judge(skill: str, case: Case, tool: Tool | None, run: Run, snapshot: ReadSnapshot) -> CaseResult:
    """What came of a case, from what its program did."""
    stdout, stderr = decode(run.stdout), decode(run.stderr)
    mismatches: tuple[Mismatch, ...] = ()
    if run.outcome in ("ok", "failed"):
        found = _mismatches(case, tool, run, stdout, stderr, snapshot)
        mismatches = tuple(replace(one, line=_line(case, one.where)) for one in found)
        outcome: CaseOutcome = "failed" if mismatches else "passed"
        reason = _summary(mismatches)
    else:
        # A time or resource limit ends a program that did run: that is its failure, not the workbench's.
        outcome = _NOT_RUN.get(run.outcome, "failed")
        reason = run.reason or f"it ended by {run.outcome}"
    return CaseResult(
        skill=skill,
        case=case.name,
        outcome=outcome,
        duration_ms=run.duration_ms,
        exit_code=run.exit_code,
        mismatches=mismatches,
        stdout=stdout[:MAX_OUTPUT],
        stderr=stderr[:MAX_OUTPUT],
        reason=reason,
        level=run.level,
        place=case.place(),
        refused=run.outcome == "refused",
    )


def _mismatches(
    case: Case, tool: Tool | None, run: Run, stdout: str, stderr: str, snapshot: ReadSnapshot
) -> Iterator[Mismatch]:
    expect = case.expect
    if run.exit_code != expect.exit:
        yield _exit(expect.exit, run, stderr)
    output = stdout if tool is None or not isinstance(tool.form, CallForm) else decode(run.result or b"")
    yield from check(expect.stdout, "stdout", stdout, snapshot)
    yield from check(expect.stderr, "stderr", stderr, snapshot)
    yield from check(expect.output, "output", output, snapshot)
    if tool is not None and tool.output == "json" and run.outcome == "ok":
        promised = Matcher("json_schema", tool.output_schema if tool.output_schema is not None else {})
        for broken in check((promised,), "output", output, snapshot):
            yield replace(broken, matcher="output_schema", message=f"the tool breaks its promise: {broken.message}")
    for path, matchers in expect.files.items():
        where = f"files/{path}"
        if path in run.files:
            yield from check(matchers, where, decode(run.files[path]), snapshot)
            continue
        why = "is too large to be looked at" if path in run.left_out else "was not written"
        yield Mismatch(where, "exists", "a file", "", f"'{truncate(visible(path), 80)}' {why}")


def _exit(expected: int, run: Run, stderr: str) -> Mismatch:
    seen = f"exit {run.exit_code}" if run.exit_code is not None else run.reason or "no exit code"
    last = next((line for line in reversed(stderr.splitlines()) if line.strip()), "")
    said = f": {truncate(visible(last.strip()), 160)}" if last else ""
    return Mismatch("exit", "exit", f"exit {expected}", seen, f"{seen}, not exit {expected}{said}")


def _summary(mismatches: tuple[Mismatch, ...]) -> str | None:
    if not mismatches:
        return None
    more = f" (and {plural(len(mismatches) - 1, 'more mismatch', 'more mismatches')})" if len(mismatches) > 1 else ""
    return f"{mismatches[0].message}{more}"


def _line(case: Case, where: str) -> int | None:
    return case.line_of(f"expect.{where.replace('/', '.', 1)}")
