"""What a JavaScript or TypeScript program does, read from its tokens; nothing of it runs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.skills.capabilities import programs
from workbench.skills.capabilities.hosts import ANY_HOST, UNKNOWN, hosts_in
from workbench.skills.capabilities.javascript_syntax import (
    MOST_ARGUMENTS,
    Token,
    TooManyError,
    arguments_at,
    destructured,
    read_tokens,
)
from workbench.skills.capabilities.model import Certainty, Kind
from workbench.skills.capabilities.needles import holds_any
from workbench.skills.capabilities.shell import note_host, note_shell_text, note_words
from workbench.skills.capabilities.source import FullError, Source

MAX_CALLS = 5_000
_TRIGGERS = ("require", "import", "process", "fetch", "eval", "Function", "Deno", "Bun", "WebSocket", "XMLHttp", "://",
             "EventSource", "sendBeacon", "setTimeout", "setInterval", "globalThis")  # fmt: skip

_SHELL_CALLS = frozenset((
    "child_process.exec", "child_process.execSync", "shelljs.exec", "execa.execaCommand", "execa.execaCommandSync",
    "execa.command", "execa.commandSync",
))  # fmt: skip
_WORD_CALLS = frozenset((
    "child_process.spawn", "child_process.spawnSync", "child_process.execFile", "child_process.execFileSync",
    "child_process.fork", "execa", "execa.execa", "execa.execaSync", "execa.sync", "cross-spawn", "cross-spawn.sync",
    "node-pty.spawn", "Bun.spawn", "Bun.spawnSync", "Deno.run", "Deno.Command", "execa.node",
))  # fmt: skip
_STARTING = frozenset(("child_process", "execa", "cross-spawn", "shelljs", "node-pty", "zx"))
_TALKING = frozenset((
    "http", "https", "http2", "net", "tls", "dgram", "dns", "dns/promises", "axios", "node-fetch", "undici", "got",
    "superagent", "request", "ws", "socket.io-client", "ky", "needle", "cross-fetch", "isomorphic-fetch", "puppeteer",
    "puppeteer-core", "playwright", "ssh2", "nodemailer", "request-promise", "phin", "node-libcurl", "bent",
))  # fmt: skip
_SERVICES = ("@aws-sdk/", "openai", "@anthropic-ai/", "@google-cloud/", "@slack/", "octokit", "@octokit/", "stripe",
             "twilio", "discord.js", "firebase", "@supabase/", "mongodb", "pg", "mysql2", "redis", "ioredis",
             "googleapis", "@azure/", "@modelcontextprotocol/", "@notionhq/", "@sentry/")  # fmt: skip
_TALKS = frozenset((
    "get", "post", "put", "patch", "delete", "head", "request", "fetch", "connect", "createConnection", "lookup",
    "resolve", "stream", "goto", "extend", "create", "default", "all", "createSocket", "createTransport",
))  # fmt: skip
_GLOBAL_TALKS = frozenset(("fetch", "WebSocket", "EventSource", "XMLHttpRequest", "navigator.sendBeacon",
                           "Deno.connect",
                           "Bun.connect", "window.fetch", "globalThis.fetch", "WebTransport"))  # fmt: skip
_LISTENS = frozenset(("http.createServer", "https.createServer", "net.createServer", "Deno.serve", "Bun.serve",
                      "Deno.listen",
                      "express", "fastify"))  # fmt: skip
_FILES = frozenset(("fs", "fs/promises", "fs-extra", "graceful-fs", "node:fs"))
_READS = re.compile(r"^(?:read|open|createReadStream|opendir|readdir|readlink|watch|copy)(?!Sync$)?|^(?:text|file)$")
_WRITES = re.compile(
    r"^(?:write|append|unlink|rm|rmdir|mkdir|mkdtemp|rename|copyFile|cp|copy|move|symlink|link|chmod|chown|truncate|"
    r"createWriteStream|remove|emptyDir|outputFile|outputJson|ensure|utimes)"
)
_REMOVES = re.compile(r"^(?:unlink|rm|remove|emptyDir)")
_SECOND = re.compile(r"^(?:rename|copyFile|cp|copy|move|symlink|link)")
_INTERESTING = frozenset((
    *_SHELL_CALLS, *_WORD_CALLS, *_STARTING, *_TALKING, *_GLOBAL_TALKS, *_LISTENS, *_FILES, "Deno", "Bun", "eval",
    "Function", "GeneratorFunction", "AsyncFunction", "vm", "require", "import", "setTimeout", "setInterval", "process",
    "module", "Module",
))  # fmt: skip
_HANDED_ON = frozenset(("fetch", "eval", "Function"))
"""What is there without an import, and does something under another name too."""
_ENVIRONMENTS = frozenset(("process.env", "Bun.env", "import.meta.env", "globalThis.process.env"))


def scan_javascript(source: Source, *, depth: int = 0) -> None:
    """Note what a program does; `depth` is how deep it is embedded in other code."""
    if not holds_any(source.text, _TRIGGERS):
        return
    program = _Program(source, depth)
    try:
        lists = read_tokens(source.text)
    except TooManyError:
        source.add("unreadable", "JavaScript that is too long", 0)
        return
    for tokens in lists:
        program.learn(tokens)
    for tokens in lists:
        program.scan(tokens)
    program.finish(lists)


@dataclass(slots=True)
class _Program:
    """One program while it is read; `aliases` says what a name stands for, `values` which text it is set to."""

    source: Source
    depth: int
    aliases: dict[str, str] = field(default_factory=dict)
    values: dict[str, str | None] = field(default_factory=dict)
    imported: dict[str, int] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    calls: int = 0

    def learn(self, tokens: list[Token]) -> None:
        """Take in imports, and names that are set to a text or a module."""
        size = len(tokens)
        for at, token in enumerate(tokens):
            if token.kind != "word":
                continue
            exports = token.text == "export" and at + 1 < size and tokens[at + 1].text in ("*", "{")
            loads = token.text in ("require", "import")
            if loads and (module := self._module_at(tokens, at)):
                self.imported.setdefault(module, token.at)
                self._required(tokens, at, module)
            elif token.text == "import" or exports:
                self._import(tokens, at)
            elif at > 1 and tokens[at - 1].text == "=" and (token.text in self.aliases or token.text in _HANDED_ON):
                self._handed_on(tokens, at)
            elif at + 2 < size and tokens[at + 1].text == "=" and tokens[at + 2].kind == "text":
                after = tokens[at + 3].text if at + 3 < size else ";"
                known = tokens[at + 2].text if after != "+" else None
                self.values[token.text] = known if token.text not in self.values else None

    def _module_at(self, tokens: list[Token], at: int) -> str | None:
        """The module that `require("…")` or `import("…")` at this place loads."""
        part = tokens[at + 1 : at + 4]
        if len(part) == 3 and part[0].text == "(" and part[1].kind == "text" and part[2].text in (")", ","):
            return None if UNKNOWN in part[1].text else _bare(part[1].text)
        return None

    def _import(self, tokens: list[Token], at: int) -> None:
        """`import a, {b as c} from "m"`, `import * as d from "m"`, `import "m"`."""
        names: list[tuple[str, str]] = []
        number, inside = at + 1, False
        while number < min(len(tokens), at + MOST_ARGUMENTS):
            token = tokens[number]
            if token.kind == "text":
                module = _bare(token.text)
                if tokens[number - 1].text in ("from", "import"):
                    self.imported.setdefault(module, tokens[at].at)
                    for name, what in names:
                        self.aliases[name] = f"{module}.{what}" if what else module
                return
            if token.text in ("(", ";", ".") or (token.text == "=" and not inside):
                return
            if token.text in "{}":
                inside = token.text == "{"
            elif token.kind == "word" and token.text not in ("from", "as", "type"):
                renamed = number + 2 < len(tokens) and tokens[number + 1].text == "as"
                name = tokens[number + 2].text if renamed else token.text
                what = token.text if inside and token.text != "default" else ""
                names.append((name, what))
                number += 2 if renamed else 0
            elif token.text == "*" and number + 2 < len(tokens) and tokens[number + 1].text == "as":
                names.append((tokens[number + 2].text, ""))
                number += 2
            number += 1

    def _required(self, tokens: list[Token], at: int, module: str) -> None:
        """`const x = require("m")`, `const {a, b: c} = require("m")`, `const e = require("m").exec`."""
        before = at - 1
        if before >= 0 and tokens[before].text == "await":
            before -= 1
        if before < 1 or tokens[before].text != "=":
            return
        after = tokens[at + 4 : at + 6]
        tail = f".{after[1].text}" if len(after) == 2 and after[0].text == "." and after[1].kind == "word" else ""
        self._bind(tokens, before, module + tail)

    def _handed_on(self, tokens: list[Token], at: int) -> None:
        """`const {exec: run} = cp`, `const run = cp.exec`: another name for what a name stands for."""
        name, after = self._chain(tokens, at)
        following = tokens[after] if after < len(tokens) else None
        if following is None or not (following.template or following.text in ("(", "?", "+", "&", "|", "=")):
            self._bind(tokens, at - 1, name)

    def _bind(self, tokens: list[Token], before: int, name: str) -> None:
        """Give what stands before an equals sign this meaning: a name, or names in braces."""
        target = tokens[before - 1]
        if target.kind == "word":
            self.aliases[target.text] = name
        elif target.text == "}":
            start = before - 2
            while start > 0 and tokens[start].text != "{" and before - start < MOST_ARGUMENTS:
                start -= 1
            for member, local in destructured(tokens[start + 1 : before - 1]):
                self.aliases[local] = f"{name}.{member}"

    def scan(self, tokens: list[Token]) -> None:
        """Note every call and every read of the environment."""
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.kind != "word" or (at and _is_dot(tokens[at - 1]) and not _is_dot(tokens[max(0, at - 2)])):
                at += 1
                continue
            name, after = self._chain(tokens, at)
            self._use(tokens, at, name, after)
            at = max(at + 1, min(after, at + 1) if "(" in name else after)

    def _chain(self, tokens: list[Token], at: int) -> tuple[str, int]:
        """The dotted name that begins here, resolved, and the place after it."""
        word = tokens[at].text
        after = at + 1
        if word in ("require", "import") and (module := self._module_at(tokens, at)) is not None:
            name, after = module, at + 4
            if after < len(tokens) and tokens[after - 1].text != ")":
                after += 1
            if after < len(tokens) and tokens[after].text == ")":
                after += 1  # (await import("m")).x
        else:
            name = self.aliases.get(word, word)
        size = len(tokens)
        while after + 1 < size:
            sign, following = tokens[after], tokens[after + 1]
            if sign.text == "?" and following.text == ".":
                after += 1
            elif sign.text == "." and following.kind == "word":
                name, after = f"{name}.{following.text}", after + 2
            elif sign.text == "[" and following.kind == "text" and after + 2 < size and tokens[after + 2].text == "]":
                name, after = f"{name}.{following.text}", after + 3
            else:
                break
        return name.removeprefix("globalThis.").removeprefix("window."), after

    def _use(self, tokens: list[Token], at: int, name: str, after: int) -> None:
        here = tokens[at].at
        environment = next((one for one in _ENVIRONMENTS if name == one or name.startswith(f"{one}.")), None)
        if environment:
            self._environment(tokens, at, name[len(environment) + 1 :], after)
            return
        following = tokens[after] if after < len(tokens) else None
        if following is None:
            return
        if following.template and self._is_shell(name):
            note_shell_text(self.source, following.text, here, following.at + 1, self.depth)
            self.done.add("subprocess")
        elif following.text == "(" and following.kind == "sign":
            root, _, method = name.rpartition(".")
            if name in _INTERESTING or root.partition(".")[0] in _INTERESTING or method in ("spawn", "execFile"):
                self.calls += 1
                if self.calls > MAX_CALLS:
                    raise FullError(self.source.first_line + self.source.number_of(here))
                given, end = arguments_at(tokens, after)
                self._call(name, here, given, end)
        elif name == "XMLHttpRequest":
            self.note("network", ANY_HOST, here, here + 1)

    def _is_shell(self, name: str) -> bool:
        """Whether a template after this name is a command, as zx, execa and Bun have it."""
        if name != "$" and not name.endswith(".$"):
            return False
        return "." in name or bool({"zx", "zx/globals", "execa", "bun"} & set(self.imported))

    def _call(self, name: str, at: int, given: list[list[Token]], end: int) -> None:
        first = given[0] if given else []
        root, _, method = name.rpartition(".")
        if name in _SHELL_CALLS:
            self.done.add("subprocess")
            note_shell_text(self.source, self.text(first), at, end, self.depth)
        elif name in _WORD_CALLS or (root in _STARTING and method in ("spawn", "execFile")):
            self.done.add("subprocess")
            words = [word for one in given[:2] for word in self._words(one)]
            if any(token.text == "shell" for one in given[1:] for token in one):
                note_shell_text(self.source, " ".join(words), at, end, self.depth)
            note_words(self.source, words or [UNKNOWN], at, end, "sure", self.depth)
        elif name in _GLOBAL_TALKS or name in _TALKING or (root.partition(".")[0] in _TALKING and method in _TALKS):
            self._talk(first, at, end)
        elif name in _LISTENS:
            self.note("network", "listens for connections", at, end)
        elif root.partition(".")[0] in _FILES or root in ("fs/promises", "fs.promises", "fs-extra", "Deno", "Bun"):
            self._file(root, method, given, at, end)
        elif name in ("Deno.env.get", "Deno.env.toObject", "Bun.env.get"):
            known = self.text(first)
            self.note("environment", "all variables" if UNKNOWN in known else known, at, end)
        else:
            self._dynamic(name, root, first, at, end)

    def _dynamic(self, name: str, root: str, first: list[Token], at: int, end: int) -> None:
        known = self.text(first)
        if name in ("eval", "Function", "GeneratorFunction", "AsyncFunction") or root == "vm" or name.startswith("vm."):
            self.note("dynamic", f"{name}", at, end)
        elif name in ("require", "import") and UNKNOWN in known:
            self.note("dynamic", "import of a module known at run time", at, end)
        elif name in ("setTimeout", "setInterval") and first and first[0].kind == "text":
            self.note("dynamic", f"{name} with code as text", at, end)
        elif name in ("process.binding", "process.dlopen", "module._load", "Module._load"):
            self.note("dynamic", name, at, end)

    def _talk(self, first: list[Token], at: int, end: int) -> None:
        hosts = [host for host, _ in hosts_in(self.text(first))]
        hosts += [host for token in first if token.kind == "text" for host, _ in hosts_in(token.text)]
        for host in dict.fromkeys(hosts or [ANY_HOST]):
            self.note("network", host, at, end)

    def _file(self, root: str, method: str, given: list[list[Token]], at: int, end: int) -> None:
        writes = bool(_WRITES.match(method))
        if not writes and not _READS.match(method):
            return
        number = 1 if writes and _SECOND.match(method) else 0
        path = self.text(given[number]) if len(given) > number else UNKNOWN
        shown = path.replace(UNKNOWN, "…").strip()
        shown = programs.ANY_FILE if not shown.strip("…/. ") or "\n" in shown else shown
        self.note("writes" if writes else "reads", shown + (" (removed)" if _REMOVES.match(method) else ""), at, end)

    def _environment(self, tokens: list[Token], at: int, key: str, after: int) -> None:
        here = tokens[at].at
        if key:
            self.note("environment", key.partition(".")[0], here, here + 1)
            return
        if at > 1 and tokens[at - 1].text == "=" and tokens[at - 2].text == "}":
            start = at - 3
            while start > 0 and tokens[start].text != "{" and at - start < MOST_ARGUMENTS:
                start -= 1
            for name, _ in destructured(tokens[start + 1 : at - 2]):
                self.note("environment", name, here, here + 1)
            return
        known = after < len(tokens) and tokens[after].text == "["
        self.note("environment", "a variable known at run time" if known else "all variables", here, here + 1)

    def text(self, tokens: list[Token]) -> str:
        """The text that an expression gives, with `UNKNOWN` for what only a run would tell."""
        pieces: list[str] = []
        for number, token in enumerate(tokens[:60]):
            if token.kind == "text":
                pieces.append(token.text)
            elif token.kind == "word" and (known := self.values.get(token.text)) is not None and number % 2 == 0:
                pieces.append(known)
            elif token.text == "+" or (token.kind == "word" and token.text in ("await", "new", "URL", "String", "raw")):
                continue
            elif not pieces or pieces[-1] != UNKNOWN:
                pieces.append(UNKNOWN)
        return "".join(pieces) or UNKNOWN

    def _words(self, tokens: list[Token]) -> Iterator[str]:
        """The words of a command line: a text, or the texts of an array."""
        if tokens and tokens[0].text == "{":
            start = next((n for n, token in enumerate(tokens) if token.text in ("cmd", "args")), None)
            if start is None:
                return
            tokens = tokens[start + 2 :]
        if not tokens or tokens[0].text != "[":
            if tokens:
                yield self.text(tokens)
            return
        depth = 0
        part: list[Token] = []
        for token in tokens[1:]:
            if token.text in ("]",) and depth == 0 and token.kind == "sign":
                break
            if token.kind == "sign" and token.text in "([{":
                depth += 1
            elif token.kind == "sign" and token.text in ")]}":
                depth -= 1
            if token.kind == "sign" and token.text == "," and depth == 0:
                yield self.text(part)
                part = []
            else:
                part.append(token)
        if part:
            yield self.text(part)

    def note(self, kind: Kind, what: str, at: int, end: int, certainty: Certainty = "sure") -> None:
        """Note a finding at an offset."""
        self.done.add(kind)
        self.source.add(kind, what, at, certainty, end=end)

    def finish(self, lists: list[list[Token]]) -> None:
        """What a module is loaded for, where no use of it was understood; and the addresses in texts."""
        for module, at in self.imported.items():
            if module in _STARTING and "subprocess" not in self.done:
                self.note("subprocess", programs.ANY_PROGRAM, at, at + 1, "likely")
            elif module in _TALKING and "network" not in self.done:
                self.note("network", ANY_HOST, at, at + 1, "likely")
            elif any(module == one or (one.endswith("/") and module.startswith(one)) for one in _SERVICES):
                self.note("network", f"{module} (library)", at, at + 1, "likely")
            elif module.startswith(("http://", "https://")):
                for host, _ in hosts_in(module):
                    self.note("network", host, at, at + 1)
                    self.note("download", f"code from {host} that is run", at, at + 1)
        if "://" in self.source.text:
            certainty: Certainty = "likely" if "network" in self.done else "mention"
            for tokens in lists:
                for token in tokens:
                    if token.kind == "text" and "://" in token.text:
                        for host, _ in hosts_in(token.text):
                            note_host(self.source, host, token.at, certainty)


def _is_dot(token: Token) -> bool:
    """Whether a token is a dot: one before a name makes it a member, three hand on what follows."""
    return token.kind == "sign" and token.text == "."


def _bare(module: str) -> str:
    return module.removeprefix("node:").removeprefix("npm:")
