"""The pre-commit hook and the GitHub Action in the repository's root do what docs/validation.md says."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BAD = "---\nname: other\ndescription: x\n---\nDo it.\n"


@pytest.fixture
def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return loaded


def test_the_hook_judges_the_skills_of_changed_files(library: Any) -> None:
    hook, _ = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["id"], hook["language"]) == ("skills-validate", "python")
    library.skill("skills/good")
    library.write("skills/bad/SKILL.md", BAD)
    library.write("README.md", "hi\n")

    def run(*files: str) -> subprocess.CompletedProcess[str]:
        program, *rest = shlex.split(hook["entry"])
        entry = str(Path(sys.executable).with_name(program))
        return subprocess.run([entry, *rest, *files], cwd=library.root, capture_output=True, text=True, check=False)

    assert run("README.md", "skills/good/SKILL.md").returncode == 0
    said = run("skills/good/SKILL.md", "skills/bad/SKILL.md")
    assert said.returncode == 1
    assert "[name-mismatch]" in said.stdout


def test_the_action_has_the_documented_inputs(action: dict[str, Any]) -> None:
    assert {"path", "strict", "clients", "sarif"} <= set(action["inputs"])
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        # An expression inside a script would let whoever sets an input write the script.
        assert "${{" not in step.get("run", "")
        assert "run" not in step or step["shell"] == "bash"


@pytest.mark.parametrize(
    ("strict", "clients", "code"), [("false", "", 0), ("true", "", 1), ("false", "codex gemini", 0)]
)
def test_the_action_annotates_and_writes_sarif(
    action: dict[str, Any], library: Any, tmp_path: Path, strict: str, clients: str, code: int
) -> None:
    library.skill("skills/mine", model="opus")
    said = step(action, library.root, tmp_path, strict=strict, clients=clients, sarif="out.sarif")
    assert said.returncode == code, said.stderr
    assert ("::error file=skills/mine/SKILL.md" in said.stdout) == (code == 1)
    assert '"2.1.0"' in (library.root / "out.sarif").read_text()


def test_an_input_of_the_action_can_not_become_a_command(action: dict[str, Any], library: Any, tmp_path: Path) -> None:
    library.skill("skills/good")
    said = step(action, library.root, tmp_path, path="skills/good; touch owned", clients="$(touch owned)")
    assert said.returncode == 2
    assert not (library.root / "owned").exists()


def step(
    action: dict[str, Any],
    cwd: Path,
    tmp_path: Path,
    *,
    path: str = "",
    strict: str = "false",
    clients: str = "",
    sarif: str = "",
) -> subprocess.CompletedProcess[str]:
    """The action's last step, with this checkout's own program in place of the one it installs."""
    bin_ = tmp_path / "runner/skill-workbench/bin"
    bin_.mkdir(parents=True)
    (bin_ / "workbench").symlink_to(Path(sys.executable).with_name("workbench"))
    inputs = {"INPUT_PATHS": path, "INPUT_STRICT": strict, "INPUT_CLIENTS": clients, "INPUT_SARIF": sarif}
    last = action["runs"]["steps"][-1]
    assert set(last["env"]) == set(inputs)
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", last["run"]],
        cwd=cwd,
        env={**os.environ, **inputs, "RUNNER_TEMP": str(tmp_path / "runner")},
        capture_output=True,
        text=True,
        check=False,
    )
