"""What a Jinja2 template from a stranger asks for, and whether the small renderer fills it as Jinja2 would.

The template is parsed. It is filled only with what its author gave as examples, in Jinja2's own sandbox, and only where
nothing in it can compute: no calls, no arithmetic, no macros, no other templates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.reviews.adopting import prompt_render
from workbench.text import truncate, visible

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import SandboxedEnvironment

MAX_TEMPLATE = 64 << 10
_LARGEST_NUMBER = 1_000
_SHOWN = 60

_SIMPLE = (
    "Template", "Output", "TemplateData", "Name", "Const", "If", "Getattr", "Getitem", "Filter", "Test", "Compare",
    "Operand", "And", "Or", "Not", "CondExpr", "List", "Tuple", "For",
)  # fmt: skip
_BUILT_IN = frozenset(dir(dict)) | frozenset(dir(list)) | frozenset(dir(str))

_OF_A_LOOP = ("index", "index0", "first", "last", "length")


class TemplateFault(Exception):
    """The text is no Jinja2 template; `line` is where."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class Template:
    """A template, what it asks for, and why the small renderer can't fill it; None where it can."""

    source: str
    variables: tuple[str, ...]
    beyond: str | None


def read_template(source: str, samples: Sequence[Mapping[str, Any]]) -> Template:
    """A template and what it asks for.

    Args:
        source: The template.
        samples: Values that its author gave; both renderers have to make the same of them.

    Raises:
        TemplateFault: It is too large, or no Jinja2 template.
    """
    if len(source) > MAX_TEMPLATE:
        raise TemplateFault(f"it is longer than {MAX_TEMPLATE >> 10} KiB")
    try:
        tree, variables = _parsed(source)
        beyond = next(_beyond(tree), None)
    except RecursionError as error:
        raise TemplateFault("it nests too deep") from error
    return Template(source, variables, beyond or _differs(source, variables, samples))


def fill(source: str, values: Mapping[str, Any]) -> str | None:
    """What the small renderer makes of a template that is not beyond it; None where it can't be filled with these."""
    try:
        return prompt_render.render(source, values)
    except prompt_render.TemplateError:
        return None


def _parsed(source: str) -> "tuple[nodes.Template, tuple[str, ...]]":
    """The tree, and the names it takes from outside."""
    from jinja2 import TemplateSyntaxError, meta

    environment = _reading_environment()
    try:
        tree = environment.parse(source)
        _know_every_name(environment, tree)
        return tree, tuple(sorted(meta.find_undeclared_variables(tree)))
    except TemplateSyntaxError as error:
        raise TemplateFault(visible(str(error.message or "it is not understood")), error.lineno) from error
    except (ValueError, OverflowError, MemoryError) as error:
        raise TemplateFault("it holds something that can't be read") from error


def _reading_environment() -> "SandboxedEnvironment":
    """An environment in which looking for names computes nothing, however constant an expression is."""
    from jinja2 import pass_context
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    @pass_context
    def untouched(_context: Any, value: Any) -> Any:
        return value

    # Jinja2 works out constant expressions while it looks for names, unless something depends on the context.
    environment = ImmutableSandboxedEnvironment(finalize=untouched)
    environment.intercepted_binops = frozenset(environment.default_binop_table)
    environment.intercepted_unops = frozenset(environment.default_unop_table)
    return environment


def _know_every_name(environment: "SandboxedEnvironment", tree: "nodes.Template") -> None:
    """Give every filter and test that is used a stand-in, so that none is missing and none is run."""
    from jinja2 import nodes, pass_context

    @pass_context
    def untouched(_context: Any, value: Any, *_: Any, **__: Any) -> Any:
        return value

    environment.filters = {node.name: untouched for node in tree.find_all(nodes.Filter)}
    environment.tests = {node.name: untouched for node in tree.find_all(nodes.Test)}


