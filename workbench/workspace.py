"""An open library with its settings and its store: built once, and handed to every front end.

Every method may take time (git, files, SQLite, programs); a screen calls them in workers. What can go wrong comes as
`WorkbenchError`.
"""

import os
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import git
from workbench.config import Settings, expanded, load_settings, store_path
from workbench.errors import InputError, WorkbenchError
from workbench.reviews.excluding import excluded
from workbench.reviews.listing import LibraryView, SkillRow, row_outside_git, situation
from workbench.reviews.model import POLICY_ID
from workbench.sandbox import consent
from workbench.skills.model import ROOT_ID, SKILL_FILE, FileEntry, Problem, Skill, Skipped
from workbench.storage import Store
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.analytics.desk import AnalyticsDesk
    from workbench.doctor import Check
    from workbench.reviews.comment_desk import CommentDesk
    from workbench.reviews.desk import ReviewDesk
    from workbench.reviews.generated_desk import GeneratedDesk
    from workbench.reviews.install_desk import InstallDesk
    from workbench.reviews.set_comments import SetComments
    from workbench.reviews.set_desk import SetDesk
    from workbench.reviews.survey import Background
    from workbench.reviews.version_desk import VersionDesk
    from workbench.sandbox.model import OnOutput
    from workbench.skills.catalogue import Catalogue
    from workbench.skills.reader import Document
    from workbench.testing.model import Case
    from workbench.testing.results import TestRun
    from workbench.testing.selection import Wanted
    from workbench.testing.session import How, Listeners
    from workbench.tools.model import CallResult, Tool


