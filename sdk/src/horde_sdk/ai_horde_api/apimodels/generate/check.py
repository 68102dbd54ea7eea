"""GET /v2/generate/check/{id}: how far an image request is, cheaply."""

from __future__ import annotations

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, JobRequestMixin
from horde_sdk.ai_horde_api.apimodels.generate.progress import ResponseGenerationProgressCombinedMixin
from horde_sdk.ai_horde_api.apimodels.generate.status import ImageGenerateStatusRequest
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import HordeResponseBaseModel


class ImageGenerateCheckResponse(
    HordeResponseBaseModel, ResponseGenerationProgressCombinedMixin, api_name="RequestStatusCheck"
):
    """Progress of an image request, without its images: 200 of GET /v2/generate/check/{id}."""

    def is_job_complete(self, number_of_result_expected: int) -> bool:
        """Tell whether the server calls the request done."""
        return self.done

    @classmethod
    def get_finalize_success_request_type(cls) -> type[ImageGenerateStatusRequest]:
        return ImageGenerateStatusRequest


class ImageGenerateCheckRequest(
    BaseAIHordeRequest, JobRequestMixin, method=HTTPMethod.GET, endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_check
):
    """Ask how far an image request is: GET /v2/generate/check/{id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ImageGenerateCheckResponse]:
        return ImageGenerateCheckResponse

    __hash__ = JobRequestMixin.__hash__
