"""The synchronous clients against a horde on loopback; transcripts follow the SDK's description, section 1.8."""

from __future__ import annotations

from typing import Any

import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check
from waiting import Naps

from horde_sdk import ANON_API_KEY, RequestErrorResponse
from horde_sdk.ai_horde_api import AIHordeAPIManualClient, download_image_from_generation
from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIClientSession, AIHordeAPISimpleClient
from horde_sdk.ai_horde_api.apimodels import (
    AIHordeHeartbeatRequest,
    AIHordeHeartbeatResponse,
    ImageGenerateAsyncRequest,
    ImageGenerateAsyncResponse,
    ImageGenerateCheckRequest,
    ImageGenerateCheckResponse,
    ImageGenerateJobPopRequest,
    ImageGenerateJobPopResponse,
    ImageGenerateStatusResponse,
    ImageGenerationInputPayload,
)
from horde_sdk.ai_horde_api.exceptions import (
    AIHordeGenerationTimedOutError,
    AIHordeRequestError,
    AIHordeServerException,
    PayloadValidationError,
)
from horde_sdk.exceptions import HordeConnectionError
from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS

CHECK = f"GET /v2/generate/check/{JOB}"
STATUS = f"GET /v2/generate/status/{JOB}"
DELETE = f"DELETE /v2/generate/status/{JOB}"
ASYNC = "POST /v2/generate/async"


def a_request(**changes: Any) -> ImageGenerateAsyncRequest:
    return ImageGenerateAsyncRequest(**{"prompt": "A cat in a hat", "models": ["Deliberate"], **changes})


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def client(horde: FakeHorde, naps: Naps) -> AIHordeAPISimpleClient:
    simple = AIHordeAPISimpleClient()
    simple._clock = naps.clock
    simple._transport._sleep = naps
    return simple


def test_simple_client_submits_polls_fetches_and_sends_only_what_was_set(
    horde: FakeHorde, client: AIHordeAPISimpleClient, naps: Naps
) -> None:
    horde.will_answer(CHECK, Reply(200, a_check()))

    status, job_id = client.image_generate_request(
        a_request(
            apikey=ANON_API_KEY,
            params=ImageGenerationInputPayload(width=512, height=512, sampler_name=KNOWN_IMAGE_SAMPLERS.k_euler),
        )
    )

    assert horde.lines == [ASYNC, CHECK, CHECK, STATUS]
    assert naps.taken == [0.5]
    assert horde.asked[0].body == {
        "models": ["Deliberate"],
        "prompt": "A cat in a hat",
        "params": {"height": 512, "width": 512, "sampler_name": "k_euler"},
    }
    assert horde.asked[0].headers["apikey"] == "0000000000"
    assert horde.asked[0].headers["Client-Agent"].startswith("openhorde_sdk:")
    assert "apikey" not in horde.asked[1].headers
    assert job_id == JOB
    assert client.download_image_from_generation(status.generations[0]).size == (8, 8)


def test_client_wide_key_is_used_where_the_request_has_none(horde: FakeHorde) -> None:
    AIHordeAPISimpleClient(apikey="k" * 22).find_user()

    assert horde.asked[0].headers["apikey"] == "k" * 22


def test_manual_client_follows_the_seed(horde: FakeHorde) -> None:
    manual = AIHordeAPIManualClient()
    request = a_request()

    response = manual.submit_request(request, request.get_default_success_response_type())
    assert not isinstance(response, RequestErrorResponse)
    assert manual.get_generate_check(gen_id=response.id_).done
    status = manual.get_generate_status(gen_id=response.id_)

    assert download_image_from_generation(status.generations[0]).format == "WEBP"
    assert horde.lines == [ASYNC, CHECK, STATUS, "GET /image/1"]


def test_manual_client_returns_the_servers_error(horde: FakeHorde) -> None:
    horde.will_answer(ASYNC, Reply(403, {"message": "Not enough kudos.", "rc": "KudosUpfront"}))

    response = AIHordeAPIManualClient().submit_request(a_request(), ImageGenerateAsyncResponse)

    assert isinstance(response, RequestErrorResponse)
    assert (response.message, response.rc, response.http_status) == ("Not enough kudos.", "KudosUpfront", 403)


