"""What is asked of many requests at once."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from horde_server.http.examples import EXAMPLE_ID
from horde_server.http.parameters import MOST_NAME_CHARACTERS

MOST_CHECKED: Final = 100


class ManyChecks(BaseModel):
    """Which requests to look at, of any kinds."""

    model_config = ConfigDict(json_schema_extra={"example": {"ids": [EXAMPLE_ID]}})

    ids: Annotated[
        list[Annotated[str, Field(max_length=MOST_NAME_CHARACTERS)]], Field(min_length=1, max_length=MOST_CHECKED)
    ]
