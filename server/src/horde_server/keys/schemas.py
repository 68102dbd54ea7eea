"""The wire shapes of an account's own keys (keys.md §1)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from horde_server.http.networks import parse_network
from horde_server.http.wire_types import Items, Line, Text, Whole, empty
from horde_server.kudos.schemas import MOST_KUDOS

NO_LIMIT = -1
MOST_OVERLAP_HOURS = 720
_MOST_HOURS = 87_600  # ten years


def _network(text: str) -> str:
    network = parse_network(text)
    if network is None:
        raise ValueError("must be an address or a network such as 192.0.2.0/24")
    return str(network)


_Scope = Literal["full", "ask", "work", "read"]
_Hours = Annotated[int, Whole(NO_LIMIT, _MOST_HOURS), Field(description="In how many hours it ends; -1: never.")]
_Kudos = Annotated[int, Whole(NO_LIMIT, MOST_KUDOS), Field(description="What it may spend from now on; -1: no limit.")]
_DailyKudos = Annotated[int, Whole(NO_LIMIT, MOST_KUDOS), Field(description="The same for a day (UTC); -1: no limit.")]
_Models = Annotated[
    list[Annotated[str, Line(255, least=1)]], Items(100), Field(description="That it may ask for; none: all.")
]
_Networks = Annotated[
    list[Annotated[str, Text(50, least=2), AfterValidator(_network)]],
    Items(50),
    Field(description="From which it may be used; none: all."),
]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class KeyInput(_Body):
    """A key to make."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "my bot", "scopes": ["ask"], "kudos": 500}})

    name: Annotated[str, Line(100, least=1)]
    scopes: Annotated[list[_Scope], Items(4, least=1)]
    expires_in_hours: _Hours = NO_LIMIT
    kudos: _Kudos = NO_LIMIT
    daily_kudos: _DailyKudos = NO_LIMIT
    models: _Models = empty(list)
    networks: _Networks = empty(list)


class KeyChange(_Body):
    """What to change of a key; fields that are left out stay as they are."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "my other bot"}})

    name: Annotated[str, Line(100, least=1)] = ""
    scopes: Annotated[list[_Scope], Items(4, least=1)] = empty(list)
    expires_in_hours: _Hours = NO_LIMIT
    kudos: _Kudos = NO_LIMIT
    daily_kudos: _DailyKudos = NO_LIMIT
    models: _Models = empty(list)
    networks: _Networks = empty(list)


class KeyRotation(_Body):
    """How a key is rotated."""

    model_config = ConfigDict(json_schema_extra={"example": {"overlap_hours": 24}})

    overlap_hours: Annotated[
        int, Whole(0, MOST_OVERLAP_HOURS), Field(description="So long the key before is good too; 0: it ends at once.")
    ]
