"""Who is served first, over HTTP: kudos buy a head start, further open requests stand behind (docs/fairness.md)."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from hordes import Horde

from horde_server.dispatch.turns import STEP_S


async def keys(horde: Horde) -> list[float]:
    """The order keys of all requests, smallest first."""
    return [row[0] for row in await horde.sql("SELECT order_key FROM request ORDER BY order_key")]


async def test_requests_sent_at_once_by_one_account_line_up(horde: Horde) -> None:
    """Each of them competing by itself would be a ticket more."""
    ada = await horde.account("ada", kudos=1000)
    await asyncio.gather(*(horde.request(ada.api_key) for _ in range(6)))
    found = await keys(horde)
    assert all(later - earlier >= STEP_S - 0.01 for earlier, later in pairwise(found))


async def test_a_second_request_lets_others_go_first(horde: Horde) -> None:
    """workers.md §6.1: earlier before later, but for further requests of one account."""
    ada, bob, worker = [await horde.account(name) for name in ("ada", "bob", "worker")]
    first = await horde.request(ada.api_key)
    second = await horde.request(ada.api_key)
    other = await horde.request(bob.api_key)
    order = {request: (await horde.check(request))["queue_position"] for request in (first, other, second)}
    assert list(order) == sorted(order, key=order.__getitem__)
    await horde.job(worker.api_key)
    await horde.job(worker.api_key)
    assert [(await horde.check(request))["waiting"] for request in (first, other, second)] == [0, 0, 1]


async def test_anonymous_requests_line_up_by_address(horde: Horde) -> None:
    """Anonymous is everybody: people at other addresses do not wait behind each other."""
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        headers = {"apikey": "0000000000", "X-Forwarded-For": address}
        answer = await horde.client.post("/api/v2/generate/async", json={"prompt": "a"}, headers=headers)
        assert answer.status_code == 202
    first, other, second = await keys(horde)
    assert other - first < STEP_S / 2
    assert second - first >= STEP_S - 0.01
