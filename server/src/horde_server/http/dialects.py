"""What the rim and the handler of refusals know of foreign dialects: a request in one is a visit.

Which dialects there are, and where, is the gateway's (`gateway/`); nothing here costs a request of the horde's own API
more than a look at the beginning of its path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

from starlette.responses import Response
from starlette.types import Scope

from horde_server.errors import HordeError, InvalidPayload

Headers = list[tuple[bytes, bytes]]
_VISIT: Final = "visit"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A failure in words that every dialect can say: of a refusal of the horde's, or of anything that went wrong."""

    status: int
    message: str
    code: str | None = None  # the `rc` unchanged, or a dialect's own
    param: str | None = None  # the field that is to blame
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None  # of the answer's `x-request-id`, for bodies that repeat it
    retry: bool | None = None
    """Whether the same may be sent again by itself; None: as the status says."""

    @classmethod
    def of(cls, error: HordeError) -> Refusal:
        """A refusal that was raised."""
        message, param = error.message, getattr(error, "param", None)
        if isinstance(error, InvalidPayload) and error.errors:
            param = next(iter(error.errors))
            message = "; ".join(f"{name}: {text}" for name, text in error.errors.items())
        return cls(error.status, message, error.code, param, dict(error.headers), retry=getattr(error, "retry", None))


class Visit(Protocol):
    """One request in a foreign dialect."""

    headers: Headers
    """Of its answer, whatever that is, beside the node's name."""
    is_strict: bool
    """Whether fields that nobody can honour are refused."""
    refusal: HordeError | None
    """Why it goes no further."""

    def counted(self, scope: Scope) -> Scope:
        """The request as rate limits count it."""

    def limits(self, told: Headers) -> Headers:
        """What its answer says of rate limits. `told`: what the horde's own would."""

    def refused(self, refusal: Refusal) -> Response:
        """The answer in the dialect's shape."""

    def allowed(self, scope: Scope) -> Headers:
        """What a browser that asks first (`OPTIONS`) is told that it may send."""


Receive = Callable[[Scope], "Visit | None"]
"""Looks whether a request is in a foreign dialect; if so, its path, key and program are then as the horde's own have
them."""


def note_visit(scope: Scope, visit: Visit) -> None:
    """Remember it with the request."""
    scope.setdefault("state", {})[_VISIT] = visit


def visit_of(scope: Scope) -> Visit | None:
    """The visit that a request is, if it is one."""
    state = scope.get("state")
    return cast("Visit | None", state.get(_VISIT)) if state else None
