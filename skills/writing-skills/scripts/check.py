"""Check a skill against the Agent Skills specification, and whether its description tells an agent when to use it.

Exit codes: 0 nothing to mend; 1 errors or warnings; 2 an argument or the file can't be used (the reason is on stderr).
"""

import argparse
import json
import os
import re
import signal
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

MAX_BYTES = 1024 * 1024
MAX_LISTED = 2_000
MAX_PROBLEMS = 200
FIELDS = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
KEY = re.compile(
    r"""(?P<key>"[^"]*"|'[^']*'|[^\s:#'"\[\]{}&*!|>@`-](?:[^:#]*[^:#\s])?)\s*:(?:[ \t]+(?P<rest>.*)|\s*)"""
)
BLOCK = re.compile(r"[|>][-+0-9]{0,2}(?:\s+#.*)?")
VAGUE = re.compile(
    r"\b(helps? (?:you )?with|various|etc\b\.?|and (?:so on|more|such)|stuff|things|powerful|comprehensive|robust"
    r"|advanced|seamless(?:ly)?|efficient(?:ly)?|easily|useful|best practices)",
    re.IGNORECASE,
)
WHEN = re.compile(
    r"\b(when|whenever|before|after|while|if)\b|\buse (?:it |this |this skill )?(?:for|to)\b", re.IGNORECASE
)
PERSON = re.compile(r"\bI\b(?!/)|\bI'(?:m|ll|ve|d)\b|\b(?:[Ww]e|[Oo]ur|[Yy]ou can)\b")
GRABBY = re.compile(
    r"\b(?:always|must) (?:be )?(?:use|call|invoke|run|load)d?\b"
    r"|\b(?:any|every|all) (?:task|request|question|prompt)s?\b",
    re.IGNORECASE,
)
MENTION = re.compile(r"(?<![\w./-])(?:scripts|references|assets)/[\w./-]*\w")
IGNORED = re.compile(
    r"a|an|and|are|as|at|be|by|can|could|do|for|from|give|has|have|help|how|i|if|in|into|is|it|its|make|me|my|need|of|on"
    r"|or|our|out|please|show|so|some|someone|tell|that|the|their|them|then|there|this|to|up|us|use|user|want|was|we|what"
    r"|when|where|which|who|why|will|with|you|your"
)


class InputError(Exception):
    """The skill can't be looked at; the message says why."""


class YamlError(Exception):
    """The frontmatter is not YAML, or not YAML that this reader knows."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Problem:
    """One thing to mend. `error`: breaks the specification; `warning`: likely to hurt; `info`: worth a look."""

    severity: Literal["error", "warning", "info"]
    code: str
    line: int
    message: str


@dataclass
class Matter:
    """A SKILL.md taken apart; `lines` says where each field stands."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)
    body_line: int = 1


@dataclass(frozen=True)
class Prompt:
    """Something a person may say, and the words of it that the description has too."""

    text: str
    shared: list[str]
    likely: bool


@dataclass(frozen=True)
class Rating:
    """What is to be said about a description."""

    good: bool
    characters: int
    tokens: int
    problems: list[Problem]
    missed: list[Prompt]
    stolen: list[Prompt]


def rate_description(
    description: str,
    name: str = "",
    prompts: list[str] = [],  # noqa: B006 - never changed, and a plain default is part of the tool's schema
    near_misses: list[str] = [],  # noqa: B006 - as above
) -> Rating:
    """Rate a skill's description before it is written down: does it say what and when, and would it be found?

    Args:
        description: The text as it would stand in the frontmatter.
        name: The skill's name, if it has one already.
        prompts: What people would say when the skill should be used; those that share too few words are "missed".
        near_misses: What people would say when another skill should be used; those that share many are "stolen".
    """
    problems = [*about_description(description, 1), *about_trigger(description, name, 1)]
    missed = [one for one in compare(description, prompts) if not one.likely]
    stolen = [one for one in compare(description, near_misses) if one.likely]
    serious = any(problem.severity != "info" for problem in problems)
    return Rating(not (serious or missed or stolen), len(description), tokens(description), problems, missed, stolen)


def compare(description: str, prompts: list[str]) -> Iterator[Prompt]:
    """How many words each prompt shares with the description: a rough stand-in for what a model would decide."""
    known = stems(description)
    for text in prompts:
        wanted = stems(text)
        shared = sorted(wanted & known)
        yield Prompt(text[:200], shared, len(shared) >= 2 or (bool(wanted) and len(shared) == len(wanted)))


