"""The chains that generations of each kind go through."""

from __future__ import annotations

from itertools import pairwise

from horde_sdk.worker.chaining.consts import CHAIN_CAPABILITY, CHAIN_NODE_KIND
from horde_sdk.worker.chaining.flow import ChainFlow, ChainFlowBuilder
from horde_sdk.worker.chaining.nodes import ChainStageNode
from horde_sdk.worker.consts import GENERATION_PROGRESS

GENERATE_STAGE_NAME = "generate"
POST_PROCESS_STAGE_NAME = "post_process"
SAFETY_CHECK_STAGE_NAME = "safety_check"
SUBMIT_STAGE_NAME = "submit"

_GENERATE = ChainStageNode(
    name=GENERATE_STAGE_NAME,
    kind=CHAIN_NODE_KIND.GENERATE,
    entry_progress=GENERATION_PROGRESS.GENERATING,
    completion_progress=GENERATION_PROGRESS.GENERATION_COMPLETE,
    required_capability=CHAIN_CAPABILITY.INFERENCE,
)
_POST_PROCESS = ChainStageNode(
    name=POST_PROCESS_STAGE_NAME,
    kind=CHAIN_NODE_KIND.POST_PROCESS,
    entry_progress=GENERATION_PROGRESS.POST_PROCESSING,
    completion_progress=GENERATION_PROGRESS.POST_PROCESSING_COMPLETE,
    required_capability=CHAIN_CAPABILITY.POST_PROCESSING,
)
_SAFETY_CHECK = ChainStageNode(
    name=SAFETY_CHECK_STAGE_NAME,
    kind=CHAIN_NODE_KIND.SAFETY_CHECK,
    entry_progress=GENERATION_PROGRESS.SAFETY_CHECKING,
    completion_progress=GENERATION_PROGRESS.SAFETY_CHECK_COMPLETE,
    required_capability=CHAIN_CAPABILITY.SAFETY,
)
_SUBMIT = ChainStageNode(
    name=SUBMIT_STAGE_NAME,
    kind=CHAIN_NODE_KIND.SUBMIT,
    entry_progress=GENERATION_PROGRESS.SUBMITTING,
    completion_progress=GENERATION_PROGRESS.SUBMIT_COMPLETE,
)


def image_generation_flow(*, post_processing: bool, safety_check: bool, submit: bool = True) -> ChainFlow:
    """Return the chain of an image: generate, post-process, check, submit, as far as asked for."""
    return _in_a_row(_GENERATE, post_processing and _POST_PROCESS, safety_check and _SAFETY_CHECK, submit and _SUBMIT)


def text_generation_flow(*, safety_check: bool = False, submit: bool = True) -> ChainFlow:
    """Return the chain of a text: generate, check, submit, as far as asked for."""
    return _in_a_row(_GENERATE, safety_check and _SAFETY_CHECK, submit and _SUBMIT)


def alchemy_flow(*, safety_check: bool = False, submit: bool = True) -> ChainFlow:
    """Return the chain of an alchemy form: post-process, check, submit, as far as asked for."""
    return _in_a_row(_POST_PROCESS, safety_check and _SAFETY_CHECK, submit and _SUBMIT)


def _in_a_row(*stages: ChainStageNode | bool) -> ChainFlow:
    builder = ChainFlowBuilder()
    handles = [builder.add_stage(stage) for stage in stages if isinstance(stage, ChainStageNode)]
    for before, after in pairwise(handles):
        builder.connect(before, after)
    return builder.build()
