"""An archive from a stranger is unpacked whole and honest, or refused with the entry that is wrong, in bounded time."""

import io
import os
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.reviews.adopting import archives
from workbench.reviews.adopting.archives import unpack

SKILL = b"---\nname: pdf\ndescription: Does pdf.\n---\nBody.\n"


def entry(name: str, mode: int = 0o100644, **fields: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    for key, value in fields.items():
        setattr(info, key, value)
    return info


def make(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for info, data in entries:
            packed.writestr(info, data)
    return path


def patched(path: Path, old: bytes, new: bytes) -> Path:
    """Names that zipfile does not write are written with a stand-in of the same length, and changed afterwards."""
    assert len(old) == len(new)
    path.write_bytes(path.read_bytes().replace(old, new))
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def test_files_folders_and_executable_bits_arrive_and_nothing_else_does(tmp_path: Path, target: Path) -> None:
    archive = make(
        tmp_path / "pdf.skill",
        ("pdf/SKILL.md", SKILL),
        (entry("pdf/scripts/", stat.S_IFDIR | 0o755), b""),
        (entry("pdf/scripts/run.sh", stat.S_IFREG | 0o4755), b"#!/bin/sh\n"),
        (entry("pdf/scripts/data.txt", stat.S_IFREG | 0o666), b"x"),
        ("__MACOSX/pdf/._SKILL.md", b"litter"),
        ("pdf/.DS_Store", b"litter"),
    )
    assert unpack(archive, target) == 2
    found = sorted(str(p.relative_to(target)) for p in target.rglob("*") if p.is_file())
    assert found == ["pdf/SKILL.md", "pdf/scripts/data.txt", "pdf/scripts/run.sh"]
    assert (target / "pdf/SKILL.md").read_bytes() == SKILL
    assert stat.S_IMODE((target / "pdf/scripts/run.sh").stat().st_mode) & 0o7100 == 0o100
    assert not os.access(target / "pdf/scripts/data.txt", os.X_OK)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil.txt", "leads out"),
        ("pdf/../../evil.txt", "leads out"),
        ("pdf/./SKILL.md", "around in it"),
        ("pdf//SKILL.md", "around in it"),
        ("/etc/passwd", "absolute"),
        ("//host/share", "absolute"),
        ("C:/evil.txt", "absolute"),
        ("c:evil.txt", "absolute"),
        ("pdf\\..\\evil.txt", "backslash"),
        ("pdf/evil\n.txt", "control"),
        ("pdf/\x1b[31m.txt", "control"),
        ("pdf/\u202egpj.exe", "control"),
        ("pdf/.git/hooks/post-checkout", "git repository"),
        ("pdf/.GIT/config", "git repository"),
        ("a/" * 40 + "x", "deeper"),
        ("n" * 300, "longer"),
        ("pdf/inner.zip", "archive in the archive"),
        ("pdf/inner.tar.gz", "archive in the archive"),
    ],
)
def test_a_name_that_could_do_harm_refuses_the_archive_and_is_named(
    tmp_path: Path, target: Path, name: str, why: str
) -> None:
    archive = make(tmp_path / "a.zip", ("pdf/SKILL.md", SKILL), (name, b"x"))
    with pytest.raises(InputError) as refused:
        unpack(archive, target)
    assert why in refused.value.what
    assert "its entry '" in refused.value.what
    assert "\x1b" not in str(refused.value)
    assert not any(target.iterdir())
    assert not (tmp_path / "evil.txt").exists()


