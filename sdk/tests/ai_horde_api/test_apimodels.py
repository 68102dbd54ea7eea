"""Wire models: what they refuse, what they keep, what they never show."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import pytest
from fake_horde import JOB, a_check, a_generation
from pydantic import ValidationError

from horde_sdk.ai_horde_api.apimodels import (
    DeleteImageGenerateRequest,
    ImageGenerateAsyncRequest,
    ImageGenerateAsyncResponse,
    ImageGenerateCheckRequest,
    ImageGenerateJobPopResponse,
    ImageGenerateStatusRequest,
    ImageGenerateStatusResponse,
    ImageGeneration,
    ImageGenerationInputPayload,
    LorasPayloadEntry,
    NewsResponse,
)
from horde_sdk.ai_horde_api.consts import GENERATION_STATE, RC
from horde_sdk.ai_horde_api.fields import GenerationID, WorkerID
from horde_sdk.generic_api.decoration import is_unhashable

KEY = "a-key-of-22-characters"


def a_request(**changes: Any) -> ImageGenerateAsyncRequest:
    return ImageGenerateAsyncRequest(**{"prompt": "p", "models": [], **changes})


@pytest.mark.parametrize(
    "params",
    [
        {"width": 100},
        {"width": 63},
        {"height": 3136},
        {"n": 21},
        {"n": None},
        {"steps": 0},
        {"cfg_scale": -1},
        {"denoising_strength": 1.5},
        {"clip_skip": 13},
        {"seed": True},
        {"loras": [{"name": ""}]},
        {"tis": [{"name": "t", "inject_ti": "elsewhere"}]},
    ],
)
def test_parameters_out_of_bounds_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ImageGenerationInputPayload(**params)


def test_lenient_inputs_are_taken_as_the_api_takes_them() -> None:
    payload = ImageGenerationInputPayload.model_validate(
        {"n_iter": 0, "ddim_steps": 7, "width": "512", "sampler_name": "k_new", "seed": None}
    )

    assert (payload.n, payload.steps, payload.width) == (1, 7, 512)
    assert payload.sampler_name == "k_new"
    assert (payload.seed or "").isdigit()


@pytest.mark.parametrize("key", ["", "short", "x" * 36])
def test_impossible_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        a_request(apikey=key)

    assert not key or repr(key) not in str(caught.value)


def test_key_is_in_neither_repr_nor_log() -> None:
    request = a_request(apikey=KEY, source_image="data")

    assert KEY not in repr(request)
    assert KEY not in str(request)
    assert not {"apikey", "source_image"} & set(request.log_safe_model_dump())
    assert request.apikey == KEY


def test_objects_are_read_only_and_keep_unknown_fields() -> None:
    response = ImageGenerateAsyncResponse.model_validate({"id": JOB, "kudos": 1, "brand_new": 3})

    assert response.model_dump()["brand_new"] == 3
    with pytest.raises(ValidationError, match="frozen"):
        response.kudos = 2


def test_answers_know_when_they_were_parsed() -> None:
    before = time.time()
    answers = (ImageGenerateAsyncResponse.model_validate({"id": JOB, "kudos": 1}), NewsResponse([]))

    assert all(before <= answer.time_constructed <= time.time() for answer in answers)


def test_both_spellings_of_an_id_are_accepted() -> None:
    by_name = ImageGenerateCheckRequest.model_validate({"id_": JOB})

    assert by_name == ImageGenerateCheckRequest(id=GenerationID(UUID(JOB)))


@pytest.mark.parametrize("text", ["", "not-a-uuid"])
def test_job_id_must_be_a_uuid(text: str) -> None:
    with pytest.raises(ValidationError):
        ImageGenerateCheckRequest.model_validate({"id": text})


def test_identifiers_compare_with_uuids_text_and_one_another() -> None:
    one = GenerationID(UUID(JOB))

    assert one == JOB
    assert one == UUID(JOB)
    assert one == WorkerID(UUID(JOB))
    assert {one: 1}[GenerationID(UUID(JOB))] == 1
    assert str(one) == repr(one) == JOB
    assert one.model_dump() == JOB
    assert one < "ffffffff-0000-0000-0000-000000000000"


def test_requests_are_equal_by_what_they_do_to_which_job() -> None:
    job = GenerationID(UUID(JOB))

    assert ImageGenerateStatusRequest(id=job) == ImageGenerateStatusRequest(id=job)
    assert ImageGenerateStatusRequest(id=job) != DeleteImageGenerateRequest(id=job)
    assert len({ImageGenerateCheckRequest(id=job), ImageGenerateCheckRequest(id=job)}) == 1
    assert a_request() != a_request()
    assert is_unhashable(a_request())


def test_state_that_a_newer_server_says_is_kept() -> None:
    generation = a_generation(1, "x")

    assert ImageGeneration.model_validate(generation).state is GENERATION_STATE.ok
    assert ImageGeneration.model_validate({**generation, "state": "dreaming"}).state == "dreaming"
    assert RC.known_or_text("BrandNew") == "BrandNew"
    assert RC("TooManyExtraSourceImages.") is RC.TooManyExtraSourceImages


def test_status_answers_are_equal_if_their_images_are() -> None:
    status = {**a_check(), "generations": [a_generation(1, "x")]}
    later = {**status, "queue_position": 9}

    assert ImageGenerateStatusResponse.model_validate(status) == ImageGenerateStatusResponse.model_validate(later)


def test_popped_jobs_are_equal_by_id_and_name_their_clean_up() -> None:
    job = ImageGenerateJobPopResponse.model_validate({"ids": [JOB], "model": "m", "payload": {"seed": "12"}})

    assert job == ImageGenerateJobPopResponse.model_validate({"ids": [JOB], "payload": {}})
    assert hash(job) == hash(ImageGenerateJobPopResponse.model_validate({"ids": [JOB], "payload": {}}))
    (submit,) = job.get_follow_up_failure_cleanup_request()
    assert submit.model_dump(mode="json", by_alias=True, exclude_unset=True) == {
        "id": JOB,
        "state": "faulted",
        "generation": "Faulted",
        "seed": 12,
    }


def test_empty_handed_pop_has_nothing_to_clean_up() -> None:
    nothing = ImageGenerateJobPopResponse.model_validate({"id": None, "ids": [], "skipped": {"post-processing": 2}})

    assert not nothing.ids_present
    assert nothing.skipped.post_processing == 2
    assert nothing.get_follow_up_failure_cleanup_request() == []


def test_signed_upload_links_are_not_shown() -> None:
    job = ImageGenerateJobPopResponse.model_validate({"ids": [JOB], "payload": {}, "r2_upload": "https://x/?sig=1"})

    assert "sig=1" not in repr(job)


def test_asking_for_unsafe_and_censored_images_at_once_is_refused() -> None:
    with pytest.raises(ValidationError, match="exclude each other"):
        a_request(censor_nsfw=True)


def test_lora_strength_has_bounds() -> None:
    with pytest.raises(ValidationError):
        LorasPayloadEntry(name="l", model=6)
