"""The one registry of what a user can do: the palette, the keymap, the footer, the command line's help texts and the
generated key table all read it, so that they can't disagree.

One key has one meaning in the whole program. Lower case looks or moves, upper case decides (a verdict, a whole file).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Scope = Literal[
    "everywhere", "lists", "tabs", "skill", "review", "call", "test", "usage", "graph", "copies", "inventory"
]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a user can do.

    Attributes:
        id: Stable name, used by the keymap in the settings.
        title: What the palette and the footer call it, at most three words.
        help: One sentence: what it does and what comes of it.
        keys: Textual key names; the first is shown.
        scope: Where the keys work.
        action: The Textual action that does it; None where only the command line has it.
        cli: The command line twin, without the program's name.
        palette: Whether the palette lists it.
        footer: Whether the footer shows it.
    """

    id: str
    title: str
    help: str
    keys: tuple[str, ...] = ()
    scope: Scope = "everywhere"
    action: str | None = None
    cli: str | None = None
    palette: bool = True
    footer: bool = False


def _move(id_: str, title: str, help_: str, *keys: str, action: str | None = None) -> Command:
    return Command(id_, title, help_, keys, scope="lists", action=action, palette=False)


COMMANDS: tuple[Command, ...] = (
    Command("palette", "Commands", "Find any command, skill or tool by name.", ("ctrl+p", ":"),
            action="command_palette", palette=False, footer=True),
    Command("help", "Help", "Show what this screen is and every key that works on it.", ("?", "f1"),
            action="help", footer=True),
    Command("back", "Back", "Leave what is open, or cancel what is running; always safe.", ("escape",),
            action="back", palette=False),
    Command("leave", "Close", "Close this screen; at the top level, leave the workbench.", ("q",), action="leave",
            palette=False),
    Command("quit", "Quit", "Leave the workbench at once; what runs is cancelled.", ("ctrl+q", "ctrl+c"),
            action="quit"),
    Command("refresh", "Refresh", "Read the library again from disk and git.", ("r",), action="refresh"),
    Command("open.skills", "Skills", "The library's skills with their states.", ("1",), action="go('skills')",
            cli="skills list"),
    Command("open.tools", "Tools", "Every tool that can be called.", ("2",), action="go('tools')", cli="tools list"),
    Command("open.tests", "Tests", "Every test case, and what the last run said.", ("3",), action="go('tests')",
            cli="test"),
    Command("open.analytics", "Analytics", "Calls, success and time by skill, tool and day.", ("4",),
            action="go('analytics')", cli="analytics"),
    Command("open.cost", "Cost", "What the agents on this machine cost by day, model, project and session.", ("5",),
            action="go('cost')", cli="cost"),
    Command("open.copies", "Copies", "The copies that agents read, and how each stands to the library.",
            ("6",), action="go('copies')", cli="skills drift"),
    Command("open.graph", "Dependencies", "Which skill needs which, and what of it is missing or does not fit.", ("7",),
            action="go('graph')", cli="skills graph"),
    Command("open.inventory", "Agents' files", "What agents read besides skills, the riskiest first, and what changed.",
            ("8",), action="go('inventory')", cli="inventory"),
    Command("open.queue", "Review queue", "What waits for you, what for others, what went stale; the riskiest first.",
            ("9",), action="go('queue')", cli="review queue"),
    Command("skills.search", "Search text", "Find skills by any word they hold, and by filters like state:stale.",
            ("f",), action="show('search')", cli="skills search"),
    Command("theme", "Change theme", "Choose another theme and see it at once.", (), action="show('change_theme')"),
    Command("doctor", "Doctor", "What this machine has and lacks for the workbench.", (), action="show('doctor')",
            cli="doctor"),
    Command("gitlog", "Git commands", "Every git command the workbench ran, with its time and exit code.", ("@",),
            action="show('git_log')"),
    Command("details", "Last error", "The last message in full, with what to do next.", ("!",), action="error_details"),
    _move("move.down", "Down", "One row down.", "j", "down", action="cursor_down"),
    _move("move.up", "Up", "One row up.", "k", "up", action="cursor_up"),
    _move("move.page-down", "Page down", "One page down.", "ctrl+d", "pagedown", action="page_down"),
    _move("move.page-up", "Page up", "One page up.", "ctrl+u", "pageup", action="page_up"),
    _move("move.top", "First", "The first row.", "g", "home", action="first"),
    _move("move.bottom", "Last", "The last row.", "G", "end", action="last"),
    Command("filter", "Filter", "Show only rows that contain every word you type; in a diff, go to them.", ("/",),
            scope="lists", action="filter", palette=False, footer=True),
    Command("open", "Open", "Open the row under the cursor.", ("enter",), scope="lists", action="open", palette=False,
            footer=True),
    Command("tab.next", "Next tab", "The tab to the right.", ("]",), scope="tabs", action="next_tab", palette=False,
            footer=True),
    Command("tab.previous", "Previous tab", "The tab to the left.", ("[",), scope="tabs", action="previous_tab",
            palette=False),
    Command("pane.next", "Next pane", "Move the focus to the next pane.", ("tab",), scope="tabs",
            action="app.focus_next", palette=False),
    Command("pane.previous", "Previous pane", "Move the focus to the previous pane.", ("shift+tab",), scope="tabs",
            action="app.focus_previous", palette=False),
    Command("review.diff", "Review changes", "What changed since the last approved tree, as a diff.", ("d",),
            scope="skill", action="review", cli="review diff", footer=True),
    Command("test.run", "Run tests", "Run the skill's cases in the sandbox.", ("t",), scope="skill",
            action="run_tests", cli="test", footer=True),
    Command("tool.call", "Call a tool", "Fill in a tool's form and run it in the sandbox.", ("x",), scope="skill",
            action="call_tool", cli="tools call", footer=True),
    Command("skill.edit", "Edit", "Open the skill's SKILL.md, or the case at its line, in $EDITOR.", ("e",),
            scope="skill", action="edit"),
    Command("skills.similar", "More like this", "Skills that share telling words with one, or its name.", ("l",),
            scope="skill", action="similar", cli="skills similar"),
    Command("skills.accept", "Accept finding", "Note with a reason that what a skill can do was looked at.", ("F",),
            scope="skill", action="accept_finding", cli="skills accept"),
    Command("skill.copy", "Copy id", "Copy the skill's path and tree to the clipboard.", ("y",), scope="skill",
            action="copy"),
    Command("comment.write", "Comment on lines", "Say something about the lines under the cursor; kept as a draft.",
            ("C",), scope="review", action="write_comment", cli="review draft add", footer=True),
    Command("review.approve", "Approve", "Record that you read exactly these bytes and approve them.", ("A",),
            scope="review", action="verdict('approve')", cli="review approve", footer=True),
    Command("review.request-changes", "Request changes", "Record what has to change before an approval.", ("R",),
            scope="review", action="verdict('request-changes')", cli="review request-changes", footer=True),
    Command("review.comment", "Comment", "Record a remark; it changes no state.", ("c",), scope="review",
            action="verdict('comment')", cli="review comment"),
    Command("review.request", "Request review", "Ask others to review this tree.", ("a",), scope="review",
            action="verdict('request')", cli="review request"),
    Command("review.revoke", "Revoke", "Take an approval of this tree back; the record of it stays.", ("X",),
            scope="review", action="verdict('revoke')", cli="review revoke"),
    Command("diff.next", "Next hunk", "The next changed place.", ("n",), scope="review", action="next_hunk",
            palette=False, footer=True),
    Command("diff.previous", "Previous hunk", "The changed place before.", ("p",), scope="review",
            action="previous_hunk", palette=False),
    Command("diff.next-file", "Next file", "The next changed file.", ("N",), scope="review", action="next_file",
            palette=False),
    Command("diff.previous-file", "Previous file", "The changed file before.", ("P",), scope="review",
            action="previous_file", palette=False),
    Command("diff.layout", "Side by side", "Switch the diff: automatic by width, unified, side by side.", ("s",),
            scope="review", action="toggle_layout", footer=True),
    Command("diff.wrap", "Wrap lines", "Wrap long lines, so that every character can be read, or have each in one row.",
            ("W",), scope="review", action="toggle_wrap"),
    Command("diff.find-next", "Next match", "The next line that holds what was searched for with /.", ("full_stop",),
            scope="review", action="find_next", palette=False),
    Command("diff.find-previous", "Previous match", "The line before that holds what was searched for.", ("comma",),
            scope="review", action="find_previous", palette=False),
    Command("diff.more", "More context", "Show more unchanged lines around each changed place.", ("plus",),
            scope="review", action="context(1)", cli="review diff"),
    Command("diff.less", "Less context", "Show fewer unchanged lines around each changed place.", ("minus",),
            scope="review", action="context(-1)", cli="review diff"),
    Command("diff.raw", "Raw frontmatter", "The frontmatter by key, with order and quotes folded, or line by line.",
            ("Z",), scope="review", action="toggle_raw", cli="review diff"),
    Command("diff.rendered", "Rendered", "The Markdown file under the cursor as one reads it, before and after.",
            ("z",), scope="review", action="rendered"),
    Command("diff.viewed", "Viewed", "Tick the file as viewed and go to the next that is not; a change takes it away.",
            ("V",), scope="review", action="viewed", cli="review viewed"),
    Command("diff.unviewed", "Next unviewed", "The next file that you have not ticked as viewed.", ("J",),
            scope="review", action="next_unviewed", palette=False),
    Command("diff.since-mine", "Since my verdict", "Compare with the state of your last verdict, or the approved one.",
            ("M",), scope="review", action="since_mine", cli="review diff"),
    Command("review.rules", "Rules", "What the policy demands of this tree: what holds, what is missing, who could.",
            ("H",), scope="review", action="show_rules", cli="policy check"),
    Command("review.regenerate", "Make it again", "Make a generated skill again in the sandbox, and compare the bytes.",
            scope="review", action="regenerate", cli="review regenerate"),
    Command("review.card", "Change card", "What the change is about: risks, tokens, tests, findings, version, use.",
            ("h",), scope="review", action="toggle_card", cli="review card"),
    Command("comment.mark", "Mark lines", "Begin a range of lines to comment on at the cursor, or give it up.", ("L",),
            scope="review", action="mark", cli="review draft add", palette=False),
    Command("comment.suggest", "Suggest", "Add a suggestion to the comment, with the lines as they are to start from.",
            ("ctrl+t",), scope="review", action="suggest", cli="review draft add", palette=False),
    Command("comment.reply", "Answer comment", "Answer the comment under the cursor; kept as a draft.", ("B",),
            scope="review", action="reply", cli="review draft add"),
    Command("comment.edit", "Edit draft", "Change the draft under the cursor.", ("E",), scope="review",
            action="edit_draft", cli="review draft edit"),
    Command("comment.remove", "Remove draft", "Take the draft under the cursor away; it was never sent.", ("D",),
            scope="review", action="remove_draft", cli="review draft remove"),
    Command("comment.resolve", "Resolve thread", "Let your next verdict resolve the thread under the cursor, or not.",
            ("O",), scope="review", action="resolve", cli="review resolve"),
    Command("comment.copy", "Copy comments", "Copy the thread under the cursor, or all open ones, as Markdown.", ("Y",),
            scope="review", action="copy_comments", cli="review export"),
    Command("comment.next", "Next comment", "The next comment or draft in the diff.", ("right_curly_bracket",),
            scope="review", action="next_comment", cli="review comments", palette=False),
    Command("comment.previous", "Previous comment", "The comment or draft before.", ("left_curly_bracket",),
            scope="review", action="previous_comment", cli="review comments", palette=False),
    Command("call.run", "Run", "Check the form and run the tool.", ("ctrl+r",), scope="call", action="run",
            palette=False, footer=True),
    Command("call.save-case", "Save as case", "Save the call as a test case of the skill that expects what came.",
            ("ctrl+s",), scope="call", action="save_case", cli="tools call", palette=False, footer=True),
    Command("test.failed", "Run failed", "Run the cases again that are shown as not passed.", ("T",), scope="test",
            action="run_failed", cli="test", footer=True),
    Command("test.snapshot", "Write snapshot",
            "Show what the snapshots of a case would hold now, and write them after a yes.", ("S",), scope="test",
            action="write_snapshot", cli="test", palette=False),
    Command("test.compare", "Before and after", "Run the cases of the approved version and of now, each on both.",
            ("v",), scope="test", action="compare_cases", cli="test", footer=True),
    Command("usage.grouping", "Group by", "Group the numbers another way.", ("b",), scope="usage", action="grouping",
            palette=False, footer=True),
    Command("usage.period", "Period", "Show another stretch of time.", ("w",), scope="usage", action="period",
            palette=False, footer=True),
    Command("usage.import", "Import logs", "Read what the agents' logs on this machine have new.", ("i",),
            scope="usage", action="import_logs", cli="cost"),
    Command("graph.expand", "Unfold", "Show what a skill needs and what needs it, or fold it again.", ("space",),
            scope="graph", action="expand", palette=False, footer=True),
    Command("graph.declared", "Declared only", "Show only what skills declare, or everything that was found.", ("m",),
            scope="graph", action="declared", palette=False, footer=True),
    Command("update.check", "Check for updates", "Ask the origins of the skills what they have new.", ("u",),
            scope="copies", action="check_updates", palette=False, footer=True),
    Command("update", "Update a skill", "Bring in what a skill's origin has new, as a branch to review.", ("U",),
            scope="copies", action="update_skill", cli="update", palette=False, footer=True),
    Command("inventory.accept", "Accept", "Take what an agent reads as read, exactly as it is listed.", ("K",),
            scope="inventory", action="accept", cli="inventory", palette=False, footer=True),
    Command("inventory.accept-all", "Accept all", "Take everything that is shown as read, after a question.",
            ("ctrl+a",), scope="inventory", action="accept_all", cli="inventory", palette=False, footer=True),
    Command("status", "Status", "The library in a few lines: skills by state, what to do next.", cli="status"),
    Command("demo", "Demo", "Open a throw-away library with a believable history; it leaves nothing behind.",
            cli="demo"),
    Command("adopt", "Adopt skills", "Copy skills of agents, archives, stores and prompts into one git library.",
            action="show('adopt')", cli="adopt"),
    Command("library.open", "Open a library", "Open another folder of skills.", ("o",), action="show('open_library')"),
    Command("skills.new", "New skill", "Make a skill to start from: it validates, and has a case that passes.",
            action="show('new_skill')", cli="skills new"),
    Command("skills.show", "Show a skill", "One skill in full.", cli="skills show"),
    Command("skills.where", "Where installed", "Which client loads which copy of a skill, and what shadows what.",
            cli="skills where", palette=False),
    Command("skills.budget", "Token budget", "Estimated tokens of each skill, and what a client's limits cut off.",
            cli="skills budget", palette=False),
    Command("test.schema", "Schema of cases", "The JSON Schema of files of test cases, for editors.",
            cli="test schema", palette=False),
    Command("models", "Models", "The models that the settings name, with their keys' variables and prices.",
            cli="models list", palette=False),
    Command("models.check", "Check a model", "Whether a model answers, how fast, and at what cost.", cli="models check",
            palette=False),
    Command("eval.run", "Evaluate", "Give a model a skill's tasks, with the skill and without, and grade the results.",
            cli="eval", palette=False),
    Command("eval.init", "Start evaluations", "Write a first evals.json and trigger set for a skill; never overwrites.",
            cli="eval init", palette=False),
    Command("eval.feedback", "Feedback on runs", "What people say of the runs of an evaluation: list it, or add to it.",
            cli="eval feedback", palette=False),
    Command("eval.triggers", "Test triggers", "Whether a skill is loaded for the questions of its trigger set.",
            cli="eval triggers", palette=False),
    Command("eval.trigger", "Try a question", "Which skill a question is nearest to by words, or which a model loads.",
            cli="eval trigger", palette=False),
    Command("skills.validate", "Validate", "What is wrong with skills, what to do about it, and who loads them.",
            action="show('validate')", cli="skills validate"),
    Command("skills.capabilities", "Capabilities", "What skills can do: programs, hosts, files, installs, hidden text.",
            cli="skills capabilities", palette=False),
    Command("review.list", "Reviews", "Skills by state, and who said what.", cli="review list"),
    Command("review.verify", "Verify", "Whether the rules hold for every skill at HEAD; for CI.",
            action="show('verify')", cli="review verify"),
    Command("review.sync", "Share reviews", "Fetch the reviews branch, unite it with what is here, and push it.",
            action="sync_reviews", cli="review sync"),
    Command("review.open", "Review a range", "Every skill that a range or a pull request touches, as one review.",
            action="show('open_range')", cli="review open"),
    Command("review.comments", "Comments", "What was said about lines of a skill, each where its lines are now.",
            cli="review comments", palette=False),
    Command("review.export", "Export comments", "The open threads by file, with diffs, for an author or an agent.",
            cli="review export", palette=False),
    Command("comment.settle", "Resolve at once", "Record that a thread is settled; an answer opens it again.",
            cli="review resolve", palette=False),
    Command("comment.apply", "Apply suggestion", "Put what a comment suggests in the place of its lines.",
            cli="review apply-suggestion", palette=False),
    Command("comment.draft", "Drafts", "Comments on lines that are written and not sent; a verdict sends them.",
            cli="review draft", palette=False),
    Command("comment.add", "Add draft", "Keep a comment on a line, a range, a file or the skill as a draft.",
            cli="review draft add", palette=False),
    Command("comment.list", "List drafts", "The drafts on a skill, each where its lines are now.",
            cli="review draft list", palette=False),
    Command("comment.clear", "Remove all drafts", "Take all drafts on a skill away.", cli="review draft clear",
            palette=False),
    Command("propose", "Propose a skill", "Put a folder forward as a branch and a request: an agent's own door.",
            action="show('propose')", cli="propose"),
    Command("review.log", "Search reviews", "Every verdict, by skill, person, day and kind.",
            action="show('review_log')", cli="review log"),
    Command("review.receipt", "Receipt", "What was decided on a skill, by whom and why, under one digest.",
            scope="skill", action="receipt", cli="review receipt"),
    Command("review.verify-receipt", "Check receipt", "Whether a receipt holds: nothing erased, no reason changed.",
            action="show('check_receipt')", cli="review verify-receipt"),
    Command("version", "Versions", "Release a version of a skill, list, compare and test them, go back to one.",
            cli="version list", palette=False),
    Command("version.list", "List versions", "The released versions of a skill.", cli="version list", palette=False),
    Command("version.release", "Release", "Tag what is approved as a version, with a changelog from its reviews.",
            scope="skill", action="release", cli="version release"),
    Command("version.suggest", "Suggest a version", "The version that a change asks for, with the reasons.",
            cli="version suggest", palette=False),
    Command("version.compare", "Compare versions", "What changed between any two versions, or since one of them.",
            scope="skill", action="compare_versions", cli="version compare"),
    Command("version.test", "Test a version", "Run the cases that an old version brings, on that version.",
            scope="skill", action="test_version", cli="version test"),
    Command("version.deprecate", "Deprecate", "Say that a skill or a version is deprecated, and what to use instead.",
            scope="skill", action="deprecate", cli="version deprecate"),
    Command("version.undeprecate", "Undo deprecation", "Say that a skill or a version is no longer deprecated.",
            scope="skill", action="undo_deprecation", cli="version deprecate"),
    Command("version.rollback", "Roll back", "A new commit in which a skill is as an earlier version had it.",
            scope="skill", action="roll_back", cli="version rollback"),
    Command("install", "Install", "Put the approved version of a skill where an agent reads it.", scope="skill",
            action="install_skill", cli="install"),
    Command("sync", "Sync copies", "Hold installed copies against what is approved, and bring them back to it.",
            action="sync_copies", cli="sync"),
    Command("quarantine", "Quarantine", "Take a skill out of all agents' folders, or put it back.", scope="skill",
            action="quarantine", cli="quarantine"),
    Command("quarantine.restore", "Put back", "Put the copies of a skill that are in quarantine where they stood.",
            scope="skill", action="put_back", cli="quarantine"),
    Command("policy", "Policy", "The library's rules: what is in force, and what it demands.",
            action="show('policy')", cli="policy show"),
    Command("policy.check", "Check policy", "Which demands of the policy a skill meets, and who could meet the others.",
            cli="policy check", palette=False),
    Command("policy.show", "Show policy", "The rules in force, and which commit they are from.", cli="policy show",
            palette=False),
    Command("policy.validate", "Validate policy", "Whether a policy file can be used, with the place of what is wrong.",
            cli="policy validate", palette=False),
    Command("tools.show", "Show a tool", "One tool with its schema.", cli="tools show"),
)  # fmt: skip

