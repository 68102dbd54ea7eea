"""What a maker may tell of itself beside its abilities, and be asked to do. All of it is optional.

| attribute | meaning | without it |
|---|---|---|
| `unready: str` | why it cannot work now; empty: it can | it always can |
| `slots: int` | jobs that it works on at a time | one |
| `used_by_others: bool` | whether somebody else has it at work right now: the owner himself | nobody can tell |
| `async self_test()` | makes something small; raises `BackendFailure` | passing |
| `async unload()` | lets go of the memory of models until the next job | nothing |

They are asked often, so the attributes must cost nothing: what has to be fetched is fetched in the background.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from horde_worker.backends.events import BackendFailure

log = structlog.get_logger(__name__)

MOST_SLOTS: Final = 50  # threads that a horde lets a worker name
SELF_TEST_LIMIT_S: Final = 180.0  # a model may have to be loaded for it
UNLOAD_LIMIT_S: Final = 30.0


def slots_of(maker: object) -> int:
    """How many jobs a maker works on at a time."""
    return min(max(int(getattr(maker, "slots", 1)), 1), MOST_SLOTS)


def is_used_by_others(maker: object) -> bool:
    """Whether somebody else has the maker at work."""
    return bool(getattr(maker, "used_by_others", False))


async def self_test(maker: object) -> None:
    """Have a maker prove itself. Raises `BackendFailure`, whatever goes wrong."""
    test = getattr(maker, "self_test", None)
    if test is None:
        return
    try:
        async with asyncio.timeout(SELF_TEST_LIMIT_S):
            await test()
    except BackendFailure:
        raise
    except Exception as error:
        reason = "it took too long" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        raise BackendFailure(f"the self-test failed: {reason}") from error


async def unload(maker: object) -> None:
    """Have a maker let go of memory; one that cannot keeps it."""
    let_go = getattr(maker, "unload", None)
    if let_go is None:
        return
    try:
        async with asyncio.timeout(UNLOAD_LIMIT_S):
            await let_go()
    except Exception as error:  # noqa: BLE001 - a backend may raise anything
        log.warning("worker.not_unloaded", reason=str(error) or type(error).__name__)
