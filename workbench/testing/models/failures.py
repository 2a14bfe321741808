"""What is said when an endpoint does not answer as it has to, and whether asking again can help."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from workbench.testing.models.protocol import ModelError
from workbench.testing.models.sending import Head, Unreachable
from workbench.testing.models.spec import ModelSpec
from workbench.testing.models.wire import PARTIAL, WrongAnswer, document, error_in, said
from workbench.text import visible

_PASSING = frozenset({408, 409, 425, 429, 529})
"""Statuses below 500, and one that some providers made up, that say `later`."""
_PASSING_KINDS = frozenset({"overloaded_error", "rate_limit_error", "api_error", "timeout_error", "server_error"})


class PassingError(ModelError):
    """A failure that another try may not have.

    Attributes:
        wait: Seconds that the endpoint asks to wait; None where it does not.
    """

    wait: float | None = None


def status_failure(spec: ModelSpec, head: Head, body: bytes, now: float) -> ModelError:
    """What a status other than 200 means.

    Args:
        now: Seconds since the epoch, for a `retry-after` that is a date.
    """
    text = body[:65536].decode("utf-8", "replace")
    words = _words(text)
    reason = f": {words}" if words else ""
    status = head.status
    if status in _PASSING or status >= 500:
        what = "is asked too often (429)" if status == 429 else f"answered {status}"
        failure = PassingError(f"{spec.label} {what}{reason}", remedy="try again later, or with fewer at once (-j)")
        failure.wait = retry_after(head.headers, now)
        return failure
    if status in (401, 403):
        if spec.key_env is None:
            remedy = "name the environment variable of its key: 'key_env' in the settings, or --key-env"
            return ModelError(f"{spec.label} asks for a key ({status}){reason}", remedy=remedy)
        remedy = f"check what {visible(spec.key_env)} holds"
        return ModelError(f"{spec.label} does not accept the key ({status}){reason}", remedy=remedy)
    if status == 404:
        remedy = "check 'model' and 'base_url' (OpenAI-compatible addresses mostly end in /v1)"
        return ModelError(f"{spec.label} was not found (404){reason}", remedy=remedy)
    if 300 <= status < 400:
        target = f" to {visible(head.headers.get('location', 'nowhere'))}"
        return ModelError(f"{spec.label} redirects{target}; that is not followed", remedy="set 'base_url' to it")
    if status == 413:
        return ModelError(f"{spec.label} says that the request is too long (413){reason}", remedy="send less")
    return ModelError(f"{spec.label} refused the request ({status}){reason}", remedy=_refusal_remedy(words))


def unreachable_failure(spec: ModelSpec, error: Unreachable, key_free: str) -> ModelError:
    """What a request that came to no end means; only one that could not be sent, or broke off, is tried again.

    Args:
        key_free: What the network said, without the key.
    """
    why = visible(key_free)
    match error.kind:
        case "connect":
            remedy = "is the server running, and 'base_url' right?" if spec.is_local else "check the network"
            return PassingError(f"{spec.label} can't be reached: {why}", remedy=remedy)
        case "certificate":
            remedy = "name the authority's certificates in SSL_CERT_FILE, if it is one of your own"
            return ModelError(f"{spec.label} can't be trusted: {why}", remedy=remedy)
        case "silence" | "total":
            remedy = "try again, ask for less, or allow more with 'silence' and 'total' (seconds) in the settings"
            return ModelError(f"{spec.label} hangs: {why}", remedy=remedy)
        case "too-long":
            return ModelError(f"{spec.label} can't be used: {why}", remedy="check 'base_url'")
    return PassingError(f"{spec.label} broke off: {why}", remedy="try again")


def answer_failure(spec: ModelSpec, head: Head, error: WrongAnswer, what: str) -> ModelError:
    """What an answer with status 200 that can't be used means.

    Args:
        what: The reason, without the key.
    """
    if error.kind in _PASSING_KINDS:
        failure = PassingError(f"{spec.label} reports an error in its answer: {what} ({visible(error.kind)})")
        failure.remedy = "try again later"
        return failure
    if error.kind == PARTIAL:
        return ModelError(f"the answer of {spec.label} broke off: {what}", remedy="try again")
    if error.kind:
        return ModelError(f"{spec.label} reports an error in its answer: {what} ({visible(error.kind)})")
    return ModelError(
        f"the answer of {spec.label} can't be used: {what}",
        remedy=f"are 'provider' ({spec.provider}) and 'base_url' right? it came as '{said(head.content_type)}'",
    )


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait: `retry-after-ms`, else `retry-after` as seconds or as a date (RFC 9110, 10.2.3)."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if value.replace(".", "", 1).isdecimal() and len(value) < 12:
            return float(value) / unit
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - now)
    except (ValueError, OverflowError, OSError):
        return None


def _words(text: str) -> str:
    """The provider's own words in an error's body, short and harmless."""
    try:
        value = document(text)
    except WrongAnswer:
        return said(text)
    error = error_in(value)
    if error is not None:
        return error.what
    return said(str(value.get("message") or value.get("detail") or text))


def _refusal_remedy(words: str) -> str | None:
    if "max_completion_tokens" in words:
        return "set 'max_tokens_field: max_completion_tokens' for this model"
    if "stream_options" in words:
        return "set 'stream: false' for this model"
    return None