_BY_ID: Mapping[str, Command] = {command.id: command for command in COMMANDS}


def command(id_: str) -> Command:
    """The command with this id; KeyError if there is none."""
    return _BY_ID[id_]


def in_scope(*scopes: Scope) -> tuple[Command, ...]:
    """The commands with an action whose keys work in one of these scopes, in the registry's order."""
    return tuple(c for c in COMMANDS if c.scope in scopes and c.action)


def clashes(keymap: Mapping[str, str] | None = None) -> list[tuple[str, str, str]]:
    """Pairs of commands that share a key, as (key, id, id), after the user's keymap is laid over the defaults."""
    keymap = keymap or {}
    seen: dict[str, str] = {}
    found = []
    for c in COMMANDS:
        keys = keymap[c.id].split(",") if c.id in keymap else c.keys
        for key in (k.strip() for k in keys):
            if key in seen:
                found.append((key, seen[key], c.id))
            seen[key] = c.id
    return found


def key_table() -> str:
    """The key table of the documentation, as Markdown."""
    lines = ["| where | key | does | command line |", "| --- | --- | --- | --- |"]
    for c in COMMANDS:
        if c.keys:
            keys = " ".join(f"`{key}`" for key in c.keys)
            twin = f"`workbench {c.cli}`" if c.cli else ""
            lines.append(f"| {c.scope} | {keys} | {c.title}: {c.help} | {twin} |")
    return "\n".join(lines) + "\n"
