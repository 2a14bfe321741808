"""What a command line does, whoever starts it: a shell script, Python, JavaScript, a tool or an instruction."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from workbench.skills.capabilities.hosts import ANY_HOST, UNKNOWN, hosts_in, remote_host
from workbench.skills.capabilities.model import Kind
from workbench.skills.capabilities.ordinary import INTERPRETERS, REGISTRY

ANY_PROGRAM = "any program"
ANY_FILE = "any file"


class Effect(NamedTuple):
    """One thing that a command does."""

    kind: Kind
    what: str


_WRAPPERS = frozenset((
    "sudo", "doas", "env", "nohup", "time", "timeout", "nice", "ionice", "stdbuf", "exec", "command", "builtin",
    "xargs", "setsid", "busybox", "caffeinate", "unbuffer", "chronic", "watch",
))  # fmt: skip
_WRAPPER_VALUES = {"sudo": "ugpCh", "env": "uSC", "nice": "n", "timeout": "ks", "xargs": "IinPLsdEa", "watch": "n"}
_NETWORK = frozenset((
    "curl", "wget", "nc", "ncat", "netcat", "socat", "ssh", "scp", "sftp", "rsync", "telnet", "ftp", "lftp", "http",
    "https", "xh", "aria2c", "gh", "hub", "glab", "aws", "gcloud", "gsutil", "az", "kubectl", "helm", "doctl", "heroku",
    "vercel", "netlify", "flyctl", "fly", "wrangler", "ping", "dig", "nslookup", "host", "nmap", "rclone", "s3cmd",
    "yt-dlp", "youtube-dl", "websocat", "grpcurl", "ngrok", "cloudflared", "psql", "mysql", "redis-cli", "mongosh",
    "sendmail", "mail", "twine", "firebase", "supabase", "stripe", "docker-compose", "ansible", "terraform",
))  # fmt: skip
_TAKES_HOSTS = frozenset(("curl", "wget", "ssh", "nc", "ncat", "ping", "dig", "scp", "rsync", "sftp", "host"))
_BARE_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?:/.*)?")
_USUAL_HOST = {"gh": "api.github.com", "hub": "api.github.com", "glab": "gitlab.com"}
_INSTALLERS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("pip", "pip3", "pipx", "apt", "apt-get", "aptitude", "dnf", "yum", "zypper", "brew", "port",
                     "snap", "choco", "winget", "scoop", "gem", "conda", "mamba", "micromamba", "luarocks", "opam",
                     "flatpak", "cpanm", "vcpkg", "rustup", "easy_install", "tlmgr", "asdf", "mise", "cpan",
                     "playwright"),
                    frozenset(("install", "reinstall"))),
    **dict.fromkeys(("npm", "pnpm", "yarn", "bun"), frozenset(("install", "i", "add", "ci", "isntall"))),
    "cargo": frozenset(("install", "add")), "go": frozenset(("install", "get")), "poetry": frozenset(("add",
                        "install")),
    "uv": frozenset(("add", "sync")), "composer": frozenset(("require", "install")), "apk": frozenset(("add",)),
    "bundle": frozenset(("install", "add")), "bundler": frozenset(("install",)), "nix-env": frozenset(("-i", "-iA")),
    "pdm": frozenset(("add", "install")), "rye": frozenset(("add", "sync")), "pipenv": frozenset(("install",)),
    "nix": frozenset(("profile",)), "deno": frozenset(("install", "add")),
}  # fmt: skip
_RUNNERS = {
    "npx": (), "uvx": (), "bunx": (), "pnpx": (), "pipx": ("run",), "pnpm": ("dlx",), "yarn": ("dlx",),
    "npm": ("exec", "x", "create", "init"), "bun": ("x", "create"), "go": ("run",), "deno": ("run",),
}  # fmt: skip
"""Programs that fetch a package and run it at once."""
_WRITERS = frozenset((
    "rm", "mv", "cp", "mkdir", "touch", "tee", "dd", "truncate", "ln", "chmod", "chown", "rmdir", "shred", "unlink",
    "unzip", "install", "patch", "mktemp", "split", "7z", "gunzip", "gzip", "setfacl", "chattr",
))  # fmt: skip
_LAST_IS_TARGET = frozenset(("mv", "cp", "ln", "install", "rsync", "scp"))
_MODE_FIRST = frozenset(("chmod", "chown"))
_READERS = frozenset(("cat", "head", "tail", "less", "more", "xxd", "od", "strings", "base64", "tac", "nl", "hexdump"))
_FINDERS = {
    **dict.fromkeys(("find", "gfind"), ("-exec", "-execdir", "-ok", "-okdir")),
    **dict.fromkeys(("fd", "fdfind"), ("-x", "-X", "--exec", "--exec-batch")),
}
"""Options after which a command line follows."""
_MOST_STARTED = 20
_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ksh", "fish", "ash"))
_CODE_OPTIONS = {
    **dict.fromkeys(_SHELLS, ("-c",)), "python": ("-c",), "python3": ("-c",), "node": ("-e", "--eval", "-p"),
    "perl": ("-e", "-E"), "ruby": ("-e",), "php": ("-r",), "deno": ("eval",), "bun": ("-e",), "osascript": ("-e",),
    "pwsh": ("-Command", "-c", "-EncodedCommand"), "powershell": ("-Command", "-c", "-EncodedCommand", "-enc"),
}  # fmt: skip
_READ_HERE = _SHELLS | {"python", "python3", "node"}
"""Code that is handed to these as text is read as such, so that running it is no secret."""
_VERSION = re.compile(r"(python|pip|node|ruby|perl|lua)\d[\d.]*$")


@lru_cache(maxsize=4096)
def name_of(word: str) -> str:
    """A program's name: without its folder, its suffix and its version; `ANY_PROGRAM` where it is not known."""
    if UNKNOWN in word or not word.strip():
        base = posixpath.basename(word)
        return base if base and UNKNOWN not in base and "/" in word else ANY_PROGRAM
    base = posixpath.basename(word.rstrip("/")) or word
    base = base.removesuffix(".exe").removesuffix(".cmd")
    if version := _VERSION.fullmatch(base):
        return f"{version[1]}3" if version[1] in ("python", "pip") and base[len(version[1])] == "3" else version[1]
    return base


