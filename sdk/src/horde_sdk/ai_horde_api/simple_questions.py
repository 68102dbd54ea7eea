"""Methods of both simple clients that are one question and one answer: each goes through `ask`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from horde_sdk.ai_horde_api import questions
from horde_sdk.ai_horde_api.consts import MODEL_STATE, MODEL_TYPE
from horde_sdk.ai_horde_api.fields import WorkerID

if TYPE_CHECKING:
    from horde_sdk.ai_horde_api.apimodels.kudos import KudosTransferResponse
    from horde_sdk.ai_horde_api.apimodels.stats import (
        ImageStatsModelsResponse,
        ImageStatsModelsTotalResponse,
        TextStatsModelResponse,
        TextStatsModelsTotalResponse,
    )
    from horde_sdk.ai_horde_api.apimodels.status import (
        AIHordeHeartbeatResponse,
        HordeModesResponse,
        HordePerformanceResponse,
        HordeStatusModelsAllResponse,
        HordeStatusModelsSingleResponse,
        NewsResponse,
    )
    from horde_sdk.ai_horde_api.apimodels.users import UserDetailsResponse
    from horde_sdk.ai_horde_api.apimodels.workers.workers import (
        AllWorkersDetailsResponse,
        DeleteWorkerResponse,
        ModifyWorkerRequest,
        ModifyWorkerResponse,
        SingleWorkerDetailsResponse,
    )
    from horde_sdk.ai_horde_api.questions import Question
    from horde_sdk.generic_api.apimodels import HordeRequest
    from horde_sdk.generic_api.wire import ResponseT


class Questions(ABC):
    """Of the synchronous client."""

    def heartbeat_request(self) -> AIHordeHeartbeatResponse:
        """Return the horde's version; raises where it is not alive."""
        return self._answer(questions.heartbeat())

    def get_news(self) -> NewsResponse:
        """Return the news."""
        return self._answer(questions.news())

    def image_stats_totals(self) -> ImageStatsModelsTotalResponse:
        """Return how many images were made."""
        return self._answer(questions.image_totals())

    def image_stats_models(self, model_state: str | MODEL_STATE = MODEL_STATE.known) -> ImageStatsModelsResponse:
        """Return how many images were made with each model."""
        return self._answer(questions.image_models_used(model_state))

    def text_stats_totals(self) -> TextStatsModelsTotalResponse:
        """Return how much was written."""
        return self._answer(questions.text_totals())

    def text_stats_models(self) -> TextStatsModelResponse:
        """Return how many texts were written with each model."""
        return self._answer(questions.text_models_used())

    def performance(self) -> HordePerformanceResponse:
        """Return how busy the horde is."""
        return self._answer(questions.performance())

    def modes(self) -> HordeModesResponse:
        """Return the modes that the horde is in."""
        return self._answer(questions.modes())

    def image_status_models_all(self) -> HordeStatusModelsAllResponse:
        """Return the image models that workers serve."""
        return self._answer(questions.models(MODEL_TYPE.image))

    def text_status_models_all(self) -> HordeStatusModelsAllResponse:
        """Return the text models that workers serve."""
        return self._answer(questions.models(MODEL_TYPE.text))

    def image_status_models_single(self, model_name: str) -> HordeStatusModelsSingleResponse:
        """Return one model."""
        return self._answer(questions.model(model_name))

    def workers_all_details(
        self, worker_name: str | None = None, *, api_key: str | None = None
    ) -> AllWorkersDetailsResponse:
        """Return the workers that were seen lately, or those of a name."""
        return self._answer(questions.workers(worker_name, api_key))

    def worker_details(self, worker_id: WorkerID | str, *, api_key: str | None = None) -> SingleWorkerDetailsResponse:
        """Return one worker."""
        return self._answer(questions.worker(worker_id, api_key))

    def worker_details_by_name(self, worker_name: str, *, api_key: str | None = None) -> SingleWorkerDetailsResponse:
        """Return one worker, by name."""
        return self._answer(questions.worker_by_name(worker_name, api_key))

    def worker_modify(self, modify_worker_request: ModifyWorkerRequest) -> ModifyWorkerResponse:
        """Change a worker of yours, and return what was changed."""
        return self._answer(questions.worker_change(modify_worker_request))

    def worker_delete(self, worker_id: WorkerID | str, *, api_key: str | None = None) -> DeleteWorkerResponse:
        """Delete a worker of yours."""
        return self._answer(questions.worker_deletion(worker_id, api_key))

    def find_user(self) -> UserDetailsResponse:
        """Return the owner of the client's key."""
        return self._answer(questions.owner_of_key())

    def transfer_kudos(self, username: str, amount: int) -> KudosTransferResponse:
        """Give kudos of the client's key to another user (`alias#number`)."""
        return self._answer(questions.kudos_transfer(username, amount))

    def ask(self, request: HordeRequest, expected: type[ResponseT]) -> ResponseT:
        """Send any request and return its answer.

        Args:
            request: What to ask.
            expected: The class of the answer, as `request.get_default_success_response_type()` returns it.

        Raises:
            AIHordeRequestError: The server answered with an error.
            HordeConnectionError: The horde could not be reached.
        """
        return self._answer(questions.Question(request, expected))

    @abstractmethod
    def _answer(self, question: Question[ResponseT]) -> ResponseT:
        """Send a question and return its answer."""


