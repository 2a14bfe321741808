"""What a shell script does, read without running it."""

import re
from collections.abc import Container, Mapping

from workbench.skills.capabilities import programs
from workbench.skills.capabilities.hosts import ANY_HOST, UNKNOWN, hosts_in, is_name_only
from workbench.skills.capabilities.model import Certainty
from workbench.skills.capabilities.shell_syntax import read_script
from workbench.skills.capabilities.shell_words import Command, Script, TooMuchError, Word
from workbench.skills.capabilities.source import Source

MAX_EMBEDDED = 3
"""How deep code in code is followed: a script that has a text for `sh -c` that has one for `python -c`."""

_BUILTINS = frozenset((
    ":", "[", "[[", "]]", "alias", "bg", "bind", "break", "builtin", "caller", "cd", "compgen", "complete", "continue",
    "declare", "dirs", "disown", "echo", "enable", "exit", "export", "false", "fc", "fg", "getopts", "hash", "help",
    "history", "in", "jobs", "let", "local", "logout", "mapfile", "popd", "print", "printf", "pushd", "pwd", "read",
    "readarray", "readonly", "return", "set", "setopt", "shift", "shopt", "suspend", "test", "times", "trap", "true",
    "type", "typeset", "ulimit", "umask", "unalias", "unset", "unsetopt", "wait", "autoload", "zmodload", "emulate",
    "function", "coproc", "then", "else", "do", "fi", "done", "esac", "{", "}", "((", "command", "exec", "env", "kill",
))  # fmt: skip
_SETTERS = frozenset(("export", "local", "declare", "readonly", "typeset", "read", "mapfile", "readarray", "getopts",
                      "unset", "printf"))  # fmt: skip
_OWN = frozenset(("BASH_SOURCE", "LINENO", "RANDOM", "SECONDS", "OPTARG", "OPTIND", "REPLY", "FUNCNAME", "IFS",
                  "BASH_REMATCH", "PIPESTATUS", "PWD", "OLDPWD", "BASH_VERSION", "EPOCHSECONDS", "ARGUMENTS",
                  "CLAUDE_SKILL_DIR", "CLAUDE_PLUGIN_ROOT", "SKILL_DIR"))  # fmt: skip
"""Variables that a shell or an agent sets itself."""
_NAME = re.compile(r"[A-Za-z_]\w*")
_SET_NAME = re.compile(r"(?<![\w${])[A-Za-z_]\w*")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*")
"""How variables of the environment are called: an example's others are its own, or stand for something."""
_SOCKET = re.compile(r"/dev/(?:tcp|udp)/([^/]+)/")
_PROGRAM = re.compile(r"[\w@.+~/-][\w@.+:~/-]*")


def scan_shell(
    source: Source,
    *,
    known: Mapping[str, str | None] | None = None,
    depth: int = 0,
    prose: bool = False,
    own: Container[str] = (),
) -> None:
    """Note what a script does.

    Args:
        source: The script.
        known: Values of variables.
        depth: How deep it is embedded in other code.
        prose: Whether it is an example in a text, which may be no shell at all: what can't be followed is no finding.
        own: Variables that are none of the environment, because something around it sets them.
    """
    before = _setters(source.text, known)
    try:
        script = read_script(source.text, known=before)
    except TooMuchError:
        if not prose:
            source.add("unreadable", "shell that is too long or nests too deep", 0)
        return
    for command in script.commands:
        _command(source, script, command, depth, prose)
    for name, at in script.variables.items():
        if len(name) > 1 and name not in _OWN and name not in own and (not prose or _CONSTANT.fullmatch(name)):
            source.add("environment", name, at)


def _setters(text: str, known: Mapping[str, str | None] | None) -> dict[str, str | None]:
    """Variables that builtins set: they are no part of the environment, and their values are not known."""
    names: dict[str, str | None] = dict(known or {})
    for match in re.finditer(r"\b(?:read|mapfile|readarray|getopts)\b([^\n;|&#<>]{0,200})", text):
        names.update(dict.fromkeys(_SET_NAME.findall(match[1])))
    return names


