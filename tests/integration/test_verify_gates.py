"""The gates that ask `review verify`: a server's hook, a hook before a push, and the GitHub Action, each really run."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("workbench"))


@pytest.fixture
def server(library: Any, tmp_path: Path) -> Path:
    """A bare repository, the library's origin, that holds one skill and its approval."""
    bare = tmp_path / "server.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    library.git("remote", "add", "origin", str(bare))
    library.skill("skills/a")
    library.commit()
    return bare


def push(library: Any, *refs: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "WORKBENCH": PROGRAM}
    return subprocess.run(
        ["git", "push", "-q", "origin", *refs], cwd=library.root, capture_output=True, text=True, check=False, env=env
    )


@pytest.fixture
def guarded(server: Path, library: Any, workbench: Any) -> Path:
    workbench("review", "approve", "a", "--reason", "read it")
    shutil.copy(ROOT / "hooks/pre-receive", server / "hooks/pre-receive")
    assert push(library, "main", "workbench/reviews").returncode == 0
    return server


def test_a_push_of_unapproved_skills_to_a_protected_branch_is_refused_with_reasons(
    guarded: Path, library: Any, workbench: Any
) -> None:
    library.skill("skills/b")
    new = library.commit()
    said = push(library, "main")
    assert said.returncode == 1
    assert "skills/b" in said.stderr
    assert "nobody has approved this tree" in said.stderr
    assert "skills/a" not in said.stderr  # only what changed is judged
    assert push(library, "main:topic").returncode == 0  # other branches are free
    workbench("review", "approve", "b", "--reason", "read it")
    done = push(library, "workbench/reviews", "main")  # the record may come in the same push
    assert done.returncode == 0, done.stderr
    assert subprocess.run(["git", "rev-parse", "main"], cwd=guarded, capture_output=True, text=True, check=True
                          ).stdout.strip() == new  # fmt: skip


def test_the_reviews_branch_only_grows_on_the_server(guarded: Path, library: Any, workbench: Any) -> None:
    workbench("review", "comment", "a", "--reason", "more")
    assert push(library, "workbench/reviews").returncode == 0
    assert "may only grow" in push(library, "+workbench/reviews~1:workbench/reviews").stderr
    assert "can't be removed" in push(library, ":workbench/reviews").stderr
    assert "can't be removed" in push(library, ":main").stderr


def test_a_policy_weakened_in_the_same_push_does_not_help(guarded: Path, library: Any, workbench: Any) -> None:
    library.write(".workbench/policy.yaml", "schema: 1\nskills: {exclude: ['**']}\n")
    library.skill("skills/b")
    library.commit()
    said = push(library, "main")
    assert said.returncode == 1
    assert "skills/b" in said.stderr


def test_a_protected_branch_takes_a_policy_that_was_approved_under_the_one_before_it(
    guarded: Path, library: Any, workbench: Any
) -> None:
    for rule in ("self_approval: false", "self_approval: true"):
        library.write(".workbench/policy.yaml", f"schema: 1\nrequire: [{{when: {{}}, {rule}}}]\n")
        library.commit()
        assert "@policy" in push(library, "main").stderr
        if rule.endswith("true"):
            workbench("review", "approve", "@policy", "--reason", "mine")
            assert push(library, "main", "workbench/reviews").returncode == 1
            library.as_user("Bob", "bob@example.com")
        assert workbench("review", "approve", "@policy", "--reason", "agreed").code == 0
        done = push(library, "main", "workbench/reviews")
        assert done.returncode == 0, done.stderr


def test_winding_a_branch_back_does_not_take_its_policy_away(guarded: Path, library: Any, workbench: Any) -> None:
    library.write(".workbench/policy.yaml", "schema: 1\nrequire: [{when: {}, self_approval: false}]\n")
    library.commit("Rules")
    library.as_user("Bob", "bob@example.com")
    workbench("review", "approve", "@policy", "--reason", "agreed")
    assert push(library, "main", "workbench/reviews").returncode == 0
    library.git("checkout", "-q", "-b", "beside", "main~1")
    library.write("README.md", "beside\n")
    library.commit("Beside")
    for other in ("main~1", "beside"):
        back = push(library, f"+{other}:main")
        assert back.returncode == 1, other
        assert "removes the policy" in back.stderr
    library.git("merge", "-q", "-m", "Merge", "main")
    workbench("review", "approve", "a", "--reason", "by the new rules")
    done = push(library, "beside:main", "workbench/reviews")
    assert done.returncode == 0, done.stderr


