"""An error's own text holds the reason, and its class follows from the horde's return code."""

from __future__ import annotations

from typing import Any

import pytest
from fake_horde import JOB, FakeHorde, Reply, a_check, a_generation

from horde_sdk import RequestErrorResponse
from horde_sdk.ai_horde_api import exceptions
from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIManualClient, AIHordeAPISimpleClient
from horde_sdk.ai_horde_api.apimodels import (
    ImageGenerateAsyncRequest,
    ImageGenerateAsyncResponse,
    ImageGenerateStatusRequest,
    ImageGenerateStatusResponse,
)
from horde_sdk.ai_horde_api.exceptions import (
    AIHordeImageValidationError,
    AIHordeRateLimitError,
    AIHordeRequestError,
    PayloadValidationError,
    request_error,
)
from horde_sdk.ai_horde_api.return_codes import RC

IMAGE = ImageGenerateAsyncRequest(prompt="p", models=[])
STATUS = f"GET /v2/generate/status/{JOB}"


def refused_with(horde: FakeHorde, errors: dict[str, Any]) -> PayloadValidationError:
    refusal = {"message": "Input payload validation failed", "errors": errors}
    horde.will_answer("POST /v2/generate/async", Reply(400, refusal))
    with pytest.raises(PayloadValidationError) as caught:
        AIHordeAPISimpleClient().image_generate_request(IMAGE)
    return caught.value


def test_refused_payload_names_each_field_with_its_reason(horde: FakeHorde) -> None:
    error = refused_with(horde, {"params.steps": "too many", "params.sampler_name": "unknown"})

    assert str(error) == "Input payload validation failed: params.steps: too many; params.sampler_name: unknown"
    assert error.message == "Input payload validation failed"
    assert error.errors == {"params.steps": "too many", "params.sampler_name": "unknown"}


def test_refusal_of_a_thousand_fields_stays_readable(horde: FakeHorde) -> None:
    error = refused_with(horde, {f"field{number}": "x" * 1000 for number in range(1000)})

    assert str(error).endswith("…; and 980 more")
    assert len(str(error)) < 7000


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"wait_time": 1.5}, "wait_time: Input should be a valid integer"),
        ({"queue_position": None}, "queue_position: Input should be a valid integer"),
        ({"generations": [{**a_generation(1, "x"), "worker_name": None}]}, "generations.0.worker_name: Input should"),
    ],
)
def test_answer_that_does_not_fit_names_the_field(horde: FakeHorde, changes: dict[str, Any], named: str) -> None:
    horde.will_answer(STATUS, Reply(200, {**a_check(done=True, finished=1), "generations": [], **changes}))

    answer = AIHordeAPIManualClient().submit_request(ImageGenerateStatusRequest(id=JOB), ImageGenerateStatusResponse)

    assert isinstance(answer, RequestErrorResponse)
    assert f"is not an ImageGenerateStatusResponse: {named}" in answer.message


def test_acceptance_without_a_price_names_it(horde: FakeHorde) -> None:
    horde.will_answer("POST /v2/generate/async", Reply(202, {"id": JOB}))

    answer = AIHordeAPIManualClient().submit_request(IMAGE, ImageGenerateAsyncResponse)

    assert isinstance(answer, RequestErrorResponse)
    assert answer.message == "The horde's answer is not an ImageGenerateAsyncResponse: kudos: Field required."


def test_seed_that_came_as_a_number_is_read(horde: FakeHorde) -> None:
    generation = {**a_generation(1, "x"), "seed": 42}
    horde.will_answer(STATUS, Reply(200, {**a_check(done=True, finished=1), "generations": [generation]}))

    answer = AIHordeAPIManualClient().get_generate_status(JOB)  # type: ignore[arg-type]

    assert answer.generations[0].seed == "42"


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("2 per 1 second", "Too many calls: the horde allows 2 calls a second; wait before you ask again."),
        ("1 per 5 minute", "Too many calls: the horde allows 1 call in 5 minutes; wait before you ask again."),
        ("Slow down.", "Slow down."),
    ],
)
def test_rate_limit_is_told_in_words(message: str, sentence: str) -> None:
    error = request_error(answer_of(429, "", message))

    assert isinstance(error, AIHordeRateLimitError)
    assert (str(error), error.message) == (sentence, message)


def answer_of(status: int, rc: str, message: str = "no") -> RequestErrorResponse:
    answer = RequestErrorResponse(message=message, **({"rc": rc} if rc else {}))
    answer._http_status = status
    return answer


@pytest.mark.parametrize(
    "rc",
    ["ImageValidationFailed", "SourceImageSizeExceeded", "SourceImageUnreadable.", "SourceImageUrlInvalid"],
)
def test_refused_image_is_known_by_its_return_code_not_by_its_words(rc: str) -> None:
    assert type(request_error(answer_of(400, rc, "`source_image`: cannot be read"))) is AIHordeImageValidationError


def test_refused_image_of_a_horde_without_return_codes_is_known_by_the_originals_words() -> None:
    assert type(request_error(answer_of(400, "", "Image validation failed."))) is AIHordeImageValidationError


def test_every_code_that_stands_for_a_class_is_one_of_the_apis() -> None:
    assert set(exceptions._BY_RC) <= {str(code) for code in RC}


def test_failure_of_the_horde_is_one_whatever_its_code() -> None:
    assert type(request_error(answer_of(503, "MaintenanceMode"))) is exceptions.AIHordeServerException
    assert type(request_error(answer_of(418, "Unheard"))) is AIHordeRequestError
