"""A job is a generation with a name, an origin and an end."""

from __future__ import annotations

from typing import Any

import pytest
from making import P, a_text, an_image, an_upscaling, image_parameters, text_parameters, upscaling
from pydantic import ValidationError

from horde_sdk.consts import WORKER_TYPE
from horde_sdk.generation_parameters.alchemy.object_models import UpscaleAlchemyParametersTemplate
from horde_sdk.generation_parameters.image.object_models import (
    BasicImageGenerationParametersTemplate,
    ImageGenerationParametersTemplate,
)
from horde_sdk.generation_parameters.text.object_models import (
    BasicTextGenerationParametersTemplate,
    TextGenerationParametersTemplate,
)
from horde_sdk.safety import SafetyResult, SafetyRules
from horde_sdk.worker import AlchemyWorkerJob, HordeWorkerJobConfig, ImageWorkerJob, TextWorkerJob
from horde_sdk.worker.consts import WORKER_ERRORS
from horde_sdk.worker.exceptions import GenerationStateErrorLimitExceeded
from horde_sdk.worker.job_base import HordeWorkerJob


def an_image_job(**options: Any) -> ImageWorkerJob:
    return ImageWorkerJob(generation=an_image(generation_id="gid"), **options)


def delivered(job: ImageWorkerJob) -> ImageWorkerJob:
    generation = job.generation
    generation.on_generating()
    generation.on_generation_work_complete(b"webp")
    generation.on_safety_checking()
    generation.on_safety_check_complete(0, SafetyResult(is_nsfw=False))
    if generation.requires_submit:
        generation.on_submitting()
        generation.on_submit_complete()
    return job


@pytest.mark.parametrize(
    ("options", "job_id", "generation_id"),
    [
        ({"job_id": "J"}, "J", "J"),
        ({"job_id": "J", "preserve_generation_id": True}, "J", "gid"),
        ({"preserve_generation_id": True}, "gid", "gid"),
    ],
    ids=str,
)
def test_generation_is_called_like_its_job_unless_it_keeps_its_name(
    options: dict[str, Any], job_id: str, generation_id: str
) -> None:
    job = an_image_job(**options)

    assert (job.job_id, job.local_job_id, job.generation.generation_id) == (job_id, job_id, generation_id)
    assert job.job_identifier_string == f"{generation_id}:['r0']"


def test_job_without_a_name_gets_one_of_its_own() -> None:
    one, other = an_image_job(), an_image_job()

    assert one.job_id == one.generation.generation_id != other.job_id
    assert len(str(one.job_id)) == 36


def test_dispatcher_has_names_of_its_own() -> None:
    job = an_image_job(dispatch_job_id="D", dispatch_result_ids=["x"])

    assert (job.dispatch_job_id, job.generation.dispatch_result_ids) == ("D", ["x"])
    job.set_dispatch_job_id(None)
    assert (job.dispatch_job_id, job.generation.dispatch_result_ids) == (None, ["x"])


@pytest.mark.parametrize(
    ("job_of", "make"),
    [(ImageWorkerJob, an_image), (TextWorkerJob, a_text), (AlchemyWorkerJob, an_upscaling)],
    ids=["image", "text", "alchemy"],
)
def test_dispatcher_with_one_name_for_a_job_calls_its_result_by_that(job_of: Any, make: Any) -> None:
    named = job_of(generation=make(), dispatch_job_id="D")
    asked_more = job_of(generation=make(), dispatch_job_id="D", dispatch_result_ids=["x", "y"])
    told_before = job_of(generation=make(dispatch_result_ids=["g"]), dispatch_job_id="D")
    local = job_of(generation=make())

    told = [job.generation.dispatch_result_ids for job in (named, asked_more, told_before, local)]
    assert told == [["D"], ["x", "y"], ["g"], None]


@pytest.mark.parametrize(
    ("job", "worker_type", "parameters"),
    [
        (ImageWorkerJob(generation=an_image()), WORKER_TYPE.image, image_parameters()),
        (TextWorkerJob(a_text()), WORKER_TYPE.text, text_parameters()),
        (AlchemyWorkerJob(generation=an_upscaling()), WORKER_TYPE.alchemist, upscaling()),
    ],
    ids=["image", "text", "alchemy"],
)
def test_job_knows_its_kind(job: HordeWorkerJob[Any, Any], worker_type: WORKER_TYPE, parameters: object) -> None:
    assert job.job_worker_type() is worker_type
    assert job.generation_cls is type(job.generation)
    assert job.generation_parameters_cls is type(parameters)


def test_job_refuses_a_generation_of_another_kind() -> None:
    wrong: Any = a_text()

    with pytest.raises(TypeError, match="does a ImageSingleGeneration, not a TextSingleGeneration"):
        ImageWorkerJob(generation=wrong)


