"""Every test runs with the user's own settings, terminal and git identity out of the way.

This happens at import, before any test module is: Textual reads some variables once, when it is imported.
"""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

for _name in {*os.environ} - {"TEXTUAL_SNAPSHOT_TEMPDIR"}:  # set by the plugin that compares pictures
    if _name in (
        "NO_COLOR",
        "COLORTERM",
        "VISUAL",
        "EDITOR",
        "AI_AGENT",
        "SLASH_COMMAND_TOOL_CHAR_BUDGET",
    ) or _name.startswith(
        ("TEXTUAL_", "WORKBENCH_", "XDG_", "GIT_", "CLAUDE", "CODEX_", "CURSOR_", "GEMINI_", "COPILOT_", "OPENCODE")
    ):
        del os.environ[_name]
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["GIT_CONFIG_NOSYSTEM"] = "1"
_scratch = Path(tempfile.mkdtemp(prefix="workbench-tests-"))
atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
for _name in ("data", "template/hooks", "template/info"):
    (_scratch / _name).mkdir(parents=True)
# What a test does not keep elsewhere must not end up in the user's own data folder.
os.environ["WORKBENCH_DATA"] = str(_scratch / "data")
# Thousands of repositories need no examples of hooks.
os.environ["GIT_TEMPLATE_DIR"] = str(_scratch / "template")

# Thousands of tests leave a large heap behind; to look through it as often as Python does takes a sixth of the run.
gc.set_threshold(2_000, 20, 20)

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