def _beyond(node: "nodes.Node") -> Iterator[str]:
    """What in a tree the small renderer does not know."""
    kind = type(node).__name__
    line = f" (line {node.lineno})" if node.lineno else ""
    if kind not in _SIMPLE:
        yield f"it uses {_WORDS.get(kind, kind.lower())}{line}"
    elif kind in ("Filter", "Test"):
        yield from _beyond_call(node, kind, line)
    elif kind == "Getattr" and not _is_plain_attribute(node):
        yield f"it reads '.{getattr(node, 'attr', '')}', which may be a method{line}"
    elif kind == "For" and (
        getattr(node, "test", None) or getattr(node, "recursive", False) or getattr(node, "else_", None)
    ):
        yield f"it uses a 'for' with a condition, recursion or 'else'{line}"
    elif kind == "Const" and isinstance(value := getattr(node, "value", None), int) and abs(value) > _LARGEST_NUMBER:
        yield f"it has a number above {_LARGEST_NUMBER:,}{line}"
    for below in node.iter_child_nodes():
        yield from _beyond(below)


def _is_plain_attribute(node: "nodes.Node") -> bool:
    """Whether `x.attr` can only mean an item of a mapping, or what a loop says of itself."""
    attribute = getattr(node, "attr", "")
    if getattr(getattr(node, "node", None), "name", None) == "loop":
        return attribute in _OF_A_LOOP
    return attribute not in _BUILT_IN and not attribute.startswith("__")


def _beyond_call(node: "nodes.Node", kind: str, line: str) -> Iterator[str]:
    name = truncate(visible(str(getattr(node, "name", ""))), _SHOWN)
    known = prompt_render.FILTERS if kind == "Filter" else prompt_render.TESTS
    if name not in known:
        yield f"it uses the {kind.lower()} '{name}'{line}"
    elif getattr(node, "kwargs", None) or getattr(node, "dyn_args", None) or getattr(node, "dyn_kwargs", None):
        yield f"it gives the {kind.lower()} '{name}' arguments by name{line}"


def _differs(source: str, variables: Sequence[str], samples: Sequence[Mapping[str, Any]]) -> str | None:
    """Why the small renderer is not to be trusted with a template: it makes something else of some values."""
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment()
    try:
        prompt_render.parse(source)
        compiled = environment.from_string(source)
    except prompt_render.TemplateError as error:
        return f"it can't be filled without Jinja2: {truncate(visible(str(error)), _SHOWN)}"
    except (TemplateError, RecursionError) as error:
        return f"Jinja2 does not compile it: {truncate(visible(str(error)), _SHOWN)}"
    for values in [*samples, {name: f"<{name}>" for name in variables}, {name: [name, name] for name in variables}, {}]:
        try:
            # The small renderer first: it stops at a number of steps, so what it can do, Jinja2 does in little time.
            mine: str | None = prompt_render.render(source, values)
        except prompt_render.TemplateError as error:
            if values in samples:
                return f"it can't be filled with its own example: {truncate(visible(str(error)), _SHOWN)}"
            continue
        try:
            theirs: str | None = compiled.render(values)
        except (TemplateError, TypeError, ValueError, AttributeError, LookupError, RecursionError):
            theirs = None
        if mine != theirs:
            return "it is filled in another way than Jinja2 would"
    return None


_WORDS = {
    "Call": "a call", "Concat": "'~'", "Add": "arithmetic", "Sub": "arithmetic", "Mul": "arithmetic",
    "Div": "arithmetic", "FloorDiv": "arithmetic", "Mod": "arithmetic", "Pow": "arithmetic", "Neg": "arithmetic",
    "Pos": "arithmetic", "Assign": "'set'", "AssignBlock": "'set'", "Macro": "a macro", "CallBlock": "a macro",
    "Include": "another template", "Import": "another template", "FromImport": "another template",
    "Extends": "another template", "Block": "a block", "With": "'with'", "FilterBlock": "a filter block",
    "Slice": "a slice", "Dict": "a mapping of its own", "NSRef": "'namespace'",
}  # fmt: skip
