"""The file that holds one verdict: written, named after its bytes, and read back with suspicion."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from workbench.reviews.mailmap import as_committed
from workbench.reviews.model import VERDICTS, Introduction, Record, Signed
from workbench.reviews.plain_yaml import read_plain
from workbench.skills.model import ROOT_ID
from workbench.text import visible

SCHEMA = 1
MAX_BYTES = 1 << 20
_ROOT_FOLDER = "@root"
_ONE_LINE = 900


def encode(fields: Mapping[str, Any]) -> bytes:
    """The record's file: YAML, keys in the order given."""
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_representer(_Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, "'"))
    said = {**fields, "comments": _quoted(fields["comments"])} if fields.get("comments") else dict(fields)
    text = yaml.dump(said, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return text.encode("utf-8")


class _Quoted(str):
    """A text that is written in quotes, so that it is read without a parser (`plain_yaml`)."""

    __slots__ = ()


def _quoted(comments: Any) -> Any:
    """Comments with what people wrote marked, where a line in quotes holds it as it is."""
    if not isinstance(comments, list) or not all(isinstance(one, Mapping) for one in comments):
        return comments
    return [
        {key: _Quoted(value) if isinstance(value, str) and _is_one_line(value) else value for key, value in one.items()}
        for one in comments
    ]


def _is_one_line(text: str) -> bool:
    return " " in text and len(text) < _ONE_LINE and text.isascii() and text.isprintable() and "'" not in text


def file_path(path: str, tree: str, at: datetime, data: bytes) -> str:
    """Where a record stands on the reviews branch: after its skill, its tree, its time and its own bytes."""
    return f"records/{folder_of(path)}/{tree[:12]}/{at:%Y%m%dT%H%M%SZ}-{hashlib.sha256(data).hexdigest()[:16]}.yaml"


def folder_of(path: str) -> str:
    """The folder of a skill's records; a skill at the root has a name that no path can have."""
    return _ROOT_FOLDER if path == ROOT_ID else path


def timestamp(at: datetime) -> str:
    """A moment as records write it, UTC to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def read(
    file: str,
    data: bytes,
    *,
    introduced: str,
    author: str,
    introduced_at: int = 0,
    blob: str = "",
    signatures: Sequence[Signed] = (),
    again: tuple[Introduction, ...] = (),
) -> Record:
    """One record as far as it can be read; what keeps its bytes from counting is in `why_not`.

    Whether it is of this library and by whom it says is judged apart (`proving`): that depends on more than its bytes.
    """
    raw, unreadable = _parse(data)
    record = Record(
        path=_text(raw, "path") or _path_of(file),
        skill=_text(raw, "skill"),
        tree=_text(raw, "tree"),
        digest=_text(raw, "digest"),
        commit=_text(raw, "commit") or None,
        base=_text(raw, "base") or None,
        version=_text(raw, "version") or None,
        verdict=raw["verdict"] if raw.get("verdict") in VERDICTS else "comment",
        reviewer_name=_text(raw.get("reviewer"), "name"),
        reviewer_email=as_committed(_text(raw.get("reviewer"), "email")),
        via=_text(raw, "via"),
        reason=_text(raw, "reason"),
        at=_moment(raw.get("at")),
        file=file,
        introduced=introduced,
        author=author,
        answers=tuple(a for a in raw.get("answers") or () if isinstance(a, str))
        if isinstance(raw.get("answers"), list)
        else (),
        introduced_at=introduced_at,
        blob=blob,
        signed=signatures[0] if signatures else None,
        cosigned=tuple(signatures[1:]),
        again=again,
        raw=raw,
    )
    why_not = unreadable or _contradiction(record, data)
    return replace(record, counts=False, why_not=why_not) if why_not else record


def _parse(data: bytes) -> tuple[Mapping[str, Any], str | None]:
    if len(data) > MAX_BYTES:
        return {}, "it is larger than 1 MiB"
    from workbench.skills import bounded_yaml

    try:
        text = data.decode("utf-8")
        raw = plain if (plain := read_plain(text)) is not None else bounded_yaml.load(text).value
    except UnicodeDecodeError:
        return {}, "it can't be read: it is not UTF-8"
    except bounded_yaml.YamlError as error:
        return {}, f"it can't be read: {error.what}"
    if not isinstance(raw, dict):
        return {}, "it is not a mapping"
    return (raw, None) if _can_be_kept(raw) else ({}, "it holds a number of more than 64 bits")


def _can_be_kept(value: object) -> bool:
    """Whether the cache can hold it: YAML's whole numbers have no bounds."""
    if isinstance(value, int):
        return -(1 << 63) <= value < 1 << 64
    inner = (*value, *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(_can_be_kept(one) for one in inner if isinstance(one, int | dict | list))


def _contradiction(record: Record, data: bytes) -> str | None:
    """What the record says against where it stands; None if all agrees."""
    raw = record.raw
    if raw.get("schema") != SCHEMA:
        return f"its schema is {visible(repr(raw.get('schema')))}, this program reads {SCHEMA}"
    if raw.get("verdict") not in VERDICTS:
        return f"its verdict is {visible(repr(raw.get('verdict')))}"
    if not record.tree or not record.reviewer_email or record.at == _NEVER:
        return "it lacks a tree, a reviewer's e-mail or a time"
    if not record.file.endswith(f"-{hashlib.sha256(data).hexdigest()[:16]}.yaml"):
        return "its bytes are not those it is named after: it was edited"
    if record.file != file_path(record.path, record.tree, record.at, data):
        return "it stands in the place of another skill, tree or time"
    return None


_NEVER = datetime.fromtimestamp(0, UTC)


def _moment(value: object) -> datetime:
    if not isinstance(value, str):
        return _NEVER
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return _NEVER


def _text(raw: object, key: str) -> str:
    value = raw.get(key) if isinstance(raw, dict) else None
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _path_of(file: str) -> str:
    path = "/".join(file.split("/")[1:-2])
    return ROOT_ID if path == _ROOT_FOLDER else path
