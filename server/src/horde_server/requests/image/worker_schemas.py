"""The wire shapes of `POST /generate/pop` and `/generate/submit` (workers.md §1, §8); defaults are effective."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from horde_server.dispatch.schemas import INT32_MAX, MOST_METADATA_READ, Metadata, Wire, WorkerPop
from horde_server.http.examples import EXAMPLE_ID, shown_as
from horde_server.http.wire_types import MOST_INLINE_IMAGE_CHARACTERS, Items, RawText, Text, Whole, empty


class ImagePop(WorkerPop):
    """A worker asks for image jobs."""

    model_config = ConfigDict(
        title="PopInputStable",
        extra="allow",
        json_schema_extra={
            "example": {
                "name": "my first worker",
                "models": ["stable_diffusion"],
                "bridge_agent": "my program:1.0:https://example.org",
                "max_pixels": 262144,
            }
        },
    )

    max_pixels: Annotated[int, Whole(-INT32_MAX, INT32_MAX)] = 262_144
    blacklist: Annotated[list[Annotated[str, Text(1000)]], Items(10_000)] = empty(list)
    allow_img2img: bool = True
    allow_painting: bool = True
    allow_unsafe_ipaddr: bool = True
    allow_post_processing: bool = True
    allow_controlnet: bool = False
    allow_sdxl_controlnet: bool = False
    allow_lora: bool = False
    limit_max_steps: bool = False
    streams: bool = Field(
        False, description="Beyond the original API: it tells how far it is (`/generate/pieces/{id}`)."
    )
    previews: bool = Field(False, description="Beyond the original API: it can send previews while it works.")
    previews_checked: bool = Field(
        False, description="Beyond the original API: its previews go through the same safety check as its pictures."
    )


class ImageSubmit(Wire):
    """A worker delivers an image, or reports that it could not."""

    model_config = ConfigDict(
        title="SubmitInputStable", json_schema_extra={"example": {"id": EXAMPLE_ID, "generation": "R2", "seed": 7}}
    )

    id: Annotated[str, Text(255)]
    generation: Annotated[str, RawText(MOST_INLINE_IMAGE_CHARACTERS), shown_as("R2")]
    state: Literal["ok", "censored", "faulted", "csam", "cancelled"] = "ok"
    censored: bool = False
    seed: Annotated[int, Whole(-(2**63), 2**63 - 1)]
    gen_metadata: Annotated[list[Metadata], Items(MOST_METADATA_READ)] = empty(list)
