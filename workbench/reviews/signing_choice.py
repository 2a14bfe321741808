"""Whether a verdict is signed, and with what."""

from collections.abc import Callable, Sequence
from functools import partial

from workbench.git import Repository
from workbench.policy.decide import demands_a_key
from workbench.reviews.signing import sign, signing_key
from workbench.reviews.survey import Background


def signer_for(
    repository: Repository,
    background: Background | None,
    ids: Sequence[str],
    wanted: bool | None,
    setting: str,
    *,
    may_ask: bool,
) -> Callable[[bytes], bytes] | None:
    """What signs a record of these skills: as asked for, else as the setting says, else where the policy demands it.

    Args:
        setting: `always`, `never` or `auto`.
        may_ask: Whether a passphrase may be asked for on the terminal.

    Raises:
        WorkbenchError: It is to be signed, and there is no key that could.
    """
    if wanted is None and setting != "auto":
        wanted = setting == "always"
    if wanted is None:
        policy = background.policy if background else None
        wanted = policy is not None and any(demands_a_key(policy, id_) for id_ in ids)
    return partial(sign, key=signing_key(repository), may_ask=may_ask) if wanted else None
