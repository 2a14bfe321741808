"""What was approved on a branch that was never merged is not what a change on another branch builds on."""

from typing import Any

import pytest

RULES = (
    "schema: 1\nroles: {boss: [mia@example.com]}\n"
    "require:\n  - {when: {gains: [network]}, chain: [{role: boss}]}\n  - {when: {}}\n"
)
SENDS = "import urllib.request\nurllib.request.urlopen('https://e.example')\n"


def approve(library: Any, workbench: Any, who: str) -> None:
    library.as_user(who.title(), f"{who}@example.com")
    assert workbench("review", "approve", "a", "--reason", f"read by {who}").code == 0
    library.as_user("Ada", "ada@example.com")


@pytest.fixture
def experiment(library: Any, workbench: Any) -> Any:
    """On main a skill of Bob's that uses the network; Carl's without it was approved on a branch, later."""
    library.write(".workbench/policy.yaml", RULES)
    library.skill("skills/a")
    library.write("skills/a/scripts/send.py", SENDS)
    library.commit("First", author="Bob <bob@example.com>")
    approve(library, workbench, "mia")
    library.git("checkout", "-q", "-b", "experiment")
    library.git("rm", "-q", "skills/a/scripts/send.py")
    library.commit("Without", author="Carl <carl@example.com>")
    approve(library, workbench, "ada")
    library.git("checkout", "-q", "main")
    return library


def test_what_is_approved_here_is_compared_with_itself(experiment: Any, workbench: Any) -> None:
    row = workbench("skills", "show", "a", "--json").json
    assert (row["state"], row["approved_tree"]) == ("approved", row["tree"])
    assert workbench("review", "diff", "a", "--json").json["files"] == []


def test_a_change_gains_what_it_gains_over_what_it_changed(experiment: Any, workbench: Any) -> None:
    experiment.git("checkout", "-q", "-b", "words")
    experiment.write("skills/a/NOTES.md", "A word.\n")
    experiment.commit("A word", author="Dave <dave@example.com>")
    approve(experiment, workbench, "bob")  # who wrote what was approved before, and nothing of this
    for options in ([], ["--base", "main"]):
        said = workbench("review", "verify", *options)
        assert said.code == 0, said.out


def test_what_took_a_capability_away_is_built_on_once_it_was_merged(experiment: Any, workbench: Any) -> None:
    experiment.git("merge", "-q", "experiment")
    experiment.write("skills/a/scripts/send.py", SENDS)
    experiment.write("skills/a/NOTES.md", "Back again.\n")
    experiment.commit("Back", author="Dave <dave@example.com>")
    approve(experiment, workbench, "bob")
    said = workbench("review", "verify")
    assert said.code == 1
    assert "boss" in said.out
