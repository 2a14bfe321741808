"""Asking other repositories: which refs they have, and one commit of theirs brought into a cache of our own.

Nothing of a library's configuration has a say, because every command runs in a bare repository that this program made
in the user's cache folder. Only the address's own protocol may be spoken (`https`, `ssh`, `git`, `file`; `http` to this
machine), no password is asked for, what comes is checked, and time and size are bounded.
"""

import fcntl
import hashlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import CancelledError, InputError, RefusedError
from workbench.git import log
from workbench.git.environment import OVERRIDES, hardened
from workbench.git.plumbing import GitError, TreeEntry, parse_batch, parse_tree
from workbench.git.repository import run_git
from workbench.text import decode, visible

TIMEOUT = 60.0
MAX_SAID = 32 << 20
MAX_FETCHED = 512 << 20

_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=15 -o PermitLocalCommand=no -o ClearAllForwardings=yes"
_OVERRIDES = (
    *(pair for pair in OVERRIDES if pair[0] != "core.sshCommand"),
    ("core.sshCommand", _SSH),
    ("ssh.variant", "ssh"),
    ("http.followRedirects", "initial"),
    ("http.lowSpeedLimit", "500"),
    ("http.lowSpeedTime", "20"),
    ("fetch.fsckObjects", "true"),
    ("fetch.recurseSubmodules", "false"),
    ("fetch.writeCommitGraph", "false"),
    ("fetch.output", "compact"),
    ("protocol.version", "2"),
)
# A server may send without end what git keeps in memory, so git and what it starts get 4 GiB of address space.
_BOUNDED = ("sh", "-c", 'ulimit -v 4194304 2>/dev/null; exec git "$@"', "git")
_HOST = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*)|\[[0-9A-Fa-f:.]+\])"
_URL = re.compile(rf"(https?|ssh|git)://(?:([A-Za-z0-9._-]+)@)?({_HOST})(?::\d{{1,5}})?/[^\0-\x20\x7f]*")
_SCP = re.compile(rf"(?:[A-Za-z0-9._-]+@)?{_HOST}:(?![:-])[^\0-\x20\x7f]+")
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# Said by git, which itself can't push to a repository of the other kind.
_OTHER_ALGORITHM = ("mismatched algorithms", "hash algorithm", "unexpected capabilities^{}")
_REFUSED = re.compile(r"^remote: *(\S.*)|\[remote rejected\].*\((.*)\)", re.MULTILINE)
_MOVED = ("[rejected]", "non-fast-forward", "fetch first", "cannot lock ref", "failed to update ref", "stale info")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Refs:
    """What a repository says it has.

    Attributes:
        head: The name of the branch that its HEAD stands on; None where it does not say.
        ids: The object id of each ref by full name; for an annotated tag, the commit's.
    """

    head: str | None
    ids: Mapping[str, str]

    def find(self, ref: str | None) -> tuple[str, str] | None:
        """The full name and id of what a user means by `ref`: a full name, a branch or a tag; None: HEAD."""
        if ref is None:
            return ("HEAD", self.ids["HEAD"]) if "HEAD" in self.ids else None
        names = (ref, f"refs/heads/{ref}", f"refs/tags/{ref}")
        return next(((name, self.ids[name]) for name in names if name in self.ids), None)


def checked_address(address: str) -> str:
    """An address that may be asked, as git takes it; an absolute path stands for a repository on this machine.

    Raises:
        RefusedError: Its protocol is not one of those that are spoken, or it is not in the form of one.
    """
    if "\0" in address or any(ord(char) < 0x20 or ord(char) == 0x7F for char in address) or len(address) > 2_000:
        raise RefusedError("the address holds characters that no address has", where=visible(address[:200]))
    if address.startswith("/"):
        return f"file://{address}"
    if address.startswith("file:///") and ".." not in address.split("/"):
        return address
    if found := _URL.fullmatch(address):
        if found[1] == "http" and found[3] not in _LOOPBACK:
            raise _refused(address, "http is neither encrypted nor signed", "use the https address")
        return address
    if "://" not in address and "::" not in address and not address.startswith("-") and _SCP.fullmatch(address):
        return address
    raise _refused(
        address, "only https, ssh, git and file addresses are asked", "correct the origin in skills-lock.json"
    )