def test_dry_run_returns_the_price(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    assert client.image_generate_request_dry_run(a_request(dry_run=True)).kudos == 12.5
    assert horde.lines == [ASYNC]


def test_dry_run_refuses_a_request_that_would_be_carried_out(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    with pytest.raises(RuntimeError, match="dry_run=True"):
        client.image_generate_request_dry_run(a_request())
    assert horde.lines == []


def test_session_cancels_what_was_not_fetched_when_an_exception_leaves_it(horde: FakeHorde) -> None:
    def ask_and_fail() -> None:
        with AIHordeAPIClientSession() as session:
            session.submit_request(a_request(), ImageGenerateAsyncResponse)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_and_fail()

    assert horde.lines == [ASYNC, DELETE]


def test_session_cancels_what_was_not_fetched_when_it_is_left_normally(horde: FakeHorde) -> None:
    with AIHordeAPIClientSession() as session:
        session.submit_request(a_request(), ImageGenerateAsyncResponse)

    assert horde.lines == [ASYNC, DELETE]


def test_session_forgets_nothing_because_of_unrelated_or_failed_requests(horde: FakeHorde) -> None:
    horde.will_answer(CHECK, Reply(404, {"message": "gone", "rc": "RequestNotFound"}))
    with AIHordeAPIClientSession() as session:
        accepted = session.submit_request(a_request(), ImageGenerateAsyncResponse)
        assert isinstance(accepted, ImageGenerateAsyncResponse)
        session.submit_request(AIHordeHeartbeatRequest(), AIHordeHeartbeatResponse)
        session.submit_request(ImageGenerateCheckRequest(id=accepted.id_), ImageGenerateCheckResponse)

    assert horde.lines[-1] == DELETE


def test_session_tells_the_server_that_a_popped_job_was_dropped_with_the_key_that_popped_it(horde: FakeHorde) -> None:
    job = {"id": JOB, "ids": [JOB], "model": "m", "payload": {"seed": "7", "prompt": "p"}, "skipped": {}}
    horde.will_answer("POST /v2/generate/pop", Reply(200, job))
    pop = ImageGenerateJobPopRequest(apikey="w" * 22, name="worker", models=["m"], max_pixels=262144)

    with AIHordeAPIClientSession() as session:
        session.submit_request(pop, ImageGenerateJobPopResponse)

    submit = horde.asked[-1]
    assert submit.line == "POST /v2/generate/submit"
    assert submit.body == {"id": JOB, "state": "faulted", "generation": "Faulted", "seed": 7}
    assert submit.headers["apikey"] == "w" * 22


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_whatever_leaves_the_callback_cancels_the_request_and_propagates(
    horde: FakeHorde, client: AIHordeAPISimpleClient, interruption: type[BaseException]
) -> None:
    horde.will_answer(CHECK, Reply(200, a_check()))

    def interrupt(_: ImageGenerateCheckResponse) -> None:
        raise interruption

    with pytest.raises(interruption):
        client.image_generate_request(a_request(), check_callback=interrupt)

    assert horde.lines == [ASYNC, CHECK, DELETE]


def test_callback_is_told_every_poll_the_last_one_included(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    horde.will_answer(CHECK, Reply(200, a_check(queue_position=3)))
    told: list[int] = []

    client.image_generate_request(a_request(), check_callback=lambda check: told.append(check.queue_position))

    assert told == [3, 0]


def test_callback_without_an_argument_is_refused_before_anything_is_sent(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    with pytest.raises(ValueError, match="Callback must take at least one argument"):
        client.image_generate_request(a_request(), check_callback=lambda: None)  # type: ignore[misc, arg-type]
    assert horde.lines == []


def test_timeout_cancels_the_request_and_hands_over_what_was_finished(
    horde: FakeHorde, client: AIHordeAPISimpleClient, naps: Naps
) -> None:
    horde.will_answer(CHECK, *[Reply(200, a_check())] * 20)

    with pytest.raises(AIHordeGenerationTimedOutError) as caught:
        client.image_generate_request(a_request(), timeout=30)

    assert sum(naps.taken) == 30
    assert horde.lines[-1] == DELETE
    assert horde.lines.count(DELETE) == 1
    assert isinstance(caught.value.partial, ImageGenerateStatusResponse)
    assert len(caught.value.partial.generations) == 1
    assert "was cancelled; 1 of 1 results were finished" in caught.value.message


def test_timeout_says_when_the_request_could_not_be_cancelled(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    horde.will_answer(CHECK, *[Reply(200, a_check())] * 20)
    horde.will_answer(DELETE, *[Reply(403, {"message": "no", "rc": "WrongCredentials"})] * 2)

    with pytest.raises(AIHordeGenerationTimedOutError, match="could not be cancelled") as caught:
        client.image_generate_request(a_request(), timeout=30)

    assert caught.value.partial is None


def test_request_that_the_horde_gave_up_on_is_an_error_at_once(
    horde: FakeHorde, client: AIHordeAPISimpleClient
) -> None:
    given_up = a_check(faulted=True, waiting=0)
    horde.will_answer(CHECK, Reply(200, given_up))
    horde.will_answer(STATUS, Reply(200, {**given_up, "generations": []}))

    with pytest.raises(AIHordeServerException, match="gave up"):
        client.image_generate_request(a_request())


def test_refused_payload_keeps_the_servers_list_of_errors(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    refusal = {"message": "Input payload validation failed", "errors": {"params.width": "too big"}}
    horde.will_answer(ASYNC, Reply(400, refusal))

    with pytest.raises(AIHordeRequestError) as caught:
        client.image_generate_request(a_request())

    assert isinstance(caught.value, PayloadValidationError)
    assert caught.value.errors == {"params.width": "too big"}
    assert caught.value.status_code == 400


def test_busy_server_is_asked_again_as_late_as_it_says(
    horde: FakeHorde, client: AIHordeAPISimpleClient, naps: Naps
) -> None:
    horde.will_answer(CHECK, Reply(429, {"message": "slow down"}, {"Retry-After": "7"}))

    client.image_generate_request(a_request())

    assert horde.lines == [ASYNC, CHECK, CHECK, STATUS]
    assert 7 <= naps.taken[0] <= 7.7


def test_generation_is_never_posted_twice(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    horde.will_answer(ASYNC, Reply(503, {"message": "maintenance", "rc": "MaintenanceMode"}))

    with pytest.raises(AIHordeRequestError) as caught:
        client.image_generate_request(a_request())

    assert caught.value.rc == "MaintenanceMode"
    assert horde.lines == [ASYNC]


def test_answer_that_is_not_json_is_an_error_with_its_text(horde: FakeHorde) -> None:
    horde.will_answer(ASYNC, Reply(502, b"<html>Bad Gateway</html>"))

    response = AIHordeAPIManualClient().submit_request(a_request(), ImageGenerateAsyncResponse)

    assert isinstance(response, RequestErrorResponse)
    assert response.object_data == {"raw_response": "<html>Bad Gateway</html>"}


def test_horde_that_is_not_there_is_a_connection_error(naps: Naps) -> None:
    client = AIHordeAPISimpleClient(base_url="http://127.0.0.1:9")
    client._transport._sleep = naps

    with pytest.raises(HordeConnectionError):
        client.heartbeat_request()

    assert len(naps.taken) == 3


def test_path_values_are_percent_encoded(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    with pytest.raises(AIHordeRequestError):
        client.image_status_models_single("a/b #c")

    assert horde.lines == ["GET /v2/status/models/a%2Fb%20%23c"]


def test_lists_are_asked_for_with_their_query(horde: FakeHorde, client: AIHordeAPISimpleClient) -> None:
    assert client.image_status_models_all()[0].name == "Deliberate"
    assert len(client.workers_all_details()) == 1

    assert [one.query for one in horde.asked] == ["model_state=all&type=image", "type="]
