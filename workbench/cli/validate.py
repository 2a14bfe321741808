"""`workbench skills validate`: what is wrong with skills, and whether clients load them."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import library_option, print_json, print_table, styled
from workbench.commands import command
from workbench.errors import ExitCode, InputError, UsageError
from workbench.text import plural, truncate, visible
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.skills.model import Problem
    from workbench.skills.targets import Target
    from workbench.skills.validation import Validation

_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
_RANK = {"error": 0, "warning": 1, "info": 2}
_CLIENTS = ("claude", "codex", "cursor", "copilot", "gemini", "opencode", "all")
_SHOWN = 200

_EPILOG = """\b
Exit codes:
  0  no errors            2  no such skill, or usage
  1  errors found         3  something can't be read
"""


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((
        click.argument("names", metavar="[NAME|PATH]...", nargs=-1),
        click.option("--strict", is_flag=True, help="The specification alone: six fields, as uploads to claude.ai."),
        click.option("--client", "clients", type=click.Choice(_CLIENTS), multiple=True,
                     help="Also ask whether this client loads it; may be repeated."),
        click.option("--format", "form", type=click.Choice(("text", "json", "sarif", "github")), default="text",
                     help="How to print: text, json, sarif (code scanning), github (annotations)."),
        click.option("--level", type=click.Choice(("error", "warning", "info")), default=None,
                     help="The least severity to print; by default warning, for sarif info. JSON has all."),
        click.option("--source/--no-source", default=None,
                     help="Show the line of each problem; by default on a terminal."),
        click.option("--fix", is_flag=True, help="Mend what can be mended safely; shows the changes first."),
        click.option("--yes", is_flag=True, help="With --fix: do not ask."),
    )):  # fmt: skip
        function = option(function)
    return function


@click.command("validate", help=command("skills.validate").help, epilog=_EPILOG)
@_options
@library_option
def validate(
    workspace: Workspace,
    names: tuple[str, ...],
    strict: bool,
    clients: tuple[str, ...],
    form: str,
    level: str | None,
    source: bool | None,
    fix: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Judge skills; exit 1 if there is an error, or a client that was asked about does not load one."""
    from workbench.skills.validation import ALL_CLIENTS, with_lookalikes

    if yes and not fix:
        raise UsageError("--yes goes with --fix")
    form = "json" if as_json else form
    asked = ALL_CLIENTS if "all" in clients else tuple(dict.fromkeys(clients))
    targets = _targets(workspace, names)
    judged = [_judge(target, strict, asked) for target in targets]
    fixes: list[dict[str, Any]] = []
    mending = ExitCode.OK
    if fix:
        from workbench.cli.fix import mend

        mending, fixes, changed = mend(judged, yes=yes, quiet=form != "text")
        if changed:
            # What was not written to stays as it was found: some of it must not even be opened.
            again = [_again(target) if at in changed else target for at, target in enumerate(targets)]
            judged = [_judge(target, strict, asked) for target in again]
    library = [target.skill for target in targets] if not (names or fix) else workspace.skills()[0]
    judged = with_lookalikes(judged, library)
    _print(judged, form, strict, level, source, fixes if fix else None)
    return max(mending, ExitCode.OK if all(one.ok for one in judged) else ExitCode.NO)


check = click.Command(
    "check", callback=validate.callback, params=validate.params, help=validate.help, epilog=_EPILOG, hidden=True
)
"""Another name of `validate`, for those who look for it there."""


def _targets(workspace: Workspace, names: Sequence[str]) -> "list[Target]":
    """The skills that the arguments stand for, each once, in their order."""
    from workbench.skills.targets import Target

    if not names:
        return [Target(workspace.root, skill) for skill in workspace.skills()[0]]
    found: dict[tuple[str, str], Target] = {}
    for name in names:
        for target in _named(workspace, name):
            found.setdefault((str(target.root), target.skill.id), target)
    return list(found.values())


def _named(workspace: Workspace, name: str) -> "tuple[Target, ...]":
    from workbench.skills.targets import Target, targets_of

    on_disk = "\0" not in name and len(name) < 4096 and os.path.lexists(name)
    if on_disk and (found := targets_of(Path(name), workspace.root)):
        return found
    try:
        return (Target(workspace.root, workspace.find(name)),)
    except UsageError as error:
        if on_disk and not Path(name).is_dir():
            click.echo(f"note: {visible(name)} is in no skill", err=True)
            return ()
        if on_disk:
            raise UsageError("there is no skill in this folder", where=visible(name)) from error
        raise


def _judge(target: "Target", strict: bool, clients: Sequence[str]) -> "Validation":
    from workbench.testing.companions import judge

    return judge(target.root, target.skill, strict=strict, clients=clients)