def stems(text: str) -> set[str]:
    """The words that carry meaning, without the commonest endings."""
    words = (word for word in re.findall(r"[^\W_]+", text.lower()) if not IGNORED.fullmatch(word))
    return {re.sub(r"(?<=\w{3})(?:ing|ed|es|s|e)$", "", word) for word in words if len(word) > 1}


def tokens(text: str) -> int:
    """A rough count: four characters make one token in English text and code."""
    return (len(text) + 3) // 4


def about_description(value: Any, line: int) -> Iterator[Problem]:
    """What the specification says about a description."""
    if value is None or (isinstance(value, str) and not value.strip()):
        yield Problem("error", "description-missing", line, "there is no description; no client loads the skill")
    elif not isinstance(value, str):
        yield Problem("error", "description-type", line, "the description has to be text; put it in quotes")
    elif len(value) > 1024:
        yield Problem("error", "description-too-long", line, f"{len(value):,} characters; at most 1,024 are allowed")


def about_trigger(text: str, name: str, line: int) -> Iterator[Problem]:
    """Whether an agent that sees nothing but the description can tell when the skill is needed."""
    if not text.strip():
        return

    def warn(code: str, message: str) -> Problem:
        return Problem("warning", code, line, message)

    if len(text.split()) < 12:
        yield warn("description-short", "fewer than 12 words; say what it does, on what, and when to use it")
    if not WHEN.search(text):
        yield warn("no-trigger", 'nothing says when to use it; add "Use it when …" with the words that people say')
    if found := PERSON.search(text):
        yield warn(
            "person", f"'{found[0]}': write in the third person ('Extracts …'); the text is read as a catalogue entry"
        )
    if found := GRABBY.search(text):
        yield warn("grabby", f"'{found[0]}' would claim work of other skills; name the cases")
    vague = sorted({found[0].lower() for found in VAGUE.finditer(text)})
    if vague:
        yield warn(
            "vague",
            f"{', '.join(map(repr, vague))}: says nothing that could be matched; name formats, actions, symptoms",
        )
    if "<" in text or ">" in text:
        yield warn("angle-brackets", "some clients refuse '<' and '>' in a description")
    if stems(text) <= stems(name.replace("-", " ")):
        yield warn("only-name", "the description says no more than the name")
    if re.match(r"\s*(?:this|the|a|an) (?:skill|tool|script)\b", text, re.IGNORECASE):
        yield Problem("info", "filler-start", line, "start with the verb: 'Converts …', not 'This skill converts …'")
    if 600 < len(text) <= 1024:
        yield Problem(
            "info", "description-long", line, f"about {tokens(text)} tokens in every session; under 600 characters do"
        )


def read(data: bytes) -> tuple[str, list[Problem]]:
    """The text of a SKILL.md.

    Raises:
        InputError: It is not UTF-8.
    """
    problems = []
    if data.startswith(b"\xef\xbb\xbf"):
        problems.append(
            Problem("warning", "byte-order-mark", 1, "begins with a byte order mark; some clients refuse that")
        )
    try:
        return data.decode("utf-8-sig"), problems
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"SKILL.md is not UTF-8 (line {line}); save it as UTF-8") from None


def take_apart(text: str) -> Matter:
    """Split a SKILL.md into fields and body.

    Raises:
        YamlError: There is no frontmatter, or it can't be read.
    """
    lines = re.split(r"\r\n|\n|\r", text)
    if lines[0].rstrip() != "---":
        raise YamlError("the first line has to be '---', with the fields below it", 1)
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    if not end:
        raise YamlError("the frontmatter is not closed by a line '---'", 1)
    matter = Matter(body=lines[end + 1 :], body_line=end + 2)
    at = 1
    while at < end:
        line = lines[at]
        if not line.strip() or line.lstrip().startswith("#"):
            at += 1
            continue
        found = KEY.fullmatch(line.rstrip())
        if not found:
            raise YamlError("this line is not 'key: value' (a field has to start at the margin, without tabs)", at + 1)
        key, start = found["key"].strip("\"'"), at + 1
        at += 1
        while at < end and (not lines[at].strip() or lines[at][0] in " \t" or lines[at].startswith("- ")):
            at += 1
        if key in matter.values:
            raise YamlError(f"'{shown(key)}' is given twice", start)
        matter.values[key] = value_of((found["rest"] or "").strip(), lines[start:at], start)
        matter.lines[key] = start
    return matter


