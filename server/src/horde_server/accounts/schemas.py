"""The wire shapes of accounts (accounts.md §4, §5)."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import MaxLen
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from horde_server.http.wire_types import Line, Text, Whole, WireFloat
from horde_server.kudos.schemas import MOST_KUDOS

MOST_ALIASES = 50
"""Of models, that an account has."""


def _without_commas(aliases: dict[str, str]) -> dict[str, str]:
    if any("," in name for name in aliases):
        raise ValueError("must have no commas in its names: they stand between the names of several models")
    return aliases


class UserChange(BaseModel):
    """What to change of a user; fields that are left out stay as they are."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        allow_inf_nan=False,
        title="ModifyUserInput",
        json_schema_extra={"example": {"public_workers": True}},
    )

    kudos: Annotated[WireFloat, Field(ge=-MOST_KUDOS, le=MOST_KUDOS)] = 0
    monthly_kudos: Annotated[int, Whole(-MOST_KUDOS, MOST_KUDOS)] = 0
    usage_multiplier: Annotated[WireFloat, Field(ge=0.1, le=10)] = 1.0
    moderator: bool = False
    concurrency: Annotated[int, Whole(0, 500)] = 30
    worker_invited: Annotated[int, Whole(0, 2**31 - 1)] = 0
    trusted: bool = False
    flagged: bool = False
    customizer: bool = False
    vpn: bool = False
    service: bool = False
    education: bool = False
    special: bool = False
    reset_suspicion: Any = None
    admin_comment: Annotated[str, Line(500, least=5)] = ""
    public_workers: bool = False
    username: Annotated[str, Line(100, least=3)] = ""
    contact: Annotated[str, Line(500, least=5)] = ""
    model_aliases: Annotated[
        dict[Annotated[str, Line(255, least=1)], Annotated[str, Line(255, least=1)]],
        MaxLen(MOST_ALIASES),
        AfterValidator(_without_commas),
    ] = Field(
        default_factory=dict,
        json_schema_extra={"default": {}},
        description="Beyond the original API: what the user calls models in dialects; replaces all that was said.",
    )
    generate_proxy_passkey: Any = None
    undelete: Any = None


class TestUser(BaseModel):
    """A test account to make or renew."""

    __test__ = False  # no test class
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)

    username: Annotated[str, Line(30, least=1)] = "test_user"
    oauth_id: Annotated[str, Text(100, least=1)] = "ci_test_user"
    moderator: bool = True
    trusted: bool = True
    kudos: Annotated[int, Whole(0, MOST_KUDOS)] | None = 10_000
