"""Textual bindings made from the registry of commands, so that no screen writes a key."""

import difflib
from collections.abc import Collection, Mapping

from textual.binding import Binding, BindingType

from workbench.commands import COMMANDS, Command, Scope, clashes, command, in_scope
from workbench.errors import InputError
from workbench.text import visible


def bindings(*scopes: Scope, but: Collection[str] = ()) -> list[BindingType]:
    """The bindings of every command whose keys work in one of these scopes; their ids are the commands' ids.

    Args:
        but: Ids of commands that something inside the screen does.
    """
    return [_binding(one) for one in in_scope(*scopes) if one.keys and one.id not in but]


def bindings_of(*ids: str) -> list[BindingType]:
    """The bindings of these commands only, for a widget that does some of a scope."""
    return [_binding(command(id_)) for id_ in ids]


def command_of(binding: Binding) -> Command | None:
    """The command that a binding was made from; None for one that Textual brought."""
    return _BY_ID.get(binding.id or "")


def keys_of(one: Command, keymap: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The keys of a command after the user's keymap, as `check_keymap` gave it."""
    return keymap.get(one.id, one.keys)


def key_of(id_: str, keymap: Mapping[str, tuple[str, ...]]) -> str:
    """The first key of a command after the user's keymap, as it is shown."""
    return show_key(keys_of(command(id_), keymap)[0])


def show_key(key: str) -> str:
    """A key's name as the footer and the help show it."""
    return _SHOWN.get(key, key.replace("ctrl+", "^") if key.startswith("ctrl+") else key)


def check_keymap(keymap: Mapping[str, str]) -> tuple[dict[str, tuple[str, ...]], list[InputError]]:
    """The user's keys by command id as far as they can be used, and what is wrong with the others."""
    good: dict[str, tuple[str, ...]] = {}
    wrong = []
    for id_, keys in keymap.items():
        if id_ not in _BY_ID:
            near = difflib.get_close_matches(id_, _BY_ID, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "the ids are in the documentation's key table"
            wrong.append(InputError(f"'keymap' names no command '{visible(id_)}'", where="config.yaml", remedy=hint))
        else:
            good[id_] = tuple(key.strip() for key in keys.split(",") if key.strip()) or _BY_ID[id_].keys
    for key, first, second in clashes({id_: ",".join(keys) for id_, keys in good.items()}):
        what = f"'{visible(key)}' is the key of both {first} and {second}"
        wrong.append(InputError(what, where="config.yaml", remedy="give one of them another key under 'keymap'"))
    return good, wrong


_BY_ID = {one.id: one for one in COMMANDS}

_SHOWN = {
    "down": "↓",
    "up": "↑",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "f1": "F1",
    "comma": ",",
    "full_stop": ".",
    "plus": "+",
    "minus": "-",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
}


def _binding(one: Command) -> Binding:
    assert one.action is not None
    return Binding(",".join(one.keys), one.action, one.title, show=one.footer, id=one.id, tooltip=one.help)
