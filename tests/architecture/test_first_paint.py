"""What is loaded before the first screen stands: nothing that is only needed once somebody looks closer."""

import json
import subprocess
import sys
from pathlib import Path

LATER = (
    "pygments", "markdown_it", "httpx", "git", "mcp", "jsonschema", "sqlite_utils", "yaml", "rich.markdown",
    "workbench.analytics", "workbench.insights", "workbench.testing", "workbench.tools",
    "workbench.policy.tool_rules", "workbench.skills.capabilities", "workbench.skills.dependencies",
    "workbench.skills.validation", "workbench.reviews.comments", "workbench.reviews.threads",
    "workbench.reviews.deprecating", "workbench.reviews.desk", "workbench.reviews.signer_changes",
    "workbench.tui.skill_tabs", "workbench.tui.skill_text", "workbench.tui.following", "workbench.tui.palette",
)  # fmt: skip

_PROGRAM = """
import asyncio, json, sys
from concurrent.futures import Future
from pathlib import Path
from workbench.config import load_settings
from workbench.tui import launch

settings = load_settings()
opened = Future()
opened.set_result(launch.open_library(Path(sys.argv[1]), settings))
from workbench.tui.app import WorkbenchApp
from workbench.tui.widgets.virtual_list import VirtualList

loaded = []
drawn = VirtualList.render_line

def render_line(self, y):
    if self.rows and self.screen.query("SkillDetail") and not loaded:
        loaded.extend(sys.modules)
    return drawn(self, y)

VirtualList.render_line = render_line

async def first_paint():
    app = WorkbenchApp(reading=opened, settings=settings)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()

asyncio.run(first_paint())
print(json.dumps(loaded))
"""


def test_the_first_paint_waits_for_nothing_that_is_looked_at_later(tmp_path: Path) -> None:
    skill = tmp_path / "library/skills/demo"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text("---\nname: demo\ndescription: Shows things. Use it to look.\n---\n\n# Demo\n")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Add demo"]):
        subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", *words],
            cwd=tmp_path / "library", check=True,
        )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path / "library")], capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout)
    assert "workbench.tui.widgets.virtual_list" in loaded
    early = sorted(name for name in loaded for later in LATER if name == later or name.startswith(f"{later}."))
    assert early == []
