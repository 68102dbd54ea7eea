"""The states of a form and of an interrogation (alchemy.md §4)."""

from __future__ import annotations

from collections.abc import Sequence


def form_state(request_state: str, *, waiting: int, finished: int) -> str:
    """What clients are told of a form, by its row."""
    if request_state != "open":
        return request_state  # cancelled or faulted, also when it was paid for
    if finished:
        return "done"
    return "waiting" if waiting else "processing"


def overall_state(states: Sequence[str]) -> str:
    """What clients are told of the whole, in the order of alchemy.md §4.2."""
    for state in ("faulted", "done"):
        if all(each == state for each in states):
            return state
    for state in ("processing", "waiting"):
        if state in states:
            return state
    return "partial"
