"""Additions of an image job, each read from the payload of a pop."""

from __future__ import annotations

from collections.abc import Iterator

from horde_sdk.ai_horde_api.apimodels.generate.pop import ImageGenerateJobPopPayload, ImageGenerateJobPopResponse
from horde_sdk.ai_horde_api.consts import METADATA_TYPE, POST_PROCESSOR_ORDER_TYPE
from horde_sdk.generation_parameters.alchemy.consts import (
    KNOWN_ALCHEMY_FORMS,
    KNOWN_FACEFIXERS,
    KNOWN_UPSCALERS,
    is_facefixer_form,
    is_upscaler_form,
)
from horde_sdk.generation_parameters.alchemy.parameters import (
    AlchemyParameters,
    FacefixAlchemyParameters,
    SingleAlchemyParameters,
    UpscaleAlchemyParameters,
)
from horde_sdk.generation_parameters.generic.consts import KNOWN_AUX_MODEL_SOURCE
from horde_sdk.generation_parameters.image.basic_parameters import BasicImageGenerationParameters
from horde_sdk.generation_parameters.image.components import (
    ControlnetGenerationParameters,
    CustomWorkflowGenerationParameters,
    ExtraTextEntry,
    HiresFixGenerationParameters,
    Image2ImageGenerationParameters,
    LoRaEntry,
    RemixGenerationParameters,
    TIEntry,
)
from horde_sdk.generation_parameters.image.consts import (
    HIRES_FIX_DENOISE_STRENGTH_DEFAULT,
    KNOWN_IMAGE_CONTROLNETS,
    KNOWN_IMAGE_SOURCE_PROCESSING as PROCESSING,
    KNOWN_IMAGE_WORKFLOWS,
    LORA_TRIGGER_INJECT_CHOICE,
    TI_TRIGGER_INJECT_CHOICE,
)
from horde_sdk.utils.first_pass import (
    STANDARD_RESOLUTION,
    calc_upscale_sampler_steps,
    get_first_pass_image_resolution_by_baseline,
    is_hires_fix_of_use,
    native_resolution,
)
from horde_sdk.worker.dispatch.ai_horde.image.source_image import SourceImages

_PAINTING = (PROCESSING.inpainting, PROCESSING.outpainting)
_INVERSION_PLACES = {
    "prompt": TI_TRIGGER_INJECT_CHOICE.POSITIVE_PROMPT,
    "negprompt": TI_TRIGGER_INJECT_CHOICE.NEGATIVE_PROMPT,
}


def source_components(
    api_response: ImageGenerateJobPopResponse, sources: SourceImages
) -> Iterator[Image2ImageGenerationParameters | RemixGenerationParameters]:
    """Yield the image to start from, or the images to mix."""
    if sources.image is None:
        return
    if sources.processing == PROCESSING.remix:
        yield RemixGenerationParameters(source_image=sources.image, remix_images=sources.read_extra(api_response))
    elif sources.processing in (PROCESSING.img2img, *_PAINTING):
        yield Image2ImageGenerationParameters(source_image=sources.image, source_mask=sources.mask)


def control_component(
    payload: ImageGenerateJobPopPayload, sources: SourceImages
) -> Iterator[ControlnetGenerationParameters]:
    """Yield what to keep to; without an image there is nothing, which is noted."""
    if not payload.control_type:
        return
    if sources.image is None:
        sources.note_missing(METADATA_TYPE.source_image)
        return
    is_map = bool(payload.image_is_control)
    yield ControlnetGenerationParameters(
        controlnet_type=KNOWN_IMAGE_CONTROLNETS.known_or_text(payload.control_type),
        source_image=None if is_map else sources.image,
        control_map=sources.image if is_map else None,
        return_control_map=bool(payload.return_control_map),
    )


def hires_fix_component(
    payload: ImageGenerateJobPopPayload, processing: str, base: BasicImageGenerationParameters
) -> Iterator[HiresFixGenerationParameters]:
    """Yield the two passes; there is one pass where painting, or where the first would not be smaller."""
    if not payload.hires_fix or processing in _PAINTING:
        return
    if not is_hires_fix_of_use(payload.width, payload.height, base.model_baseline):
        return
    width, height = get_first_pass_image_resolution_by_baseline(payload.width, payload.height, base.model_baseline)
    strength = _second_pass_strength(payload, processing)
    steps = calc_upscale_sampler_steps(
        native_resolution(base.model_baseline) or STANDARD_RESOLUTION,  # as the first pass is sized
        payload.width,
        payload.height,
        strength,
        payload.ddim_steps,
    )
    yield HiresFixGenerationParameters(
        first_pass=base.model_copy(update={"width": width, "height": height}),
        second_pass=base.model_copy(update={"steps": steps, "denoising_strength": strength}),
    )


