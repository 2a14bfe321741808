"""What a file that git takes for binary is, by its first bytes. Nothing is unpacked or decoded."""

import struct
from collections.abc import Callable

_ELF_CLASSES = {1: "32-bit", 2: "64-bit"}
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", "ZIP archive"),
    (0, b"PK\x05\x06", "ZIP archive, empty"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (0, b"Rar!\x1a\x07", "RAR archive"),
    (257, b"ustar", "tar archive"),
    (0, b"%PDF-", "PDF document"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office document"),
    (0, b"\xff\xd8\xff", "JPEG image"),
    (0, b"BM", "BMP image"),
    (0, b"II*\x00", "TIFF image"),
    (0, b"MM\x00*", "TIFF image"),
    (0, b"\x00\x00\x01\x00", "icon"),
    (0, b"MZ", "Windows program"),
    (0, b"\xcf\xfa\xed\xfe", "macOS program"),
    (0, b"\xce\xfa\xed\xfe", "macOS program"),
    (0, b"\xca\xfe\xba\xbe", "Java class or macOS program"),
    (0, b"\x00asm", "WebAssembly"),
    (0, b"dex\n", "Android code"),
    (0, b"SQLite format 3\x00", "SQLite database"),
    (0, b"\x93NUMPY", "NumPy array"),
    (0, b"PAR1", "Parquet table"),
    (0, b"OggS", "Ogg media"),
    (0, b"ID3", "MP3 audio"),
    (0, b"fLaC", "FLAC audio"),
    (4, b"ftyp", "MP4 or HEIF media"),
    (0, b"\x1aE\xdf\xa3", "Matroska or WebM video"),
    (0, b"wOFF", "WOFF font"),
    (0, b"wOF2", "WOFF2 font"),
    (0, b"OTTO", "OpenType font"),
    (0, b"\x00\x01\x00\x00", "TrueType font"),
    (0, b"\xfe\xff", "UTF-16 text"),
    (0, b"\xff\xfe", "UTF-16 text"),
)


def kind_of(data: bytes) -> str:
    """What the first bytes of a file say it is: `PNG image, 640×480`; `unknown kind` where they say nothing.

    Args:
        data: The file, or at least its first 300 bytes.
    """
    if not data:
        return "empty"
    for magic, describe in _SIZED:
        if data.startswith(magic):
            return describe(data)
    for at, magic, words in _MAGIC:
        if data[at : at + len(magic)] == magic:
            return words
    if data[0] == 0x80 and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05") and data.endswith(b"."):
        return "Python pickle, which runs code when it is loaded"
    return "text with a zero byte" if _mostly_text(data[:8000]) else "unknown kind"


def _png(data: bytes) -> str:
    if data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return f"PNG image, {width}×{height}"
    return "PNG image"


def _gif(data: bytes) -> str:
    if len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return f"GIF image, {width}×{height}"
    return "GIF image"


def _riff(data: bytes) -> str:
    return {b"WEBP": "WebP image", b"WAVE": "WAV audio", b"AVI ": "AVI video"}.get(data[8:12], "RIFF media")


def _elf(data: bytes) -> str:
    return f"ELF program, {_ELF_CLASSES.get(data[4], 'odd')}" if len(data) > 4 else "ELF program"


def _python(data: bytes) -> str:
    return "compiled Python"


_SIZED: tuple[tuple[bytes, Callable[[bytes], str]], ...] = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"GIF8", _gif),
    (b"RIFF", _riff),
    (b"\x7fELF", _elf),
    *((bytes((low, 0x0D, 0x0D, 0x0A)), _python) for low in range(256)),
)


def _mostly_text(data: bytes) -> bool:
    printable = sum(byte in (9, 10, 13) or 32 <= byte < 127 or byte >= 128 for byte in data)
    return printable >= len(data) * 0.95
