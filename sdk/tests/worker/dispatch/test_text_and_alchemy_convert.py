"""From popped texts and alchemy forms to parameters."""

from __future__ import annotations

from typing import Any

import pytest
from pops import FIRST, PICTURE, SECOND, a_form, a_text_job, an_alchemy_job

from horde_sdk.ai_horde_api.apimodels import TextGenerateJobPopResponse
from horde_sdk.ai_horde_api.apimodels.alchemy.pop import AlchemyJobPopResponse
from horde_sdk.worker.dispatch.ai_horde.alchemy.convert import convert_alchemy_job_pop_response_to_parameters
from horde_sdk.worker.dispatch.ai_horde.text.convert import convert_text_job_pop_response_to_parameters


def test_a_text_job_keeps_every_wish() -> None:
    wishes = {
        "max_length": 5000,
        "max_context_length": 65536,
        "temperature": 0.5,
        "stop_sequence": ["x"],
        "sampler_order": [6, 0, 1, 3, 4, 2, 5],
        "smoothing_factor": 1.0,
        "top_k": 200,
        "top_p": 0.9,
        "top_a": 0.1,
        "min_p": 0.2,
        "tfs": 0.95,
        "typical": 0.8,
        "rep_pen": 1.1,
        "rep_pen_range": 600,
        "rep_pen_slope": 0.7,
    }

    parameters, dispatch = convert_text_job_pop_response_to_parameters(
        a_text_job(
            softprompt="soft",
            payload={
                **wishes,
                "dynatemp_range": 1,
                "dynatemp_exponent": 2,
                "frmttriminc": True,
                "singleline": True,
                "use_default_badwordsids": True,
            },
        )
    )

    base = parameters.base_params
    assert {name: getattr(base, name) for name in wishes} == wishes
    assert (base.model, base.prompt, base.soft_prompt) == ("tiny-tales", "Once", "soft")
    assert (base.dynamic_temp_range, base.dynamic_temp_exponent) == (1, 2)
    assert parameters.format_params is not None
    assert parameters.format_params.model_dump(exclude_none=True) == {
        "schema_version": "1.0",
        "frmttriminc": True,
        "singleline": True,
    }
    assert parameters.use_default_bad_words_ids is True
    assert parameters.result_ids == [FIRST]
    assert (dispatch.dispatch_source, dispatch.inference_backend) == ("AI_HORDE_API_OFFICIAL", "IN_MODEL_NAME")
    assert (dispatch.requested_backend_constraints, dispatch.source_image_fallback_choice) == ("ANY", "ABANDON")
    assert (list(map(str, dispatch.generation_ids)), dispatch.ttl) == ([FIRST], 60)


def test_an_empty_prompt_is_a_prompt() -> None:
    assert convert_text_job_pop_response_to_parameters(a_text_job(payload={"prompt": ""}))[0].base_params.prompt == ""


def test_every_text_of_a_batch_has_its_id() -> None:
    parameters, dispatch = convert_text_job_pop_response_to_parameters(a_text_job(ids=[FIRST, SECOND]))

    assert parameters.result_ids == [FIRST, SECOND] == list(map(str, dispatch.generation_ids))
    assert parameters.get_number_expected_results() == 2


def test_the_id_may_stand_alone() -> None:
    assert convert_text_job_pop_response_to_parameters(a_text_job(ids=[]))[0].result_ids == [FIRST]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"model": None}, "without a model"),
        ({"payload": {"prompt": None}}, "without a prompt"),
        ({"id": None, "ids": [], "model": None}, "holds no job"),
    ],
    ids=str,
)
def test_a_text_job_that_cannot_be_done_is_a_value_error(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        convert_text_job_pop_response_to_parameters(a_text_job(**fields))


def test_no_text_job_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="holds no job"):
        convert_text_job_pop_response_to_parameters(TextGenerateJobPopResponse.model_validate({"skipped": {}}))


@pytest.mark.parametrize(
    ("form", "family", "operation"),
    [
        ("RealESRGAN_x2plus", "upscalers", "RealESRGAN_x2plus"),
        ("4x_AnimeSharp", "upscalers", "4x_AnimeSharp"),
        ("GFPGAN", "facefixers", "GFPGAN"),
        ("interrogation", "interrogators", "sentence-transformers/clip-ViT-L-14"),
        ("caption", "captions", "Salesforce/blip-image-captioning-base"),
        ("nsfw", "nsfw_detectors", "HORDE_SAFETY"),
        ("strip_background", "misc_post_processors", "strip_background"),
        ("vectorize", "misc_post_processors", "vectorize"),
        ("a newer word", "misc_post_processors", "a newer word"),
    ],
)
def test_a_form_goes_to_its_family(form: str, family: str, operation: str) -> None:
    parameters, _ = convert_alchemy_job_pop_response_to_parameters(an_alchemy_job(a_form(form)))

    (made,) = getattr(parameters, family)
    assert (made.operation_name, made.result_id, made.source_image) == (operation, FIRST, PICTURE)
    assert parameters.all_alchemy_operations == [made]


def test_an_annotation_says_of_which_kind() -> None:
    job = an_alchemy_job(a_form("annotation", payload={"control_type": "canny"}))

    (made,) = convert_alchemy_job_pop_response_to_parameters(job)[0].all_alchemy_operations
    assert (made.form, made.operation_name) == ("annotation", "canny")
    with pytest.raises(ValueError, match="of which control_type"):
        convert_alchemy_job_pop_response_to_parameters(an_alchemy_job(a_form("annotation")))


def test_several_forms_are_several_operations() -> None:
    job = an_alchemy_job(a_form("caption"), a_form("nsfw", id=SECOND, r2_upload=None))

    parameters, dispatch = convert_alchemy_job_pop_response_to_parameters(job)

    assert [operation.result_id for operation in parameters.all_alchemy_operations] == [FIRST, SECOND]
    assert list(map(str, dispatch.generation_ids)) == [FIRST, SECOND]
    assert {str(form_id): link for form_id, link in dispatch.r2_upload_url_map.items()} == {FIRST: "https://bucket/1"}
    assert (dispatch.inference_backend, dispatch.requested_backend_constraints) == ("HORDE_ALCHEMIST", "SPECIFIED")
    assert dispatch.no_valid_request_found_reasons == job.skipped


def test_a_source_image_by_url_is_left_to_the_caller() -> None:
    job = an_alchemy_job(a_form("caption", source_image="https://example.com/a.png"))

    (made,) = convert_alchemy_job_pop_response_to_parameters(job)[0].all_alchemy_operations
    assert made.source_image is None


@pytest.mark.parametrize("forms", [None, []])
def test_no_form_is_a_value_error(forms: list[Any] | None) -> None:
    with pytest.raises(ValueError, match="holds no form"):
        convert_alchemy_job_pop_response_to_parameters(AlchemyJobPopResponse(forms=forms))


def test_a_form_without_an_image_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"a form \(caption\) without a source image"):
        convert_alchemy_job_pop_response_to_parameters(an_alchemy_job(a_form("caption", source_image=None)))
