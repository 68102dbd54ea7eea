"""Dispatch parameters of a job of an AI Horde: ids, uploads, reasons; everything but how to do it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.generate.pop import NoValidRequestFound
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.generic_api.apimodels import HordeAPIObjectBaseModel
from horde_sdk.worker.consts import REQUESTED_SOURCE_IMAGE_FALLBACK_CHOICE
from horde_sdk.worker.dispatch.base import DispatchParameterBase


class AIHordeDispatchParameters(DispatchParameterBase):
    """A job whose result is sent with its submit."""

    generation_ids: list[GenerationID]
    no_valid_request_found_reasons: NoValidRequestFound | HordeAPIObjectBaseModel
    """How many other requests the worker was not given, by reason."""
    source_image_fallback_choice: REQUESTED_SOURCE_IMAGE_FALLBACK_CHOICE | str = (
        REQUESTED_SOURCE_IMAGE_FALLBACK_CHOICE.ABANDON
    )


class AIHordeR2DispatchParameters(AIHordeDispatchParameters):
    """A job whose results are uploaded."""

    r2_upload_url_map: Mapping[GenerationID, str] = Field(repr=False)
    """The signed URL to PUT each result to."""