def _again(target: "Target") -> "Target":
    from workbench.skills.reader import read
    from workbench.skills.targets import Target

    return Target(target.root, read(target.root, target.skill.id))


def _print(
    judged: "list[Validation]",
    form: str,
    strict: bool,
    level: str | None,
    source: bool | None,
    fixes: list[dict[str, Any]] | None,
) -> None:
    from workbench.skills.validation import count

    if form == "json":
        print_json({
            "ok": all(one.ok for one in judged),
            "profile": "strict" if strict else "default",
            "skills": [one.to_json() for one in judged],
            "counts": count(judged),
            **({"fixes": fixes} if fixes is not None else {}),
        })  # fmt: skip
        return
    shown = list(_shown(judged, level or ("info" if form == "sarif" else "warning")))
    if form == "sarif":
        from workbench.skills.sarif import sarif

        print_json(sarif((problem, problem.path) for _, problem in shown))
    elif form == "github":
        from workbench.skills.annotations import annotation

        for _, problem in shown:
            click.echo(annotation(problem, problem.path))
    else:
        _print_text(judged, shown, source)


def _shown(judged: "list[Validation]", level: str) -> "Iterator[tuple[Validation, Problem]]":
    for one in judged:
        for problem in one.problems:
            if _RANK[problem.severity] <= _RANK[level]:
                yield one, problem


def _print_text(judged: "list[Validation]", shown: "list[tuple[Validation, Problem]]", source: bool | None) -> None:
    import sys

    from workbench.skills.validation import count

    with_source = sys.stdout.isatty() if source is None else source
    sources: dict[str, list[str]] = {}
    for one, problem in shown:
        place = _place(one, problem)
        severity = styled(problem.severity, fg=_COLOURS[problem.severity])
        click.echo(f"{place}{': ' if place else ''}{severity}: {problem.message} [{problem.code}]")
        if with_source and problem.line and problem.path:
            _print_line(one, problem, sources)
        if problem.remedy:
            click.echo(styled(f"  → {problem.remedy}", dim=True))
    _print_clients(judged)
    counts = count(judged)
    found = [plural(counts[f"{kind}s"], kind) for kind in ("error", "warning", "info")]
    hint = "" if len(shown) == sum(counts.values()) - counts["skills"] else "; --level info shows all"
    click.echo(f"{plural(counts['skills'], 'skill')}: {', '.join(found)}{hint}")


def _place(one: "Validation", problem: "Problem") -> str:
    """`skills/a/SKILL.md:3:14`, as seen from the current folder, so that editors can jump to it."""
    if problem.path is None:
        return visible(one.skill.id)
    path = os.path.relpath(Path(os.path.realpath(one.root), problem.path))
    path = problem.path if path.startswith("../") else path
    line = f":{problem.line}" if problem.line else ""
    return visible(path) + line + (f":{problem.column}" if problem.line and problem.column else "")


def _print_line(one: "Validation", problem: "Problem", sources: dict[str, list[str]]) -> None:
    """The line that a problem is in, with a caret under its column."""
    from workbench.skills.files import read_inside
    from workbench.text import cell_width, decode

    path = problem.path or ""
    if path not in sources:
        try:
            sources[path] = decode(read_inside(one.root, path, 1 << 20)).removeprefix("\ufeff").split("\n")
        except (OSError, InputError):
            sources[path] = []
    line = problem.line or 0
    if not 0 < line <= len(sources[path]):
        return
    text = sources[path][line - 1].removesuffix("\r")
    number = f"{line:>5} | "
    click.echo(styled(number, dim=True) + truncate(visible(text.expandtabs(4)), _SHOWN))
    if problem.column:
        before = cell_width(visible(text[: problem.column - 1].expandtabs(4)))
        if before < _SHOWN:
            click.echo(" " * (len(number) + before) + styled("^", fg=_COLOURS[problem.severity]))


def _print_clients(judged: "list[Validation]") -> None:
    """Which client loads which skill; only skills that some client has something against, where there are many."""
    asked = judged[0].clients if judged else ()
    if not asked:
        return
    rows = [
        (one.skill.name, *("no" if not v.loads else "with a loss" if v.warnings else "yes" for v in one.clients))
        for one in judged
    ]
    odd = [row for row in rows if set(row[1:]) != {"yes"}]
    if odd or len(rows) <= 20:
        print_table(("NAME", *(verdict.client.upper() for verdict in asked)), odd if len(rows) > 20 else rows)
    click.echo(f"loaded whole by all of them: {plural(len(rows) - len(odd), 'skill')} of {len(rows):,}")
