"""The wire shapes of `POST /generate/pop` and `/generate/submit` (generation.md §3.1, §3.7); defaults are effective."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from horde_server.dispatch.schemas import INT32_MAX, Metadata, Wire, WorkerPop
from horde_server.http.wire_types import RawStr, WireInt, WireStr


class ImagePop(WorkerPop):
    """A worker asks for image jobs."""

    model_config = ConfigDict(title="PopInputStable")

    max_pixels: Annotated[WireInt, Field(ge=-INT32_MAX, le=INT32_MAX)] = 262_144
    blacklist: Annotated[
        list[Annotated[WireStr, Field(max_length=1000)]], Field(max_length=10_000, default_factory=list)
    ]
    allow_img2img: bool = True
    allow_painting: bool = True
    allow_unsafe_ipaddr: bool = True
    allow_post_processing: bool = True
    allow_controlnet: bool = False
    allow_sdxl_controlnet: bool = False
    allow_lora: bool = False
    limit_max_steps: bool = False


class ImageSubmit(Wire):
    """A worker delivers an image, or reports that it could not."""

    model_config = ConfigDict(title="SubmitInputStable")

    id: Annotated[WireStr, Field(max_length=255)]
    generation: RawStr
    state: Literal["ok", "censored", "faulted", "csam"] = "ok"
    censored: bool = False
    seed: Annotated[WireInt, Field(ge=-(2**63), le=2**63 - 1)]
    gen_metadata: Annotated[list[Metadata], Field(default_factory=list)]
