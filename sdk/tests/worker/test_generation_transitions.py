"""A generation goes where its table leads, may fail or be broken off on the way, and stays where it ended."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given, strategies as st
from making import P, a_text, an_image, an_upscaling, states

from horde_sdk.worker.consts import (
    base_generate_progress_transitions,
    black_box_generate_progress_transitions,
    finalized_generation_states,
    generate_transitions,
)
from horde_sdk.worker.exceptions import GenerationStateErrorLimitExceeded
from horde_sdk.worker.generations import ImageSingleGeneration

Make = Callable[..., Any]
Table = dict[P, list[P]]

INTERRUPTS = {P.ABORTED, P.USER_REQUESTED_ABORT, P.ABANDONED}
BEGINNINGS = {P.NOT_STARTED, P.PRELOADING, P.GENERATING, P.POST_PROCESSING, P.SAFETY_CHECKING}
AWAITING = {P.NOT_STARTED, P.PRELOADING_COMPLETE, P.PENDING_POST_PROCESSING, P.PENDING_SAFETY_CHECK, P.PENDING_SUBMIT}

KINDS: dict[str, tuple[Make, dict[str, Any], Table]] = {
    "image": (an_image, {}, generate_transitions(base_generate_progress_transitions)),
    "image, kept here": (
        an_image,
        {"requires_submit": False},
        generate_transitions(base_generate_progress_transitions, skip_submit=True),
    ),
    "image, black box": (an_image, {"black_box_mode": True}, black_box_generate_progress_transitions),
    "text": (a_text, {}, generate_transitions(base_generate_progress_transitions, can_skip_safety_checks=True)),
    "text, to be checked": (a_text, {"requires_safety_check": True}, base_generate_progress_transitions),
    "alchemy": (
        an_upscaling,
        {},
        generate_transitions(base_generate_progress_transitions, can_skip_safety_checks=True),
    ),
}


def may_follow(table: Table, history: list[P]) -> set[P]:
    """Say what may follow a life so far, written down independently of the code."""
    current = history[-1]
    failed = next(state for state in reversed(history) if state is not P.ERROR)
    row = set(table.get(current, []))
    if current in finalized_generation_states or (current in table and not row):
        return row
    if current is P.ERROR:
        awaiting = {state for state in AWAITING if failed in table.get(state, [])}
        begun = max(number for number, state in enumerate(history) if state in BEGINNINGS)
        row -= set() if P.PENDING_SUBMIT in history[begun:] else {P.SUBMITTING}
        return (row | set(table.get(failed, [])) | INTERRUPTS | awaiting | {failed}) - {P.ERROR}
    return (row | INTERRUPTS | {P.ERROR}) - {current}


def ways_to_every_state(make: Make, options: dict[str, Any]) -> dict[P, list[P]]:
    """Walk breadth-first and return a way to each state that can be reached."""
    ways: dict[P, list[P]] = {P.NOT_STARTED: []}
    todo = [P.NOT_STARTED]
    while todo:
        reached = todo.pop(0)
        for following in P:
            way = [*ways[reached], following]
            if following not in ways and can_go(make, options, way):
                ways[following] = way
                todo.append(following)
    return ways


def walked(make: Make, options: dict[str, Any], way: list[P]) -> Any:
    generation = make(**options)
    for state in way:
        generation.step(state)
    return generation


def can_go(make: Make, options: dict[str, Any], way: list[P]) -> bool:
    try:
        walked(make, options, way)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_of_the_table_can_be_reached(kind: str) -> None:
    make, options, table = KINDS[kind]

    assert set(ways_to_every_state(make, options)) >= set(table)


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_is_taken_or_refused_as_the_table_says(kind: str) -> None:
    make, options, table = KINDS[kind]
    for (current, way), following in product(ways_to_every_state(make, options).items(), P):
        generation = walked(make, options, way)
        before = states(generation)
        allowed = may_follow(table, before)

        assert generation.is_next_state_valid(following) is (following in allowed), (current, following)
        if following in allowed:
            assert generation.step(following) is following
            assert states(generation) == [*before, following]
        else:
            with pytest.raises(ValueError, match="already in state" if following is current else "Invalid transition"):
                generation.on_state(following)
            assert states(generation) == before


@given(st.lists(st.sampled_from(list(P)), max_size=40))
def test_history_never_leaves_the_table(wishes: list[P]) -> None:
    generation = an_image(state_error_limits=None)
    for wish in wishes:
        try:
            generation.step(wish)
        except ValueError:
            continue
    history = states(generation)
    for number in range(1, len(history)):
        assert history[number] in may_follow(base_generate_progress_transitions, history[:number])
    assert sum(generation.error_counts.values()) == history.count(P.ERROR) == generation.generation_failure_count


@pytest.mark.parametrize("end", [P.COMPLETE, P.REPORTED_FAILED, P.USER_ABORT_COMPLETE, P.ABANDONED])
def test_what_has_ended_neither_fails_nor_is_broken_off(end: P) -> None:
    generation = walked(an_image, {}, ways_to_every_state(an_image, {})[end])

    for step in (
        lambda: generation.on_error(failed_message="late"),
        lambda: generation.on_abort(failed_message="late"),
        generation.on_user_requested_abort,
    ):
        with pytest.raises(ValueError, match="Invalid transition"):
            step()
    assert generation.get_generation_progress() is end


@pytest.mark.parametrize("state", [P.PRELOADING, P.GENERATING])
def test_same_state_twice_is_nothing_if_transitions_are_not_strict(state: P) -> None:
    generation = an_image(strict_transition_mode=False)

    assert generation.step(state) is generation.step(state) is state
    assert states(generation) == [P.NOT_STARTED, state]
    with pytest.raises(ValueError, match="Invalid transition"):
        generation.step(P.SUBMITTING)


def failed_often(times: int, **options: Any) -> ImageSingleGeneration:
    generation = an_image(**options)
    for _ in range(times):
        generation.on_generating()
        generation.on_error(failed_message="no memory")
    return generation


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_generation_may_fail_in_a_state_as_often_as_the_limit_says(limit: int) -> None:
    generation = failed_often(limit, state_error_limits={P.GENERATING: limit}, generation_id="gid")

    with pytest.raises(
        GenerationStateErrorLimitExceeded,
        match=f"gid has exceeded the maximum number of errors for state GENERATING: {limit}",
    ) as raised:
        generation.on_generating()

    assert not generation.is_next_state_valid(P.GENERATING)
    assert (raised.value.error_limit, raised.value.last_non_error_state) == (limit, P.GENERATING)
    assert raised.value.state is P.GENERATING
    assert generation.error_counts == {P.GENERATING: limit}
    assert generation.get_generation_progress() is P.ERROR
    assert generation.on_abort(failed_message="too often") is P.ABORTED


def test_limit_of_one_state_leaves_the_others_alone() -> None:
    generation = failed_often(3)

    assert generation.on_preloading() is P.PRELOADING
    generation.on_error(failed_message="x")
    assert generation.error_counts == {P.GENERATING: 3, P.PRELOADING: 1}
    assert [state for state, _ in generation.errored_states] == [P.GENERATING] * 3 + [P.PRELOADING]


def test_state_without_limit_may_be_tried_for_ever() -> None:
    assert failed_often(50, state_error_limits=None).error_counts == {P.GENERATING: 50}


def test_after_an_error_work_goes_on_where_it_failed_or_just_after() -> None:
    generation = an_image()
    generation.on_generating()
    generation.on_generation_work_complete(b"webp")
    generation.on_error(failed_message="the checker is busy")

    assert generation.get_last_non_error_state() is P.PENDING_SAFETY_CHECK
    assert not generation.is_next_state_valid(P.PENDING_SUBMIT)
    assert generation.on_safety_checking() is P.SAFETY_CHECKING
    assert generation.generation_results == {"r0": b"webp"}


def test_failed_generation_cannot_be_submitted_before_it_was_finished_and_checked() -> None:
    never_finished = failed_often(1)
    begun_anew = walked(
        an_image, {}, [*ways_to_every_state(an_image, {})[P.SUBMITTING], P.ERROR, P.GENERATING, P.ERROR]
    )

    for generation in (never_finished, begun_anew):
        with pytest.raises(ValueError, match="Invalid transition from ERROR to SUBMITTING"):
            generation.on_submitting()


@pytest.mark.parametrize(
    ("failed", "awaited"),
    [
        (P.SUBMITTING, P.PENDING_SUBMIT),
        (P.SAFETY_CHECKING, P.PENDING_SAFETY_CHECK),
        (P.POST_PROCESSING, P.PENDING_POST_PROCESSING),
        (P.GENERATING, P.PRELOADING_COMPLETE),
    ],
)
def test_after_an_error_the_same_work_may_be_awaited_again(failed: P, awaited: P) -> None:
    generation = walked(an_image, {}, [*ways_to_every_state(an_image, {})[failed], P.ERROR])

    assert generation.step(awaited) is awaited
    assert generation.step(failed) is failed


@pytest.mark.parametrize(
    ("make", "options"),
    [(an_image, {"requires_submit": False}), (a_text, {"requires_generation": True})],
    ids=["image", "text"],
)
def test_requirement_that_a_kind_has_cannot_be_dropped(make: Make, options: dict[str, Any]) -> None:
    assert make(**options).requires_generation
    with pytest.raises((ValueError, TypeError), match="requires_generation"):
        make(**{**options, "requires_generation": False})


def test_image_is_always_checked() -> None:
    assert an_image().requires_safety_check
    assert ImageSingleGeneration.does_class_require_safety_check()
    with pytest.raises(TypeError, match="requires_safety_check"):
        an_image(requires_safety_check=False)


def test_stage_durations_add_up_to_the_whole_life() -> None:
    generation = an_image()
    generation.on_generating()
    generation.on_error(failed_message="x")
    generation.on_generating()
    durations = generation.get_stage_durations()
    history = generation.get_progress_history()

    assert set(durations) == {P.NOT_STARTED, P.GENERATING, P.ERROR}
    assert sum(durations.values()) >= history[-1][1] - history[0][1]
    assert all(seconds >= 0 for seconds in durations.values())
