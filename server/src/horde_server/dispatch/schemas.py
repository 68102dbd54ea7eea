"""What the wire shapes of all kinds of pop and submit share (workers.md §1, §8); defaults are effective."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from horde_server.http.wire_types import Items, Line, RawText, Text, Whole, empty

INT32_MAX = 2_147_483_647
MOST_LOADED = 20
"""Models that a worker has in memory at a time."""
MOST_METADATA_READ = 1000
"""Remarks in one body; long before, the rule refuses them in its own words."""


class Wire(BaseModel):
    """Strict as the original's schema; unknown keys are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class WorkerPop(Wire):
    """What every worker says when it asks for jobs."""

    name: Annotated[str, RawText(1000)]
    models: Annotated[list[Annotated[str, Line(255, least=3)]], Items(20_000)] = empty(list)
    bridge_agent: Annotated[str, RawText(1000)] = "unknown:0:unknown"
    threads: Annotated[int, Whole(1, 50)] = 1
    amount: Annotated[int, Whole(1, 20)] = 1
    nsfw: bool = True
    priority_usernames: Annotated[list[Annotated[str, Text(255)]], Items(1000)] = empty(list)
    require_upfront_kudos: bool = False
    extra_slow_worker: bool = False
    loaded: Annotated[list[Annotated[str, Line(255)]], Items(MOST_LOADED)] = Field(
        default_factory=list,
        json_schema_extra={"default": []},
        description="Beyond the original API: those of its models that lie in memory now; of requests that are as good "
        "as equal the worker is given one for such a model.",
    )
    named_only: bool = Field(
        False,
        description="Beyond the original API: serve only requests that name this worker in `workers`, to try it out.",
    )
    capabilities: Annotated[list[Annotated[str, Text(64)]], Items(200)] | None = Field(
        None,
        description="Beyond the original API: what the worker's software can do, in the words of the capability table "
        "(`img2img`, `karras`, `r2`, sampler names …). Absent: the bridge agent decides.",
    )


class Metadata(Wire):
    """A remark of the worker about a generation."""

    model_config = ConfigDict(title="GenerationMetadataStable")

    type: Literal[
        "lora", "ti", "censorship", "source_image", "source_mask", "extra_source_images", "batch_index", "information",
        "aesthetic_score",
    ]  # fmt: skip
    value: Literal["download_failed", "parse_failed", "baseline_mismatch", "csam", "nsfw", "see_ref"]
    ref: Annotated[str, Text(255)] = ""
