"""From a job to orders: what the horde calls things becomes files and nodes of one ComfyUI. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from horde_worker.backends.comfyui.control import Control, control
from horde_worker.backends.comfyui.file_names import same_stem, stem
from horde_worker.backends.comfyui.local_models import LocalModel
from horde_worker.backends.comfyui.nodes import TILING
from horde_worker.backends.comfyui.order import AppliedLora, Order
from horde_worker.backends.comfyui.sampler_names import SAMPLERS
from horde_worker.backends.comfyui.stock import Stock
from horde_worker.backends.comfyui.upscalers import Upscaler, upscaler
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageJob, Remark
from horde_worker.backends.normalise.additions import with_inversion
from horde_worker.backends.normalise.baselines import Baseline
from horde_worker.backends.normalise.dynamic_prompts import expanded
from horde_worker.backends.normalise.hires_fix import hires_fix
from horde_worker.backends.normalise.samplers import chosen_sampler
from horde_worker.backends.normalise.sizes import painted_size

_HAS_CLIP_LAYERS: Final = frozenset(
    {
        Baseline.infer,
        Baseline.stable_diffusion_1,
        Baseline.stable_diffusion_2_512,
        Baseline.stable_diffusion_2_768,
        Baseline.stable_diffusion_xl,
        Baseline.stable_cascade,
    }
)
"""The others read prompts by encoders of which nobody skips layers."""
_HAS_SCHEDULES: Final = _HAS_CLIP_LAYERS - {Baseline.stable_cascade}
"""The others have a noise schedule of their own."""


@dataclass(frozen=True, slots=True)
class Files:
    """What lies at the server just now, as far as a job names any."""

    loras: tuple[str, ...] = ()
    embeddings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ordered:
    """The order of a job's first picture, without its source, and what is to be remarked."""

    order: Order
    remarks: tuple[Remark, ...]


def ordered(job: ImageJob, model: LocalModel, stock: Stock, files: Files) -> Ordered:
    """What is painted for a job. Raises `BackendFailure` for what this ComfyUI cannot do."""
    _check(job, model, stock)
    sampler, remarks = chosen_sampler(job.sampler)
    prompt, negative_prompt = expanded(job.prompt, job.negative_prompt, job.seeds[0])
    prompt, negative_prompt, told = _with_inversions(job, prompt, negative_prompt, files)
    loras, told_of_loras = _loras(job, files)
    controlled = _control(job, model, stock)
    takes_source = job.source is not None and controlled is None
    order = Order(
        model=model,
        prompt=prompt,
        negative_prompt=negative_prompt,
        size=painted_size(job.width, job.height),
        steps=job.steps,
        cfg_scale=job.cfg_scale,
        sampler=SAMPLERS[sampler],
        scheduler=("karras" if job.karras else "normal") if model.baseline in _HAS_SCHEDULES else "simple",
        seed=job.seeds[0],
        clip_skip=job.clip_skip if model.baseline in _HAS_CLIP_LAYERS else 1,
        denoising=job.denoising_strength if takes_source else 1.0,
        hires_fix=None if model.baseline == Baseline.stable_cascade else hires_fix(job, model.baseline),
        control=controlled,
        returns_control_map=controlled is not None and job.return_control_map,
        loras=loras,
        upscalers=tuple(_upscaler(stock, name) for name in job.post_processing),
        is_tiling=job.tiling,
    )
    return Ordered(order, (*remarks, *told, *told_of_loras))


def with_source(order: Order, name: str, *, has_mask: bool) -> Order:
    """The order with its source, by the name under which it was uploaded."""
    return replace(order, source=name, has_mask=has_mask)


def with_seed(order: Order, seed: int) -> Order:
    """The order of another picture of the same job."""
    return replace(order, seed=seed)


def _check(job: ImageJob, model: LocalModel, stock: Stock) -> None:
    """None of this is offered; a horde may hand it out all the same."""
    is_cascade = model.baseline == Baseline.stable_cascade
    reasons = {
        "transparent pictures": job.transparent,
        f"the workflow {job.workflow[:40]}": bool(job.workflow),
        "further source pictures": bool(job.extra_sources),
        "tiling": job.tiling and (is_cascade or not stock.nodes >= TILING),
        "masks with Stable Cascade": job.mask is not None and is_cascade,
    }
    if refused := [what for what, is_wanted in reasons.items() if is_wanted]:
        raise BackendFailure(f"this ComfyUI makes no {', '.join(refused)}")


def _control(job: ImageJob, model: LocalModel, stock: Stock) -> Control | None:
    """None without a source too: there is nothing to control by, and the job's metadata says that it is missing."""
    if not job.control_type or job.source is None:
        return None
    return control(
        stock,
        job.control_type,
        model.baseline,
        is_map=job.image_is_control,
        wants_only_map=job.return_control_map,
    )


def _upscaler(stock: Stock, name: str) -> Upscaler:
    found = upscaler(stock, name)
    if found is None:
        raise BackendFailure(f"this ComfyUI has no post-processor {name[:60]}")
    return found


def _loras(job: ImageJob, files: Files) -> tuple[tuple[AppliedLora, ...], tuple[Remark, ...]]:
    """Those that lie there; one that does not costs a remark and no job."""
    applied, remarks = [], []
    for lora in job.loras:
        if file := same_stem(files.loras, lora.name):
            applied.append(AppliedLora(file, lora.model_strength, lora.clip_strength))
        else:
            remarks.append(Remark("lora", "download_failed", lora.name[:255]))
    return tuple(applied), tuple(remarks)


def _with_inversions(
    job: ImageJob, prompt: str, negative_prompt: str, files: Files
) -> tuple[str, str, tuple[Remark, ...]]:
    remarks = []
    for inversion in job.tis:
        if file := same_stem(files.embeddings, inversion.name):
            token = f"(embedding:{stem(file)}:{inversion.strength:g})"
            prompt, negative_prompt = with_inversion(prompt, negative_prompt, token, inversion.inject)
        else:
            remarks.append(Remark("ti", "download_failed", inversion.name[:255]))
    return prompt, negative_prompt, tuple(remarks)
