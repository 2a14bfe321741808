"""The kind of a binary file by its first bytes, whatever its name says."""

import gzip
import io
import pickle
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.reviews.blob_kinds import kind_of


def _zip() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a", "b")
    return held.getvalue()


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480) + b"\x08\x02\x00\x00\x00"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "PNG image, 640×480"),
        (PNG[:14], "PNG image"),
        (b"GIF89a" + struct.pack("<HH", 16, 9), "GIF image, 16×9"),
        (_zip(), "ZIP archive"),
        (gzip.compress(b"x"), "gzip"),
        (b"\x7fELF\x02\x01\x01" + bytes(9), "ELF program, 64-bit"),
        (b"%PDF-1.7\n", "PDF document"),
        (pickle.dumps(1, protocol=4), "Python pickle, which runs code when it is loaded"),
        (b"\xa7\x0d\x0d\x0a" + bytes(12), "compiled Python"),
        (bytes(257) + b"ustar\x0000", "tar archive"),
        (b"some words\x00and more words that are text, all of them", "text with a zero byte"),
        (b"", "empty"),
        (bytes(range(8)) * 10, "unknown kind"),
    ],
    ids=lambda value: value.replace("×", "x") if isinstance(value, str) else "",
)
def test_the_first_bytes_say_what_it_is(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


@given(st.binary(max_size=400), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF", b"\x7fELF", b"BM"]))
def test_no_bytes_break_it(data: bytes, magic: bytes) -> None:
    assert kind_of(magic + data)