def value_of(rest: str, below: list[str], line: int, depth: int = 0) -> Any:
    """The value of a field: what stands after the colon, and the indented lines below."""
    if any(part.lstrip(" ").startswith("\t") for part in below):
        raise YamlError("a tab indents this field; YAML wants spaces", line)
    if BLOCK.fullmatch(rest):
        return block(rest[0], below)
    content = [part.strip() for part in below if part.strip() and not part.lstrip().startswith("#")]
    if not rest or rest.startswith("#"):
        if content and content[0].startswith("- "):
            return content
        if content and KEY.fullmatch(content[0]) and depth < 2:
            return mapping(below, line, depth)
        rest, content = (content[0], content[1:]) if content else ("", [])
    return scalar(" ".join([rest, *content]).strip(), line)


def block(kind: str, below: list[str]) -> str:
    """The text of a block scalar, folded (`>`) or as it is (`|`)."""
    indent = min((len(part) - len(part.lstrip(" ")) for part in below if part.strip()), default=0)
    parts = [part[indent:].rstrip() for part in below]
    if kind == "|":
        return "\n".join(parts).strip("\n")
    return "\n".join(" ".join(one.split("\n")) for one in re.split(r"\n\n+", "\n".join(parts).strip("\n")))


def mapping(below: list[str], line: int, depth: int) -> dict[str, Any]:
    """A nested block of `key: value` lines."""
    values: dict[str, Any] = {}
    indent = next(len(part) - len(part.lstrip(" ")) for part in below if part.strip() and part.strip()[0] != "#")
    at = 0
    while at < len(below):
        part, start = below[at], at
        at += 1
        if not part.strip() or part.lstrip().startswith("#"):
            continue
        found = KEY.fullmatch(part.strip())
        if not found or len(part) - len(part.lstrip(" ")) != indent:
            raise YamlError("this line is not 'key: value' like those around it", line + start + 1)
        while at < len(below) and (not below[at].strip() or below[at].startswith(" " * (indent + 1))):
            at += 1
        key = found["key"].strip("\"'")
        values[key] = value_of((found["rest"] or "").strip(), below[start + 1 : at], line + start + 1, depth + 1)
    return values


def scalar(text: str, line: int) -> Any:
    """A quoted or plain value; lists and mappings in brackets are only told apart."""
    if text[:1] in ("'", '"'):
        quoted = re.match(
            r"'((?:[^']|'')*)'\s*(?:#.*)?$" if text[0] == "'" else r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$', text
        )
        if not quoted:
            raise YamlError("the quote is not closed, or text follows it", line)
        if text[0] == "'":
            return quoted[1].replace("''", "'")
        try:
            return json.loads(f'"{quoted[1]}"', strict=False)
        except ValueError:
            return quoted[1]
    if text[:1] in ("[", "{"):
        return [text] if text[0] == "[" else {name: value.strip("\"'") for name, value in pairs(text, line)}
    if text[:1] in ("&", "*", "!", "@", "`", "%", "|", ">"):
        raise YamlError(f"a value that starts with '{text[0]}' has to be in quotes", line)
    text = re.split(r"\s#", text, maxsplit=1)[0].rstrip()
    if ": " in text or text.endswith(":"):
        raise YamlError("a colon and a space inside the value: put the value in quotes, or below '>-'", line)
    if text.lower() in ("", "~", "null"):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return float(text) if re.fullmatch(r"[-+]?\d{1,40}(?:\.\d{0,40})?", text) else text


def pairs(text: str, line: int) -> Iterator[tuple[str, str]]:
    """The entries of a mapping in braces."""
    if not text.endswith("}"):
        raise YamlError("the brace is not closed", line)
    for entry in filter(str.strip, text[1:-1].split(",")):
        name, _, value = entry.partition(":")
        yield name.strip().strip("\"'"), value.strip()


