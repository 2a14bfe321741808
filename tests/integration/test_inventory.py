"""What agents read besides skills: found, digested, compared with what was accepted, and never a secret shown."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.skills.inventory.collect import MAX_HOPS, collect, entries_in
from workbench.skills.inventory.masking import masked
from workbench.skills.inventory.model import Root, Source

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How long something takes here says more about the machine than about the code."""

SECRET = "hunter2hunter2"


class Project:
    """A project with a home beside it, and the inventory of both."""

    def __init__(self, library: Any, home: Path) -> None:
        self.library, self.home, self.root = library, home, library.root

    def write(self, path: str, content: str | bytes | dict[str, Any]) -> None:
        text = json.dumps(content) if isinstance(content, dict) else content
        if path.startswith("~/"):
            file = self.home / path[2:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        else:
            self.library.write(path, text)

    def entries(self) -> list[dict[str, Any]]:
        return [entry.to_json("new") for entry in collect(self.root, self.home, {})[0]]

    def one(self, path: str, name: str = "", kind: str | None = None) -> dict[str, Any]:
        found = [e for e in self.entries() if (e["path"], e["name"]) == (path, name) and kind in (None, e["kind"])]
        assert len(found) == 1, self.entries()
        return found[0]


@pytest.fixture
def project(library: Any) -> Project:
    return Project(library, Path(os.environ["HOME"]))


@pytest.mark.parametrize(
    ("path", "kind", "client"),
    [
        ("CLAUDE.md", "instructions", "claude"),
        (".claude/CLAUDE.md", "instructions", "claude"),
        ("CLAUDE.local.md", "instructions", "claude"),
        ("AGENTS.md", "instructions", "codex"),
        ("GEMINI.md", "instructions", "gemini"),
        ("src/deep/AGENTS.md", "instructions", "cursor"),
        ("src/CLAUDE.md", "instructions", "claude"),
        (".cursorrules", "rule", "cursor"),
        (".cursor/rules/a/b.mdc", "rule", "cursor"),
        (".github/copilot-instructions.md", "instructions", "copilot"),
        (".github/instructions/x.instructions.md", "rule", "copilot"),
        (".claude/commands/git/commit.md", "command", "claude"),
        (".codex/prompts/x.md", "command", "codex"),
        (".gemini/commands/x.toml", "command", "gemini"),
        (".opencode/command/x.md", "command", "opencode"),
        (".claude/agents/x.md", "agent", "claude"),
        (".opencode/agent/x.md", "agent", "opencode"),
        (".opencode/plugin/x.ts", "hook", "opencode"),
        ("tools/plugin/commands/x.md", "command", "claude"),
        ("~/.claude/CLAUDE.md", "instructions", "claude"),
        ("~/.claude/commands/x.md", "command", "claude"),
        ("~/.claude/plugins/cache/m/p/1.0/commands/x.md", "command", "claude"),
        ("~/.codex/AGENTS.md", "instructions", "codex"),
        ("~/.gemini/GEMINI.md", "instructions", "gemini"),
        ("~/.config/opencode/agent/x.md", "agent", "opencode"),
    ],
)
def test_every_place_is_looked_into(project: Project, path: str, kind: str, client: str) -> None:
    project.write("tools/plugin/.claude-plugin/plugin.json", "{}")
    project.write("~/.claude/plugins/cache/m/p/1.0/.claude-plugin/plugin.json", "{}")
    project.write(path, "prompt = 'x'\n" if path.endswith(".toml") else "Do it.\n")
    entry = project.one(path)
    assert (entry["kind"], entry["scope"]) == (kind, "user" if path.startswith("~/") else "project")
    assert client in entry["clients"]
    assert entry["digest"].startswith("sha256:")
    assert entry["problem"] is None


HOOKS = {"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "./check.sh"}]}]}}
SERVERS = {"mcpServers": {"db": {"command": "npx", "args": ["-y", "db-mcp"], "env": {"DB_PASSWORD": SECRET}}}}


@pytest.mark.parametrize(
    ("path", "content", "kind", "name", "runs"),
    [
        (".claude/settings.json", HOOKS, "hook", "PreToolUse:Bash", "./check.sh"),
        (".claude/settings.local.json", HOOKS, "hook", "PreToolUse:Bash", "./check.sh"),
        ("~/.claude/settings.json", HOOKS, "hook", "PreToolUse:Bash", "./check.sh"),
        ("tools/plugin/hooks/hooks.json", HOOKS, "hook", "PreToolUse:Bash", "./check.sh"),
        (".cursor/hooks.json", {"version": 1, "hooks": {"stop": [{"command": "./a.sh"}]}}, "hook", "stop", "./a.sh"),
        (".github/hooks/x.json", {"hooks": {"sessionStart": [{"type": "command", "bash": "./a.sh"}]}}, "hook",
         "sessionStart", "./a.sh"),
        (".claude/settings.json", {"statusLine": {"type": "command", "command": "line.sh"}}, "hook", "statusLine",
         "line.sh"),
        ("~/.claude/settings.json", {"apiKeyHelper": "/bin/key"}, "hook", "apiKeyHelper", "/bin/key"),
        ("~/.codex/config.toml", 'notify = ["python3", "n.py"]\n', "hook", "notify", "python3 n.py"),
        (".mcp.json", SERVERS, "mcp-server", "db", "npx -y db-mcp"),
        (".cursor/mcp.json", SERVERS, "mcp-server", "db", "npx -y db-mcp"),
        (".vscode/mcp.json", '{"servers": {"db": {"command": "db", /* why */ "args": [],},}} // end', "mcp-server",
         "db", "db"),
        ("~/.claude.json", SERVERS, "mcp-server", "db", "npx -y db-mcp"),
        ("~/.codex/config.toml", '[mcp_servers.gh]\ncommand = "gh"\nargs = ["mcp"]\n', "mcp-server", "gh", "gh mcp"),
        (".gemini/settings.json", {"mcpServers": {"w": {"httpUrl": "https://x.example/"}}}, "mcp-server", "w",
         "connects to https://x.example/"),
        ("opencode.json", {"mcp": {"l": {"type": "local", "command": ["a", "b"], "environment": {"K": SECRET}}}},
         "mcp-server", "l", "a b"),
    ],
)  # fmt: skip
def test_what_is_started_is_visible_and_the_riskiest(
    project: Project, path: str, content: Any, kind: str, name: str, runs: str
) -> None:
    project.write("tools/plugin/.claude-plugin/plugin.json", "{}")
    project.write(path, content)
    entry = project.one(path, name)
    assert (entry["kind"], entry["risk"], entry["runs"]) == (kind, "high", [runs])


def test_the_digest_is_of_exactly_that_thing_and_of_no_secret(project: Project) -> None:
    def digests() -> dict[str, str]:
        return {e["name"]: e["digest"] for e in project.entries() if e["kind"] == "mcp-server"}

    server = SERVERS["mcpServers"]["db"]
    project.write(".mcp.json", {"mcpServers": {"db": server, "other": {"command": "x"}}})
    first = digests()
    project.write(
        ".mcp.json", {"mcpServers": {"other": {"command": "y"}, "db": {**server, "env": {"DB_PASSWORD": "z"}}}}
    )
    assert digests()["db"] == first["db"], "neither another server nor a value counts"
    assert digests()["other"] != first["other"]
    project.write(".mcp.json", {"mcpServers": {"db": {**server, "env": {"DB_PASSWORD": "z", "MORE": "1"}}}})
    assert digests()["db"] != first["db"], "another name counts"
    project.write(".mcp.json", {"mcpServers": {"db": {**server, "args": ["-y", "db-mcp@2"]}}})
    assert digests()["db"] != first["db"]


def test_permissions_are_listed_and_wide_ones_stand_out(project: Project) -> None:
    project.write(".claude/settings.json", {"permissions": {"allow": ["Read", "Bash(git:*)"], "deny": ["Bash(*)"]}})
    entry = project.one(".claude/settings.json", "permissions")
    assert (entry["risk"], entry["about"][0]) == ("medium", "permissions.allow: Read, Bash(git:*)")
    project.write(".claude/settings.json", {"permissions": {"defaultMode": "bypassPermissions"}})
    assert project.one(".claude/settings.json", "permissions")["risk"] == "high"
    project.write(".claude/settings.json", {"permissions": {}})
    assert project.entries() == []


def test_commands_and_agents_say_what_they_may_do_and_what_they_start(project: Project) -> None:
    project.write(".claude/commands/plain.md", "Say hello.\n")
    project.write(".claude/commands/st.md", "---\nallowed-tools: Bash(git:*)\n---\nNow: !`git status`\n")
    project.write(".claude/agents/rev.md", "---\ntools: Read\nhooks: {Stop: [{command: ./x.sh}]}\n---\nReview.\n")
    project.write(".gemini/commands/d.toml", 'prompt = "!{git diff}"\n')
    assert project.one(".claude/commands/plain.md")["risk"] == "low"
    status = project.one(".claude/commands/st.md")
    assert (status["risk"], status["runs"], status["about"]) == (
        "medium", ["git status"], ["allowed-tools: Bash(git:*)"],
    )  # fmt: skip
    assert project.one(".claude/agents/rev.md")["risk"] == "medium"
    assert project.one(".claude/agents/rev.md", "Stop")["runs"] == ["./x.sh"]
    assert project.one(".gemini/commands/d.toml")["runs"] == ["git diff"]


def test_the_script_that_a_hook_starts_is_listed_too(project: Project) -> None:
    command = '"$CLAUDE_PROJECT_DIR"/.claude/hooks/check.sh --fast'
    project.write(".claude/settings.json", {"hooks": {"Stop": [{"hooks": [{"type": "command", "command": command}]}]}})
    project.write(".claude/hooks/check.sh", "echo hi\n")
    project.write(
        "~/.claude/settings.json", {"hooks": {"Stop": [{"command": "python3 ~/.claude/h.py /etc/passwd.txt"}]}}
    )
    project.write("~/.claude/h.py", "print(1)\n")
    scripts = [(e["path"], e["risk"]) for e in project.entries() if e["kind"] == "script"]
    assert scripts == [(".claude/hooks/check.sh", "high"), ("~/.claude/h.py", "high")]


def test_imports_are_listed_and_circles_and_depth_end(project: Project) -> None:
    project.write("CLAUDE.md", "See @docs/a.md and @AGENTS.md, `@docs/code.md`, me@x.example and @someone.\n")
    project.write("docs/a.md", "@b.md @../CLAUDE.md @~/.claude/mine.md\n")
    project.write("docs/b.md", "@a.md\n")
    project.write("docs/code.md", "")
    project.write("AGENTS.md", "x\n")
    project.write("~/.claude/mine.md", "y\n")
    entries = {e["path"]: e for e in project.entries()}
    assert set(entries) == {"CLAUDE.md", "AGENTS.md", "docs/a.md", "docs/b.md", "~/.claude/mine.md"}
    assert {"claude", "codex"} <= set(entries["AGENTS.md"]["clients"])
    assert all(e["problem"] is None for e in entries.values())
    for number in range(10):
        project.write(f"deep/{number}.md", f"@{number + 1}.md\n")
    project.write("CLAUDE.md", "@deep/0.md\n")
    found, skipped = collect(project.root, project.home, {})
    assert sum(entry.path.startswith("deep/") for entry in found) == MAX_HOPS
    assert "no further" in skipped[0].reason


def test_imports_that_lead_nowhere_or_outside_are_problems_with_a_line(project: Project, tmp_path: Path) -> None:
    (tmp_path / "outside.md").write_text("secret")
    project.write("CLAUDE.md", "x\n@gone.md\n")
    project.write("GEMINI.md", "@../outside.md\n")
    gone, outside = project.one("CLAUDE.md")["problem"], project.one("GEMINI.md")["problem"]
    assert (gone["code"], gone["line"]) == ("agent-import", 2)
    assert "outside the project" in outside["message"]
    assert "outside.md" not in {e["path"] for e in project.entries()}


@pytest.mark.parametrize(
    ("path", "content", "code", "line"),
    [
        (".mcp.json", '{"mcpServers": {\n', "agent-file-malformed", 2),
        (".claude/settings.json", "[1]", "agent-file-shape", 1),
        (".claude/settings.json", b'{"a": "\xff"}', "agent-file-not-utf-8", 1),
        (".claude/settings.json", "[" * 100_000, "agent-file-malformed", 1),
        (".claude/settings.json", '{"a":' * 500 + "1" + "}" * 500, "agent-file-malformed", 1),
        (".codex/config.toml", "a = \n", "agent-file-malformed", 1),
        (".codex/config.toml", "a = " + "[" * 5_000 + "]" * 5_000, "agent-file-malformed", 1),
        (".codex/config.toml", "x=1\n" * 100_000, "agent-file-malformed", 1),
        (".claude/agents/x.md", "---\ntools: [a\n---\n", "frontmatter-yaml", 2),
        (".gemini/commands/x.toml", "prompt = {", "agent-file-malformed", 1),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_can_not_be_read_is_an_entry_with_its_problem_and_remedy(
    project: Project, path: str, content: Any, code: str, line: int
) -> None:
    project.write(path, content)
    entry = project.one(path)
    assert (entry["problem"]["code"], entry["problem"]["path"]) == (code, path)
    assert entry["problem"]["line"] == line
    assert entry["problem"]["remedy"]
    assert entry["digest"]


def test_a_key_that_stands_twice_is_said(project: Project) -> None:
    project.write(".mcp.json", '{"mcpServers": {"a": {"command": "good"}, "a": {"command": "bad"}}}')
    entry = project.one(".mcp.json", "a")
    assert (entry["runs"], entry["problem"]["code"]) == (["bad"], "agent-file-duplicate-key")


def test_nothing_outside_the_roots_is_read(project: Project, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/x.md").write_text("secret")
    (project.root / "CLAUDE.md").symlink_to(tmp_path / "outside/x.md")
    (project.root / ".claude").mkdir()
    (project.root / ".claude/commands").symlink_to(tmp_path / "outside")
    os.mkfifo(project.root / "AGENTS.md")
    found, skipped = collect(project.root, project.home, {})
    assert {(e.path, e.digest, e.problem and e.problem.code) for e in found} == {
        ("CLAUDE.md", None, "agent-file-unreadable"),
        ("AGENTS.md", None, "agent-file-unreadable"),
        (".claude/commands", None, "agent-file-unreadable"),
    }
    assert skipped == ()


def everything(project: Project) -> None:
    project.write("CLAUDE.md", "Be kind.\n")
    project.write(".mcp.json", {**SERVERS, "x": 1})
    project.write(".claude/settings.json", {**HOOKS, "env": {"API_TOKEN": SECRET}})
    project.write("~/.claude/CLAUDE.md", "Mine.\n")


def test_first_everything_is_new_and_then_only_what_changed_stands_out(project: Project, workbench: Any) -> None:
    everything(project)
    first = workbench("inventory", "--check", "--json")
    assert (first.code, first.json["counts"]["new"], first.json["counts"]["total"]) == (1, 5, 5)
    assert workbench("inventory", "--accept").code == 0
    assert workbench("inventory", "--check").code == 0
    project.write("CLAUDE.md", "Be cruel.\n")
    project.write(".mcp.json", {"mcpServers": {}})
    project.write("AGENTS.md", "New.\n")
    said = workbench("inventory", "--check", "--json")
    assert said.code == 1
    status = {e["path"]: e["status"] for e in said.json["entries"]}
    assert (status["CLAUDE.md"], status["AGENTS.md"], status["~/.claude/CLAUDE.md"]) == ("changed", "new", "same")
    assert [(one["path"], one["name"]) for one in said.json["gone"]] == [(".mcp.json", "db")]
    text = workbench("inventory")
    assert "! changed" in text.out
    assert "- gone" in text.out


def test_accepting_one_path_leaves_the_others(project: Project, workbench: Any) -> None:
    everything(project)
    assert workbench("inventory", "--accept", ".claude", "~/.claude/CLAUDE.md").code == 0
    status = {e["path"]: e["status"] for e in workbench("inventory", "--json").json["entries"]}
    assert status == {
        ".claude/settings.json": "same", "~/.claude/CLAUDE.md": "same", "CLAUDE.md": "new", ".mcp.json": "new",
    }  # fmt: skip
    assert workbench("inventory", "--accept", "no/such").code == 2
    (project.root / ".claude/settings.json").unlink()
    assert len(workbench("inventory", "--json").json["gone"]) == 2
    workbench("inventory", "--accept", ".claude/settings.json")
    assert workbench("inventory", "--json").json["gone"] == []


def test_a_users_own_files_are_accepted_once_for_all_projects(project: Project, workbench: Any, tmp_path: Path) -> None:
    everything(project)
    workbench("inventory", "--accept")
    (tmp_path / "another").mkdir()
    said = workbench("inventory", "--library", str(tmp_path / "another"), "--json").json
    assert [(e["path"], e["status"]) for e in said["entries"]] == [("~/.claude/CLAUDE.md", "same")]
    assert said["gone"] == []


def test_what_can_not_be_read_is_never_accepted(project: Project, workbench: Any, tmp_path: Path) -> None:
    (tmp_path / "outside.md").write_text("x")
    (project.root / "CLAUDE.md").symlink_to(tmp_path / "outside.md")
    said = workbench("inventory", "--accept", "--check")
    assert said.code == 1
    assert "not accepted" in said.err


def test_the_project_says_what_git_makes_of_it(project: Project, workbench: Any) -> None:
    everything(project)
    project.write(".gitignore", "CLAUDE.local.md\nignored/\n")
    project.library.commit()
    project.write("CLAUDE.md", "More.\n")
    project.write("CLAUDE.local.md", "x\n")
    project.write("ignored/AGENTS.md", "x\n")
    project.write("AGENTS.md", "x\n")
    git = {e["path"]: e["git"] for e in workbench("inventory", "--json").json["entries"]}
    assert git == {
        ".mcp.json": "tracked", ".claude/settings.json": "tracked", "CLAUDE.md": "modified", "AGENTS.md": "untracked",
        "CLAUDE.local.md": "ignored", "ignored/AGENTS.md": "ignored", "~/.claude/CLAUDE.md": None,
    }  # fmt: skip


def test_no_secret_reaches_json_text_or_the_store(project: Project, workbench: Any) -> None:
    project.write(".mcp.json", {"mcpServers": {
        "a": {"command": "x", "args": ["--api-key", SECRET, f"--token={SECRET}"], "env": {"T": SECRET}, "cwd": "/x"},
        "b": {"url": f"https://me:{SECRET}@x.example/mcp?key={SECRET}", "headers": {"Authorization": SECRET}},
        "c": {"command": "x", "env": SECRET, "nested": {"env": {"K": SECRET}}},
    }})  # fmt: skip
    project.write(".claude/settings.json", {
        "env": {"API_TOKEN": SECRET},
        "hooks": {"Stop": [{"command": f"API_TOKEN={SECRET} curl -H 'Authorization: Bearer {SECRET}' x"}]},
    })  # fmt: skip
    project.write(".claude/agents/x.md", f"---\nmcpServers: {{m: {{command: x, env: {{K: {SECRET}}}}}}}\n---\nHi\n")
    project.write("~/.codex/config.toml", f'[mcp_servers.a]\ncommand = "x"\n[mcp_servers.a.env]\nK = "{SECRET}"\n')
    said = [workbench("inventory"), workbench("inventory", "--json"), workbench("inventory", "--accept", "--json")]
    assert SECRET not in "".join(one.out + one.err for one in said)
    assert "API_TOKEN" in said[1].out, "the name is shown"
    for file in Path(os.environ["WORKBENCH_DATA"]).rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    "line",
    ["curl -H 'Authorization: Bearer {}'", "FOO={} cmd", "cmd --password {}", "cmd --api-key={}",
     "cmd --auth-token '{}'", "psql postgres://me:{}@db/x", "curl https://x.example/?a={}&b={}",
     "cmd -H 'X-Api-Key: {}'", "env TOKEN=\"{}\" x"],
)  # fmt: skip
def test_command_lines_are_shown_without_secrets(line: str) -> None:
    assert SECRET not in masked(line.replace("{}", SECRET))


@pytest.mark.parametrize(
    "line",
    ["npx -y @scope/server@1.2.3 --root /home/you", "docker run img@sha256:" + "0a1b" * 16, "./check.sh --fast -v",
     "python3 -m keyring_tool --keyboard us", "uvx mcp-server-git --repository ."],
)  # fmt: skip
def test_what_is_no_secret_stays(line: str) -> None:
    assert masked(line) == line


@pytest.mark.parametrize("token", ["sk-abcdefghijklmnop", "ghp_abcdefghij0123456789", "AKIAABCDEFGHIJKLMNOP",
                                   "eyJhbGciOiJIUzI1NiJ9.e30.abc", "Ab3" * 14])  # fmt: skip
def test_a_token_is_known_by_its_look(token: str) -> None:
    assert token not in masked(f"cmd {token}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["hooks", "mcpServers", "env", "command", "args", "permissions", "x"]), inner)
    ),
    max_leaves=20,
)


@PATIENT
@given(JSON, st.sampled_from(["settings", "mcp"]))
def test_no_shape_breaks_the_reader(value: Any, reader: str) -> None:
    source = Source(Root(Path("/x"), "", "project"), "a.json", reader, ("claude", "opencode"))
    for entry in entries_in(source, json.dumps(value).encode(), "/x"):
        json.dumps(entry.to_json("new"))


@PATIENT
@given(st.binary(max_size=300), st.sampled_from(["a.json", "a.toml", "a.md"]))
def test_no_bytes_break_the_reader(data: bytes, name: str) -> None:
    reader = "agent" if name == "a.md" else "settings"
    source = Source(Root(Path("/x"), "", "project"), name, reader, ("claude",))
    for entry in entries_in(source, data):
        json.dumps(entry.to_json("new"))


def test_names_that_are_not_utf_8_and_controls_stay_harmless(project: Project, workbench: Any) -> None:
    folder = project.root / ".claude/commands"
    folder.mkdir(parents=True)
    (Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff\x1b[31m.md"))).write_text("x")
    project.write(".mcp.json", {"mcpServers": {"\x1b[2Jx": {"command": "\x1b]0;x\x07"}}})
    assert workbench("inventory", "--accept").code == 0
    said = workbench("inventory")
    assert "\x1b" not in said.out + said.err
    assert workbench("inventory", "--check").code == 0


def _source(name: str, reader: str) -> Source:
    return Source(Root(Path("/x"), "", "project"), name, reader, ("claude", "opencode"))


@pytest.mark.parametrize(
    ("name", "reader", "data"),
    [
        ("a.json", "mcp", json.dumps({"mcpServers": {f"s{n}": {"args": ["-a" * 200] * 5} for n in range(2_000)}})),
        ("a.json", "settings", json.dumps({"hooks": {"Stop": [{"hooks": [{"command": "-a" * 900}] * 2_000}]}})),
        ("a.json", "settings", "{" + "/* " * 600_000),
        ("a.json", "settings", "{" + '"' + "\\" * 500_000),
        ("a.toml", "settings", "a" + ".a" * 100_000 + "=1"),
        ("a.toml", "settings", "a" * 250_000 + "=1"),
        ("a.md", "command", "!`" * 500_000),
        ("a.md", "agent", "---\n" + "a: b\n" * 20_000 + "---\n"),
    ],
    ids=range(8),
)
def test_no_file_takes_long(name: str, reader: str, data: str) -> None:
    began = time.process_time()
    found = entries_in(_source(name, reader), data.encode())
    assert time.process_time() - began < 2
    assert len(found) <= 501


def test_what_is_too_much_is_counted(project: Project) -> None:
    project.write(".mcp.json", {"mcpServers": {f"s{number:04}": {"command": "x"} for number in range(600)}})
    entries = project.entries()
    assert len(entries) == 501
    said = [entry["problem"]["message"] for entry in entries if entry["problem"]]
    assert said == ["it has 600 entries; only the first 500 are listed"]