class Workspace:
    """An open library.

    Attributes:
        root: The library's folder: the git work tree's top, or any folder outside git.
        within: Only skills at or below this path of the library are shown; empty means all.
        repository: None outside git.
        log_roots: Where agents' logs are; None for where the agents of this machine keep them.
        was_named: Whether somebody named just this folder.
    """

    def __init__(
        self,
        root: Path,
        repository: git.Repository | None,
        settings: Settings,
        store: Store | None = None,
        within: str = "",
        log_roots: Sequence[Path] | None = None,
    ) -> None:
        self.root = root
        self.repository = repository
        self.settings = settings
        self.within = within
        self.log_roots = log_roots
        self.was_named = False
        self._store = store
        self._store_lock = threading.Lock()
        self._listed: tuple[Skill, ...] = ()

    @classmethod
    def open(
        cls,
        path: Path | None = None,
        *,
        settings: Settings | None = None,
        store: Store | None = None,
        to_install_from: bool = False,
    ) -> "Workspace":
        """Open the library at `path`; by default the one that holds the current folder, or the one that the settings
        name where that has no skills.

        Args:
            to_install_from: Whether copies that were installed in the current folder make no library of it.

        Raises:
            InputError: There is no such folder, or git can't use the repository around it.
        """
        settings = settings or load_settings()
        opened = cls._at(path, settings, store)
        opened.was_named = path is not None
        if path is not None or not settings.library:
            return opened
        if not (opened.own_skills() if to_install_from else opened.skills()[0]):
            return cls._at(Path(settings.library), settings, store)
        return opened

    @classmethod
    def _at(cls, path: Path | None, settings: Settings, store: Store | None) -> "Workspace":
        folder = expanded(path or Path())
        if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises for a name that is too long
            raise InputError("there is no such folder", where=visible(str(folder)))
        repository = git.Repository.discover(folder)
        if repository is None or repository.ignores(folder):
            return cls(folder, None, settings, store)
        top = repository.root
        real = folder.resolve()
        below = real.relative_to(top.resolve()).as_posix() if path and real.is_relative_to(top.resolve()) else "."
        return cls(top, repository, settings, store, within="" if below == "." else below)

    @property
    def name(self) -> str:
        """The folder's name, for titles."""
        return self.root.name or str(self.root)

    @property
    def in_git(self) -> bool:
        """Whether there is a repository, so that verdicts can be kept."""
        return self.repository is not None

    @property
    def store(self) -> Store:
        """The store, opened when first asked for."""
        with self._store_lock:
            if self._store is None:
                self._store = Store(store_path())
            return self._store

    @cached_property
    def library_id(self) -> str:
        """The library's root commit; outside git, or before the first commit, the folder's path."""
        roots = self.repository.roots() if self.repository else ()
        return roots[0] if roots else str(self.root)

    @cached_property
    def catalogue(self) -> "Catalogue":
        """What is known of the library's skills from earlier readings."""
        from workbench.skills.catalogue import Catalogue

        return Catalogue.open(self.root)

    @cached_property
    def reviews(self) -> "ReviewDesk":
        """What can be asked and recorded about reviews."""
        from workbench.reviews.desk import ReviewDesk

        return ReviewDesk(
            self.root,
            self.repository,
            self.settings,
            skills=lambda: self.skills()[0],
            find=self._find,
            row=self._row,
            store=self._store_if_usable,
        )

    @cached_property
    def comments(self) -> "CommentDesk":
        """What can be said about lines of skills."""
        from workbench.reviews.comment_desk import CommentDesk

        return CommentDesk(self.reviews, self.library_id, store=self._store_if_usable)

    @property
    def set_comments(self) -> "SetComments":
        """The comments on the skills of a range or a pull request."""
        from workbench.reviews.set_comments import SetComments

        return SetComments(self.reviews, self.sets, self.comments)

    @cached_property
    def sets(self) -> "SetDesk":
        """What can be asked and recorded about the skills that a range or a pull request touches."""
        from workbench.reviews.set_desk import SetDesk

        return SetDesk(self.reviews, store=self._store_if_usable)

    @cached_property
    def generated(self) -> "GeneratedDesk":
        """What can be asked about skills that a command makes."""
        from workbench.reviews.generated_desk import GeneratedDesk

        return GeneratedDesk(self.reviews, store=self._store_if_usable)

    @cached_property
    def versions(self) -> "VersionDesk":
        """What can be asked about versions, released, deprecated or gone back to."""
        from workbench.reviews.version_desk import VersionDesk

        return VersionDesk(self.reviews, skills=lambda: self.skills()[0])

    @cached_property
    def installs(self) -> "InstallDesk":
        """What of the library is installed for agents."""
        from workbench.reviews.install_desk import InstallDesk

        return InstallDesk(self.reviews, self.library_id, skills=lambda: self.skills()[0], store=self._store_if_usable)

    @cached_property
    def analytics(self) -> "AnalyticsDesk":
        """What can be asked about use and cost."""
        from workbench.analytics.desk import AnalyticsDesk

        return AnalyticsDesk(lambda: self.store, self.log_roots)

    def skills(self) -> tuple[tuple[Skill, ...], tuple[Skipped, ...]]:
        """The skills of the work tree, and what was skipped while looking for them."""
        found = self.catalogue.read(excluded(self.root, self.repository), within=self.within)
        self._listed = found[0]
        return found

    def own_skills(self) -> "list[Skill]":
        """The skills that were not installed here from a library."""
        from workbench.reviews.own_skills import own_skills

        return own_skills(self.root, self.skills()[0])

    def view(self) -> LibraryView:
        """All skills with their standings."""
        from workbench.reviews.judging import rows_in_git
        from workbench.reviews.survey import Ahead

        ahead = Ahead.if_new(self.repository) if self.repository else None
        skills, skipped = self.skills()
        if self.repository is None:
            return self._view_outside_git(skills, skipped)
        rows, background = rows_in_git(self.repository, skills, ahead=ahead)
        branch = self.repository.branch()
        notes = (*situation(self.repository, background.head, branch), *background.notes)
        return LibraryView(rows, skipped, notes, background.head, branch, background)

    def glance(self) -> LibraryView:
        """The same for a list: what was judged before and did not change since is not judged again.

        Standings are without their records, and there is no background.
        """
        from workbench.reviews.glance import Glance

        glance = Glance(self.repository) if self.repository else None
        skills, skipped = self.skills()
        if self.repository is None or glance is None:
            return self._view_outside_git(skills, skipped)
        rows, known, position = glance.rows(skills)
        notes = (*situation(self.repository, position.head, position.branch), *known)
        return LibraryView(rows, skipped, notes, position.head, position.branch)

    def _view_outside_git(self, skills: Sequence[Skill], skipped: tuple[Skipped, ...]) -> LibraryView:
        note = "not a git repository: skills can be browsed and tested; approving needs one (workbench adopt)"
        return LibraryView(tuple(row_outside_git(self.root, skill) for skill in skills), skipped, (note,))

    def find(self, name: str) -> Skill:
        """The skill that NAME means: an id, a path on disk, or a label that only one skill has.

        Raises:
            UsageError: None or several are meant; it lists the candidates.
        """
        return self._find(name, self.skills()[0])

    def row(self, name: str) -> SkillRow:
        """One skill with where it stands. Raises as `find`."""
        return self._row(name)[0]

    def tree(self, skill_id: str) -> str | None:
        """The current tree of one skill."""
        return self.trees([skill_id]).get(skill_id)

    def trees(self, ids: Sequence[str]) -> dict[str, str]:
        """The current trees of these skills; those that git does not see have none."""
        if self.repository is None:
            from workbench.skills.treehash import tree_of_folder

            return {id_: tree_of_folder(self.root / id_, library_root=id_ == ROOT_ID) for id_ in ids}
        from workbench.reviews.trees import current_trees

        with current_trees(self.repository, ids) as current:
            return dict(current.trees)

    def document(self, skill_id: str) -> "Document":
        """What the skill says: its SKILL.md, source and parts."""
        from workbench.skills.reader import read_document

        return read_document(self.root, skill_id)

    def files(self, skill_id: str) -> tuple[FileEntry, ...]:
        """Everything in the skill's folder."""
        from workbench.skills.files import list_files

        return list_files(self.root, skill_id)

    def read_file(self, skill_id: str, path: str) -> str:
        """The text of one file of a skill. Raises InputError for what is binary, too large or outside the skill."""
        from workbench.skills.files import read_text

        return read_text(self.root, skill_id, path)

    def tools(self, skill_id: str | None = None) -> "tuple[Tool, ...]":
        """The tools of one skill, or of all."""
        return tuple(tool for tools, _ in self._manifests(skill_id) for tool in tools)

    def tool_problems(self, skill_id: str | None = None) -> tuple[Problem, ...]:
        """What is wrong with the `tools.yaml` of one skill, or of all."""
        return tuple(problem for _, problems in self._manifests(skill_id) for problem in problems)

    def tool(self, name: str) -> "Tool":
        """The tool that `SKILL.TOOL` means; SKILL may be a skill's id.

        Raises:
            UsageError: None or several are meant; it lists the candidates.
        """
        from workbench.tools.naming import resolve_tool

        return resolve_tool(self.tools(), name)

    def cases(self, skill_id: str) -> "tuple[tuple[Case, ...], tuple[Problem, ...]]":
        """The test cases of one skill, and what is wrong with their files."""
        from workbench.testing.cases import load_cases

        return load_cases(self.root, self.find(skill_id))

    def test(
        self,
        skill_ids: Sequence[str],
        *,
        wanted: "Wanted | None" = None,
        how: "How | None" = None,
        listeners: "Listeners | None" = None,
    ) -> "TestRun":
        """Run cases of these skills, by default all, and store what came of them. Raises as `session.run_tests`."""
        from workbench.testing.selection import Wanted
        from workbench.testing.session import How, Library, run_tests

        skills = [self.find(id_) for id_ in skill_ids]
        trees = self.trees([skill.id for skill in skills])
        how = how or How()
        how = replace(how, unsandboxed=how.unsandboxed or self._all_allowed(set(trees.values())))
        library = Library(
            self.root, self._store_if_usable(), self.library_id, trees, lambda skill: self.tools(skill.id)
        )
        return run_tests(library, skills, wanted or Wanted(), how, listeners)

    def last_results(self, skill_id: str) -> Mapping[str, str]:
        """The outcome of each case in the last run on the skill's current tree."""
        from workbench.analytics.usage import last_test_run

        run = last_test_run(self.store, skill_id, self.tree(skill_id))
        return {case.name: case.outcome for case in run.cases} if run else {}

    def call(
        self,
        tool: "Tool",
        arguments: Mapping[str, Any],
        *,
        on_output: "OnOutput | None" = None,
        cancel: threading.Event | None = None,
        unsandboxed: bool = False,
    ) -> "CallResult":
        """Call a tool in the sandbox and store the call."""
        from workbench.tools.calls import call

        return call(
            tool,
            arguments,
            root=self.root,
            store=self._store_if_usable(),
            library=self.library_id,
            tree=self.tree(tool.skill),
            on_output=on_output,
            cancel=cancel,
            unsandboxed=unsandboxed or self.unsandboxed_allowed(tool.skill),
            cwd=Path.cwd(),
        )

    def allow_unsandboxed(self, skill_id: str) -> None:
        """Remember this user's yes to running this very tree without a sandbox."""
        tree = self.tree(skill_id)
        if tree is None:
            raise InputError("git does not see this folder, so a yes can't be bound to it", where=visible(skill_id))
        consent.allow(self.store, tree)

    def unsandboxed_allowed(self, skill_id: str) -> bool:
        """Whether this user said yes to running the skill's current tree without a sandbox."""
        tree = self.tree(skill_id)
        return tree is not None and self._all_allowed([tree])

    def doctor(self) -> "tuple[Check, ...]":
        """What this machine has and lacks."""
        from workbench.doctor import examine

        return examine(self.root)

    def git_commands(self) -> tuple[git.GitCommand, ...]:
        """The git commands that ran, oldest first."""
        return git.commands()

    def _manifests(self, skill_id: str | None) -> "Iterator[tuple[tuple[Tool, ...], tuple[Problem, ...]]]":
        from workbench.tools.manifest import load_tools

        skills = [self.find(skill_id)] if skill_id is not None else self.skills()[0]
        return (load_tools(self.root, skill) for skill in skills if skill.loads)

    def _find(self, name: str, skills: Sequence[Skill]) -> Skill:
        if name == POLICY_ID and self.repository is not None:
            from workbench.reviews.policy_object import policy_skill

            return policy_skill()
        from workbench.skills.naming import resolve

        return resolve(skills, name, cwd=Path.cwd(), root=self.root)

    def _row(self, name: str) -> "tuple[SkillRow, Background | None]":
        """One skill with where it stands, and what that rests on (nothing outside git)."""
        skills = self._with_fresh(name) or self.skills()[0]
        skill = self._find(name, skills)
        if self.repository is None:
            return row_outside_git(self.root, skill), None
        from workbench.reviews.judging import policy_row, rows_in_git

        if skill.id == POLICY_ID:
            return policy_row(self.repository)
        rows, background = rows_in_git(self.repository, [skill], among=skills)
        return rows[0], background

    def _with_fresh(self, skill_id: str) -> tuple[Skill, ...]:
        """The skills as they were listed last, this one as it is now; none where it was not listed, or is gone."""
        listed = self._listed
        if not any(skill.id == skill_id for skill in listed) or not (self.root / skill_id / SKILL_FILE).is_file():
            return ()
        (fresh,) = self.catalogue.reread([skill_id])
        return tuple(fresh if skill.id == skill_id else skill for skill in listed)

    def _store_if_usable(self) -> Store | None:
        """The store, or None where it can't be opened: what was asked for matters more than its trace."""
        try:
            return self.store
        except WorkbenchError:
            return None

    def _all_allowed(self, trees: Collection[str]) -> bool:
        store = self._store_if_usable()
        return store is not None and consent.allowed(store, trees)
