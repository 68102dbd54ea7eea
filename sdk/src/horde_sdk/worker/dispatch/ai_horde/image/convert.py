"""Conversion of an image pop to a job that knows neither horde nor backend."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from horde_sdk.ai_horde_api.apimodels.base import GenMetadataEntry
from horde_sdk.ai_horde_api.apimodels.generate.pop import ImageGenerateJobPopPayload, ImageGenerateJobPopResponse
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.consts import KNOWN_DISPATCH_SOURCE, KNOWN_INFERENCE_BACKEND
from horde_sdk.generation_parameters.image.basic_parameters import BasicImageGenerationParameters
from horde_sdk.generation_parameters.image.components import (
    ImageGenerationComponent,
    ImageGenerationComponentContainer,
)
from horde_sdk.generation_parameters.image.consts import (
    CLIP_SKIP_REPRESENTATION,
    KNOWN_IMAGE_SAMPLERS,
    KNOWN_IMAGE_SCHEDULERS,
)
from horde_sdk.generation_parameters.image.parameters import ImageGenerationParameters
from horde_sdk.utils import seed_to_int
from horde_sdk.worker.consts import REQUESTED_BACKEND_CONSTRAINTS, REQUESTED_SOURCE_IMAGE_FALLBACK_CHOICE
from horde_sdk.worker.dispatch.ai_horde.image.job_components import (
    control_component,
    hires_fix_component,
    loras_and_inversions,
    post_processing,
    source_components,
    workflow_component,
)
from horde_sdk.worker.dispatch.ai_horde.image.source_image import SourceImages
from horde_sdk.worker.dispatch.ai_horde.model_baselines import BaselineSource, find_baseline
from horde_sdk.worker.dispatch.ai_horde_parameters import AIHordeR2DispatchParameters

AI_HORDE_PROMPT_SEPARATOR = "###"
"""Before it the prompt, after it what is not wanted."""


class ImageConversionResult(BaseModel):
    """A job, ready to be done."""

    model_config = ConfigDict(frozen=True)

    generation_parameters: ImageGenerationParameters
    dispatch_parameters: AIHordeR2DispatchParameters
    faults: list[GenMetadataEntry] = Field(default=[])
    """What could not be done as asked for, as metadata to submit."""


def convert_image_job_pop_response_to_parameters(
    api_response: ImageGenerateJobPopResponse,
    model_reference_manager: BaselineSource,
) -> ImageConversionResult:
    """Return the job in the answer to a pop.

    Source images that cannot be used are left out and noted in `faults`; a job that cannot do without one becomes
    `txt2img`. Fetch images that were sent as URLs first (`async_download_additional_data`).

    Args:
        api_response: The answer.
        model_reference_manager: What knows the baselines of models: a function from name to baseline, a mapping, a
            manager of the package `horde_model_reference`, or `None`.

    Raises:
        ValueError: There is no job, it has no model or no prompt, or a result has no link to be uploaded to.
    """
    ids = api_response.ids or ([] if api_response.id_ is None else [api_response.id_])
    if not api_response.model:
        raise ValueError("a job without a model cannot be done")
    if not api_response.payload.prompt:
        raise ValueError("a job without a prompt cannot be done")
    uploads = _upload_links(api_response, ids)
    baseline = find_baseline(api_response.model, model_reference_manager)
    sources = SourceImages(api_response)
    base = _basics(api_response.model, baseline, api_response.payload)
    components: list[ImageGenerationComponent] = [
        *source_components(api_response, sources),
        *control_component(api_response.payload, sources),
        *hires_fix_component(api_response.payload, sources.processing, base),
        *loras_and_inversions(api_response.payload),
        *workflow_component(api_response.payload),
    ]
    return ImageConversionResult(
        generation_parameters=ImageGenerationParameters(
            batch_size=len(ids),
            source_processing=sources.processing,
            base_params=base,
            additional_params=ImageGenerationComponentContainer(components=components),
            alchemy_params=post_processing(api_response.payload, result_id=str(ids[0])),
            result_ids=[job_id.root for job_id in ids],
        ),
        dispatch_parameters=AIHordeR2DispatchParameters(
            generation_ids=ids,
            dispatch_source=KNOWN_DISPATCH_SOURCE.AI_HORDE_API_OFFICIAL,
            ttl=api_response.ttl,
            inference_backend=KNOWN_INFERENCE_BACKEND.COMFYUI,
            requested_backend_constraints=REQUESTED_BACKEND_CONSTRAINTS.SPECIFIED,
            no_valid_request_found_reasons=api_response.skipped,
            source_image_fallback_choice=REQUESTED_SOURCE_IMAGE_FALLBACK_CHOICE.TXT2IMG_FALLBACK,
            r2_upload_url_map=uploads,
        ),
        faults=sources.faults,
    )


def _upload_links(api_response: ImageGenerateJobPopResponse, ids: list[GenerationID]) -> dict[GenerationID, str]:
    links = api_response.r2_uploads or ([api_response.r2_upload] if api_response.r2_upload else [])
    if not links or len(links) < len(ids):
        raise ValueError(f"{len(links)} links to upload {len(ids)} results to")
    return dict(zip(ids, links, strict=False))


def _basics(model: str, baseline: str | None, payload: ImageGenerateJobPopPayload) -> BasicImageGenerationParameters:
    prompt, separator, negative_prompt = (payload.prompt or "").partition(AI_HORDE_PROMPT_SEPARATOR)
    return BasicImageGenerationParameters(
        model=model,
        model_baseline=baseline,
        prompt=prompt,
        negative_prompt=negative_prompt if separator else None,
        seed=payload.seed or str(seed_to_int()),
        height=payload.height,
        width=payload.width,
        steps=payload.ddim_steps,
        cfg_scale=payload.cfg_scale,
        sampler_name=KNOWN_IMAGE_SAMPLERS.known_or_text(payload.sampler_name),
        scheduler=_scheduler(payload),
        clip_skip=payload.clip_skip,
        clip_skip_representation=CLIP_SKIP_REPRESENTATION.NEGATIVE_OFFSET,
        denoising_strength=payload.denoising_strength,
        tiling=payload.tiling,
        transparent=payload.transparent,
    )


def _scheduler(payload: ImageGenerateJobPopPayload) -> KNOWN_IMAGE_SCHEDULERS | str:
    """Return the scheduler that a newer horde names, else the one that `karras` chooses."""
    named = (payload.model_extra or {}).get("scheduler")
    if isinstance(named, str) and named:
        return KNOWN_IMAGE_SCHEDULERS.known_or_text(named)
    return KNOWN_IMAGE_SCHEDULERS.karras if payload.karras else KNOWN_IMAGE_SCHEDULERS.normal
