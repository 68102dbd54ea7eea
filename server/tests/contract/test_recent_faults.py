"""A worker that has just failed a job leaves the slot to others, if there are any (workers.md §5.18, §9.4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from hordes import Horde


class Kind(NamedTuple):
    """The three kinds in the words that they share."""

    ask: Callable[[Horde], Awaitable[str]]
    pop: Callable[[Horde, str, str], Awaitable[dict[str, Any]]]  # by key, with the worker of this name
    fail: Callable[[Horde, str, str], Awaitable[object]]


def job_of(popped: dict[str, Any]) -> str | None:
    """The id of what a pop brought."""
    forms = popped.get("forms", [popped])
    return str(forms[0]["id"]) if forms and forms[0]["id"] else None


KINDS = {
    "image": Kind(
        lambda horde: horde.request(),
        lambda horde, key, name: horde.pop(key, name),
        lambda horde, key, job: horde.submit(key, job, state="faulted", generation=""),
    ),
    "text": Kind(
        lambda horde: horde.texts.request(),
        lambda horde, key, name: horde.texts.pop(key, name),
        lambda horde, key, job: horde.texts.submit(key, job, state="faulted", generation=""),
    ),
    "alchemy": Kind(
        lambda horde: horde.alchemy.request("caption"),
        lambda horde, key, name: horde.alchemy.pop(key, "caption", name=name),
        lambda horde, key, job: horde.alchemy.submit(key, job, state="faulted"),
    ),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each of them."""
    return KINDS[request.param]


async def test_the_only_worker_tries_again_at_once(horde: Horde, kind: Kind) -> None:
    """A horde that says a request is possible does not stand still."""
    owner = await horde.account()
    await kind.ask(horde)
    job = job_of(await kind.pop(horde, owner.api_key, "only"))
    assert job
    await kind.fail(horde, owner.api_key, job)
    assert job_of(await kind.pop(horde, owner.api_key, "only"))


async def test_while_another_could_serve_it_the_slot_is_left_to_that_one(horde: Horde, kind: Kind) -> None:
    """And the worker is told so; the other gets it."""
    owner = await horde.account()
    await kind.pop(horde, owner.api_key, "other")
    await kind.ask(horde)
    job = job_of(await kind.pop(horde, owner.api_key, "failing"))
    assert job
    await kind.fail(horde, owner.api_key, job)
    empty = await kind.pop(horde, owner.api_key, "failing")
    assert (job_of(empty), empty["skipped"]["recent_fault"]) == (None, 1)
    assert job_of(await kind.pop(horde, owner.api_key, "other"))


async def test_when_all_have_failed_it_all_may_try_again(horde: Horde, kind: Kind) -> None:
    """Who failed as well is nobody to leave it to."""
    owner = await horde.account()
    await kind.pop(horde, owner.api_key, "second")
    await kind.ask(horde)
    for name in ("first", "second"):
        job = job_of(await kind.pop(horde, owner.api_key, name))
        assert job, name
        await kind.fail(horde, owner.api_key, job)
    assert job_of(await kind.pop(horde, owner.api_key, "first"))


async def test_who_may_not_serve_it_is_nobody_to_leave_it_to(horde: Horde) -> None:
    """Another worker with other models, one whose word list forbids the prompt, and one in maintenance."""
    owner = await horde.account()
    await horde.pop(owner.api_key, "other models", models=["Deliberate"])
    await horde.pop(owner.api_key, "strict", blacklist=["lighthouse"])
    await horde.request()
    job = await horde.job(owner.api_key, "failing")
    await horde.submit(owner.api_key, job["id"], state="faulted", generation="")
    await horde.job(owner.api_key, "failing")
