"""`--strict` agrees with the reference validator, except where docs/validation.md says that one is wrong, and why."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from skills_ref import validator
from test_hostile_skills import CORPUS

from workbench.skills.frontmatter import parse
from workbench.skills.reader import MAX_SKILL_FILE
from workbench.skills.validation import validate

DOCUMENT = Path(__file__).parents[2] / "docs/validation.md"


def theirs(folder: Path) -> list[str] | None:
    """What the reference validator says; None where it ends with a traceback."""
    try:
        return validator.validate(folder)
    except (UnicodeDecodeError, IsADirectoryError, RecursionError, AttributeError):
        return None


def ours(folder: Path) -> list[str]:
    found = validate(folder.parent, folder.name, strict=True)
    return [problem.code for problem in found.problems if problem.severity == "error"]


def front(data: bytes) -> str:
    """What stands between the first two '---', as the reference validator cuts it."""
    parts = data.decode("utf-8", "replace").split("---", 2)
    return parts[1] if len(parts) == 3 else ""


def is_yaml(text: str) -> bool:
    try:
        yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        return False
    return True


OTHER_TYPES = {"name-type", "name-missing", "description-type", "description-empty", "compatibility-type",
               "license-type", "allowed-tools-type", "metadata-type"}  # fmt: skip

DIFFERENCES: dict[str, Callable[[bytes, list[str], list[str] | None], bool]] = {
    "valid-yaml": lambda data, us, them: (
        not us and bool(them) and them[0].startswith("Invalid YAML") and is_yaml(front(data))
    ),
    "byte-order-mark": lambda data, us, them: data.startswith(b"\xef\xbb\xbf"),
    "dashes-cut": lambda data, us, them: "---" in parse(data).text,
    "odd-delimiters": lambda data, us, them: any(c in ("frontmatter-unclosed", "frontmatter-missing") for c in us),
    "not-utf-8": lambda data, us, them: them is None and "not-utf-8" in us,
    "control-characters": lambda data, us, them: them is None and any(byte < 32 for byte in data),
    "nul-byte": lambda data, us, them: "nul-byte" in us,
    "old-line-ends": lambda data, us, them: b"\r" in data.replace(b"\r\n", b""),
    "empty-compatibility": lambda data, us, them: us == ["compatibility-empty"],
    "metadata-types": lambda data, us, them: set(us) <= {"metadata-type", "metadata-value"},
    "tools-types": lambda data, us, them: set(us) <= {"allowed-tools-list", "allowed-tools-type"},
    "license-types": lambda data, us, them: us == ["license-type"],
    "unicode-names": lambda data, us, them: us == ["name-not-ascii"],
    "scalars-as-text": lambda data, us, them: set(us) <= OTHER_TYPES,
    "bounds": lambda data, us, them: (
        len(data) > MAX_SKILL_FILE or "frontmatter-too-large" in us or "frontmatter-yaml" in us
    ),
}
"""Why the verdicts may differ: each is asked only where they do. Some differences are not about a file's bytes."""

NOT_OF_BYTES = {"lower-case-file", "folder-as-file", "links-out"}
MAY_COMBINE = OTHER_TYPES | {"metadata-value", "allowed-tools-list", "compatibility-empty", "name-not-ascii"}


def why_they_differ(data: bytes, folder: Path) -> str | None:
    """The name of the difference; `""` for none, None for one that nobody has explained."""
    us, them = ours(folder), theirs(folder)
    if them is not None and bool(us) == bool(them):
        return ""
    found = next((name for name, holds in DIFFERENCES.items() if holds(data, us, them)), None)
    if found is None and not them and us and set(us) <= MAY_COMBINE:
        return "several"
    return found


def written(root: Path, data: bytes, name: str = "demo") -> Path:
    folder = root / name
    folder.mkdir(exist_ok=True)
    (folder / "SKILL.md").write_bytes(data)
    return folder


_MOST_LINES = 1_000


@pytest.mark.parametrize("case", CORPUS.values(), ids=CORPUS.keys())
def test_the_hostile_files_are_judged_the_same_or_the_difference_has_a_name(tmp_path: Path, case: object) -> None:
    data: bytes = case.data  # type: ignore[attr-defined] # a fixture of another test module
    if data.count(b"\n") > _MOST_LINES:
        # The reference takes a minute for ten thousand keys, and says the same of fewer.
        data = b"\n".join([*data.split(b"\n")[:_MOST_LINES], b"---", b"x", b""])
    assert why_they_differ(data, written(tmp_path, data)) is not None


