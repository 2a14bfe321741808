"""Whether what a program did is what its case expects."""

from collections.abc import Iterator
from dataclasses import replace

from workbench.sandbox.model import Run, Staged
from workbench.testing import stubs
from workbench.testing.matchers import ReadSnapshot, check
from workbench.testing.model import Case, Matcher
from workbench.testing.normalise import normalise
from workbench.testing.results import CaseOutcome, CaseResult, Mismatch, SeenSnapshot
from workbench.text import decode, plural, truncate, visible
from workbench.tools.model import CallForm, Tool

MAX_OUTPUT = 64 << 10

_NOT_RUN: dict[str, CaseOutcome] = {"refused": "error", "error": "error", "cancelled": "skipped"}


def judge(skill: str, case: Case, tool: Tool | None, staged: Staged, snapshot: ReadSnapshot) -> CaseResult:
    """What came of a case, from what its program did."""
    run, report = staged.run, stubs.Report()
    if case.watches_http and staged.failed_setup is None:
        report = stubs.read_report(run.result)
        run = replace(run, result=report.result)
    found = _Found(case, tool, run, report, snapshot)
    result = CaseResult(
        skill=skill,
        case=case.name,
        outcome="passed",
        duration_ms=run.duration_ms,
        exit_code=run.exit_code,
        stdout=found.stdout[:MAX_OUTPUT],
        stderr=found.stderr[:MAX_OUTPUT],
        level=run.level,
        place=case.place(),
        column=case.column,
        requests=report.requests,
        refused=run.outcome == "refused",
        notes=tuple(_teardown_notes(case, staged)),
    )
    if staged.failed_setup is not None:
        return _setup_failed(case, staged.failed_setup, run, result)
    if run.outcome not in ("ok", "failed"):
        # A time or resource limit ends a program that did run: that is its failure, not the workbench's.
        unexpected = tuple(one.message for one in stubs.mismatches(case, report, snapshot) if one.where == "http")
        outcome = _NOT_RUN.get(run.outcome, "failed")
        reason = run.reason or f"it ended by {run.outcome}"
        result = replace(result, outcome=outcome, reason=reason, notes=(*unexpected, *result.notes))
    elif mismatches := tuple(_placed(case, one) for one in found.mismatches()):
        result = replace(
            result,
            outcome="failed",
            mismatches=mismatches,
            reason=_summary(mismatches),
            snapshots=tuple(found.snapshots),
        )
    return _expected_to_fail(case, result) if case.xfail else result


def _expected_to_fail(case: Case, result: CaseResult) -> CaseResult:
    if result.outcome == "failed":
        return replace(result, outcome="xfail", reason=f"{visible(case.xfail or '')} ({result.reason})")
    if result.outcome != "passed":
        return result
    line, column = case.position_of("xfail")
    reason = f"unexpectedly passed, though it is expected to fail: {visible(case.xfail or '')}; remove 'xfail'"
    return replace(result, outcome="failed", reason=reason, place=f"{case.path}:{line}", column=column)


def _setup_failed(case: Case, number: int, run: Run, result: CaseResult) -> CaseResult:
    line, column = case.position_of(f"setup.{number}")
    outcome: CaseOutcome = "skipped" if run.outcome == "cancelled" else "error"
    command = truncate(visible(" ".join(case.setup[number])), 80)
    reason = f"the setup command `{command}` failed: {run.reason}{_said(result.stderr)}"
    place = f"{case.path}:{line}"
    return replace(result, outcome=outcome, exit_code=None, reason=reason, place=place, column=column)


def _teardown_notes(case: Case, staged: Staged) -> Iterator[str]:
    for command, run in zip(case.teardown, staged.teardown, strict=False):
        if run.outcome != "ok":
            shown = truncate(visible(" ".join(command)), 80)
            yield f"the teardown command `{shown}` failed: {run.reason}{_said(decode(run.stderr))}"


