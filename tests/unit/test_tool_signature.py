"""Schemas from source: read and never run, and honest about what is not understood."""

import contextlib
import textwrap

import pytest

from workbench.tools.schemas import schema_complaints
from workbench.tools.signature import Signature, SignatureError, read_signature


def read(source: str, name: str = "f") -> Signature:
    signature = read_signature(textwrap.dedent(source), name)
    if signature.schema is not None:
        assert list(schema_complaints(signature.schema)) == []
    return signature


def argument(annotation: str, before: str = "") -> object:
    signature = read(f"{before}\ndef f(x: {annotation}): ...\n")
    return signature.schema and signature.schema["properties"]["x"]


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        ("str", {"type": "string"}),
        ("int", {"type": "integer"}),
        ("float", {"type": "number"}),
        ("bool", {"type": "boolean"}),
        ("list", {"type": "array"}),
        ("list[int]", {"type": "array", "items": {"type": "integer"}}),
        ("dict", {"type": "object"}),
        (
            "dict[str, list[bool]]",
            {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "boolean"}}},
        ),
        ("str | None", {"type": ["string", "null"]}),
        ("None | int | str", {"type": ["null", "integer", "string"]}),
        ("list[int] | None", {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]}),
        ("'str'", {"type": "string"}),
        ("'list[str] | None'", {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]}),
    ],
)
def test_builtin_annotations(annotation: str, schema: object) -> None:
    assert argument(annotation) == schema


@pytest.mark.parametrize(
    ("before", "annotation", "schema"),
    [
        ("from typing import Literal", "Literal['a', 1, None]", {"enum": ["a", 1, None]}),
        ("from typing import Optional", "Optional[str]", {"type": ["string", "null"]}),
        ("from typing import Union", "Union[str, int]", {"type": ["string", "integer"]}),
        ("from typing import List", "List[int]", {"type": "array", "items": {"type": "integer"}}),
        ("from typing import Dict", "Dict[str, int]", {"type": "object", "additionalProperties": {"type": "integer"}}),
        ("import typing", "typing.Optional[int]", {"type": ["integer", "null"]}),
        ("import typing as t", "t.Literal['a']", {"enum": ["a"]}),
        ("from typing import Literal as L", "L['a']", {"enum": ["a"]}),
    ],
)  # fmt: skip
def test_annotations_of_typing_under_any_name(before: str, annotation: str, schema: object) -> None:
    assert argument(annotation, before) == schema


def test_defaults_make_arguments_optional_and_docstrings_describe_them() -> None:
    signature = read(
        '''
        from __future__ import annotations
        def f(a: str, /, b: int = 3, *, c: list[str] = [], d: str = compute(), e: float):
            """Do the thing,
            quickly.

            More about it.

            Args:
                a: What it is about,
                    over two lines.
                b (int): How many.

            Returns:
                c: not an argument
            """
        '''
    )
    assert signature.schema == {
        "type": "object",
        "properties": {
            "a": {"type": "string", "description": "What it is about, over two lines."},
            "b": {"type": "integer", "description": "How many.", "default": 3},
            "c": {"type": "array", "items": {"type": "string"}, "default": []},
            "d": {"type": "string"},
            "e": {"type": "number"},
        },
        "additionalProperties": False,
        "required": ["a", "e"],
    }
    assert signature.description == "Do the thing, quickly.\n\nMore about it."


def test_a_function_without_arguments_takes_an_empty_object() -> None:
    assert read("def f(): ...").schema == {"type": "object", "properties": {}, "additionalProperties": False}


def test_dataclasses_of_the_file_nest_and_may_hold_themselves() -> None:
    signature = read(
        """
        import dataclasses
        from dataclasses import dataclass, field

        @dataclasses.dataclass
        class Leaf:
            value: int

        @dataclass(frozen=True)
        class Node:
            \"\"\"A node.

            Attributes:
                label: Its name.
            \"\"\"

            label: str
            leaf: Leaf | None = None
            children: list["Node"] = field(default_factory=list)
            weight: float = field(default=1.5)

        def f(node: Node): ...
        """
    )
    assert signature.schema is not None
    assert signature.schema["properties"]["node"] == {"$ref": "#/$defs/Node"}
    node = signature.schema["$defs"]["Node"]
    assert node["required"] == ["label"]
    assert node["properties"]["label"] == {"type": "string", "description": "Its name."}
    assert node["properties"]["children"] == {"type": "array", "items": {"$ref": "#/$defs/Node"}}
    assert node["properties"]["weight"] == {"type": "number", "default": 1.5}
    assert node["properties"]["leaf"]["anyOf"] == [{"$ref": "#/$defs/Leaf"}, {"type": "null"}]


@pytest.mark.parametrize(
    "annotation",
    [
        "Path", "Any", "tuple[int, str]", "set[str]", "dict[int, str]", "Callable[[int], int]", "np.ndarray", "1 + 1",
        "Literal[b'x']", "Unknown", "typing.Any", "'not an annotation ('", "lambda: 0",
    ],
)  # fmt: skip
def test_an_unknown_annotation_is_a_problem_with_its_line(annotation: str) -> None:
    signature = read(f"from typing import Any, Literal\n\ndef f(\n    a: str,\n    x: {annotation},\n): ...\n")
    assert signature.schema is None
    [(message, line)] = signature.problems
    assert "give an input_schema" in message
    assert "'x'" in message
    assert line == 5


def test_an_argument_without_annotation_is_a_problem() -> None:
    assert read("def f(x): ...").problems == (("the argument 'x' has no annotation", 1),)


@pytest.mark.parametrize(
    ("source", "says", "line"),
    [
        ("def g(): ...", "no top-level function 'f'", None),
        ("class C:\n    def f(self): ...", "no top-level function 'f'", None),
        ("\nasync def f(): ...", "is async", 2),
        ("def f(*a: int): ...", "*a", 1),
        ("def f(**k: int): ...", "**k", 1),
        ("\ndef f(:", "not Python", 2),
    ],
)
def test_what_can_not_be_called_by_name_is_refused(source: str, says: str, line: int | None) -> None:
    with pytest.raises(SignatureError) as raised:
        read_signature(source, "f")
    assert says in raised.value.message
    assert raised.value.line == line


@pytest.mark.parametrize(
    "source",
    [
        "(" * 100_000,
        "-" * 100_000 + "1",
        "a" + ".a" * 100_000,
        "def f(x: " + "list[" * 150 + "int" + "]" * 150 + "): ...",
        "def f(x: " + "int | " * 5_000 + "str): ...",
        "def f(x: str = " + "-" * 50_000 + "1): ...",
    ],
)
def test_source_made_to_exhaust_the_parser_is_refused(source: str) -> None:
    with contextlib.suppress(SignatureError):
        assert read_signature(source, "f").problems


def test_a_nul_character_in_the_source_is_refused() -> None:
    with pytest.raises(SignatureError, match="not Python"):
        read_signature("def f(x: str = '\0'): ...", "f")


def test_a_long_chain_of_dataclasses_ends() -> None:
    chain = "\n".join(f"@dataclass\nclass C{n}:\n    x: C{n + 1}" for n in range(2_000))
    with pytest.raises(SignatureError, match="nest too deep"):
        read_signature(f"{chain}\ndef f(x: C0): ...", "f")


def test_reading_runs_nothing(tmp_path: object) -> None:
    source = "raise SystemExit('ran')\nimport antigravity\ndef f(x: (lambda: 1/0)() = 1/0): ...\n"
    assert read_signature(source, "f").problems