EXAMPLES = {
    "valid-yaml": b"---\nname: demo\ndescription: x\nmetadata: {a: b}\n---\nx\n",
    "byte-order-mark": b"\xef\xbb\xbf---\nname: demo\ndescription: x\n---\nx\n",
    "dashes-cut": b"---\nname: demo\ndescription: a --- b\ncolour: red\n---\nx\n",
    "odd-delimiters": b"---\nname: demo\ndescription: x\n----\nx\n",
    "not-utf-8": b"---\nname: demo\ndescription: x\n---\n\xff\n",
    "control-characters": b'---\nname: demo\ndescription: x\nlicense: "a\x1b"\n---\nx\n',
    "nul-byte": b"---\nname: demo\ndescription: x\n---\n\0\n",
    "old-line-ends": b"---\rname: demo\rdescription: x\r---\rx\r",
    "empty-compatibility": b"---\nname: demo\ndescription: x\ncompatibility: ''\n---\nx\n",
    "metadata-types": b"---\nname: demo\ndescription: x\nmetadata:\n- a\n---\nx\n",
    "tools-types": b"---\nname: demo\ndescription: x\nallowed-tools:\n- Read\n---\nx\n",
    "license-types": b"---\nname: demo\ndescription: x\nlicense:\n- MIT\n---\nx\n",
    "scalars-as-text": b"---\nname: demo\ndescription: 12\n---\nx\n",
    "bounds": b"---\nname: demo\ndescription: x\nmetadata:\n  a: " + b"y" * 70_000 + b"\n---\nx\n",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_difference_is_real_and_documented(tmp_path: Path, name: str) -> None:
    folder = written(tmp_path, EXAMPLES[name])
    us, them = ours(folder), theirs(folder)
    assert them is None or bool(us) != bool(them)
    assert DIFFERENCES[name](EXAMPLES[name], us, them)
    assert f"| `{name}` |" in DOCUMENT.read_text(encoding="utf-8")


def test_every_documented_difference_has_a_test() -> None:
    part = DOCUMENT.read_text(encoding="utf-8").partition("## Where this differs")[2].partition("## Codes")[0]
    names = {line.split("`")[1] for line in part.splitlines() if line.startswith("| `")} - {"skills-ref"}
    assert names == {*EXAMPLES, "unicode-names", *NOT_OF_BYTES}


def test_unicode_names(tmp_path: Path) -> None:
    folder = written(tmp_path, "---\nname: техника\ndescription: x\n---\nx\n".encode(), "техника")
    assert theirs(folder) == []
    assert ours(folder) == ["name-not-ascii"]


def test_lower_case_file(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/skill.md").write_text("---\nname: demo\ndescription: x\n---\nx\n")
    assert theirs(tmp_path / "demo") == []
    assert ours(tmp_path / "demo") == ["skill-file-vanished"]


def test_folder_as_file(tmp_path: Path) -> None:
    (tmp_path / "demo/SKILL.md").mkdir(parents=True)
    assert theirs(tmp_path / "demo") is None
    assert ours(tmp_path / "demo") == ["skill-file-unreadable"]


def test_links_out(tmp_path: Path) -> None:
    outside = written(tmp_path, b"---\nname: demo\ndescription: x\n---\nx\n")
    (tmp_path / "library/demo").mkdir(parents=True)
    (tmp_path / "library/demo/SKILL.md").symlink_to(outside / "SKILL.md")
    assert theirs(tmp_path / "library/demo") == []
    assert ours(tmp_path / "library/demo") == ["skill-file-unreadable"]


WORDS = st.text(alphabet="abzAÄ -:#'\".,<>é1", max_size=20)
SCALARS = st.one_of(
    WORDS,
    WORDS.map(lambda text: "'" + text.replace("'", "''") + "'"),
    WORDS.map(lambda text: '"' + text.replace("\\", "").replace('"', "") + '"'),
    WORDS.map(lambda text: f"|\n  {text}"),
    WORDS.map(lambda text: f">-\n  {text}\n  more"),
    st.sampled_from(["12", "1.0", "yes", "true", "null", "~", "", "2024-01-01", "0o7", "[a, b]", "{a: b}", "&x y",
                     "\n- a\n- b", "\n  a: b", "\n  a:\n    b: c", "demo", "x" * 501, "x" * 1025, "a # note"]),
)  # fmt: skip
NAMES = st.one_of(
    st.sampled_from(["demo", "demo", "demo", "Demo", "-demo", "de--mo", "'demo'", "' demo '", "демо", "d" * 65, "12"]),
    SCALARS,
)
OTHERS = st.sampled_from(["license", "compatibility", "metadata", "allowed-tools", "model", "x", "name", "description"])


@st.composite
def skills(draw: st.DrawFn) -> bytes:
    lines = []
    if draw(st.integers(0, 9)):
        lines.append(f"name: {draw(NAMES)}")
    if draw(st.integers(0, 9)):
        lines.append(f"description: {draw(SCALARS)}")
    for key in draw(st.lists(OTHERS, max_size=3, unique_by=lambda key: key if draw(st.integers(0, 9)) else object())):
        lines.append(f"{key}: {draw(SCALARS)}")
    end = draw(st.sampled_from(["---\n", "---\n", "---\n", "--- \n", "----\n", ""]))
    text = "---\n" + "\n".join(draw(st.permutations(lines))) + f"\n{end}Body\n"
    return text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"]))).encode()


@settings(max_examples=400, deadline=2_000)
@given(data=skills())
def test_generated_skills_are_judged_the_same_or_the_difference_has_a_name(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = written(Path(root), data)
        assert why_they_differ(data, folder) is not None, (ours(folder), theirs(folder))