def _refused(address: str, why: str, remedy: str) -> RefusedError:
    return RefusedError(f"this address is not asked: {why}", where=visible(address[:200]), remedy=remedy)


class Mirror:
    """The part of another repository that was fetched so far, in a bare repository below `cache`.

    Args:
        cache: The user's cache folder.
        address: As `checked_address` takes it.
        timeout: Seconds that one conversation may take.
        cancel: Set it to end a conversation.
        credentials: Let the credential helpers of the user's own configuration answer; they are off otherwise.
    """

    def __init__(
        self,
        cache: Path,
        address: str,
        *,
        timeout: float = TIMEOUT,
        cancel: threading.Event | None = None,
        credentials: bool = False,
    ) -> None:
        self.address = checked_address(address)
        self.root = cache / "origins" / f"{hashlib.sha256(self.address.encode()).hexdigest()[:24]}.git"
        self._timeout = timeout
        self._cancel = cancel or threading.Event()
        kept = ("credential.helper",) if credentials else ()
        self._overrides = tuple(pair for pair in _OVERRIDES if pair[0] not in kept)

    def refs(self) -> Refs:
        """What the repository has now.

        Raises:
            GitError: It can't be reached, refuses, or takes too long.
            CancelledError: `cancel` was set.
        """
        self._prepare("sha1")
        said = self._converse(("ls-remote", "--symref", "--", self.address))
        head = None
        ids: dict[str, str] = {}
        for line in decode(said).split("\n"):
            value, _, name = line.partition("\t")
            if value.startswith("ref: ") and name == "HEAD":
                head = value.removeprefix("ref: ")
            elif _ID.fullmatch(value) and name:
                ids[name.removesuffix("^{}")] = value  # what an annotated tag stands for comes after the tag
        return Refs(head, ids)

    def fetch(self, id_: str, name: str | None = None) -> bool:
        """Bring one object (a commit, or a tree by its id) with all it holds; whether it is there now.

        Args:
            id_: Its full id.
            name: The ref that it was seen under, for servers that give only what has a name.

        Raises:
            GitError, CancelledError: As `refs`, but for an object that the server does not give.
        """
        if not _ID.fullmatch(id_):
            raise InputError("it is not an object's full id", where=visible(id_[:100]))
        self._prepare("sha256" if len(id_) == 64 else "sha1")
        with self._locked():
            if self.has(id_):
                return True
            for wanted in dict.fromkeys((id_, name or id_)):
                options = ("--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
                try:
                    self._converse(("fetch", *options, "--", self.address, f"+{wanted}:refs/kept/{id_}"))
                except GitError as error:
                    if not _not_given(error.stderr):
                        raise
                if self.has(id_):
                    return True
        return False

    def fetch_branch(self, ref: str) -> str | None:
        """Bring a ref with its whole history, under the same name; gives its commit, None where there is none.

        Raises:
            GitError, CancelledError: As `refs`.
        """
        refs = self.refs()
        id_ = refs.ids.get(ref)
        if id_ is None:
            return None
        self._prepare("sha256" if len(id_) == 64 else "sha1")
        with self._locked():
            options = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
            self._converse(("fetch", *options, "--", self.address, f"+{ref}:{ref}"))
        return self._resolve(ref)

    def take_from(self, repository: Path, ref: str, name: str) -> None:
        """Bring a ref of a repository on this machine, by its folder, as `name`."""
        options = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        env = hardened(OVERRIDES) | {"GIT_ALLOW_PROTOCOL": "file"}
        asked = ("--git-dir", str(repository), "rev-parse", "--show-object-format")
        self._prepare(decode(run_git(asked, repository, env)).strip())
        git_dir = ("--git-dir", str(self.root))
        run_git((*git_dir, "fetch", *options, "--", str(repository), f"+{ref}:{name}"), self.root, env)

    def push(self, name: str, ref: str) -> bool:
        """Send what `name` stands for here as the other repository's `ref`, which may only grow.

        Returns:
            False where the other's has moved meanwhile, so that it has to be fetched first.

        Raises:
            GitError, CancelledError: As `refs`; also where it refuses for another reason.
        """
        try:
            self._converse(("push", "--quiet", "--no-verify", "--", self.address, f"{name}:{ref}"))
        except GitError as error:
            if any(sign in error.stderr for sign in _MOVED):
                return False
            if any(sign in error.stderr for sign in _OTHER_ALGORITHM):
                what = "that repository names its objects by another hash algorithm than this one"
                remedy = f"make it anew: git init --bare --object-format={self._format()}"
                raise InputError(what, where=visible(self.address), remedy=remedy) from error
            raise
        return True

    def _resolve(self, name: str) -> str | None:
        said = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", name, ok=(0, 1, 128))
        return decode(said).strip() or None

    def has(self, id_: str) -> bool:
        """Whether an object is here already; a commit or tree is only ever here with all it holds."""
        if not self.root.exists():
            return False
        return b"missing" not in self.run("cat-file", "--batch-check", stdin=f"{id_}\n".encode())

    def tree_of(self, revision: str, path: str) -> str | None:
        """The tree of a folder at a commit or tree (`.` or empty: its own); None where there is none."""
        inside = "" if path in ("", ".") else path
        name = f"{revision}:{inside}" if inside else f"{revision}^{{tree}}"
        said = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", name, ok=(0, 1, 128))
        id_ = decode(said).strip()
        if not id_ or decode(self.run("cat-file", "-t", id_)).strip() != "tree":
            return None
        return id_

    def entries(self, tree: str) -> list[TreeEntry]:
        """Every file below a tree."""
        return parse_tree(self.run("ls-tree", "-z", "-r", "--full-tree", tree))

    def blobs(self, ids: Sequence[str]) -> dict[str, bytes]:
        """The contents of many objects."""
        asked = "".join(f"{id_}\n" for id_ in dict.fromkeys(ids)).encode()
        return dict(parse_batch(self.run("cat-file", "--batch", stdin=asked))) if asked else {}

    def run(self, *args: str, stdin: bytes | None = None, ok: Sequence[int] = (0,)) -> bytes:
        """What a git command prints that looks only at what is here."""
        return run_git(("--git-dir", str(self.root), *args), self.root, hardened(OVERRIDES), stdin, ok)

    def _prepare(self, object_format: str) -> None:
        """Make the bare repository, or make it anew where the other one has turned to longer ids."""
        if (self.root / "HEAD").exists():
            if self._format() == object_format or object_format == "sha1":
                return
            self.root = self.root.with_name(f"{self.root.stem}-{object_format}.git")
            if (self.root / "HEAD").exists():
                return
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"the cache can't be written: {error.strerror}",
                where=visible(str(self.root)),
                remedy="set WORKBENCH_CACHE to a folder that can",
            ) from error
        options = ("--quiet", "--bare", "--template=", f"--object-format={object_format}")
        run_git(("init", *options, str(self.root)), self.root, hardened(OVERRIDES))

    def _format(self) -> str:
        return decode(self.run("rev-parse", "--show-object-format")).strip()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One conversation at a time with one repository: two that fetch at once get in each other's way."""
        with (self.root / "workbench.lock").open("w") as file:
            ends = time.monotonic() + self._timeout
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() > ends or self._cancel.wait(0.1):
                        raise InputError("another process is asking this repository", where=self.address) from None
                else:
                    break
            yield

    def _converse(self, args: Sequence[str]) -> bytes:
        """What a git command prints that talks to the other repository."""
        scheme = self.address.partition("://")[0] if "://" in self.address else "ssh"
        # A user's own `insteadOf` often turns https into ssh.
        spoken = f"{scheme}:ssh" if scheme == "https" else scheme
        env = hardened(self._overrides) | {"GIT_ALLOW_PROTOCOL": spoken, "GIT_PROXY_COMMAND": ""}
        began = time.time()
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
            try:
                process = subprocess.Popen(
                    [*_BOUNDED, "--git-dir", str(self.root), *args],
                    cwd=self.root, env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=complained,
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise InputError(f"git can't be started: {error.strerror}", where=str(self.root)) from error
            why = self._wait(process, said.fileno(), complained.fileno())
            log.note(args, str(self.root), began, process.returncode)
            complained.seek(0)
            stderr = decode(complained.read(64 << 10))
            if self._cancel.is_set():
                raise CancelledError("cancelled")
            if why or process.returncode:
                raise _failure(self.address, why, stderr)
            said.seek(0)
            return said.read(MAX_SAID)

    def _wait(self, process: "subprocess.Popen[bytes]", *outputs: int) -> str | None:
        """Wait for a conversation to end; why it was ended, where this program did."""
        ends = time.monotonic() + self._timeout
        had = self._size()
        looked = time.monotonic()
        try:
            while True:
                try:
                    process.wait(0.05)
                except subprocess.TimeoutExpired:
                    pass
                else:
                    return self._too_much(had, outputs)
                if self._cancel.is_set():
                    return "it was cancelled"
                if time.monotonic() > ends:
                    return f"it took longer than {self._timeout:g} s"
                if time.monotonic() - looked > 0.5:
                    looked = time.monotonic()
                    if why := self._too_much(had, outputs):
                        return why
        finally:
            _end(process)

    def _too_much(self, had: int, outputs: Sequence[int]) -> str | None:
        if any(os.fstat(output).st_size > MAX_SAID for output in outputs):
            return f"it said more than {MAX_SAID >> 20} MiB"
        return f"it sent more than {MAX_FETCHED >> 20} MiB" if self._size() - had > MAX_FETCHED else None

    def _size(self) -> int:
        """Bytes in the object store, the part that comes just now included."""
        total = 0
        for folder, _, names in os.walk(self.root / "objects"):
            for name in names:
                try:
                    total += os.lstat(f"{folder}/{name}").st_size
                except OSError:
                    continue  # it was renamed meanwhile
        return total


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End what is left of a conversation: git and the programs that it speaks through."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(2)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _not_given(stderr: str) -> bool:
    """Whether the server was reached and has no such object, or gives none by its id alone."""
    signs = ("not our ref", "couldn't find remote ref", "unadvertised object", "no such remote ref", "bad object",
             "missing necessary objects", "did not send all necessary objects")  # fmt: skip
    return any(sign in stderr.lower() for sign in signs)


def _failure(address: str, why: str | None, stderr: str) -> GitError:
    lines = [line for line in stderr.splitlines() if line.strip()]
    fatal = next((line for line in lines if line.startswith("fatal: ")), lines[-1] if lines else "it gave no reason")
    reason = why or visible(fatal.removeprefix("fatal: "))
    remedy = None
    if "[remote rejected]" in stderr and (said := "; ".join("".join(one).strip() for one in _REFUSED.findall(stderr))):
        return GitError(f"the repository refused the push: {visible(said)}", where=visible(address), stderr=stderr)
    if "could not read Username" in stderr or "terminal prompts disabled" in stderr or "Authentication" in stderr:
        reason = "it wants a user and a password, or does not exist"
        remedy = "use its ssh address, or --credentials for the credential helper of your own git configuration"
    elif "Permission denied (publickey" in stderr:
        reason = "it does not take your ssh key"
        remedy = "load the key into ssh-agent"
    elif "Host key verification failed" in stderr:
        reason = "ssh does not know the host's key"
        remedy = "connect once with ssh and check the key"
    return GitError(f"the repository can't be asked: {reason}", where=visible(address), remedy=remedy, stderr=stderr)