def test_a_name_with_a_nul_is_refused_and_not_cut_at_it(tmp_path: Path, target: Path) -> None:
    archive = patched(
        make(tmp_path / "a.zip", ("SKILL.md", SKILL), ("a.txtZ.exe", b"x")), b"a.txtZ.exe", b"a.txt\0.exe"
    )
    with pytest.raises(InputError, match="control"):
        unpack(archive, target)


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        (stat.S_IFLNK | 0o777, "symbolic link"),
        (stat.S_IFCHR | 0o666, "device"),
        (stat.S_IFBLK | 0o666, "device"),
        (stat.S_IFIFO | 0o666, "pipe"),
        (stat.S_IFSOCK | 0o666, "socket"),
    ],
)
def test_links_and_devices_are_refused(tmp_path: Path, target: Path, mode: int, why: str) -> None:
    archive = make(tmp_path / "a.zip", ("SKILL.md", SKILL), (entry("odd", mode), b"/etc/passwd"))
    with pytest.raises(InputError, match=why):
        unpack(archive, target)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("a.txt", "a.txt"), "there twice"),
        (("Read.md", "README.md", "readme.md"), "only in case"),
        (("Strasse", "STRASSE"), "only in case"),
        (("caf\u00e9", "cafe\u0301"), "only in case"),
        (("a", "a/b"), "which is a file"),
        (("lib/a", "LIB/b"), "only in case"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_entries_that_would_be_one_file_on_some_system_are_refused(
    tmp_path: Path, target: Path, names: tuple[str, ...], why: str
) -> None:
    archive = make(tmp_path / "a.zip", *[(name, b"x") for name in names])
    with pytest.raises(InputError, match=why):
        unpack(archive, target)


def test_an_encrypted_entry_is_refused(tmp_path: Path, target: Path) -> None:
    archive = make(tmp_path / "a.zip", ("SKILL.md", SKILL))
    data = bytearray(archive.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[6] |= 1
    archive.write_bytes(data)
    with pytest.raises(InputError, match=r"'SKILL\.md' is encrypted"):
        unpack(archive, target)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_packing_that_is_not_deflate_is_refused(tmp_path: Path, target: Path, method: int) -> None:
    archive = make(tmp_path / "a.zip", (entry("SKILL.md", compress_type=method), SKILL))
    with pytest.raises(InputError, match="only deflate"):
        unpack(archive, target)


@pytest.mark.parametrize("name", ["inner.bin", "notes.md", "data"])
@pytest.mark.parametrize("kind", ["zip", "gzip", "tar"])
def test_an_archive_under_another_name_is_refused_by_its_first_bytes(
    tmp_path: Path, target: Path, name: str, kind: str
) -> None:
    inner = make(tmp_path / "inner.zip", ("a", b"x")).read_bytes()
    data = {"zip": inner, "gzip": b"\x1f\x8b\x08" + b"\0" * 20, "tar": b"\0" * 257 + b"ustar\0" + b"\0" * 300}[kind]
    with pytest.raises(InputError, match="archive in the archive"):
        unpack(make(tmp_path / "a.zip", (name, data)), target)


def test_an_office_document_is_no_nested_archive(tmp_path: Path, target: Path) -> None:
    inner = make(tmp_path / "inner.zip", ("word/document.xml", b"<x/>")).read_bytes()
    unpack(make(tmp_path / "a.zip", ("SKILL.md", SKILL), ("assets/template.docx", inner)), target)
    assert (target / "assets/template.docx").read_bytes() == inner


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, target: Path) -> None:
    archive = make(tmp_path / "a.zip", ("SKILL.md", SKILL), ("zeros", b"\0" * (20 << 20)))
    with pytest.raises(InputError, match=r"'zeros' would grow more than 100-fold"):
        unpack(archive, target)
    assert not any(target.iterdir())


def test_many_small_bombs_are_refused_by_what_they_come_to(tmp_path: Path, target: Path) -> None:
    archive = make(tmp_path / "a.zip", *[(f"zeros-{n}", b"\0" * (900 << 10)) for n in range(30)])
    with pytest.raises(InputError, match="fold together"):
        unpack(archive, target)


def test_a_size_that_lies_is_found_while_unpacking(tmp_path: Path, target: Path) -> None:
    archive = make(tmp_path / "a.zip", ("SKILL.md", SKILL), ("zeros", b"\0" * 5000))
    size = struct.pack("<L", 5000)
    patched(archive, size, struct.pack("<L", 10))
    with pytest.raises(InputError, match="'zeros'"):
        unpack(archive, target)


def overlapping(path: Path, count: int) -> Path:
    """One packed kernel that many directory entries share: a bomb with no ratio above what deflate can do."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    plain = os.urandom(2000)
    packed = kernel.compress(plain) + kernel.flush()
    crc = zlib.crc32(plain)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(packed), len(plain), 1, 0) + b"0" + packed
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(packed), len(plain), 1, 0, 0, 0, 0, 0, 0)
        + chr(0x30 + n).encode()
        for n in range(count)
    )
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), len(local), 0)
    path.write_bytes(local + directory + end)
    return path


def test_entries_that_share_bytes_are_refused(tmp_path: Path, target: Path) -> None:
    with pytest.raises(InputError, match="overlaps"):
        unpack(overlapping(tmp_path / "a.zip", 9), target)


def test_something_before_the_archive_is_refused(tmp_path: Path, target: Path) -> None:
    archive = make(tmp_path / "a.zip", ("SKILL.md", SKILL))
    archive.write_bytes(b"#!/bin/sh\nrm -rf ~\n" + archive.read_bytes())
    with pytest.raises(InputError, match="before it"):
        unpack(archive, target)


def test_a_name_that_differs_between_directory_and_entry_is_refused(tmp_path: Path, target: Path) -> None:
    archive = make(tmp_path / "a.zip", ("SKILL.md", SKILL), ("good.txt", b"x"))
    data = archive.read_bytes()
    archive.write_bytes(data.replace(b"good.txt", b"evil.txt", 1))
    with pytest.raises(InputError, match=r"good\.txt"):
        unpack(archive, target)


def test_a_wrong_checksum_is_refused(tmp_path: Path, target: Path) -> None:
    archive = make(tmp_path / "a.zip", (entry("SKILL.md", compress_type=zipfile.ZIP_STORED), SKILL))
    patched(archive, b"Body.", b"Evil.")
    with pytest.raises(InputError, match=r"SKILL\.md"):
        unpack(archive, target)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-30],
        lambda data: data[:40] + data[-60:],
        lambda data: b"",
        lambda data: b"PK\x03\x04",
        lambda data: data[:-22] + data[-22:].replace(struct.pack("<H", 2), struct.pack("<H", 9)),
        lambda data: b"not a zip at all",
    ],
)
def test_a_damaged_archive_says_so(tmp_path: Path, target: Path, spoil: Callable[[bytes], bytes]) -> None:
    archive = make(tmp_path / "a.zip", ("SKILL.md", SKILL), ("b.txt", b"x"))
    archive.write_bytes(spoil(archive.read_bytes()))
    with pytest.raises(InputError):
        unpack(archive, target)


def test_too_many_entries_are_refused_at_once(tmp_path: Path, target: Path) -> None:
    archive = make(tmp_path / "a.zip", *[(f"{n}", b"") for n in range(archives.MAX_ENTRIES + 1)])
    began = time.process_time()
    with pytest.raises(InputError, match="more than 5,000 entries"):
        unpack(archive, target)
    assert time.process_time() - began < 1


def test_a_directory_that_hides_its_size_is_refused_at_once(tmp_path: Path, target: Path) -> None:
    archive = make(tmp_path / "a.zip", *[(f"{n:050d}", b"") for n in range(60_000)])
    data = archive.read_bytes()
    few = struct.pack("<HH", 3, 3)
    archive.write_bytes(data[:-14] + few + data[-10:])
    began = time.process_time()
    with pytest.raises(InputError):
        unpack(archive, target)
    assert time.process_time() - began < 1


def test_the_form_for_huge_archives_is_refused(tmp_path: Path, target: Path) -> None:
    archive = make(tmp_path / "a.zip", ("SKILL.md", SKILL))
    data = archive.read_bytes()
    archive.write_bytes(data[:-22] + b"PK\x06\x07" + b"\0" * 16 + data[-22:])
    with pytest.raises(InputError, match="zip64"):
        unpack(archive, target)


def test_a_pipe_is_not_waited_for(tmp_path: Path, target: Path) -> None:
    with pytest.raises(InputError, match="not a regular file"):
        unpack(Path("/dev/null"), target)


@given(data=st.binary(max_size=400), at=st.integers(0, 400), tail=st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_end_in_anything_but_files_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, at: int, tail: bool
) -> None:
    folder = tmp_path_factory.mktemp("any")
    good = io.BytesIO()
    with zipfile.ZipFile(good, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("SKILL.md", SKILL)
        packed.writestr("a/b.txt", b"x" * 50)
    whole = good.getvalue()
    at = min(at, len(whole))
    archive = folder / "a.zip"
    archive.write_bytes(whole[:at] + data + (whole[at + len(data) :] if tail else b""))
    target = folder / "target"
    target.mkdir()
    try:
        unpack(archive, target)
    except InputError:
        return
    assert all(p.resolve().is_relative_to(target.resolve()) for p in target.rglob("*"))
