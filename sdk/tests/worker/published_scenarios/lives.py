"""Steps, failures, limits and retries of generations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from horde_sdk.worker.consts import GENERATION_PROGRESS as P, GENERATION_RETRY_KIND
from horde_sdk.worker.exceptions import GenerationStateErrorLimitExceeded
from published_scenarios.making import (
    GENERATIONS,
    RUDE,
    SAFE,
    image,
    life_of,
)
from published_scenarios.telling import problem, scenario

STEPS: dict[str, Callable[[Any], Any]] = {
    "preloading": lambda it: it.on_preloading(),
    "preloaded": lambda it: it.on_preloading_complete(),
    "generating": lambda it: it.on_generating(),
    "made": lambda it: it.on_generation_work_complete(),
    "made b": lambda it: it.on_generation_work_complete(b"webp"),
    "made t": lambda it: it.on_generation_work_complete("text"),
    "processing": lambda it: it.on_post_processing(),
    "processed": lambda it: it.on_post_processing_complete(),
    "processed b": lambda it: it.on_post_processing_complete(b"webp"),
    "awaiting check": lambda it: it.on_pending_safety_check(),
    "checking": lambda it: it.on_safety_checking(),
    "safe": lambda it: it.on_safety_check_complete(0, SAFE),
    "rude": lambda it: it.on_safety_check_complete(0, RUDE),
    "awaiting submit": lambda it: it.on_pending_submit(),
    "submitting": lambda it: it.on_submitting(),
    "submitted": lambda it: it.on_submit_complete(),
    "complete": lambda it: it.on_complete(),
    "error": lambda it: it.on_error(failed_message="it failed"),
    "abort": lambda it: it.on_abort(failed_message="it failed"),
    "user abort": lambda it: it.on_user_requested_abort(),
    "user aborted": lambda it: it.on_user_abort_complete(),
    "reported": lambda it: it.step(P.REPORTED_FAILED),
    "abandoned": lambda it: it.step(P.ABANDONED),
    "anew": lambda it: it.step(P.NOT_STARTED),
}


def live(generation: Any, steps: str) -> Any:
    """Take steps until one is refused; where it got, and what refused it."""
    for place, step in enumerate(steps.split(", ")):
        try:
            STEPS[step](generation)
        except Exception as refused:  # noqa: BLE001 whatever refuses is the outcome
            return {**life_of(generation), "refused": {"place": place, "step": step, **problem(refused)}}
    return life_of(generation)


IMAGE_DONE = "generating, made b, checking, safe, submitting, submitted"
LIVES: dict[str, list[str]] = {
    "image": [
        IMAGE_DONE,
        f"preloading, preloaded, {IMAGE_DONE}, complete",
        f"{IMAGE_DONE}, error",
        f"{IMAGE_DONE}, complete, error",
        "generating, made b, checking, rude, submitting, submitted",
        "generating, made, checking, safe",
        "generating, made b, safe",
        "checking",
        "submitting",
        "generating, generating",
        "generating, submitting",
        "error, generating",
        f"generating, error, {IMAGE_DONE}",
        f"preloading, error, preloading, preloaded, {IMAGE_DONE}",
        "generating, made b, checking, error, checking, safe, submitting, submitted",
        "generating, made b, checking, safe, submitting, error, submitting, submitted",
        "generating, error, error",
        "generating, error, abort, reported",
        "generating, abort, reported, error",
        "generating, abort, error",
        "generating, abort, abort",
        "generating, user abort, user aborted",
        "generating, error, user abort, user aborted",
        "generating, abandoned, error",
        "generating, abandoned, generating",
        "generating, error, anew, generating",
        "generating, error, submitting",
        "generating, error, generating, error, generating, error, generating",
        "generating, error, generating, error, generating, error, abort, reported",
        "preloading, error, preloading, error, preloading, error, preloading",
        "generating, made b, checking, error, checking, error, checking, error, checking",
        "generating, error, generating, error, generating, error, anew, generating",
        "generating, made b, made b",
        "generating, made t",
        "abort",
        "error",
    ],
    "text": [
        "generating, made t, submitting, submitted, complete",
        "generating, made t, checking, safe",
        "generating, made t, awaiting check, checking, safe, submitting",
        "generating, made b",
        "generating, error, generating, made t, submitting, error, submitting, submitted",
        "generating, error, generating, error, generating, error, generating",
    ],
    "alchemy": [
        "processing, processed b, submitting, submitted, complete",
        "generating, made b, processing, processed b, submitting, submitted",
        "processing, error, processing, processed b, submitting, submitted",
        "processing, error, processing, error, processing, error, processing",
        "processing, processed, submitting, submitted",
        "submitting",
    ],
}
for _kind, _lives in LIVES.items():
    for _steps in _lives:

        @scenario(f"{_kind}'s life: {_steps}")
        def _life(kind: str = _kind, steps: str = _steps) -> Any:
            return live(GENERATIONS[kind](), steps)


@scenario(
    "limits",
    one=({P.GENERATING: 1},),
    two=({P.GENERATING: 2},),
    zero=({P.GENERATING: 0},),
    none=(None,),
    elsewhere=({P.SUBMITTING: 1},),
)
def _limits(limits: Any) -> Any:
    return live(image(state_error_limits=limits), "generating, error, generating, error, generating, error, generating")


@scenario("lenient generation", same=("generating, generating, made b",), other=("generating, submitting",))
def _lenient(steps: str) -> Any:
    return live(image(strict_transition_mode=False), steps)


@scenario(
    "black box",
    image=("image", "generating, made b, awaiting check, checking, safe, submitting, submitted"),
    text=("text", "generating, made t, awaiting submit, submitting, submitted"),
    preloading=("image", "preloading"),
)
def _black_box(kind: str, steps: str) -> Any:
    return live(GENERATIONS[kind](black_box_mode=True), steps)


@scenario(
    "stays here",
    image=("image", "generating, made b, checking, safe, submitting"),
    text=("text", "generating, made t, submitting"),
    alchemy=("alchemy", "processing, processed b, complete"),
)
def _stays(kind: str, steps: str) -> Any:
    return live(GENERATIONS[kind](requires_submit=False), steps)


@scenario("error of a limit")
def _limit_error() -> Any:
    raise GenerationStateErrorLimitExceeded("G", 3, P.GENERATING)


@scenario("retries within a state")
def _retries() -> Any:
    generation = image()
    generation.on_generating()
    generation.record_retry(GENERATION_RETRY_KIND.NORMAL)
    generation.record_retry(GENERATION_RETRY_KIND.DEGRADED, error=ValueError("x"))
    generation.record_retry(GENERATION_RETRY_KIND.NORMAL, error=None)
    told = [[kind, state] for kind, state, _ in generation.retry_events]
    return [told, generation.retry_counts, life_of(generation)]


@scenario("retries after a failure")
def _retries_after_failure() -> Any:
    generation = image()
    generation.on_generating()
    generation.on_error(failed_message="x")
    generation.record_retry(GENERATION_RETRY_KIND.DEGRADED)
    generation.on_generating()
    generation.record_retry(GENERATION_RETRY_KIND.NORMAL)
    return [[[kind, state] for kind, state, _ in generation.retry_events], generation.retry_counts, life_of(generation)]


@scenario("next states of a generation", new=("",), generating=("generating",), failed=("generating, error",))
def _next(steps: str) -> Any:
    generation = image()
    if steps:
        live(generation, steps)
    return sorted(str(state) for state in P if generation.is_next_state_valid(state))