def _command(source: Source, script: Script, command: Command, depth: int, prose: bool) -> None:
    _redirected(source, command, prose)
    if not command.words:
        return
    texts = [word.text for word in command.words]
    words, wrappers = programs.unwrapped(texts)
    at = command.words[len(texts) - len(words)].at if words else command.at
    for wrapper in wrappers:
        if wrapper in ("sudo", "doas"):
            source.add("subprocess", wrapper, command.at, end=command.end)
    _fetched_code(source, command, words)
    if not words:
        if wrappers == ["env"]:
            source.add("environment", "all variables", command.at, end=command.end)
        return
    first = words[0]
    name = programs.name_of(first)
    if name in _SETTERS and depth == 0 and name in ("export", "local", "declare", "readonly", "typeset"):
        _assign(script, command)
    if first in ("eval",):
        source.add("dynamic", "eval", at, _code_certainty(words[1:]), end=command.end)
        _embedded(source, script, "sh", " ".join(words[1:]), command, depth)
        return
    if first in ("source", "."):
        _sourced(source, words, at, command)
        return
    if first in _BUILTINS or first in script.functions or (prose and not _is_program(first)):
        return
    for effect in programs.effects(words):
        source.add(effect.kind, effect.what, at, end=command.end)
    for code in programs.codes_in(words):
        _embedded(source, script, code[0], code[1], command, depth)
    if command.document and name in ("python", "python3", "node", "sh", "bash", "zsh", "ruby", "perl"):
        scan_document(source, name, command.document, "sure", depth)
    elif command.document and (name in ("ssh", "psql", "mysql", "osascript") or programs.is_shell(name)):
        source.add("dynamic", f"{name} with code as text", at, end=command.end)


def _redirected(source: Source, command: Command, prose: bool) -> None:
    """The files, and with bash the connections, that input comes from and output goes to."""
    writes, reads = command.writes, command.reads
    for target in (*writes, *reads) if writes or reads else ():
        if target.text.startswith("/dev/") and (socket := _SOCKET.match(target.text)):
            source.add("network", ANY_HOST if UNKNOWN in socket[1] else socket[1].lower(), target.at, end=command.end)
            continue
        path = target.text.replace(UNKNOWN, "…")
        if not path or path.startswith(("/dev/", "&")) or (prose and not _PROGRAM.fullmatch(path)):
            continue
        is_read = target in reads
        if is_read and (target.commands or (prose and source.text[target.at - 1] == "<")):
            continue  # said by the commands; and `<name>` stands for something in an example
        source.add(
            "reads" if is_read else "writes", programs.ANY_FILE if not path.strip("…") else path, target.at,
            end=command.end,
        )  # fmt: skip


def _is_program(word: str) -> bool:
    """Whether a word of an example can be a program: examples also hold output, prompts and placeholders."""
    return bool(_PROGRAM.fullmatch(word)) and any(char.isalpha() for char in word) and not word.endswith((".", ":"))


def _code_certainty(words: list[str]) -> Certainty:
    return "sure"


def _assign(script: Script, command: Command) -> None:
    for word in command.words[1:]:
        name, is_set, _ = word.text.partition("=")
        if is_set and _NAME.fullmatch(name):
            script.variables.pop(name, None) if script.variables.get(name, -1) > word.at else None


def _sourced(source: Source, words: list[str], at: int, command: Command) -> None:
    path = words[1] if len(words) > 1 else ""
    if any(word.commands for word in command.words):
        return  # said by what fetches it
    known = (path and UNKNOWN not in path.partition("/")[2] and "/" in path) or (path and UNKNOWN not in path)
    if known:
        source.add("reads", path.replace(UNKNOWN, "…"), at, end=command.end)
    elif path:
        source.add("dynamic", "source of a file known at run time", at, end=command.end)


