"""Which MCP servers the clients' settings name, read without starting any or saying a secret."""

from pathlib import Path
from typing import Any

import pytest

from workbench.errors import InputError
from workbench.skills.model import Skipped
from workbench.tools.mcp_cost import tool_costs
from workbench.tools.mcp_listing import parsed_listing
from workbench.tools.mcp_servers import Server, configured_servers


def _servers(machine: Any) -> tuple[dict[str, Server], list[Skipped]]:
    skipped: list[Skipped] = []
    found = configured_servers(machine.project, machine.home, machine.env, skipped, machine=machine.root)
    return {server.name: server for server in found}, skipped


def test_every_clients_own_file_and_way_of_writing_is_read(machine: Any) -> None:
    run = {"command": "run", "args": ["it"]}
    machine.json(machine.project / ".mcp.json", {"mcpServers": {"shared": run}})
    machine.json(
        machine.home / ".claude.json",
        {"mcpServers": {"mine": run}, "projects": {str(machine.project): {"mcpServers": {"local": run}}}},
    )
    machine.json(machine.project / ".cursor/mcp.json", {"mcpServers": {"cursor": run}})
    (machine.project / ".vscode").mkdir()
    (machine.project / ".vscode/mcp.json").write_text('{// a remark\n"servers": {"code": {"command": "run",},},}')
    machine.json(machine.home / ".copilot/mcp-config.json", {"mcpServers": {"copilot": run}})
    machine.json(machine.home / ".gemini/settings.json", {"mcpServers": {"gemini": {"httpUrl": "http://localhost/"}}})
    machine.json(
        machine.project / "opencode.json",
        {"mcp": {"open": {"type": "local", "command": ["run", "it"], "environment": {}}}},
    )
    (machine.home / ".codex").mkdir()
    (machine.home / ".codex/config.toml").write_text('[mcp_servers.codex]\ncommand = "run"\nenv = {A = "1"}\n')
    servers, skipped = _servers(machine)
    assert skipped == []
    assert {name: server.clients for name, server in servers.items()} == {
        "shared": ("claude", "copilot"), "mine": ("claude",), "local": ("claude",), "cursor": ("cursor",),
        "code": ("copilot",), "copilot": ("copilot",), "gemini": ("gemini",), "open": ("opencode",),
        "codex": ("codex",),
    }  # fmt: skip
    assert servers["open"].written == ("run", "it")
    assert (servers["gemini"].transport, servers["gemini"].is_near) == ("http", True)


def test_the_same_name_in_a_weaker_file_is_listed_as_skipped(machine: Any) -> None:
    machine.json(machine.project / ".mcp.json", {"mcpServers": {"one": {"command": "first"}}})
    machine.json(machine.home / ".claude.json", {"mcpServers": {"one": {"command": "second"}}})
    servers, skipped = _servers(machine)
    assert servers["one"].written == ("first",)
    assert skipped[0].reason == "the server 'one' is named by a stronger file of Claude Code"


def test_variables_are_put_in_but_never_shown(machine: Any) -> None:
    machine.env.update({"TOKEN": "s3cret", "HOST": "localhost"})
    entry = {
        "command": "${HOST}",
        "args": ["--key", "${TOKEN}", "${PORT:-80}"],
        "env": {"KEY": "${env:TOKEN}", "N": 1},
    }
    machine.json(machine.project / ".mcp.json", {"mcpServers": {"one": entry, "far": {"url": "https://${HOST}.org/"}}})
    servers, _ = _servers(machine)
    one = servers["one"]
    assert one.argv == ("localhost", "--key", "s3cret", "80")
    assert one.environment == {"KEY": "s3cret", "N": "1"}
    assert one.written == ("${HOST}", "--key", "${TOKEN}", "${PORT:-80}")
    assert "s3cret" not in repr(one)
    assert (servers["far"].address, servers["far"].is_near) == ("https://localhost.org/", False)


