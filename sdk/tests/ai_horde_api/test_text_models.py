"""Wire models of text generation: their bounds, answers and equality."""

from __future__ import annotations

from typing import Any

import pytest
from fake_horde import JOB, a_check, a_text
from pydantic import ValidationError

from horde_sdk.ai_horde_api.apimodels import (
    DeleteTextGenerateRequest,
    GenerationKobold,
    ModelGenerationInputKobold,
    TextGenerateAsyncDryRunResponse,
    TextGenerateAsyncRequest,
    TextGenerateAsyncResponse,
    TextGenerateJobPopRequest,
    TextGenerateJobPopResponse,
    TextGenerateStatusRequest,
    TextGenerateStatusResponse,
    TextGenerationJobSubmitRequest,
)
from horde_sdk.ai_horde_api.consts import GENERATION_STATE
from horde_sdk.ai_horde_api.fields import GenerationID
from horde_sdk.consts import HTTPStatusCode

OTHER_JOB = "66666666-7777-8888-9999-000000000000"


@pytest.mark.parametrize(
    "params",
    [
        {"n": 0},
        {"n": 21},
        {"max_length": 15},
        {"max_length": 16385},
        {"max_context_length": 79},
        {"max_context_length": 1048577},
        {"temperature": 5.1},
        {"temperature": -0.1},
        {"rep_pen": 0.9},
        {"rep_pen": 3.1},
        {"rep_pen_range": 4097},
        {"rep_pen_slope": 10.1},
        {"tfs": 1.1},
        {"top_a": 1.1},
        {"typical": 1.1},
        {"top_k": 201},
        {"top_p": 0.0},
        {"min_p": 1.1},
        {"smoothing_factor": 10.1},
        {"dynatemp_range": 5.1},
        {"dynatemp_exponent": 5.1},
    ],
)
def test_parameters_out_of_bounds_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ModelGenerationInputKobold(**params)


def test_parameters_at_the_servers_bounds_are_taken() -> None:
    bounds = {"n": 20, "max_length": 4096, "max_context_length": 1048576, "top_k": 200, "top_p": 0.001, "rep_pen": 1.0}

    assert ModelGenerationInputKobold(**bounds).model_dump(exclude_unset=True) == bounds


def test_request_expects_as_many_texts_as_it_asks_for() -> None:
    params = ModelGenerationInputKobold(n=3)

    assert TextGenerateAsyncRequest(prompt="p", models=[]).get_number_of_results_expected() == 1
    assert TextGenerateAsyncRequest(prompt="p", models=[], params=params).get_number_of_results_expected() == 3


def test_answers_by_status_are_price_or_acceptance() -> None:
    assert TextGenerateAsyncRequest.get_success_status_response_pairs() == {
        HTTPStatusCode.OK: TextGenerateAsyncDryRunResponse,
        HTTPStatusCode.ACCEPTED: TextGenerateAsyncResponse,
    }


def test_id_of_a_text_is_kept_and_makes_texts_differ() -> None:
    one, other = (GenerationKobold.model_validate(a_text(number, "same")) for number in (1, 2))

    assert one.id_ == "00000000-0000-0000-0000-000000000001"
    assert one != other
    assert len({one, GenerationKobold.model_validate(a_text(1, "later"))}) == 1


def test_texts_of_a_server_that_sends_no_ids_are_told_apart_by_their_words() -> None:
    def without_id(text: str) -> GenerationKobold:
        return GenerationKobold.model_validate({**a_text(1, text), "id": None})

    assert without_id("a") != without_id("b")
    assert without_id("a") == without_id("a")


def test_status_is_complete_with_the_number_of_texts_asked_for() -> None:
    status = TextGenerateStatusResponse.model_validate({**a_check(), "generations": [a_text(1, "a"), a_text(2, "b")]})

    assert status.is_job_complete(2)
    assert not status.is_job_complete(3)
    assert status.is_final_follow_up()
    assert status == TextGenerateStatusResponse.model_validate({**status.model_dump(by_alias=True), "wait_time": 9})


def test_requests_are_equal_by_what_they_do_to_which_job() -> None:
    job = GenerationID(JOB)

    assert TextGenerateStatusRequest(id=job) == TextGenerateStatusRequest(id=job)
    assert TextGenerateStatusRequest(id=job) != DeleteTextGenerateRequest(id=job)
    accepted = TextGenerateAsyncResponse.model_validate({"id": JOB})
    assert accepted == TextGenerateAsyncResponse.model_validate({"id": JOB, "kudos": 3})
    assert accepted.get_follow_up_failure_cleanup_request() == [DeleteTextGenerateRequest(id=job)]
    assert accepted.does_target_request_follow_up(TextGenerateStatusRequest(id=job))


def test_popped_batch_is_given_back_job_by_job() -> None:
    popped = TextGenerateJobPopResponse.model_validate(
        {"id": JOB, "ids": [JOB, OTHER_JOB], "model": "m", "ttl": 150, "payload": {"prompt": "p", "max_length": 80}}
    )

    sent = [one.model_dump(mode="json", by_alias=True, exclude_unset=True) for one in _cleanup(popped)]
    assert sent == [{"id": job, "state": "faulted", "generation": "Faulted"} for job in (JOB, OTHER_JOB)]
    assert popped == TextGenerateJobPopResponse.model_validate({"ids": [OTHER_JOB, JOB], "payload": {}})
    assert "payload" not in popped.log_safe_model_dump()


def test_empty_handed_pop_has_nothing_to_give_back() -> None:
    nothing = TextGenerateJobPopResponse.model_validate(
        {"id": None, "ids": [], "model": None, "payload": {"max_length": 80}, "skipped": {"matching_softprompt": 1}}
    )

    assert not nothing.ids_present
    assert nothing.skipped.matching_softprompt == 1
    assert _cleanup(nothing) == []


def test_job_without_an_id_is_refused() -> None:
    with pytest.raises(ValidationError, match="without an id"):
        TextGenerateJobPopResponse.model_validate({"ids": [], "model": "m", "payload": {}})


def test_workers_side_sends_what_was_set() -> None:
    pop = TextGenerateJobPopRequest(name="scribe", models=["tiny-tales"], max_length=256, softprompts=["moods"])
    submit = TextGenerationJobSubmitRequest(id=GenerationID(JOB), generation=" fox", state=GENERATION_STATE.ok, seed=7)

    assert pop.model_dump(mode="json", exclude_unset=True) == {
        "name": "scribe",
        "models": ["tiny-tales"],
        "max_length": 256,
        "softprompts": ["moods"],
    }
    assert submit.model_dump(mode="json", by_alias=True, exclude_unset=True) == {
        "id": JOB,
        "generation": " fox",
        "state": "ok",
        "seed": 7,
    }


def _cleanup(popped: TextGenerateJobPopResponse) -> list[Any]:
    return popped.get_follow_up_failure_cleanup_request()
