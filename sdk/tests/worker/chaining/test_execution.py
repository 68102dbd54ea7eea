"""A chain is carried out in order; what waits for a failed stage is left out, the rest is done."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, strategies as st

from horde_sdk.worker.chaining import (
    CHAIN_NODE_KIND,
    CHAIN_NODE_STATE as S,
    ChainConsistencyError,
    ChainExecutionContext,
    ChainFlow,
    ChainFlowBuilder,
    ChainNodeHandle,
    ChainStageNode,
    LocalChainExecutor,
    image_generation_flow,
)
from horde_sdk.worker.consts import GENERATION_PROGRESS as P

ENDS = [
    (P.GENERATING, P.GENERATION_COMPLETE),
    (P.POST_PROCESSING, P.POST_PROCESSING_COMPLETE),
    (P.SAFETY_CHECKING, P.SAFETY_CHECK_COMPLETE),
    (P.SUBMITTING, P.SUBMIT_COMPLETE),
    (P.PRELOADING, P.PRELOADING_COMPLETE),
]
IMAGE = image_generation_flow(post_processing=True, safety_check=True)
GENERATE, POST_PROCESS, SAFETY_CHECK, SUBMIT = IMAGE.handles


def a_flow(*edges: str, optional: str = "") -> ChainFlow:
    builder = ChainFlowBuilder()
    for name, ends in zip(dict.fromkeys("".join(edges)), ENDS, strict=False):
        builder.add_stage(ChainStageNode(name, CHAIN_NODE_KIND.CUSTOM, *ends, optional=name in optional))
    for source, target in map(tuple, edges):
        builder.connect(ChainNodeHandle(source), ChainNodeHandle(target))
    return builder.build()


def carry_out(flow: ChainFlow, *, failing: str = "") -> tuple[list[str], ChainExecutionContext]:
    done: list[str] = []

    def work(stage: ChainStageNode) -> P:
        done.append(stage.name)
        return P.ERROR if stage.name in failing else stage.completion_progress

    return done, LocalChainExecutor().execute(flow, work)


def test_stages_are_done_in_order_each_once() -> None:
    done, context = carry_out(IMAGE)

    assert done == ["generate", "post_process", "safety_check", "submit"]
    assert set(context.snapshot().values()) == {S.COMPLETED}
    assert (context.is_finished, context.has_failed) == (True, False)
    assert all((context.node_duration(handle) or 0.0) >= 0 for handle in IMAGE.handles)


def test_failed_stage_stops_what_waits_for_it_and_nothing_else() -> None:
    done, context = carry_out(a_flow("ab", "ac", "bd", "cd"), failing="b")

    assert done == ["a", "b", "c"]
    assert context.snapshot() == {"a": S.COMPLETED, "b": S.FAILED, "c": S.COMPLETED, "d": S.SKIPPED}
    assert context.node_errors(ChainNodeHandle("b")) == ("stage work reached ERROR, expected POST_PROCESSING_COMPLETE",)
    assert context.node_errors(ChainNodeHandle("d")) == ("upstream stage 'b' failed",)
    assert (context.is_finished, context.has_failed) == (True, True)


def test_stage_that_leaves_the_generation_elsewhere_has_failed() -> None:
    context = LocalChainExecutor().execute(IMAGE, lambda stage: P.PRELOADING)

    assert context.node_state(GENERATE) is S.FAILED
    assert context.node_state(SUBMIT) is S.SKIPPED


def test_exception_of_the_work_reaches_the_caller() -> None:
    def work(stage: ChainStageNode) -> P:
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        LocalChainExecutor().execute(IMAGE, work)


def test_only_what_waits_for_nothing_may_start() -> None:
    context = ChainExecutionContext(IMAGE)

    with pytest.raises(ChainConsistencyError, match="required predecessor 'generate' is PENDING"):
        context.mark_executing(POST_PROCESS)
    assert context.ready_nodes() == (GENERATE,)
    context.mark_executing(GENERATE)
    with pytest.raises(ChainConsistencyError, match="from state EXECUTING"):
        context.mark_executing(GENERATE)
    assert context.mark_completed(GENERATE) == (POST_PROCESS,)
    with pytest.raises(ChainConsistencyError, match="from state COMPLETED"):
        context.mark_completed(GENERATE)
    with pytest.raises(ChainConsistencyError, match="from state COMPLETED"):
        context.mark_failed(GENERATE)


def test_only_optional_stages_can_be_left_out() -> None:
    flow = a_flow("ab", "bc", optional="b")
    a, b, c = flow.handles
    context = ChainExecutionContext(flow)

    with pytest.raises(ChainConsistencyError, match="required"):
        context.mark_skipped(a)
    context.mark_skipped(b, reason="not wanted")

    assert context.ready_nodes() == (a,), "what was left out stands for what came before it"
    assert context.mark_completed(a) == (c,)
    assert context.node_errors(b) == ("not wanted",)
    with pytest.raises(ChainConsistencyError, match="already SKIPPED"):
        context.mark_skipped(b)


def test_starting_a_later_stage_passes_over_optional_ones() -> None:
    flow = a_flow("ab", "bc", optional="b")
    a, b, c = flow.handles
    context = ChainExecutionContext(flow)
    context.mark_completed(a)

    context.mark_executing(c)

    assert (context.node_state(b), context.node_state(c)) == (S.SKIPPED, S.EXECUTING)


def test_context_follows_a_generation() -> None:
    context = ChainExecutionContext(IMAGE)

    assert context.advance_for_progress(P.PRELOADING) == ()
    assert context.advance_for_progress(P.GENERATING) == ()
    assert context.node_state(GENERATE) is S.EXECUTING
    assert context.advance_for_progress(P.ERROR) == (), "it may be tried again"
    assert context.advance_for_progress(P.GENERATION_COMPLETE) == (POST_PROCESS,)
    assert context.advance_for_progress(P.GENERATION_COMPLETE) == (), "heard twice"
    assert context.node_state(POST_PROCESS) is S.READY
    with pytest.raises(ChainConsistencyError):
        context.advance_for_progress(P.SUBMITTING)


@pytest.mark.parametrize("progress", [P.ABORTED, P.REPORTED_FAILED, P.USER_REQUESTED_ABORT, P.ABANDONED])
def test_stage_of_a_generation_that_was_given_up_has_failed(progress: P) -> None:
    context = ChainExecutionContext(IMAGE)
    context.advance_for_progress(P.GENERATING)

    context.advance_for_progress(progress)

    assert context.snapshot() == {
        "generate": S.FAILED,
        "post_process": S.SKIPPED,
        "safety_check": S.SKIPPED,
        "submit": S.SKIPPED,
    }
    assert context.node_errors(GENERATE) == (f"generation reached {progress}",)


def test_giving_up_a_finished_generation_changes_nothing() -> None:
    _, context = carry_out(IMAGE)
    context.advance_for_progress(P.ABORTED)

    assert not context.has_failed


@given(
    failing=st.sets(st.sampled_from("abcde")),
    parents=st.tuples(*(st.sampled_from("abcde"[:number]) for number in range(1, 5))),
    more=st.sets(st.sampled_from(["ac", "ad", "ae", "bc", "bd", "be", "cd", "ce", "de"])),
)
def test_stage_is_done_exactly_if_all_before_it_went_well(
    failing: set[str], parents: tuple[str, ...], more: set[str]
) -> None:
    each_has_one = [parent + child for parent, child in zip(parents, "bcde", strict=True)]
    flow = a_flow(*dict.fromkeys([*each_has_one, *sorted(more)]))
    done, context = carry_out(flow, failing="".join(failing))
    failed_before = {
        after.name for before in flow.handles if before.name in failing for after in flow.descendants(before)
    }

    assert set(done) == {handle.name for handle in flow.handles} - failed_before
    assert context.is_finished
    for edge in flow.edges:
        if edge.target.name in done:
            assert done.index(edge.source.name) < done.index(edge.target.name)


def test_of_many_threads_one_gets_the_stage() -> None:
    context = ChainExecutionContext(IMAGE)
    barrier = threading.Barrier(16)
    won: list[int] = []

    def try_to_start(number: int) -> None:
        barrier.wait()
        try:
            context.mark_executing(GENERATE)
        except ChainConsistencyError:
            return
        won.append(number)

    threads = [threading.Thread(target=try_to_start, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
