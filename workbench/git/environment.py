"""The environment git runs in: every program that a repository's configuration may name is switched off."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence

MINIMUM_VERSION = (2, 31)

OVERRIDES = (
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("core.pager", "cat"),
    ("core.editor", "false"),
    ("core.askPass", "false"),
    ("core.sshCommand", "false"),
    ("core.alternateRefsCommand", "false"),
    ("core.quotePath", "false"),
    ("core.untrackedCache", "false"),
    ("core.splitIndex", "false"),
    ("core.checkStat", "default"),
    ("core.trustctime", "true"),
    ("core.deltaBaseCacheLimit", "32m"),
    ("i18n.logOutputEncoding", "UTF-8"),
    ("log.follow", "false"),
    ("diff.orderFile", os.devnull),
    ("diff.ignoreSubmodules", "none"),
    ("diff.suppressBlankEmpty", "false"),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("diff.renames", "true"),
    ("diff.noprefix", "false"),
    ("diff.mnemonicPrefix", "false"),
    ("diff.submodule", "short"),
    ("status.submoduleSummary", "false"),
    ("submodule.recurse", "false"),
    ("log.showSignature", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("advice.addEmbeddedRepo", "false"),
)

_KEPT = (
    "GIT_AUTHOR_",
    "GIT_COMMITTER_",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_KEY_",
    "GIT_CONFIG_VALUE_",
    "GIT_CEILING_DIRECTORIES",
    "GIT_TEMPLATE_DIR",
)


def version() -> tuple[int, ...] | None:
    """The installed git's version; None where git is missing or does not answer."""
    try:
        said = subprocess.run(["git", "version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    digits = [*said.split(), "", "", ""][2].split(".")
    return tuple(int(part) for part in digits[:3] if part.isdigit()) or None


def hardened(overrides: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The process's environment for git: nothing that redirects it, and the overrides after the user's own."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k.startswith(_KEPT)}
    given = env.get("GIT_CONFIG_COUNT", "0")
    count = int(given) if given.isdigit() else 0
    for number, (key, value) in enumerate(overrides, start=count):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    env |= {
        "GIT_CONFIG_COUNT": str(count + len(overrides)),
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    return env


def switched_off(keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Overrides for every driver that the configuration names a program for."""
    for key in filter(None, keys):
        name = key.rpartition(".")[2]
        if name in ("clean", "smudge", "process", "command", "textconv", "driver"):
            yield key, ""
        elif name == "required":
            yield key, "false"
