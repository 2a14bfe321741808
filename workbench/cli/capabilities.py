"""`workbench skills capabilities` and `skills accept`: what skills can do, and what of it somebody accepted."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from workbench.cli.output import library_option, print_error, print_json, styled
from workbench.commands import command
from workbench.errors import UsageError, WorkbenchError
from workbench.skills.capabilities import KINDS, Finding, SkillCapabilities, capabilities_of
from workbench.skills.capabilities.accepted import (
    FILE,
    Acceptance,
    accept,
    accepted_in,
    read_accepted,
    stale,
    who,
    withdraw,
)
from workbench.skills.capabilities.words import CAUTION, grouped, heading
from workbench.skills.model import Skill
from workbench.text import plural, visible
from workbench.workspace import Workspace

_LEAST_PREFIX = 4
_PLACES = 3


@click.command("capabilities", help=command("skills.capabilities").help)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--kind", "wanted", type=click.Choice(KINDS), multiple=True, help="Only this kind; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Also what is only mentioned, and every place.")
@click.option("--open", "only_open", is_flag=True, help="Only what needs a look and nobody accepted; exit 1 if any.")
@library_option
def capabilities(
    workspace: Workspace,
    names: tuple[str, ...],
    wanted: tuple[str, ...],
    everything: bool,
    only_open: bool,
    as_json: bool,
) -> None:
    """Print what skills can do, by kind, with file and line; exit 0, with --open 1 where something is open."""
    found = [capabilities_of(workspace.root, skill) for skill in _skills(workspace, names)]
    acceptances = _acceptances(workspace)
    shown = [
        (one, [f for f in one.findings if _is_wanted(f, wanted, accepted_in(one.skill, acceptances), only_open)])
        for one in found
    ]
    labels = {skill.id: skill.name for skill in workspace.skills()[0]}
    if as_json:
        print_json({"skills": [_to_json(one, labels, kept, acceptances) for one, kept in shown]})
    else:
        for one, kept in shown:
            if kept or not only_open:
                _print(one, labels, kept, accepted_in(one.skill, acceptances), everything=everything)
        for acceptance, why in stale(found, acceptances):
            click.echo(f"note: an acceptance is stale ({why}): {_said(acceptance)}", err=True)
        click.echo(CAUTION)
    if only_open and any(kept for _, kept in shown):
        click.get_current_context().exit(1)


@click.command("accept", help=command("skills.accept").help)
@click.argument("name", required=False)
@click.argument("fingerprints", metavar="[FINGERPRINT]...", nargs=-1)
@click.option("--reason", metavar="TEXT", help="Why it is fine; needed to accept.")
@click.option("--withdraw", "take_back", is_flag=True, help="Take the acceptances back instead.")
@click.option("--list", "listing", is_flag=True, help="Print what was accepted, and what of it is stale.")
@library_option
def accept_findings(
    workspace: Workspace,
    name: str | None,
    fingerprints: tuple[str, ...],
    reason: str | None,
    take_back: bool,
    listing: bool,
    as_json: bool,
) -> None:
    """Accept findings of one skill by their fingerprints, of which a unique beginning is enough."""
    if listing:
        _list(workspace, _skills(workspace, (name,) if name else ()), as_json=as_json)
        return
    if name is None or not fingerprints:
        raise UsageError("name a skill and at least one fingerprint", remedy="workbench skills capabilities shows them")
    skill = workspace.find(name)
    if take_back:
        known = accepted_in(skill.id, read_accepted(workspace.root))
        done = withdraw(workspace.root, skill.id, [_full(prefix, known) for prefix in fingerprints])
    else:
        if not (reason or "").strip():
            raise UsageError("an acceptance needs a reason", remedy="--reason TEXT: it is what the next reader has")
        findings = {f.fingerprint: f for f in capabilities_of(workspace.root, skill).findings}
        chosen = [findings[_full(prefix, findings)] for prefix in fingerprints]
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        done = accept(workspace.root, skill.id, chosen, reason or "", who(workspace.repository), at)
    if as_json:
        print_json(
            {"skill": skill.id, "file": FILE, "withdrawn" if take_back else "accepted": [d.to_json() for d in done]}
        )
        return
    for one in done:
        click.echo(f"{'withdrawn' if take_back else 'accepted'}: {_said(one)}")
    click.echo(f"Commit {FILE}: it is reviewed with the policy.")


def _skills(workspace: Workspace, names: Sequence[str]) -> list[Skill]:
    if not names:
        return list(workspace.skills()[0])
    return list({skill.id: skill for skill in map(workspace.find, names)}.values())


def _acceptances(workspace: Workspace) -> tuple[Acceptance, ...]:
    """What was accepted; a file that can't be read accepts nothing, and says so."""
    try:
        return read_accepted(workspace.root)
    except WorkbenchError as error:
        print_error(error)
        return ()


def _is_wanted(finding: Finding, wanted: Sequence[str], accepted: Mapping[str, Acceptance], only_open: bool) -> bool:
    if wanted and finding.kind not in wanted:
        return False
    return not only_open or (finding.risky and finding.fingerprint not in accepted)


