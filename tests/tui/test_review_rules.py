"""What the policy demands is at hand in a review: in a line, and whole behind a key."""

from typing import Any

from workbench.reviews.policy_check import in_a_line
from workbench.tui.screens.review import ReviewScreen
from workbench.tui.screens.text_dialog import TextDialog
from workbench.tui.widgets.diff_view import DiffView
from workbench.workspace import Workspace

POLICY = """schema: 1
roles: {maintainer: [grace@example.com, linus@example.com, ken@example.com], reviewer: ["*@example.com"]}
require:
  - when: {}
    chain: [{role: reviewer, count: 1}, {role: maintainer, count: 2}]
    checks: [validation, tests]
    self_approval: true
"""


def with_policy(skill_library: Any) -> None:
    skill_library.write(".workbench/policy.yaml", POLICY)
    skill_library.commit("Demand more")
    Workspace.open(skill_library.root).reviews.decide("skills/echo", "approve", "Read.")


async def test_the_line_says_what_holds_what_is_missing_and_who_could(opened: Any, skill_library: Any) -> None:
    with_policy(skill_library)
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        await page.shows("H rules  × maintainer: 2 of grace@example.com, linus@example.com and 1")
        assert page.screen.query_one(DiffView).size.height >= 8
    async with opened(ReviewScreen("skills/echo"), size=(160, 40)) as page:
        await page.shows("✓ reviewer by ada@example.com")
        await page.shows("× tests")
        await page.shows("✓ validation")


async def test_the_key_shows_the_whole_checklist(opened: Any, skill_library: Any) -> None:
    with_policy(skill_library)
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        await page.shows("H rules")
        await page.press("H")
        assert isinstance(page.screen, TextDialog)
        await page.shows("2 approvals by maintainer, after reviewer")
        await page.shows("could: grace@example.com, linus@example.com, ken@example.com")
        await page.press("escape")
        assert isinstance(page.screen, ReviewScreen)


async def test_without_a_policy_the_line_says_the_one_demand(opened: Any) -> None:
    async with opened(ReviewScreen("skills/echo"), size=(80, 24)) as page:
        await page.shows("× 1 approval by anybody")


def test_the_line_puts_what_is_missing_first_and_shows_hostile_names_as_text(skill_library: Any) -> None:
    hostile = POLICY.replace("grace@", '"\\e[31m@').replace("com, linus", 'com", linus')
    skill_library.write(".workbench/policy.yaml", hostile)
    skill_library.commit("Demand more")
    check = Workspace.open(skill_library.root).reviews.policy_check("echo")
    said = "".join(text for text, _ in in_a_line(check))
    assert said.startswith("× ")
    assert "\x1b" not in said
