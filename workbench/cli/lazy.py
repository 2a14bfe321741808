"""Groups whose commands are imported when they are called: most of a short command's time would go into the others."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group of commands of its own and of others by their places.

    Args:
        places: `module:name` of each command, by what it is called.
    """

    def __init__(self, *args: Any, places: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = dict(places or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, as click sorts them."""
        return sorted({*super().list_commands(ctx), *self.places})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported if need be."""
        if cmd_name not in self.places:
            return super().get_command(ctx, cmd_name)
        return imported(self.places[cmd_name])


def imported(place: str) -> click.Command:
    """The command at `module:name`."""
    module, _, name = place.partition(":")
    found = getattr(import_module(module), name)
    assert isinstance(found, click.Command)
    return found
