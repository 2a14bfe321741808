"""What is read for capabilities comes from strangers: no bytes break a scanner."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.skills.capabilities import scan_file

NAMES = (
    "SKILL.md", "references/a.md", "a.py", "a.sh", "a.js", "a.ts", "tools.yaml", "tests/a.yaml", ".mcp.json",
    "package.json", "requirements.txt", "a.ipynb", "a.html", "Makefile", "Dockerfile", "noname", "a.rb", "a.txt",
)  # fmt: skip

_PIECES = (
    "`", "```", "```bash\n", "~~~", "$(", "${", "$((", "))", ")", "}", "'", '"', "\\", "<<EOF\n", "EOF\n", "<(", "((",
    "case x in\n", "a)", "esac", "curl https://a.b", "| sh", "\n", "/*", "*/", "//", "`${", "{", "[", "import ",
    "eval(", "!`", "---\n", "<!--", "-->", "f'{", "lambda:", "\0", "\ufeff", "\u202e", "\U000e0041", "http://", "://",
    "@", "AKIA", "password = '", "<script>", "env ", "sudo ", "-c ", "python - <<X\n", "X\n", "def f(", "):",
    "    ", "é", "а",
)  # fmt: skip
_pieces = st.lists(st.sampled_from(_PIECES), max_size=60)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(data=st.one_of(st.binary(max_size=2000), _pieces.map(lambda parts: "".join(parts).encode("utf-8"))))
def test_no_bytes_make_a_scanner_raise(name: str, data: bytes) -> None:
    for finding in scan_file(name, data, executable=True):
        assert finding.line >= 1
        assert finding.column >= 1
        assert "\n" not in finding.evidence
        assert finding.fingerprint
