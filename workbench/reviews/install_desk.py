"""What of a library's skills is installed for agents: put there, brought back to what is approved, taken out."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config import data_dir
from workbench.errors import ConflictError, WorkbenchError
from workbench.reviews.deprecating import deprecation_of
from workbench.reviews.desk import ReviewDesk
from workbench.reviews.installing import (
    Install,
    InstalledCopy,
    Scope,
    Where,
    folder_name,
    install,
    installations,
    refuse_a_way_out,
    status_of,
    tree_to_install,
)
from workbench.reviews.model import Deprecation
from workbench.skills.client_ids import CLIENT_IDS
from workbench.skills.model import Skill
from workbench.storage import Store
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.reviews.listing import SkillRow
    from workbench.reviews.quarantine import Moved
    from workbench.reviews.survey import Background

SCOPES: tuple[Scope, ...] = ("project", "user")


@dataclass(frozen=True, slots=True)
class Places:
    """Where agents' folders are looked for."""

    project: Path
    home: Path

    def of(self, agent: str, scope: Scope) -> Where:
        """The folder of one agent."""
        return Where(agent, scope, self.project, self.home, os.environ)


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """What an installation would do.

    Attributes:
        forced: Whether it is not approved, so that it needs force.
        old: The deprecation that holds for it.
    """

    skill: str
    name: str
    version: str | None
    tree: str
    target: Path
    forced: bool
    old: Deprecation | None

    @property
    def warning(self) -> str | None:
        """What to say of the deprecation; made visible."""
        if self.old is None:
            return None
        return f"{visible(self.name)}{f' {visible(self.old.version)}' if self.old.version else ''} is {self.old.said}"


@dataclass(frozen=True, slots=True)
class InstallDone:
    """What was installed.

    Attributes:
        warning: That it is deprecated, and what to use instead; made visible.
        unrecorded: Why the store does not tell of it; made visible, empty where it does.
    """

    copy: Install
    warning: str | None
    unrecorded: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What else a user should know."""
        return tuple(note for note in (self.warning, self.unrecorded) if note)


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of the copies that were not as approved.

    Attributes:
        failed: Copies that could not be brought back, with the reason.
        notes: What else a user should know, made visible.
    """

    done: tuple[Install, ...] = ()
    failed: tuple[tuple[InstalledCopy, WorkbenchError], ...] = ()
    notes: tuple[str, ...] = ()


