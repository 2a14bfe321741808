"""A library with one skill, and its cases run as the command line runs them."""

from pathlib import Path

from workbench.skills.reader import read
from workbench.storage import Store
from workbench.testing.cases import load_cases
from workbench.testing.results import CaseResult, TestRun
from workbench.testing.runner import run_cases
from workbench.tools.manifest import load_tools

SCRIPT = """\
import sys, pathlib
if sys.argv[1] == "echo": print(*sys.argv[2:])
if sys.argv[1] == "cat": sys.stdout.write(pathlib.Path(sys.argv[2]).read_text())
if sys.argv[1] == "write": pathlib.Path(sys.argv[2]).write_text(sys.argv[3])
if sys.argv[1] == "fail": sys.exit("it went wrong")
if sys.argv[1] == "loop":
    while True: pass
"""
TOOLS = """\
tools:
  - name: echo
    description: Says it.
    run: [python, scripts/x.py, echo, "{text}"]
    input_schema:
      {type: object, required: [text], additionalProperties: false, properties: {text: {type: string}}}
  - name: promise
    description: Promises JSON.
    run: [python, scripts/x.py, echo, "{text}"]
    input_schema: {type: object, required: [text], properties: {text: {type: string}}}
    output: json
    output_schema: {type: object}
  - name: double
    description: Twice as much.
    call: scripts/f.py:double
"""
FUNCTION = '''\
def double(x: int) -> int:
    """Double it."""
    print("working")
    return 2 * x
'''


class Library:
    """A library with one skill, `skills/a`, and what is needed to run its cases."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.skill_folder = root / "skills/a"
        (self.skill_folder / "scripts").mkdir(parents=True)
        (self.skill_folder / "tests").mkdir()
        (self.skill_folder / "SKILL.md").write_text("---\nname: a\ndescription: x\n---\nx\n")
        (self.skill_folder / "scripts/x.py").write_text(SCRIPT)
        (self.skill_folder / "scripts/f.py").write_text(FUNCTION)
        (self.skill_folder / "tools.yaml").write_text(TOOLS)
        self.store = Store(root / "store.db")

    def script(self, name: str, text: str) -> None:
        (self.skill_folder / "scripts" / name).write_text(text)

    def contents(self) -> dict[str, bytes]:
        """Everything in the skill but its cases."""
        files = [path for path in self.skill_folder.rglob("*") if path.is_file() and path.name != "x.yaml"]
        return {str(path): path.read_bytes() for path in files}

    def run(self, cases: str, **options: object) -> TestRun:
        (self.skill_folder / "tests/x.yaml").write_text("cases:\n" + cases)
        skill = read(self.root, "skills/a")
        found, problems = load_cases(self.root, skill)
        given: dict[str, object] = {
            "store": self.store,
            "library": "lib",
            "trees": {"skills/a": "t" * 40},
            "tools": lambda skill: load_tools(self.root, skill)[0],
            "problems": problems,
            **options,
        }
        return run_cases(self.root, [(skill, case) for case in found], **given)  # type: ignore[arg-type]

    def only(self, case: str, **options: object) -> CaseResult:
        run = self.run(case, **options)
        assert run.problems == ()
        return run.results[0]

    def stored(self) -> list[tuple[str, str]]:
        return [(row["tool"], row["outcome"]) for row in self.store.query("SELECT * FROM event ORDER BY id")]


def command(name: str, args: str, rest: str = "") -> str:
    return f"  - {{name: {name}, run: [python, scripts/x.py, {args}]{', ' + rest if rest else ''}}}\n"
