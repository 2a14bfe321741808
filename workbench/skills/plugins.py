"""Plugins that bring skills: what their manifests and marketplaces list, and which of them a client has installed.

Everything is read, nothing is written; what a manifest names outside its plugin is refused.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.skills.clients import Client, PluginCache, own_folder
from workbench.skills.discovery import MARKETPLACE
from workbench.skills.files import is_inside
from workbench.skills.model import SKILL_FILE, Skipped
from workbench.skills.searching import Looks
from workbench.skills.settings_files import mapping_in, read_mapping, texts_in
from workbench.text import truncate, visible

MAX_PLUGINS = 500
MAX_LISTED = 500

_MANIFEST = ".claude-plugin/plugin.json"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin on this machine.

    Attributes:
        folder: Its own folder.
        skills: The folders to look for skills in, each inside `folder`.
        why: Why its skills are not loaded; None if they are.
    """

    name: str
    folder: str
    skills: tuple[str, ...]
    why: str | None = None


def installed_plugins(
    one: Client, project: Path, home: Path, env: Mapping[str, str], looks: Looks, skipped: list[Skipped]
) -> tuple[Plugin, ...]:
    """The plugins that a client keeps for this user, those that it does not load included.

    Args:
        project: The top of the project.
        home: The user's home folder.
        env: The client's environment.
        looks: Folders that were looked into already.
        skipped: Takes what could not be read.
    """
    own = own_folder(one, home, env)
    found: dict[str, Plugin] = {}
    if one.id == "claude":
        for plugin in _registered(own, project, skipped):
            found.setdefault(plugin.folder, plugin)
    enabled = _codex_enabled(own, skipped) if one.id == "codex" else None
    for cache in one.plugins:
        for folder, parts in _cached(f"{own}/{cache.path}", cache, looks, skipped):
            if folder not in found:
                found[folder] = _from_cache(one, folder, parts, cache, enabled, skipped)
    plugins = sorted(found.values(), key=lambda plugin: (plugin.why is not None, plugin.name, plugin.folder))
    if len(plugins) > MAX_PLUGINS:
        skipped.append(Skipped(str(own), f"only the first {MAX_PLUGINS} of {len(plugins):,} plugins are read"))
    return tuple(plugins[:MAX_PLUGINS])


def offered_plugins(top: Path, skipped: list[Skipped]) -> tuple[Plugin, ...]:
    """The plugins that a repository offers by its own marketplace or manifest; none of them is installed by that.

    Args:
        top: The repository's folder.
        skipped: Takes what could not be read, and what is listed but lies outside.
    """
    real = os.path.realpath(top)
    market = read_mapping(Path(real), MARKETPLACE, skipped)
    entries = market.get("plugins")
    found = []
    for entry in entries[:MAX_PLUGINS] if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            skipped.append(Skipped(f"{real}/{MARKETPLACE}", "an entry without a name"))
            continue
        source = entry.get("source")
        if not isinstance(source, str):
            continue  # it lies in another repository
        folder = _inside(real, source, f"{real}/{MARKETPLACE}", skipped)
        if folder is not None:
            why = f"offered by the marketplace '{_short(market.get('name'))}', not installed"
            found.append(_plugin(entry["name"], folder, entry, why, skipped, market=f"{real}/{MARKETPLACE}"))
    if not found and (manifest := read_mapping(Path(real), _MANIFEST, skipped)):
        name = manifest.get("name")
        shown = name if isinstance(name, str) and name else Path(real).name
        found.append(_plugin(shown, real, {}, f"part of the plugin '{_short(shown)}', not installed", skipped))
    return tuple(found)


def _registered(own: Path, project: Path, skipped: list[Skipped]) -> Iterator[Plugin]:
    """Claude Code's own register of what is installed, and its settings of what is enabled."""
    register = read_mapping(own, "plugins/installed_plugins.json", skipped)
    enabled: dict[str, Any] = {}
    for folder, relative in ((own, "settings.json"), (project, ".claude/settings.json"),
                             (project, ".claude/settings.local.json")):  # fmt: skip
        enabled.update(mapping_in(read_mapping(folder, relative, skipped), "enabledPlugins"))
    for id_, value in mapping_in(register, "plugins").items():
        name, _, market = id_.partition("@")
        for entry in value if isinstance(value, list) else [value]:
            path = entry.get("installPath") if isinstance(entry, dict) else None
            if not isinstance(path, str) or not path.startswith("/") or "\0" in path:
                skipped.append(Skipped(str(own), f"the plugin '{_short(id_)}' is registered without a folder"))
                continue
            if not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
                skipped.append(Skipped(path, f"the folder of the plugin '{_short(id_)}' does not exist"))
                continue
            why = None if enabled.get(id_) is True else "the plugin is not enabled in Claude Code's settings"
            elsewhere = entry.get("projectPath")
            if isinstance(elsewhere, str) and os.path.realpath(elsewhere) != os.path.realpath(project):
                why = f"the plugin is installed for another project, {_short(elsewhere)}"
            listed = _listing_of(own, market, name, skipped)
            yield _plugin(name, os.path.realpath(path), listed, why, skipped)


