"""Unpacking a `.skill` or zip archive from a stranger: everything is checked before a file is written.

What an archive may hold: folders and plain files with honest names, stored or deflated, within the limits below.
Anything else refuses the whole archive and names the entry, since an archive that tries one thing may try another.
"""

import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workbench.errors import InputError
from workbench.text import plural, truncate, visible

MAX_ARCHIVE = 64 << 20
MAX_ENTRIES = 5_000
MAX_TOTAL = 64 << 20
MAX_FILE = 32 << 20
MAX_RATIO = 100
MAX_DEPTH = 32
MAX_NAME = 255
RATIO_MATTERS = 1 << 20
"""Below this size in bytes nobody is hurt by how well something packs."""

_END = struct.Struct("<4s4H2LH")
_END_SIGN = b"PK\x05\x06"
_ZIP64_SIGN = b"PK\x06\x07"
_LOCAL = struct.Struct("<4s5H3L2H")
_CHUNK = 256 << 10
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LITTER = ("__MACOSX",)

_ARCHIVES = (".zip", ".skill", ".tar", ".tgz", ".gz", ".bz2", ".tbz2", ".xz", ".txz", ".lzma", ".zst", ".7z", ".rar",
             ".jar", ".war", ".apk", ".whl", ".egg", ".cab", ".iso")  # fmt: skip
_DOCUMENTS = (".docx", ".docm", ".dotx", ".xlsx", ".xlsm", ".xltx", ".pptx", ".pptm", ".potx", ".odt", ".ods", ".odp",
              ".epub")  # fmt: skip
_MAGIC = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\0",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x28\xb5\x2f\xfd",
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file to write: its parts below the target, and what the archive says of it."""

    info: zipfile.ZipInfo
    parts: tuple[str, ...]

    @property
    def executable(self) -> bool:
        return bool((self.info.external_attr >> 16) & stat.S_IXUSR)


def unpack(archive: Path, target: Path, *, stop: Callable[[], None] = lambda: None) -> int:
    """Write an archive's files below an empty folder; gives how many entries were left out as another system's litter.

    Executable bits are kept; times, owners and every other bit are not.

    Args:
        archive: The file.
        target: The folder, which exists.
        stop: Called now and then; raises to end the work.

    Raises:
        InputError: It is no archive, or one that must not be unpacked; nothing it holds is then to be used.
    """
    where = visible(str(archive))
    try:
        with archive.open("rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise InputError("the archive is not a regular file", where=where)
            count = _check_frame(opened, where)
            with zipfile.ZipFile(opened) as packed:
                if len(packed.infolist()) != count:
                    raise zipfile.BadZipFile("it has more or fewer entries than it says")
                entries, litter = _checked(packed, opened, where)
                _write(packed, entries, target, where, stop)
    except OSError as error:
        raise InputError(f"the archive can't be unpacked: {error.strerror or error}", where=where) from error
    except (zipfile.BadZipFile, zlib.error, struct.error, ValueError, NotImplementedError, EOFError) as error:
        what = truncate(visible(str(error)), 120)
        raise InputError(f"the archive is damaged: {what}", where=where, remedy="get it again") from error
    return litter


def _check_frame(file: IO[bytes], where: str) -> int:
    """How many entries the archive says it has, at its end, before any of them is read."""
    size = file.seek(0, os.SEEK_END)
    if size > MAX_ARCHIVE:
        raise InputError(f"the archive is larger than {MAX_ARCHIVE >> 20} MiB and is not read", where=where)
    start = max(0, size - _END.size - 0xFFFF - 20)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_END_SIGN)
    if at < 0 or at + _END.size > len(tail):
        raise InputError("this is not a zip archive, or its end is missing", where=where, remedy="get it again")
    _, disk, directory_disk, here, count, length, _, _ = _END.unpack_from(tail, at)
    if tail[max(0, at - 20) : at].startswith(_ZIP64_SIGN) or length == 0xFFFFFFFF or count == 0xFFFF:
        raise InputError("the archive has the form for huge archives (zip64), which no skill needs", where=where)
    if disk or directory_disk or here != count:
        raise InputError("the archive is one part of several", where=where, remedy="unpack it yourself first")
    if count > MAX_ENTRIES or length > MAX_ENTRIES * 512:
        raise InputError(f"the archive has more than {MAX_ENTRIES:,} entries", where=where)
    return int(count)


def _checked(packed: zipfile.ZipFile, file: IO[bytes], where: str) -> tuple[list[_Entry], int]:
    """The files of the archive, after everything about them was looked at."""
    infos = packed.infolist()
    taken: dict[tuple[str, ...], str] = {}
    entries = []
    litter = 0
    for info in infos:
        parts = _parts(info, where)
        _check_kind(info, where)
        _check_place(info, parts, taken, where)
        if info.is_dir():
            continue
        if parts[0] in _LITTER or parts[-1] == ".DS_Store":
            litter += 1
            continue
        entries.append(_Entry(info, parts))
    _check_folders(entries, where)
    _check_sizes(infos, where)
    _check_overlap(infos, file, packed.start_dir, where)
    return entries, litter


def _parts(info: zipfile.ZipInfo, where: str) -> tuple[str, ...]:
    """The parts of an entry's name, which has to be an honest relative path."""
    name = info.orig_filename
    if not name or name == "/":
        raise _refused(info, "has no name", where)
    if not name.isprintable():
        raise _refused(info, "has control or invisible characters in its name", where)
    if "\\" in name:
        raise _refused(info, "has a backslash in its name, which is a folder on some systems", where)
    if name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        raise _refused(info, "has an absolute path", where)
    parts = tuple(name.removesuffix("/").split("/"))
    if any(part in ("", ".", "..") for part in parts):
        raise _refused(info, "leads out of its folder, or around in it", where)
    if any(part.lower() == ".git" for part in parts):
        raise _refused(info, "is part of a git repository", where)
    if len(parts) > MAX_DEPTH:
        raise _refused(info, f"nests deeper than {MAX_DEPTH} folders", where)
    if any(len(os.fsencode(part)) > MAX_NAME for part in parts):
        raise _refused(info, f"has a name longer than {MAX_NAME} bytes", where)
    return parts


