"""Write docs/workbench.svg, a picture that the app makes of itself: `python docs/make_picture.py`."""

import asyncio
from pathlib import Path

from workbench.demo import demonstration
from workbench.tui.app import WorkbenchApp

PICTURE = Path(__file__).with_name("workbench.svg")
SIZE = (120, 34)


async def take() -> str:
    """The skills screen on the demonstration library, with the riskiest change open beside the list."""
    with demonstration() as workspace:
        app = WorkbenchApp(workspace)
        async with app.run_test(size=SIZE) as pilot:
            await app.workers.wait_for_complete()
            await pilot.press("j", "d")
            await pilot.pause(0.5)
            await app.workers.wait_for_complete()
            await pilot.pause(0.5)
            return app.export_screenshot(title="Skill Workbench")


if __name__ == "__main__":
    PICTURE.write_text(asyncio.run(take()), encoding="utf-8")