def _fetched_code(source: Source, command: Command, words: list[str]) -> None:
    """`curl … | sh` in all its forms: code from elsewhere that runs unseen."""
    inner_commands = [inner for word in (*command.words, *command.reads) for inner in word.commands]
    if not words or (command.before is None and not inner_commands):
        return
    runs = command.before is not None and programs.runs_its_input([word.text for word in command.words])
    earlier = command.before
    steps = 0
    while runs and earlier is not None and steps < 50:
        given = [word.text for word in earlier.words]
        if programs.fetches(given):
            _note_fetched(source, earlier, command, given)
            return
        if programs.unwrapped(given)[0][:1] in (["base64"], ["xxd"], ["openssl"]):
            source.add("dynamic", "decoded text that is run", earlier.at, end=command.end)
            return
        earlier, steps = earlier.before, steps + 1
    takes_code = words[0] in ("eval", "source", ".") or programs.code_in(words) is not None or (
        programs.is_shell(programs.name_of(words[0]))
    )  # fmt: skip
    for inner in inner_commands if takes_code else ():
        given = [one.text for one in inner.words]
        if programs.fetches(given):
            _note_fetched(source, command, command, given)
            return


def _note_fetched(source: Source, first: Command, last: Command, given: list[str]) -> None:
    for host in programs.targets(given) or [ANY_HOST]:
        source.add("download", f"code from {host} that is run", first.at, end=last.end)


def _embedded(source: Source, script: Script, program: str, code: str, command: Command, depth: int) -> None:
    """Code in a text, as far as it is known."""
    if depth >= MAX_EMBEDDED or not code.strip() or not code.strip(UNKNOWN + " "):
        return
    last = source.number_of(max(command.at, command.end - 1)) + 1
    part = source.derived(code, source.number_of(command.at) + 1, source.ceiling, last=last)
    part.column = command.at - source.starts[source.number_of(command.at)] + 1
    _scan_as(part, program, depth + 1)


def scan_document(
    source: Source, program: str, place: tuple[int, int], certainty: Certainty = "sure", depth: int = 0
) -> None:
    """Note what code does that a program reads from a part of a text, by offsets."""
    if depth < MAX_EMBEDDED and place[0] < place[1]:
        _scan_as(source.block(*place, certainty), program, depth + 1)


def _scan_as(part: Source, program: str, depth: int) -> None:
    if programs.is_shell(program):
        scan_shell(part, depth=depth)
    elif program.startswith("python"):
        from workbench.skills.capabilities.python import scan_python

        scan_python(part, depth=depth)
    elif program in ("node", "deno", "bun"):
        from workbench.skills.capabilities.javascript import scan_javascript

        scan_javascript(part, depth=depth)


def note_urls(source: Source, text: str, at: int, certainty: Certainty) -> None:
    """Note the hosts that a text names, as `note_host` does."""
    for host, offset in hosts_in(text):
        note_host(source, host, at + offset, certainty)


def note_host(source: Source, host: str, at: int, certainty: Certainty) -> None:
    """Note a host; a mere mention of one that is only a name, or not known, says nothing."""
    if certainty != "mention" or not (is_name_only(host) or host == ANY_HOST):
        source.add("network", host, at, certainty)


def note_words(source: Source, words: list[str], at: int, end: int, certainty: Certainty, depth: int) -> None:
    """Note what a command line does that another language starts; words may be `UNKNOWN`."""
    rest, wrappers = programs.unwrapped(words)
    for wrapper in wrappers:
        if wrapper in ("sudo", "doas"):
            source.add("subprocess", wrapper, at, certainty, end=end)
    for effect in programs.effects(rest):
        source.add(effect.kind, effect.what, at, certainty, end=end)
    for code in programs.codes_in(rest):
        _embedded(source, Script(), code[0], code[1], Command(at, [Word("", at)], end=end), depth)


def note_shell_text(source: Source, text: str, at: int, end: int, depth: int) -> None:
    """Note what a shell command in a string does; where nothing of it is known, that any program may run."""
    if not text.strip(UNKNOWN + " \n"):
        source.add("subprocess", programs.ANY_PROGRAM, at, end=end)
        return
    _embedded(source, Script(), "sh", text, Command(at, end=end), depth)
