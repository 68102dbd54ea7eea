"""What makers may tell of themselves, and what the worker makes of makers that tell nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from horde_worker.backends import standing
from horde_worker.backends.events import BackendFailure
from horde_worker.steady_clock import steady_s


def a_maker(**has: Any) -> Any:
    """A maker with these attributes."""
    return type("Maker", (), has)()


@pytest.mark.parametrize(("has", "slots"), [({}, 1), ({"slots": 4}, 4), ({"slots": 0}, 1), ({"slots": 1000}, 50)])
def test_slots_are_within_what_a_horde_takes(has: dict[str, int], slots: int) -> None:
    """At least one."""
    assert standing.slots_of(a_maker(**has)) == slots


def test_a_maker_that_tells_nothing_is_used_by_nobody_else() -> None:
    """Nobody can tell."""
    assert not standing.is_used_by_others(a_maker())
    assert standing.is_used_by_others(a_maker(used_by_others=True))


async def passes(_self: object) -> None:
    """All is well."""


async def refuses(_self: object) -> None:
    raise BackendFailure("no model")


async def breaks(_self: object) -> None:
    raise ZeroDivisionError("division by zero")


async def hangs(_self: object) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("test", "reason"),
    [(refuses, "no model"), (breaks, "the self-test failed: division by zero"), (hangs, "it took too long")],
)
async def test_a_self_test_that_fails_says_why(test: Any, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it fails."""
    monkeypatch.setattr(standing, "SELF_TEST_LIMIT_S", 0.02)
    with pytest.raises(BackendFailure, match=reason):
        await standing.self_test(a_maker(self_test=test))


@pytest.mark.parametrize("has", [{}, {"self_test": passes, "unload": passes}, {"unload": breaks}, {"unload": hangs}])
async def test_what_a_maker_cannot_do_is_no_failure(has: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A self-test passes, and memory is kept."""
    monkeypatch.setattr(standing, "UNLOAD_LIMIT_S", 0.02)
    await standing.self_test(a_maker(**has))
    await standing.unload(a_maker(**has))


def test_the_steady_clock_goes_forward() -> None:
    """Whatever the clock on the wall does."""
    times = [steady_s() for _ in range(100)]
    assert times == sorted(times)
