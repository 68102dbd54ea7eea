"""GET and DELETE /v2/interrogate/status/{id}: the state and results of an alchemy request, or its cancellation."""

from __future__ import annotations

from typing import TypeVar

from pydantic import Field, ValidationInfo, field_validator

from horde_sdk.ai_horde_api.apimodels.alchemy.results import (
    AlchemyAestheticResult,
    AlchemyAnnotationResult,
    AlchemyCaptionResult,
    AlchemyDescribeResult,
    AlchemyFacefixResult,
    AlchemyInterrogationDetails,
    AlchemyInterrogationResult,
    AlchemyInterrogationResultItem,
    AlchemyNSFWResult,
    AlchemyPaletteResult,
    AlchemyStripBackgroundResult,
    AlchemyUpscaleResult,
    AlchemyVectorizeResult,
    FormResult,
    result_of,
)
from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, JobRequestMixin
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod
from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_TYPES
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    HordeAPIData,
    HordeResponseBaseModel,
    ResponseWithProgressMixin,
)

__all__ = [
    "AlchemyAestheticResult",
    "AlchemyAnnotationResult",
    "AlchemyCaptionResult",
    "AlchemyDeleteRequest",
    "AlchemyDescribeResult",
    "AlchemyFacefixResult",
    "AlchemyFormStatus",
    "AlchemyInterrogationDetails",
    "AlchemyInterrogationResult",
    "AlchemyInterrogationResultItem",
    "AlchemyNSFWResult",
    "AlchemyPaletteResult",
    "AlchemyStatusRequest",
    "AlchemyStatusResponse",
    "AlchemyStripBackgroundResult",
    "AlchemyUpscaleResult",
    "AlchemyVectorizeResult",
]

ResultT = TypeVar("ResultT", bound=HordeAPIData)

_OVER = frozenset({GENERATION_STATE.done, GENERATION_STATE.faulted, GENERATION_STATE.cancelled})


class AlchemyFormStatus(HordeAPIData):
    """How far one form is, and its result."""

    form: KNOWN_ALCHEMY_TYPES | str = Field(union_mode="left_to_right")
    """What was to be done."""
    state: GENERATION_STATE | str = Field(union_mode="left_to_right")
    """How far it is."""
    result: FormResult | None = None
    """Of the class that fits the form; an object as it was sent, where none does."""

    @field_validator("result", mode="plain")
    @classmethod
    def _result_of_its_class(cls, sent: object, info: ValidationInfo) -> object:
        return result_of(str(info.data.get("form")), sent)

    @property
    def done(self) -> bool:
        """Whether there is a result."""
        return self.state == GENERATION_STATE.done

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in _OVER


class AlchemyStatusResponse(HordeResponseBaseModel, ResponseWithProgressMixin, api_name="InterrogationStatus"):
    """How far an alchemy request is, and what is finished.

    200 of GET /v2/interrogate/status/{id}, 200 of DELETE /v2/interrogate/status/{id}.
    """

    state: GENERATION_STATE | str = Field(union_mode="left_to_right")
    """How far all of it is."""
    forms: list[AlchemyFormStatus]
    """Each with its result, once done."""

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return all(form.over for form in self.forms)

    @property
    def faulted(self) -> bool:
        """Whether every form failed."""
        return self.state == GENERATION_STATE.faulted

    @property
    def finished(self) -> int:
        """How many forms have a result."""
        return sum(form.done for form in self.forms)

    @property
    def all_interrogation_results(self) -> list[AlchemyInterrogationDetails]:
        """The results of finished `interrogation` forms."""
        return self._results(AlchemyInterrogationDetails)

    @property
    def all_nsfw_results(self) -> list[AlchemyNSFWResult]:
        """The results of finished `nsfw` forms."""
        return self._results(AlchemyNSFWResult)

    @property
    def all_caption_results(self) -> list[AlchemyCaptionResult]:
        """The results of finished `caption` forms."""
        return self._results(AlchemyCaptionResult)

    @property
    def all_upscale_results(self) -> list[AlchemyUpscaleResult]:
        """The results of finished upscalers."""
        return self._results(AlchemyUpscaleResult)

    @property
    def all_facefix_results(self) -> list[AlchemyFacefixResult]:
        """The results of finished face fixers."""
        return self._results(AlchemyFacefixResult)

    @property
    def all_strip_background_results(self) -> list[AlchemyStripBackgroundResult]:
        """The results of finished `strip_background` forms."""
        return self._results(AlchemyStripBackgroundResult)

    @property
    def all_vectorize_results(self) -> list[AlchemyVectorizeResult]:
        """The results of finished `vectorize` forms."""
        return self._results(AlchemyVectorizeResult)

    @property
    def all_annotation_results(self) -> list[AlchemyAnnotationResult]:
        """The results of finished `annotation` forms."""
        return self._results(AlchemyAnnotationResult)

    @property
    def all_palette_results(self) -> list[AlchemyPaletteResult]:
        """The results of finished `palette` forms."""
        return self._results(AlchemyPaletteResult)

    @property
    def all_describe_results(self) -> list[AlchemyDescribeResult]:
        """The results of finished `describe` forms."""
        return self._results(AlchemyDescribeResult)

    @property
    def all_aesthetic_results(self) -> list[AlchemyAestheticResult]:
        """The results of finished `aesthetic` forms."""
        return self._results(AlchemyAestheticResult)

    def _results(self, kind: type[ResultT]) -> list[ResultT]:
        return [form.result for form in self.forms if form.done and isinstance(form.result, kind)]

    def is_job_complete(self, number_of_result_expected: int) -> bool:
        """Tell whether every form has its result."""
        return bool(self.forms) and self.finished == len(self.forms) == number_of_result_expected

    def is_job_possible(self) -> bool:
        """Return true: the server does not say."""
        return True

    @classmethod
    def is_final_follow_up(cls) -> bool:
        return True

    @classmethod
    def get_finalize_success_request_type(cls) -> None:
        return None

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, AlchemyStatusResponse)
            and self.state == other.state
            and all(form in other.forms for form in self.forms)
        )

    def __hash__(self) -> int:
        return hash(self.state)


class AlchemyStatusRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_interrogate_status,
):
    """Ask how far an alchemy request is, and for what is finished: GET /v2/interrogate/status/{id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[AlchemyStatusResponse]:
        return AlchemyStatusResponse

    __hash__ = JobRequestMixin.__hash__


class AlchemyDeleteRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_interrogate_status,
):
    """Cancel an alchemy request; the answer holds what was finished: DELETE /v2/interrogate/status/{id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[AlchemyStatusResponse]:
        return AlchemyStatusResponse

    __hash__ = JobRequestMixin.__hash__
