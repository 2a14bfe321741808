"""Whatever JSON a manifest holds, a store is read or refused, and what is made of it is valid."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.reviews.adopting.model import Findings
from workbench.reviews.adopting.toolweaver import convert
from workbench.reviews.adopting.toolweaver_store import moment, order, semantic
from workbench.skills.model import SKILL_FILE
from workbench.skills.reader import parse_skill
from workbench.skills.writing import is_valid_name

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(["a", "b_c", "B-C", "../x", "é", "\ud800", "a" * 250, "x\x1b[31m", "9", "-", ""]) | st.text(
    max_size=9
)
VERSIONS = st.sampled_from(["0.1.0", "1", "v2.0", "1.0.0-rc.1", "x", "", "../1", "1" * 40]) | JSON
PATHS = (
    st.sampled_from(["a.py", "/tmp/a.py", "../a.py", "C:\\x\\a.py", "a\0.py", ".", "/", "a/b/../c.py", "\ud800.py"])
    | JSON
)
CODE = st.sampled_from(
    [b"def a(x: int) -> int:\n    return x\n", b"async def a():\n    pass\n", b"def (", b"\xff\0", b"",
     b"import requests\n",
     b'"""Doc."""\n@x\ndef a(*args): ...\ndef b(y, z=1): ...\n', b"(" * 5000, b"def a(x: Unknown): ..."]
)  # fmt: skip
ENTRIES = JSON | st.fixed_dictionaries(
    {},
    optional={
        "name": NAMES, "code_path": PATHS, "description": JSON, "tags": JSON, "metadata": JSON, "dependencies": JSON,
        "version": VERSIONS, "created_at": JSON, "updated_at": JSON | st.just("2026-01-01T00:00:00Z"),
    },
)  # fmt: skip
MANIFESTS = st.fixed_dictionaries(
    {"skills": st.lists(ENTRIES, max_size=4)},
    optional={"version_history": JSON | st.dictionaries(NAMES, st.lists(VERSIONS, max_size=3) | JSON, max_size=3)},
)


@given(manifest=MANIFESTS | JSON, code=CODE)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_manifest_is_read_or_refused_and_what_comes_of_it_is_valid(
    tmp_path_factory: pytest.TempPathFactory, manifest: Any, code: bytes
) -> None:
    folder = tmp_path_factory.mktemp("store")
    for name in ("a.py", "b_c.py", "a_0.1.0.py", "a_1.py", "9.py"):
        (folder / name).write_bytes(code)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    findings = Findings()
    try:
        converted = convert(folder, findings)
    except InputError:
        return
    assert len({one.name for one in converted}) == len(converted)
    for one in converted:
        assert is_valid_name(one.name)
        assert one.versions
        for version in one.versions:
            assert version.code in version.files
            skill = parse_skill(f"skills/{one.name}", version.files[SKILL_FILE].data)
            assert [p for p in skill.problems if p.severity == "error"] == []


@pytest.mark.parametrize(
    ("given", "meant"),
    [("1.2.3", "1.2.3"), ("v1.2", "1.2.0"), (2, "2.0.0"), (1.5, "1.5.0"), ("01.2.3", "1.2.3"),
     ("1.0.0-rc.1", "1.0.0-rc.1"), (True, None), (None, None), ("latest", None), ("1.2.3.4", None), ("1" * 20, None),
     ("1.0.0/../x", None), ([], None)],
)  # fmt: skip
def test_versions_are_taken_only_where_they_are_some(given: Any, meant: str | None) -> None:
    assert semantic(given) == meant


def test_versions_are_in_the_order_of_their_numbers() -> None:
    given = ["0.10.0", "0.9.0", "1.0.0", "1.0.0-rc.1", "0.9.1"]
    assert sorted(given, key=order) == ["0.9.0", "0.9.1", "0.10.0", "1.0.0-rc.1", "1.0.0"]


@pytest.mark.parametrize(
    "given", ["", "yesterday", None, True, [], "0001-01-01T00:00:00", "9999-12-31", float("nan"), 1e300, -1]
)
def test_a_moment_that_is_none_is_unknown(given: Any) -> None:
    assert moment(given) is None


def test_a_store_of_two_thousand_skills_is_read_in_bounded_time(tmp_path: Path) -> None:
    entries = [{"name": f"s{n}", "code_path": f"s{n}.py", "version": "1.0.0"} for n in range(2_500)]
    for n in range(200):
        (tmp_path / f"s{n}.py").write_text("def f(a: int) -> int:\n    return a\n")
    history = {f"s{n}": [f"0.{v}.0" for v in range(700)] for n in range(3)}
    (tmp_path / "manifest.json").write_text(json.dumps({"skills": entries, "version_history": history}))
    findings = Findings()
    began = time.process_time()
    assert len(convert(tmp_path, findings)) == 200
    assert time.process_time() - began < 2
    assert any("only the first 2,000" in one.reason for one in findings.skipped)
    assert any("only the last 500" in one.reason for one in findings.skipped)
