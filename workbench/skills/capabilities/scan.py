"""One file of a skill: which scanners it gets, within bounds."""

import posixpath
import re
from collections.abc import Mapping

from workbench.skills.capabilities import manifests, recipes, secrets
from workbench.skills.capabilities.hidden import scan_hidden
from workbench.skills.capabilities.injection import scan_injection
from workbench.skills.capabilities.javascript import scan_javascript
from workbench.skills.capabilities.markdown import scan_markdown
from workbench.skills.capabilities.model import Finding
from workbench.skills.capabilities.python import scan_python
from workbench.skills.capabilities.sensitive import scan_sensitive
from workbench.skills.capabilities.shell import note_urls, scan_shell
from workbench.skills.capabilities.source import FullError, Source
from workbench.text import decode

MAX_BYTES = 2 << 20

_LANGUAGES: Mapping[str, str] = {
    **dict.fromkeys(("py", "pyw", "pyi"), "python"),
    **dict.fromkeys(("sh", "bash", "zsh", "ksh", "command", "envrc", "bats"), "shell"),
    **dict.fromkeys(("js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"), "javascript"),
    **dict.fromkeys(("md", "markdown", "mdx", "mdc"), "markdown"),
    **dict.fromkeys(("html", "htm", "svg", "vue", "svelte", "xhtml"), "html"),
    "ipynb": "notebook",
    "rb": "Ruby", "pl": "Perl", "pm": "Perl", "ps1": "PowerShell", "psm1": "PowerShell", "php": "PHP", "lua": "Lua",
    "bat": "batch", "cmd": "batch", "vbs": "VBScript", "wsf": "VBScript", "applescript": "AppleScript",
    "scpt": "AppleScript", "tcl": "Tcl", "awk": "awk", "r": "R", "jl": "Julia", "ex": "Elixir", "exs": "Elixir",
    "go": "Go", "rs": "Rust", "java": "Java", "kt": "Kotlin", "kts": "Kotlin", "scala": "Scala", "swift": "Swift",
    "c": "C", "cc": "C++", "cpp": "C++", "cs": "C#", "fish": "fish", "groovy": "Groovy", "clj": "Clojure",
    "hs": "Haskell",
    "nim": "Nim", "zig": "Zig", "dart": "Dart", "coffee": "CoffeeScript", "nu": "Nushell", "xsh": "xonsh",
}  # fmt: skip
_SCANNED = frozenset(("python", "shell", "javascript", "markdown", "html", "notebook"))
_INTERPRETER = (
    (re.compile(r"python[\d.]*$|^pypy"), "python"),
    (re.compile(r"^(?:ba|z|da|k|a)?sh$"), "shell"),
    (re.compile(r"^(?:node|nodejs|deno|bun|ts-node|tsx)$"), "javascript"),
    (re.compile(r"^uv$"), "python"),
    (re.compile(r"^ruby"), "Ruby"), (re.compile(r"^perl"), "Perl"), (re.compile(r"^pwsh"), "PowerShell"),
)  # fmt: skip
_SHEBANG = re.compile(rb"#![ \t]*([^\n]{1,300})")
_BINARY = ((b"\x7fELF", "program"), (b"MZ", "program"), (b"\xfe\xed\xfa", "program"), (b"\xcf\xfa\xed\xfe", "program"),
           (b"\xca\xfe\xba\xbe", "program"), (b"\xce\xfa\xed\xfe", "program"), (b"\0asm", "program"),
           (b"!<arch>\n", "library"))  # fmt: skip
_BINARY_SUFFIXES = frozenset(("exe", "dll", "so", "dylib", "node", "pyc", "pyo", "pyd", "class", "jar", "wasm", "o",
                              "a",
                              "bin", "com", "msi", "apk", "deb", "rpm", "dmg", "pkg", "appimage"))  # fmt: skip
_ARCHIVES = frozenset(("zip", "tar", "gz", "tgz", "bz2", "xz", "7z", "rar", "whl", "egg", "zst", "skill", "asar", "cab",
                       "docm", "xlsm", "pptm", "iso"))  # fmt: skip
_PICTURES = frozenset(("png", "jpg", "jpeg", "gif", "webp", "ico", "bmp", "tiff", "avif", "heic", "pdf", "woff",
                       "woff2",
                       "ttf", "otf", "eot", "mp3", "mp4", "wav", "ogg", "webm", "mov", "docx", "xlsx", "pptx", "odt",
                       "parquet", "sqlite", "db", "npy", "npz", "psd", "icns", "tif"))  # fmt: skip
