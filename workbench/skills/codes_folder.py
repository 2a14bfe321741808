"""The codes of what can be wrong with a skill's folder, and of what clients say; `codes.py` answers for them."""

from collections.abc import Mapping

from workbench.skills.model import Code

_FOLDER = (
    Code(
        "files-not-listed",
        "warning",
        "Not all of the skill's files could be looked at",
        "Make them readable, or move what does not belong to the skill away",
    ),
    Code("file-link-leaves", "warning", "A link in the folder leads out of the skill", "Replace the link by the file"),
    Code(
        "file-link-dangling",
        "warning",
        "A link in the folder leads nowhere",
        "Remove the link, or restore what it leads to",
    ),
    Code(
        "orphan-file", "info", "Nothing in the skill mentions the file", "Say in SKILL.md when to use it, or remove it"
    ),
    Code(
        "script-not-executable",
        "warning",
        "A script is run directly but may not be executed",
        "Set the executable bit: chmod +x",
        fixable=True,
    ),
    Code(
        "script-no-shebang",
        "warning",
        "A script is run directly but does not say by what",
        "Begin it with a line like #!/usr/bin/env python3",
    ),
    Code(
        "script-line-ends",
        "warning",
        "The first line of a script ends with a carriage return, so it can't be run directly",
        "Save it with LF line ends",
    ),
    Code("script-without-case", "info", "No case in tests/ runs the script", "Add a case, so that changes are noticed"),
    Code(
        "evals-invalid",
        "warning",
        "The evaluations can't be read",
        'Write evals/evals.json as {"evals": [{"prompt": …, "assertions": […]}]}',
    ),
)

_CODEX = (
    Code("openai-yaml-unreadable", "warning", "agents/openai.yaml can't be read; Codex ignores it", "Mend the YAML"),
    Code(
        "openai-yaml-type",
        "warning",
        "A value of agents/openai.yaml has another type than Codex reads, so Codex ignores the file",
        "Write it as Codex' documentation says",
    ),
    Code(
        "openai-yaml-value",
        "warning",
        "Codex ignores a value of agents/openai.yaml",
        "Write it as Codex' documentation says",
    ),
    Code("openai-yaml-unknown", "info", "Codex does not know a key of agents/openai.yaml", "Correct or remove it"),
)

_TOOLS = (
    Code("tools-unreadable", "error", "tools.yaml can't be read", "Mend the file"),
    Code(
        "tools-shape", "error", "tools.yaml is not a mapping with a list 'tools'", "Write 'tools:' and a list below it"
    ),
    Code("tools-duplicate-key", "warning", "A key of tools.yaml stands twice", "Keep one of them"),
    Code("tools-unknown-key", "warning", "tools.yaml has a key that is not known", "Correct or remove it"),
    Code("tool-shape", "error", "A tool is not a mapping", "Write a name, and 'run' or 'call'"),
    Code(
        "tool-name", "error", "A tool's name is missing or not usable", "Use letters, digits, '-' and '_', at most 64"
    ),
    Code("tool-duplicate", "error", "Two tools have the same name", "Rename one of them"),
    Code("tool-description", "warning", "A tool's description is missing or not text", "Say what it is for"),
    Code("tool-form", "error", "A tool does not say how it is run", "Give 'run', a list, or 'call', FILE.py:FUNCTION"),
    Code("tool-script", "error", "A tool's script can't be read", "Correct the path, or add the file"),
    Code(
        "tool-signature",
        "error",
        "A function's parameters can't be described",
        "Annotate them with plain types, or give 'input_schema'",
    ),
    Code("tool-schema", "error", "A schema is not valid", "Mend the JSON Schema"),
    Code("tool-output", "error", "A tool's output is not what it can be", "Write 'output: json' or 'output: text'"),
    Code(
        "tool-placeholder",
        "error",
        "A placeholder of 'run' is not an argument that fits",
        "Name an argument of 'input_schema'",
    ),
    Code("tool-unused", "warning", "An argument of a tool is not used", "Use it in 'run', or remove it"),
    Code("case-invalid", "error", "A test case can't be read", "Mend the case; docs/skills.md has the form"),
)

_CLIENTS = (
    Code(
        "client-refuses",
        "error",
        "A client that was asked about does not load the skill",
        "Mend what keeps it from loading",
    ),
    Code(
        "client-warns",
        "warning",
        "A client that was asked about loads the skill with a loss",
        "Mend what it trips over",
    ),
    Code("client-ignores", "info", "A client that was asked about ignores a field", "Don't rely on it there"),
)

_REPORT = (
    Code("more-problems", "info", "There are more problems than are listed", "Mend those that are listed first"),
)

SECTIONS: Mapping[str, tuple[Code, ...]] = {
    "The folder": _FOLDER,
    "`agents/openai.yaml`": _CODEX,
    "`tools.yaml` and cases": _TOOLS,
    "Clients (with `--client`)": _CLIENTS,
    "The report": _REPORT,
}
"""These codes, by what they are about."""
