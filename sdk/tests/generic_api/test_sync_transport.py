"""What a synchronous transport promises to threads that share it, and to a clean-up that must end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from fake_horde import JOB, FakeHorde, Reply
from waiting import Naps

from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIClientSession, AIHordeAPIManualClient
from horde_sdk.ai_horde_api.apimodels import (
    AIHordeHeartbeatRequest,
    AIHordeHeartbeatResponse,
    ImageGenerateAsyncRequest,
    ImageGenerateAsyncResponse,
)
from horde_sdk.exceptions import HordeTimeoutError
from horde_sdk.generic_api.generic_clients import CLEANUP_TIMEOUT_S
from horde_sdk.generic_api.retries import RetryConfiguration


def test_thread_that_runs_out_of_time_does_not_hurry_another(horde: FakeHorde) -> None:
    client = AIHordeAPIManualClient(retry_config=RetryConfiguration(max_retries=0))

    def ask() -> object:
        return client.submit_request(AIHordeHeartbeatRequest(), AIHordeHeartbeatResponse)

    client._transport.deadline_in(0.0)

    with pytest.raises(HordeTimeoutError):
        ask()
    with ThreadPoolExecutor(1) as another:
        answer = another.submit(ask).result()
    assert isinstance(answer, AIHordeHeartbeatResponse)


def test_clean_up_does_not_wait_longer_than_it_may_take(horde: FakeHorde) -> None:
    horde.will_answer(
        f"DELETE /v2/generate/status/{JOB}", *[Reply(503, {"message": "later"}, {"Retry-After": "30"})] * 9
    )
    naps = Naps()

    with AIHordeAPIClientSession() as session:
        session._transport._sleep = naps
        session.submit_request(ImageGenerateAsyncRequest(prompt="p", models=[]), ImageGenerateAsyncResponse)

    assert naps.taken
    assert max(naps.taken) <= CLEANUP_TIMEOUT_S
