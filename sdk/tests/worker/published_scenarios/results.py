"""Results, safety checks, and what they make of a job."""

from __future__ import annotations

from typing import Any

from horde_sdk.safety import SafetyResult, SafetyRules
from horde_sdk.worker.consts import WORKER_ERRORS
from horde_sdk.worker.jobs import HordeWorkerJobConfig
from published_scenarios.lives import IMAGE_DONE, live
from published_scenarios.making import (
    RUDE,
    SAFE,
    image,
    image_job,
    life_of,
)
from published_scenarios.telling import scenario


@scenario("rules of safety")
def _rules() -> Any:
    results = {
        "nsfw": SafetyResult(is_nsfw=True),
        "csam": SafetyResult(is_nsfw=False, is_csam=True),
        "hate": SafetyResult(is_nsfw=False, is_hate_speech=True),
        "violent": SafetyResult(is_nsfw=False, is_violent=True),
        "self-harm": SafetyResult(is_nsfw=False, is_self_harm=True),
        "safe": SafetyResult(is_nsfw=False),
    }
    rules = {
        "all": SafetyRules(),
        "not nsfw": SafetyRules(should_censor_nsfw=False),
        "none": SafetyRules(
            should_censor_nsfw=False, should_censor_hate_speech=False, should_censor_violent=False,
            should_censor_self_harm=False,
        ),
    }  # fmt: skip
    return {rule: {name: one.should_censor(result) for name, result in results.items()} for rule, one in rules.items()}


@scenario(
    "checks of a batch",
    all_safe=(((0, SAFE), (1, SAFE)),),
    one_rude=(((0, RUDE), (1, SAFE)),),
    one_only=(((1, SAFE),),),
    beyond=(((2, SAFE),),),
    negative=(((-1, SAFE),),),
    twice=(((0, SAFE), (0, RUDE)),),
)
def _checks(verdicts: Any) -> Any:
    generation = image(2)
    generation.on_generating()
    generation.on_generation_work_complete([b"one", b"two"])
    generation.on_safety_checking()
    for place, verdict in verdicts:
        generation.on_safety_check_complete(place, verdict)
    return {
        **life_of(generation),
        "results": {str(name): None if one is None else one.decode() for name, one in results(generation)},
        "verdicts": [one and one.is_nsfw for one in generation.get_safety_check_results()],
        "done": generation.is_safety_checking_done_on_all_batch(),
    }


def results(generation: Any) -> Any:
    return generation.generation_results.items()


@scenario("rude result that may leave")
def _rude_allowed() -> Any:
    generation = image(safety_rules=SafetyRules(should_censor_nsfw=False))
    live(generation, "generating, made b, checking, rude")
    return [[str(name), one and one.decode()] for name, one in results(generation)]


@scenario(
    "results of a batch",
    one_by_one=([b"one"], [b"two"]),
    together=([b"one", b"two"],),
    too_many=([b"one", b"two", b"three"],),
    single=(b"one",),
    wrong=("text",),
    nothing=([],),
)
def _results(*given: Any) -> Any:
    generation = image(2)
    generation.on_generating()
    for one in given:
        generation.set_work_result(one)
    return [[str(name), one and one.decode()] for name, one in results(generation)]


# Jobs


@scenario(
    "job's end",
    new=("",),
    working=("generating",),
    submitted=(IMAGE_DONE,),
    complete=(f"{IMAGE_DONE}, complete",),
    failed=("generating, error",),
    aborted=("generating, abort",),
    reported=("generating, abort, reported",),
    unwanted=("generating, user abort, user aborted",),
    abandoned=("generating, abandoned",),
)
def _end(steps: str) -> Any:
    job = image_job()
    if steps:
        live(job.generation, steps)
    return [job.is_job_finalized, job.job_completed_successfully, job.is_faulted, job.time_submitted is not None]


@scenario("faulted job")
def _faulted() -> Any:
    job = image_job()
    job.set_job_faulted(WORKER_ERRORS.GPU_OUT_OF_MEMORY, MemoryError("gpu"))
    return [job.is_faulted, job.faulted_reason, job.is_job_finalized, life_of(job.generation)]


@scenario("job faulted twice")
def _faulted_twice() -> Any:
    job = image_job()
    job.set_job_faulted(WORKER_ERRORS.GPU_OUT_OF_MEMORY)
    job.set_job_faulted(WORKER_ERRORS.NETWORK_ISSUE)
    return job.faulted_reason


@scenario("patience of a job")
def _patience() -> Any:
    return HordeWorkerJobConfig().model_dump(mode="json")
