"""A horde without Anonymous: `horde admin anonymous off` (accounts.md §1.8)."""

from __future__ import annotations

import pytest
from hordes import Horde, StartHorde

from horde_server.identity import switch_store
from horde_server.identity.anonymous import SWITCH


async def turn(horde: Horde, *, on: bool) -> None:
    """Turn the switch as the command line does, and wait until the node heard of it."""
    async with horde._connection() as conn:
        await switch_store.turn(conn, SWITCH, on=on)
        await conn.execute("""SELECT pg_notify('horde_changes', '["command line","switch",["anonymous"]]')""")

    async def has_heard() -> bool:
        return ((await horde.ask()).status_code == 202) is on

    await horde.until(has_heard, "the node hears of the switch")


async def test_anonymous_calls_are_refused_with_the_way_to_an_account(horde: Horde) -> None:
    """§1.8: 403 `AnonForbidden` for whatever asks, serves or changes; reading stays open to all."""
    await horde.account("ada")
    await turn(horde, on=False)
    refused = await horde.ask()
    assert horde.outcome(refused) == (403, "AnonForbidden")
    assert "register" in refused.json()["message"]
    assert horde.outcome(await horde.texts.ask()) == (403, "AnonForbidden")
    assert horde.outcome(await horde.try_pop("0000000000")) == (403, "AnonForbidden")
    for path in ("find_user", "users/0", "workers", "status/models"):
        answer = await horde.client.get(f"/api/v2/{path}", headers={"apikey": "0000000000"})
        assert answer.status_code == 200, path


async def test_others_are_served_and_the_switch_turns_back(horde: Horde) -> None:
    ada = await horde.account("ada", kudos=100)
    await turn(horde, on=False)
    await horde.request(ada.api_key)
    await turn(horde, on=True)
    await horde.request()


async def test_a_node_that_starts_knows_how_the_switch_stands(start_horde: StartHorde) -> None:
    first = await start_horde()
    await turn(first, on=False)
    second = await start_horde()
    assert horde_refuses(await second.ask()) and horde_refuses(await first.ask())


def horde_refuses(answer: object) -> bool:
    """Whether it is the refusal of anonymous calls."""
    return Horde.outcome(answer) == (403, "AnonForbidden")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["generate/async", "interrogate/async", "kudos/transfer"])
async def test_the_refusal_comes_whatever_is_asked_for(horde: Horde, path: str) -> None:
    await turn(horde, on=False)
    document = (await horde.client.get("/openapi.json")).json()
    body = document["paths"][f"/api/v2/{path}"]["post"]["requestBody"]["content"]["application/json"]["example"]
    answer = await horde.client.post(f"/api/v2/{path}", json=body, headers={"apikey": "0000000000"})
    assert horde_refuses(answer)
