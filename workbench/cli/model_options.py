"""The options with which a command says which model to ask, what it may cost, and what is recorded."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from workbench.errors import UsageError


def model_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options about models, and hands the function them as `asking` (`testing.models.opening.Asking`)."""

    @click.option("--model", metavar="NAME", help="The model: a name from config.yaml, or its own with --endpoint.")
    @click.option("--endpoint", metavar="URL", help="Base URL of a model that config.yaml does not name.")
    @click.option("--provider", metavar="NAME", help="Its wire format: openai (the default) or anthropic.")
    @click.option("--key-env", metavar="NAME", help="The environment variable that holds that endpoint's key.")
    @click.option("--max-cost", metavar="USD", help="Stop before a request that could exceed this.")
    @click.option("--record", is_flag=True, help="Ask the model, and record all answers anew.")
    @click.option("--replay", is_flag=True, help="Replay recorded answers only; nothing is sent.")
    @click.option(
        "--cassette",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The recording; without --record or --replay what is missing in it is asked and recorded.",
    )
    @click.option("--accept-edited", is_flag=True, help="Take recorded answers that were edited by hand.")
    @wraps(function)
    def with_asking(
        *args: Any,
        model: str | None,
        endpoint: str | None,
        provider: str | None,
        key_env: str | None,
        max_cost: str | None,
        record: bool,
        replay: bool,
        cassette: Path | None,
        accept_edited: bool,
        **kwargs: Any,
    ) -> Any:
        from workbench.testing.models.budget import parse_amount
        from workbench.testing.models.cassette import Mode
        from workbench.testing.models.opening import Asking

        if record and replay:
            raise UsageError("--record asks the model and --replay does not; say one of them")
        mode: Mode = "record" if record else "replay" if replay else "auto" if cassette is not None else "off"
        if accept_edited and mode == "off":
            raise UsageError("--accept-edited goes with --replay or --cassette")
        limit = None if max_cost is None else parse_amount(max_cost)
        asking = Asking(model, endpoint, provider, limit, mode, cassette, accept_edited, key_env)
        return function(*args, asking=asking, **kwargs)

    return with_asking
