"""Source images of popped jobs."""

from __future__ import annotations

import base64
from typing import Any

from horde_sdk.ai_horde_api.apimodels.generate.pop import ImageGenerateJobPopResponse
from horde_sdk.worker.dispatch.ai_horde.image.source_image import (
    job_requires_source_image_input,
    resolve_effective_source_processing,
)
from published_scenarios.telling import scenario

PICTURE = base64.b64encode(b"picture").decode()


@scenario(
    "source processing of a popped job",
    fetched=("img2img", "https://example.org/cat.webp", PICTURE),
    not_fetched=("img2img", "https://example.org/cat.webp", None),
    inline=("img2img", PICTURE, None),
    empty=("img2img", "", None),
    empty_and_fetched=("img2img", "", PICTURE),
    empty_both=("img2img", "", ""),
    none=("img2img", None, None),
    only_fetched=("img2img", None, PICTURE),
    no_base64=("img2img", "!!!", None),
    fetched_no_base64=("img2img", "https://example.org/cat.webp", "!!!"),
    fetched_empty=("img2img", "https://example.org/cat.webp", ""),
    inpainting=("inpainting", "https://example.org/cat.webp", PICTURE),
    outpainting=("outpainting", "https://example.org/cat.webp", PICTURE),
    remix=("remix", "https://example.org/cat.webp", PICTURE),
    remix_empty=("remix", "", None),
    txt2img=("txt2img", None, None),
    txt2img_with_one=("txt2img", PICTURE, None),
    unknown=("dreaming", PICTURE, None),
    unknown_without=("dreaming", None, None),
)
def _source(processing: str, source: str | None, fetched: str | None) -> Any:
    popped: dict[str, Any] = {
        "id": "00000000-0000-0000-0000-000000000001",
        "ids": ["00000000-0000-0000-0000-000000000001"],
        "model": "Deliberate",
        "skipped": {},
        "payload": {
            "prompt": "a fox", "seed": "1", "width": 512, "height": 512, "ddim_steps": 20, "cfg_scale": 7.0,
            "sampler_name": "k_euler", "n_iter": 1,
        },
        "source_processing": processing,
        "source_image": source,
        "r2_uploads": ["https://example.org/up"],
    }  # fmt: skip
    job = ImageGenerateJobPopResponse(**popped)
    if fetched is not None:
        job._downloaded_source_image = fetched  # what async_download_source_image() does once it has it
    return [resolve_effective_source_processing(job), job_requires_source_image_input(job)]
