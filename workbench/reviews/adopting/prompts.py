"""A prompt template in YAML as an agent skill: the template, its schemas, and cases and evaluations from its examples.

Where the small renderer can fill the template, the skill brings it, with cases whose outcome was worked out here; where
it can't, the skill says why, and its examples are evaluations only.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.reviews.adopting import prompt_check, prompt_files, prompt_render
from workbench.reviews.adopting.model import Findings, NewFile
from workbench.reviews.adopting.prompt_skill import Example, Prompt, files_of
from workbench.reviews.adopting.prompt_template import TemplateFault, read_template
from workbench.reviews.adopting.toolweaver_store import semantic
from workbench.skills.bounded_yaml import YamlError
from workbench.skills.rules import MAX_NAME
from workbench.skills.writing import name_for, one_line, short_digest
from workbench.text import plural, truncate, visible
from workbench.tools import schemas

MAX_EXAMPLES = 50
_MAX_EXTRA = 200
_INPUTS = ("input", "inputs", "variables", "arguments")
_OUTPUTS = ("output", "outputs", "expected_output", "expected")
_KNOWN = frozenset({
    "name", "slug", "version", "description", "category", "tags", "prompt_template", "input_schema", "output_schema",
    "examples", "validation_rules",
})  # fmt: skip
_SCHEMA_WORDS = frozenset(
    {"$schema", "$ref", "properties", "anyOf", "oneOf", "allOf", "required", "additionalProperties"}
)
_TYPES = {
    "str": "string", "text": "string", "string": "string", "int": "integer", "integer": "integer", "float": "number",
    "number": "number", "bool": "boolean", "boolean": "boolean", "list": "array", "array": "array", "dict": "object",
    "object": "object", "null": "null", "none": "null",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Converted:
    """A prompt as it is to be filed: its valid name, the file it comes from, and its files."""

    name: str
    origin: str
    files: Mapping[str, NewFile]


def convert(path: Path, findings: Findings) -> Iterator[Converted]:
    """Each prompt template of a file or folder, under a valid name of its own; `findings` gets what can't be used."""
    taken: set[str] = set()
    for file in prompt_files.yaml_files(path) if path.is_dir() else [path]:
        prompt = _read(file, findings, quiet=path.is_dir())
        if prompt is None:
            continue
        name = name_for(prompt.slug or prompt.name)
        if name in taken:
            own = short_digest(file.relative_to(path).as_posix() if path.is_dir() else file.name)
            name = f"{name[: MAX_NAME - 7].rstrip('-')}-{own}"
        taken.add(name)
        yield Converted(name, str(file), files_of(prompt, name))


def _read(file: Path, findings: Findings, *, quiet: bool) -> Prompt | None:
    """The prompt in a file; None, with the reason, where there is none."""
    where = str(file)
    try:
        loaded = prompt_files.parse(file)
    except (OSError, UnicodeDecodeError, YamlError) as error:
        findings.skip(where, f"it can't be read: {_why(error)}")
        return None
    value = loaded.value
    if not isinstance(value, dict) or prompt_files.KEY not in value:
        # A folder may hold any YAML; only what was named has to be a prompt.
        findings.skip(where, "it is YAML, but has no prompt_template" if quiet else "it has no prompt_template")
        return None
    template = value[prompt_files.KEY]
    if not isinstance(template, str) or not template.strip():
        findings.skip(where, "its prompt_template is not text, or empty")
        return None
    return _Reader(where, _plain(value), template, file.stem, findings).read()