_ASIDE = re.compile(
    r"(?:^|/)(?:readme|changelog|contributing|license|security|code_of_conduct|notice)[^/]*$", re.IGNORECASE
)
_SAMPLES = re.compile(r"(?:^|/)(?:assets?|templates?|references?|examples?|fixtures|resources|samples?)/")
_SCRIPT_TAG = re.compile(r"<script\b[^>]{0,500}>", re.IGNORECASE)
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_UTF8 = frozenset(("utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii"))
_LATIN = frozenset(("latin-1", "latin1", "iso-8859-1", "iso-8859-15", "cp1252", "windows-1252"))


def scan_file(path: str, data: bytes, *, executable: bool = False) -> tuple[Finding, ...]:
    """What one file lets a skill do, in the order of its lines.

    Pure: it depends on nothing but its arguments. It never raises, and what it can't read is a finding.

    Args:
        path: The file, relative to the skill's folder, `/`-separated; its name decides what it is read as.
        data: Its bytes; what goes beyond `MAX_BYTES` is not read.
        executable: Whether its owner may execute it.
    """
    if unreadable := _binary(path, data, executable):
        return unreadable
    if is_data(path, data):
        return ()
    languages = languages_of(path, data, executable=executable)
    text, odd = _text(data, languages)
    found = secrets.secrets_in(text)
    source = Source(path, text, masked=secrets.masked(text, found))
    for what in odd:
        source.add("unreadable", what, 0)
    if len(data) > MAX_BYTES and languages:
        source.add("unreadable", f"what comes after {MAX_BYTES >> 20} MiB", 0)
    findings = list(source.findings.values())
    try:
        for secret in found:
            if secret.real:
                source.add("secret", secret.label, secret.start, secret.certainty)
        _scan(source, path, languages, executable)
    except FullError as error:
        findings.append(_beyond(path, error.line, "more findings than are listed", data))
    except RecursionError:
        findings.append(_beyond(path, 1, "code that nests too deep", data))
    findings = list({id(one): one for one in (*findings, *source.findings.values())}.values())
    return tuple(sorted(findings, key=lambda one: (one.line, one.column, one.kind, one.what)))


def _beyond(path: str, line: int, what: str, data: bytes) -> Finding:
    return Finding("unreadable", what, path, line, 1, _bound(data), "sure")


def languages_of(path: str, data: bytes, *, executable: bool = False) -> tuple[str, ...]:
    """What a file is read as: by its name and, where that says something else, by its first line too."""
    name = posixpath.basename(path)
    by_name = _LANGUAGES.get(name.rpartition(".")[2].lower()) if "." in name else None
    if name in (".bashrc", ".zshrc", ".profile", ".bash_profile", ".envrc"):
        by_name = "shell"
    by_line = None
    if data.startswith(b"#!") and (line := _SHEBANG.match(data)):
        words = [
            posixpath.basename(word) for word in decode(line[1]).split() if not word.startswith("-") and "=" not in word
        ]
        program = words[1] if len(words) > 1 and words[0] == "env" else words[0] if words else ""
        by_line = next((language for pattern, language in _INTERPRETER if pattern.search(program)), program or None)
    elif by_name is None and executable:
        by_line = "shell"  # without a first line that says otherwise, a shell runs it
    return tuple(dict.fromkeys(one for one in (by_name, by_line) if one))


def _scan(source: Source, path: str, languages: tuple[str, ...], executable: bool) -> None:
    name = posixpath.basename(path)
    markdown = "markdown" in languages
    aside = bool(_ASIDE.search(path))
    scan_hidden(source)
    scan_injection(source, markdown=markdown)
    scan_sensitive(source, "likely" if languages and not markdown else "mention")
    for language in languages:
        if language == "python":
            scan_python(source)
        elif language == "shell":
            scan_shell(source)
        elif language == "javascript":
            scan_javascript(source)
        elif language == "html":
            _html(source)
        elif language == "notebook":
            manifests.scan_notebook(source)
        elif language == "markdown":
            _markdown(source, skill_file=path == "SKILL.md", aside=aside)
        elif executable or len(languages) > 1 or source.text.startswith("#!") or not _SAMPLES.search(path):
            source.add("unreadable", f"no scanner for {language}", 0)
            note_urls(source, source.text, 0, "likely")
    _manifest(source, path, name)