def _check_kind(info: zipfile.ZipInfo, where: str) -> None:
    """That an entry is a plain file or a folder, packed in a way that is known."""
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        raise _refused(info, "is a symbolic link", where)
    if stat.S_IFMT(mode) and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise _refused(info, "is a device, a socket or a pipe", where)
    if info.flag_bits & _ENCRYPTED:
        raise _refused(info, "is encrypted", where)
    if info.compress_type not in _METHODS:
        raise _refused(info, f"is packed with method {info.compress_type}; only deflate is read", where)
    if info.is_dir() and info.file_size:
        raise _refused(info, "is a folder that holds data itself", where)
    lower = info.orig_filename.lower()
    if lower.endswith(_ARCHIVES) and not info.is_dir():
        raise _refused(info, "is an archive in the archive", where)


def _check_place(info: zipfile.ZipInfo, parts: tuple[str, ...], taken: dict[tuple[str, ...], str], where: str) -> None:
    """That no other entry has this place, also on a system that does not tell upper from lower case."""
    key = tuple(unicodedata.normalize("NFC", part).casefold() for part in parts)
    if key in taken:
        other = taken[key]
        how = "is there twice" if other == info.orig_filename else f"differs only in case from '{_short(other)}'"
        raise _refused(info, how, where)
    taken[key] = info.orig_filename


def _check_folders(entries: Sequence[_Entry], where: str) -> None:
    """That no file is also the folder of another, and that folders' names differ in more than case."""
    files = {entry.parts for entry in entries}
    spelt: dict[tuple[str, ...], tuple[str, ...]] = {}
    for entry in entries:
        for depth in range(1, len(entry.parts)):
            above = entry.parts[:depth]
            if above in files:
                raise _refused(entry.info, f"is below '{_short('/'.join(above))}', which is a file", where)
            key = tuple(unicodedata.normalize("NFC", part).casefold() for part in above)
            if spelt.setdefault(key, above) != above:
                other = "/".join(spelt[key])
                raise _refused(entry.info, f"is in a folder that differs only in case from '{_short(other)}'", where)