class InstallDesk:
    """What of one library's skills is installed.

    Args:
        reviews: The library's reviews.
        library: Names the library in the store.
        skills: Gives all its skills.
        store: Gives the user's store; None where it can't be opened.
    """

    def __init__(
        self,
        reviews: ReviewDesk,
        library: str,
        *,
        skills: Callable[[], Sequence[Skill]],
        store: Callable[[], Store | None],
    ) -> None:
        self._reviews = reviews
        self._library = library
        self._skills = skills
        self._store = store

    def plan(self, name: str, version: str | None, where: Where, *, force: bool = False) -> InstallPlan:
        """What `install` would do. Raises as `installing.tree_to_install`."""
        row, background = self._reviews.standing(name)
        return self._plan(row, background, version, where, force=force)

    def install(
        self, name: str, version: str | None, where: Where, *, force: bool = False, expect: InstallPlan | None = None
    ) -> InstallDone:
        """Put a version of a skill, by default the approved one, into an agent's folder.

        Args:
            force: Also what is not approved, or over what stands there; it is recorded.
            expect: What was agreed to.

        Raises:
            ConflictError: It would be another tree than was agreed to.
            WorkbenchError: As `installing.tree_to_install` and `installing.install`.
        """
        return self._install(*self._reviews.standing(name), version, where, force=force, expect=expect)

    def _plan(
        self, row: "SkillRow", background: "Background", version: str | None, where: Where, *, force: bool
    ) -> InstallPlan:
        tree, named, forced = tree_to_install(row, background, version, force=force)
        refuse_a_way_out(where)
        target = where.folder / folder_name(self._reviews.root, row.id)
        old = deprecation_of(row.standing.records, named or version)
        return InstallPlan(row.id, row.name, named or version, tree, target, forced, old)

    def _install(
        self,
        row: "SkillRow",
        background: "Background",
        version: str | None,
        where: Where,
        *,
        force: bool = False,
        expect: InstallPlan | None = None,
    ) -> InstallDone:
        plan = self._plan(row, background, version, where, force=force)
        if expect is not None and (plan.tree, plan.target) != (expect.tree, expect.target):
            what = f"it would be the tree {plan.tree[:12]} now, and {expect.tree[:12]} was agreed to"
            raise ConflictError(what, where=visible(row.id), remedy="look at it again")
        done = install(
            self._reviews.need_git("installing what was approved"),
            row,
            plan.tree,
            plan.version,
            where,
            data_dir() / "saved",
            forced=plan.forced,
            replace_strangers=force,
        )
        detail = {"path": done.target, "agent": where.agent, "forced": plan.forced}
        return InstallDone(done, plan.warning, self._record(row.id, plan.tree, "install", detail))

    def copies(
        self,
        places: Places,
        *,
        skills: Sequence[str] = (),
        agents: Sequence[str] = (),
        scopes: Sequence[Scope] = (),
    ) -> list[InstalledCopy]:
        """The copies that were installed from here, held against what is approved.

        Args:
            skills: Only copies of these, by id; likewise `agents` and `scopes`.
        """
        from workbench.reviews.judging import rows_in_git

        repository = self._reviews.need_git("holding copies against what is approved")
        rows, _ = rows_in_git(repository, self._skills())
        by_id = {row.id: row for row in rows}
        seen: dict[str, InstalledCopy] = {}
        wanted = [places.of(agent, scope) for agent in agents or CLIENT_IDS for scope in scopes or SCOPES]
        for where, name, entry in installations(wanted):
            skill = str(entry.get("skillPath") or name)
            if skills and skill not in skills:
                continue
            row = by_id.get(skill)
            approved = None
            if row is not None:
                approved = row.standing.tree if row.state == "approved" else row.standing.approved_tree
            copy = status_of(where, name, entry, approved)
            if row is not None:
                version = str(entry["version"]) if entry.get("version") else None
                copy = replace(copy, deprecated=deprecation_of(row.standing.records, version))
            seen.setdefault(copy.path, copy)
        return list(seen.values())

    def sync(self, copies: Sequence[InstalledCopy], places: Places) -> Synced:
        """Bring copies back to what is approved; one that can't be brought back does not keep the others."""
        done: list[Install] = []
        failed: list[tuple[InstalledCopy, WorkbenchError]] = []
        notes: list[str] = []
        standings: dict[str, tuple[SkillRow, Background]] = {}
        for copy in copies:
            try:
                if copy.skill not in standings:
                    standings[copy.skill] = self._reviews.standing(copy.skill)
                made = self._install(*standings[copy.skill], None, places.of(copy.agent, copy.scope))
            except WorkbenchError as error:
                failed.append((copy, error))
            else:
                done.append(made.copy)
                notes += [made.unrecorded] if made.unrecorded else []
        return Synced(tuple(done), tuple(failed), tuple(dict.fromkeys(notes)))

    def quarantined(self) -> dict[str, int]:
        """How many copies of each skill are in quarantine, by name."""
        from workbench.reviews.quarantine import quarantined

        return quarantined(_quarantine())

    def found(self, name: str, places: Places) -> list[Path]:
        """The folders of all agents' copies of a skill, each once, in the project and for the user."""
        from workbench.skills.installed import find_installed

        copies = find_installed(places.project, places.home, env=os.environ).copies
        mine = [c for c in copies if c.scope in SCOPES and name in (c.name, os.path.basename(c.path))]  # noqa: PTH119 - a string
        return [Path(path) for path in dict.fromkeys(copy.path for copy in mine)]

    def take_out(self, name: str, places: Places) -> "tuple[tuple[Moved, ...], str]":
        """Move all copies of a skill into quarantine; gives what was moved, and as `install` why it is not recorded.

        Raises:
            WorkbenchError: As `quarantine.take_out`.
        """
        from workbench.reviews.quarantine import take_out

        return self._moved(name, take_out(name, self.found(name, places), _quarantine()), "quarantine")

    def put_back(self, name: str) -> "tuple[tuple[Moved, ...], str]":
        """Put the copies of a skill back where they stood. Returns as `take_out`, raises as `quarantine.put_back`."""
        from workbench.reviews.quarantine import put_back

        return self._moved(name, put_back(name, _quarantine()), "restore")

    def _moved(self, name: str, moved: "tuple[Moved, ...]", what: str) -> "tuple[tuple[Moved, ...], str]":
        return moved, self._record(name, None, what, {"copies": [one.path for one in moved]})

    def _record(self, skill: str, tree: str | None, what: str, detail: dict[str, Any]) -> str:
        """Keep what was done in the store; where that can't be opened, it was done all the same."""
        from workbench.analytics.events import Event, record

        at = int(time.time() * 1000)
        try:
            store = self._store()
            if store is None:
                return "it was done, and could not be recorded: the store can't be opened"
            record(store, Event(at, "audit", skill, what, "ok", 0, library=self._library, tree=tree, detail=detail))
        except WorkbenchError as error:
            return f"it was done, and could not be recorded: {visible(error.what)}"
        return ""


def _quarantine() -> Path:
    return data_dir() / "quarantine"