def _second_pass_strength(payload: ImageGenerateJobPopPayload, processing: str) -> float:
    if payload.hires_fix_denoising_strength is not None:
        return payload.hires_fix_denoising_strength
    asked_for = payload.denoising_strength if "denoising_strength" in payload.model_fields_set else None
    if processing == PROCESSING.img2img and asked_for is not None:
        return asked_for
    return HIRES_FIX_DENOISE_STRENGTH_DEFAULT


def loras_and_inversions(payload: ImageGenerateJobPopPayload) -> Iterator[LoRaEntry | TIEntry]:
    """Yield the small models, in the order asked for. LoRAs are CivitAI's, inversions the horde's own library's."""
    for lora in payload.loras or ():
        yield LoRaEntry(
            name=None if lora.is_version else lora.name,
            remote_version_id=lora.name if lora.is_version else None,
            source=KNOWN_AUX_MODEL_SOURCE.CIVITAI,
            model_strength=lora.model,
            clip_strength=lora.clip,
            lora_triggers=[lora.inject_trigger] if lora.inject_trigger else None,
            lora_inject_trigger_choice=LORA_TRIGGER_INJECT_CHOICE.FUZZY_POSITIVE
            if lora.inject_trigger
            else LORA_TRIGGER_INJECT_CHOICE.NO_INJECT,
        )
    for inversion in payload.tis or ():
        yield TIEntry(
            name=inversion.name,
            remote_version_id=None,
            source=KNOWN_AUX_MODEL_SOURCE.HORDELING,
            model_strength=inversion.strength,
            ti_inject_trigger_choice=_INVERSION_PLACES.get(
                inversion.inject_ti or "", TI_TRIGGER_INJECT_CHOICE.NO_INJECT
            ),
        )


def workflow_component(payload: ImageGenerateJobPopPayload) -> Iterator[CustomWorkflowGenerationParameters]:
    """Yield the workflow, with its texts; texts without a workflow mean nothing."""
    if not payload.workflow:
        return
    yield CustomWorkflowGenerationParameters(
        custom_workflow_name=KNOWN_IMAGE_WORKFLOWS.known_or_text(payload.workflow),
        extra_texts=[ExtraTextEntry(text=entry.text, reference=entry.reference) for entry in payload.extra_texts or ()]
        or None,
    )


def post_processing(payload: ImageGenerateJobPopPayload, *, result_id: str) -> AlchemyParameters | None:
    """Return what is done with the finished images, in the order asked for; operations nobody knows are kept."""
    names = _in_order(payload)
    if not names:
        return None
    operations: dict[str, list[SingleAlchemyParameters]] = {
        "upscalers": [],
        "facefixers": [],
        "misc_post_processors": [],
    }
    for name in names:
        if is_upscaler_form(name):
            operations["upscalers"].append(
                UpscaleAlchemyParameters(
                    result_id=result_id, source_image=None, upscaler=KNOWN_UPSCALERS.known_or_text(name)
                )
            )
        elif is_facefixer_form(name):
            operations["facefixers"].append(
                FacefixAlchemyParameters(
                    result_id=result_id,
                    source_image=None,
                    form=KNOWN_ALCHEMY_FORMS.post_process,
                    facefixer=KNOWN_FACEFIXERS.known_or_text(name),
                    codeformer_fidelity=payload.facefixer_strength,
                )
            )
        else:
            operations["misc_post_processors"].append(
                SingleAlchemyParameters(result_id=result_id, source_image=None, form=name)
            )
    return AlchemyParameters.model_validate(
        {**{family: found or None for family, found in operations.items()}, "operation_order": names}
    )


def _in_order(payload: ImageGenerateJobPopPayload) -> list[str]:
    """Return the operations in the order of the list, unless face fixers or upscalers were asked for first."""
    names = [str(name) for name in payload.post_processing]
    if "post_processing_order" not in payload.model_fields_set:
        return names
    if payload.post_processing_order == POST_PROCESSOR_ORDER_TYPE.custom:
        return names
    is_first = (
        is_facefixer_form
        if payload.post_processing_order == POST_PROCESSOR_ORDER_TYPE.facefixers_first
        else is_upscaler_form
    )
    places = [place for place, name in enumerate(names) if is_facefixer_form(name) or is_upscaler_form(name)]
    moved = sorted((names[place] for place in places), key=lambda name: not is_first(name))
    for place, name in zip(places, moved, strict=True):
        names[place] = name
    return names