class AsyncQuestions(ABC):
    """Of the asynchronous client."""

    async def heartbeat_request(self) -> AIHordeHeartbeatResponse:
        """Return the horde's version; raises where it is not alive."""
        return await self._answer(questions.heartbeat())

    async def get_news(self) -> NewsResponse:
        """Return the news."""
        return await self._answer(questions.news())

    async def image_stats_totals(self) -> ImageStatsModelsTotalResponse:
        """Return how many images were made."""
        return await self._answer(questions.image_totals())

    async def image_stats_models(self, model_state: str | MODEL_STATE = MODEL_STATE.known) -> ImageStatsModelsResponse:
        """Return how many images were made with each model."""
        return await self._answer(questions.image_models_used(model_state))

    async def text_stats_totals(self) -> TextStatsModelsTotalResponse:
        """Return how much was written."""
        return await self._answer(questions.text_totals())

    async def text_stats_models(self) -> TextStatsModelResponse:
        """Return how many texts were written with each model."""
        return await self._answer(questions.text_models_used())

    async def performance(self) -> HordePerformanceResponse:
        """Return how busy the horde is."""
        return await self._answer(questions.performance())

    async def modes(self) -> HordeModesResponse:
        """Return the modes that the horde is in."""
        return await self._answer(questions.modes())

    async def image_status_models_all(self) -> HordeStatusModelsAllResponse:
        """Return the image models that workers serve."""
        return await self._answer(questions.models(MODEL_TYPE.image))

    async def text_status_models_all(self) -> HordeStatusModelsAllResponse:
        """Return the text models that workers serve."""
        return await self._answer(questions.models(MODEL_TYPE.text))

    async def image_status_models_single(self, model_name: str) -> HordeStatusModelsSingleResponse:
        """Return one model."""
        return await self._answer(questions.model(model_name))

    async def workers_all_details(
        self, worker_name: str | None = None, *, api_key: str | None = None
    ) -> AllWorkersDetailsResponse:
        """Return the workers that were seen lately, or those of a name."""
        return await self._answer(questions.workers(worker_name, api_key))

    async def worker_details(
        self, worker_id: WorkerID | str, *, api_key: str | None = None
    ) -> SingleWorkerDetailsResponse:
        """Return one worker."""
        return await self._answer(questions.worker(worker_id, api_key))

    async def worker_details_by_name(
        self, worker_name: str, *, api_key: str | None = None
    ) -> SingleWorkerDetailsResponse:
        """Return one worker, by name."""
        return await self._answer(questions.worker_by_name(worker_name, api_key))

    async def worker_modify(self, modify_worker_request: ModifyWorkerRequest) -> ModifyWorkerResponse:
        """Change a worker of yours, and return what was changed."""
        return await self._answer(questions.worker_change(modify_worker_request))

    async def worker_delete(self, worker_id: WorkerID | str, *, api_key: str | None = None) -> DeleteWorkerResponse:
        """Delete a worker of yours."""
        return await self._answer(questions.worker_deletion(worker_id, api_key))

    async def find_user(self) -> UserDetailsResponse:
        """Return the owner of the client's key."""
        return await self._answer(questions.owner_of_key())

    async def transfer_kudos(self, username: str, amount: int) -> KudosTransferResponse:
        """Give kudos of the client's key to another user (`alias#number`)."""
        return await self._answer(questions.kudos_transfer(username, amount))

    async def ask(self, request: HordeRequest, expected: type[ResponseT]) -> ResponseT:
        """Send any request and return its answer.

        Args:
            request: What to ask.
            expected: The class of the answer, as `request.get_default_success_response_type()` returns it.

        Raises:
            AIHordeRequestError: The server answered with an error.
            HordeConnectionError: The horde could not be reached.
        """
        return await self._answer(questions.Question(request, expected))

    @abstractmethod
    async def _answer(self, question: Question[ResponseT]) -> ResponseT:
        """Send a question and return its answer."""
