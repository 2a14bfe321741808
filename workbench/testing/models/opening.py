"""The models of one run as a person asks for them: which, with what recording, within what budget."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import UsageError
from workbench.testing.models.budget import Budget
from workbench.testing.models.cassette import Cassette, Mode
from workbench.testing.models.endpoint import Endpoint, open_model
from workbench.testing.models.spec import ModelSpec, chosen_spec


@dataclass(frozen=True, slots=True)
class Asking:
    """What flags say about models.

    Attributes:
        model: The user's name for one, or its own.
        endpoint: Base URL of a model that the settings don't name.
        provider: The wire format of that endpoint.
        max_cost_nd: Nano-dollars that all requests of all models may cost together; None for no limit.
        mode: What is done with recordings.
        cassette: The file of recordings; None for the one that belongs to what is run.
        accept_edited: Whether recordings that were edited by hand are taken.
        key_env: The variable of the endpoint's key.
    """

    model: str | None = None
    endpoint: str | None = None
    provider: str | None = None
    max_cost_nd: int | None = None
    mode: Mode = "off"
    cassette: Path | None = None
    accept_edited: bool = False
    key_env: str | None = None


class OpenModels:
    """The models of one run; they share its budget and its recordings. Made by `opened_models`.

    Attributes:
        spec: The model that was asked for; None where none was.
        budget: None where there is no limit.
        cassette: None where nothing is recorded or replayed.
    """

    def __init__(
        self,
        asking: Asking,
        models: Mapping[str, Mapping[str, Any]],
        cassette: Cassette | None,
        stack: ExitStack,
        where: str,
        env: Mapping[str, str] | None,
    ) -> None:
        self._models = models
        self._stack = stack
        self._where = where
        self._env = env
        self._open: dict[ModelSpec, Endpoint] = {}
        self.cassette = cassette
        self.budget = None if asking.max_cost_nd is None else Budget(asking.max_cost_nd)
        self._recorded = cassette.recorded if cassette is not None and cassette.mode == "replay" else ()
        self.spec = chosen_spec(
            models,
            model=asking.model,
            endpoint=asking.endpoint,
            provider=asking.provider,
            key_env=asking.key_env,
            recorded=self._recorded,
            where=where,
        )

    def model(self) -> Endpoint | None:
        """The model that was asked for; None where none was.

        Raises:
            ModelError: It has no key.
            UsageError: There is a budget, and nobody knows what it costs.
        """
        return None if self.spec is None else self._opened(self.spec)

    def other(self, name: str) -> Endpoint:
        """Another model by its name, a judge say.

        Raises:
            UsageError: No model is called so; else as `model`.
        """
        spec = chosen_spec(self._models, model=name, recorded=self._recorded, where=self._where)
        assert spec is not None
        return self._opened(spec)

    def _opened(self, spec: ModelSpec) -> Endpoint:
        if spec not in self._open:
            endpoint = open_model(spec, env=self._env, cassette=self.cassette, budget=self.budget)
            self._open[spec] = self._stack.enter_context(endpoint)
        return self._open[spec]


@contextmanager
def opened_models(
    asking: Asking,
    models: Mapping[str, Mapping[str, Any]],
    *,
    own_cassette: Path | None = None,
    where: str = "config.yaml",
    env: Mapping[str, str] | None = None,
) -> Iterator[OpenModels]:
    """Open what was asked for; at the end connections are closed and the recording is tidied.

    Args:
        models: The settings' models.
        own_cassette: The recording of what is run, where the flags name none.
        where: The file of the settings, for errors.
        env: Where keys are looked for; the process's environment by default.

    Raises:
        UsageError: The flags don't fit together, or name no model.
        InputError: The settings or the recording are not right.
    """
    with ExitStack() as stack:
        cassette = None
        if asking.mode != "off":
            path = asking.cassette or own_cassette
            if path is None:
                raise UsageError("it is not said where the recording is", remedy="--cassette FILE")
            cassette = stack.enter_context(Cassette(path, asking.mode, accept_edited=asking.accept_edited))
        yield OpenModels(asking, models, cassette, stack, where, env)
