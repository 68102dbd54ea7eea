"""The wire shapes of `/filters` (moderation.md §1)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from horde_server.http.wire_types import Text, Whole

MOST_TESTED_CHARACTERS = 100_000

FilterType = Annotated[int, Whole(10, 29)]
Regex = Annotated[str, Text(2000, least=1)]
Description = Annotated[str, Text(1000)]
Replacement = Annotated[str, Text(255)]


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class NewFilter(_Wire):
    """A filter to add."""

    model_config = ConfigDict(
        title="PutNewFilter",
        json_schema_extra={"example": {"regex": "forbidden words?", "filter_type": 10, "description": "an example"}},
    )
    regex: Regex
    filter_type: FilterType
    description: Description = ""
    replacement: Replacement = ""


class FilterChange(_Wire):
    """What to change of a filter; fields that are left out stay, an empty description or replacement is cleared."""

    model_config = ConfigDict(
        title="PatchExistingFilter", json_schema_extra={"example": {"description": "what it is for"}}
    )
    regex: Regex = "x"
    filter_type: FilterType = 10
    description: Description = ""
    replacement: Replacement = ""


class TestedPrompt(_Wire):
    """A prompt to hold against the filters, or against those of one type."""

    __test__ = False  # no test class
    model_config = ConfigDict(title="TestFilterPrompt", json_schema_extra={"example": {"prompt": "a red circle"}})
    prompt: Annotated[str, Text(MOST_TESTED_CHARACTERS)]
    filter_type: Annotated[int, Whole(0, 2**31 - 1)] | None = None
