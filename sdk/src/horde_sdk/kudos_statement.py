"""GET /v2/kudos/statement: what your kudos came from and went to. OpenHorde only.

Not among the models of the AI Horde API: tools of the published library take those for what every AI Horde has.
"""

from __future__ import annotations

from datetime import datetime
from enum import auto

from pydantic import Field

from horde_sdk._text_enum import TextEnum
from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.endpoints import GENERIC_API_ENDPOINT_SUBPATH

MOST_LINES = 1000
"""Of one page."""


class KUDOS_ENDPOINT_SUBPATH(GENERIC_API_ENDPOINT_SUBPATH):
    """Path of statements, which OpenHorde has and other AI Hordes lack."""

    v2_kudos_statement = "/v2/kudos/statement"


class STATEMENT_LINE_KIND(TextEnum):
    """What a line of a statement is for."""

    request = auto()
    """The tax of a request."""
    job = auto()
    """A job that was done for you: its reward and its tax."""
    reward = auto()
    """A job that your worker did."""
    uptime = auto()
    """Your worker was there."""
    style = auto()
    """Somebody used your style."""
    promotion = auto()
    """You are trusted: what was held back is yours."""
    given = auto()
    received = auto()
    award = auto()
    monthly = auto()
    adjustment = auto()
    """An administrator gave or took."""
    floor = auto()
    """What you lacked of what an account always has."""


class KudosStatementLine(HordeAPIObjectBaseModel, api_name="KudosStatementLine"):
    """One line of a statement."""

    time: datetime
    kind: STATEMENT_LINE_KIND | str
    amount: float
    """What it changed of your balance."""
    escrow: float
    """What it changed of what is held back until you are trusted."""
    balance_after: float | None = None
    """Your balance then, where it is known."""
    escrow_after: float | None = None
    """What was held back then, where it is known."""
    type_: str | None = Field(default=None, alias="type")
    """`image`, `text` or `interrogation`."""
    model: str | None = None
    """Of the job."""
    request_id: str | None = None
    """Your request."""
    job_id: str | None = None
    worker_id: str | None = None
    """Your worker."""
    counterpart: str | None = None
    """Who gave or received a transfer."""


@Unhashable
@Unequatable
class KudosStatementResponse(HordeResponseBaseModel, api_name="KudosStatement"):
    """What you have, and a page of how it came about: 200 of GET /v2/kudos/statement."""

    balance: float
    """Your kudos."""
    escrow: float
    """What is held back until you are trusted."""
    held: float
    """Of the balance, what is reserved for requests that are not served yet."""
    lines: list[KudosStatementLine]
    """Newest first."""
    next_: str | None = Field(default=None, alias="next")
    """`before` of the next page; `None`: there are no more lines."""


class KudosStatementRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=KUDOS_ENDPOINT_SUBPATH.v2_kudos_statement,
):
    """Ask what your kudos came from and went to: GET /v2/kudos/statement."""

    from_: datetime | None = None
    """Only lines of that time and later; without a zone it is UTC."""
    to: datetime | None = None
    """Only lines before that time."""
    before: str | None = None
    """`next_` of the page before."""
    limit: int = Field(default=100, ge=1, le=MOST_LINES)
    """Lines of a page."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["from_", "to", "before", "limit"]

    @classmethod
    def get_default_success_response_type(cls) -> type[KudosStatementResponse]:
        return KudosStatementResponse