class _Found:
    """What a program did, held against what is expected; collects the snapshots that do not fit."""

    def __init__(self, case: Case, tool: Tool | None, run: Run, report: stubs.Report, snapshot: ReadSnapshot) -> None:
        self.stdout, self.stderr = decode(run.stdout), decode(run.stderr)
        self.snapshots: list[SeenSnapshot] = []
        self._case, self._tool, self._run = case, tool, run
        self._report, self._read = report, snapshot

    def mismatches(self) -> Iterator[Mismatch]:
        """Everything that is not as expected."""
        expect, run, tool = self._case.expect, self._run, self._tool
        requests = list(stubs.mismatches(self._case, self._report, self._read)) if self._case.watches_http else []
        yield from (one for one in requests if one.where == "http")  # first: the others often come of these
        if not expect.exit.holds(run.exit_code):
            yield _exit(str(expect.exit), run, self.stderr)
        output = self.stdout if tool is None or not isinstance(tool.form, CallForm) else decode(run.result or b"")
        yield from self._check(expect.stdout, "stdout", self.stdout)
        yield from self._check(expect.stderr, "stderr", self.stderr)
        yield from self._check(expect.output, "output", output)
        if tool is not None and tool.output == "json" and run.outcome == "ok":
            promised = Matcher("json_schema", tool.output_schema if tool.output_schema is not None else {})
            for broken in check((promised,), "output", output, self._read):
                yield replace(broken, matcher="output_schema", message=f"the tool breaks its promise: {broken.message}")
        for path, matchers in expect.files.items():
            yield from self._file(path, matchers)
        if expect.under is not None and run.duration_ms >= expect.under * 1000:
            wanted, seen = f"under {expect.under:g} s", f"{run.duration_ms / 1000:.3f} s"
            yield Mismatch("duration", "under", wanted, seen, f"it took {seen}, not {wanted}")
        yield from (one for one in requests if one.where != "http")

    def _file(self, path: str, matchers: tuple[Matcher, ...]) -> Iterator[Mismatch]:
        run, where, shown = self._run, f"files/{path}", f"'{truncate(visible(path), 80)}'"
        if any(matcher.kind == "absent" for matcher in matchers):
            if path in run.files or path in run.left_out:
                seen = decode(run.files.get(path, b""))[:MAX_OUTPUT]
                yield Mismatch(where, "absent", "no file", seen, f"{shown} was written, and must not be")
        elif path in run.files:
            yield from self._check(matchers, where, decode(run.files[path]))
        else:
            why = "is too large to be looked at" if path in run.left_out else "was not written"
            yield Mismatch(where, "exists", "a file", "", f"{shown} {why}")

    def _check(self, matchers: tuple[Matcher, ...], where: str, seen: str) -> Iterator[Mismatch]:
        for matcher in matchers:
            for mismatch in check((matcher,), where, seen, self._read):
                if matcher.kind == "snapshot":
                    self._note(matcher, seen)
                yield mismatch

    def _note(self, matcher: Matcher, seen: str) -> None:
        from workbench.errors import InputError

        stored: str | None = None
        try:
            stored = self._read(matcher.value)
        except (OSError, InputError):  # it is missing, or broken: either way it can be written anew
            stored = None
        self.snapshots.append(SeenSnapshot(matcher.value, stored, normalise(seen, matcher.normalise)))


def _exit(wanted: str, run: Run, stderr: str) -> Mismatch:
    seen = f"exit {run.exit_code}" if run.exit_code is not None else run.reason or "no exit code"
    return Mismatch("exit", "exit", wanted, seen, f"{seen}, not {wanted}{_said(stderr)}")


def _said(stderr: str) -> str:
    last = next((line for line in reversed(stderr.splitlines()) if line.strip()), "")
    return f": {truncate(visible(last.strip()), 160)}" if last else ""


def _summary(mismatches: tuple[Mismatch, ...]) -> str | None:
    more = f" (and {plural(len(mismatches) - 1, 'more mismatch', 'more mismatches')})" if len(mismatches) > 1 else ""
    return f"{mismatches[0].message}{more}"


def _placed(case: Case, mismatch: Mismatch) -> Mismatch:
    where = mismatch.where
    part = where if where.startswith(("http", "expect.")) else f"expect.{where.replace('/', '.', 1)}"
    line, column = case.position_of(part)
    return replace(mismatch, line=line, column=column)