def about_fields(matter: Matter, folder: str | None) -> Iterator[Problem]:
    """What the specification says about the fields."""
    values = matter.values

    def say(severity: Literal["error", "warning", "info"], key: str, code: str, message: str) -> Problem:
        return Problem(severity, code, matter.lines.get(key, 1), message)

    name = values.get("name")
    if not isinstance(name, str):
        yield say("error", "name", "name-missing", "there is no name, or it is not text")
    else:
        if len(name) > 64 or not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
            yield say("error", "name", "name-form", "1 to 64 of a-z, 0-9 and single hyphens, none at the ends")
        if folder is not None and name != folder:
            yield say("error", "name", "name-folder", f"'{shown(name)}' is not the folder's name '{shown(folder)}'")
    text = values.get("description")
    line = matter.lines.get("description", 1)
    yield from about_description(text, line)
    if isinstance(text, str):
        yield from about_trigger(text, name if isinstance(name, str) else "", line)
    for key, most in (("license", None), ("compatibility", 500), ("allowed-tools", None)):
        if key not in values:
            continue
        if not isinstance(values[key], str):
            yield say(
                "error", key, f"{key}-type", f"'{key}' has to be one text" + (" with spaces" if "tools" in key else "")
            )
        elif most and len(values[key]) > most:
            yield say("error", key, f"{key}-too-long", f"{len(values[key])} characters; at most {most} are allowed")
    metadata = values.get("metadata", {})
    if not isinstance(metadata, dict):
        yield say("error", "metadata", "metadata-type", "'metadata' has to map names to texts")
    elif wrong := sorted(key for key, value in metadata.items() if not isinstance(value, str)):
        yield say("error", "metadata", "metadata-value", f"'{shown(wrong[0])}' has to be text; put the value in quotes")
    for key in values:
        if key not in FIELDS:
            yield say(
                "warning", key, "unknown-field", f"'{shown(key)}' is not in the specification; put it below 'metadata'"
            )


def about_body(matter: Matter) -> Iterator[Problem]:
    """What makes instructions costly, stale or hard to follow."""
    text = "\n".join(matter.body)
    first = matter.body_line
    if not text.strip():
        yield Problem("warning", "body-empty", first, "there are no instructions")
        return
    if len(matter.body) > 500 or tokens(text) > 5000:
        size = f"{len(matter.body)} lines, about {tokens(text):,} tokens"
        yield Problem("warning", "body-long", first, f"{size}; move what is not always needed to references/")
    for number, line in enumerate(prose(matter.body), first):
        if found := re.search(r"\b(?:TODO|FIXME|TBD)\b|\[insert|lorem ipsum", line, re.IGNORECASE):
            yield Problem("warning", "placeholder", number, f"'{found[0]}' was left behind")
        if re.match(r"#+\s+when (?:to|should)\b.*\buse", line, re.IGNORECASE):
            message = "an agent reads this only after it has chosen the skill; say it in the description"
            yield Problem("info", "late-trigger", number, message)
    for number, line in enumerate(matter.body, first):
        if found := re.search(r"(?<![\w.])/(?:Users|home)/\w+|\b[A-Z]:\\Users\\\w+", line):
            yield Problem("warning", "machine-path", number, f"'{shown(found[0])}' exists on one machine only")
    shouts = len(re.findall(r"\b(?:MUST|NEVER|ALWAYS|IMPORTANT|CRITICAL)\b", text))
    if shouts > 5:
        yield Problem(
            "info", "shouting", first, f"{shouts} words in capitals; give the reason instead, it is followed more often"
        )


