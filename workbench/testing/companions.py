"""What is wrong with the `tools.yaml` and the cases of a skill, as problems of the skill."""

from collections.abc import Sequence
from pathlib import Path

from workbench.skills.codes import problem
from workbench.skills.model import Problem, Skill
from workbench.skills.validation import Validation, judged
from workbench.testing.cases import load_cases
from workbench.tools.manifest import load_tools


def judge(root: Path, skill: Skill, *, strict: bool = False, clients: Sequence[str] = ()) -> Validation:
    """A skill judged with everything it brings; the arguments are those of `validation.judged`."""
    return judged(root, skill, companion_problems(root, skill), strict=strict, clients=clients)


def companion_problems(root: Path, skill: Skill) -> tuple[Problem, ...]:
    """Everything that `tools.yaml` and `tests/*.yaml` have wrong; none where the skill itself can't be read.

    What is wrong with a case has one code, `case-invalid`, whatever it is: cases have codes of their own, some of which
    mean something else in a SKILL.md.
    """
    if not skill.loads and not skill.frontmatter:
        return ()
    _, tools = load_tools(root, skill)
    _, cases = load_cases(root, skill)
    wrong = [problem("case-invalid", one.message, one.path, one.line, one.column) for one in cases]
    return (*tools, *wrong)
