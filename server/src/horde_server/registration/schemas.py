"""The wire shape of a registration (registration.md §2)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from horde_server.http.wire_types import Text
from horde_server.registration.invitations.codes import LONGEST
from horde_server.registration.usernames import MOST_SENT


class Registration(BaseModel):
    """Who wants an account, and by which invitation, if by any."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        title="RegistrationInput",
        json_schema_extra={"example": {"username": "ada"}},
    )

    username: Annotated[str, Text(MOST_SENT)]
    invitation: Annotated[str, Text(LONGEST)] = ""