def test_the_hash_changes_with_every_part_of_what_would_be_started() -> None:
    base = Server("n", ("claude",), "f", written=("a",), argv=("a", "b"), environment={"K": "1"}, cwd="/x")
    others = [
        Server("n", ("claude",), "f", written=("a",), argv=("a", "b", ""), environment={"K": "1"}, cwd="/x"),
        Server("n", ("claude",), "f", written=("a",), argv=("a b",), environment={"K": "1"}, cwd="/x"),
        Server("n", ("claude",), "f", written=("a",), argv=("a", "b"), environment={"K": "2"}, cwd="/x"),
        Server("n", ("claude",), "f", written=("a",), argv=("a", "b"), environment={"K": "1"}, cwd="/y"),
        Server("n", ("claude",), "f", url="a", address="a"),
        Server("n", ("claude",), "f", url="a", address="a", headers={"K": "1"}),
    ]
    assert len({base.hash, *(other.hash for other in others)}) == 7
    same = Server("other", ("codex",), "g", argv=("a", "b"), environment={"K": "1"}, cwd="/x")
    assert same.hash == base.hash


def test_what_can_not_be_started_says_why(machine: Any) -> None:
    machine.json(
        machine.project / ".mcp.json",
        {
            "mcpServers": {
                "missing": {"command": "x", "args": ["${NOPE}", "${input:key}"]},
                "nul": {"command": "x\0"},
                "equals": {"command": "x", "env": {"A=B": "1"}},
                "scheme": {"url": "file:///etc/passwd"},
                "bad": {"url": "http://[::1"},
                "off": {"command": "x", "disabled": True},
                "empty": {},
                "text": "x",
                "args": {"args": ["only"]},
            }
        },
    )
    servers, skipped = _servers(machine)
    assert servers["missing"].fault == "it needs ${NOPE}, ${input:key}, which is not set"
    assert {name for name, server in servers.items() if server.fault} == {"missing", "nul", "equals", "scheme", "bad"}
    assert {"off", "empty", "text", "args"}.isdisjoint(servers)
    assert sum(str(machine.project / ".mcp.json") == one.path for one in skipped) >= 4


def test_hostile_settings_end_in_a_reason(machine: Any) -> None:
    file = machine.project / ".mcp.json"
    for text in ("[" * 100_000, '{"mcpServers": []}', "{", "\xff", '{"mcpServers": {"a": {"command": [1, {}]}}}'):
        file.write_bytes(text.encode("latin-1"))
        _servers(machine)
    machine.json(file, {"mcpServers": {f"s{n}": {"command": "x", "args": [str(n)]} for n in range(5_000)}})
    servers, skipped = _servers(machine)
    assert len(servers) == 200
    assert any("only the first 200 of 5,000 MCP servers are read" in one.reason for one in skipped)
    file.unlink()
    file.symlink_to(machine.root / "outside.json")
    machine.json(machine.root / "outside.json", {"mcpServers": {"a": {"command": "x"}}})
    assert _servers(machine)[0] == {}


@pytest.mark.parametrize(
    "text",
    [
        b'{"tools": [{"name": "a"}]}',
        b'[{"name": "a"}]',
        b'{"jsonrpc": "2.0", "id": 1, "result": {"tools": [{"name": "a"}]}}',
    ],
)
def test_a_saved_listing_may_be_the_answer_or_its_tools(text: bytes) -> None:
    assert parsed_listing(text, "file") == {None: ({"name": "a"},)}


def test_a_saved_listing_may_name_its_servers() -> None:
    assert set(parsed_listing(b'{"x": [{"name": "a"}], "y": {"tools": []}}', "file")) == {"x", "y"}


@pytest.mark.parametrize("text", [b"", b"{", b"3", b"{}", b'{"tools": 3}', b'[{"name": 3}]', b"[" * 99_999, b"\xff"])
def test_what_is_no_listing_is_an_error(text: bytes) -> None:
    with pytest.raises(InputError):
        parsed_listing(text, "file")


def test_a_tool_costs_its_name_description_and_schema() -> None:
    schema = {"type": "object", "properties": {"q": {"type": "string"}}}
    assert tool_costs(({"name": "find", "description": "x" * 40, "inputSchema": schema},)) == (("find", 25),)
    assert tool_costs(({"name": "bare", "inputSchema": None, "description": 7},)) == (("bare", 2),)


def test_a_path_that_is_no_file_is_no_server(machine: Any) -> None:
    (machine.project / ".mcp.json").mkdir()
    assert _servers(machine)[0] == {}
    assert Path(_servers(machine)[1][0].path).name == ".mcp.json"
