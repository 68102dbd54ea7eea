"""What comes of a generation: results one by one or at once, checked for safety, dropped where the rules say so."""

from __future__ import annotations

from typing import Any

import pytest
from making import P, a_text, an_image, an_upscaling, states

from horde_sdk.generation_parameters.image.object_models import (
    BasicImageGenerationParametersTemplate,
    ImageGenerationParametersTemplate,
)
from horde_sdk.safety import SafetyResult, SafetyRules
from horde_sdk.worker.consts import GENERATION_RETRY_KIND
from horde_sdk.worker.generations import ImageSingleGeneration

SAFE = SafetyResult(is_nsfw=False)
NSFW = SafetyResult(is_nsfw=True)


def being_checked(results: list[bytes], **options: Any) -> ImageSingleGeneration:
    generation = an_image(batch=len(results), **options)
    generation.on_generating()
    generation.on_generation_work_complete(results)
    generation.on_safety_checking()
    return generation


def test_whole_life_of_an_image() -> None:
    generation = an_image()
    generation.on_preloading()
    generation.on_preloading_complete()
    generation.on_generating()
    assert generation.on_generation_work_complete(b"webp") is P.PENDING_SAFETY_CHECK
    generation.on_safety_checking()
    assert generation.on_safety_check_complete(0, SAFE) is P.PENDING_SUBMIT
    generation.on_submitting()
    generation.on_submit_complete()

    assert generation.on_complete() is P.COMPLETE
    assert generation.generation_results == {"r0": b"webp"}
    assert states(generation)[4:8] == [
        P.GENERATION_COMPLETE,
        P.PENDING_SAFETY_CHECK,
        P.SAFETY_CHECKING,
        P.SAFETY_CHECK_COMPLETE,
    ]


def test_post_processing_takes_what_was_generated() -> None:
    generation = an_image(post_processed=True)
    generation.on_generating()

    assert generation.post_processing_operations == ("RealESRGAN_x4plus",)
    assert generation.on_generation_work_complete(b"small") is P.PENDING_POST_PROCESSING
    assert (generation.intermediate_results, generation.generation_results) == ({"r0": b"small"}, {})
    generation.on_post_processing()
    assert generation.on_post_processing_complete(b"large") is P.PENDING_SAFETY_CHECK
    assert (generation.intermediate_results, generation.generation_results) == ({"r0": b"small"}, {"r0": b"large"})


@pytest.mark.parametrize(
    ("generation", "ends_in"),
    [
        (a_text(), P.PENDING_SUBMIT),
        (a_text(requires_submit=False), P.COMPLETE),
        (a_text(requires_safety_check=True), P.PENDING_SAFETY_CHECK),
    ],
    ids=["text", "kept here", "checked"],
)
def test_finished_text_awaits_what_it_needs(generation: Any, ends_in: P) -> None:
    generation.on_generating()

    assert generation.on_generation_work_complete("there was a fox") is ends_in
    assert generation.generation_results == {"t0": "there was a fox"}


def test_alchemy_only_processes() -> None:
    generation = an_upscaling()

    assert (generation.requires_generation, generation.requires_post_processing) == (False, True)
    generation.on_post_processing()
    assert generation.on_post_processing_complete(b"large") is P.PENDING_SUBMIT
    assert generation.generation_results == {"a0": b"large"}


def test_black_box_changes_results_only() -> None:
    generation = an_image(black_box_mode=True)
    generation.on_generating()

    assert generation.on_generation_work_complete(b"webp") is P.GENERATING
    assert generation.on_safety_check_complete(0, SAFE) is P.PENDING_SUBMIT
    assert states(generation) == [P.NOT_STARTED, P.GENERATING, P.PENDING_SUBMIT]


def test_results_of_a_batch_may_come_one_by_one() -> None:
    generation = an_image(batch=3)
    generation.set_work_result(b"0")
    generation.set_work_result([b"1", b"2"])

    assert list(generation.generation_results.items()) == [("r0", b"0"), ("r1", b"1"), ("r2", b"2")]
    with pytest.raises(ValueError, match="full"):
        generation.set_work_result(b"3")


@pytest.mark.parametrize("wrong", ["text", ["text"], None, [b"0", b"1"]], ids=["text", "texts", "none", "too many"])
def test_wrong_result_is_refused_before_anything_changes(wrong: Any) -> None:
    generation = an_image()
    generation.on_generating()

    with pytest.raises(ValueError, match=r"Result type|full"):
        generation.set_work_result(wrong)
    if wrong is not None:
        with pytest.raises(ValueError, match=r"Result type|full"):
            generation.on_generation_work_complete(wrong)
    assert generation.get_generation_progress() is P.GENERATING
    assert generation.generation_results == {}


def test_batch_is_checked_when_each_of_its_results_is() -> None:
    generation = being_checked([b"0", b"1", b"2"])

    assert generation.on_safety_check_complete(2, SAFE) is P.SAFETY_CHECKING
    assert generation.on_safety_check_complete(0, SAFE) is P.SAFETY_CHECKING
    assert generation.get_safety_check_results() == [SAFE, None, SAFE]
    assert not generation.is_safety_checking_done_on_all_batch()
    assert generation.on_safety_check_complete(1, NSFW) is P.PENDING_SUBMIT
    assert generation.is_safety_checking_done_on_all_batch()
    assert list(generation.generation_results.values()) == [b"0", None, b"2"]