def test_what_a_servers_hook_says_is_not_lost(guarded: Path, library: Any, workbench: Any) -> None:
    hook = guarded / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'closed until Monday' >&2\nexit 1\n")
    workbench("review", "comment", "a", "--reason", "more")
    said = workbench("review", "sync")
    assert "closed until Monday" in said.err
    assert "can't be asked" not in said.err


def test_the_hook_before_a_push_holds_back_what_nobody_approved(server: Path, library: Any, workbench: Any) -> None:
    _, hook = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["stages"] == ["pre-push"]
    assert push(library, "main").returncode == 0
    command = shlex.join([PROGRAM, *shlex.split(hook["entry"])[1:], *hook["args"]])
    library.write(".git/hooks/pre-push", f"#!/bin/sh\nexec {command}\n").chmod(0o755)
    library.skill("skills/b")
    library.commit()
    assert push(library, "main").returncode == 1
    workbench("review", "approve", "b", "--reason", "read it")
    assert push(library, "main").returncode == 0


def run_action(clone: Path, tmp_path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The action's last step, with this checkout's own program in place of the one it installs."""
    action = yaml.safe_load((ROOT / "verify/action.yml").read_text(encoding="utf-8"))
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")  # an expression would let whoever sets an input write the script
    bin_ = tmp_path / "runner/skill-workbench/bin"
    bin_.mkdir(parents=True, exist_ok=True)
    if not (bin_ / "workbench").exists():
        (bin_ / "workbench").symlink_to(PROGRAM)
    given = {
        "INPUT_BASE": "", "RUNNER_TEMP": str(tmp_path / "runner"), "WORKBENCH_DATA": str(tmp_path / "ci"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(tmp_path / "output"), **env,
    }  # fmt: skip
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", action["runs"]["steps"][-1]["run"]],
        cwd=clone, env={**os.environ, **given}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_action_judges_a_pull_request_in_a_shallow_clone_by_its_base(
    server: Path, library: Any, workbench: Any, tmp_path: Path
) -> None:
    push(library, "main")
    library.git("switch", "-q", "-c", "topic")
    library.skill("skills/b")
    library.commit()
    push(library, "topic")
    clone = tmp_path / "clone"
    options = ("--depth=1", "--no-single-branch", "-b", "topic")
    subprocess.run(["git", "clone", "-q", *options, f"file://{server}", str(clone)], check=True)
    said = run_action(clone, tmp_path, GITHUB_BASE_REF="main")
    assert said.returncode == 1, said.stderr
    assert "skills/b" in said.stdout
    assert "skills/a" not in said.stdout
    card = Path((tmp_path / "output").read_text().strip().removeprefix("card="))
    assert card.read_text().startswith("<!-- skill-workbench: review card -->\n")
    assert "### b" in card.read_text()
    assert (tmp_path / "summary").read_text() == card.read_text()
    workbench("review", "approve", "b", "--reason", "read it")
    push(library, "workbench/reviews")
    said = run_action(clone, tmp_path, GITHUB_BASE_REF="main")
    assert said.returncode == 0, said.stdout + said.stderr
    assert run_action(clone, tmp_path, INPUT_BASE="main; touch owned").returncode != 0
    assert not (clone / "owned").exists()


def test_a_clone_of_one_branch_says_what_it_lacks(
    server: Path, library: Any, workbench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench("review", "approve", "a", "--reason", "read it")
    push(library, "main", "workbench/reviews")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--single-branch", str(server), str(clone)], check=True)
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "other"))
    said = workbench("--library", str(clone), "review", "verify")
    assert said.code == 3
    assert "git fetch origin workbench/reviews:workbench/reviews" in said.err
    subprocess.run(["git", "fetch", "-q", "origin", "workbench/reviews:workbench/reviews"], cwd=clone, check=True)
    assert workbench("--library", str(clone), "review", "verify").code == 0


def test_a_branch_is_protected_by_either_name_and_what_can_not_be_judged_is_told_apart(
    guarded: Path, library: Any, workbench: Any
) -> None:
    subprocess.run(["git", "config", "--add", "workbench.protected", "refs/heads/main"], cwd=guarded, check=True)
    library.skill("skills/b")
    library.commit()
    assert "the rules do not hold" in push(library, "main").stderr
    env = {**os.environ, "WORKBENCH": "no-such-program"}
    said = subprocess.run(
        ["git", "push", "-q", "origin", "main"], cwd=library.root, capture_output=True, text=True, check=False, env=env
    )
    assert said.returncode == 1
    assert "no program 'no-such-program'" in said.stderr
