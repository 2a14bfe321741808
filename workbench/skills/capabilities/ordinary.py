"""Programs that nearly every script starts, so that starting them says little."""

INTERPRETERS = frozenset((
    "python", "python3", "node", "deno", "bun", "perl", "ruby", "php", "lua", "Rscript", "ts-node", "tsx", "pwsh",
))  # fmt: skip

ORDINARY = frozenset((
    "ls", "cat", "head", "tail", "grep", "egrep", "fgrep", "rg", "sed", "awk", "gawk", "sort", "uniq", "wc", "cut",
    "tr",
    "find", "fd", "dirname", "basename", "realpath", "readlink", "date", "sleep", "mkdir", "touch", "cp", "mv", "rm",
    "rmdir", "ln", "tee", "printf", "seq", "expr", "paste", "join", "comm", "diff", "cmp", "file", "stat", "du", "df",
    "which", "uname", "hostname", "whoami", "id", "env", "tty", "clear", "less", "more", "nl", "tac", "rev", "fold",
    "fmt", "column", "jq", "yq", "xmllint", "md5sum", "sha256sum", "shasum", "cksum", "mktemp", "chmod", "tree", "bc",
    "yes", "od", "xxd", "split", "xargs", "nproc", "getopt", "tput", "time", "timeout", "gzip", "gunzip", "zip",
    "unzip", "tar", "numfmt", "strings", "iconv", "shuf", "unix2dos", "dos2unix", "hexdump",
))  # fmt: skip


UNBOUNDED = frozenset(("any program", "sudo", "doas"))
"""Subjects of `subprocess` that need a look wherever they stand."""
REGISTRY = "a package registry"
"""The host of an installation, which says itself what needs a look."""
CREDENTIALS = " (credentials)"
"""How the subject of a read ends that needs a look."""


def is_ordinary(program: str) -> bool:
    """Whether a `subprocess` finding's subject needs no second look: such a program, or the skill's own script."""
    return program in ORDINARY or " " in program or ("/" in program and not program.startswith(("/", "~", "..")))