def _manifest(source: Source, path: str, name: str) -> None:
    if path == "tools.yaml":
        manifests.scan_tools_yaml(source)
    elif path.startswith("tests/") and path.count("/") == 1 and name.endswith((".yaml", ".yml")):
        manifests.scan_cases(source)
    elif name in (".mcp.json", "mcp.json") or (name.endswith(".json") and '"mcpServers"' in source.text):
        manifests.scan_mcp(source)
    elif name == "package.json":
        manifests.scan_package(source)
    elif name.startswith("requirements") and name.endswith((".txt", ".in")):
        manifests.scan_requirements(source)
    elif name in ("Makefile", "makefile", "GNUmakefile") or name.startswith("Makefile.") or name.endswith(".mk"):
        recipes.scan_makefile(source)
    elif name.lower() in ("justfile", ".justfile"):
        recipes.scan_makefile(source, just=True)
    elif name.startswith(("Dockerfile", "Containerfile")) or name.lower().endswith(".dockerfile"):
        recipes.scan_dockerfile(source)


def _markdown(source: Source, *, skill_file: bool, aside: bool) -> None:
    text = source.text
    body = 0
    if text.startswith("---\n") and (end := text.find("\n---", 3)) >= 0:
        body = end + 4
        if skill_file:
            manifests.scan_frontmatter(source.block(4, end + 1, "sure"))
    scan_markdown(source.block(body, len(text), "sure") if body else source, skill_file=skill_file, aside=aside)


def _html(source: Source) -> None:
    text = source.text
    lower = text.lower() if text.isascii() else text
    at = 0
    while (tag := _SCRIPT_TAG.search(text, at)) is not None:
        note_urls(source, tag[0], tag.start(), "likely")
        end = lower.find("</script", tag.end())
        end = at = len(text) if end < 0 else end
        if tag.end() < end:
            scan_javascript(source.block(tag.end(), end, "likely"))
    note_urls(source, text, 0, "mention")


def _binary(path: str, data: bytes, executable: bool) -> tuple[Finding, ...]:
    """The one finding for a file that is no text, where there is something to say; `()` for a text."""
    suffix = posixpath.basename(path).rpartition(".")[2].lower() if "." in posixpath.basename(path) else ""
    what = next((f"binary {kind}" for magic, kind in _BINARY if data.startswith(magic)), "")
    if data.startswith(b"MZ") and b"\0" not in data[:1024]:
        what = ""
    if not what and suffix in _ARCHIVES:
        what = "archive that is not opened"
    elif not what and b"\0" in data[:8192] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        is_program = suffix in _BINARY_SUFFIXES or (executable and suffix not in _LANGUAGES)
        what = "binary program" if is_program else ""
    if not what:
        return ()
    return (Finding("unreadable", what, path, 1, 1, _bound(data), "sure"),)


def is_data(path: str, data: bytes) -> bool:
    """Whether a file is binary data that no scanner looks at: a picture, a font, a document."""
    suffix = posixpath.basename(path).rpartition(".")[2].lower()
    return suffix in _PICTURES or (b"\0" in data[:8192] and suffix not in _LANGUAGES)


def _bound(data: bytes) -> str:
    import hashlib

    return f"{len(data):,} bytes, {hashlib.sha256(data).hexdigest()[:16]}"


def _text(data: bytes, languages: tuple[str, ...]) -> tuple[str, list[str]]:
    """A file as text with LF line ends, and what about its bytes keeps it from being read as its language."""
    data = data[:MAX_BYTES]
    odd = []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    elif "python" in languages and (coding := _coding(data)) not in _UTF8:
        text = data.decode("latin-1") if coding in _LATIN else decode(data)
        if coding not in _LATIN:
            odd.append("Python in an encoding that is not read")
    else:
        text = decode(data)
    if "\0" in text:
        if languages:
            odd.append("a script with NUL bytes")
        text = text.replace("\0", "\ufffd")
    return text.replace("\r\n", "\n"), odd


def _coding(data: bytes) -> str:
    for line in data.split(b"\n", 2)[:2]:
        if found := _CODING.match(line):
            return decode(found[1]).lower().replace("_", "-")
    return "utf-8"