@pytest.mark.parametrize(
    ("rules", "found", "is_kept"),
    [
        (SafetyRules(), NSFW, False),
        (SafetyRules(should_censor_nsfw=False), NSFW, True),
        (SafetyRules(should_censor_nsfw=False), SafetyResult(is_nsfw=False, is_csam=True), False),
        (SafetyRules(), SAFE, True),
    ],
    ids=["nsfw", "nsfw allowed", "csam", "safe"],
)
def test_rules_decide_which_results_are_dropped(rules: SafetyRules, found: SafetyResult, is_kept: bool) -> None:
    generation = being_checked([b"0"], safety_rules=rules)
    generation.on_safety_check_complete(0, found)

    assert generation.generation_results == {"r0": b"0" if is_kept else None}


@pytest.mark.parametrize("index", [-1, 1, 5])
def test_what_is_not_there_cannot_be_checked(index: int) -> None:
    generation = being_checked([b"0"])

    with pytest.raises(ValueError, match="must be set before"):
        generation.on_safety_check_complete(index, SAFE)
    assert generation.get_safety_check_results() == [None]


def test_nothing_is_judged_unless_it_is_being_checked() -> None:
    generation = an_image()
    generation.on_generating()
    generation.set_work_result(b"0")

    with pytest.raises(ValueError, match="Invalid transition"):
        generation.on_safety_check_complete(0, NSFW)
    assert generation.generation_results == {"r0": b"0"}


@pytest.mark.parametrize("back_at", [P.NOT_STARTED, P.PRELOADING_COMPLETE, P.GENERATING])
def test_work_that_is_done_again_replaces_what_the_failed_attempt_made(back_at: P) -> None:
    generation = an_image(batch=2)
    generation.on_generating()
    generation.set_work_result(b"half")
    generation.on_error(failed_message="no memory")
    generation.step(back_at)
    if back_at is not P.GENERATING:
        generation.on_generating()

    assert generation.generation_results == {}
    generation.on_generation_work_complete([b"0", b"1"])
    assert list(generation.generation_results.values()) == [b"0", b"1"]


def test_failed_post_processing_keeps_what_it_starts_from() -> None:
    generation = an_image(post_processed=True)
    generation.on_generating()
    generation.on_generation_work_complete(b"small")
    generation.on_post_processing()
    generation.set_work_result(b"half")
    generation.on_error(failed_message="no memory")
    generation.on_post_processing()

    assert (generation.intermediate_results, generation.generation_results) == ({"r0": b"small"}, {})


def test_what_is_handed_out_cannot_change_the_generation() -> None:
    generation = being_checked([b"0"])
    generation.generation_results.clear()
    generation.get_safety_check_results().clear()
    generation.result_ids.clear()
    generation.get_progress_history().clear()

    assert generation.generation_results == {"r0": b"0"}
    assert (generation.get_safety_check_results(), generation.result_ids) == ([None], ["r0"])
    assert states(generation)[0] is P.NOT_STARTED


def test_each_result_has_one_id() -> None:
    assert an_image(batch=2, result_ids=["x", "y"]).result_ids == ["x", "y"]
    with pytest.raises(ValueError, match="length 1 does not match batch size 2"):
        an_image(batch=2, result_ids=["x"])


@pytest.mark.parametrize("ids", [[], ["x"], ["x", "y"], ["x", "y", "z"]], ids=len)
def test_dispatcher_names_as_many_results_as_it_likes(ids: list[Any]) -> None:
    told_later = an_image(batch=2)
    told_later.set_dispatch_result_ids(ids)

    assert an_image(batch=2, dispatch_result_ids=ids).dispatch_result_ids == told_later.dispatch_result_ids == ids


def test_callbacks_are_told_after_the_step_and_may_take_steps_themselves() -> None:
    generation = an_image()
    heard: list[P] = []
    generation.register_callback(P.GENERATING, lambda: heard.append(generation.get_generation_progress()))
    generation.register_callback(P.GENERATING, lambda: heard.append(generation.on_abort(failed_message="no")))
    generation.register_callback(P.ABORTED, lambda: heard.append(P.ABORTED))

    assert generation.on_generating() is P.GENERATING
    assert heard == [P.GENERATING, P.ABORTED, P.ABORTED]
    assert generation.get_generation_progress() is P.ABORTED


def test_callback_that_fails_is_logged_and_the_step_stands(caplog: pytest.LogCaptureFixture) -> None:
    generation = an_image()
    heard: list[str] = []
    generation.register_callback(P.GENERATING, lambda: heard.append(1 / 0))  # type: ignore[arg-type]
    generation.register_callback(P.GENERATING, lambda: heard.append("second"))

    assert generation.on_generating() is P.GENERATING
    assert heard == ["second"]
    assert "a callback for GENERATING failed" in caplog.text


def test_retries_within_a_state_are_counted_but_are_no_errors() -> None:
    generation = an_image()
    generation.on_generating()
    generation.record_retry(GENERATION_RETRY_KIND.DEGRADED, error=MemoryError("gpu"))
    generation.record_retry(GENERATION_RETRY_KIND.DEGRADED)
    generation.record_retry(GENERATION_RETRY_KIND.NORMAL)

    assert generation.retry_counts == {GENERATION_RETRY_KIND.DEGRADED: 2, GENERATION_RETRY_KIND.NORMAL: 1}
    assert {state for _, state, _ in generation.retry_events} == {P.GENERATING}
    assert generation.generation_failure_count == 0


def test_template_becomes_a_generation() -> None:
    template = ImageGenerationParametersTemplate(
        base_params=BasicImageGenerationParametersTemplate(model="Deliberate", prompt="a fox")
    )
    generation = ImageSingleGeneration.from_template(
        template,
        generation_id="gid-of-mine",
        base_param_updates=BasicImageGenerationParametersTemplate(prompt="an owl"),
        result_ids=["x"],
        init_kwargs={"requires_submit": False},
    )

    assert generation.generation_parameters.base_params.prompt == "an owl"
    assert (generation.result_ids, generation.short_id, generation.requires_submit) == (["x"], "gid-of-m", False)
