"""Conversion of a text pop to a job that knows neither horde nor backend."""

from __future__ import annotations

from horde_sdk.ai_horde_api.apimodels.generate.text.pop import ModelPayloadKobold, TextGenerateJobPopResponse
from horde_sdk.consts import KNOWN_DISPATCH_SOURCE, KNOWN_INFERENCE_BACKEND
from horde_sdk.generation_parameters.text.object_models import (
    BasicTextGenerationFormatParameters,
    BasicTextGenerationParameters,
    KoboldAITextGenerationParameters,
)
from horde_sdk.worker.dispatch.ai_horde_parameters import AIHordeDispatchParameters

_SAME_NAME = (
    "max_context_length",
    "max_length",
    "stop_sequence",
    "temperature",
    "tfs",
    "typical",
    "sampler_order",
    "smoothing_factor",
    "top_a",
    "top_k",
    "top_p",
    "min_p",
    "rep_pen",
    "rep_pen_range",
    "rep_pen_slope",
)
"""Fields that payload and parameters have alike."""


def convert_text_job_pop_response_to_parameters(
    api_response: TextGenerateJobPopResponse,
) -> tuple[KoboldAITextGenerationParameters, AIHordeDispatchParameters]:
    """Return the job in the answer to a pop, and what is known about it besides.

    Raises:
        ValueError: There is no job, or it has no model or no prompt (an empty one is one).
    """
    ids = api_response.ids or ([] if api_response.id_ is None else [api_response.id_])
    if not ids:
        raise ValueError("the answer holds no job")
    if not api_response.model:
        raise ValueError("a job without a model cannot be done")
    payload = api_response.payload
    if payload.prompt is None:
        raise ValueError("a job without a prompt cannot be done")
    parameters = KoboldAITextGenerationParameters(
        base_params=_basics(api_response.model, api_response.softprompt, payload),
        format_params=BasicTextGenerationFormatParameters(
            frmtadsnsp=payload.frmtadsnsp,
            frmtrmblln=payload.frmtrmblln,
            frmtrmspch=payload.frmtrmspch,
            frmttriminc=payload.frmttriminc,
            singleline=payload.singleline,
        ),
        result_ids=[str(job_id) for job_id in ids],
        use_default_bad_words_ids=payload.use_default_badwordsids,
    )
    dispatch = AIHordeDispatchParameters(
        generation_ids=ids,
        dispatch_source=KNOWN_DISPATCH_SOURCE.AI_HORDE_API_OFFICIAL,
        ttl=api_response.ttl,
        inference_backend=KNOWN_INFERENCE_BACKEND.IN_MODEL_NAME,
        no_valid_request_found_reasons=api_response.skipped,
    )
    return parameters, dispatch


def _basics(model: str, soft_prompt: str | None, payload: ModelPayloadKobold) -> BasicTextGenerationParameters:
    return BasicTextGenerationParameters.model_validate(
        {
            **{name: getattr(payload, name) for name in _SAME_NAME},
            "model": model,
            "prompt": payload.prompt,
            "soft_prompt": soft_prompt,
            "dynamic_temp_exponent": payload.dynatemp_exponent,
            "dynamic_temp_range": payload.dynatemp_range,
        }
    )
