"""Refusals that only dialects have, and what a dialect must be able to say (gateway.md §1.4)."""

from __future__ import annotations

from typing import ClassVar, Protocol, runtime_checkable

from starlette.responses import Response

from horde_server.errors import HordeError
from horde_server.http.dialects import Refusal


class Dialect(Protocol):
    """A foreign API, as far as all of its routes need the same."""

    name: str
    """As in `HORDE_DIALECTS`."""

    def error(self, refusal: Refusal) -> Response:
        """A refusal in the dialect's shape, with its status, sentence and code kept."""


@runtime_checkable
class RefusesAddresses(Protocol):
    """A dialect of which some addresses are known and not served, whatever the method."""

    def refuses(self, path: str) -> HordeError | None:
        """Why nothing is served there."""


class DialectError(HordeError):
    """This call cannot be served as it stands."""

    rc = "invalid_value"
    retry: ClassVar[bool | None] = None
    """Whether programs shall send the same again by themselves; None: as they do for the status."""

    def __init__(self, message: str | None = None, *, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class BadField(DialectError):
    """A field has a value that makes no sense here."""

    def __init__(self, param: str, message: str) -> None:
        """`message` is a sentence, `param` the field as the client wrote it."""
        super().__init__(message, param=param)


class MissingField(BadField):
    """A field is missing that is needed."""

    rc = "missing_required_parameter"

    def __init__(self, param: str) -> None:
        super().__init__(param, f"{param} is missing: send it.")


class UnsupportedField(BadField):
    """A field asks for what this horde cannot do."""

    rc = "unsupported_parameter"


class UnsupportedValue(BadField):
    """A field has a value that asks for what this horde cannot do."""

    rc = "unsupported_value"


class ContextTooLong(BadField):
    """The messages are longer than any worker can read."""

    rc = "context_length_exceeded"


class ModelNotFound(DialectError):
    """Nobody here serves this model."""

    status, rc = 404, "model_not_found"


class NothingHere(DialectError):
    """There is nothing at this address."""

    status, rc = 404, "not_found"


class NotSupported(DialectError):
    """This horde makes text and images; it does not do this."""

    status, rc = 404, "not_supported"


class DialectOff(NothingHere):
    """This horde does not speak this dialect: its operator has turned it off (HORDE_DIALECTS)."""


class NoWorker(DialectError):
    """No worker online can serve this."""

    status, rc, retry = 503, "no_worker", False


class TimedOut(DialectError):
    """No worker has served this within the time that a call may wait, so it was cancelled: try later."""

    status, rc, retry = 504, "timed_out", False


class Faulted(DialectError):
    """The workers that tried this have failed, so it was given up."""

    status, rc, retry = 502, "faulted", False


class RequestGone(DialectError):
    """The request was cancelled or has expired while this call waited for it."""

    status, rc, retry = 502, "cancelled", False


class Expired(RequestGone):
    """The request has expired while this call waited for it: send it again."""


class Restarting(DialectError):
    """This server is stopping: send the request again."""

    status, rc, retry = 503, "server_restarting", True

    def __init__(self) -> None:
        super().__init__()
        self.headers["Retry-After"] = "5"
