"""The wire shapes of `/filters` (accounts.md §7)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from horde_server.http.wire_types import WireInt, WireStr

MOST_TESTED_CHARACTERS = 100_000

FilterType = Annotated[WireInt, Field(ge=10, le=29)]
Regex = Annotated[WireStr, Field(min_length=1, max_length=2000)]
Description = Annotated[WireStr, Field(max_length=1000)]
Replacement = Annotated[WireStr, Field(max_length=255)]


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class NewFilter(_Wire):
    """A filter to add."""

    model_config = ConfigDict(title="PutNewFilter")
    regex: Regex
    filter_type: FilterType
    description: Description = ""
    replacement: Replacement = ""


class FilterChange(_Wire):
    """What to change of a filter; fields that are left out stay, an empty description or replacement is cleared."""

    model_config = ConfigDict(title="PatchExistingFilter")
    regex: Regex = "x"
    filter_type: FilterType = 10
    description: Description = ""
    replacement: Replacement = ""


class TestedPrompt(_Wire):
    """A prompt to hold against the filters, or against those of one type."""

    __test__ = False  # no test class
    model_config = ConfigDict(title="TestFilterPrompt")
    prompt: Annotated[WireStr, Field(max_length=MOST_TESTED_CHARACTERS)]
    filter_type: Annotated[WireInt, Field(ge=0, le=2**31 - 1)] | None = None
