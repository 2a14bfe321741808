"""Makefiles, justfiles and Dockerfiles: the shell commands that stand in them, read where they stand.

Everything that is no command is blanked, and what only make or Docker understands is written as a shell would have it.
Every line stays where it is, so that a finding has the line, and the evidence, of the file that people see.
"""

import json
import re
from collections.abc import Mapping

from workbench.skills.capabilities.hosts import UNKNOWN, hosts_in
from workbench.skills.capabilities.shell import note_words, scan_document, scan_shell
from workbench.skills.capabilities.source import Source

MAX_LINES = 20_000
"""Of a Makefile or Dockerfile, continued lines as one; what comes after is not read, which is a finding."""

_LINE = re.compile(r"(?:[^\\\n]|\\[\s\S])*\\?\n?")
_PREFIX = re.compile(r"^\.RECIPEPREFIX[ \t]*:?=[ \t]*(\S)", re.MULTILINE)
_RULE = re.compile(r"[^\s#=:;][^#=:;\n]*::?(?!=)[^#=;\n]*;")
_SHELL_ASSIGNMENT = re.compile(r"[ ]*[\w.-]+[ \t]*!=")
_ASSIGNMENT = re.compile(r"[ ]*(?:export[ \t]+|override[ \t]+)*([\w.-]+)[ \t]*(?:::?:?|\?|\+)?=[ \t]*([^\n]*)")
_MAKE_SIGNS = re.compile(r"\$\$|\$\(shell(?=\s)|\$\(|\(|\)")
_ALL_BUT_ENDS = re.compile(r"[^\n]")
_BRACKETS = re.compile(r"[()]")
_INTERPOLATED = re.compile(r"\{\{[^{}\n]*\}\}")
_DEFAULTS: Mapping[str, str | None] = {
    "MAKE": "make", "CC": "cc", "CXX": "c++", "CPP": "cc", "AR": "ar", "RM": "rm", "SHELL": "sh", "MAKEFLAGS": None,
    "CURDIR": None, "MAKEFILE_LIST": None, "CFLAGS": None, "LDFLAGS": None, "CXXFLAGS": None, "CPPFLAGS": None,
}  # fmt: skip
"""Variables that make sets itself."""

_CONTINUED = r"\\[ \t]*\n(?:[ \t]*(?:#[^\n]*)?\n)*"
_DOCKER_LINE = re.compile(rf"(?:[^\\\n]|{_CONTINUED}|\\.)*\\?\n?")
_INSTRUCTION = re.compile(
    r"\s*(?:ONBUILD\s+)?(RUN|CMD|ENTRYPOINT|SHELL|ADD|COPY|ARG|ENV|HEALTHCHECK\s[^\n]*?CMD)(?=[\s\[<])"
    r"((?:\s|\\\n)*(?:--[\w-]+(?:=\S*)?(?:\s|\\\n)+)*)",
    re.IGNORECASE,
)
_BLANKS_AFTER = re.compile(r"\\([ \t]+)\n")
_COMMENT = re.compile(r"(?<=\n)[ \t]*#[^\n]*(?=\n)")
_HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)([A-Za-z_]\w*)\1")
_ONLY_HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)[A-Za-z_]\w*\1\s*")
_SHEBANG = re.compile(r"#![^\n]*\b(python3?|node)")
_SET = re.compile(r"(\w+)=(\"[^\"\n]*\"|'[^'\n]*'|[^\s\\]*)")


def scan_makefile(source: Source, *, just: bool = False) -> None:
    """Note what the commands of a Makefile do: recipes, `rule: ; command`, `$(shell …)` and `NAME != command`.

    Args:
        source: The file.
        just: Whether it is a justfile, where blanks begin a recipe's line and `{{…}}` is put in.
    """
    text = source.text
    prefix = _PREFIX.search(text)
    starts = (" ", "\t") if just else (prefix[1] if prefix else "\t",)
    known = dict(_DEFAULTS)
    pieces: list[str] = []
    at = 0
    while at < len(text):
        if len(pieces) >= MAX_LINES:
            source.add("unreadable", "a Makefile that is too long", at)
            break
        match = _LINE.match(text, at)
        line = match[0] if match and match[0] else text[at:]
        at += len(line)
        if not line.startswith(starts):
            pieces.append(_outside_recipes(line, known))
            continue
        command = line[1:].lstrip(" \t@+-")
        shell = _interpolated(command) if just else _as_shell(command)
        pieces.append(" " * (len(line) - len(command)) + shell)
    scan_shell(source.overlaid("".join(pieces).ljust(len(text)), "likely"), known=known)


def _outside_recipes(line: str, known: dict[str, str | None]) -> str:
    """A line that is no recipe: only the commands in it; variables that it sets are taken in."""
    if line.lstrip(" ").startswith("#"):
        return _blank(line)
    if command := _SHELL_ASSIGNMENT.match(line) or _RULE.match(line):
        end = command.end()
        rest = line[end:].lstrip(" \t@+-")
        return _blank(line[:end]) + " " * (len(line) - end - len(rest)) + _as_shell(rest)
    if assigned := _ASSIGNMENT.match(line):
        name, value = assigned[1], assigned[2].strip().strip("\"'")
        plain = name not in known or name in _DEFAULTS
        known[name] = value if plain and "$" not in value and "\\" not in value else None
    if "$(shell" not in line:
        return _blank(line)
    pieces = []
    at = 0
    while (start := line.find("$(shell", at)) >= 0:
        body = start + len("$(shell")
        end = _closing(line, body)
        pieces.append(_blank(line[at:body]) + _as_shell(line[body:end]) + ";" * (end < len(line)))
        at = min(end + 1, len(line))
    return "".join(pieces) + _blank(line[at:])


