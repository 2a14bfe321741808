"""Sorts licences into groups: reads SPDX expressions and the looser names that packages use."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

Group = Literal["permissive", "weak-copyleft", "strong-copyleft", "restricted", "unknown"]
GROUPS: tuple[Group, ...] = ("permissive", "weak-copyleft", "strong-copyleft", "restricted", "unknown")
MAX_TEXT = 2_000
MAX_DEPTH = 50

PERMISSIVE = """
0BSD AFL-2.1 AFL-3.0 Apache-1.1 Apache-2.0 Artistic-2.0 BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent
BSD-3-Clause BSD-3-Clause-Clear BSD-4-Clause BSL-1.0 bzip2-1.0.6 CC-BY-3.0 CC-BY-4.0 CC0-1.0 CNRI-Python curl FTL HPND
ICU IJG ISC JSON Libpng libtiff MIT MIT-0 MIT-CMU MS-PL MulanPSL-2.0 NCSA OFL-1.1 OpenSSL PHP-3.01 PostgreSQL
PSF-2.0 Python-2.0 Python-2.0.1 Ruby Unicode-3.0 Unicode-DFS-2016 Unlicense UPL-1.0 Vim W3C WTFPL X11 Zlib ZPL-2.0
ZPL-2.1 BSD
"""
WEAK = """
APSL-2.0 CDDL-1.0 CDDL-1.1 CPL-1.0 EPL-1.0 EPL-2.0 EUPL-1.1 IPL-1.0 LGPL-2.0 LGPL-2.1 LGPL-3.0 MPL-1.1 MPL-2.0 MS-RL
LGPL
"""
STRONG = """
AGPL-1.0 AGPL-3.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CECILL-2.1 EUPL-1.2 GPL-1.0 GPL-2.0 GPL-3.0 OSL-3.0 Sleepycat SSPL-1.0
GPL AGPL
"""
RESTRICTED = """
BUSL-1.1 CC-BY-NC-4.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-4.0 CC-BY-ND-4.0 Elastic-2.0 FSL-1.1-MIT FSL-1.1-ALv2
LicenseRef-Proprietary PolyForm-Noncommercial-1.0.0 PolyForm-Shield-1.0.0 UNLICENSED
"""
BY_ID: dict[str, tuple[str, Group]] = {
    name.lower(): (name, group)
    for names, group in zip((PERMISSIVE, WEAK, STRONG, RESTRICTED), GROUPS, strict=False)
    for name in names.split()
}
LINKING_EXCEPTIONS = frozenset(
    {
        "classpath-exception-2.0",
        "gcc-exception-2.0",
        "gcc-exception-3.1",
        "openjdk-assembly-exception-1.0",
        "font-exception-2.0",
        "bison-exception-2.2",
        "autoconf-exception-3.0",
        "wxwindows-exception-3.1",
        "universal-foss-exception-1.0",
    }
)
ASIDE = re.compile(r"\([^()]*\)")
NOISE = re.compile(r"\b(?:the|gnu|licen[sc]e[sd]?|software|version|agreement|under)\b|[^a-z0-9+]+")
LOOSE: tuple[tuple[str, str], ...] = (
    (r"mit|expat|mit x11", "MIT"),
    (r"apache(?: ?v?2(?: 0)?)?|asl(?: 2(?: 0)?)?", "Apache-2.0"),
    (r"(?:new|modified|revised|3 clause) bsd|bsd ?3(?: clause)?", "BSD-3-Clause"),
    (r"(?:simplified|2 clause|freebsd) bsd|bsd ?2(?: clause)?", "BSD-2-Clause"),
    (r"bsd(?: like| style)?", "BSD"),
    (r"isc", "ISC"),
    (r"python foundation|psfl?", "PSF-2.0"),
    (r"(?:mozilla public|mpl) ?v?2(?: 0)?", "MPL-2.0"),
    (r"eclipse public v?2(?: 0)?|epl v?2(?: 0)?", "EPL-2.0"),
    (r"unlicense", "Unlicense"),
    (r"public domain|cc0(?: 1 0)?(?: universal)?.*", "CC0-1.0"),
    (r"zope public|zpl(?: 2 1)?", "ZPL-2.1"),
    (r"zlib(?: libpng)?", "Zlib"),
    (r"boost(?: 1 0)?|bsl", "BSL-1.0"),
    (r"historical permission notice and disclaimer|hpnd", "HPND"),
    (r"other proprietary|proprietary|commercial|all rights reserved|unlicensed", "UNLICENSED"),
)
LOOSE_FORMS = tuple((re.compile(pattern), spdx) for pattern, spdx in LOOSE)
FAMILIES = (
    (re.compile(r"affero|agpl"), "AGPL"),
    (re.compile(r"(?:lesser|library) general public|lgpl"), "LGPL"),
    (re.compile(r"general public|gpl"), "GPL"),
)
FAMILY_VERSION = re.compile(r"([123])(?: ([01]))?\b")
TOKEN = re.compile(r"\(|\)|[A-Za-z0-9.+:-]+")


@dataclass(frozen=True)
class Node:
    """A part of an expression: a licence (`name`, perhaps with an exception), or AND or OR of parts."""

    kind: Literal["licence", "and", "or"]
    name: str = ""
    exception: str = ""
    parts: tuple["Node", ...] = ()


class ExpressionError(Exception):
    """The text is not an SPDX expression."""


def classify(expression: str, deny: list[str] | None = None) -> dict[str, Any]:
    """Sort a licence into a group: permissive, weak-copyleft, strong-copyleft, restricted or unknown.

    Takes an SPDX expression such as `MIT OR GPL-2.0-only`, or a common name such as `BSD License`. Of alternatives (OR)
    the mildest counts, of a combination (AND) the strictest.

    Args:
        expression: The licence as a package states it.
        deny: Licences (SPDX identifiers) and groups that are not wanted, to learn whether this one is denied.
    """
    node = read(expression)
    group = GROUPS[fold(node, lambda leaf: GROUPS.index(group_of(leaf)))]
    licences = sorted(set(leaves(node)))
    return {"licence": spell(node), "group": group, "licences": licences, "denied": is_denied(node, deny or [])}


def read(text: str) -> Node:
    """The licence that a package states, as an expression; a name that nobody knows stays one unknown licence."""
    lines = [" ".join(line.split()) for line in text[:MAX_TEXT].strip().splitlines()] or [""]
    stated = " ".join(filter(None, lines))
    try:
        return parse(stated)
    except ExpressionError:
        return Node("licence", loose(stated) or loose(lines[0]) or stated[:80] or "unknown")


def parse(text: str) -> Node:
    """Read an SPDX expression.

    Raises:
        ExpressionError: It is none: unbalanced, too deep, or with words that no known licence explains.
    """
    tokens = TOKEN.findall(text)
    if not tokens or TOKEN.sub("", text).strip():
        raise ExpressionError(text)
    node, rest = parse_or(tokens, 0)
    if rest:
        raise ExpressionError(text)
    return node


def parse_or(tokens: list[str], depth: int) -> tuple[Node, list[str]]:
    """Alternatives: parts joined by OR."""
    if depth > MAX_DEPTH:
        raise ExpressionError("too deep")
    part, tokens = parse_and(tokens, depth)
    parts = [part]
    while tokens and tokens[0].upper() == "OR":
        part, tokens = parse_and(tokens[1:], depth)
        parts.append(part)
    return (parts[0] if len(parts) == 1 else Node("or", parts=tuple(parts))), tokens


def parse_and(tokens: list[str], depth: int) -> tuple[Node, list[str]]:
    """A combination: parts joined by AND."""
    part, tokens = parse_licence(tokens, depth)
    parts = [part]
    while tokens and tokens[0].upper() == "AND":
        part, tokens = parse_licence(tokens[1:], depth)
        parts.append(part)
    return (parts[0] if len(parts) == 1 else Node("and", parts=tuple(parts))), tokens


def parse_licence(tokens: list[str], depth: int) -> tuple[Node, list[str]]:
    """A licence, perhaps with an exception, or an expression in parentheses."""
    if not tokens or tokens[0].upper() in ("AND", "OR", "WITH", ")"):
        raise ExpressionError("a licence is missing")
    if tokens[0] == "(":
        node, tokens = parse_or(tokens[1:], depth + 1)
        if tokens[:1] != [")"]:
            raise ExpressionError("a parenthesis is not closed")
        return node, tokens[1:]
    name, tokens = tokens[0], tokens[1:]
    exception = ""
    if len(tokens) > 1 and tokens[0].upper() == "WITH":
        exception, tokens = tokens[1], tokens[2:]
    return Node("licence", known(name) or loose(name) or name, exception), tokens


def base_of(name: str) -> str:
    """An identifier without `-only`, `-or-later` or `+`."""
    return re.sub(r"(?i)(?:-only|-or-later|\+)$", "", name)


def known(name: str) -> str | None:
    """An SPDX identifier in its usual spelling; None for an unknown one."""
    found = BY_ID.get(base_of(name).lower())
    return found[0] + name[len(base_of(name)) :].lower() if found else None


def loose(text: str) -> str | None:
    """The identifier that a looser name stands for; a name without a version, such as `GPL`, stays without one."""
    plain = " ".join(NOISE.sub(" ", ASIDE.sub(" ", text.lower())).split()) or text.lower()
    found = next((spdx for form, spdx in LOOSE_FORMS if form.fullmatch(plain)), None)
    if found:
        return found
    family = next((name for form, name in FAMILIES if form.match(plain)), None)
    version = FAMILY_VERSION.search(plain.replace("v", " v "))
    if family is None or version is None:
        return family
    later = "-or-later" if "later" in plain or "+" in text else ""
    return f"{family}-{version[1]}.{version[2] or 0}{later}"


def group_of(node: Node) -> Group:
    """The group of one licence."""
    _, group = BY_ID.get(base_of(node.name).lower(), ("", "unknown"))
    if group == "strong-copyleft" and node.exception.lower() in LINKING_EXCEPTIONS:
        return "weak-copyleft"
    return group


def fold(node: Node, value: Callable[[Node], int]) -> int:
    """A value for the whole expression: the least of alternatives, the greatest of a combination."""
    if node.kind == "licence":
        return value(node)
    return (min if node.kind == "or" else max)(fold(part, value) for part in node.parts)


def is_denied(node: Node, deny: Iterable[str]) -> bool:
    """Whether no way to accept the licence avoids what is denied: identifiers (with or without `-only`) and groups."""
    wanted = {word.strip().lower() for word in deny}
    wanted |= {base_of(word) for word in wanted if word.endswith("+")}

    def leaf(licence: Node) -> int:
        names = {licence.name.lower(), base_of(licence.name).lower(), group_of(licence)}
        return int(bool(names & wanted))

    return bool(fold(node, leaf))


def leaves(node: Node) -> list[str]:
    """The licences that an expression names."""
    return [node.name] if node.kind == "licence" else [name for part in node.parts for name in leaves(part)]


def spell(node: Node) -> str:
    """The expression in its usual spelling."""
    if node.kind == "licence":
        return f"{node.name} WITH {node.exception}" if node.exception else node.name
    inner = (f"({spell(part)})" if part.kind == "or" else spell(part) for part in node.parts)
    return f" {node.kind.upper()} ".join(inner)
