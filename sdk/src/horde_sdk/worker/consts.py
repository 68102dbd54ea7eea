"""Words, limits and tables of the life of a generation in a worker, as programs import them from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import auto
from typing import Final

from horde_sdk._text_enum import TextEnum
from horde_sdk.horde_logging import logger


class WORKER_ERRORS(TextEnum):
    """Reasons for the failure of a job."""

    UNHANDLED_EXCEPTION = auto()
    UNHANDLED_EXCEPTION_FROM_BACKEND = auto()
    SYSTEM_OUT_OF_MEMORY = auto()
    GPU_OUT_OF_MEMORY = auto()
    NETWORK_ISSUE = auto()
    SAFEGUARD_TIMEOUT = auto()


class REQUESTED_BACKEND_CONSTRAINTS(TextEnum):
    """Which backends may do a job."""

    ANY = auto()
    SPECIFIED = auto()
    DEFAULT_IMAGE = auto()
    DEFAULT_TEXT = auto()
    DEFAULT_AUDIO = auto()
    DEFAULT_VIDEO = auto()
    DEFAULT_ALCHEMY = auto()
    NO_CUSTOM = auto()
    ONLY_CUSTOM = auto()


class REQUESTED_SOURCE_IMAGE_FALLBACK_CHOICE(TextEnum):
    """What to do when the source image of a job cannot be had."""

    TXT2IMG_FALLBACK = auto()
    ABANDON = auto()
    USE_WHITE_IMAGE = auto()
    USE_BLACK_IMAGE = auto()
    USE_NOISE_IMAGE = auto()


class GENERATION_RETRY_KIND(TextEnum):
    """How work was tried again without the generation leaving its state."""

    NORMAL = auto()
    DEGRADED = auto()
    """With less: fewer pixels, a smaller batch, a slower method."""


class GENERATION_PROGRESS(TextEnum):
    """Where in its life a generation is."""

    NOT_STARTED = auto()
    ERROR = auto()
    """Failed in some state; it may be tried again or aborted."""
    PRELOADING = auto()
    PRELOADING_COMPLETE = auto()
    GENERATING = auto()
    GENERATION_COMPLETE = auto()
    PENDING_POST_PROCESSING = auto()
    POST_PROCESSING = auto()
    POST_PROCESSING_COMPLETE = auto()
    PENDING_SAFETY_CHECK = auto()
    SAFETY_CHECKING = auto()
    SAFETY_CHECK_COMPLETE = auto()
    PENDING_SUBMIT = auto()
    SUBMITTING = auto()
    SUBMIT_COMPLETE = auto()
    COMPLETE = auto()
    ABORTED = auto()
    """Given up by the worker; the dispatcher is still to be told."""
    REPORTED_FAILED = auto()
    USER_REQUESTED_ABORT = auto()
    USER_ABORT_COMPLETE = auto()
    ABANDONED = auto()
    """Dropped without telling anybody."""

    @staticmethod
    def is_state_complete(progress: GENERATION_PROGRESS) -> bool:
        """Tell whether no more work is done in this state, for better or worse."""
        return progress in _COMPLETE_STATES

    @staticmethod
    def is_state_failing(progress: GENERATION_PROGRESS) -> bool:
        """Tell whether the state is off the way to a result."""
        return progress in _FAILING_STATES

    @staticmethod
    def is_state_pending(progress: GENERATION_PROGRESS) -> bool:
        """Tell whether the generation waits for somebody to take up its next step."""
        return progress in _PENDING_STATES

    @staticmethod
    def is_state_milestone(progress: GENERATION_PROGRESS) -> bool:
        """Tell whether the state says that a stage has just been finished."""
        return progress in _MILESTONE_STATES


_P = GENERATION_PROGRESS

_COMPLETE_STATES = {_P.COMPLETE, _P.ABORTED, _P.REPORTED_FAILED, _P.USER_ABORT_COMPLETE, _P.ABANDONED}
_FAILING_STATES = {_P.ERROR, _P.ABORTED, _P.REPORTED_FAILED, _P.USER_REQUESTED_ABORT, _P.ABANDONED}
_PENDING_STATES = {
    _P.NOT_STARTED,
    _P.PRELOADING_COMPLETE,
    _P.PENDING_POST_PROCESSING,
    _P.PENDING_SAFETY_CHECK,
    _P.PENDING_SUBMIT,
}
_MILESTONE_STATES = {_P.GENERATION_COMPLETE, _P.POST_PROCESSING_COMPLETE, _P.SAFETY_CHECK_COMPLETE}
_SUBMIT_STATES = (_P.PENDING_SUBMIT, _P.SUBMITTING, _P.SUBMIT_COMPLETE)

initial_generation_state: Final = GENERATION_PROGRESS.NOT_STARTED
"""Where every generation begins."""

finalized_generation_states: Final = {_P.ABANDONED, _P.REPORTED_FAILED, _P.SUBMIT_COMPLETE, _P.USER_ABORT_COMPLETE}
"""Where nothing is owed to the dispatcher any more."""

base_generate_progress_transitions: dict[GENERATION_PROGRESS, list[GENERATION_PROGRESS]] = {
    _P.NOT_STARTED: [_P.PRELOADING, _P.GENERATING, _P.PENDING_POST_PROCESSING, _P.POST_PROCESSING, _P.ERROR],
    _P.PRELOADING: [_P.PRELOADING_COMPLETE, _P.ERROR],
    _P.PRELOADING_COMPLETE: [_P.GENERATING, _P.PENDING_POST_PROCESSING, _P.POST_PROCESSING, _P.ERROR],
    _P.GENERATING: [_P.GENERATION_COMPLETE, _P.ERROR],
    _P.GENERATION_COMPLETE: [_P.PENDING_POST_PROCESSING, _P.PENDING_SAFETY_CHECK, _P.ERROR],
    _P.PENDING_POST_PROCESSING: [_P.POST_PROCESSING, _P.ERROR],
    _P.POST_PROCESSING: [_P.POST_PROCESSING_COMPLETE, _P.ERROR],
    _P.POST_PROCESSING_COMPLETE: [_P.PENDING_SAFETY_CHECK, _P.ERROR],
    _P.PENDING_SAFETY_CHECK: [_P.SAFETY_CHECKING, _P.ERROR],
    _P.SAFETY_CHECKING: [_P.SAFETY_CHECK_COMPLETE, _P.ERROR],
    _P.SAFETY_CHECK_COMPLETE: [_P.PENDING_SUBMIT, _P.ERROR],
    _P.PENDING_SUBMIT: [_P.SUBMITTING, _P.ERROR],
    _P.SUBMITTING: [_P.SUBMIT_COMPLETE, _P.ERROR],
    _P.SUBMIT_COMPLETE: [_P.COMPLETE],
    _P.COMPLETE: [],
    _P.ABORTED: [_P.REPORTED_FAILED, _P.ERROR],
    _P.REPORTED_FAILED: [],
    _P.ERROR: [
        _P.ABORTED,
        _P.NOT_STARTED,
        _P.PRELOADING,
        _P.GENERATING,
        _P.POST_PROCESSING,
        _P.SAFETY_CHECKING,
        _P.SUBMITTING,
    ],
    _P.USER_REQUESTED_ABORT: [_P.USER_ABORT_COMPLETE],
    _P.USER_ABORT_COMPLETE: [],
    _P.ABANDONED: [],
}
"""Every step, in order; each state to those that may follow it."""

black_box_generate_progress_transitions: dict[GENERATION_PROGRESS, list[GENERATION_PROGRESS]] = {
    _P.NOT_STARTED: [_P.GENERATING, _P.ERROR],
    _P.GENERATING: [_P.PENDING_SUBMIT, _P.PENDING_SAFETY_CHECK, _P.COMPLETE, _P.ERROR],
    _P.PENDING_SAFETY_CHECK: [_P.SAFETY_CHECKING, _P.ERROR],
    _P.SAFETY_CHECKING: [_P.PENDING_SUBMIT, _P.COMPLETE, _P.ERROR],
    _P.PENDING_SUBMIT: [_P.SUBMITTING, _P.ERROR],
    _P.SUBMITTING: [_P.SUBMIT_COMPLETE, _P.COMPLETE, _P.ERROR],
    _P.SUBMIT_COMPLETE: [_P.COMPLETE],
    _P.COMPLETE: [],
    _P.ABORTED: [_P.REPORTED_FAILED, _P.ERROR],
    _P.REPORTED_FAILED: [],
    _P.ERROR: [_P.ABORTED, _P.NOT_STARTED, _P.GENERATING, _P.SAFETY_CHECKING, _P.SUBMITTING],
    _P.USER_REQUESTED_ABORT: [_P.USER_ABORT_COMPLETE, _P.ABANDONED],
    _P.USER_ABORT_COMPLETE: [],
    _P.ABANDONED: [],
}
"""For a backend that does not show its inner steps."""


def generate_transitions(
    base_transitions: Mapping[GENERATION_PROGRESS, Iterable[GENERATION_PROGRESS]],
    skip_submit: bool = False,
    can_skip_safety_checks: bool = False,
    supports_safety_only: bool = False,
) -> dict[GENERATION_PROGRESS, list[GENERATION_PROGRESS]]:
    """Return a table like `base_transitions`, which is left as it is.

    Args:
        base_transitions: The table to start from.
        skip_submit: Results stay here: what led to submitting leads to `COMPLETE`.
        can_skip_safety_checks: Submitting may follow at once on the work.
        supports_safety_only: The safety check may be all there is to do.
    """
    table = {state: list(following) for state, following in base_transitions.items()}
    if supports_safety_only:
        for state in (_P.NOT_STARTED, _P.PRELOADING_COMPLETE):
            _allow(table, state, _P.PENDING_SAFETY_CHECK)
    if can_skip_safety_checks:
        for state in (_P.GENERATION_COMPLETE, _P.POST_PROCESSING_COMPLETE):
            _allow(table, state, _P.PENDING_SUBMIT)
    if skip_submit:
        _leave_out_submit(table)
    return table


def _allow(
    table: dict[GENERATION_PROGRESS, list[GENERATION_PROGRESS]],
    state: GENERATION_PROGRESS,
    following: GENERATION_PROGRESS,
) -> None:
    if state in table and following not in table[state]:
        table[state].append(following)


def _leave_out_submit(table: dict[GENERATION_PROGRESS, list[GENERATION_PROGRESS]]) -> None:
    for state in _SUBMIT_STATES:
        table.pop(state, None)
    for state, following in table.items():
        submits = _P.PENDING_SUBMIT in following
        table[state] = [one for one in following if one not in _SUBMIT_STATES]
        if submits:
            _allow(table, state, _P.COMPLETE)


def validate_generation_progress_transitions(
    progress_transitions: Mapping[GENERATION_PROGRESS, Iterable[GENERATION_PROGRESS]],
) -> bool:
    """Tell whether each state that a table leads to has a row of its own; what lacks one is logged."""
    lost = {following for row in progress_transitions.values() for following in row} - set(progress_transitions)
    if lost:
        logger.error("transitions lead to states without a row: %s", ", ".join(sorted(lost)))
    return not lost


base_generate_progress_no_submit_transitions = generate_transitions(
    base_generate_progress_transitions, skip_submit=True
)

default_image_generate_progress_transitions = generate_transitions(base_generate_progress_transitions)
default_image_generate_progress_no_submit_transitions = generate_transitions(
    base_generate_progress_transitions, skip_submit=True
)

default_text_generate_progress_transitions = generate_transitions(
    base_generate_progress_transitions, can_skip_safety_checks=True
)
default_text_generate_progress_no_submit_transitions = generate_transitions(
    base_generate_progress_transitions, skip_submit=True, can_skip_safety_checks=True
)

default_alchemy_generate_progress_transitions = generate_transitions(
    base_generate_progress_transitions, can_skip_safety_checks=True
)
default_alchemy_generate_progress_no_submit_transitions = generate_transitions(
    base_generate_progress_transitions, skip_submit=True, can_skip_safety_checks=True
)


class HordeWorkerConfigDefaults:
    """What a worker does where its operator says nothing."""

    DEFAULT_MAX_CONSECUTIVE_FAILED_JOB_SUBMITS = 3
    DEFAULT_JOB_SUBMIT_RETRY_DELAY = 2.0
    """Seconds."""
    UNREASONABLE_MAX_CONSECUTIVE_FAILED_JOB_SUBMITS = 10

    DEFAULT_MAX_GENERATION_FAILURES = 3
    UNREASONABLE_MAX_GENERATION_FAILURES = 10

    DEFAULT_STATE_ERROR_LIMITS: Mapping[GENERATION_PROGRESS, int] = {
        _P.PRELOADING: 3,
        _P.GENERATING: 3,
        _P.POST_PROCESSING: 3,
        _P.SAFETY_CHECKING: 3,
        _P.SUBMITTING: 10,
        _P.USER_REQUESTED_ABORT: 10,
    }
    """How often a generation may fail in a state before it cannot enter it again."""

    DEFAULT_UPLOAD_TIMEOUT = 10.0
    """Seconds."""
    DEFAULT_MAX_RETRIES = 10
    DEFAULT_RETRY_DELAY = 1.0
    """Seconds."""

    DEFAULT_RESULT_IMAGE_FORMAT = "WebP"
    DEFAULT_RESULT_IMAGE_QUALITY = 95
    DEFAULT_RESULT_IMAGE_PIL_METHOD = 6
    DEFAULT_GENERATION_STRICT_TRANSITION_MODE = True
