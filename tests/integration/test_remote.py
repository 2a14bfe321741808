"""Asking other repositories runs no program that anybody else named, hangs on nothing and keeps to its bounds."""

import http.server
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import CancelledError, RefusedError
from workbench.git import GitError
from workbench.git import remote as remote_module
from workbench.git.remote import Mirror, checked_address


@pytest.fixture
def trap(tmp_path: Path) -> str:
    """A program that leaves a mark when it runs."""
    program = tmp_path / "trap.sh"
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\nexit 1\n")
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def upstream(library: Any, tmp_path: Path) -> Any:
    """Another repository with one skill."""
    made = type(library)(tmp_path / "upstream")
    made.skill("skills/pdf")
    made.commit("First")
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def address(upstream: Any) -> str:
    return f"file://{upstream.root}"


@pytest.mark.parametrize(
    "hostile",
    [
        "ext::sh -c 'touch x'", "fd::3", "-uecho", "--upload-pack=touch", "http://example.com/r", "ftp://host/r",
        "file://host/r", "file:///a/../b", "ssh://-oProxyCommand=x/r", "-oProxyCommand=x:r", "git@-oProxy:r",
        "https://host\n/r", "https://ho st/r", "relative/path", "../up", "", "http::http://x", "host::r", "git@host:-r",
        "https://", "x" * 3_000, "ssh://host;touch/r", "https://user:pw@host/r",
    ],
)  # fmt: skip
def test_an_address_that_is_none_of_the_four_kinds_is_refused(hostile: str) -> None:
    with pytest.raises(RefusedError):
        checked_address(hostile)


@pytest.mark.parametrize(
    ("usual", "taken"),
    [
        ("https://github.com/o/r.git", None), ("ssh://git@host:2222/o/r.git", None), ("git@github.com:o/r.git", None),
        ("git://host/r", None), ("http://127.0.0.1:8080/r", None), ("/srv/r", "file:///srv/r"),
    ],
)  # fmt: skip
def test_usual_addresses_are_taken(usual: str, taken: str | None) -> None:
    assert checked_address(usual) == (taken or usual)


def test_refs_and_objects_come_and_the_other_repository_stays_as_it_was(upstream: Any, cache: Path) -> None:
    upstream.git("tag", "-a", "v1", "-m", "one")
    before = upstream.fingerprint()
    mirror = Mirror(cache, address(upstream))
    refs = mirror.refs()
    head = upstream.git("rev-parse", "HEAD").strip()
    assert refs.head == "refs/heads/main"
    assert refs.find(None) == ("HEAD", head)
    assert refs.find("main") == ("refs/heads/main", head)
    assert refs.find("v1") == ("refs/tags/v1", head)
    assert refs.find("nothing") is None
    assert not mirror.has(head)
    assert mirror.fetch(head, "refs/heads/main")
    tree = mirror.tree_of(head, "skills/pdf")
    assert tree == upstream.git("rev-parse", "HEAD:skills/pdf").strip()
    entry = mirror.entries(tree)[0]
    assert (entry.path, mirror.blobs([entry.id])[entry.id]) == (
        "SKILL.md", (upstream.root / "skills/pdf/SKILL.md").read_bytes(),
    )  # fmt: skip
    assert mirror.tree_of(head, "skills/nothing") is None
    assert mirror.tree_of(head, "skills/pdf/SKILL.md") is None
    assert upstream.fingerprint() == before


def test_an_older_commit_and_a_tree_alone_come_by_their_ids(upstream: Any, cache: Path) -> None:
    old, tree = (upstream.git("rev-parse", name).strip() for name in ("HEAD", "HEAD:skills/pdf"))
    upstream.skill("skills/pdf", body="Second.\n")
    upstream.commit("Second")
    mirror = Mirror(cache, address(upstream))
    assert mirror.fetch(tree)
    assert mirror.entries(tree)
    assert not mirror.has(old)
    assert mirror.fetch(old)
    assert not mirror.fetch("0" * 39 + "1")


def test_a_repository_with_long_ids_is_read_too(library: Any, tmp_path: Path, cache: Path) -> None:
    root = tmp_path / "long"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", "-b", "main", str(root)], check=True)
    made = type(library)(root)
    made.skill("pdf")
    head = made.commit()
    mirror = Mirror(cache, address(made))
    assert mirror.refs().ids["HEAD"] == head
    assert mirror.fetch(head)
    assert Mirror(cache, address(made)).fetch(head)


