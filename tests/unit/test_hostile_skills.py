"""Files that nobody wrote to be read: each is read in bounded time, named precisely, and never followed out."""

import time
from dataclasses import dataclass

import pytest

from workbench.skills.model import Skill
from workbench.skills.reader import MAX_SKILL_FILE, parse_skill

GOOD = "name: demo\ndescription: Does a thing when asked.\n"


def skill_file(frontmatter: str = GOOD, body: str = "Do it.\n") -> bytes:
    return f"---\n{frontmatter}---\n{body}".encode()


def bombs() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    return GOOD + "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Hostile:
    """A SKILL.md, whether it loads, and the (code, line) of problems that have to be named."""

    data: bytes
    loads: bool
    said: tuple[tuple[str, int | None], ...] = ()


CORPUS = {
    "empty": Hostile(b"", False, (("frontmatter-missing", 1),)),
    "blank": Hostile(b"\n\n\n", False, (("frontmatter-missing", 1),)),
    "no frontmatter": Hostile(b"# Just Markdown\n", False, (("frontmatter-missing", 1),)),
    "blank line first": Hostile(b"\n" + skill_file(), False, (("frontmatter-missing", 1),)),
    "unclosed": Hostile(b"---\nname: demo\ndescription: x\n# Body\n", False, (("frontmatter-unclosed", 1),)),
    "closed with more dashes": Hostile(b"---\nname: demo\n----\n", False, (("frontmatter-unclosed", 1),)),
    "only delimiters": Hostile(b"---\n---\n", False, (("description-missing", 1), ("name-missing", 1))),
    "only one line": Hostile(b"---", False, (("frontmatter-unclosed", 1),)),
    "byte order mark": Hostile(b"\xef\xbb\xbf" + skill_file(), True, (("byte-order-mark", 1),)),
    "windows line ends": Hostile(skill_file().replace(b"\n", b"\r\n"), True),
    "old mac line ends": Hostile(skill_file().replace(b"\n", b"\r"), False, (("frontmatter-missing", 1),)),
    "blanks after the delimiters": Hostile(skill_file().replace(b"---\n", b"--- \t\n"), True),
    "latin-1 above": Hostile(skill_file().replace(b"thing", b"th\xefng"), False, (("not-utf-8", 3),)),
    "latin-1 below": Hostile(skill_file(body="a\nDo it.\n").replace(b"Do it", b"D\xf4 it"), True, (("not-utf-8", 6),)),
    "utf-16": Hostile("---\nname: demo\n".encode("utf-16"), False, (("not-utf-8", 1),)),
    "nul above": Hostile(skill_file("name: demo\ndescription: a\0b\n"), False, (("nul-byte", 3),)),
    "nul below": Hostile(skill_file(body="one\ntwo\0\n"), True, (("nul-byte", 6),)),
    "escape in yaml": Hostile(skill_file(GOOD + "x: \x1b[2J\n"), False, (("frontmatter-yaml", 4),)),
    "dashes in a value": Hostile(skill_file("name: demo\ndescription: a --- b\nlicense: MIT\n"), True),
    "dashes in a block": Hostile(skill_file("name: demo\ndescription: |\n  a\n  ---\n  b\nlicense: MIT\n"), True),
    "rule in the body": Hostile(skill_file(body="one\n\n---\n\ntwo\n"), True),
    "list on top": Hostile(skill_file("- a\n- b\n"), False, (("frontmatter-not-mapping", 2),)),
    "text on top": Hostile(skill_file("just words\n"), False, (("frontmatter-not-mapping", 2),)),
    "yaml error": Hostile(skill_file("name: demo\ndescription: [a, b\n"), False, (("frontmatter-yaml", 3),)),
    "tab indentation": Hostile(skill_file(GOOD + "metadata:\n\ta: b\n"), False, (("frontmatter-yaml", 5),)),
    "unquoted colon": Hostile(skill_file("name: demo\ndescription: Use when: asked\n"), True, (("unquoted-colon", 3),)),
    "duplicate key": Hostile(skill_file(GOOD + "name: demo\n"), True, (("duplicate-key", 4),)),
    "alias bomb": Hostile(skill_file(bombs()), False, (("frontmatter-yaml", 8),)),
    "deep flow": Hostile(skill_file(GOOD + "a: " + "[" * 20_000 + "\n"), False, (("frontmatter-yaml", 4),)),
    "deep blocks": Hostile(skill_file(GOOD + "a:\n  " + "- " * 20_000 + "x\n"), False, (("frontmatter-yaml", 5),)),
    "nests 40 levels": Hostile(skill_file(GOOD + f"a: {'[' * 40}{']' * 40}\n"), False, (("frontmatter-yaml", 4),)),
    "self alias": Hostile(skill_file(GOOD + "a: &a [*a]\n"), False, (("frontmatter-yaml", 4),)),
    "undefined alias": Hostile(skill_file(GOOD + "a: *nobody\n"), False, (("frontmatter-yaml", 4),)),
    "python tag": Hostile(
        skill_file(GOOD + "a: !!python/object/apply:os.system [id]\n"), False, (("frontmatter-yaml", 4),)
    ),
    "two documents": Hostile(skill_file(GOOD + "--- !x\na: b\n"), False, (("frontmatter-yaml", 4),)),
    "key that is a list": Hostile(skill_file(GOOD + "? [a, b]\n: c\n"), False, (("frontmatter-yaml", 4),)),
    "huge frontmatter": Hostile(skill_file(GOOD + "x: " + "y" * 70_000 + "\n"), False, (("frontmatter-too-large", 1),)),
    "huge number": Hostile(skill_file(GOOD + "x: " + "9" * 6000 + "\ny: 1e999\n"), True, (("unknown-field", 4),)),
    "ten thousand keys": Hostile(
        skill_file(GOOD + "".join(f"k{i}:\n" for i in range(8000))), True, (("more-problems", None),)
    ),
    "no description": Hostile(skill_file("name: demo\n"), False, (("description-missing", 1),)),
    "blank description": Hostile(skill_file("name: demo\ndescription: '  '\n"), False, (("description-empty", 3),)),
    "null description": Hostile(skill_file("name: demo\ndescription: ~\n"), False, (("description-empty", 3),)),
    "description is a list": Hostile(skill_file("name: demo\ndescription: [a]\n"), False, (("description-type", 3),)),
    "description is a number": Hostile(skill_file("name: demo\ndescription: 12\n"), False, (("description-type", 3),)),
    "long description": Hostile(
        skill_file(f"name: demo\ndescription: {'x' * 1025}\n"), True, (("description-too-long", 3),)
    ),
    "no name": Hostile(skill_file("description: x\n"), True, (("name-missing", 1),)),
    "name is a number": Hostile(skill_file("name: 12\ndescription: x\n"), True, (("name-type", 2),)),
    "name is yes": Hostile(skill_file("name: yes\ndescription: x\n"), True, (("unquoted-value", 2),)),
    "long name": Hostile(skill_file(f"name: {'a' * 65}\ndescription: x\n"), True, (("name-too-long", 2),)),
    "upper case": Hostile(
        skill_file("name: Demo\ndescription: x\n"), True, (("name-uppercase", 2), ("name-mismatch", 2))
    ),
    "hyphens": Hostile(
        skill_file("name: -a--b-\ndescription: x\n"), True, (("name-hyphen", 2), ("name-double-hyphen", 2))
    ),
    "slash in the name": Hostile(skill_file("name: ../demo\ndescription: x\n"), True, (("name-characters", 2),)),
    "look-alike name": Hostile(skill_file("name: dеmo\ndescription: x\n"), True, (("name-not-ascii", 2),)),
    "escape in the name": Hostile(
        skill_file('name: "de\\e[31mmo"\ndescription: x\n'), True, (("hidden-characters", 2),)
    ),
    "bidi in the description": Hostile(
        skill_file("name: demo\ndescription: a\u202eb\n"), True, (("hidden-characters", 3),)
    ),
    "tag characters below": Hostile(skill_file(body="a\nb\U000e0041\n"), True, (("hidden-characters", 6),)),
    "zero width in a tool": Hostile(
        skill_file(GOOD + "allowed-tools: 'Ba\u200bsh'\n"), True, (("hidden-characters", 4),)
    ),
    "tools as a list": Hostile(skill_file(GOOD + "allowed-tools: [Bash, Read]\n"), True, (("allowed-tools-list", 4),)),
    "tools as a number": Hostile(skill_file(GOOD + "allowed-tools: 1\n"), True, (("allowed-tools-type", 4),)),
    "metadata is a list": Hostile(skill_file(GOOD + "metadata: [a]\n"), True, (("metadata-type", 4),)),
    "metadata nests": Hostile(skill_file(GOOD + "metadata:\n  a: {b: c}\n"), True, (("metadata-value", 5),)),
    "metadata loses a digit": Hostile(
        skill_file(GOOD + "metadata:\n  version: 1.10\n"), True, (("unquoted-value", 5),)
    ),
    "long compatibility": Hostile(
        skill_file(GOOD + f"compatibility: {'x' * 501}\n"), True, (("compatibility-too-long", 4),)
    ),
    "empty compatibility": Hostile(skill_file(GOOD + "compatibility: ''\n"), True, (("compatibility-empty", 4),)),
    "client field": Hostile(skill_file(GOOD + "when_to_use: often\n"), True, (("client-field", 4),)),
    "unknown field": Hostile(skill_file(GOOD + "lisence: MIT\n"), True, (("unknown-field", 4),)),
    "empty body": Hostile(skill_file(body=" \n\n"), True, (("body-empty", 5),)),
    "long body": Hostile(skill_file(body="x\n" * 501), True, (("body-long", 5),)),
    "markup": Hostile(skill_file("name: demo\ndescription: '[/nope] [bold]x'\n"), True),
    "too large": Hostile(skill_file(body="é" * MAX_SKILL_FILE), True, (("skill-file-too-large", None),)),
    "backticks": Hostile(skill_file(body="](" + "`" * 19_000 + "a\n" + "](`" * 6000), True),
    "brackets": Hostile(skill_file(body=("](" * 9_000 + "\n") * 5 + "](a" + " " * 19_000), True),
}


