"""The wire shape of the end of a sign-in (registration.md §5.6)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from horde_server.http.wire_types import Text


class SignInCode(BaseModel):
    """The code that a browser came back with."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        title="SignInInput",
        json_schema_extra={"example": {"code": "nobody-has-this-code"}},
    )

    code: Annotated[str, Text(100, least=1)]
    verifier: Annotated[str, Text(128, least=43)] | None = Field(
        None, description="Whose S256 was the `challenge`, where the sign-in began with one."
    )