@pytest.mark.parametrize(
    "settings",
    [
        {"uploadpack.packObjectsHook": "{trap}"},
        {"core.fsmonitor": "{trap}", "core.hooksPath": "hooks", "core.alternateRefsCommand": "{trap}"},
        {
            "extensions.partialClone": "origin", "remote.origin.url": "ext::{trap}", "remote.origin.promisor": "true",
            "protocol.ext.allow": "always",
        },
    ],
    ids=lambda settings: next(iter(settings)),
)  # fmt: skip
def test_no_program_that_the_other_repository_names_runs(
    upstream: Any, cache: Path, trap: str, tmp_path: Path, settings: dict[str, str]
) -> None:
    for name in ("post-upload-pack", "pre-receive", "reference-transaction", "post-checkout"):
        for folder in ("hooks", ".git/hooks"):
            upstream.write(f"{folder}/{name}", Path(trap).read_text()).chmod(0o755)
    for key, value in settings.items():
        upstream.git("config", key, value.format(trap=trap))
    head = upstream.git("rev-parse", "HEAD").strip()
    if "extensions.partialClone" in settings:
        blob = upstream.git("rev-parse", "HEAD:skills/pdf/SKILL.md").strip()
        (upstream.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    mirror = Mirror(cache, address(upstream))
    mirror.refs()
    try:
        mirror.fetch(head)
    except GitError:
        assert "extensions.partialClone" in settings
    assert not (tmp_path / "sprung").exists()


def test_no_program_of_the_surrounding_configuration_runs_and_nothing_is_asked(
    library: Any, cache: Path, trap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for scope in ("--global", "--local"):
        for key in ("core.sshCommand", "core.askPass", "core.gitProxy", "core.fsmonitor"):
            library.git("config", scope, key, trap)
        library.git("config", scope, "credential.helper", f"!{trap}")
        library.git("config", scope, "core.hooksPath", str(tmp_path))
    for name in ("GIT_SSH_COMMAND", "GIT_SSH", "GIT_ASKPASS", "SSH_ASKPASS", "GIT_PROXY_COMMAND"):
        monkeypatch.setenv(name, trap)
    server = Answering(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")
    with server as port:
        for asked in (f"http://127.0.0.1:{port}/r", "ssh://git@127.0.0.1:1/r", "git://127.0.0.1:1/r"):
            with pytest.raises(GitError):
                Mirror(cache, asked, timeout=20).refs()
    assert not (tmp_path / "sprung").exists()


def test_the_users_own_credential_helper_answers_only_when_it_may(
    library: Any, cache: Path, trap: str, tmp_path: Path
) -> None:
    library.git("config", "--global", "credential.helper", f"!{trap}")
    server = Answering(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")
    with server as port, pytest.raises(GitError, match="user and a password"):
        Mirror(cache, f"http://127.0.0.1:{port}/r", credentials=True).refs()
    assert (tmp_path / "sprung").exists()


class Answering:
    """A server that says the same to everybody; None: it listens and never says a word."""

    def __init__(self, answer: bytes | None, again: bool = False) -> None:
        self._answer, self._again = answer, again
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._ended = False

    def __enter__(self) -> int:
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return int(self._socket.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._ended = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        # Left in `accept`, the thread could answer for the next server that gets this number of a file.
        self._thread.join(10)
        for one in (self._socket, *self._open):
            one.close()

    def _serve(self) -> None:
        while not self._ended:
            try:
                client, _ = self._socket.accept()
                self._open.append(client)
                if self._answer is not None:
                    client.recv(65536)
                    client.sendall(self._answer)
                    while self._again and not self._ended:
                        client.sendall(self._answer.partition(b"\r\n\r\n")[2])
                    client.close()
            except OSError:
                continue


def test_a_server_that_never_answers_is_given_up(library: Any, cache: Path) -> None:
    with Answering(None) as port:
        began = time.monotonic()
        with pytest.raises(GitError, match="longer than 1 s"):
            Mirror(cache, f"git://127.0.0.1:{port}/r", timeout=1).refs()
    assert time.monotonic() - began < 8


def test_a_conversation_can_be_cancelled(library: Any, cache: Path) -> None:
    cancel = threading.Event()
    with Answering(None) as port:
        threading.Timer(0.3, cancel.set).start()
        with pytest.raises(CancelledError):
            Mirror(cache, f"git://127.0.0.1:{port}/r", cancel=cancel).refs()


def test_a_server_that_never_stops_talking_is_cut_off(library: Any, cache: Path) -> None:
    lines = b"".join(b"%040x\trefs/heads/b%d\n" % (n, n) for n in range(1_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
    with Answering(head + lines, again=True) as port, pytest.raises(GitError, match="longer than 2 s"):
        Mirror(cache, f"http://127.0.0.1:{port}/r", timeout=2).refs()


def test_a_repository_with_more_refs_than_can_be_kept_is_cut_off(
    upstream: Any, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_module, "MAX_SAID", 100)
    with pytest.raises(GitError, match="said more than"):
        Mirror(cache, address(upstream)).refs()


def test_more_than_may_be_fetched_is_cut_off(upstream: Any, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_module, "MAX_FETCHED", 1 << 20)
    upstream.write("big.bin", os.urandom(8 << 20))
    head = upstream.commit("Big")
    with pytest.raises(GitError, match="sent more than 1 MiB"):
        Mirror(cache, address(upstream)).fetch(head)


def test_a_redirect_to_another_protocol_is_not_followed(upstream: Any, cache: Path) -> None:
    answer = f"HTTP/1.1 302 Found\r\nLocation: file://{upstream.root}/info/refs\r\nContent-Length: 0\r\n\r\n"
    with Answering(answer.encode()) as port, pytest.raises(GitError):
        Mirror(cache, f"http://127.0.0.1:{port}/r").refs()


def test_a_tree_that_would_write_outside_is_not_taken(upstream: Any, cache: Path) -> None:
    blob = upstream.git("hash-object", "-w", "skills/pdf/SKILL.md").strip()
    made = subprocess.run(
        ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
        cwd=upstream.root, input=b"100644 ..\0" + bytes.fromhex(blob), capture_output=True, check=True,
    )  # fmt: skip
    commit = upstream.git("commit-tree", made.stdout.decode().strip(), "-m", "evil").strip()
    upstream.git("update-ref", "refs/heads/evil", commit)
    with pytest.raises(GitError):
        Mirror(cache, address(upstream)).fetch(commit)


def test_a_repository_that_is_not_there_says_so(library: Any, cache: Path, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="can't be asked"):
        Mirror(cache, f"file://{tmp_path}/nothing").refs()


def test_submodules_are_not_followed(upstream: Any, cache: Path, tmp_path: Path) -> None:
    inner = type(upstream)(tmp_path / "inner")
    inner.skill("x")
    inner.commit()
    upstream.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.root), "skills/pdf/sub")
    head = upstream.commit()
    mirror = Mirror(cache, address(upstream))
    assert mirror.fetch(head)
    assert not mirror.has(inner.git("rev-parse", "HEAD").strip())


@pytest.fixture
def served(upstream: Any) -> Iterator[str]:
    """The address of the other repository over smart HTTP."""
    backend = Path(subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip())
    handler = _smart_http(backend / "git-http-backend", upstream.root.parent)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket.settimeout(1)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{upstream.root.name}/.git"
    server.shutdown()
    server.server_close()


def _smart_http(backend: Path, root: Path) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            done = subprocess.run(
                [str(backend)], input=body, capture_output=True, check=False,
                env={**os.environ, "GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
                     "QUERY_STRING": query, "REQUEST_METHOD": self.command,
                     "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
                     "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                     "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", "")},
            )  # fmt: skip
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
            self.send_response(int(lines.pop("Status", "200").split()[0]))
            for name, value in lines.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    return Handler


def test_a_repository_is_fetched_over_smart_http(upstream: Any, served: str, cache: Path) -> None:
    head = upstream.git("rev-parse", "HEAD").strip()
    mirror = Mirror(cache, served)
    assert mirror.refs().find("main") == ("refs/heads/main", head)
    assert mirror.fetch(head, "refs/heads/main")
    assert mirror.tree_of(head, "skills/pdf")
    with pytest.raises(GitError, match="can't be asked"):
        Mirror(cache, served.replace("upstream", "nothing")).refs()
