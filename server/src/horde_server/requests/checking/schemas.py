"""What is asked of many requests at once."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, Field

from horde_server.http.parameters import MOST_NAME_CHARACTERS

MOST_CHECKED: Final = 100


class ManyChecks(BaseModel):
    """Which requests to look at, of any kinds."""

    ids: Annotated[
        list[Annotated[str, Field(max_length=MOST_NAME_CHARACTERS)]], Field(min_length=1, max_length=MOST_CHECKED)
    ]
