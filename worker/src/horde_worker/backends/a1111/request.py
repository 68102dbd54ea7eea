"""From a job to what is sent: which address, and a body of what the server knows."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from horde_worker.backends.a1111.additions import prompts_of
from horde_worker.backends.a1111.control import control_for, detection, unit
from horde_worker.backends.a1111.facts import Checkpoint, Facts, Program
from horde_worker.backends.a1111.options import A1111Options
from horde_worker.backends.a1111.samplers import choose
from horde_worker.backends.image import ImageJob, Remark
from horde_worker.backends.normalise.baselines import Baseline, baseline_by_clues
from horde_worker.backends.normalise.hires_fix import HiresFix, hires_fix
from horde_worker.backends.normalise.sizes import Size, painted_size
from horde_worker.backends.normalise.source_pictures import prepared

TXT2IMG: Final = "/sdapi/v1/txt2img"
IMG2IMG: Final = "/sdapi/v1/img2img"
DETECT: Final = "/controlnet/detect"
_MASK_BLUR: Final = 4
_ORIGINAL: Final = 1
"""What is under the mask to begin with: the source itself, not noise or one colour."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of the server for one job, and what is to be said about it."""

    path: str
    body: Mapping[str, Any]
    size: Size
    """Of the pictures that come."""
    checkpoint: Checkpoint
    remarks: tuple[Remark, ...] = ()


def plan(job: ImageJob, facts: Facts, options: A1111Options, checkpoint: Checkpoint, task: str) -> Plan:
    """How the job is done. It encodes pictures: a thread's work. Raises `BackendFailure` for what cannot be done."""
    baseline = baseline_of(job.model, checkpoint, options)
    if job.control_type and job.source is not None and job.return_control_map:
        return _map_alone(job, facts, baseline, checkpoint)
    sampler = choose(facts, job.sampler, karras=job.karras)
    prompts = prompts_of(job, facts, options)
    body: dict[str, Any] = {
        "prompt": prompts.prompt,
        "negative_prompt": prompts.negative_prompt,
        "seed": job.seeds[0],
        "steps": job.steps,
        "cfg_scale": job.cfg_scale,
        "batch_size": len(job.ids),
        "n_iter": 1,
        **sampler.body,
        **_manners(facts, task),
    }
    settings = {"sd_model_checkpoint": checkpoint.title, **sampler.settings}
    if facts.program == Program.SDNEXT:
        body["clip_skip"] = job.clip_skip
    elif facts.program != Program.PART:
        settings["CLIP_stop_at_last_layers"] = job.clip_skip
    if facts.program != Program.PART:
        body |= {"tiling": job.tiling, "override_settings": settings, "override_settings_restore_afterwards": False}
    size = painted_size(job.width, job.height)
    remarks = (*sampler.remarks, *prompts.remarks)
    if not job.control_type:
        found = prepared(job, size, wants_mask=checkpoint.wants_mask)
        if found.source is not None:
            body |= _source(found.source, found.mask, size, job.denoising_strength)
            return Plan(IMG2IMG, body, size, checkpoint, (*remarks, *found.remarks))
    two_passes = hires_fix(job, baseline) if facts.latent_upscaler else None
    body |= _two_passes(job, facts, two_passes, size) if two_passes is not None else _size(size)
    if job.control_type and job.source is not None:
        body["alwayson_scripts"] = _control(job, facts, baseline, two_passes.first if two_passes else size)
    return Plan(TXT2IMG, body, size, checkpoint, remarks)


def baseline_of(model: str, checkpoint: Checkpoint, options: A1111Options) -> Baseline:
    """What the model derives from: the owner's word, or what its names give away."""
    return options.baselines.get(model) or baseline_by_clues(model, checkpoint.title, checkpoint.filename)


def in_base64(picture: Image.Image) -> str:
    """A PNG of this picture, and of nothing that its file said besides."""
    held = io.BytesIO()
    picture.copy().save(held, "PNG", compress_level=1)
    return base64.b64encode(held.getvalue()).decode()


def _manners(facts: Facts, task: str) -> dict[str, Any]:
    """Nothing is kept on the owner's disk, no grid is made, and the task has a name to ask for."""
    manners: dict[str, Any] = {"send_images": True, "save_images": False}
    if facts.program == Program.PART:
        return manners
    manners |= {"do_not_save_samples": True, "do_not_save_grid": True}
    if facts.program != Program.SDNEXT:
        manners["restore_faces"] = False  # what the job wants of that is done afterwards
    if facts.knows_tasks:
        manners["force_task_id"] = task
    return manners


def _size(size: Size) -> dict[str, Any]:
    return {"width": size[0], "height": size[1]}


def _source(source: Image.Image, mask: Image.Image | None, size: Size, strength: float) -> dict[str, Any]:
    """The picture to start from, and where it is painted anew."""
    body: dict[str, Any] = {
        **_size(size),
        "init_images": [in_base64(source)],
        "denoising_strength": strength,
        "resize_mode": 0,
    }
    if mask is not None:
        body |= {
            "mask": in_base64(mask),
            "mask_blur": _MASK_BLUR,
            "inpainting_fill": _ORIGINAL,
            "inpaint_full_res": False,
            "inpainting_mask_invert": 0,
        }
    return body


def _two_passes(job: ImageJob, facts: Facts, passes: HiresFix, size: Size) -> dict[str, Any]:
    body: dict[str, Any] = {
        **_size(passes.first),
        "enable_hr": True,
        "hr_upscaler": facts.latent_upscaler,
        "hr_resize_x": size[0],
        "hr_resize_y": size[1],
        "hr_second_pass_steps": passes.steps,
        "denoising_strength": passes.strength,
    }
    if facts.program == Program.FORGE:  # whose second pass has no guidance, and no text encoder, unless it is told
        body |= {"hr_cfg": job.cfg_scale, "hr_additional_modules": ["Use same choices"]}
    elif facts.program == Program.SDNEXT:
        body |= {"hr_resize_mode": 1, "hr_denoising_strength": passes.strength}
    return body


def _control(job: ImageJob, facts: Facts, baseline: Baseline, size: Size) -> dict[str, Any]:
    control = control_for(facts.controlnets, job.control_type, baseline)
    source = prepared(job, size).source
    assert source is not None
    return {"controlnet": {"args": [unit(control, in_base64(source), is_map=job.image_is_control)]}}


def _map_alone(job: ImageJob, facts: Facts, baseline: Baseline, checkpoint: Checkpoint) -> Plan:
    """The map that a ControlNet would go by, as the result."""
    control = control_for(facts.controlnets, job.control_type, baseline)
    size = painted_size(job.width, job.height)
    source = prepared(job, size).source
    assert source is not None
    return Plan(DETECT, detection(control, in_base64(source), min(size)), size, checkpoint)
