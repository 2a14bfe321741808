"""The codes of what can be wrong with a SKILL.md itself; `codes.py` is how they are asked for."""

from collections.abc import Mapping

from workbench.skills.model import Code

_FILE = (
    Code("skill-file-unreadable", "error", "SKILL.md can't be read", "Make it a regular file that you may read"),
    Code("skill-file-vanished", "error", "SKILL.md vanished while the library was read", "Run it again"),
    Code("skill-file-not-a-file", "error", "SKILL.md is not a file", "Make it a regular file"),
    Code("skill-file-link-dangling", "error", "SKILL.md is a link to nothing", "Replace the link by the file"),
    Code("skill-file-link-leaves", "error", "SKILL.md is a link out of the library", "Replace the link by the file"),
    Code(
        "skill-file-too-large",
        "error",
        "SKILL.md is too large to be read whole",
        "Move what is rarely needed to references/",
    ),
    Code(
        "folder-link-dangling",
        "error",
        "The skill's folder is a link to nothing",
        "Remove the link, or restore what it leads to",
    ),
    Code(
        "folder-link-leaves",
        "error",
        "The skill's folder is a link out of the library",
        "Copy the folder into the library",
    ),
    Code(
        "folder-link-unsearched",
        "error",
        "The skill's folder is a link to a place that is not searched",
        "Move the folder to where skills are",
    ),
    Code("not-utf-8", "error", "A byte of the file is not UTF-8", "Save the file as UTF-8"),
    Code("nul-byte", "error", "The file holds a NUL byte", "Remove it"),
    Code(
        "byte-order-mark",
        "warning",
        "The file begins with a byte order mark; Codex and Gemini CLI then see no frontmatter",
        "Save it as UTF-8 without a byte order mark",
        fixable=True,
    ),
    Code(
        "hidden-characters",
        "warning",
        "A character that can't be seen stands in the file",
        "Remove it, unless the text needs it",
    ),
)

_FRONTMATTER = (
    Code(
        "frontmatter-missing",
        "error",
        "There is no frontmatter",
        "Begin the file with '---', 'name:' and 'description:' lines, and '---'",
    ),
    Code("frontmatter-unclosed", "error", "The frontmatter is not closed", "End it with a line that is exactly '---'"),
    Code("frontmatter-too-large", "error", "The frontmatter is too large to be read", "Move text into the body"),
    Code(
        "frontmatter-yaml",
        "error",
        "The frontmatter is not YAML that can be read",
        "Mend the YAML; text with special characters goes in quotes",
    ),
    Code(
        "frontmatter-not-mapping",
        "error",
        "The frontmatter is not keys with values",
        "Write 'name: my-skill' and 'description: …'",
    ),
    Code(
        "delimiter-blanks",
        "warning",
        "Blanks follow a '---' that delimits the frontmatter; Gemini CLI then sees none",
        "Remove the blanks",
        fixable=True,
    ),
    Code(
        "dashes-in-frontmatter",
        "info",
        "'---' stands inside the frontmatter; readers that cut at it lose what follows",
        "Write a dash (—) instead",
    ),
    Code(
        "duplicate-key",
        "error",
        "A key stands twice; some clients refuse that, others take one of them",
        "Keep one of them",
    ),
    Code(
        "unquoted-colon",
        "warning",
        "A value holds a colon without being in quotes: no valid YAML, and only some clients recover",
        "Put the value in quotes",
        strict="error",
        fixable=True,
    ),
    Code(
        "unquoted-value",
        "warning",
        "A value without quotes is read differently by different readers",
        "Put it in quotes",
        fixable=True,
    ),
)

_NAME = (
    Code("name-missing", "error", "There is no name", "Add 'name:' with the folder's name"),
    Code("name-type", "error", "The name is not text", "Put it in quotes"),
    Code("name-whitespace", "warning", "The name has spaces around it", "Remove them", fixable=True),
    Code("name-too-long", "error", "The name has more than 64 characters; Codex and Copilot refuse that", "Shorten it"),
    Code("name-uppercase", "error", "The name has capital letters", "Write it, and the folder's name, in lower case"),
    Code("name-hyphen", "error", "The name begins or ends with a hyphen", "Remove the hyphen"),
    Code("name-double-hyphen", "error", "The name has two hyphens in a row", "Keep one of them"),
    Code(
        "name-characters",
        "error",
        "The name has characters that are not allowed",
        "Use letters a-z, digits and hyphens only",
    ),
    Code(
        "name-not-ascii",
        "warning",
        "The name has letters other than a-z, which some clients refuse and which can look alike",
        "Use letters a-z",
        strict="error",
    ),
    Code(
        "name-looks-alike",
        "warning",
        "The name or the folder looks like that of another skill of the library",
        "Rename one of them, so that nobody takes one for the other",
    ),
    Code(
        "name-mismatch",
        "error",
        "The name is not the folder's name; VS Code then skips the skill",
        "Give both the same name",
    ),
)

