"""What the generated skills of a change set are made of, at both of its ends."""

from functools import cached_property

from workbench.errors import InputError
from workbench.git import TreeEntry, WorkTree
from workbench.reviews.generated import Generated, Inputs, changed_inputs, entries_of, write_inputs
from workbench.reviews.library_config import CONFIG_FILE, Recipe, parse_config, recipe_of


class SetInputs:
    """Reads what generated skills are made of at two commits; what the head's configuration says holds.

    Args:
        scratch: Where git runs; its index is overwritten.
    """

    def __init__(self, scratch: WorkTree, base: str, head: str) -> None:
        self._scratch = scratch
        self._base, self._head = base, head

    def of(self, skill: str) -> Generated | None:
        """What a skill is made of and what of that changed; None for one that nothing makes."""
        try:
            recipe = recipe_of(self._recipes, skill)
            if recipe is None:
                return None
            before, now = self._entries
            files = changed_inputs(self._scratch, skill, recipe, before, now)
            every = write_inputs(self._scratch, recipe, now)
            return Generated(Inputs(recipe, self._base, f"commit {self._base[:12]}", every, files))
        except InputError as error:
            return Generated(None, str(error))

    @cached_property
    def _recipes(self) -> tuple[Recipe, ...]:
        name = f"{self._head}:{CONFIG_FILE}"
        held = self._scratch.run("cat-file", "-t", name, ok=(0, 128)).strip() == b"blob"
        return parse_config(self._scratch.run("cat-file", "blob", name)) if held else ()

    @cached_property
    def _entries(self) -> tuple[list[TreeEntry], list[TreeEntry]]:
        return entries_of(self._scratch, self._base), entries_of(self._scratch, self._head)
