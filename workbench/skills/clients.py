"""The one table of the clients that read skills: where each looks, how it walks, what it refuses, what it lists.

Everything else that knows a client's folder or limit reads it here. Each entry says where its facts come from; what no
source says is None, and never a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.skills.client_ids import ClientId as ClientId

Scope = Literal["project", "user", "admin", "bundled", "plugin"]
Reach = Literal["here", "upwards", "nested", "around"]

OWN_DEPTH = 8
OWN_FOLDERS = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """One folder in which a client looks for skills.

    Attributes:
        scope: Whose it is.
        path: Relative to the project, the home folder (user, bundled) or the machine's root (admin); empty where only
            `variable` names it.
        reach: Of a project's place: only in the folder the client starts in (`here`), also in those above up to the
            top of the repository (`upwards`), also in those below (`nested`), or both (`around`).
        variable: An environment variable that names another folder to look in instead, with `below` under it.
        below: What follows the variable's folder.
        many: The variable names several folders, with commas between them.
        inner_first: Of several folders of this place, which one wins a clash: the nearest to the start, or the topmost.
    """

    scope: Scope
    path: str
    reach: Reach = "here"
    variable: str | None = None
    below: str = ""
    many: bool = False
    inner_first: bool = True


@dataclass(frozen=True, slots=True)
class Walk:
    """How a client searches one of its folders.

    Attributes:
        depth: How far below it a skill's folder may be; 1 for its direct children only.
        folders: How many folders it looks into.
        at_root: Whether a SKILL.md in the folder itself is a skill.
        hidden: Whether it looks into folders whose names begin with a dot.
        file_links: Whether it reads a SKILL.md that is a link.
        own_bounds: Whether depth and number are this program's, because the client has none or says none.
    """

    depth: int
    folders: int = OWN_FOLDERS
    at_root: bool = False
    hidden: bool = True
    file_links: bool = True
    own_bounds: bool = False


@dataclass(frozen=True, slots=True)
class Needs:
    """What a SKILL.md has to have for a client to load it; lengths in characters, None for no known limit.

    Attributes:
        recovers_colons: Whether it reads a value that holds a colon without quotes, which is not valid YAML.
        valid_yaml: Whether YAML that it can't read keeps it from loading the skill, rather than from its fields.
        plain_start: Whether a byte order mark before the first `---` keeps it from seeing the frontmatter.
        bare_start: Whether blanks after the first `---` do.
        unique_keys: Whether a key that stands twice keeps it from loading the skill.
        texts: Whether a name or a description that YAML reads as a number does, or a `metadata` that is no mapping.
    """

    name: bool = False
    description: bool = True
    max_name: int | None = None
    max_description: int | None = None
    recovers_colons: bool = True
    valid_yaml: bool = True
    plain_start: bool = False
    bare_start: bool = False
    unique_keys: bool = False
    texts: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What a client's list of skills holds at start, and its limits; None where none is known.

    Attributes:
        entry_characters: Of one skill's text.
        total_characters: Of the whole list, where the size of the model's context is not known.
        context_share: Of the model's context, instead of `total_characters`, where its size is known.
        share_in: What that share is counted in; a character stands for a quarter of a token.
        author_may_hide: `disable-model-invocation` keeps a skill out of it.
    """

    entry_characters: int | None = None
    total_characters: int | None = None
    context_share: float | None = None
    share_in: Literal["characters", "tokens"] = "characters"
    author_may_hide: bool = False


@dataclass(frozen=True, slots=True)
class PluginCache:
    """Where a client keeps installed plugins, each with a folder `skills`: relative to its own folder.

    Attributes:
        path: The cache.
        levels: How many folders down a plugin's own folder is.
        name_level: Which of these folders carries the plugin's name, counted from 1.
    """

    path: str
    levels: int
    name_level: int


@dataclass(frozen=True, slots=True)
class Client:
    """One client.

    Attributes:
        home: Its own folder below the home folder, and `home_variable` that names another.
        places: Strongest first: where a clash is settled, the earlier place wins.
        clash: What becomes of several skills with one identity: the `first` is loaded, or `all` of them are.
        identity: What a skill is known by: its `name`, or its `folder`.
        source: Where these facts are from.
    """

    id: ClientId
    label: str
    home: str
    home_variable: str | None
    places: tuple[Place, ...]
    walk: Walk
    needs: Needs
    listing: Listing
    clash: Literal["first", "all"]
    identity: Literal["name", "folder"]
    plugins: tuple[PluginCache, ...]
    source: str


