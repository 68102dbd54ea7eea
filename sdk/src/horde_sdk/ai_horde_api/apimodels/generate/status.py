"""GET and DELETE /v2/generate/status/{id}: the images of a request, or its cancellation."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, GenMetadataEntry, JobRequestMixin
from horde_sdk.ai_horde_api.apimodels.generate.progress import ResponseGenerationProgressCombinedMixin
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.ai_horde_api.fields import GenerationID, WorkerID
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import HordeAPIObjectBaseModel, HordeResponseBaseModel


class Generation(HordeAPIObjectBaseModel, api_name="Generation"):
    """One result and who made it."""

    model: str
    """The model that it was made with."""
    state: GENERATION_STATE | str = Field(union_mode="left_to_right")
    """The state of the generation, such as `ok` or `censored`."""
    worker_id: str | WorkerID
    """The id of the worker that made it."""
    worker_name: str
    """The name of the worker that made it."""


class ImageGeneration(Generation, api_name="GenerationStable"):
    """One image. Two of them are equal if they have the same id."""

    id_: GenerationID = Field(alias="id")
    """The image's id."""
    img: str
    """URL, or base64 where the request said `r2: false`."""
    seed: str = Field(coerce_numbers_to_str=True)
    """The seed that it was drawn with."""
    censored: bool
    """Whether it was blackened."""
    gen_metadata: list[GenMetadataEntry] | None = None
    """Remarks about it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ImageGeneration) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash(self.id_)


class ImageGenerateStatusResponse(
    HordeResponseBaseModel, ResponseGenerationProgressCombinedMixin, api_name="RequestStatusStable"
):
    """Progress of an image request, and the images that are finished.

    200 of GET /v2/generate/status/{id}, 200 of DELETE /v2/generate/status/{id}.
    """

    generations: list[ImageGeneration] = Field(default_factory=list)
    """The images that are finished."""
    shared: bool | None = False
    """Whether the images are given to the horde for training."""

    def is_job_complete(self, number_of_result_expected: int) -> bool:
        """Tell whether all images are there."""
        return len(self.generations) == number_of_result_expected

    @classmethod
    def is_final_follow_up(cls) -> bool:
        return True

    @classmethod
    def get_finalize_success_request_type(cls) -> None:
        return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ImageGenerateStatusResponse) and all(
            generation in other.generations for generation in self.generations
        )

    def __hash__(self) -> int:
        return hash(frozenset(self.generations))


class ImageGenerateStatusRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_status,
):
    """Fetch the images of a request: GET /v2/generate/status/{id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ImageGenerateStatusResponse]:
        return ImageGenerateStatusResponse

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ImageGenerateStatusRequest) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash((ImageGenerateStatusRequest, self.id_))


class DeleteImageGenerateRequest(
    BaseAIHordeRequest,
    JobRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_generate_status,
):
    """Cancel an image request; the answer holds what was finished: DELETE /v2/generate/status/{id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ImageGenerateStatusResponse]:
        return ImageGenerateStatusResponse

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeleteImageGenerateRequest) and self.id_ == other.id_

    def __hash__(self) -> int:
        return hash((DeleteImageGenerateRequest, self.id_))
