"""`workbench policy`: which rules are in force, what they demand of a skill, and whether a file of them can be used."""

from pathlib import Path

import click

from workbench.cli.output import library_option, print_json, state_label, styled
from workbench.commands import command
from workbench.errors import ExitCode, InputError
from workbench.policy.described import rule_lines, rules_of
from workbench.policy.rules import MAX_BYTES, POLICY_FILE, Policy, parse_policy
from workbench.text import plural, visible
from workbench.workspace import Workspace


@click.group(help=command("policy").help)
def policy() -> None:
    """The library's rules."""


@policy.command("check", help=command("policy.check").help)
@click.argument("name")
@library_option
@click.pass_context
def check(ctx: click.Context, workspace: Workspace, name: str, as_json: bool) -> None:
    """Print the checklist; exit 1 if a demand is not met."""
    found = workspace.reviews.policy_check(name)
    if as_json:
        print_json(found.to_json())
    else:
        click.echo(
            f"{visible(found.skill)}  {state_label(workspace.row(name).state)}  {(found.tree or 'no tree')[:12]}"
        )
        for demand in found.demands:
            sign = styled("[x]", fg="green") if demand.met else styled("[ ]", fg="red")
            by = f"  by {', '.join(map(visible, demand.by))}" if demand.by else ""
            rule = f"rule {demand.rule}: " if demand.rule else ""
            click.echo(f"{sign} {rule}{demand.what}{by}")
            if not demand.met:
                click.echo(f"      {demand.missing}")
            if demand.who_could:
                click.echo(f"      could: {', '.join(map(visible, demand.who_could))}")
            elif demand.nobody_left:
                click.echo("      could: nobody that is left: they have approved, or are authors of this change")
        for email, via in found.via:
            click.echo(f"approved by {visible(email)} via {visible(via)}")
        for reason in found.reasons if not found.met else ():
            click.echo(f"note: {visible(reason)}")
    ctx.exit(ExitCode.OK if found.met else ExitCode.NO)


@policy.command("show", help=command("policy.show").help)
@library_option
def show(workspace: Workspace, as_json: bool) -> None:
    """Print the rules in force and where they are from."""
    in_force = workspace.reviews.policy_in_force()
    version = in_force.version
    if as_json:
        print_json(
            {
                "written": bool(version and version.written),
                "commit": version.commit if version else None,
                "tree": in_force.tree,
                "pending": in_force.pending is not None,
                "usable": in_force.policy is not None,
                "rules": rules_of(in_force.policy) if in_force.policy else [],
                "notes": list(in_force.notes),
            }
        )
        return
    where = f"from {version.commit[:12]}" if version else "the default: one approval by anybody counts"
    click.echo(f"policy {where}")
    for line in rule_lines(in_force.policy) if in_force.policy else ():
        click.echo(line)
    for note in in_force.notes:
        click.echo(f"note: {visible(note)}", err=True)


@policy.command("validate", help=command("policy.validate").help)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@library_option
def validate(workspace: Workspace, file: Path | None, as_json: bool) -> None:
    """Say whether a file of rules can be used; exit 3 with the place if not."""
    path = file or workspace.root / POLICY_FILE
    try:
        with path.open("rb") as opened:
            data = opened.read(MAX_BYTES)
    except OSError as error:
        raise InputError(f"the policy can't be read: {error.strerror}", where=visible(str(path))) from error
    found = parse_policy(data, visible(str(path)))
    asked = dict.fromkeys(link.role for rule in found.rules for link in rule.chain)
    notes = [
        f"no role is named '{visible(role)}', so nobody can meet that" for role in asked if role not in found.roles
    ]
    notes += _unsignable(found, path.with_name("allowed_signers"))
    for note in notes:
        click.echo(f"note: {note}", err=True)
    if as_json:
        print_json({"ok": True, "rules": rules_of(found), "tools": len(found.tools), "notes": notes})
    else:
        click.echo(f"ok: {plural(len(found.rules), 'rule')}, {plural(len(found.tools), 'tool rule')}")


def _unsignable(policy: Policy, signers: Path) -> list[str]:
    """What is to be said where rules ask for signatures and no key is allowed: not even that file could be approved."""
    from workbench.reviews.signers import SIGNERS_FILE, parse_signers

    asking = [str(number) for number, rule in enumerate(policy.rules, start=1) if rule.identity != "author"]
    try:
        allowed = parse_signers(signers.read_text(encoding="utf-8", errors="replace")).keys if asking else ()
    except OSError:
        allowed = ()
    if not asking or allowed:
        return []
    which = f"rule {asking[0]} asks" if len(asking) == 1 else f"the rules {', '.join(asking)} ask"
    return [
        f"{which} for signatures and {SIGNERS_FILE} allows no key, so nobody can meet that;"
        " commit the file together with the rules: a later one would need a signed approval itself"
    ]