def _check_sizes(infos: Sequence[zipfile.ZipInfo], where: str) -> None:
    for info in infos:
        if info.file_size > MAX_FILE:
            raise _refused(info, f"would be larger than {MAX_FILE >> 20} MiB", where)
        if info.file_size > RATIO_MATTERS and info.file_size > MAX_RATIO * info.compress_size:
            raise _refused(info, f"would grow more than {MAX_RATIO}-fold", where)
    total = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if total > MAX_TOTAL:
        largest = max(infos, key=lambda info: info.file_size)
        what = f"is the largest of {plural(len(infos), 'entry', 'entries')} that together exceed {MAX_TOTAL >> 20} MiB"
        raise _refused(largest, what, where)
    if total > RATIO_MATTERS and total > MAX_RATIO * packed:
        largest = max(infos, key=lambda info: info.file_size)
        raise _refused(largest, f"and the others would grow more than {MAX_RATIO}-fold together", where)


def _check_overlap(infos: Sequence[zipfile.ZipInfo], file: IO[bytes], directory: int, where: str) -> None:
    """That no two entries share bytes, which is how a small archive becomes a huge one, and nothing stands before."""
    until = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < until or info.header_offset >= directory:
            raise _refused(info, "overlaps another entry", where)
        if until == 0 and info.header_offset > 0:
            raise _refused(info, "has something before it that is not part of the archive", where)
        file.seek(info.header_offset)
        head = file.read(_LOCAL.size)
        if len(head) < _LOCAL.size:
            raise _refused(info, "is cut off", where)
        *_, name_length, extra_length = _LOCAL.unpack(head)
        until = info.header_offset + _LOCAL.size + name_length + extra_length + info.compress_size
        if until > directory:
            raise _refused(info, "is longer than the archive", where)


def _write(
    packed: zipfile.ZipFile, entries: Sequence[_Entry], target: Path, where: str, stop: Callable[[], None]
) -> None:
    room = MAX_TOTAL
    for entry in entries:
        stop()
        place = target.joinpath(*entry.parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        # The name is new in a folder of our own, and whatever stands there is never opened.
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        file = os.open(place, flags, 0o755 if entry.executable else 0o644)
        with os.fdopen(file, "wb") as written:
            for at, chunk in enumerate(_chunks(packed, entry, where)):
                if at == 0 and _is_archive(entry.parts[-1], chunk):
                    raise _refused(entry.info, "is an archive in the archive", where)
                room -= len(chunk)
                if room < 0:
                    raise _refused(entry.info, f"exceeds {MAX_TOTAL >> 20} MiB in all", where)
                written.write(chunk)


def _chunks(packed: zipfile.ZipFile, entry: _Entry, where: str) -> Iterator[bytes]:
    seen = 0
    try:
        with packed.open(entry.info) as opened:
            while chunk := opened.read(_CHUNK):
                seen += len(chunk)
                if seen > entry.info.file_size:
                    raise _refused(entry.info, "is larger than the archive says", where)
                yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise _refused(entry.info, f"can't be unpacked: {truncate(visible(str(error)), 80)}", where) from error
    if seen != entry.info.file_size:
        raise _refused(entry.info, "is shorter than the archive says", where)


def _is_archive(name: str, start: bytes) -> bool:
    """Whether a file is an archive by its first bytes; office documents are zip files by nature."""
    if name.lower().endswith(_DOCUMENTS):
        return False
    return start.startswith(_MAGIC) or start[257:262] == b"ustar"


def _refused(info: zipfile.ZipInfo, why: str, where: str) -> InputError:
    return InputError(
        f"the archive is refused: its entry '{_short(info.orig_filename)}' {why}",
        where=where,
        remedy="ask whoever made it, or unpack and look at it yourself, and adopt the folder",
    )


def _short(text: str) -> str:
    return truncate(visible(text), 80)