def _listing_of(own: Path, market: str, name: str, skipped: list[Skipped]) -> Mapping[str, Any]:
    """A plugin's entry in the marketplace that it was installed from."""
    if not market or "/" in market or market.startswith(".") or "\0" in market:
        return {}
    entries = read_mapping(own, f"plugins/marketplaces/{market}/{MARKETPLACE}", skipped).get("plugins")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("name") == name:
            return entry
    return {}


def _codex_enabled(own: Path, skipped: list[Skipped]) -> Mapping[str, Any]:
    return mapping_in(read_mapping(own, "config.toml", skipped), "plugins")


def _cached(
    folder: str, cache: PluginCache, looks: Looks, skipped: list[Skipped]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each plugin's folder in a cache, as (real path, names on the way), the last version of a plugin first."""
    real = looks.real(folder)
    level: list[tuple[str, tuple[str, ...]]] = [(real, ())] if real is not None else []
    for _ in range(cache.levels):
        below: list[tuple[str, tuple[str, ...]]] = []
        for path, parts in level:
            look = looks.at(path)
            if look.fault:
                skipped.append(Skipped(path, look.fault))
            below += [(f"{path}/{name}", (*parts, name)) for name in look.folders if not name.startswith(".")]
        level = below[: 2 * MAX_PLUGINS]
    yield from sorted(level, key=lambda item: item[1], reverse=True)


def _from_cache(
    one: Client,
    folder: str,
    parts: tuple[str, ...],
    cache: PluginCache,
    enabled: Mapping[str, Any] | None,
    skipped: list[Skipped],
) -> Plugin:
    name = parts[cache.name_level - 1]
    why = None
    if one.id == "claude":
        why = "only in the plugin cache, not installed"
    elif enabled is not None and mapping_in(enabled, f"{name}@{parts[0]}").get("enabled") is not True:
        why = f"the plugin is not enabled in {one.label}'s configuration"
    return _plugin(name, folder, {}, why, skipped)


def _plugin(
    name: str,
    folder: str,
    entry: Mapping[str, Any],
    why: str | None,
    skipped: list[Skipped],
    *,
    market: str | None = None,
) -> Plugin:
    """A plugin with the folders its skills are in: those that its entry in the file `market` lists; else those that its
    manifest lists, and `skills`.
    """
    manifest = read_mapping(Path(folder), _MANIFEST, skipped)
    listed = texts_in(entry.get("skills"))
    relative = listed or ("skills", *texts_in(manifest.get("skills")))
    place = market if market is not None and listed else f"{folder}/{_MANIFEST}"
    if len(relative) > MAX_LISTED:
        skipped.append(Skipped(place, f"only the first {MAX_LISTED} of {len(relative):,} listed folders are read"))
    folders = []
    for path in dict.fromkeys(relative[:MAX_LISTED]):
        inside = _inside(folder, path, place, skipped, missing_is_fine=path == "skills")
        if inside is not None:
            folders.append(inside)
    if not listed and os.path.lexists(f"{folder}/{SKILL_FILE}"):
        folders.append(folder)
    return Plugin(name, folder, tuple(folders), why)


def _inside(
    folder: str, relative: str, place: str, skipped: list[Skipped], *, missing_is_fine: bool = False
) -> str | None:
    """The real folder that a manifest names, if it lies in the plugin."""
    if relative.startswith("/") or "\0" in relative or len(relative) > 4_096:
        skipped.append(Skipped(place, f"'{_short(relative)}' is not a path inside the plugin"))
        return None
    real = os.path.realpath(f"{folder}/{relative}")
    if not is_inside(real, os.path.realpath(folder)):
        skipped.append(Skipped(place, f"'{_short(relative)}' leads out of the plugin; it is not read"))
        return None
    if not os.path.isdir(real):  # noqa: PTH112 - Path.is_dir raises where looking is not permitted
        if not missing_is_fine:
            skipped.append(Skipped(place, f"lists '{_short(relative)}', which is no folder"))
        return None
    return real


def _short(value: object) -> str:
    return truncate(visible(str(value)), 60)
