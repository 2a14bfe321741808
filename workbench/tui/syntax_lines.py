"""Source text in the theme's tones, line by line; Pygments does the reading, in a worker."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from workbench.tui.widgets.text_view import TextLine
from workbench.tui.widgets.tones import Span

if TYPE_CHECKING:
    from pygments.lexer import Lexer

    from workbench.skills.model import Problem

_MOST_COLOURED = 200_000
"""Characters; what is longer is shown plain, since a lexer's regular expressions can be slow."""

_TONES = (
    ("Token.Generic.Heading", "title"),
    ("Token.Generic.Subheading", "title"),
    ("Token.Generic.Strong", "strong"),
    ("Token.Generic.Emph", "emphasis"),
    ("Token.Comment", "comment"),
    ("Token.Keyword", "keyword"),
    ("Token.Name.Tag", "keyword"),
    ("Token.Name.Label", "keyword"),
    ("Token.Name.Function", "name"),
    ("Token.Name.Class", "name"),
    ("Token.Name.Decorator", "keyword"),
    ("Token.Literal.String", "string"),
    ("Token.Literal.Number", "number"),
    ("Token.Literal.Scalar", "plain"),
    ("Token.Operator.Word", "keyword"),
)
PROBLEM_SIGNS: Mapping[str, tuple[str, str]] = {
    "error": ("×", "bad"),
    "warning": ("!", "attention"),
    "info": ("i", "accent"),
}
"""A sign and a tone for each severity."""


def source_lines(text: str, path: str, problems: "Sequence[Problem]" = ()) -> list[TextLine]:
    """A file with line numbers and colours; under a line what is wrong with it.

    Args:
        text: The file's text.
        path: Its path; the name decides the language.
        problems: Those of this file.
    """
    by_line: dict[int, list[Problem]] = {}
    for problem in problems:
        by_line.setdefault(problem.line or 1, []).append(problem)
    lines = []
    for number, spans in enumerate(coloured(text, path), start=1):
        here = by_line.get(number, ())
        sign, tone = PROBLEM_SIGNS[here[0].severity] if here else ("", "plain")
        lines.append(TextLine(spans, number, hang=0, sign=sign, tone=tone))
        for problem in here:
            lines += problem_lines(problem)
    return lines


def problem_lines(problem: "Problem", indent: int = 0) -> Iterator[TextLine]:
    """One problem, and below it what to do about it."""
    yield problem_line(problem)
    if problem.remedy:
        spans = (Span(" " * indent), Span("  → ", "muted"), Span(problem.remedy, "muted"))
        yield TextLine(spans, hang=indent + 4)


def problem_line(problem: "Problem") -> TextLine:
    """One problem as a line of its own: `! warning  what is wrong`."""
    sign, tone = PROBLEM_SIGNS[problem.severity]
    head = f"{sign} {problem.severity}: "
    return TextLine((Span(head, tone), Span(problem.message), Span(f"  ({problem.code})", "muted")), hang=len(head))


def coloured(text: str, path: str) -> Iterable[tuple[Span, ...]]:
    """The lines of a text in tones; plain where the language is not known, or the text is very long."""
    text = text.replace("\r\n", "\n").expandtabs(4)
    lexer = _lexer(path) if len(text) <= _MOST_COLOURED else None
    if lexer is None:
        return [(Span(line),) for line in text.split("\n")]
    if path.endswith(".md") and text.startswith("---\n") and "\n---" in text[4:]:
        end = text.index("\n---", 4) + 4
        yaml = _lexer("frontmatter.yaml")
        head = _split(yaml.get_tokens(text[:end])) if yaml else [(Span(line),) for line in text[:end].split("\n")]
        return [*head[: text[:end].count("\n") + 1], *_split(lexer.get_tokens(text[end:]))[1:]]
    return _split(lexer.get_tokens(text))[: text.count("\n") + 1]


def _lexer(path: str) -> "Lexer | None":
    from pygments.lexers import get_lexer_for_filename
    from pygments.util import ClassNotFound

    try:
        return get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _split(tokens: Iterable[tuple[object, str]]) -> list[tuple[Span, ...]]:
    """Tokens as lines of spans; neighbours of one tone become one span."""
    lines: list[tuple[Span, ...]] = []
    line: list[Span] = []
    for kind, value in tokens:
        tone = tone_of(str(kind))
        for number, piece in enumerate(value.split("\n")):
            if number:
                lines.append(tuple(line))
                line = []
            if piece and line and line[-1].tone == tone:
                line[-1] = Span(line[-1].text + piece, tone)
            elif piece:
                line.append(Span(piece, tone))
    lines.append(tuple(line))
    return lines


def tone_of(kind: str) -> str:
    """The tone of a kind of token, as Pygments writes it: `Token.Keyword.Constant`."""
    return next((tone for prefix, tone in _TONES if kind.startswith(prefix)), "plain")
