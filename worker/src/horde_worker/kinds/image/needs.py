"""What an image job needs of who makes it, in the words of the API (workers.md §10): the same the horde goes by."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

from horde_worker.backends.image import ImageJob

WORDS: Final = frozenset(
    {"hires_fix", "tiling", "clip_skip", "img2img", "inpainting", "extra_source_images", "lora", "lora_versions"}
    | {"textual_inversion", "controlnet", "image_is_control", "return_control_map", "qr_code", "layer_diffuse"}
    | {"post-processing"}
)
"""Every word that a job may need, but for the names of post-processors, which are words of their own."""


def needs_of(job: ImageJob) -> frozenset[str]:
    """The words, names of post-processors among them. Samplers are not: one that is unknown has a stand-in."""
    needed = {
        "hires_fix": job.hires_fix,
        "tiling": job.tiling,
        "clip_skip": job.clip_skip > 1,
        "img2img": job.given is not None,
        "inpainting": job.given is not None and job.given.is_inpainting,
        "extra_source_images": bool(job.extra_sources),
        "lora": bool(job.loras),
        "lora_versions": any(one.is_version for one in job.loras),
        "textual_inversion": bool(job.tis),
        "controlnet": bool(job.control_type) or job.workflow == "qr_code",
        "image_is_control": bool(job.control_type) and job.image_is_control,
        "return_control_map": bool(job.control_type) and job.return_control_map,
        "qr_code": job.workflow == "qr_code",
        "layer_diffuse": job.transparent,
        "post-processing": bool(job.post_processing),
    }
    return frozenset(word for word, is_needed in needed.items() if is_needed) | frozenset(job.post_processing)


def lacking(job: ImageJob, can: AbstractSet[str]) -> list[str]:
    """What a job needs beyond what somebody can do, sorted."""
    return sorted(needs_of(job) - can)
