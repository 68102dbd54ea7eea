"""What the wire shapes of all kinds of pop and submit share (generation.md §3.1, §3.7); defaults are effective."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from horde_server.http.wire_types import RawStr, WireInt, WireStr, empty

INT32_MAX = 2_147_483_647


class Wire(BaseModel):
    """Strict as the original's schema; unknown keys are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class WorkerPop(Wire):
    """What every worker says when it asks for jobs."""

    name: Annotated[RawStr, Field(max_length=1000)]
    models: Annotated[list[Annotated[WireStr, Field(min_length=3, max_length=255)]], Field(max_length=20_000)] = empty(
        list
    )
    bridge_agent: Annotated[RawStr, Field(max_length=1000)] = "unknown:0:unknown"
    threads: Annotated[WireInt, Field(ge=1, le=50)] = 1
    amount: Annotated[WireInt, Field(ge=1, le=20)] = 1
    nsfw: bool = True
    priority_usernames: Annotated[list[Annotated[WireStr, Field(max_length=255)]], Field(max_length=1000)] = empty(list)
    require_upfront_kudos: bool = False
    extra_slow_worker: bool = False
    named_only: bool = Field(
        False,
        description="Beyond the original API: serve only requests that name this worker in `workers`, to try it out.",
    )
    capabilities: (
        Annotated[list[Annotated[WireStr, Field(max_length=64)]], Field(max_length=200)] | None
    ) = Field(
        None,
        description="Beyond the original API: what the worker's software can do, in the words of the capability table "
        "(`img2img`, `karras`, `r2`, sampler names …). Absent: the bridge agent decides.",
    )  # fmt: skip


class Metadata(Wire):
    """A remark of the worker about a generation."""

    model_config = ConfigDict(title="GenerationMetadataStable")

    type: Literal[
        "lora", "ti", "censorship", "source_image", "source_mask", "extra_source_images", "batch_index", "information",
        "aesthetic_score",
    ]  # fmt: skip
    value: Literal["download_failed", "parse_failed", "baseline_mismatch", "csam", "nsfw", "see_ref"]
    ref: Annotated[WireStr, Field(max_length=255)] = ""
