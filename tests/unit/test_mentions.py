"""Whether the texts of a skill name its files: what is looked for first must not change what is found."""

import posixpath
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.skills.files import lacks
from workbench.skills.mentions import Mentions, names_in, parts_of

CODE = (".py", ".sh")
PATHS = (
    "SKILL.md",
    "scripts/run.py",
    "scripts/lib/io.util.py",
    "references/details.md",
    "assets/.hidden",
    "data/a b",
    "odd/\n.py",
)

_PIECES = st.sampled_from((
    *PATHS, "run", "run.py", "io", "io.util.py", "lib", "scripts/", "scripts/*", "./scripts/../scripts/run.py",
    "details", "details.md", "..", "import ", "from ", "from .run import io, util", "**", "`", " ", "\n", "\r",
    "\t", "x" * 101,
    "assets", ".hidden", "references/details.md.", "[a](references/details.md)", "\u2028", "ä", "data/",
))  # fmt: skip
TEXTS = st.lists(_PIECES, max_size=30).map("".join)


@given(st.dictionaries(st.sampled_from(PATHS), TEXTS, max_size=4))
def test_reading_only_lines_that_can_name_a_file_finds_the_same(texts: dict[str, str]) -> None:
    sought = parts_of(PATHS)
    whole = Mentions({path: names_in(text) for path, text in texts.items()}, CODE)
    quick = Mentions({path: names_in(text, sought) for path, text in texts.items()}, CODE)
    assert [quick.has(path) for path in PATHS] == [whole.has(path) for path in PATHS]
    for text in texts.values():
        every, some = names_in(text), names_in(text, sought)
        for path in PATHS:
            for word in (path, posixpath.basename(path)):
                assert (word in some.words, word in some.last) == (word in every.words, word in every.last)


def test_a_line_that_names_nothing_is_left_out() -> None:
    names = names_in("Many words to read.\nRun scripts/run.py now.\nMore words.\n", parts_of(["scripts/run.py"]))
    assert names.words == {"Run", "scripts/run.py", "now"}


@pytest.mark.parametrize(("made", "lacking"), [("", True), ("tools.yaml", False), ("tools.yaml/x", False)])
def test_only_a_folder_that_is_there_lacks_something(tmp_path: Path, made: str, lacking: bool) -> None:
    assert not lacks(tmp_path, "skills/demo", "tools.yaml")
    (tmp_path / "skills/demo" / made).mkdir(parents=True)
    assert lacks(tmp_path, "skills/demo", "tools.yaml") is lacking
