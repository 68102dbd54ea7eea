"""What is looked at before a worker's models: whose key it is, and whether they may serve at all (workers.md §2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest
from hordes import Horde

Pop = Callable[[Horde, str, str], Awaitable[httpx.Response]]
"""By key, with the worker of this name."""

SPECIAL = "a model::somebody#99"
NOT_TO_BE_OFFERED: dict[str, Pop] = {
    "unknown image model": lambda horde, key, name: horde.try_pop(key, name, models=["my own mix"]),
    "no image model": lambda horde, key, name: horde.try_pop(key, name, models=[]),
    "no text model": lambda horde, key, name: horde.texts.try_pop(key, name, models=[]),
    "another's text model": lambda horde, key, name: horde.texts.try_pop(key, name, models=[SPECIAL]),
}
FORMS: dict[str, Pop] = {
    "form": lambda horde, key, name: horde.alchemy.try_pop(key, "caption", name=name),
}
"""Of which any may be offered."""


@pytest.fixture(params=NOT_TO_BE_OFFERED | FORMS)
def pop(request: pytest.FixtureRequest) -> Pop:
    """A pop of each kind, whose models would be refused where a kind refuses any."""
    return (NOT_TO_BE_OFFERED | FORMS)[request.param]


async def test_the_account_is_looked_at_first(horde: Horde, pop: Pop) -> None:
    """§2.3, §2.5–2.7: in this order."""
    gone = await horde.account("gone", {"deleted": True, "flagged": True})
    flagged = await horde.account("flagged", {"flagged": True})
    for key, expected in (
        ("not a key", (401, "InvalidAPIKey")),
        ("", (401, "InvalidAPIKey")),
        (gone.api_key, (403, "DeletedUser")),
        (flagged.api_key, (403, "WorkerFlaggedMaintenance")),
        ("0000000000", (403, "AnonForbiddenWorker")),
    ):
        assert horde.outcome(await pop(horde, key, "worker")) == expected, key


async def test_the_name_of_another_kind_of_worker_comes_before_its_models(horde: Horde, pop: Pop) -> None:
    """§2.8: names are unique over all kinds."""
    owner = await horde.account()
    for kind in ("image", "text", "interrogation"):
        await horde.sql(
            "INSERT INTO worker (id, name, kind, account_id, abilities) VALUES (gen_random_uuid(), %s, %s, %s, '{}')",
            f"{kind} worker",
            kind,
            owner.id,
        )
    outcomes = [horde.outcome(await pop(horde, owner.api_key, f"{kind} worker")) for kind in ("image", "text")]
    assert (400, "PolymorphicNameConflict") in outcomes


async def test_an_address_in_time_out_comes_before_its_models(horde: Horde, pop: Pop) -> None:
    """§2.9: who is kept out for a while is told that."""
    moderator = await horde.account("mod", moderator=True)
    owner = await horde.account()
    answer = await horde.client.post(
        "/api/v2/operations/ipaddr",
        json={"ipaddr": "127.0.0.1", "hours": 1},
        headers={"apikey": moderator.api_key},
    )
    assert answer.status_code == 200, answer.text
    assert horde.outcome(await pop(horde, owner.api_key, "worker")) == (403, "TimeoutIP")


async def test_what_a_new_worker_must_satisfy_comes_before_its_models(horde: Horde, pop: Pop) -> None:
    """§3.4: a stranger who has as many workers as he may have."""
    owner = await horde.account()
    for number in range(4):
        await horde.pop(owner.api_key, f"worker {number}")
    assert horde.outcome(await pop(horde, owner.api_key, "one more")) == (403, "TooManyWorkers")


async def test_another_owners_worker_comes_before_its_models(horde: Horde, pop: Pop) -> None:
    """§2.12: a name that is taken is told, whatever is offered."""
    owner, eve = await horde.account("owner"), await horde.account("eve")
    await horde.pop(owner.api_key, "image")
    await horde.texts.pop(owner.api_key, "text")
    await horde.alchemy.pop(owner.api_key, "caption", name="interrogation")
    outcomes = {horde.outcome(await pop(horde, eve.api_key, name)) for name in ("image", "text", "interrogation")}
    assert outcomes == {(400, "PolymorphicNameConflict"), (403, "WrongCredentials")}


@pytest.mark.parametrize("name", NOT_TO_BE_OFFERED)
async def test_a_worker_that_may_offer_nothing_takes_no_name(horde: Horde, name: str) -> None:
    """§2.4, §3: the models are refused last, and nothing is left of the pop."""
    owner = await horde.account()
    assert horde.outcome(await NOT_TO_BE_OFFERED[name](horde, owner.api_key, "worker")) == (400, "BadRequest")
    assert await horde.sql("SELECT count(*) FROM worker") == [(0,)]
