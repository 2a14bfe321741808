"""`workbench review card`: what a change is about, before one reads its lines."""

from typing import Any

import click

from workbench.cli.output import library_option, print_json, styled
from workbench.commands import command
from workbench.errors import UsageError
from workbench.workspace import Workspace

_TONES: dict[str, dict[str, Any]] = {
    "muted": {"dim": True}, "good": {"fg": "green"}, "attention": {"fg": "yellow"}, "bad": {"fg": "red"},
}  # fmt: skip


@click.command("card", help=command("review.card").help)
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--range", "range_", metavar="RANGE|pr/N",
              help="All skills that main...HEAD or an opened pr/123 touches, as one comment.")  # fmt: skip
@click.option("--base", metavar="REV", help="Compare with this version, revision or tree, not the last approved tree.")
@click.option("--since-mine", is_flag=True, help="Compare with the state that your last verdict was on.")
@click.option(
    "--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text",
    help="For a terminal, for a pull request's comment, or exact data.",
)  # fmt: skip
@library_option
def card(
    workspace: Workspace, name: str | None, range_: str | None, base: str | None, since_mine: bool, form: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Print the change card."""
    from workbench.reviews.card_text import as_markdown, as_text

    if range_ is not None and name is None and base is None:
        _card_of_range(workspace, range_, "json" if as_json else form, since_mine=since_mine)
        return
    if name is None or range_ is not None:
        raise UsageError("name one skill, or a range", remedy="review card NAME, or: review card --range RANGE")
    skill = workspace.find(name).id
    if since_mine and base:
        raise UsageError("--base and --since-mine name two things to compare with", remedy="give one of them")
    base = workspace.reviews.mine(skill) if since_mine else base
    found = workspace.reviews.card(skill, base=base)
    made = workspace.generated.of(skill, base=base)
    if as_json or form == "json":
        print_json({**found.to_json(), "generated": made.to_json() if made else None})
    elif form == "markdown":
        click.echo(as_markdown(found, made.said() if made else ""), nl=False)
    else:
        for line in as_text(found, lambda text, tone: styled(text, **_TONES.get(tone, {}))):
            click.echo(line)
        if made:
            click.echo(f"generated {made.said()}")


def _card_of_range(workspace: Workspace, range_: str, form: str, *, since_mine: bool) -> None:
    """Print the cards of a set; nothing is fetched, so that they are of what was opened."""
    from workbench.reviews import changeset_card

    found = workspace.sets.open(range_, since_my_verdict=since_mine)
    cards = workspace.sets.cards(found)
    if form == "json":
        print_json(changeset_card.cards_json(found, cards))
    elif form == "markdown":
        click.echo(changeset_card.as_markdown(found, cards), nl=False)
    else:
        for line in changeset_card.as_text(found, cards, lambda text, tone: styled(text, **_TONES.get(tone, {}))):
            click.echo(line)
