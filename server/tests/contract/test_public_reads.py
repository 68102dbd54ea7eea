"""What anybody may read costs the same however long the horde's history is."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

import psycopg
import pytest
from hordes import Horde, StartHorde
from style_routes import StyleRoutes

HISTORIES = ("ledger_entry", "kudos_transfer")
"""Tables that grow for ever."""
BESIDES = ("/healthz", "/readyz", "/metrics", "/api/swagger.json", "/.well-known/serviceinfo")
"""Reads that the document does not name."""
OWN_HISTORIES = {"/v2/kudos/statement"}
"""Reads of nobody but the account whose history it is. What a page costs: `kudos/test_statement_plans.py`."""


@dataclass(frozen=True)
class Reads:
    """Addresses to GET, and the key of an administrator for those that need one."""

    addresses: list[str]
    key: str


@pytest.fixture
async def horde(start_horde: StartHorde) -> Horde:
    """A server whose first account administers it."""
    return await start_horde(admins=["ada#1"])


@pytest.fixture
async def reads(horde: Horde) -> Reads:
    """Every GET of the document, once done so that it finds something."""
    ada = await horde.account("ada", kudos=10_000, columns={"moderator": True})
    ben = await horde.account("ben", trusted=True)
    image = await horde.request(ada.api_key)
    await horde.submit(ben.api_key, (await horde.job(ben.api_key))["id"])
    text = await horde.texts.request(ada.api_key)
    await horde.texts.submit(ben.api_key, (await horde.texts.job(ben.api_key))["id"])
    interrogation = await horde.alchemy.request("caption", key=ada.api_key)
    given = await horde.client.post(
        "/api/v2/kudos/transfer", json={"username": f"ben#{ben.id}", "amount": 5}, headers={"apikey": ada.api_key}
    )
    assert given.status_code == 200, given.text
    styles = StyleRoutes(horde)
    oil, rhymes = await styles.add(ben), await styles.add(ben, "text")
    seas = await styles.collect(ben, oil, name="seas")
    await horde.request(ada.api_key, style="seas")
    team = await horde.client.post("/api/v2/teams", json={"name": "Keepers"}, headers={"apikey": ben.api_key})
    message = await horde.client.post(
        "/api/v2/workers/messages", json={"message": "hello"}, headers={"apikey": ada.api_key}
    )
    await horde.folded()
    [(worker_id,)] = await horde.sql("SELECT id FROM worker WHERE kind = 'image'")
    shared = await horde.client.put("/api/v2/sharedkeys", json={"kudos": 50}, headers={"apikey": ada.api_key})
    assert shared.status_code == 200, shared.text
    over = await horde.request()  # streams of others go on
    await horde.cancel(over)
    found = {
        "/v2/sharedkeys/{sharedkey_id}": shared.json()["id"],
        "/v2/generate/check/{id}": image,
        "/v2/generate/status/{id}": image,
        "/v2/generate/text/status/{id}": text,
        "/v2/generate/embedding/status/{id}": await horde.embeddings.request(),
        "/v2/interrogate/status/{id}": interrogation,
        "/v2/generate/events/{id}": over,
        "/v2/generate/text/events/{id}": over,
        "/v2/interrogate/events/{id}": over,
        "/v2/explain/{id}": image,
        "/v2/users/{user_id}": str(ben.id),
        "/v2/workers/{worker_id}": str(worker_id),
        "/v2/workers/name/{worker_name}": "worker",
        "/v2/status/models/{model_name}": "stable_diffusion",
        "/v2/filters/{filter_id}": "1",
        "/v2/workers/messages/{message_id}": str(message.json()["id"]),
        "/v2/teams/{team_id}": str(team.json()["id"]),
        "/v2/operations/ipaddr/{ipaddr}": "1.2.3.4",
        "/v2/styles/image/{style_id}": oil,
        "/v2/styles/image_by_name/{style_name}": "oil",
        "/v2/styles/text/{style_id}": rhymes,
        "/v2/styles/text_by_name/{style_name}": "rhymes",
        "/v2/collections/{collection_id}": seas,
        "/v2/collection_by_name/{collection_name}": "seas",
    }
    document = (await horde.client.get("/api/swagger.json")).json()
    paths = [
        path
        for path, operations in document["paths"].items()
        if "get" in operations and path not in (*OWN_HISTORIES, "/v2/events")  # which does not end
    ]
    unnamed = [path for path in paths if "{" in path and path not in found]
    assert not unnamed, "say what these reads find"

    def address_of(path: str) -> str:
        return "/api" + re.sub(r"\{.*\}", lambda _: found[path], path)

    addresses = [address_of(path) for path in paths]
    for address in addresses:  # what a process asks once only is asked before
        await horde.client.get(address, headers={"apikey": ada.api_key})
    return Reads([*addresses, *BESIDES], ada.api_key)


async def test_no_read_looks_at_a_history(horde: Horde, reads: Reads) -> None:
    """All histories are locked against every look meanwhile: whoever takes one waits."""
    assert len(reads.addresses) > 15
    async with await psycopg.AsyncConnection.connect(horde.dsn) as locked:
        await locked.execute(f"LOCK TABLE {', '.join(HISTORIES)} IN ACCESS EXCLUSIVE MODE".encode())
        waiting = []
        for address in reads.addresses:
            try:
                async with asyncio.timeout(10):
                    answer = await horde.client.get(address, headers={"apikey": reads.key})
                assert answer.status_code in (200, 404), f"{address}: {answer.text}"
            except TimeoutError:
                waiting.append(address)
    assert not waiting


async def test_what_the_fold_counted_is_told(horde: Horde, reads: Reads) -> None:
    """The figures are there although nobody sums anything up."""
    performance = (await horde.client.get("/api/v2/status/performance")).json()
    assert performance["past_minute_megapixelsteps"] > 0
    assert performance["past_minute_tokens"] > 0
    ben = (await horde.client.get(next(each for each in reads.addresses if "/users/" in each))).json()
    assert ben["records"]["fulfillment"] == {"image": 1, "text": 1, "interrogation": 0}
    assert ben["kudos_details"]["received"] == 5
