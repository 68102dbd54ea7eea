"""The wire shapes of `POST /generate/text/pop` and `/submit` (generation.md §4.5.1, §4.6); defaults are effective."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from horde_server.dispatch.schemas import INT32_MAX, Metadata, Wire, WorkerPop
from horde_server.http.wire_types import RawStr, WireInt, WireStr


def _from_digits(value: Any) -> Any:
    """The original's parser takes a seed as a string of digits too."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20 else value


class TextPop(WorkerPop):
    """A worker asks for text jobs."""

    model_config = ConfigDict(title="PopInputKobold")

    max_length: Annotated[WireInt, Field(ge=-INT32_MAX, le=INT32_MAX)] = 512
    max_context_length: Annotated[WireInt, Field(ge=-INT32_MAX, le=INT32_MAX)] = 2048
    softprompts: Annotated[
        list[Annotated[WireStr, Field(max_length=1000)]], Field(max_length=10_000, default_factory=list)
    ]


class TextMetadata(Metadata):
    """A remark of the worker about a text."""

    model_config = ConfigDict(title="GenerationMetadataKobold")

    type: Literal["censorship"]
    value: Literal["csam"]


class TextSubmit(Wire):
    """A worker delivers a text, or reports that it could not."""

    model_config = ConfigDict(title="SubmitInputKobold")

    id: Annotated[WireStr, Field(max_length=255)]
    generation: RawStr
    state: Literal["ok", "censored", "faulted", "csam"] = "ok"
    seed: Annotated[WireInt, BeforeValidator(_from_digits), Field(ge=-(2**63), le=2**63 - 1)] = 0
    gen_metadata: Annotated[list[TextMetadata], Field(default_factory=list)]
