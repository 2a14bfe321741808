"""The styles of a diff in the theme that is in force."""

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color

from workbench.tui.contrast import READABLE, contrast, readable
from workbench.tui.diff_colours import TONES
from workbench.tui.widgets.diff_lines import Palette
from workbench.tui.widgets.tones import TonedView, tone_parts

GROUNDS: Mapping[str, tuple[str, ...]] = {
    " ": ("background", "cursor"),
    "+": ("diff-added", "diff-added-word"),
    "-": ("diff-removed", "diff-removed-word"),
}
"""On which backgrounds of the theme the text of a kind of line stands."""


def tone_colours(variables: Mapping[str, str]) -> dict[tuple[str, str], Color]:
    """The colour of each tone on each kind of line, so that it can be read on every background such a line has."""
    foreground = Color.parse(variables["foreground"])
    found = {}
    for kind, names in GROUNDS.items():
        grounds = [Color.parse(variables[name]) for name in names]
        for tone in TONES:
            colour = Color.parse(variables[tone_parts(tone)[0]])
            for ground in grounds:
                colour = readable(colour, ground, foreground)
            if all(contrast(colour, ground) >= READABLE for ground in grounds):
                found[kind, tone] = colour
    return found


def palette_of(view: TonedView, digits: int) -> Palette:
    """The styles for a view; without colours where the terminal shall have none."""
    style, plain, variables = view.get_component_rich_style, view.rich_style, view.app.theme_variables
    coloured = not view.app.no_color
    return Palette(
        plain=plain,
        added=style("diff--added"),
        added_word=_over(style("diff--added-word")),
        removed=style("diff--removed"),
        removed_word=_over(style("diff--removed-word")),
        number=plain + view.tone("muted"),
        file=style("diff--file"),
        status=style("diff--status"),
        hunk=plain + view.tone("comment"),
        note=plain + view.tone("attention"),
        gap=style("diff--gap"),
        digits=digits,
        tones=_tones(variables) if coloured else {},
        hidden=Style(reverse=True, bold=True),
        match=_found(variables, "foreground", "selection") if coloured else Style(bold=True, underline=True),
        match_here=_found(variables, "background", "text-accent") if coloured else Style(bold=True, reverse=True),
    )


def _over(word: Style) -> Style:
    """A style without its text colour, to lie over others."""
    return Style(bgcolor=word.bgcolor, bold=True, underline=True, dim=word.dim)


def _tones(variables: Mapping[str, str]) -> dict[tuple[str, str], Style]:
    return {
        (kind, tone): Style.parse(tone_parts(tone)[1]) + Style(color=colour.rich_color)
        for (kind, tone), colour in tone_colours(variables).items()
        if tone != "plain"
    }


def _found(variables: Mapping[str, str], text: str, ground: str) -> Style:
    return Style(
        color=Color.parse(variables[text]).rich_color, bgcolor=Color.parse(variables[ground]).rich_color, bold=True
    )
