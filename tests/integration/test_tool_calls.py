"""Calls of tools, for real: in the sandbox, checked on both sides, and stored without their values."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import InputError
from workbench.sandbox.model import Limits
from workbench.sandbox.probe import probe
from workbench.skills.model import Skill
from workbench.storage import Store
from workbench.tools.calls import call
from workbench.tools.manifest import load_tools
from workbench.tools.model import CallResult

pytestmark = pytest.mark.skipif(not probe().works, reason=f"no sandbox here: {probe().reason}")

MANIFEST = """\
tools:
  - name: show
    description: Prints its arguments and its input.
    run: [python, scripts/show.py, "{words}", "--n={n}", [--strict, {if: strict}], --, "{path}", "{paths}"]
    stdin: args
    input_schema:
      type: object
      properties:
        words: {type: array, items: {type: string}}
        n: {type: integer}
        strict: {type: boolean}
        path: {type: string, format: path}
        paths: {type: array, items: {type: string, format: path}}
        secret: {type: string}
        say: {type: string}
    output: json
    output_schema: {type: object, required: [argv]}
  - name: text
    description: Prints text.
    run: [sh, -c, 'echo "$1"; exit "$2"', sh, "{text}", "{code}"]
    input_schema:
      type: object
      required: [text]
      additionalProperties: false
      properties: {text: {type: string}, code: {type: integer, default: 0}}
  - {name: join, description: x, call: "scripts/functions.py:join"}
  - {name: odd, description: x, call: "scripts/functions.py:odd"}
  - {name: fail, description: x, call: "scripts/functions.py:fail"}
  - {name: leave, description: x, call: "scripts/functions.py:leave"}
  - {name: wait, description: x, run: [sh, -c, "echo started; sleep 1000"]}
  - {name: broken, description: x, run: [python, scripts/nope.py]}