def _closing(line: str, at: int) -> int:
    """Where the bracket stands that closes what is open at a place; the line's end without one."""
    depth = 0
    for sign in _BRACKETS.finditer(line, at):
        depth += 1 if sign[0] == "(" else -1
        if depth < 0:
            return sign.start()
    return len(line)


def _as_shell(text: str) -> str:
    """A command as make hands it to the shell: `$(X)` is `${X}`, `$$` is `$`; the length of every line is kept."""
    if "$" not in text:
        return text
    closing: list[str] = []  # what the brackets that are open will be closed with

    def sign(match: re.Match[str]) -> str:
        found = match[0]
        if found == "$$":
            return "$"
        if found == ")":
            return closing.pop() if closing else ")"
        closing.append("}" if found == "$(" else ")")
        return {"$(": "${", "(": "("}.get(found, "$(     ")

    return _padded(text, _MAKE_SIGNS.sub(sign, text))


def _interpolated(text: str) -> str:
    return _padded(text, _INTERPOLATED.sub(UNKNOWN, text)) if "{{" in text else text


def _padded(text: str, changed: str) -> str:
    """Lines that became shorter, filled up with blanks at their ends, before a backslash."""
    lines = []
    for old, new in zip(text.split("\n"), changed.split("\n"), strict=True):
        body = new.removesuffix("\\")
        lines.append(body + " " * (len(old) - len(new)) + new[len(body) :])
    return "\n".join(lines)


def _blank(text: str) -> str:
    return _ALL_BUT_ENDS.sub(" ", text)


def scan_dockerfile(source: Source) -> None:
    """Note what the instructions of a Dockerfile do: RUN, CMD, ENTRYPOINT, HEALTHCHECK and ADD in all their forms."""
    text = source.text
    known: dict[str, str | None] = {}
    pieces: list[str] = []
    at = 0
    while at < len(text):
        if len(pieces) >= MAX_LINES:
            source.add("unreadable", "a Dockerfile that is too long", at)
            break
        match = _DOCKER_LINE.match(text, at)
        end = match.end() if match and match.end() > at else len(text)
        instruction = _INSTRUCTION.match(text, at, end)
        name = instruction[1].upper() if instruction else ""
        following = _documents_end(text, at, end) if name in ("RUN", "ADD", "COPY") else end
        piece = _blank(text[at:following])
        if instruction and name in ("ARG", "ENV"):
            for variable, value in _SET.findall(text, instruction.end(), end):
                plain = "$" not in value and variable not in known
                known[variable] = value.strip("\"'") if plain and name == "ENV" else None
        elif instruction and name == "ADD":
            _added(source, instruction.end(), end)
        elif instruction and name != "COPY":
            piece = _run(source, at, instruction.end(), end, following)
        pieces.append(piece)
        at = following
    scan_shell(source.overlaid("".join(pieces).ljust(len(text)), "likely"), known=known)


def _documents_end(text: str, at: int, end: int) -> int:
    """Where the here-documents end that an instruction has; `end` where it has none."""
    for document in _HEREDOC.finditer(text, at, end):
        closing = re.compile(rf"^\t*{document[2]}$\n?", re.MULTILINE).search(text, end)
        end = closing.end() if closing else len(text)
    return end


def _run(source: Source, start: int, at: int, end: int, following: int) -> str:
    """The shell commands of one instruction that begins at `start`, its command at `at`, its here-document at `end`."""
    text = source.text
    before = _blank(text[start:at])
    command = text[at:end]
    if command.startswith("["):
        words = _exec_form(command)
        if words is not None:
            note_words(source.overlaid(text, "likely"), words, at, end, "likely", 0)
            return before + _blank(text[at:following])
    if _ONLY_HEREDOC.fullmatch(command):
        body = text[end:following]
        closing = body.rstrip("\n").rfind("\n") + 1
        if program := _SHEBANG.match(body):
            scan_document(source, program[1], (end, end + closing), "likely")
            return before + _blank(text[at:following])
        return before + _blank(command) + body[:closing] + _blank(body[closing:])
    # A comment between continued lines is no end of the command; neither are blanks after the backslash.
    command = _BLANKS_AFTER.sub(r"\1\\\n", command)
    command = _COMMENT.sub(lambda comment: " " * (len(comment[0]) - 1) + "\\", command)
    return before + command + text[end:following]


def _exec_form(command: str) -> list[str] | None:
    """The words of `["program", "argument"]`; None where it is none, which Docker takes for shell."""
    try:
        words = json.loads(command.replace("\\\n", " \n"))
    except (ValueError, RecursionError):
        return None
    return words if isinstance(words, list) and words and all(isinstance(word, str) for word in words) else None


def _added(source: Source, at: int, end: int) -> None:
    """`ADD https://… /path` fetches a file while the image is built."""
    for host, offset in hosts_in(source.text[at:end]):
        source.add("network", host, at + offset, "likely")
        source.add("download", f"a file from {host}", at + offset, "likely")