def test_job_is_over_when_its_results_are_accepted() -> None:
    job = an_image_job()
    assert (job.is_job_finalized, job.job_completed_successfully, job.time_submitted) == (False, False, None)

    delivered(job)

    assert (job.is_job_finalized, job.job_completed_successfully, job.is_faulted) == (True, True, False)
    assert job.time_submitted is not None
    job.generation.on_complete()
    assert (job.is_job_finalized, job.job_completed_successfully) == (True, True)


def test_job_whose_results_stay_here_is_over_when_they_are_complete() -> None:
    job = delivered(ImageWorkerJob(generation=an_image(requires_submit=False)))

    assert job.generation.get_generation_progress() is P.COMPLETE
    assert (job.is_job_finalized, job.job_completed_successfully, job.time_submitted) == (True, True, None)


def test_faulted_job_is_over_once_that_is_reported() -> None:
    job = an_image_job()
    job.set_job_faulted(WORKER_ERRORS.GPU_OUT_OF_MEMORY, MemoryError("gpu"))

    assert (job.is_faulted, job.faulted_reason) == (True, WORKER_ERRORS.GPU_OUT_OF_MEMORY)
    assert job.faulted_at is not None
    assert (job.generation.get_generation_progress(), job.is_job_finalized) == (P.ABORTED, False)
    job.generation.step(P.REPORTED_FAILED)
    assert (job.is_job_finalized, job.job_completed_successfully) == (True, False)


def test_second_fault_does_not_hide_the_first() -> None:
    job = an_image_job()
    job.set_job_faulted(WORKER_ERRORS.GPU_OUT_OF_MEMORY)

    with pytest.raises(ValueError, match="already in state ABORTED"):
        job.set_job_faulted(WORKER_ERRORS.NETWORK_ISSUE)
    assert job.faulted_reason is WORKER_ERRORS.GPU_OUT_OF_MEMORY


def test_delivered_job_cannot_fault() -> None:
    job = delivered(an_image_job())

    with pytest.raises(ValueError, match="Invalid transition"):
        job.set_job_faulted(WORKER_ERRORS.NETWORK_ISSUE)
    assert not job.is_faulted


@pytest.mark.parametrize("censors", [True, False])
def test_job_says_what_its_rules_drop(censors: bool) -> None:
    generation = an_image(safety_rules=SafetyRules(should_censor_nsfw=censors))

    assert ImageWorkerJob(generation=generation).should_censor_nsfw is censors


IMAGE_TEMPLATE = ImageGenerationParametersTemplate(
    base_params=BasicImageGenerationParametersTemplate(model="Deliberate", prompt="a fox")
)


def test_templates_become_jobs() -> None:
    image = ImageWorkerJob.from_template(IMAGE_TEMPLATE, job_id="J", dispatch_job_id="D", result_ids=["x"])
    text = TextWorkerJob.from_template(
        TextGenerationParametersTemplate(base_params=BasicTextGenerationParametersTemplate(model="m", prompt="once")),
        base_param_updates=BasicTextGenerationParametersTemplate(prompt="twice"),
    )
    alchemy = AlchemyWorkerJob.from_template(
        UpscaleAlchemyParametersTemplate(upscaler="RealESRGAN_x4plus"), source_image=b"png", generation_id="gid",
        preserve_generation_id=True,
    )  # fmt: skip

    assert (image.job_id, image.dispatch_job_id, image.generation.result_ids) == ("J", "D", ["x"])
    assert text.generation.generation_parameters.base_params.prompt == "twice"
    assert alchemy.generation.generation_id == alchemy.job_id == "gid"
    assert alchemy.generation.post_processing_operations == ("RealESRGAN_x4plus",)


def test_patience_of_a_job_is_that_of_its_generation() -> None:
    config = HordeWorkerJobConfig(state_error_limits={P.GENERATING: 1}, generation_strict_transition_mode=False)
    generation = ImageWorkerJob.from_template(IMAGE_TEMPLATE, job_config=config).generation
    generation.on_generating()

    assert generation.on_generating() is P.GENERATING, "not strict"
    generation.on_error(failed_message="x")
    with pytest.raises(GenerationStateErrorLimitExceeded):
        generation.on_generating()


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_consecutive_failed_job_submits": 0},
        {"max_consecutive_failed_job_submits": 11},
        {"max_generation_failures": -1},
        {"job_submit_retry_delay": -1},
        {"result_image_quality": 101},
    ],
    ids=str,
)
def test_unreasonable_patience_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HordeWorkerJobConfig(**wrong)


def test_configurations_share_no_limits() -> None:
    HordeWorkerJobConfig().state_error_limits.clear()

    assert HordeWorkerJobConfig().state_error_limits[P.GENERATING] == 3