"""

SHOW = """\
import json, os, sys
given = json.load(sys.stdin)
print(given.get("say") or json.dumps({
    "argv": sys.argv[1:], "stdin": given,
    "read": [open(word).read() for word in sys.argv if os.path.isfile(word) and not word.endswith(".py")],
}))
"""

FUNCTIONS = '''\
from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Literal

import helper  # beside this file


@dataclass
class Style:
    separator: str = "-"
    inner: Style | None = None
    tags: list[str] = field(default_factory=list)


def join(words: list[str], /, style: Style | None = None, *, case: Literal["up", "down"] = "down", x: float = 0):
    """Join words."""
    print("to my own output")
    style = style or Style()
    joined = style.separator.join(words)
    inner = type(style.inner).__name__
    return {"text": helper.change(joined, case), "style": style, "inner": inner, "x": type(x).__name__}


def odd(kind: str):
    return {"set": {1}, "nan": float("nan"), "none": None, "key": {1: "a"}, "surrogate": "\\udc80"}[kind]


def fail(secret: str):
    raise ValueError(f"can't use {secret}")


def leave():
    print("bye", file=sys.stderr)
    sys.exit(3)
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "library"
    scripts = root / "skills" / "shop" / "scripts"
    scripts.mkdir(parents=True)
    (scripts / "show.py").write_text(SHOW)
    (scripts / "functions.py").write_text(FUNCTIONS)
    (scripts / "helper.py").write_text(
        "def change(text, case): return text.upper() if case == 'up' else text.lower()\n"
    )
    (scripts.parent / "sample.txt").write_text("the skill's own\n")
    (scripts.parent / "tools.yaml").write_text(MANIFEST)
    return root


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.db")


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    folder = tmp_path / "caller"
    folder.mkdir()
    return folder


class Shop:
    """The tools of one skill, called by name."""

    def __init__(self, root: Path, store: Store | None, cwd: Path) -> None:
        self.root, self.store, self.cwd = root, store, cwd
        self.tools = {tool.name: tool for tool in load_tools(root, Skill("skills/shop", "shop"))[0]}

    def call(self, name: str, arguments: dict[str, Any], **options: Any) -> CallResult:
        given = {"root": self.root, "store": self.store, "library": "lib", "tree": "t1", "cwd": self.cwd, **options}
        return call(self.tools[name], arguments, **given)

    def events(self) -> list[dict[str, Any]]:
        assert self.store is not None
        return [dict(row) for row in self.store.query("SELECT * FROM event ORDER BY id")]


@pytest.fixture
def shop(root: Path, store: Store, cwd: Path) -> Shop:
    return Shop(root, store, cwd)


def test_a_program_gets_its_arguments_and_its_output_is_parsed(shop: Shop) -> None:
    result = shop.call("show", {"words": ["a b", "$HOME"], "n": 3, "strict": True})
    assert (result.ok, result.outcome, result.reason) == (True, "ok", None)
    assert result.output["argv"] == ["a b", "$HOME", "--n=3", "--strict", "--"]
    assert result.output["stdin"] == {"words": ["a b", "$HOME"], "n": 3, "strict": True}
    assert json.loads(result.stdout) == result.output
    assert result.level.startswith("bubblewrap")


def test_text_output_is_kept_as_it_is(shop: Shop) -> None:
    result = shop.call("text", {"text": "\x1b[31mred", "code": 0})
    assert (result.ok, result.output) == (True, "\x1b[31mred\n")


def test_a_failing_program_tells_its_last_words(shop: Shop) -> None:
    result = shop.call("text", {"text": "x", "code": 300})
    assert (result.ok, result.outcome) == (False, "failed")
    assert (result.reason or "").startswith("exit")
    assert (result.reason or "").count("\n") == 0


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("not json", "the output is not JSON"),
        ("NaN", "the output is not JSON"),
        ("[" * 100_000, "the output is not JSON"),
        ("[1]", "the output does not fit its schema (1 place): has to be an object"),
        ("{}", "the output does not fit its schema (1 place): 'argv' is required"),
    ],
)
def test_output_that_is_not_what_was_promised_is_a_failure(shop: Shop, said: str, reason: str) -> None:
    result = shop.call("show", {"say": said})
    assert (result.ok, result.outcome, result.exit_code) == (False, "failed", 0)
    assert (result.reason or "").startswith(reason)


# Functions


def test_a_function_gets_dataclasses_and_its_result_comes_back_apart_from_its_output(shop: Shop) -> None:
    style = {"separator": "+", "inner": {"separator": "."}}
    result = shop.call("join", {"words": ["A", "B"], "style": style, "case": "up", "x": 2})
    assert (result.ok, result.reason) == (True, None)
    inner = {"separator": ".", "inner": None, "tags": []}
    assert result.output == {
        "text": "A+B",
        "style": {"separator": "+", "inner": inner, "tags": []},
        "inner": "Style",
        "x": "float",
    }
    assert result.stdout == "to my own output\n"


def test_a_functions_own_defaults_hold(shop: Shop) -> None:
    assert shop.call("join", {"words": ["A", "B"]}).output["text"] == "a-b"


@pytest.mark.parametrize(("kind", "ok"), [("set", False), ("nan", False), ("none", True), ("key", True)])
def test_a_result_has_to_be_json(shop: Shop, kind: str, ok: bool) -> None:
    result = shop.call("odd", {"kind": kind})
    assert result.ok is ok
    assert ok or "can't be said in JSON" in (result.reason or "")
    assert result.output == ({"1": "a"} if kind == "key" else None)


def test_a_lone_surrogate_in_a_result_does_not_lose_it(shop: Shop) -> None:
    assert shop.call("odd", {"kind": "surrogate"}).ok


def test_an_exception_is_readable_and_its_traceback_is_the_skills_own(shop: Shop) -> None:
    result = shop.call("fail", {"secret": "hunter2"})
    assert (result.outcome, result.exit_code) == ("failed", 1)
    assert result.reason == "exit 1: ValueError: can't use hunter2"
    assert "scripts/functions.py" in result.stderr
    assert "<string>" not in result.stderr


def test_a_function_may_leave_with_an_exit_code(shop: Shop) -> None:
    result = shop.call("leave", {})
    assert (result.outcome, result.exit_code, result.reason) == ("failed", 3, "exit 3: bye")


# Arguments


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("text", {}, "'text' is required"),
        ("text", {"text": 1}, "'text' has to be a string"),
        ("text", {"text": "a", "txt": 1}, "'txt' is not an argument"),
        ("text", {"text": "-rf"}, "'text' is '-rf', which the program would take for an option"),
        ("text", {"text": "a\0b"}, "NUL"),
        ("show", {"path": "nowhere.csv"}, "'path' is 'nowhere.csv', which is not there"),
        ("show", {"paths": ["/etc/passwd", "/no/where"]}, "'paths.1' is '/no/where'"),
        ("show", {"path": "a\0b"}, "NUL"),
        ("broken", {}, "the tool can't be called: there is no file 'scripts/nope.py'"),
    ],
)
def test_wrong_arguments_run_nothing_and_are_named(shop: Shop, name: str, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as raised:
        shop.call(name, arguments)
    assert says in raised.value.what
    assert shop.events() == []


def test_a_path_outside_is_shown_inside_and_rewritten(shop: Shop) -> None:
    (shop.cwd / "table.csv").write_text("mine\n")
    (shop.cwd / "deep").mkdir()
    (shop.cwd / "deep" / "table.csv").write_text("deeper\n")
    paths = [str(shop.cwd / "deep" / "table.csv"), "deep", "./table.csv"]
    result = shop.call("show", {"path": "table.csv", "paths": paths})
    assert result.output["argv"] == ["--", "inputs/table.csv", "inputs/2/table.csv", "inputs/deep", "inputs/table.csv"]
    assert result.output["read"] == ["mine\n", "deeper\n", "mine\n"]
    assert result.output["stdin"]["path"] == "inputs/table.csv"
    assert result.arguments["path"] == "table.csv"


def test_the_users_own_file_comes_before_the_skills(shop: Shop) -> None:
    assert shop.call("show", {"path": "sample.txt"}).output["read"] == ["the skill's own\n"]
    (shop.cwd / "sample.txt").write_text("mine\n")
    assert shop.call("show", {"path": "sample.txt"}).output["read"] == ["mine\n"]


def test_a_path_in_the_skill_is_found_at_its_place(shop: Shop) -> None:
    path = shop.root / "skills" / "shop" / "sample.txt"
    assert shop.call("show", {"path": str(path)}).output["argv"] == ["--", "sample.txt"]


def test_a_path_that_begins_with_a_dash_is_no_option(shop: Shop) -> None:
    (shop.cwd / "-rf").write_text("mine\n")
    assert shop.call("show", {"path": "-rf"}).output["argv"] == ["--", "inputs/-rf"]


def test_a_given_file_can_not_be_changed_by_the_tool(shop: Shop, root: Path) -> None:
    (root / "skills" / "shop" / "scripts" / "show.py").write_text("import sys; open(sys.argv[-1], 'a').write('x')")
    (shop.cwd / "table.csv").write_text("mine\n")
    result = shop.call("show", {"path": "table.csv"})
    assert "Read-only" in result.stderr
    assert (shop.cwd / "table.csv").read_text() == "mine\n"


# The store


def test_a_call_is_stored_with_sizes_and_without_values(shop: Shop, store: Store) -> None:
    result = shop.call("text", {"text": "hunter2"}, source="agent", clock=lambda: 1_700_000_000.5)
    shop.call("fail", {"secret": "hunter2"})
    first, second = shop.events()
    assert result.call_id == first["id"]
    assert (first["at"], first["kind"], first["source"]) == (1_700_000_000_500, "call", "agent")
    assert (first["library"], first["skill"], first["tree"], first["tool"]) == ("lib", "skills/shop", "t1", "text")
    assert (first["outcome"], first["exit_code"], first["sandbox"]) == (result.outcome, result.exit_code, result.level)
    assert json.loads(first["detail"])["arguments"] == {"text": 9}
    assert (second["outcome"], second["reason"]) == ("failed", "exit 1")
    assert "hunter2" not in json.dumps([first, second])


def test_values_stay_out_of_the_store_when_the_output_is_wrong(shop: Shop) -> None:
    shop.call("show", {"say": '{"hunter2": 1}'})
    shop.call("show", {"say": "hunter2"})
    assert "hunter2" not in json.dumps(shop.events())


def test_a_store_that_fails_does_not_lose_the_result(shop: Shop, store: Store) -> None:
    with store.transaction() as connection:
        connection.execute("DROP TABLE event")
    result = shop.call("text", {"text": "x", "code": 0})
    assert (result.ok, result.output, result.call_id) == (True, "x\n", None)
    assert "could not be stored" in (result.reason or "")


def test_without_a_store_nothing_is_stored_and_nothing_is_said(root: Path, cwd: Path) -> None:
    result = Shop(root, None, cwd).call("text", {"text": "x", "code": 0})
    assert (result.ok, result.call_id, result.reason) == (True, None, None)


# How a call ends


def test_a_call_can_be_stopped_and_is_stored_as_stopped(shop: Shop) -> None:
    cancel = threading.Event()
    result = shop.call("wait", {}, cancel=cancel, on_output=lambda *_: cancel.set())
    assert (result.ok, result.outcome, result.stdout) == (False, "cancelled", "started\n")
    assert shop.events()[0]["outcome"] == "cancelled"


def test_limits_are_passed_on(shop: Shop) -> None:
    result = shop.call("wait", {}, limits=Limits(wall_seconds=0.3))
    assert (result.outcome, result.reason) == ("timeout", "not done after 0.3 s")


def test_without_a_sandbox_a_call_is_refused_with_the_remedy(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = shop.call("text", {"text": "x"})
    assert (result.ok, result.outcome, result.level) == (False, "refused", "none")
    assert "apt install bubblewrap" in (result.reason or "")
    assert shop.events()[0]["outcome"] == "refused"


def test_the_same_call_works_unsandboxed_when_allowed(shop: Shop) -> None:
    (shop.cwd / "table.csv").write_text("mine\n")
    shown = shop.call("show", {"path": "table.csv"}, unsandboxed=True)
    joined = shop.call("join", {"words": ["A", "B"]}, unsandboxed=True)
    assert (shown.output["read"], shown.level) == (["mine\n"], "none")
    assert joined.output["text"] == "a-b"


def test_a_result_is_json_for_the_command_line(shop: Shop) -> None:
    made = shop.call("join", {"words": ["A"]}).to_json()
    assert json.loads(json.dumps(made)) == made


# The skills that come with the workbench


BUNDLED = Path(__file__).parents[2] / "skills"


@pytest.mark.parametrize("name", sorted(path.parent.name for path in BUNDLED.glob("*/tools.yaml")))
def test_every_bundled_tool_loads_without_a_problem(name: str) -> None:
    tools, problems = load_tools(BUNDLED, Skill(name, name))
    assert tools
    assert problems == ()


def test_the_bundled_profile_reads_the_users_file(shop: Shop) -> None:
    (tool,), _ = load_tools(BUNDLED, Skill("csv-profile", "csv-profile"))
    (shop.cwd / "data.csv").write_text("a,b\n1,\n2,x\n")
    arguments = {"path": "data.csv", "top": 1}
    result = call(tool, arguments, root=BUNDLED, store=None, library=None, tree=None, cwd=shop.cwd)
    assert (result.ok, result.output["rows"]) == (True, 2)