_FIELDS = (
    Code("description-missing", "error", "There is no description", "Add one: what the skill does, and when to use it"),
    Code("description-empty", "error", "The description is empty", "Say what the skill does, and when to use it"),
    Code("description-type", "error", "The description is not text", "Put it in quotes"),
    Code(
        "description-too-long",
        "error",
        "The description has more than 1,024 characters; Codex and Copilot refuse that",
        "Shorten it; details belong in the body",
    ),
    Code(
        "description-markup",
        "info",
        "The description has '<' and '>', which uploads to claude.ai refuse",
        "Write it without angle brackets",
        strict="warning",
    ),
    Code(
        "license-type",
        "warning",
        "The licence is not text",
        "Write its name, or the name of the licence's file",
        strict="error",
    ),
    Code(
        "compatibility-empty",
        "warning",
        "compatibility is empty",
        "Say what the skill needs, or remove the field",
        strict="error",
    ),
    Code("compatibility-type", "error", "compatibility is not text", "Put it in quotes"),
    Code(
        "compatibility-too-long",
        "error",
        "compatibility has more than 500 characters",
        "Shorten it; details belong in the body",
    ),
    Code(
        "metadata-type",
        "warning",
        "metadata is not a mapping; Codex then does not load the skill",
        "Write 'key: value' lines below it",
        strict="error",
    ),
    Code("metadata-value", "warning", "A value below metadata is not text", "Write it as one text", strict="error"),
    Code("version-format", "info", "The version is not a semantic version", "Write it like 1.2.0"),
    Code(
        "allowed-tools-list",
        "warning",
        "allowed-tools is a list; the specification has one text",
        "Write the tools in one line with spaces between",
        strict="error",
        fixable=True,
    ),
    Code(
        "allowed-tools-type",
        "warning",
        "allowed-tools is neither text nor a list",
        "Write the tools in one line with spaces between",
        strict="error",
    ),
    Code(
        "allowed-tools-commas",
        "info",
        "allowed-tools has commas; the specification has spaces",
        "Write spaces instead of commas",
        fixable=True,
    ),
    Code("allowed-tools-syntax", "warning", "A tool's parentheses are not closed", "Write it like Bash(git:*)"),
    Code(
        "client-field",
        "info",
        "The field is known to some clients only",
        "Keep it if these clients are who the skill is for",
        strict="error",
    ),
    Code(
        "unknown-field",
        "warning",
        "No client knows the field",
        "Correct it, or put it below 'metadata'",
        strict="error",
    ),
    Code(
        "field-type",
        "warning",
        "A client's field has a value of another type than the client reads",
        "Write it as the client's documentation says",
    ),
    Code(
        "field-value",
        "warning",
        "A client's field has a value that the client does not know",
        "Use one of the values that it knows",
    ),
    Code(
        "field-without-effect",
        "info",
        "A field has no effect without another one",
        "Add the other field, or remove this one",
    ),
)

_BODY = (
    Code("body-empty", "warning", "There are no instructions under the frontmatter", "Write what an agent should do"),
    Code("body-long", "warning", "The body has more than 500 lines", "Move details to files in references/"),
    Code(
        "body-tokens",
        "warning",
        "The body has more than 5,000 tokens (estimated)",
        "Move details to files in references/",
    ),
    Code("broken-link", "warning", "A link leads to a file that does not exist", "Correct the path, or add the file"),
    Code("link-leaves-skill", "warning", "A link leads out of the skill's folder", "Copy the file into the skill"),
    Code(
        "missing-mention",
        "info",
        "A path in the text names a file that does not exist",
        "Correct the path, or add the file",
    ),
    Code(
        "deep-reference", "warning", "A file is only reached through another reference", "Link it from SKILL.md as well"
    ),
)

SECTIONS: Mapping[str, tuple[Code, ...]] = {
    "The file": _FILE,
    "Frontmatter": _FRONTMATTER,
    "Name": _NAME,
    "Other fields": _FIELDS,
    "Body and references": _BODY,
}
"""These codes, by what they are about."""