def _to_json(
    one: SkillCapabilities, labels: Mapping[str, str], kept: Iterable[Finding], acceptances: Iterable[Acceptance]
) -> dict[str, Any]:
    accepted = accepted_in(one.skill, acceptances)

    def said(finding: Finding) -> dict[str, str] | None:
        by = accepted.get(finding.fingerprint)
        return {"by": by.by, "reason": by.reason, "at": by.at} if by else None

    return {
        "path": one.skill,
        "name": labels.get(one.skill, one.skill),
        "kinds": list(one.kinds),
        "findings": [{**finding.to_json(), "risky": finding.risky, "accepted": said(finding)} for finding in kept],
        "unread": [{"path": unread.path, "reason": unread.reason} for unread in one.unread],
    }


def _print(
    one: SkillCapabilities,
    labels: Mapping[str, str],
    kept: Sequence[Finding],
    accepted: Mapping[str, Acceptance],
    *,
    everything: bool,
) -> None:
    click.echo(f"{styled(visible(labels.get(one.skill, one.skill)), bold=True)}  {visible(one.skill)}")
    shown = [finding for finding in kept if everything or finding.certainty != "mention"]
    for kind, subjects in grouped(shown):
        click.echo(f"  {heading(kind)}")
        for what, places in subjects:
            _print_subject(what, places, accepted, everything=everything)
    if left := len(kept) - len(shown):
        click.echo(f"  {plural(left, 'mention')} more: --all")
    if not kept and not one.unread:
        click.echo("  nothing was found")
    for unread in one.unread if everything else one.unread[:_PLACES]:
        click.echo(f"  not read: {visible(unread.path)}: {visible(unread.reason)}")
    if not everything and len(one.unread) > _PLACES:
        click.echo(f"  and {plural(len(one.unread) - _PLACES, 'file')} more not read: --all")
    click.echo()


def _print_subject(
    what: str, places: Sequence[Finding], accepted: Mapping[str, Acceptance], *, everything: bool
) -> None:
    certainty = places[0].certainty
    mark = styled("! ", fg="yellow") if any(f.risky and f.fingerprint not in accepted for f in places) else "  "
    click.echo(f"  {mark}{visible(what)}{'' if certainty == 'sure' else f'  ({certainty})'}")
    for finding in places if everything else places[:_PLACES]:
        by = accepted.get(finding.fingerprint)
        said = f"  accepted by {visible(by.by)}: {visible(by.reason)}" if by else ""
        place = f"{visible(finding.path)}:{finding.line}"
        click.echo(f"      {place}  {finding.fingerprint[:8]}  {visible(finding.evidence)}{said}")
    if not everything and len(places) > _PLACES:
        click.echo(f"      and {plural(len(places) - _PLACES, 'place')} more: --all")


def _full(prefix: str, known: Mapping[str, object]) -> str:
    """The fingerprint that a beginning of it means."""
    found = [fingerprint for fingerprint in known if fingerprint.startswith(prefix.lower())]
    if len(prefix) < _LEAST_PREFIX or not found:
        why = (
            f"give at least {_LEAST_PREFIX} digits" if len(prefix) < _LEAST_PREFIX else "workbench skills capabilities"
        )
        raise UsageError(f"no finding has the fingerprint '{visible(prefix[:40])}'", remedy=why)
    if len(found) > 1:
        raise UsageError(f"'{prefix}' begins {len(found)} fingerprints", remedy=f"give more: {', '.join(found[:5])}")
    return found[0]


def _list(workspace: Workspace, skills: Sequence[Skill], *, as_json: bool) -> None:
    acceptances = read_accepted(workspace.root)
    ids = {skill.id for skill in skills}
    known = {skill.id for skill in workspace.skills()[0]}
    named = {one.skill for one in acceptances} & ids
    seen = [capabilities_of(workspace.root, skill) for skill in skills if skill.id in named]
    outdated = {(one.skill, one.fingerprint): why for one, why in stale(seen, acceptances)}
    outdated |= {(one.skill, one.fingerprint): "no such skill" for one in acceptances if one.skill not in known}
    whole = ids == known
    rows = [one for one in acceptances if one.skill in ids or (whole and one.skill not in known)]
    if as_json:
        print_json(
            {"accepted": [{**one.to_json(), "stale": outdated.get((one.skill, one.fingerprint))} for one in rows]}
        )
        return
    for one in rows:
        why = outdated.get((one.skill, one.fingerprint))
        click.echo(f"{visible(one.skill)}  {_said(one)}{f'  STALE: {why}' if why else ''}")
        click.echo(f"    {visible(one.by)}, {visible(one.at)}: {visible(one.reason)}")
    if not rows:
        click.echo("Nothing was accepted.")


def _said(one: Acceptance) -> str:
    return f"{one.fingerprint[:8]} {one.kind} {visible(one.what)} ({visible(one.path)})"
