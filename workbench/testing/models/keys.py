"""A model's key: from the environment or the system's keyring, kept nowhere, and taken out of every text."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

from workbench.testing.models.protocol import ModelError
from workbench.testing.models.spec import ModelSpec
from workbench.text import visible

SERVICE = "skill-workbench"
"""Under which service a key is looked up in the system's keyring; the user name is the variable's."""

_MASK = "[key]"
_SHORTEST_SECRET = 8
"""What is shorter (`none`, `x`: local servers take anything) is no secret, and would be found all over a text."""


class Keyring(Protocol):
    """The one function of the package `keyring` that is used."""

    def get_password(self, service_name: str, username: str) -> str | None:
        """The secret; None where there is none."""
        ...


def find_key(spec: ModelSpec, env: Mapping[str, str], keyring: Keyring | None = None) -> str | None:
    """The key for a model's endpoint; None where it needs none.

    Args:
        env: The environment; it comes before the keyring.
        keyring: The system's keyring; the package's own, if it is installed, where None is given.

    Raises:
        ModelError: There is no key, or it is not what can be a key.
    """
    if spec.key_env is None:
        return None
    note = ""
    key = env.get(spec.key_env, "").strip() or None
    if key is None:
        key, note = _from_keyring(spec.key_env, keyring)
    if key is None:
        raise ModelError(
            f"there is no key for {spec.label}: {visible(spec.key_env)} is not set" + note,
            remedy=f"export {spec.key_env}=…, or keep it in the keyring: keyring set {SERVICE} {spec.key_env}",
        )
    if not (key.isascii() and key.isprintable() and " " not in key and len(key) <= 4096):
        raise ModelError(
            f"what {visible(spec.key_env)} holds can't be a key: it has blanks or other odd characters",
            remedy="copy it again",
        )
    return key


def holds_key(text: str, key: str | None) -> bool:
    """Whether a key can be read in a text."""
    return key is not None and len(key) >= _SHORTEST_SECRET and key in text


def without_key(text: str, key: str | None) -> str:
    """A text with a key in it masked."""
    return text.replace(key, _MASK) if key is not None and holds_key(text, key) else text


def _from_keyring(name: str, keyring: Keyring | None) -> tuple[str | None, str]:
    """What the keyring has, and what to say about it where it can't be asked."""
    ring: Any = keyring
    if ring is None:
        try:
            ring = import_module("keyring")
        except ImportError:
            return None, ", and the keyring can't be asked (pip install 'skill-workbench[keyring]')"
    try:
        found = ring.get_password(SERVICE, name)
    except Exception as error:  # noqa: BLE001 - backends raise what they like; the type says enough, its text may not
        return None, f", and the system's keyring can't be asked ({type(error).__name__})"
    return (found.strip() or None, "") if isinstance(found, str) else (None, ", and the keyring has nothing under it")