CLIENTS: tuple[Client, ...] = (
    Client(
        id="claude",
        label="Claude Code",
        home=".claude",
        home_variable="CLAUDE_CONFIG_DIR",
        places=(
            Place("admin", "etc/claude-code/.claude/skills"),
            Place("admin", "Library/Application Support/ClaudeCode/.claude/skills"),
            Place("user", ".claude/skills", variable="CLAUDE_CONFIG_DIR", below="skills"),
            Place("project", ".claude/skills", reach="around"),
        ),
        walk=Walk(depth=1),
        needs=Needs(description=False, recovers_colons=False, valid_yaml=False),
        listing=Listing(entry_characters=1_536, total_characters=8_000, context_share=0.01, author_may_hide=True),
        clash="first",
        identity="folder",
        plugins=(PluginCache("plugins/cache", levels=3, name_level=2),),
        source="code.claude.com/docs/en/skills: where skills live, enterprise > personal > project, parent and nested "
        "folders, the folder names the command, 1,536 characters, 1 % of the context or 8,000 characters",
    ),
    Client(
        id="codex",
        label="Codex",
        home=".codex",
        home_variable="CODEX_HOME",
        places=(
            Place("project", ".agents/skills", reach="upwards"),
            Place("project", ".codex/skills", reach="upwards"),
            Place("user", ".agents/skills"),
            Place("user", ".codex/skills", variable="CODEX_HOME", below="skills"),
            Place("bundled", ".codex/skills/.system", variable="CODEX_HOME", below="skills/.system"),
            Place("admin", "etc/codex/skills"),
        ),
        walk=Walk(depth=6, folders=2_000, at_root=True, hidden=False, file_links=False),
        needs=Needs(
            max_name=64, max_description=1_024, recovers_colons=False, plain_start=True, unique_keys=True, texts=True
        ),
        listing=Listing(total_characters=8_000, context_share=0.02, share_in="tokens"),
        clash="all",
        identity="name",
        plugins=(PluginCache("plugins/cache", levels=3, name_level=2),),
        source="openai/codex, codex-rs/core-skills, loader.rs and render.rs, 2026",
    ),
    Client(
        id="cursor",
        label="Cursor",
        home=".cursor",
        home_variable=None,
        places=(
            Place("project", ".cursor/skills", reach="nested"),
            Place("project", ".agents/skills", reach="nested"),
            Place("project", ".claude/skills"),
            Place("project", ".codex/skills"),
            Place("user", ".cursor/skills"),
            Place("user", ".agents/skills"),
            Place("user", ".claude/skills"),
            Place("user", ".codex/skills"),
        ),
        walk=Walk(depth=OWN_DEPTH, own_bounds=True),
        needs=Needs(),
        listing=Listing(author_may_hide=True),
        clash="first",
        identity="name",
        plugins=(),
        source="cursor.com/docs/skills: the folders, recursive and nested; which copy wins a clash is not documented, "
        "and taken to be project before user, in the order of the page",
    ),
    Client(
        id="copilot",
        label="Copilot",
        home=".copilot",
        home_variable="COPILOT_HOME",
        places=(
            Place("project", ".github/skills", reach="upwards"),
            Place("project", ".agents/skills"),
            Place("project", ".claude/skills"),
            Place("user", ".copilot/skills", variable="COPILOT_HOME", below="skills"),
            Place("user", ".agents/skills"),
            Place("user", "", variable="COPILOT_SKILLS_DIRS", many=True),
        ),
        walk=Walk(depth=1),
        needs=Needs(name=True, max_name=64, max_description=1_024),
        listing=Listing(author_may_hide=True),
        clash="first",
        identity="name",
        plugins=(PluginCache("installed-plugins", levels=2, name_level=2),),
        source="docs.github.com, Copilot CLI command reference, skill locations: in this order, the first found wins",
    ),
    Client(
        id="gemini",
        label="Gemini CLI",
        home=".gemini",
        home_variable="GEMINI_CLI_HOME",
        places=(
            Place("project", ".agents/skills"),
            Place("project", ".gemini/skills"),
            Place("user", ".agents/skills", variable="GEMINI_CLI_HOME", below=".agents/skills"),
            Place("user", ".gemini/skills", variable="GEMINI_CLI_HOME", below=".gemini/skills"),
        ),
        walk=Walk(depth=1, at_root=True, hidden=False),
        needs=Needs(name=True, plain_start=True, bare_start=True),
        listing=Listing(),
        clash="first",
        identity="name",
        plugins=(PluginCache("extensions", levels=1, name_level=1),),
        source="google-gemini/gemini-cli, packages/core/src/skills: extensions < user < workspace, .agents over "
        ".gemini, a workspace's only in a trusted folder",
    ),
    Client(
        id="opencode",
        label="OpenCode",
        home=".config/opencode",
        home_variable=None,
        places=(
            Place("user", "", variable="OPENCODE_CONFIG_DIR", below="skills"),
            Place("user", "", variable="OPENCODE_CONFIG_DIR", below="skill"),
            Place("user", ".opencode/skills"),
            Place("user", ".opencode/skill"),
            Place("project", ".opencode/skills", reach="upwards", inner_first=False),
            Place("project", ".opencode/skill", reach="upwards", inner_first=False),
            Place("user", ".config/opencode/skills", variable="XDG_CONFIG_HOME", below="opencode/skills"),
            Place("user", ".config/opencode/skill", variable="XDG_CONFIG_HOME", below="opencode/skill"),
            Place("project", ".agents/skills", reach="upwards", inner_first=False),
            Place("project", ".claude/skills", reach="upwards", inner_first=False),
            Place("user", ".agents/skills"),
            Place("user", ".claude/skills"),
        ),
        walk=Walk(depth=OWN_DEPTH, at_root=True, own_bounds=True),
        needs=Needs(name=True, unique_keys=True, texts=True),
        listing=Listing(),
        clash="first",
        identity="name",
        plugins=(),
        source="anomalyco/opencode, packages/opencode/src/skill and src/config/paths.ts: whatever is read later wins; "
        "skills.paths and skills.urls of its configuration are not followed here",
    ),
)