def unwrapped(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """A command line without what only starts it (`sudo`, `env X=1`, `timeout 5`), and the names of that."""
    wrappers: list[str] = []
    at = 0
    while at < len(words) and len(wrappers) < 8:
        name = name_of(words[at])
        if name not in _WRAPPERS:
            break
        if name == "command" and words[at + 1 : at + 2] in (["-v"], ["-V"]):
            return [], wrappers  # it only asks whether there is such a program
        after = at + 1
        takes = _WRAPPER_VALUES.get(name, "")
        while after < len(words) and (words[after].startswith("-") or (name == "env" and "=" in words[after])):
            option = words[after]
            after += 2 if len(option) == 2 and option[1] in takes else 1
        if name == "timeout" and after < len(words):
            after += 1
        if name not in ("exec", "command", "builtin", "time"):
            wrappers.append(name)
        at = after
    return list(words[at:]), wrappers


def code_in(words: Sequence[str]) -> tuple[str, str] | None:
    """The code that a command line hands to an interpreter (`sh -c CODE`), as (program, code)."""
    if not words:
        return None
    name = name_of(words[0])
    options = _CODE_OPTIONS.get(name)
    if not options:
        return None
    for number, word in enumerate(words[1:-1], start=1):
        if word in options or (name in _SHELLS and re.fullmatch(r"-[a-z]*c", word)):
            return name, words[number + 1]
        if not word.startswith("-"):
            return None
    return None


def codes_in(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """As `code_in`, for a command line and for those that it starts (`find . -exec sh -c CODE \\;`)."""
    for line in (words, *_started(words)):
        if (code := code_in(line)) is not None:
            yield code


def _started(words: Sequence[str]) -> list[list[str]]:
    """The command lines that `find` or `fd` starts for what it finds, without wrappers."""
    options = _FINDERS.get(name_of(words[0])) if words else None
    if options is None:
        return []
    lines: list[list[str]] = []
    line: list[str] | None = None
    for word in words[1:]:
        if line is None:
            line = [] if word in options else None
        elif word in (";", "+"):
            lines, line = [*lines, line][:_MOST_STARTED], None
        else:
            line.append(UNKNOWN if word == "{}" else word)
    return [unwrapped(one)[0] for one in (*lines, line or []) if one]


def effects(words: Sequence[str]) -> Iterator[Effect]:
    """What a command line does. `UNKNOWN` in a word stands for what is only known at run time.

    Args:
        words: The program and its arguments, without wrappers.
    """
    if not words:
        return
    name = name_of(words[0])
    arguments = list(words[1:])
    yield Effect("subprocess", _subject(name, words))
    if name in INTERPRETERS and len(arguments) > 1 and arguments[0] == "-m":
        name, arguments = name_of(arguments[1]), arguments[2:]
    yield from _installs(name, arguments)
    yield from _runs_packages(name, arguments)
    yield from _talks(name, arguments)
    yield from _touches_files(name, arguments)
    for line in _started(words):
        yield from effects(line)
    if name == "printenv" or (name == "env" and not arguments):
        yield Effect("environment", next((a for a in arguments if not a.startswith("-")), "all variables"))
    code = code_in(words)
    if code is not None and (UNKNOWN in code[1] or code[0] not in _READ_HERE):
        yield Effect("dynamic", f"{code[0]} with code as text")


def is_shell(name: str) -> bool:
    """Whether a program is a shell."""
    return name in _SHELLS


def runs_its_input(words: Sequence[str]) -> bool:
    """Whether a command line executes what it reads: an interpreter without a script."""
    words, _ = unwrapped(words)
    if not words or (name_of(words[0]) not in _SHELLS and name_of(words[0]) not in INTERPRETERS):
        return False
    rest = [word for word in words[1:] if word != "-" and not re.fullmatch(r"-[a-z]{1,3}|--", word)]
    return not rest or "-s" in words


def fetches(words: Sequence[str]) -> bool:
    """Whether a command line prints what it gets from elsewhere."""
    words, _ = unwrapped(words)
    return bool(words) and name_of(words[0]) in ("curl", "wget", "aria2c", "nc", "ncat", "http", "xh", "gh")


def targets(words: Sequence[str]) -> list[str]:
    """The hosts that a command line or its arguments name."""
    found = [host for word in words for host, _ in hosts_in(word)]
    found += [host for word in words if "://" not in word and "@" in word and (host := remote_host(word))]
    rest = unwrapped(words)[0]
    if not found and rest and name_of(rest[0]) in _TAKES_HOSTS:
        named = [word.rpartition("@")[2].partition(":")[0] for word in _plain(rest[1:])]
        found = [word.partition("/")[0].lower() for word in named if _BARE_HOST.fullmatch(word)][:1]
    return list(dict.fromkeys(found))


def _subject(name: str, words: Sequence[str]) -> str:
    """The program; a script of the skill's own that it runs is named with it."""
    if name in INTERPRETERS or name in _SHELLS or (name == "uv" and words[1:2] == ["run"]):
        script = next((word for word in words[2 if name == "uv" else 1 :] if not word.startswith("-")), "")
        own = script.removeprefix("./")
        for variable in ("${CLAUDE_SKILL_DIR}/", "$CLAUDE_SKILL_DIR/", "{baseDir}/", f"{UNKNOWN}/"):
            own = own.removeprefix(variable)
        options = words[1 : words.index(script)] if script else []
        if "/" in own and _is_inside(own) and not any(option in ("-c", "-e", "-m") for option in options):
            return f"{name} {own}"
    elif "/" in words[0] and _is_inside(words[0]):
        return posixpath.normpath(words[0]) if "/" in words[0].removeprefix("./") else words[0]
    return name


def _is_inside(path: str) -> bool:
    return not path.startswith(("/", "~", "..")) and "/../" not in path and UNKNOWN not in path and ":" not in path


def _plain(arguments: Sequence[str]) -> list[str]:
    return [word for word in arguments if word and not word.startswith("-")]


def _installs(name: str, arguments: list[str]) -> Iterator[Effect]:
    if name == "uv" and arguments[:1] in (["pip"], ["tool"]):
        arguments = arguments[1:]
        verbs = frozenset(("install", "sync"))
    elif name in _INSTALLERS:
        verbs = _INSTALLERS[name]
    elif name == "pacman":
        verbs = frozenset(word for word in arguments if word.startswith("-S"))
    elif name in ("claude", "code", "gh", "kubectl") and "install" in arguments[:3] + ["install"] * (
        name == "code" and "--install-extension" in arguments
    ):
        verbs = frozenset(("install", "--install-extension"))
    elif name == "dotnet" and "install" in arguments:
        verbs = frozenset(("install",))
    else:
        return
    at = next((number for number, word in enumerate(arguments) if word in verbs), None)
    if at is None or any(not word.startswith("-") and word not in ("global", "tool", "mcp") for word in arguments[:at]):
        if not (name == "yarn" and not arguments):
            return
        at = 0
    yield Effect("network", REGISTRY)
    packages = list(_packages(arguments[at + 1 :]))
    for package in packages or ["what its manifest lists"]:
        yield Effect("install", f"{package} ({name})")


def _packages(arguments: Sequence[str]) -> Iterator[str]:
    follows = ""
    for word in arguments:
        if follows:
            if follows in ("-r", "--requirement", "-e", "--editable"):
                yield word.replace(UNKNOWN, "…")
            follows = ""
        elif word in ("-r", "--requirement", "-e", "--editable", "-t", "--target", "-i", "--index-url", "--prefix",
                      "--extra-index-url", "-c", "--constraint", "-n", "--name", "--root", "--path",
                      "--python"):  # fmt: skip
            follows = word
        elif word and not word.startswith("-"):
            yield word.replace(UNKNOWN, "…")


def _runs_packages(name: str, arguments: list[str]) -> Iterator[Effect]:
    if name not in _RUNNERS:
        return
    verbs = _RUNNERS[name]
    if verbs:
        if arguments[:1] == [] or arguments[0] not in verbs:
            return
        arguments = arguments[1:]
    package = next(iter(_plain(arguments)), "").replace(UNKNOWN, "…")
    remote = "://" in package or ("@" in package and name == "go")
    if name in ("go", "deno") and not remote:
        return
    if package and not package.startswith((".", "/")):
        yield Effect("download", f"{package} ({name})")
        yield Effect("network", next(iter(targets([package])), REGISTRY))


def _talks(name: str, arguments: list[str]) -> Iterator[Effect]:
    if name == "git":
        verb = next((word for word in _plain(arguments)), "")
        if verb not in ("clone", "fetch", "pull", "push", "ls-remote", "submodule"):
            return
        where = targets(arguments) or [ANY_HOST if verb in ("clone", "ls-remote") else "the repository's remote"]
        for host in where:
            yield Effect("network", host)
        if verb == "clone":
            for host in where:
                yield Effect("download", f"a repository from {host}")
        return
    if name in ("docker", "podman", "nerdctl"):
        verb = next(iter(_plain(arguments)), "")
        if verb in ("pull", "run", "push", "login"):
            yield Effect("network", "a container registry")
            if verb in ("pull", "run"):
                yield Effect("download", f"an image ({name} {verb})")
        return
    if name == "openssl" and arguments[:1] != ["s_client"]:
        return
    if name not in _NETWORK and name != "openssl":
        return
    if any(word in ("--version", "--help", "-V") for word in arguments) and not targets(arguments):
        return
    where = targets([name, *arguments])
    if not where and name == "rsync" and not any(":" in word for word in arguments):
        return
    for host in where or [_USUAL_HOST.get(name, ANY_HOST)]:
        yield Effect("network", host)
    keeps = name in ("wget", "aria2c", "yt-dlp", "youtube-dl") or (
        name == "curl" and any(re.fullmatch(r"-[a-zA-Z]*[oO].*|--output.*|--remote-name.*", word) for word in arguments)
    )
    if keeps and not any(word in ("-O-", "-qO-", "/dev/null", "--spider") for word in arguments):
        for host in where or [ANY_HOST]:
            yield Effect("download", f"a file from {host}")


def _touches_files(name: str, arguments: list[str]) -> Iterator[Effect]:
    paths = [word.replace(UNKNOWN, "…") for word in _plain(arguments)]
    if name in _READERS:
        for path in paths[:8]:
            yield Effect("reads", _file(path))
    if name == "sed" and any(re.match(r"-[a-zA-Z]*i|--in-place", word) for word in arguments):
        yield Effect("writes", _file(paths[-1]) if len(paths) > 1 else ANY_FILE)
    elif name == "tar" and arguments and re.match(r"(--extract|--get|-?[a-zA-Z]*[xc])", arguments[0]):
        yield Effect("writes", "files of an archive" if "c" not in arguments[0] else "an archive")
    elif name == "find":
        if "-delete" in arguments:
            yield Effect("writes", f"{ANY_FILE} (removed)")
        for option, path in pairwise(arguments):
            if option in ("-fprint", "-fprint0", "-fprintf", "-fls"):
                yield Effect("writes", _file(path.replace(UNKNOWN, "…")))
    elif name in _WRITERS:
        if name in _MODE_FIRST:
            paths = paths[1:]
        if name == "dd":
            paths = [path[3:] for path in paths if path.startswith("of=")]
        if name in _LAST_IS_TARGET:
            paths = paths[-1:]
        suffix = " (removed)" if name in ("rm", "rmdir", "shred", "unlink") else ""
        for path in paths[:8] or [ANY_FILE]:
            yield Effect("writes", _file(path) + suffix)


def _file(path: str) -> str:
    return ANY_FILE if not path.strip("…") else path
