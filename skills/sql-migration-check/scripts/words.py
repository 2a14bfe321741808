"""Ways to look at the tokens of a statement: as words, between commas, outside of parentheses."""

from collections.abc import Iterator, Sequence

from sql_tokens import Token


class Words:
    """The tokens of a statement as words to compare: a quoted name or a string never equals a keyword."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.words = [token.text if token.kind in ("word", "number", "symbol") else "\0" for token in tokens]

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __getitem__(self, index: int) -> str:
        """The word at an index; an empty one behind the end."""
        return self.words[index] if index < len(self.words) else ""

    def __len__(self) -> int:
        return len(self.words)

    def has(self, *run: str) -> bool:
        """Whether these words stand next to each other somewhere."""
        return self.find(*run) >= 0

    def find(self, *run: str) -> int:
        """Where these words stand next to each other first, or -1."""
        size = len(run)
        return next((i for i in range(len(self.words) - size + 1) if tuple(self.words[i : i + size]) == run), -1)

    def starts(self, *run: str) -> bool:
        """Whether the statement starts with these words."""
        return tuple(self.words[: len(run)]) == run

    def skip(self, index: int, *optional: str) -> int:
        """The index after these words if they all stand there, else the index itself."""
        return index + len(optional) if tuple(self.words[index : index + len(optional)]) == optional else index


def top_level(tokens: Sequence[Token]) -> list[Token]:
    """The tokens outside of every parenthesis."""
    depth = 0
    outside: list[Token] = []
    for token in tokens:
        if token.kind == "symbol" and token.text == ")":
            depth -= 1
        if depth <= 0 and not (token.kind == "symbol" and token.text in "()"):
            outside.append(token)
        if token.kind == "symbol" and token.text == "(":
            depth += 1
    return outside


def split_commas(tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens between commas that are outside of every parenthesis."""
    depth = 0
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "symbol":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if token.text == "," and depth == 0:
                parts.append([])
                continue
        parts[-1].append(token)
    return [part for part in parts if part]


def name_at(tokens: Sequence[Token], index: int) -> tuple[str, int]:
    """The name at an index, such as `app.users`, in lower case where it is not quoted, and the index after it."""
    parts: list[str] = []
    while index < len(tokens) and tokens[index].kind in ("word", "name"):
        token = tokens[index]
        parts.append(token.text if token.kind == "name" else token.text.lower())
        index += 1
        if index < len(tokens) and tokens[index].text == ".":
            index += 1
        else:
            break
    return ".".join(parts), index
