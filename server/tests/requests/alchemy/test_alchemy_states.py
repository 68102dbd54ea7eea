"""The states of forms and of the whole (alchemy.md §4)."""

from __future__ import annotations

import pytest

from horde_server.requests.alchemy.states import FormState, form_state, overall_state


@pytest.mark.parametrize(
    ("row", "waiting", "finished", "state"),
    [
        ("open", 1, 0, "waiting"),
        ("open", 0, 0, "processing"),
        ("open", 0, 1, "done"),
        ("cancelled", 0, 0, "cancelled"),
        ("cancelled", 0, 1, "cancelled"),  # paid, as it was being processed
        ("faulted", 0, 0, "faulted"),
    ],
)
def test_the_state_of_a_form(row: str, waiting: int, finished: int, state: str) -> None:
    assert form_state(row, waiting=waiting, finished=finished) == state


@pytest.mark.parametrize(
    ("forms", "state"),
    [
        ("faulted", "faulted"),
        ("faulted faulted", "faulted"),
        ("done", "done"),
        ("done done", "done"),
        ("done processing waiting", "processing"),
        ("faulted processing", "processing"),
        ("cancelled processing", "processing"),
        ("done waiting", "waiting"),
        ("cancelled waiting faulted", "waiting"),
        ("cancelled", "partial"),
        ("cancelled done", "partial"),
        ("done faulted", "partial"),
        ("cancelled faulted", "partial"),
    ],
)
def test_the_state_of_the_whole(forms: str, state: str) -> None:
    states = [FormState(word) for word in forms.split()]
    for order in (1, -1):
        assert overall_state(states[::order]) == state
