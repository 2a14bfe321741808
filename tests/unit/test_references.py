"""What the files of a skill say about other skills, and what only looks so."""

from pathlib import Path

import pytest

from workbench.skills.dependencies import Edge, Graph, read_graph
from workbench.skills.reader import read_all
from workbench.skills.references import MAX_BYTES, MAX_FILES


class Skills:
    """A folder of skills."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, id_: str, body: str = "", files: dict[str, str] | None = None, extra: str = "") -> None:
        folder = self.root / id_
        folder.mkdir(parents=True, exist_ok=True)
        name = id_.rpartition("/")[2]
        text = f"---\nname: {name}\ndescription: Does it. Use when needed.\n{extra}---\n{body}\n"
        (folder / "SKILL.md").write_text(text, encoding="utf-8")
        for path, content in (files or {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content, encoding="utf-8")

    def graph(self, *, detect: bool = True) -> Graph:
        return read_graph(self.root, read_all(self.root)[0], detect=detect)

    def edges(self) -> list[tuple[str, str, str, int | None]]:
        return [(e.to, e.kind, e.path, e.line) for e in self.graph().edges]


@pytest.fixture
def skills(tmp_path: Path) -> Skills:
    made = Skills(tmp_path / "library")
    made.add("skills/pdf-tools", files={"scripts/pdf_core.py": "", "scripts/x.sh": ""})
    made.add("skills/review")
    return made


@pytest.mark.parametrize(
    ("line", "to"),
    [
        ("Use `pdf-tools` first.", "skills/pdf-tools"),
        ("Run `/pdf-tools` first.", "skills/pdf-tools"),
        ("Then /pdf-tools does it.", "skills/pdf-tools"),
        ("Use the pdf-tools skill.", "skills/pdf-tools"),
        ("Use the **pdf-tools** skill.", "skills/pdf-tools"),
        ("Load skill `review` now.", "skills/review"),
        ("Use the `review` skill.", "skills/review"),
        ("Use the review skill.", "skills/review"),
        ('See the skill "review".', "skills/review"),
    ],
)
def test_a_skill_that_is_called_by_name_is_a_mention(skills: Skills, line: str, to: str) -> None:
    skills.add("skills/report", f"Hello.\n\n{line}")
    assert skills.edges() == [(to, "mention", "skills/report/SKILL.md", 7)]


@pytest.mark.parametrize(
    "line",
    [
        "The `review` is long.", "Do a review.", "Look at /review.", "pdf-tools-next is another, as is my-pdf-tools.",
        "See https://example.com/pdf-tools/x and /opt/pdf-tools/bin.", "`pdf-tools --help`", "PDF-tools",
        "The preview skill.", "mail me@pdf-tools.example",
    ],
)  # fmt: skip
def test_a_common_word_or_a_part_of_another_is_none(skills: Skills, line: str) -> None:
    skills.add("skills/report", line)
    assert skills.edges() == []


def test_code_in_fences_mentions_nothing_and_a_skill_does_not_need_itself(skills: Skills) -> None:
    skills.add("skills/report", "```sh\n/pdf-tools\n```\nThe `report-card` and the report skill.")
    assert skills.edges() == []


def test_the_description_counts_too(skills: Skills) -> None:
    skills.add("skills/report", extra="when_to_use: not for PDF; that is the pdf-tools skill\n")
    assert skills.edges() == [("skills/pdf-tools", "mention", "skills/report/SKILL.md", 4)]


def test_links_and_paths_into_another_skills_folder_are_links(skills: Skills) -> None:
    skills.add("skills/a", "[tools](../pdf-tools/SKILL.md)")
    skills.add("skills/b", files={"references/x.md": "\nSee ../../pdf-tools/references/y.md.\n"})
    skills.add("skills/c", "Run `python ../pdf-tools/scripts/pdf_core.py`.")
    skills.add("skills/d", "[out](../../../etc/passwd) [gone](../nothing/x.md) [own](references/x.md)")
    assert skills.edges() == [
        ("skills/pdf-tools", "link", "skills/a/SKILL.md", 5),
        ("skills/pdf-tools", "link", "skills/b/references/x.md", 2),
        ("skills/pdf-tools", "link", "skills/c/SKILL.md", 5),
    ]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("scripts/run.py", 'sys.path.insert(0, "../pdf-tools/scripts")'),
        ("scripts/run.py", 'sys.path.append(str(Path(__file__).parent.parent.parent / "pdf-tools" / "scripts"))'),
        ("scripts/run.py", 'path = os.path.join(HERE, "..", "..", "pdf-tools", "scripts")'),
        ("scripts/run.py", "import sys; sys.path.append(x); import json\nfrom pdf_tools import core"),
        ("scripts/run.sh", "source ../pdf-tools/scripts/x.sh"),
        ("scripts/run.sh", '. "$(dirname "$0")/../../pdf-tools/scripts/x.sh"'),
        ("scripts/run.js", "const x = require('../../pdf-tools/scripts/x.js')"),
        ("scripts/run.mjs", "import x from '../../pdf-tools/scripts/x.js'"),
        ("scripts/run.js", "path.join(__dirname, '..', '..', 'pdf-tools')"),
        ("tools.yaml", "tools:\n  - name: x\n    run: [python, ../pdf-tools/scripts/pdf_core.py]"),
        ("tests/a.yaml", "cases:\n  - name: x\n    tool: pdf-tools.split"),
        ("tests/a.yaml", "cases:\n  - {tool: skills/pdf-tools.split}\n  - tool: 'skills/pdf-tools.split'"),
    ],
)
def test_code_and_cases_that_use_another_skill_are_imports(skills: Skills, file: str, text: str) -> None:
    skills.add("skills/report", files={file: text})
    [(to, kind, path, line)] = skills.edges()
    assert (to, kind, path) == ("skills/pdf-tools", "import", f"skills/report/{file}")
    assert line is not None
    assert "pdf" in text.split("\n")[line - 1]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("scripts/run.py", "# see ../pdf-tools/scripts"),
        ("scripts/run.py", 'name = "pdf-tools"'),
        ("scripts/run.py", "import pdf_tools"),
        ("scripts/run.js", "// require('../../pdf-tools/x')"),
        ("scripts/run.sh", "cat ../../../../pdf-tools/x"),
        ("tests/a.yaml", "cases:\n  - tool: split"),
        ("data/a.yaml", "tool: pdf-tools.split"),
        ("notes.txt", "../pdf-tools/x"),
    ],
)
def test_what_only_looks_like_use_is_none(skills: Skills, file: str, text: str) -> None:
    skills.add("skills/report", files={file: text})
    assert skills.edges() == []


def test_of_several_skills_of_one_name_the_one_beside_is_meant(skills: Skills) -> None:
    skills.add(".claude/skills/pdf-tools")
    skills.add(".claude/skills/report", "Use the `pdf-tools` skill.")
    skills.add("other/report", "Use the `pdf-tools` skill.")
    assert [edge[0] for edge in skills.edges()] == [".claude/skills/pdf-tools"] * 2


def test_a_nested_skills_files_are_its_own(skills: Skills) -> None:
    skills.add("skills/report/inner-part", "Use `pdf-tools`.")
    skills.add("skills/report", "[inner](inner-part/SKILL.md)")
    assert {(e.origin, e.to) for e in skills.graph().edges} == {
        ("skills/report", "skills/report/inner-part"),
        ("skills/report/inner-part", "skills/pdf-tools"),
    }


def test_each_kind_is_kept_once_at_its_first_place(skills: Skills) -> None:
    skills.add("skills/report", "`pdf-tools`\n`pdf-tools`\n[x](../pdf-tools/SKILL.md)\n[x](../pdf-tools/SKILL.md)")
    assert [(kind, line) for _, kind, _, line in skills.edges()] == [("link", 7), ("mention", 5)]


def test_what_is_not_looked_into_is_said(skills: Skills) -> None:
    skills.add("skills/many", files={f"references/{n:03}.md": "" for n in range(MAX_FILES + 5)})
    skills.add("skills/long", files={"references/big.md": "x" * (MAX_BYTES + 1)})
    said = {one.path: one.reason for one in skills.graph().skipped}
    assert "first 200 of 206 files" in said["skills/many"]
    assert "first 256 KiB" in said["skills/long/references/big.md"]


def test_links_out_of_the_library_are_not_followed(skills: Skills, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("`pdf-tools`")
    skills.add("skills/report")
    (skills.root / "skills/report/link.md").symlink_to(tmp_path / "secret.md")
    (skills.root / "skills/linked").symlink_to(tmp_path)
    assert skills.edges() == []


def test_a_line_that_never_ends_and_odd_bytes_take_no_time(skills: Skills) -> None:
    skills.add("skills/report", "`" * 200_000 + "\n" + "/a" * 100_000 + "\n" + "skill " * 300 + "\n" + "../" * 600)
    (skills.root / "skills/report/bad.md").write_bytes(b"\xff\xfe`pdf-tools`\n" + b"\x00" * 100)
    assert skills.edges() == [("skills/pdf-tools", "mention", "skills/report/bad.md", 1)]


def test_edges_compare_as_data() -> None:
    assert Edge("a", "b", "link", None, "p", 1) == Edge("a", "b", "link", None, "p", 1)