@dataclass(slots=True)
class _Reader:
    """One prompt while it is read."""

    where: str
    value: dict[str, Any]
    source: str
    stem: str
    findings: Findings

    def read(self) -> Prompt | None:
        examples = self._examples()
        samples = [example.values for example in examples if example.values is not None]
        try:
            template = read_template(self.source, samples)
        except TemplateFault as error:
            at = f" in its line {error.line}" if error.line else ""
            self._skip(f"its prompt_template is not Jinja2{at}: {error.message}")
            return None
        if template.beyond:
            self._skip(f"its template is for Jinja2 alone, so its examples are evaluations only: {template.beyond}")
        answer = self._schema("output_schema")
        asked = self._schema("input_schema")
        return Prompt(
            name=self._text("name") or self._text("slug") or self.stem,
            slug=self._text("slug"),
            description=self._text("description"),
            version=self._version(),
            category=self._text("category"),
            tags=self._tags(),
            template=template,
            asked=asked,
            answer=answer,
            examples=tuple(self._judged(example, template.beyond, asked, answer) for example in examples),
            rules=tuple(self._rules()),
            extras=dict(self._extras()),
        )

    def _text(self, key: str) -> str:
        value = self.value.get(key)
        if value is None:
            return ""
        if isinstance(value, bool | list | dict):
            self._skip(f"its {key} is not text and is left out")
            return ""
        return str(value).strip()

    def _version(self) -> str | None:
        given = self.value.get("version")
        version = semantic(given)
        if version is None and given is not None:
            self._skip(f"its version '{_short(given)}' is no semantic version and is left out")
        return version

    def _tags(self) -> tuple[str, ...]:
        given = self.value.get("tags")
        listed = given if isinstance(given, list) else [given] if isinstance(given, str) else []
        words = [
            "-".join(one_line(str(tag)[:100]).split()) for tag in listed[:20] if isinstance(tag, str | int | float)
        ]
        return tuple(dict.fromkeys(word for word in words if word))

    def _schema(self, key: str) -> Mapping[str, Any] | None:
        """A JSON Schema; one in short form (`topic: string`) is written out."""
        given = self.value.get(key)
        if given is None:
            return None
        if not isinstance(given, dict):
            self._skip(f"its {key} is not a mapping and is left out")
            return None
        schema = given if _is_schema(given) else _written_out(given)
        wrong = next(iter(schemas.schema_complaints(schema)), None)
        if wrong is not None:
            place = ".".join(map(str, wrong[0]))
            self._skip(f"its {key} is no JSON Schema and is left out: {_short(place)} {_short(wrong[1])}")
            return None
        return schema

    def _examples(self) -> list[Example]:
        given = self.value.get("examples")
        if given is None:
            return []
        if not isinstance(given, list):
            self._skip("its examples are not a list and are left out")
            return []
        if len(given) > MAX_EXAMPLES:
            self._skip(f"only the first {MAX_EXAMPLES} of its {len(given):,} examples are taken")
        examples = []
        for number, one in enumerate(given[:MAX_EXAMPLES], start=1):
            if not isinstance(one, dict):
                self._skip(f"its example {number} is not a mapping and is left out")
                continue
            values = next((one[key] for key in _INPUTS if key in one), None)
            answer = next((one[key] for key in _OUTPUTS if key in one), None)
            title = next(
                (str(one[key]) for key in ("name", "title", "description") if isinstance(one.get(key), str)), ""
            )
            if values is not None and not isinstance(values, dict):
                self._skip(f"the input of its example {number} is not a mapping, so it is an evaluation only")
            examples.append(Example(number, one_line(title)[:80], values if isinstance(values, dict) else None,
                                    values, answer))  # fmt: skip
        return examples

    def _judged(
        self, example: Example, beyond: str | None, asked: Mapping[str, Any] | None, answer: Mapping[str, Any] | None
    ) -> Example:
        """An example with what comes of it: only what holds here becomes a case."""
        filled = None
        if beyond is None and example.values is not None:
            wrong = [*prompt_check.complaints(asked or {}, example.values), *_said(asked, example.values)]
            if wrong:
                self._skip(f"its example {example.number} does not fit its own input_schema: {_short(wrong[0])}")
            else:
                filled = _filled(self.source, example.values)
        fits = answer is not None and example.answer is not None and not _said(answer, _as_json(example.answer))
        fits = fits and not any(prompt_check.complaints(answer, _as_json(example.answer)))
        if answer is not None and example.answer is not None and not fits:
            self._skip(f"the output of its example {example.number} does not fit its own output_schema")
        return example.with_outcome(filled, _as_json(example.answer) if fits else None)

    def _rules(self) -> Iterator[str]:
        given = self.value.get("validation_rules")
        if isinstance(given, dict):
            yield from (f"{one_line(str(key))}: {_said_rule(rule)}" for key, rule in given.items())
        elif isinstance(given, list):
            yield from (_said_rule(rule) for rule in given)
        elif given is not None:
            yield _said_rule(given)

    def _extras(self) -> Iterator[tuple[str, str]]:
        """What else the file says: plain values are kept, anything larger is named."""
        left = []
        for key, value in self.value.items():
            if key in _KNOWN:
                continue
            if isinstance(value, str | int | float) and not isinstance(value, bool) and len(str(value)) <= _MAX_EXTRA:
                yield name_for(str(key)), str(value)
            else:
                left.append(_short(key))
        if left:
            self._skip(f"{plural(len(left), 'key')} that a skill has no place for: {', '.join(left[:10])}")

    def _skip(self, reason: str) -> None:
        self.findings.skip(self.where, reason)


def _filled(source: str, values: Mapping[str, Any]) -> str | None:
    try:
        text = prompt_render.render(source, values)
    except prompt_render.TemplateError:
        return None
    return text if text.endswith("\n") else f"{text}\n"


def _said(schema: Mapping[str, Any] | None, value: Any) -> list[str]:
    """What the workbench's own validator finds, which knows every keyword."""
    if schema is None:
        return []
    return [f"{place} {message}" for place, message in schemas.validate(schema, value).items()]


def _is_schema(given: Mapping[str, Any]) -> bool:
    return bool(_SCHEMA_WORDS & set(given)) or isinstance(given.get("type"), str)


def _written_out(given: Mapping[str, Any]) -> dict[str, Any]:
    """A schema from its short form: names with a type, or with a mapping that has one and maybe `required: true`."""
    properties: dict[str, Any] = {}
    required = []
    for name, one in given.items():
        fields = dict(one) if isinstance(one, dict) else {"type": one} if isinstance(one, str) else {}
        if fields.pop("required", None) is True:
            required.append(name)
        kind = fields.get("type")
        if isinstance(kind, str):
            fields["type"] = _TYPES.get(kind.lower(), kind)
        properties[name] = fields
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def _as_json(answer: Any) -> Any:
    """An answer as data: one that was written as JSON in a text is read."""
    if isinstance(answer, str):
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            return answer
    return answer


def _plain(value: Any) -> Any:
    """The value with nothing in it that JSON can't say."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _said_rule(rule: Any) -> str:
    return one_line(rule if isinstance(rule, str) else json.dumps(rule, ensure_ascii=False))


def _why(error: Exception) -> str:
    if isinstance(error, YamlError):
        return f"line {error.line}: {error.what}"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 (byte {error.start})"
    return visible(str(getattr(error, "strerror", None) or error))


def _short(value: Any) -> str:
    return truncate(visible(str(value)), 60)