def about_hidden(text: str) -> Iterator[Problem]:
    """Characters that a reviewer can't see and a model does."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.isascii():
            continue
        found = next((char for char in line if unicodedata.category(char) == "Cf" and char != "\u200d"), None)
        if found:
            yield Problem("warning", "hidden-character", number, f"U+{ord(found):04X} can't be seen; delete it")


def about_files(matter: Matter, folder: Path) -> Iterator[Problem]:
    """Links that lead nowhere, and files that nothing leads to."""
    for number, line in enumerate(prose(matter.body), matter.body_line):
        for target in re.findall(r"\]\(<?([^)<>\s\0]+)", line):
            if re.match(r"[a-z][a-z0-9+.-]*:|#", target, re.IGNORECASE):
                continue
            inside = os.path.normpath(target.partition("#")[0])
            if inside.startswith(("..", "/")):
                message = f"'{shown(target)}' leaves the skill, which is copied alone"
                yield Problem("warning", "link-outside", number, message)
            elif not os.path.exists(folder / inside):  # noqa: PTH110 - Path.exists raises for a long name
                yield Problem("warning", "link-broken", number, f"'{shown(target)}' does not exist")
    text = "\n".join(matter.body)
    for number, line in enumerate(matter.body, matter.body_line):
        for mention in MENTION.findall(re.sub(r"\]\([^()]*\)", "", line)):
            if not os.path.exists(folder / mention):  # noqa: PTH110 - as above
                yield Problem("info", "file-missing", number, f"'{shown(mention)}' is mentioned and does not exist")
    for part in ("references", "assets"):
        for path in listed(folder, part):
            if path not in text and f"{part}/`" not in text:
                yield Problem("warning", "file-unmentioned", 1, f"SKILL.md never says when to read '{shown(path)}'")
    if "scripts/" not in text and any(True for _ in listed(folder, "scripts")):
        yield Problem("warning", "file-unmentioned", 1, "SKILL.md never says how to run what is in scripts/")


def listed(folder: Path, part: str) -> Iterator[str]:
    """The files directly in a folder of the skill, by relative path; hidden ones are left out."""
    try:
        names = sorted(os.listdir(folder / part))[:MAX_LISTED]  # noqa: PTH208 - names, not paths
    except OSError:
        return
    yield from (f"{part}/{name}" for name in names if not name.startswith(".") and (folder / part / name).is_file())


def prose(lines: list[str]) -> Iterator[str]:
    """The lines with code blanked out, which shows examples and is no promise."""
    fence = ""
    for line in lines:
        mark = re.match(r"\s*(`{3,}|~{3,})", line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
            yield ""
        else:
            yield "" if fence else re.sub(r"`[^`]*`", "``", line)


def shown(text: str) -> str:
    """Outside text that can't disturb a terminal: one line, printable, at most 80 characters."""
    plain = "".join(char if char.isprintable() else "?" for char in text[:81])
    return plain if len(plain) <= 80 else plain[:80] + "…"


def name_of(folder: Path) -> str | None:
    """The folder's name; None for this skill's own folder, which a sandbox shows under another name."""
    own = Path(os.path.abspath(__file__)).parent.parent  # noqa: PTH100 - links must not be followed
    return None if Path(os.path.abspath(folder)) == own else Path(os.path.realpath(folder)).name  # noqa: PTH100


def check(path: Path) -> dict[str, Any]:
    """Look at a skill's folder, or at a SKILL.md alone.

    Raises:
        InputError: There is none, or it can't be read.
    """
    folder = path if path.is_dir() else None
    file = path / "SKILL.md" if folder else path
    try:
        if not file.is_file():
            raise InputError(
                f"{shown(str(path))} has no SKILL.md" if folder else f"{shown(str(path))} is not a file that exists"
            )
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "not a usable path"
        raise InputError(f"{shown(str(path))} can't be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{shown(str(file))} is larger than {MAX_BYTES >> 20} MiB")
    text, problems = read(data)
    matter = Matter()
    try:
        matter = take_apart(text)
        problems += about_fields(matter, name_of(folder) if folder else None)
        problems += about_body(matter)
        if folder:
            problems += about_files(matter, folder)
    except YamlError as error:
        problems.append(Problem("error", "frontmatter", error.line, str(error)))
    problems += about_hidden(text)
    return report(matter, problems, folder is not None)


def report(matter: Matter, problems: list[Problem], whole: bool) -> dict[str, Any]:
    """Everything that was found, the worst first."""
    order = {"error": 0, "warning": 1, "info": 2}
    problems.sort(key=lambda one: (order[one.severity], one.line, one.code, one.message))
    counts = {severity: sum(one.severity == severity for one in problems) for severity in order}
    name, description = matter.values.get("name"), matter.values.get("description")
    body = "\n".join(matter.body)
    return {
        "name": name if isinstance(name, str) else None,
        "verdict": "invalid" if counts["error"] else "improve" if counts["warning"] else "good",
        "counts": counts,
        "tokens": {"description": tokens(description) if isinstance(description, str) else 0, "body": tokens(body)},
        "body_lines": len(body.strip("\n").split("\n")) if body.strip() else 0,
        "files_checked": whole,
        "problems": [asdict(one) for one in problems[:MAX_PROBLEMS]],
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="writing-skills", description="Check a skill's SKILL.md.")
    parser.add_argument("path", type=Path, help="the skill's folder, or a SKILL.md alone")
    parser.add_argument("--exit-zero", action="store_true", help="end with 0 whatever was found")
    options = parser.parse_args(argv)
    try:
        found = check(options.path)
    except InputError as error:
        print(f"writing-skills: {error}", file=sys.stderr)
        return 2
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    return 0 if options.exit_zero or found["verdict"] == "good" else 1


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
