"""Many threads may work on one generation: each step is taken by one of them."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable

from making import P, an_image, states

from horde_sdk.safety import SafetyResult
from horde_sdk.worker.consts import base_generate_progress_transitions
from horde_sdk.worker.exceptions import GenerationStateException
from horde_sdk.worker.generations import ImageSingleGeneration

THREADS = 16


def at_once(work: Callable[[int], None]) -> None:
    barrier = threading.Barrier(THREADS)

    def begin(number: int) -> None:
        barrier.wait()
        work(number)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_many_threads_one_takes_a_step() -> None:
    generation = an_image()
    taken: Counter[P] = Counter()

    def race(number: int) -> None:
        for state in (P.PRELOADING, P.PRELOADING_COMPLETE, P.GENERATING, P.GENERATION_COMPLETE):
            try:
                generation.step(state)
            except ValueError:
                continue
            taken[state] += 1

    at_once(race)

    assert set(taken.values()) == {1}
    assert len(states(generation)) == 1 + sum(taken.values())


def test_history_stays_within_the_table_whatever_the_threads_do() -> None:
    generation = an_image(state_error_limits={P.GENERATING: 5})
    counted: Counter[P] = Counter()
    generation.register_callback(P.GENERATING, lambda: counted.update([P.GENERATING]))
    generation.register_callback(P.ERROR, lambda: counted.update([P.ERROR]))

    def struggle(number: int) -> None:
        for _ in range(50):
            try:
                if number % 2:
                    generation.on_error(failed_message="again")
                else:
                    generation.on_generating()
            except (ValueError, GenerationStateException):
                continue

    at_once(struggle)
    history = states(generation)

    assert generation.error_counts[P.GENERATING] <= 5
    assert history.count(P.GENERATING) <= 6
    failed = P.NOT_STARTED
    for current, following in itertools.pairwise(history):
        failed = failed if current is P.ERROR else current
        assert following in base_generate_progress_transitions[current] or following is failed
    assert (counted[P.GENERATING], counted[P.ERROR]) == (history.count(P.GENERATING), history.count(P.ERROR))


def test_batch_fills_up_once_and_is_checked_once() -> None:
    generation = an_image(batch=THREADS)
    generation.on_generating()
    refused: list[int] = []

    def deliver(number: int) -> None:
        for result in (b"first", b"second"):
            try:
                generation.set_work_result(result)
            except ValueError:
                refused.append(number)

    at_once(deliver)
    assert (len(generation.generation_results), len(refused)) == (THREADS, THREADS)

    generation.on_generation_work_complete()
    generation.on_safety_checking()
    at_once(lambda number: judge(generation, number))
    assert generation.is_safety_checking_done_on_all_batch()
    assert states(generation).count(P.PENDING_SUBMIT) == 1


def judge(generation: ImageSingleGeneration, number: int) -> None:
    generation.on_safety_check_complete(number, SafetyResult(is_nsfw=False))


def test_callback_may_wait_for_another_thread_that_needs_the_generation() -> None:
    generation = an_image()
    seen: list[P] = []

    def ask_elsewhere() -> None:
        asker = threading.Thread(target=lambda: seen.append(generation.get_generation_progress()))
        asker.start()
        asker.join(5)

    generation.register_callback(P.GENERATING, ask_elsewhere)
    generation.on_generating()

    assert seen == [P.GENERATING]


def test_readers_never_see_half_a_step() -> None:
    rounds = 200
    generation = an_image()
    generation.on_generating()
    ended = threading.Event()
    wrong: list[object] = []

    def watch() -> None:
        while not ended.is_set():
            history = generation.get_progress_history()
            if [entered for _, entered in history] != sorted(entered for _, entered in history):
                wrong.append(history)
            if sum(generation.error_counts.values()) > generation.generation_failure_count:
                wrong.append("counts")

    watchers = [threading.Thread(target=watch) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    for _ in range(rounds):
        generation.step(P.ERROR)
        generation.step(P.NOT_STARTED)
    ended.set()
    for watcher in watchers:
        watcher.join()

    assert wrong == []
    assert generation.error_counts[P.NOT_STARTED] == rounds - 1
