"""CODEOWNERS, as GitHub and GitLab read it: who owns which path of a library."""

from dataclasses import dataclass

from workbench.skills.globs import matches

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Where the file may stand, relative to the library's root; the first counts, in GitHub's order."""

_MAX_LINES = 10_000


@dataclass(frozen=True, slots=True)
class Owners:
    """The lines of a CODEOWNERS file, as (pattern, owners): e-mails in lower case, or names that begin with `@`."""

    lines: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a path: the last line that matches it decides, also where it names nobody."""
        return next((owners for pattern, owners in reversed(self.lines) if _owns(pattern, path)), ())


def _owns(pattern: str, path: str) -> bool:
    """As a line of `.gitignore` matches, but `docs/*` means what lies in `docs` itself and nothing below that."""
    above, _, last = pattern.rpartition("/")
    if last == "*" and above and "**" not in above and path.count("/") != above.strip("/").count("/") + 1:
        return False
    return matches(pattern, path)


def parse_owners(text: str) -> Owners:
    """The lines that name a pattern; sections' headings (`[Docs]`) and comments are passed over."""
    lines = []
    for line in text.splitlines()[:_MAX_LINES]:
        words = line.partition("#")[0].replace("\\ ", "\0").split()
        if words and not words[0].startswith(("[", "^[", "!")):
            owners = tuple(word.casefold() for word in words[1:] if "@" in word)
            lines.append((words[0].replace("\0", " "), owners))
    return Owners(tuple(lines))
