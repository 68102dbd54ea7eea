"""The wire shapes of accounts (accounts.md §2.2, §2.3)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from horde_server.http.wire_types import WireFloat, WireInt, WireStr
from horde_server.kudos.schemas import MOST_KUDOS


class UserChange(BaseModel):
    """What to change of a user; fields that are left out stay as they are."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False, title="ModifyUserInput")

    kudos: Annotated[WireFloat, Field(ge=-MOST_KUDOS, le=MOST_KUDOS)] = 0
    monthly_kudos: Annotated[WireInt, Field(ge=-MOST_KUDOS, le=MOST_KUDOS)] = 0
    usage_multiplier: Annotated[WireFloat, Field(ge=0.1, le=10)] = 1.0
    moderator: bool = False
    concurrency: Annotated[WireInt, Field(ge=0, le=500)] = 30
    worker_invited: Annotated[WireInt, Field(ge=0, le=2**31 - 1)] = 0
    trusted: bool = False
    flagged: bool = False
    customizer: bool = False
    vpn: bool = False
    service: bool = False
    education: bool = False
    special: bool = False
    reset_suspicion: Any = None
    admin_comment: Annotated[WireStr, Field(min_length=5, max_length=500)] = ""
    public_workers: bool = False
    username: Annotated[WireStr, Field(min_length=3, max_length=100)] = ""
    contact: Annotated[WireStr, Field(min_length=5, max_length=500)] = ""
    generate_proxy_passkey: Any = None
    undelete: Any = None


class TestUser(BaseModel):
    """A test account to make or renew."""

    __test__ = False  # no test class
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)

    username: Annotated[WireStr, Field(min_length=1, max_length=30)] = "test_user"
    oauth_id: Annotated[WireStr, Field(min_length=1, max_length=100)] = "ci_test_user"
    moderator: bool = True
    trusted: bool = True
    kudos: Annotated[WireInt, Field(ge=0, le=MOST_KUDOS)] | None = 10_000
