"""Single questions to a horde that the simple clients ask: the request, and the class of its answer.

Written once for both kinds of client; the models are imported with the first question that needs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from horde_sdk.ai_horde_api.request_runs import expect
from horde_sdk.generic_api.apimodels import HordeRequest
from horde_sdk.generic_api.asking import Ask
from horde_sdk.generic_api.steps import Steps
from horde_sdk.generic_api.wire import ResponseT

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
    from horde_sdk.ai_horde_api.consts import MODEL_STATE, MODEL_TYPE
    from horde_sdk.ai_horde_api.fields import WorkerID


@dataclass(frozen=True, slots=True)
class Question(Generic[ResponseT]):
    """A request whose answer ends the matter."""

    request: HordeRequest
    expected: type[ResponseT]

    def steps(self, ask: Ask) -> Steps[ResponseT]:
        """Send the request and return its answer.

        Raises:
            AIHordeRequestError: The server answered with an error.
        """
        return expect(ask, self.request, self.expected)


def heartbeat() -> Question[AIHordeHeartbeatResponse]:
    """Ask whether the horde is alive, and for its version."""
    from horde_sdk.ai_horde_api.apimodels.status import AIHordeHeartbeatRequest, AIHordeHeartbeatResponse

    return Question(AIHordeHeartbeatRequest(), AIHordeHeartbeatResponse)


def news() -> Question[NewsResponse]:
    """Ask for the news."""
    from horde_sdk.ai_horde_api.apimodels.status import NewsRequest, NewsResponse

    return Question(NewsRequest(), NewsResponse)


def image_totals() -> Question[ImageStatsModelsTotalResponse]:
    """Ask how many images were made."""
    from horde_sdk.ai_horde_api.apimodels.stats import ImageStatsModelsTotalRequest, ImageStatsModelsTotalResponse

    return Question(ImageStatsModelsTotalRequest(), ImageStatsModelsTotalResponse)


def image_models_used(model_state: MODEL_STATE | str) -> Question[ImageStatsModelsResponse]:
    """Ask how many images were made with each model."""
    from horde_sdk.ai_horde_api.apimodels.stats import ImageStatsModelsRequest, ImageStatsModelsResponse

    return Question(ImageStatsModelsRequest.model_validate({"model_state": model_state}), ImageStatsModelsResponse)


def text_totals() -> Question[TextStatsModelsTotalResponse]:
    """Ask how much was written."""
    from horde_sdk.ai_horde_api.apimodels.stats import TextStatsModelsTotalRequest, TextStatsModelsTotalResponse

    return Question(TextStatsModelsTotalRequest(), TextStatsModelsTotalResponse)


def text_models_used() -> Question[TextStatsModelResponse]:
    """Ask how many texts were written with each model."""
    from horde_sdk.ai_horde_api.apimodels.stats import TextStatsModelResponse, TextStatsModelsRequest

    return Question(TextStatsModelsRequest(), TextStatsModelResponse)


def performance() -> Question[HordePerformanceResponse]:
    """Ask how busy the horde is."""
    from horde_sdk.ai_horde_api.apimodels.status import HordePerformanceRequest, HordePerformanceResponse

    return Question(HordePerformanceRequest(), HordePerformanceResponse)


def modes() -> Question[HordeModesResponse]:
    """Ask which modes the horde is in."""
    from horde_sdk.ai_horde_api.apimodels.status import HordeModesRequest, HordeModesResponse

    return Question(HordeModesRequest(), HordeModesResponse)


def models(kind: MODEL_TYPE) -> Question[HordeStatusModelsAllResponse]:
    """Ask which models workers serve."""
    from horde_sdk.ai_horde_api.apimodels.status import HordeStatusModelsAllRequest, HordeStatusModelsAllResponse

    return Question(HordeStatusModelsAllRequest(type=kind), HordeStatusModelsAllResponse)


def model(name: str) -> Question[HordeStatusModelsSingleResponse]:
    """Ask how many serve a model, and how long its queue is."""
    from horde_sdk.ai_horde_api.apimodels.status import HordeStatusModelsSingleRequest, HordeStatusModelsSingleResponse

    return Question(HordeStatusModelsSingleRequest(model_name=name), HordeStatusModelsSingleResponse)


def workers(name: str | None, api_key: str | None) -> Question[AllWorkersDetailsResponse]:
    """Ask for the workers that were seen lately, or those of a name."""
    from horde_sdk.ai_horde_api.apimodels.workers.workers import AllWorkersDetailsRequest, AllWorkersDetailsResponse

    request = AllWorkersDetailsRequest.model_validate({"name": name, **_key(api_key)})
    return Question(request, AllWorkersDetailsResponse)


def worker(worker_id: WorkerID | str, api_key: str | None) -> Question[SingleWorkerDetailsResponse]:
    """Ask about a worker."""
    from horde_sdk.ai_horde_api.apimodels.workers.workers import SingleWorkerDetailsRequest, SingleWorkerDetailsResponse

    request = SingleWorkerDetailsRequest.model_validate({"worker_id": worker_id, **_key(api_key)})
    return Question(request, SingleWorkerDetailsResponse)


def worker_by_name(worker_name: str, api_key: str | None) -> Question[SingleWorkerDetailsResponse]:
    """Ask about a worker, by name."""
    from horde_sdk.ai_horde_api.apimodels.workers.workers import (
        SingleWorkerDetailsResponse,
        SingleWorkerNameDetailsRequest,
    )

    request = SingleWorkerNameDetailsRequest.model_validate({"worker_name": worker_name, **_key(api_key)})
    return Question(request, SingleWorkerDetailsResponse)


def worker_change(request: ModifyWorkerRequest) -> Question[ModifyWorkerResponse]:
    """Ask for a change of a worker."""
    from horde_sdk.ai_horde_api.apimodels.workers.workers import ModifyWorkerResponse

    return Question(request, ModifyWorkerResponse)


def worker_deletion(worker_id: WorkerID | str, api_key: str | None) -> Question[DeleteWorkerResponse]:
    """Ask for the deletion of a worker."""
    from horde_sdk.ai_horde_api.apimodels.workers.workers import DeleteWorkerRequest, DeleteWorkerResponse

    request = DeleteWorkerRequest.model_validate({"worker_id": worker_id, **_key(api_key)})
    return Question(request, DeleteWorkerResponse)


def owner_of_key() -> Question[UserDetailsResponse]:
    """Ask who owns the client's key."""
    from horde_sdk.ai_horde_api.apimodels.find_user import FindUserRequest
    from horde_sdk.ai_horde_api.apimodels.users import UserDetailsResponse

    return Question(FindUserRequest(), UserDetailsResponse)


def kudos_transfer(username: str, amount: int) -> Question[KudosTransferResponse]:
    """Ask for some of the caller's kudos to be moved."""
    from horde_sdk.ai_horde_api.apimodels.kudos import KudosTransferRequest, KudosTransferResponse

    return Question(KudosTransferRequest(username=username, amount=amount), KudosTransferResponse)


def _key(api_key: str | None) -> dict[str, str]:
    """Leave the key out where none is given, so that the client's own is used."""
    return {} if api_key is None else {"apikey": api_key}
