"""Conversion of an alchemy pop to operations that know neither horde nor backend."""

from __future__ import annotations

from horde_sdk.ai_horde_api.apimodels.alchemy.pop import (
    AlchemyJobPopResponse,
    AlchemyPopFormPayload,
    NoValidAlchemyFound,
)
from horde_sdk.ai_horde_api.image_downloads import is_url
from horde_sdk.consts import KNOWN_ALCHEMY_BACKEND, KNOWN_DISPATCH_SOURCE, KNOWN_NSFW_DETECTOR
from horde_sdk.generation_parameters.alchemy.consts import (
    KNOWN_ALCHEMY_FORMS,
    KNOWN_CAPTION_MODELS,
    KNOWN_FACEFIXERS,
    KNOWN_INTERROGATORS,
    KNOWN_UPSCALERS,
    is_annotation_form,
    is_caption_form,
    is_facefixer_form,
    is_interrogator_form,
    is_nsfw_detector_form,
    is_upscaler_form,
)
from horde_sdk.generation_parameters.alchemy.parameters import (
    AlchemyParameters,
    AnnotationAlchemyParameters,
    CaptionAlchemyParameters,
    FacefixAlchemyParameters,
    InterrogateAlchemyParameters,
    NSFWAlchemyParameters,
    SingleAlchemyParameters,
    UpscaleAlchemyParameters,
)
from horde_sdk.utils.image_base64 import base64_str_to_bytes
from horde_sdk.worker.consts import REQUESTED_BACKEND_CONSTRAINTS
from horde_sdk.worker.dispatch.ai_horde_parameters import AIHordeR2DispatchParameters

_FAMILIES: dict[type[SingleAlchemyParameters], str] = {
    UpscaleAlchemyParameters: "upscalers",
    FacefixAlchemyParameters: "facefixers",
    InterrogateAlchemyParameters: "interrogators",
    CaptionAlchemyParameters: "captions",
    NSFWAlchemyParameters: "nsfw_detectors",
}
"""Which field of `AlchemyParameters` an operation goes to; all others go to `misc_post_processors`."""


def convert_alchemy_job_pop_response_to_parameters(
    api_response: AlchemyJobPopResponse,
) -> tuple[AlchemyParameters, AIHordeR2DispatchParameters]:
    """Return the operations in the answer to a pop, and what is known about them besides.

    The source image is decoded where it came as base64. A URL is left to the caller, who must not trust it: the
    operation has no `source_image` then.

    Raises:
        ValueError: There is no form, or one lacks its image, or an annotation its kind.
    """
    forms = api_response.forms
    if not forms:
        raise ValueError("the answer holds no form")
    families: dict[str, list[SingleAlchemyParameters]] = {}
    for form in forms:
        operation = _operation(form)
        families.setdefault(_FAMILIES.get(type(operation), "misc_post_processors"), []).append(operation)
    dispatch = AIHordeR2DispatchParameters(
        generation_ids=[form.id_ for form in forms],
        dispatch_source=KNOWN_DISPATCH_SOURCE.AI_HORDE_API_OFFICIAL,
        inference_backend=KNOWN_ALCHEMY_BACKEND.HORDE_ALCHEMIST.value,
        requested_backend_constraints=REQUESTED_BACKEND_CONSTRAINTS.SPECIFIED,
        no_valid_request_found_reasons=api_response.skipped or NoValidAlchemyFound(),
        r2_upload_url_map={form.id_: form.r2_upload for form in forms if form.r2_upload},
    )
    return AlchemyParameters.model_validate(families), dispatch


def _operation(form: AlchemyPopFormPayload) -> SingleAlchemyParameters:  # noqa: PLR0911 one return a kind
    name = str(form.form)
    if not form.source_image:
        raise ValueError(f"a form ({name}) without a source image cannot be done")
    result_id = str(form.id_)
    image = None if is_url(form.source_image) else base64_str_to_bytes(form.source_image)
    if is_upscaler_form(name):
        return UpscaleAlchemyParameters(
            result_id=result_id, source_image=image, upscaler=KNOWN_UPSCALERS.known_or_text(name)
        )
    if is_facefixer_form(name):
        return FacefixAlchemyParameters(
            result_id=result_id,
            form=KNOWN_ALCHEMY_FORMS.post_process,
            source_image=image,
            facefixer=KNOWN_FACEFIXERS.known_or_text(name),
        )
    if is_interrogator_form(name):
        return InterrogateAlchemyParameters(
            result_id=result_id,
            form=KNOWN_ALCHEMY_FORMS.interrogation,
            source_image=image,
            interrogator=KNOWN_INTERROGATORS.vit_l_14,
        )
    if is_caption_form(name):
        return CaptionAlchemyParameters(
            result_id=result_id,
            form=KNOWN_ALCHEMY_FORMS.caption,
            source_image=image,
            caption_model=KNOWN_CAPTION_MODELS.BLIP_BASE_SALESFORCE,
        )
    if is_nsfw_detector_form(name):
        return NSFWAlchemyParameters(
            result_id=result_id,
            form=KNOWN_ALCHEMY_FORMS.nsfw,
            source_image=image,
            nsfw_detector=KNOWN_NSFW_DETECTOR.HORDE_SAFETY,
        )
    if is_annotation_form(name):
        return _annotation(form, result_id, image)
    return SingleAlchemyParameters(
        result_id=result_id, source_image=image, form=KNOWN_ALCHEMY_FORMS.known_or_text(name)
    )


def _annotation(form: AlchemyPopFormPayload, result_id: str, image: bytes | None) -> AnnotationAlchemyParameters:
    if form.payload is None or not form.payload.control_type:
        raise ValueError("an annotation that does not say of which control_type cannot be done")
    return AnnotationAlchemyParameters(result_id=result_id, source_image=image, control_type=form.payload.control_type)
