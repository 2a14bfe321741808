"""The real question about a trigger set: given the skills as a client lists them, which one does a model load?"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from workbench.errors import CancelledError
from workbench.skills.model import Skill
from workbench.testing.evals.model import TriggerQuery
from workbench.testing.models.protocol import BudgetSpentError, Message, Model, ModelError, ToolSpec
from workbench.testing.triggers import RUNS_PER_QUERY, THRESHOLD, Asked, LexicalIndex, Stopped, TriggerReport
from workbench.text import plural

MAX_LISTED = 200
"""So many skills a model is told; of a larger library those that are nearest by words."""

_MAX_DESCRIPTION = 1_024
_MAX_TOKENS = 512
_TOOL = ToolSpec(
    "load_skill",
    "Loads a skill: its instructions are then shown to you.",
    {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
)
_SYSTEM = """\
You help a user with tasks. You have skills: instructions for certain kinds of tasks. If one of them fits what the user
asks, call load_skill with its name before anything else. If none fits, answer without it. The skills:

"""


@dataclass(frozen=True, slots=True)
class Listing:
    """The skills as a model is told them.

    Attributes:
        text: What it is told.
        ids: Skill id by the name that it is told.
        notes: What of the library it is not told.
    """

    text: str
    ids: dict[str, str]
    notes: tuple[str, ...] = ()


def listing(skills: Sequence[Skill], about: Skill | None = None, query: str = "") -> Listing:
    """The skills of a library as a client lists them: names and descriptions, those that a model may load by itself.

    Args:
        skills: All of them.
        about: The skill that is tested, which is listed in any case, as it is given here.
        query: What the nearest are nearest to, where there are too many and no skill is tested.
    """
    shown = [about if about is not None and one.id == about.id else one for one in skills]
    shown = [one for one in shown if one is about or (one.loads and not _is_hidden(one))]
    notes = []
    if about is not None and _is_hidden(about):
        notes.append("the skill says 'disable-model-invocation': clients that heed it never list it to a model")
    if len(shown) > MAX_LISTED:
        wanted = f"{about.name} {about.description}" if about is not None else query
        near = {one.id for one in LexicalIndex(shown).rank(wanted, limit=MAX_LISTED - 1)}
        others = [one for one in shown if one is not about and one.id not in near]
        room = MAX_LISTED - sum(one is about or one.id in near for one in shown)
        near |= {one.id for one in others[: max(0, room)]}
        notes.append(f"{MAX_LISTED} of {plural(len(shown), 'skill')} are listed: those that are nearest by words")
        shown = [one for one in shown if one is about or one.id in near]
    held = Counter(one.name for one in shown)
    names = {(one.name if held[one.name] == 1 else one.id): one for one in shown}
    lines = [f"- {name}: {' '.join(one.description.split())[:_MAX_DESCRIPTION]}" for name, one in names.items()]
    return Listing(_SYSTEM + "\n".join(lines) + "\n", {name: one.id for name, one in names.items()}, tuple(notes))


def model_report(
    model: Model,
    skills: Sequence[Skill],
    skill: Skill,
    queries: Sequence[TriggerQuery],
    *,
    name: str,
    runs: int = RUNS_PER_QUERY,
    threshold: float = THRESHOLD,
    jobs: int = 4,
    cancel: threading.Event | None = None,
    on_done: Callable[[int, int], None] | None = None,
) -> TriggerReport:
    """Ask a model each query some times. What can't be asked is an error of the query; what was asked is kept.

    Args:
        model: Who is asked.
        skills: The library's skills.
        skill: The one that is tested, with the description that is tested.
        queries: The trigger set.
        name: The model's name, for the report.
        runs: How often each query is asked.
        threshold: Share of runs from which on a query counts as triggering.
        jobs: How many are asked at once.
        cancel: Set to stop.
        on_done: Told how many questions were asked, and of how many.
    """
    told = listing(skills, skill)
    crew = _Crew(model, told, cancel or threading.Event(), len(queries) * runs, on_done)
    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="trigger") as pool:
        try:
            asked = [(at, run) for run in range(1, runs + 1) for at in range(len(queries))]
            for future in [pool.submit(crew.one, at, queries[at].query, run) for at, run in asked]:
                future.result()
        except BaseException:
            crew.cancel.set()
            raise
    results = tuple(_result(one, crew.chosen.get(at, []), crew.errors.get(at, []), skill.id)
                    for at, one in enumerate(queries))  # fmt: skip
    return TriggerReport(
        skill.id, skill.name, skill.description, "model", results, threshold, name, told.notes, crew.stopped
    )


def model_choice(model: Model, told: Listing, query: str, run: int, cancel: threading.Event | None = None) -> str:
    """The id of the skill that a model loads for a query; empty for none.

    Raises:
        ModelError: It could not be asked.
        BudgetSpentError: It could cost more than is left.
        CancelledError: `cancel` was set.
    """
    reply = model.ask(
        [Message("user", query)],
        system=told.text,
        tools=(_TOOL,),
        max_tokens=_MAX_TOKENS,
        run=f"trigger/run-{run}",
        cancel=cancel,
    )
    for call in reply.tool_calls:
        name = call.arguments.get("name") if call.name == _TOOL.name else None
        if isinstance(name, str) and name.strip() in told.ids:
            return told.ids[name.strip()]
    return ""


@dataclass(slots=True)
class _Crew:
    """The questions while they are asked; what was chosen by the position of the query."""

    model: Model
    told: Listing
    cancel: threading.Event
    total: int
    on_done: Callable[[int, int], None] | None
    chosen: dict[int, list[str]] = field(default_factory=dict)
    errors: dict[int, list[str]] = field(default_factory=dict)
    stopped: Stopped = ""
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def one(self, at: int, query: str, run: int) -> None:
        if self.stopped:
            return
        try:
            chosen = model_choice(self.model, self.told, query, run, self.cancel)
        except CancelledError:
            self._stop("cancelled")
        except BudgetSpentError:
            self._stop("budget")
        except ModelError as error:
            with self.lock:
                self.errors.setdefault(at, []).append(str(error))
        else:
            with self.lock:
                self.chosen.setdefault(at, []).append(chosen)
        with self.lock:
            self.done += 1
            if self.on_done is not None:
                self.on_done(self.done, self.total)

    def _stop(self, why: Stopped) -> None:
        """Ask no more; the first reason is the one that is told."""
        with self.lock:
            self.stopped = self.stopped or why


def _result(query: TriggerQuery, chosen: list[str], errors: list[str], skill: str) -> Asked:
    counted = tuple(sorted(Counter(chosen).items(), key=lambda item: (-item[1], item[0])))
    return Asked(
        query.query, query.should_trigger, chosen.count(skill), len(chosen), counted, tuple(dict.fromkeys(errors))
    )


def _is_hidden(skill: Skill) -> bool:
    return skill.frontmatter.get("disable-model-invocation") in (True, "true")
