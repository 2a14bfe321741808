"""What MCP servers cost at start: listed always, started only after a yes to exactly that, leaving nothing running."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import CancelledError, InputError
from workbench.tools.mcp_listing import list_tools
from workbench.tools.mcp_servers import Server

SERVER = '''
import os, sys
from mcp.server import MCPServer

server = MCPServer("probe")

@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b

@server.tool()
def greet(name: str) -> str:
    """Say hello."""
    return "hello " + name

with open(os.environ["STARTS"], "a") as file:
    file.write("started\\n")
if sys.argv[1:]:
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
else:
    server.run()
'''


@pytest.fixture
def probe(library: Any, tmp_path: Path) -> Any:
    """A library whose `.mcp.json` names a server written with the SDK, which notes each of its starts."""
    (tmp_path / "server.py").write_text(SERVER)
    _configure(library, tmp_path, {"STARTS": str(tmp_path / "starts"), "API_KEY": "s3cret-value"})
    return library


def _configure(library: Any, tmp_path: Path, env: dict[str, str]) -> None:
    entry = {"command": sys.executable, "args": [str(tmp_path / "server.py")], "env": env}
    library.write(".mcp.json", json.dumps({"mcpServers": {"probe": entry}}))


def _starts(tmp_path: Path) -> int:
    file = tmp_path / "starts"
    return len(file.read_text().splitlines()) if file.exists() else 0


def _only(said: Any) -> Any:
    (server,) = said.json["mcp"]["servers"]
    return server


def test_servers_are_listed_with_their_commands_and_nothing_is_started(
    probe: Any, workbench: Any, tmp_path: Path
) -> None:
    server = _only(workbench("skills", "budget", "--json"))
    assert (server["name"], server["tokens"], server["tools"], server["accepted"]) == ("probe", None, None, False)
    assert server["command"] == [sys.executable, str(tmp_path / "server.py")]
    assert server["environment"] == ["API_KEY", "STARTS"]
    said = workbench("skills", "budget")
    assert "1 server unknown" in said.out
    assert (_starts(tmp_path), (tmp_path / "data/workbench.db").exists()) == (0, False)


def test_without_a_yes_the_command_the_names_and_the_hash_are_said_and_it_is_refused(
    probe: Any, workbench: Any, tmp_path: Path
) -> None:
    said = workbench("skills", "budget", "--mcp")
    hash_ = _only(workbench("skills", "budget", "--json"))["hash"]
    assert (said.code, said.out, _starts(tmp_path)) == (5, "", 0)
    for text in ("nothing was started", str(tmp_path / "server.py"), "API_KEY, STARTS", hash_):
        assert text in said.err
    assert "s3cret-value" not in said.err


def test_after_a_yes_to_its_hash_it_is_asked_once_and_remembered(probe: Any, workbench: Any, tmp_path: Path) -> None:
    hash_ = _only(workbench("skills", "budget", "--json"))["hash"]
    started = _only(workbench("skills", "budget", "--mcp", "--accept", hash_, "--json"))
    assert (started["from"], started["accepted"], _starts(tmp_path)) == ("started", True, 1)
    assert [tool["name"] for tool in started["tools"]] == ["add", "greet"]
    assert started["tokens"] == sum(tool["tokens"] for tool in started["tools"]) > 20
    again = workbench("skills", "budget", "--mcp", "--json")
    kept = _only(again)
    assert (again.code, kept["from"], kept["tools"], _starts(tmp_path)) == (0, "store", started["tools"], 1)
    total = again.json["mcp"]["sum"]
    assert (total["tokens"], total["by_client"]["claude"]["tokens"]) == (started["tokens"], started["tokens"])
    fresh = _only(workbench("skills", "budget", "--mcp", "--fresh", "--json"))
    assert (fresh["from"], _starts(tmp_path)) == ("started", 2)


def test_a_changed_value_of_its_environment_asks_again(probe: Any, workbench: Any, tmp_path: Path) -> None:
    hash_ = _only(workbench("skills", "budget", "--json"))["hash"]
    assert workbench("skills", "budget", "--mcp", "--accept", hash_).code == 0
    _configure(probe, tmp_path, {"STARTS": str(tmp_path / "starts"), "API_KEY": "another"})
    assert workbench("skills", "budget", "--mcp").code == 5
    assert workbench("skills", "budget", "--mcp", "--accept", hash_).code == 2
    assert _starts(tmp_path) == 1


def test_no_value_of_the_environment_is_printed_or_stored(probe: Any, workbench: Any, tmp_path: Path) -> None:
    hash_ = _only(workbench("skills", "budget", "--json"))["hash"]
    for arguments in (["--json"], ["--mcp", "--accept", hash_], ["--mcp", "--json"], []):
        said = workbench("skills", "budget", *arguments)
        assert "s3cret-value" not in said.out + said.err
    for file in (tmp_path / "data").rglob("*"):
        assert not file.is_file() or b"s3cret-value" not in file.read_bytes()


def test_a_saved_listing_costs_without_starting_anything(probe: Any, workbench: Any, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps({"tools": [{"name": "x", "description": "d" * 36, "inputSchema": {}}]}))
    server = _only(workbench("skills", "budget", "--mcp-tools", str(saved), "--json"))
    assert (server["from"], server["tokens"], _starts(tmp_path)) == ("listing", 11, 0)
    named = workbench("skills", "budget", "--mcp-tools", f"other={saved}", "--json").json["mcp"]["servers"]
    assert [(one["name"], one["tokens"]) for one in named] == [("probe", None), ("other", 11)]
    assert workbench("skills", "budget", "--mcp-tools", str(tmp_path / "none.json")).code == 3


def test_options_that_start_servers_need_the_one_that_says_so(probe: Any, workbench: Any) -> None:
    assert workbench("skills", "budget", "--accept", "0" * 64).code == 2
    assert workbench("skills", "budget", "--mcp", "--accept", "0" * 64).code == 2
    said = workbench("skills", "budget", "--mcp", "--server", "prob")
    assert (said.code, "did you mean probe?" in said.err) == (2, True)


def test_a_server_on_another_machine_is_never_called_unless_it_is_named(library: Any, workbench: Any) -> None:
    library.write(".mcp.json", json.dumps({"mcpServers": {"far": {"url": "https://mcp.example.com/"}}}))
    said = workbench("skills", "budget", "--mcp", "--json")
    assert (said.code, "another machine" in _only(said)["why"]) == (0, True)
    named = workbench("skills", "budget", "--mcp", "--server", "far")
    assert (named.code, "url: https://mcp.example.com/" in named.err) == (5, True)


def test_a_server_on_loopback_is_asked_over_http_after_a_yes(probe: Any, workbench: Any, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "STARTS": str(tmp_path / "starts")}
    server = subprocess.Popen(
        [sys.executable, tmp_path / "server.py", str(port)], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        probe.write(".mcp.json", json.dumps({"mcpServers": {"near": {"url": f"http://127.0.0.1:{port}/mcp"}}}))
        assert workbench("skills", "budget", "--mcp").code == 5
        hash_ = _only(workbench("skills", "budget", "--json"))["hash"]
        near = _only(workbench("skills", "budget", "--mcp", "--accept", hash_, "--json"))
        assert [tool["name"] for tool in near["tools"]] == ["add", "greet"]
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server did not start")


def _program(*argv: str) -> Server:
    return Server("bad", ("claude",), "file", written=argv, argv=argv, cwd="/")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("/no/such/program",), "can't be started: No such file"),
        (("sh", "-c", "echo 'what went wrong\x1b[2J' >&2; exit 3"), "it wrote: what went wrong␛"),
        (("sh", "-c", "head -c 20000000 /dev/zero"), "tools can't be listed"),
        (("yes",), "bad: "),
        (("sleep", "100"), "did not answer within 1 s"),
    ],
)
def test_a_server_that_is_none_fails_with_a_reason_in_time(argv: tuple[str, ...], message: str) -> None:
    started = time.monotonic()
    with pytest.raises(InputError) as raised:
        list_tools(_program(*argv), timeout=1)
    assert message in str(raised.value)
    assert time.monotonic() - started < 20


def test_all_that_a_server_started_has_ended_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    script = f"trap '' TERM; sleep 300 & echo $! $$ > {note}; sleep 300 & wait"
    with pytest.raises(InputError):
        list_tools(_program("sh", "-c", script), timeout=1)
    pids = note.read_text().split()
    assert len(pids) == 2
    assert not any(_is_running(pid) for pid in pids)


def test_what_a_server_left_behind_when_it_went_by_itself_has_ended_too(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with pytest.raises(InputError):
        list_tools(_program("sh", "-c", f"sleep 300 >/dev/null 2>&1 & echo $! > {note}"), timeout=5)
    assert not _is_running(note.read_text().strip())


def test_asking_can_be_stopped() -> None:
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    started = time.monotonic()
    with pytest.raises(CancelledError):
        list_tools(_program("sleep", "100"), timeout=60, cancel=cancel)
    assert time.monotonic() - started < 20


def _is_running(pid: str) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
