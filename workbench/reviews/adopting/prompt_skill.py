"""The files of a skill that a prompt template becomes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.reviews.adopting import prompt_check, prompt_render
from workbench.reviews.adopting.model import NewFile
from workbench.reviews.adopting.prompt_template import Template
from workbench.skills.model import SKILL_FILE
from workbench.skills.writing import flow, one_line, quoted, skill_file
from workbench.text import plural

TEMPLATE_FILE = "assets/prompt.jinja"
INPUT_FILE, OUTPUT_FILE = "schemas/input.json", "schemas/output.json"
RENDER_FILE, CHECK_FILE = "scripts/render.py", "scripts/check.py"
EVALS_FILE = "evals/evals.json"

_OWN_KEYS = frozenset({"version", "original-name", "source", "category", "tags"})


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a prompt.

    Attributes:
        number: Counted from 1.
        title: What its author calls it; may be empty.
        values: What the template is filled with; None where that is no mapping.
        given: The input as it stands.
        answer: What should come of it, as it stands.
        filled: What the template becomes; None where no case can say so.
        fitting: The answer as data, where it fits the schema for answers.
    """

    number: int
    title: str
    values: Mapping[str, Any] | None
    given: Any
    answer: Any
    filled: str | None = None
    fitting: Any = None

    def with_outcome(self, filled: str | None, fitting: Any) -> "Example":
        """The same example with what comes of it."""
        return replace(self, filled=filled, fitting=fitting)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt template with everything that its file says about it."""

    name: str
    slug: str
    description: str
    version: str | None
    category: str
    tags: tuple[str, ...]
    template: Template
    asked: Mapping[str, Any] | None
    answer: Mapping[str, Any] | None
    examples: tuple[Example, ...]
    rules: tuple[str, ...]
    extras: Mapping[str, str]

    @property
    def fills(self) -> bool:
        """Whether the skill can fill its template itself."""
        return self.template.beyond is None


def files_of(prompt: Prompt, name: str) -> dict[str, NewFile]:
    """Every file of the skill, by its path in it."""
    new = {
        SKILL_FILE: NewFile(_skill_file(prompt, name)),
        TEMPLATE_FILE: NewFile(prompt.template.source.encode("utf-8", "replace")),
        INPUT_FILE: NewFile(_json(_input_schema(prompt))),
    }
    if prompt.answer is not None:
        new[OUTPUT_FILE] = NewFile(_json(prompt.answer))
    if prompt.fills:
        new[RENDER_FILE] = NewFile(_source(prompt_render.__file__), executable=True)
    if prompt.fills or prompt.answer is not None:
        new[CHECK_FILE] = NewFile(_source(prompt_check.__file__), executable=True)
        new["tools.yaml"] = NewFile("\n".join(_tools(prompt)).encode())
    if prompt.examples:
        new[EVALS_FILE] = NewFile(_json(_evals(prompt, name)))
    cases = list(_cases(prompt))
    if cases:
        new["tests/examples.yaml"] = NewFile(("cases:\n" + "\n\n".join(cases) + "\n").encode("utf-8", "replace"))
        for example in prompt.examples:
            if example.filled is not None:
                new[f"tests/example-{example.number}.txt"] = NewFile(example.filled.encode("utf-8", "replace"))
    return new


def _source(file: str) -> bytes:
    """The script as it stands in this package, which the skill gets a copy of."""
    return Path(file).read_bytes()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=True) + "\n").encode()


def _input_schema(prompt: Prompt) -> Mapping[str, Any]:
    if prompt.asked is not None:
        return {"type": "object", **prompt.asked}
    return {"type": "object", "properties": {name: {} for name in prompt.template.variables}}


def _skill_file(prompt: Prompt, name: str) -> bytes:
    metadata = {"version": prompt.version} if prompt.version else {}
    if prompt.name != name:
        metadata["original-name"] = prompt.name
    metadata["source"] = "prompt-template"
    if prompt.category:
        metadata["category"] = prompt.category
    if prompt.tags:
        metadata["tags"] = " ".join(prompt.tags)
    metadata |= {key: value for key, value in prompt.extras.items() if key not in _OWN_KEYS}
    needs = "Needs Python 3.11 or newer. No packages, no network." if prompt.fills or prompt.answer else ""
    return skill_file(
        name,
        prompt.description or f"Fills the prompt template '{prompt.name}' and follows it.",
        "\n\n".join(_body(prompt)),
        compatibility=needs,
        metadata=metadata,
    )


def _body(prompt: Prompt) -> Iterator[str]:
    yield f"# {one_line(prompt.name)}"
    if prompt.description:
        yield prompt.description[:20_000]
    yield "## Fill the template"
    yield (
        f"The prompt is [{TEMPLATE_FILE}]({TEMPLATE_FILE}). It takes these values, which"
        f" [{INPUT_FILE}]({INPUT_FILE}) describes in full; ask for what is required and missing."
    )
    yield _table(prompt)
    if prompt.fills:
        yield "Write the values as a JSON object into a file. Then, from this skill's folder:"
        yield f"```bash\npython {RENDER_FILE} path/to/input.json\n```"
        yield (
            "Exit code 0: the filled prompt is on standard output. Exit code 1: the values do not fit; standard error"
            f" says which, as [{CHECK_FILE}]({CHECK_FILE}) found it. Exit code 2: something can't be read."
        )
    else:
        yield (
            f"Fill it by hand, as Jinja2 would: it needs more than the renderer of such skills can do"
            f" ({one_line(prompt.template.beyond or '')})."
        )
    yield "## Follow it"
    yield "Take the filled prompt as your instructions for this task, and give what it asks for."
    if prompt.rules:
        yield "The answer has to hold to these rules:"
        yield "\n".join(f"- {rule}" for rule in prompt.rules)
    if prompt.answer is not None:
        yield "## Check the answer"
        yield f"The answer is JSON that fits [{OUTPUT_FILE}]({OUTPUT_FILE}). Write it into a file and check it:"
        yield f"```bash\npython {CHECK_FILE} output path/to/answer.json\n```"
        yield "Exit code 1: it does not fit; mend what standard error names."
    if prompt.examples:
        yield "## Examples"
        yield f"[{EVALS_FILE}]({EVALS_FILE}) has {plural(len(prompt.examples), 'example')} with the answers expected."


def _table(prompt: Prompt) -> str:
    schema = _input_schema(prompt)
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    names = list(dict.fromkeys([*map(str, known), *prompt.template.variables]))
    if not names:
        return "It takes no values."
    lines = ["| value | type | required | what it is |", "| --- | --- | --- | --- |"]
    for name in names[:200]:
        one = known.get(name)
        fields = one if isinstance(one, dict) else {}
        kind = fields.get("type")
        shown = kind if isinstance(kind, str) else " or ".join(map(str, kind)) if isinstance(kind, list) else "any"
        about = fields.get("description")
        cells = (name, shown, "yes" if name in needed else "no", about if isinstance(about, str) else "")
        lines.append("| " + " | ".join(one_line(cell)[:500].replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _tools(prompt: Prompt) -> Iterator[str]:
    yield "tools:"
    if prompt.fills:
        yield "  - name: render"
        yield "    description: The prompt, filled with these values."
        yield f"    run: [python, {RENDER_FILE}]"
        yield "    stdin: args"
        yield f"    input_schema: {flow(_usable_schema(prompt))}"
        yield "    output: text"
    if prompt.answer is not None:
        yield "  - name: check-answer"
        yield "    description: Whether an answer fits the schema for answers."
        yield f'    run: [python, {CHECK_FILE}, output, "{{path}}"]'
        yield "    input_schema:"
        yield "      type: object"
        yield "      required: [path]"
        yield "      additionalProperties: false"
        yield "      properties:"
        yield "        path: {type: string, format: path, description: The JSON file with the answer.}"
    yield ""


def _usable_schema(prompt: Prompt) -> Mapping[str, Any]:
    """The schema as the tool has it, whose arguments are an object whatever else is said of them."""
    schema = _input_schema(prompt)
    return schema if schema.get("type") == "object" else {"type": "object"}


def _cases(prompt: Prompt) -> Iterator[str]:
    """Cases that hold: what each example becomes, that answers fit, and that what is required is asked for."""
    for example in prompt.examples:
        title = f": {example.title}" if example.title else ""
        if example.filled is not None:
            yield "\n".join([
                f"  - name: {quoted(f'example {example.number} fills the template{title}')}",
                f"    run: [python, {RENDER_FILE}, input.json]",
                f"    files: {{input.json: {quoted(json.dumps(example.values))}}}",
                "    expect:",
                "      stdout:",
                f"        snapshot: example-{example.number}.txt",
            ])  # fmt: skip
        if example.fitting is not None:
            yield "\n".join([
                f"  - name: {quoted(f'the answer to example {example.number} fits its schema{title}')}",
                f"    run: [python, {CHECK_FILE}, output, answer.json]",
                f"    files: {{answer.json: {quoted(json.dumps(example.fitting))}}}",
                "    expect: {exit: 0}",
            ])  # fmt: skip
    first = next((example for example in prompt.examples if example.filled is not None), None)
    if first is not None:
        yield "\n".join([
            f"  - name: {quoted(f'the input of example {first.number} fits its schema')}",
            f"    run: [python, {CHECK_FILE}, input, input.json]",
            f"    files: {{input.json: {quoted(json.dumps(first.values))}}}",
            "    expect: {exit: 0}",
        ])  # fmt: skip
    missing = next(iter(prompt_check.complaints(_input_schema(prompt), {})), None)
    if prompt.fills and missing is not None:
        yield "\n".join([
            "  - name: says which value is missing",
            f"    run: [python, {RENDER_FILE}, input.json]",
            '    files: {input.json: "{}"}',
            "    expect:",
            "      exit: 1",
            "      stderr:",
            f"        contains: {quoted(missing)}",
        ])  # fmt: skip


def _evals(prompt: Prompt, name: str) -> dict[str, Any]:
    """The examples as the ecosystem's own evaluations."""
    return {
        "skill_name": name,
        "evals": [
            {
                "id": example.number,
                "prompt": f"Use the skill {name} with this input:\n{json.dumps(example.given, ensure_ascii=False)}",
                "expected_output": example.answer if isinstance(example.answer, str) else json.dumps(example.answer),
                "files": [],
                "assertions": list(prompt.rules),
            }
            for example in prompt.examples
        ],
    }
