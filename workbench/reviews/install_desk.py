"""What of a library's skills is installed for agents: put there, brought back to what is approved, taken out."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.config import data_dir
from workbench.errors import ConflictError, WorkbenchError
from workbench.git import Repository
from workbench.reviews.copy_entry import ThisLibrary
from workbench.reviews.deprecating import deprecation_of
from workbench.reviews.desk import ReviewDesk
from workbench.reviews.installed_copies import InstalledCopy, Shelf, installations
from workbench.reviews.installing import (
    Install,
    OccupiedError,
    Order,
    Scope,
    Where,
    folder_name,
    forget,
    install,
    refuse_a_way_out,
    tree_to_install,
    trees_approved,
)
from workbench.reviews.model import Deprecation
from workbench.reviews.placing import sweep
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
        pinned: Whether just this version is asked for, so that sync keeps it.
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
    pinned: bool = False

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


class QuarantinedError(OccupiedError):
    """It was taken out of agents' folders, and not put back."""


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
            QuarantinedError: It is in quarantine.
            ConflictError: It would be another tree than was agreed to.
            WorkbenchError: As `installing.tree_to_install` and `installing.install`.
        """
        row, background = self._reviews.standing(name)
        if not force:
            self._refuse_quarantined(row, where)
        plan = self._plan(row, background, version, where, force=force)
        return self._install(row, plan, where, force=force, expect=expect)

    def _refuse_quarantined(self, row: "SkillRow", where: Where) -> None:
        from workbench.reviews.quarantine import in_quarantine, place_of

        folder = folder_name(self._reviews.root, row.id)
        place = place_of(where.folder / folder)
        for one in in_quarantine(_quarantine()):
            if one.name in (row.name, folder) or place_of(one.path) == place:
                remedy = f"workbench quarantine {visible(one.name)} --restore puts its copies back; or --force"
                raise QuarantinedError("it is in quarantine", where=visible(row.id), remedy=remedy)

    def _plan(
        self,
        row: "SkillRow",
        background: "Background",
        version: str | None,
        where: Where,
        *,
        force: bool = False,
        copy: InstalledCopy | None = None,
    ) -> InstallPlan:
        """What an installation would do; `copy` is one that is brought back, under its own name."""
        held = copy.locked_tree if copy is not None and copy.pinned else None
        if copy is not None and held is not None and held in trees_approved(row, background):
            tree, named, forced, pinned = held, copy.version, False, True
        else:
            tree, named, forced = tree_to_install(row, background, version, force=force)
            pinned = version is not None
        refuse_a_way_out(where)
        target = where.folder / (copy.name if copy else folder_name(self._reviews.root, row.id))
        old = deprecation_of(row.standing.records, named or version)
        return InstallPlan(row.id, row.name, named or version, tree, target, forced, old, pinned)

    def _install(
        self, row: "SkillRow", plan: InstallPlan, where: Where, *, force: bool, expect: InstallPlan | None = None
    ) -> InstallDone:
        if expect is not None and (plan.tree, plan.target) != (expect.tree, expect.target):
            what = f"it would be the tree {plan.tree[:12]} now, and {expect.tree[:12]} was agreed to"
            raise ConflictError(what, where=visible(row.id), remedy="look at it again")
        repository = self._reviews.need_git("installing what was approved")
        done = install(
            repository,
            row,
            Order(plan.target.name, plan.tree, plan.version, plan.forced, plan.pinned),
            where,
            self._this(repository),
            data_dir() / "saved",
            replace_strangers=force,
        )
        detail = {"path": done.target, "agent": where.agent, "forced": plan.forced}
        return InstallDone(done, plan.warning, self._record(row.id, plan.tree, "install", detail))

    def _this(self, repository: Repository) -> ThisLibrary:
        return ThisLibrary.of(repository, [skill.id for skill in self._skills()])

    def copies(
        self,
        places: Places,
        *,
        skills: Sequence[str] = (),
        agents: Sequence[str] = (),
        scopes: Sequence[Scope] = (),
    ) -> list[InstalledCopy]:
        """The copies that lock files tell of, held against what is approved.

        Args:
            skills: Only copies of these, by id; likewise `agents` and `scopes`.
        """
        from workbench.reviews.judging import rows_in_git
        from workbench.reviews.quarantine import in_quarantine

        repository = self._reviews.need_git("holding copies against what is approved")
        rows, background = rows_in_git(repository, self._skills())
        shelf = Shelf(self._this(repository), rows, background, in_quarantine(_quarantine()))
        seen: dict[str, InstalledCopy] = {}
        wanted = [places.of(agent, scope) for agent in agents or CLIENT_IDS for scope in scopes or SCOPES]
        for where, name, one in installations(wanted):
            copy = shelf.copy(where, name, one)
            if skills and (copy.skill not in skills or copy.other):
                continue
            if (row := shelf.row(copy.skill)) is not None and not copy.other:
                copy = replace(copy, deprecated=deprecation_of(row.standing.records, copy.version))
            seen.setdefault(copy.path, copy)
        return list(seen.values())

    def sync(self, copies: Sequence[InstalledCopy], places: Places) -> Synced:
        """Bring copies back to what is approved; one that can't be brought back does not keep the others.

        A copy that nobody has, of a skill that the library has no more, is forgotten. What an installation left that
        was ended is removed.
        """
        done: list[Install] = []
        failed: list[tuple[InstalledCopy, WorkbenchError]] = []
        notes: list[str] = []
        standings: dict[str, tuple[SkillRow, Background]] = {}
        ids = frozenset(skill.id for skill in self._skills())
        for folder in {places.of(agent, scope).folder for agent in CLIENT_IDS for scope in SCOPES}:
            sweep(folder)
        for copy in copies:
            where = places.of(copy.agent, copy.scope)
            try:
                if copy.other:
                    raise ConflictError(copy.why, where=visible(copy.path), remedy="sync with that --library")
                if copy.skill not in ids:
                    notes.append(_let_go(copy, where))
                    continue
                if copy.skill not in standings:
                    standings[copy.skill] = self._reviews.standing(copy.skill)
                row, background = standings[copy.skill]
                made = self._install(row, self._plan(row, background, None, where, copy=copy), where, force=False)
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


def _let_go(copy: InstalledCopy, where: Where) -> str:
    """Forget a copy of a skill that is gone, where nothing stands there; gives what to say.

    Raises:
        ConflictError: It stands there: nobody asked to have it taken away.
    """
    if copy.status != "missing":
        remedy = f"workbench quarantine {visible(copy.name)} takes it out of agents' folders, or install another skill"
        raise ConflictError(copy.why, where=visible(copy.path), remedy=remedy)
    forget(where, copy.name)
    return f"{visible(copy.path)}: {copy.why}, so its entry was taken out of {visible(where.lock_name)}"


def _quarantine() -> Path:
    return data_dir() / "quarantine"
