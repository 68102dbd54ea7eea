"""Chains are checked once, when they are built; the usual ones are those of the reference release."""

from __future__ import annotations

import pytest

from horde_sdk.worker.chaining import (
    CHAIN_CAPABILITY,
    CHAIN_EDGE_KIND,
    CHAIN_NODE_KIND,
    ChainEdge,
    ChainFlow,
    ChainFlowBuilder,
    ChainFlowValidationError,
    ChainNodeHandle,
    ChainStageNode,
    alchemy_flow,
    image_generation_flow,
    text_generation_flow,
)
from horde_sdk.worker.consts import GENERATION_PROGRESS as P

ENDS = {
    "a": (P.GENERATING, P.GENERATION_COMPLETE),
    "b": (P.POST_PROCESSING, P.POST_PROCESSING_COMPLETE),
    "c": (P.SAFETY_CHECKING, P.SAFETY_CHECK_COMPLETE),
    "d": (P.SUBMITTING, P.SUBMIT_COMPLETE),
}


def a_stage(name: str, *, like: str = "", optional: bool = False) -> ChainStageNode:
    entry, completion = ENDS[like or name]
    return ChainStageNode(
        name=name,
        kind=CHAIN_NODE_KIND.CUSTOM,
        entry_progress=entry,
        completion_progress=completion,
        optional=optional,
    )


def a_builder(*edges: str, stages: str = "") -> ChainFlowBuilder:
    builder = ChainFlowBuilder()
    for name in stages or dict.fromkeys("".join(edges)):
        builder.add_stage(a_stage(name))
    for source, target in map(tuple, edges):
        builder.connect(ChainNodeHandle(source), ChainNodeHandle(target))
    return builder


def names(flow: ChainFlow) -> list[str]:
    return [node.name for node in flow.nodes]


@pytest.mark.parametrize(
    ("builder", "complaint"),
    [
        (ChainFlowBuilder(), "at least one stage"),
        (a_builder("ab", "bc", "ca"), "acyclic"),
        (a_builder("ab", stages="abc"), "connected"),
        (a_builder("ac", "bc"), "exactly one starting stage; found: a, b"),
    ],
    ids=["empty", "cycle", "pieces", "two beginnings"],
)
def test_chain_that_cannot_be_carried_out_is_refused(builder: ChainFlowBuilder, complaint: str) -> None:
    with pytest.raises(ChainFlowValidationError, match=complaint):
        builder.build()


def test_two_stages_cannot_share_a_state() -> None:
    builder = a_builder(stages="a")
    twin = builder.add_stage(a_stage("twin", like="a"))
    builder.connect(ChainNodeHandle("a"), twin)

    with pytest.raises(ChainFlowValidationError, match="'a' and 'twin' share entry progress GENERATING"):
        builder.build()


def test_stage_must_move_the_generation_and_have_a_name() -> None:
    with pytest.raises(ValueError, match="two distinct states"):
        ChainStageNode("s", CHAIN_NODE_KIND.CUSTOM, P.GENERATING, P.GENERATING)
    with pytest.raises(ValueError, match="non-empty name"):
        ChainStageNode("", CHAIN_NODE_KIND.CUSTOM, P.GENERATING, P.GENERATION_COMPLETE)


def test_builder_refuses_what_it_cannot_connect() -> None:
    builder = a_builder("ab")
    a, b = ChainNodeHandle("a"), ChainNodeHandle("b")

    with pytest.raises(ChainFlowValidationError, match="already exists"):
        builder.add_stage(a_stage("a"))
    with pytest.raises(ChainFlowValidationError, match="Unknown target node 'z'"):
        builder.connect(a, ChainNodeHandle("z"))
    with pytest.raises(ValueError, match="already exists"):
        builder.connect(a, b)
    with pytest.raises(ChainFlowValidationError, match="do not match"):
        builder.connect(b, a, edge=ChainEdge(CHAIN_EDGE_KIND.CUSTOM, a, b))


def test_flow_is_fixed_once_built() -> None:
    builder = a_builder("ab")
    flow = builder.build()
    builder.connect(ChainNodeHandle("b"), builder.add_stage(a_stage("c")))

    assert names(flow) == ["a", "b"]
    assert len(flow.edges) == 1


def test_flow_is_found_by_name_and_by_state() -> None:
    flow = a_builder("ab", "ac", "bd", "cd").build()
    a, b, d = (ChainNodeHandle(name) for name in "abd")

    assert flow.source_handle == a
    assert flow.get_node_handle("b") == b
    assert flow.get_node(b).name == "b"
    assert flow.get_edge(a, b).kind is CHAIN_EDGE_KIND.SAME_GENERATION
    assert flow.descendants(b) == {d}
    assert flow.node_for_entry_progress(P.POST_PROCESSING) == b
    assert flow.node_for_completion_progress(P.SUBMIT_COMPLETE) == d
    assert flow.node_for_entry_progress(P.PRELOADING) is None
    with pytest.raises(KeyError):
        flow.get_node_handle("z")
    with pytest.raises(KeyError):
        flow.get_edge(a, d)


def test_edge_hands_on_what_is_not_failing() -> None:
    edge = ChainEdge(CHAIN_EDGE_KIND.CUSTOM, ChainNodeHandle("a"), ChainNodeHandle("b"))

    assert {progress for progress in P if not edge.accepts(progress)} == {
        P.ERROR,
        P.ABORTED,
        P.REPORTED_FAILED,
        P.USER_REQUESTED_ABORT,
        P.ABANDONED,
    }


@pytest.mark.parametrize(
    ("flow", "stages"),
    [
        (image_generation_flow(post_processing=False, safety_check=False, submit=False), "generate"),
        (image_generation_flow(post_processing=False, safety_check=True), "generate safety_check submit"),
        (image_generation_flow(post_processing=True, safety_check=True), "generate post_process safety_check submit"),
        (text_generation_flow(), "generate submit"),
        (text_generation_flow(safety_check=True, submit=False), "generate safety_check"),
        (alchemy_flow(), "post_process submit"),
        (alchemy_flow(safety_check=True), "post_process safety_check submit"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_usual_chains_have_the_stages_that_were_asked_for(flow: ChainFlow, stages: str) -> None:
    assert names(flow) == stages.split()
    assert [(edge.source.name, edge.target.name) for edge in flow.edges] == list(
        zip(stages.split(), stages.split()[1:], strict=False)
    )


def test_usual_stages_say_what_they_need() -> None:
    flow = image_generation_flow(post_processing=True, safety_check=True)

    assert [
        (node.kind, node.entry_progress, node.completion_progress, node.required_capability) for node in flow.nodes
    ] == [
        (CHAIN_NODE_KIND.GENERATE, P.GENERATING, P.GENERATION_COMPLETE, CHAIN_CAPABILITY.INFERENCE),
        (CHAIN_NODE_KIND.POST_PROCESS, P.POST_PROCESSING, P.POST_PROCESSING_COMPLETE, CHAIN_CAPABILITY.POST_PROCESSING),
        (CHAIN_NODE_KIND.SAFETY_CHECK, P.SAFETY_CHECKING, P.SAFETY_CHECK_COMPLETE, CHAIN_CAPABILITY.SAFETY),
        (CHAIN_NODE_KIND.SUBMIT, P.SUBMITTING, P.SUBMIT_COMPLETE, None),
    ]
