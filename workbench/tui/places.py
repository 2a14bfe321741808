"""The screens that can be gone to, by name; each is imported when it is shown for the first time."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, cast

from textual.screen import Screen

MODES: Mapping[str, str] = {
    "skills": "skills:SkillsScreen",
    "tools": "tools:ToolsScreen",
    "tests": "tests:TestsScreen",
    "analytics": "analytics:AnalyticsScreen",
    "cost": "cost:CostScreen",
    "graph": "graph:GraphScreen",
    "copies": "drift:DriftScreen",
    "inventory": "inventory:InventoryScreen",
    "queue": "queue:QueueScreen",
}
"""What a number key goes to; what is open inside stays open."""

SCREENS: Mapping[str, str] = {
    "adopt": "adopt:AdoptScreen",
    "check_receipt": "receipts:CheckReceiptDialog",
    "change_theme": "theme_choice:ThemeDialog",
    "doctor": "doctor:DoctorScreen",
    "git_log": "git_log:GitLogScreen",
    "new_skill": "new_skill:NewSkillDialog",
    "open_library": "open_library:OpenLibraryDialog",
    "open_range": "open_range:OpenRangeDialog",
    "policy": "policy:PolicyScreen",
    "propose": "propose:ProposeDialog",
    "review_log": "review_log:ReviewLogScreen",
    "search": "search:SearchScreen",
    "validate": "problems:ProblemsScreen",
    "verify": "verify:VerifyScreen",
}
"""What is laid over the place one is at, and needs nothing but the open library."""


def maker(place: str) -> Callable[[], Screen[Any]]:
    """Something that makes the screen `module:Class`, importing its module only then."""

    def make() -> Screen[Any]:
        module, _, name = place.partition(":")
        return cast("Screen[Any]", getattr(import_module(f"workbench.tui.screens.{module}"), name)())

    return make
