"""The wire shape of shared keys (keys.md §4)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from horde_server.http.wire_types import Line, Whole

NO_LIMIT = -1
_MOST_KUDOS = 50_000_000
_MOST_DAYS = 3650

_Limit = "One request may have so many at most; -1: no limit, 0: none of that kind."


class SharedKeyInput(BaseModel):
    """A shared key to make, or what to change of one."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        allow_inf_nan=False,
        json_schema_extra={"example": {"kudos": 5000, "expiry": 30, "name": "for my friends"}},
    )

    kudos: Annotated[
        int, Whole(NO_LIMIT, _MOST_KUDOS), Field(description="What it may spend from now on; -1: no limit.")
    ] = 5000
    expiry: Annotated[
        int, Whole(NO_LIMIT, _MOST_DAYS), Field(description="In how many days it ends; -1 or 0: never.")
    ] = NO_LIMIT
    name: Annotated[str, Line(255, least=3)] = ""
    max_image_pixels: Annotated[int, Whole(NO_LIMIT, 4_194_304), Field(description=_Limit)] = NO_LIMIT
    max_image_steps: Annotated[int, Whole(NO_LIMIT, 500), Field(description=_Limit)] = NO_LIMIT
    max_text_tokens: Annotated[int, Whole(NO_LIMIT, 500), Field(description=_Limit)] = NO_LIMIT
