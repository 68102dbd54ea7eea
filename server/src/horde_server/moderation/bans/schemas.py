"""The wire shapes of bans (moderation.md §8)."""

from __future__ import annotations

import re
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, model_validator

from horde_server.errors import BadRequest, UserNotFound
from horde_server.http.wire_types import Line, Text, Whole
from horde_server.moderation.addresses.schemas import network_of
from horde_server.moderation.bans.service import compared_name
from horde_server.moderation.bans.store import Banned

MOST_DAYS: Final = 3650
_NUMBER = re.compile(r"[0-9]{1,10}")
_INT32_MAX = 2**31 - 1
_DAY_S = 24 * 3600


class NewBan(BaseModel):
    """Who or what may not serve: an account, a worker's name or a network; for so many days, or for good."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        title="BanInput",
        json_schema_extra={"example": {"worker_name": "a bad worker", "days": 30, "reason": "Black pictures."}},
    )

    user: Annotated[str, Line(200, least=1)] | None = None
    worker_name: Annotated[str, Line(100, least=1)] | None = None
    ipaddr: Annotated[str, Text(43, least=2)] | None = None
    days: Annotated[int, Whole(1, MOST_DAYS)] | None = None
    reason: Annotated[str, Line(500)] = ""

    @property
    def seconds(self) -> int | None:
        """For how long; None: for good."""
        return self.days * _DAY_S if self.days else None

    @property
    def banned(self) -> Banned:
        """Who or what. Raises `UserNotFound` where the user is none."""
        return Banned(
            account_id=account_number(self.user) if self.user is not None else None,
            worker_name=compared_name(self.worker_name) if self.worker_name is not None else None,
            network=network_of(self.ipaddr) if self.ipaddr is not None else None,
        )

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if sum(each is not None for each in (self.user, self.worker_name, self.ipaddr)) != 1:
            raise BadRequest("Name one of user, worker_name and ipaddr.")
        if self.ipaddr is not None:
            network_of(self.ipaddr)
        return self


def account_number(alias: str) -> int:
    """The number of an alias, `name#number`, or of the number alone. Raises `UserNotFound`."""
    number = alias.rpartition("#")[2]
    if not _NUMBER.fullmatch(number) or not 0 < int(number) <= _INT32_MAX:
        raise UserNotFound
    return int(number)