def read(case: Hostile) -> Skill:
    return parse_skill("skills/demo", case.data, present=())


@pytest.mark.parametrize("case", CORPUS.values(), ids=CORPUS.keys())
def test_each_is_read_and_said_with_its_line(case: Hostile) -> None:
    skill = read(case)
    said = {(problem.code, problem.line) for problem in skill.problems}
    assert skill.loads == case.loads
    assert set(case.said) <= said


@pytest.mark.parametrize("case", CORPUS.values(), ids=CORPUS.keys())
def test_no_message_carries_a_character_that_acts_on_a_terminal(case: Hostile) -> None:
    for problem in read(case).problems:
        assert problem.message.isprintable()
        assert len(problem.message) < 400
        assert problem.path is None or problem.path == "skills/demo/SKILL.md"


@pytest.mark.parametrize("case", CORPUS.values(), ids=CORPUS.keys())
def test_none_takes_long_or_floods(case: Hostile) -> None:
    began = time.process_time()
    skill = read(case)
    assert time.process_time() - began < 2
    assert len(skill.problems) <= 101


def test_what_is_fine_is_left_in_peace() -> None:
    fine = ["windows line ends", "rule in the body", "markup"]
    assert {name: read(CORPUS[name]).problems for name in fine} == dict.fromkeys(fine, ())


def test_dashes_inside_the_frontmatter_cut_nothing_off_and_are_only_remarked_on() -> None:
    for name in ("dashes in a value", "dashes in a block"):
        skill = read(CORPUS[name])
        assert skill.frontmatter["license"] == "MIT"
        assert [(problem.severity, problem.code) for problem in skill.problems] == [("info", "dashes-in-frontmatter")]
