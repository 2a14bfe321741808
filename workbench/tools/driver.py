"""What runs in the sandbox for a tool of the form `call:`. It stands alone: its text is handed to the interpreter.

Arguments come as JSON on standard input, the result leaves as JSON on descriptor 3; standard output is the
function's own. argv: the file, the function.
"""

import dataclasses
import importlib.util
import inspect
import json
import os
import sys
import traceback
import types
import typing
from typing import Any


def main() -> int:
    """Run the function; 1 if it raised or gave what JSON can't say."""
    file, name = os.path.abspath(sys.argv[1]), sys.argv[2]  # noqa: PTH100 - pathlib would double the start
    arguments = json.load(sys.stdin)
    sys.path.insert(0, os.path.dirname(file))  # noqa: PTH120 - see above
    try:
        function = getattr(_load(file), name)
        positional, named = _arguments(function, arguments)
        result = function(*positional, **named)
    except Exception as error:  # noqa: BLE001 - the last wall of a program that runs a stranger's code
        _report(error, file)
        return 1
    try:
        text = json.dumps(result, ensure_ascii=False, allow_nan=False, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        print(f"the result of {name} can't be said in JSON: {error}", file=sys.stderr)  # noqa: T201 - its only voice
        return 1
    sys.stdout.flush()
    with open(3, "wb") as out:
        out.write(text.encode("utf-8", "backslashreplace"))
    return 0


def _load(file: str) -> types.ModuleType:
    name = os.path.splitext(os.path.basename(file))[0]  # noqa: PTH119, PTH122 - see above
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    return module


def _arguments(function: Any, given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The given values with dataclasses built, split into positional and named ones."""
    try:
        hints = typing.get_type_hints(function)
    except (NameError, TypeError, AttributeError):
        hints = {}
    built = {name: _build(hints.get(name), value) for name, value in given.items()}
    positional = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not parameter.POSITIONAL_ONLY or not (
            name in built or parameter.default is not parameter.empty
        ):
            break
        positional.append(built.pop(name, parameter.default))
    return positional, built


def _build(hint: Any, value: Any) -> Any:
    """`value` as the annotation wants it: dataclasses from objects, also in lists, dicts and unions."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and isinstance(value, dict):
        hints = typing.get_type_hints(hint)
        return hint(**{name: _build(hints.get(name), item) for name, item in value.items()})
    parts = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is list and isinstance(value, list) and parts:
        return [_build(parts[0], item) for item in value]
    if origin is dict and isinstance(value, dict) and len(parts) == 2:
        return {name: _build(parts[1], item) for name, item in value.items()}
    if origin in (typing.Union, types.UnionType):
        return _build_one_of(parts, value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _build_one_of(forms: tuple[Any, ...], value: Any) -> Any:
    if type(value) in forms:
        return value
    for form in forms:
        built = _build(form, value)
        if built is not value:
            return built
    return value


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"a {type(value).__name__} is not JSON")


def _report(error: BaseException, file: str) -> None:
    """The traceback from the skill's own file on; its last line says what happened."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != file:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames, limit=-20)


if __name__ == "__main__":
    sys.exit(main())
