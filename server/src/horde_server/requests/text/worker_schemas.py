"""The wire shapes of `POST /generate/text/pop` and `/submit` (workers.md §1.3, §8.12); defaults are effective."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from horde_server.dispatch.schemas import INT32_MAX, MOST_METADATA_READ, Metadata, Wire, WorkerPop
from horde_server.http.examples import EXAMPLE_ID, shown_as
from horde_server.http.wire_types import Items, RawText, Text, Whole, empty

_MOST_GENERATION_CHARACTERS = 4 * 1024 * 1024
"""That are read; the text is cut far shorter."""


def _from_digits(value: Any) -> Any:
    """The original's parser takes a seed as a string of digits too."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20 else value


class TextPop(WorkerPop):
    """A worker asks for text jobs."""

    model_config = ConfigDict(
        title="PopInputKobold",
        extra="allow",
        json_schema_extra={
            "example": {
                "name": "my first scribe",
                "models": ["koboldcpp/my-model"],
                "bridge_agent": "my program:1.0:https://example.org",
                "max_length": 80,
                "max_context_length": 1024,
            }
        },
    )

    max_length: Annotated[int, Whole(-INT32_MAX, INT32_MAX)] = 512
    max_context_length: Annotated[int, Whole(-INT32_MAX, INT32_MAX)] = 2048
    softprompts: Annotated[list[Annotated[str, Text(1000)]], Items(10_000)] = empty(list)
    streams: bool = Field(
        False, description="Beyond the original API: it tells its text while it writes (`/generate/pieces/{id}`)."
    )


class TextMetadata(Metadata):
    """A remark of the worker about a text."""

    model_config = ConfigDict(title="GenerationMetadataKobold")

    type: Literal["censorship"]
    value: Literal["csam"]


class TextSubmit(Wire):
    """A worker delivers a text, or reports that it could not."""

    model_config = ConfigDict(
        title="SubmitInputKobold",
        json_schema_extra={"example": {"id": EXAMPLE_ID, "generation": "there was a harbour."}},
    )

    id: Annotated[str, Text(255)]
    generation: Annotated[str, RawText(_MOST_GENERATION_CHARACTERS), shown_as("there was a harbour.")]
    state: Literal["ok", "censored", "faulted", "csam", "cancelled"] = "ok"
    seed: Annotated[int, Whole(-(2**63), 2**63 - 1), BeforeValidator(_from_digits)] = 0
    gen_metadata: Annotated[list[TextMetadata], Items(MOST_METADATA_READ)] = empty(list)
