"""The wire shapes of giving kudos (kudos.md §7)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from horde_server.http.wire_types import Text, Whole

MOST_KUDOS = 10**13


def _number(value: Any) -> Any:
    """Web forms send "100": the original took it (kudos.md §7.1)."""
    if isinstance(value, str) and len(value) <= 20 and value.removeprefix("-").isascii():
        digits = value.removeprefix("-")
        return int(value) if digits.isdigit() else value
    return value


class KudosGift(BaseModel):
    """Whom to give kudos, and how many."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        title="KudosTransferInput",
        json_schema_extra={"example": {"username": "friend#2", "amount": 10}},
    )

    username: Annotated[str, Text(255, least=1)]
    amount: Annotated[int, Whole(-MOST_KUDOS, MOST_KUDOS), BeforeValidator(_number)] = 100
