"""What trees can do is found out for many at once, kept by tree, and unknown where not every byte is here."""

from typing import Any

from workbench import git
from workbench.reviews.gains import MAX_FILES, Gains
from workbench.skills.capabilities import CAPABILITIES

RULES = "roles: {boss: [mia@example.com]}\nrequire: [{when: {gains: [network]}, chain: [{role: boss}]}, {when: {}}]\n"
SENDS = "import urllib.request\nurllib.request.urlopen('https://e.example')\n"


def tree_of(library: Any, path: str) -> str:
    return str(library.git("rev-parse", f"HEAD:{path}").strip())


def test_one_more_capability_is_a_gain_wherever_the_file_lies(library: Any) -> None:
    library.skill("skills/a")
    library.commit()
    before = tree_of(library, "skills/a")
    library.write("skills/a/scripts/deep/er/send.py", SENDS)
    library.commit()
    gains = Gains(library.repository())
    after = tree_of(library, "skills/a")
    assert "network" in (gains.between(before, after) or ())
    assert gains.between(after, after) == frozenset()
    assert "network" not in (gains.between(after, before) or ())


def test_what_is_not_here_or_not_read_is_not_known(library: Any) -> None:
    library.skill("skills/a")
    library.commit()
    whole = tree_of(library, "skills/a")
    blob = tree_of(library, "skills/a/SKILL.md")
    library.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},skills/a/vendored")
    library.git("commit", "-q", "-m", "A submodule")
    submodule = tree_of(library, "skills/a")
    library.git("rm", "-q", "--cached", "skills/a/vendored")
    for number in range(MAX_FILES + 1):
        library.write(f"skills/a/many/{number}.txt", "")
    library.commit()
    gains = Gains(library.repository())
    for tree in ("0" * 40, blob, submodule, tree_of(library, "skills/a"), "HEAD:skills/a", "two\nlines"):
        assert gains.between(whole, tree) is None, tree
    assert gains.between(None, whole) is not None


def test_a_script_that_can_not_be_parsed_gains_everything_also_when_it_is_remembered(library: Any) -> None:
    library.skill("skills/a")
    library.commit()
    before = tree_of(library, "skills/a")
    library.write("skills/a/scripts/odd.py", "import os as (((\n")
    library.commit()
    after = tree_of(library, "skills/a")
    for _ in range(2):
        gains = Gains(library.repository(), cached=True)
        assert (gains.between(before, after) or frozenset()) >= CAPABILITIES
        gains.keep()


def test_many_skills_ask_git_no_more_often_than_few(library: Any, workbench: Any) -> None:
    library.write(".workbench/policy.yaml", f"schema: 1\n{RULES}")
    for number in range(14):
        library.skill(f"skills/s-{number}")
        library.write(f"skills/s-{number}/scripts/x.py", f"print({number})\n")
    library.commit()
    library.as_user("Bob", "bob@example.com")
    ran: list[int] = []
    seen: list[object] = []
    git.on_command(seen.append)
    for names in (["s-0", "s-1"], [f"s-{number}" for number in range(2, 14)]):
        for name in names:
            assert workbench("review", "approve", name, "--reason", "read it").code == 0
        seen.clear()
        assert workbench("review", "verify").code in (0, 1)
        ran.append(len(seen))
    assert ran[1] <= ran[0] + 2
