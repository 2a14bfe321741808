"""References as people write them: what leads nowhere is found, what is no reference is left alone."""

from typing import Any

import pytest


def found(workbench: Any, *codes: str) -> list[tuple[str, str, int | None]]:
    (judged,) = workbench("skills", "validate", "--json").json["skills"]
    return [
        (one["code"], one["message"].split("'")[1] if "'" in one["message"] else "", one["line"])
        for one in judged["problems"]
        if not codes or one["code"] in codes
    ]


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ("See [Guide][g].\n\n[g]: references/gone.md 'The guide'\n", "broken-link", "references/gone.md"),
        ('<img alt="x" src="assets/no.png">\n', "broken-link", "assets/no.png"),
        ("<a href='references/html.md'>x</a>\n", "broken-link", "references/html.md"),
        ("[p](references/pa(r)en.md)\n", "broken-link", "references/pa(r)en.md"),
        ("Read <references/missing.md>.\n", "missing-mention", "references/missing.md"),
        ("Run `python scripts/gone.py`.\n", "missing-mention", "scripts/gone.py"),
        ("Run `python3 -u scripts/gone.py --all`.\n", "missing-mention", "scripts/gone.py"),
        ("Read `{baseDir}/references/x.md`.\n", "missing-mention", "references/x.md"),
        ("Run `${CLAUDE_SKILL_DIR}/scripts/no.sh`.\n", "missing-mention", "scripts/no.sh"),
        ("<!-- a --> [d](after.md) `<!--` x\n", "broken-link", "after.md"),
        ("<!-- never closed [d](after.md)\n", "broken-link", "after.md"),
        ("<!--\n```\n-->\n[d](after.md)\n", "broken-link", "after.md"),
    ],
)
def test_a_reference_that_leads_nowhere_is_found(library: Any, workbench: Any, body: str, code: str, path: str) -> None:
    library.skill("skills/a", body)
    assert [one[:2] for one in found(workbench)] == [(code, path)]


@pytest.mark.parametrize(
    "body",
    [
        "<!-- [c](gone.md) -->\nDo it.\n",
        "Do it.\n<!--\n[c](gone.md)\n`scripts/gone.py`\n-->\n",
        "A footnote.[^1]\n\n[^1]: gone.md\n",
        "[far]: https://example.com/x.md\n",
        '<a href="https://example.com/x.md">x</a> <a href="#top">y</a>\n',
        "Run `npm run scripts/yours.js` in your project.\n",
        '```html\n<img src="assets/no.png">\n[g]: gone.md\n```\n',
        "Write `[g]: gone.md` or `<img src='gone.png'>`.\n",
    ],
)
def test_what_is_no_reference_is_left_alone(library: Any, workbench: Any, body: str) -> None:
    library.skill("skills/a", body)
    assert found(workbench) == []


def test_a_document_behind_a_reference_style_link_is_too_deep(library: Any, workbench: Any) -> None:
    library.skill("skills/a", "See [Guide][g].\n\n[g]: references/one.md\n")
    library.write("skills/a/references/one.md", "See [more][m].\n\n[m]: two.md\n")
    library.write("skills/a/references/two.md", "More.\n")
    assert found(workbench, "broken-link", "deep-reference") == [("deep-reference", "references/two.md", 3)]


def script(library: Any, path: str, text: str, *, executable: bool) -> None:
    library.write(f"skills/a/{path}", text).chmod(0o755 if executable else 0o644)


def test_a_script_that_a_sentence_runs_has_to_be_executable(library: Any, workbench: Any) -> None:
    library.skill(
        "skills/a", "Run `scripts/x.sh`. Then `python scripts/y.py`. Read `scripts/z.sh`. Run `scripts/n.py`.\n"
    )
    for path in ("scripts/x.sh", "scripts/y.py", "scripts/z.sh"):
        script(library, path, "#!/bin/sh\n", executable=False)
    script(library, "scripts/n.py", "print(1)\n", executable=False)
    codes = ("script-not-executable", "script-no-shebang")
    assert found(workbench, *codes) == [("script-not-executable", "scripts/x.sh", None)]
    assert workbench("skills", "validate", "--fix", "--yes").code == 0
    assert found(workbench, *codes) == []


def test_an_executable_script_that_a_sentence_names_has_to_name_its_interpreter(library: Any, workbench: Any) -> None:
    library.skill("skills/a", "See `scripts/x.py`, and `python scripts/y.py`.\n")
    for path in ("scripts/x.py", "scripts/y.py"):
        script(library, path, "print(1)\n", executable=True)
    assert found(workbench, "script-no-shebang") == [("script-no-shebang", "scripts/x.py", 1)]


def test_a_file_in_the_top_folder_that_nothing_mentions_is_an_orphan(library: Any, workbench: Any) -> None:
    library.skill("skills/a", "For forms read FORMS.md. See `guide.md`.\n")
    for path in ("leftover.bin", "forms.md", "guide.md", "LICENSE.txt", "README.md", ".hidden", "tools.yaml"):
        library.write(f"skills/a/{path}", "tools: []\n")
    assert found(workbench, "orphan-file") == [("orphan-file", "leftover.bin", None)]


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\x85"])
def test_a_character_that_ends_lines_in_old_yaml_only_is_part_of_a_value(
    library: Any, workbench: Any, char: str
) -> None:
    library.skill("skills/a", description=f"Use a{char}b: never", x=f"[1, {char}2]", license="010")
    shown = workbench("skills", "show", "a", "--json").json
    assert {one["code"] for one in shown["problems"]} >= {"hidden-characters"}
    library.skill("skills/a", description=f"Use a{char}b", metadata=f"{{k{char}: v{char}w}}")
    skill = library.workspace().row("a").skill
    assert skill.loads
    assert skill.description == f"Use a{char}b"
    assert skill.frontmatter["metadata"] == {f"k{char}": f"v{char}w"}


def test_a_tag_says_what_a_value_is(library: Any, workbench: Any) -> None:
    library.skill("skills/a", license="!!str 1")
    assert library.workspace().row("a").skill.frontmatter["license"] == "1"
    assert found(workbench) == []
