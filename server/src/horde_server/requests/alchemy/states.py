"""The states of a form and of an interrogation (alchemy.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from horde_server.dispatch.entry import RequestState
from horde_server.dispatch.states import RequestPhase


class FormState(StrEnum):
    """What clients are told of a form, and of the whole."""

    WAITING = "waiting"
    PROCESSING = "processing"
    DONE = "done"
    FAULTED = "faulted"
    CANCELLED = "cancelled"  # of the whole it is told as `PARTIAL`
    PARTIAL = "partial"  # of the whole: its forms ended differently


def form_state(phase: str, *, waiting: int, finished: int) -> FormState:
    """By the form's row."""
    if phase != RequestPhase.OPEN:
        return FormState(phase)  # cancelled or faulted, also when it was paid for
    if finished:
        return FormState.DONE
    return FormState.WAITING if waiting else FormState.PROCESSING


def state_of(request: RequestState) -> FormState:
    """By the form's request, as the live queue has it."""
    return form_state(request.state, waiting=request.waiting, finished=request.finished)


def overall_state(states: Sequence[FormState]) -> FormState:
    """In the order of alchemy.md §4.2."""
    for state in (FormState.FAULTED, FormState.DONE):
        if all(each == state for each in states):
            return state
    for state in (FormState.PROCESSING, FormState.WAITING):
        if state in states:
            return state
    return FormState.PARTIAL
