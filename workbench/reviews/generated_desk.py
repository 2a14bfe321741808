"""What can be asked about the generated skills of a library, and making one again."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from workbench.errors import InputError
from workbench.reviews.desk import ReviewDesk
from workbench.reviews.generated import Generated, read_inputs, recipe_in
from workbench.reviews.library_config import CONFIG_FILE, Recipe
from workbench.reviews.model import POLICY_ID
from workbench.sandbox import consent
from workbench.storage import Store
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.reviews.regenerating import Asked, Remade
    from workbench.sandbox.model import OnOutput


class GeneratedDesk:
    """What can be asked about the generated skills of one library.

    Args:
        reviews: The library's reviews.
        store: Gives the user's store; None where it can't be opened.
    """

    def __init__(self, reviews: ReviewDesk, *, store: Callable[[], Store | None]) -> None:
        self._reviews = reviews
        self._store = store

    def of(self, skill_id: str, *, base: str | None = None, context: int | None = None) -> Generated | None:
        """What a skill is made of and what of that changed; None for one that nothing makes.

        Args:
            skill_id: The skill's path.
            base: A revision or tree, as for `ReviewDesk.diff`.
            context: Unchanged lines around each changed place; None for the usual few.

        Raises:
            InputError: Outside git.
        """
        repository = self._reviews.need_git("what a skill is made of")
        if skill_id == POLICY_ID:
            return None
        try:
            recipe = recipe_in(repository, skill_id)
            if recipe is None:
                return None
            from workbench.reviews.diff import CONTEXT
            from workbench.reviews.regenerating import last_rerun

            row, background = self._reviews.standing(skill_id)
            inputs = read_inputs(
                repository,
                row.id,
                recipe,
                row.standing.approved_tree if base is None else self._reviews.base(skill_id, base),
                background.history.get(row.id, ()),
                context=CONTEXT if context is None else context,
            )
        except InputError as error:
            return Generated(None, str(error))
        return Generated(inputs, rerun=last_rerun(self._store(), recipe, inputs.every, row.standing.tree))

    def question(self, name: str) -> "Asked":
        """What making a skill again would run; nothing runs.

        Raises:
            InputError: Nothing makes it, or the configuration can't be used.
        """
        from workbench.reviews.regenerating import ask

        repository, recipe, skill = self._reviews.need_git("making a skill again"), *self._recipe(name)
        asked = ask(repository, skill, recipe)
        store = self._store()
        return replace(asked, allowed=store is not None and consent.given(store, [asked.subject], "generator"))

    def allow(self, asked: "Asked") -> None:
        """Remember this user's yes to exactly this command on exactly these inputs."""
        store = self._store()
        if store is not None:
            consent.give(store, asked.subject, "generator")

    def remake(
        self, name: str, asked: "Asked", *, on_output: "OnOutput | None" = None, cancel: Event | None = None
    ) -> "Remade":
        """Make a skill again as it was asked, and compare. Raises as `regenerating.regenerate`."""
        from workbench.reviews.regenerating import regenerate

        repository, recipe, skill = self._reviews.need_git("making a skill again"), *self._recipe(name)
        return regenerate(
            repository, skill, recipe, asked.subject, results=self._store(), on_output=on_output, cancel=cancel
        )

    def _recipe(self, name: str) -> tuple[Recipe, str]:
        row, _ = self._reviews.standing(name)
        repository = self._reviews.need_git("making a skill again")
        recipe = recipe_in(repository, row.id)
        if recipe is None:
            remedy = f"say in {CONFIG_FILE}: generated: {{{visible(row.id)}: {{from: [FILE], by: [COMMAND]}}}}"
            raise InputError("nothing says how this skill is made", where=visible(row.id), remedy=remedy)
        return recipe, row.id
