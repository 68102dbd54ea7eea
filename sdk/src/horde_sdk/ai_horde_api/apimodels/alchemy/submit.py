"""POST /v2/interrogate/submit: a worker hands in a form."""

from __future__ import annotations

from pydantic import field_validator

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, JobRequestMixin
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import APIKeyAllowedInRequestMixin, HordeResponseBaseModel
from horde_sdk.horde_logging import logger


class AlchemyJobSubmitResponse(HordeResponseBaseModel, api_name="GenerationSubmitted"):
    """What a worker got for a form: 200 of POST /v2/interrogate/submit."""

    reward: float
    """Kudos."""


class AlchemyJobSubmitRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_interrogate_submit,
    api_name="SubmitInputStable",
):
    """Hand in a form, or say that there is nothing to hand in: POST /v2/interrogate/submit."""

    result: dict[str, object] | str
    """Keyed by the form, such as `{"caption": "a cat"}`; the value `R2` is an uploaded image. Empty when faulted."""
    state: GENERATION_STATE
    """How it went."""

    @field_validator("result")
    @classmethod
    def _result_is_an_object(cls, result: dict[str, object] | str) -> dict[str, object] | str:
        if isinstance(result, str):
            logger.warning("the result of an alchemy form is an object; servers refuse text")
        return result

    def get_extra_fields_to_exclude_from_log(self) -> set[str]:
        return {"result"}

    @classmethod
    def get_default_success_response_type(cls) -> type[AlchemyJobSubmitResponse]:
        return AlchemyJobSubmitResponse

    __hash__ = JobRequestMixin.__hash__