_BY_ID: Mapping[str, Client] = {client.id: client for client in CLIENTS}


def client(id_: str) -> Client:
    """The client with this id; KeyError if there is none."""
    return _BY_ID[id_]


def own_folder(one: Client, home: Path, env: Mapping[str, str]) -> Path:
    """The folder in which a client keeps its settings and plugins."""
    named = _absolute(env.get(one.home_variable or "", ""))
    if named is None:
        return home / one.home
    return named / one.home if one.id == "gemini" else named


def outside_folders(place: Place, home: Path, machine: Path, env: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders that a place outside every project stands for, whether they exist or not.

    Args:
        place: A place whose scope is not `project`.
        home: The user's home folder.
        machine: The machine's root folder, `/`.
        env: The environment in which the client would start.
    """
    if place.scope == "admin":
        return (machine / place.path,)
    value = env.get(place.variable or "", "")
    named = [folder for part in (value.split(",") if place.many else [value]) if (folder := _absolute(part.strip()))]
    if named:
        return tuple(folder / place.below for folder in named)
    return (home / place.path,) if place.path else ()


def user_folders() -> tuple[tuple[str, str], ...]:
    """Every folder of user skills relative to the home folder, once, with a label: the client it belongs to, or
    `agents` for the one that all share.
    """
    labels: dict[str, str] = {}
    for one in CLIENTS:
        for place in one.places:
            if place.scope == "user" and place.path and place.path.endswith("skills"):
                own = place.path.startswith((f"{one.home}/", f".{one.id}/"))
                labels.setdefault(place.path, one.id if own else place.path.split("/")[0].lstrip("."))
    return tuple((label, path) for path, label in labels.items())


def _absolute(value: str) -> Path | None:
    """A folder that an environment variable names; one that is relative depends on where a client starts."""
    return Path(value) if value.startswith("/") and "\0" not in value else None
