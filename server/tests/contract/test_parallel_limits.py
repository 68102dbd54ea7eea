"""Limits hold for calls at the same moment as they do for calls one after the other."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import Awaitable, Iterable

import httpx
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount

LIMIT = 30  # jobs that an account may have waiting, unless it was given more


async def outcomes(calls: Iterable[Awaitable[httpx.Response]]) -> Counter[int]:
    """All at once; how many were answered with which status."""
    return Counter(answer.status_code for answer in await asyncio.gather(*calls))


async def waiting_jobs(horde: Horde, account: NewAccount) -> int:
    """Jobs of an account that wait."""
    [(waiting,)] = await horde.sql("SELECT coalesce(sum(waiting), 0) FROM request WHERE account_id = %s", account.id)
    return int(waiting)


async def test_of_sixty_image_requests_at_once_thirty_are_taken(horde: Horde) -> None:
    """Images: 30 waiting jobs, not one more."""
    asker = await horde.account("asker")
    assert await outcomes(horde.ask(asker.api_key) for _ in range(60)) == {202: LIMIT, 429: 60 - LIMIT}
    assert await waiting_jobs(horde, asker) == LIMIT


async def test_of_twenty_requests_for_twenty_images_one_is_taken(horde: Horde) -> None:
    """Jobs are counted, not requests."""
    asker = await horde.account("asker")
    answers = await outcomes(horde.ask(asker.api_key, params={"n": 20}) for _ in range(20))
    assert answers == {202: 1, 429: 19}
    assert await waiting_jobs(horde, asker) == 20


async def test_requests_with_sources_wait_for_their_place_before_their_picture_is_looked_at(horde: Horde) -> None:
    """A refused one leaves no picture behind: its place was refused before."""
    asker = await horde.account("asker", columns={"concurrency": 2})
    source = base64.b64encode(horde.picture()).decode()
    answers = await outcomes(horde.ask(asker.api_key, source_image=source) for _ in range(10))
    assert answers == {202: 2, 429: 8}
    assert len(list((horde.settings.data / "blobs").rglob("*.webp"))) == 2


async def test_of_sixty_text_requests_at_once_thirty_are_taken(horde: Horde) -> None:
    """Texts: the same."""
    asker = await horde.account("asker")
    assert await outcomes(horde.texts.ask(asker.api_key) for _ in range(60)) == {202: LIMIT, 429: 60 - LIMIT}
    assert await waiting_jobs(horde, asker) == LIMIT


async def test_open_forms_are_limited_at_once_as_well(horde: Horde) -> None:
    """Alchemy: ten times the concurrency, in forms."""
    asker = await horde.account("asker", columns={"concurrency": 1})
    answers = await outcomes(horde.alchemy.ask("caption", "nsfw", key=asker.api_key) for _ in range(12))
    assert answers == {202: 5, 429: 7}
    assert await waiting_jobs(horde, asker) == 10


async def test_anonymous_has_its_limit_for_each_model(horde: Horde) -> None:
    """Everybody's account: one model's crowd takes no places of another's."""
    await horde.sql("UPDATE account SET concurrency = 3 WHERE id = 0")
    asked = [horde.ask(models=[model]) for model in ("Deliberate", "stable_diffusion") for _ in range(6)]
    assert await outcomes(asked) == {202: 6, 429: 6}


async def test_a_refused_request_gives_its_places_back(horde: Horde) -> None:
    """However it fails after it took them: by a wrong picture here."""
    asker = await horde.account("asker", columns={"concurrency": 5})
    answers = await outcomes(horde.ask(asker.api_key, source_image="bm8gcGljdHVyZQ==") for _ in range(5))
    assert answers == {400: 5}
    assert await outcomes(horde.ask(asker.api_key) for _ in range(6)) == {202: 5, 429: 1}


async def test_a_dry_run_takes_no_place(horde: Horde) -> None:
    """It asks for a price and leaves nothing waiting."""
    asker = await horde.account("asker", columns={"concurrency": 5})
    asked = [horde.ask(asker.api_key, params={"n": 5}, dry_run=True) for _ in range(8)]
    answers = await outcomes([*asked, horde.ask(asker.api_key, params={"n": 5})])
    assert answers == {200: 8, 202: 1}


async def test_of_forty_new_workers_at_once_four_are_created(horde: Horde) -> None:
    """An untrusted account: 4 workers, as one after the other."""
    owner = await horde.account("owner")
    answers = await outcomes(horde.try_pop(owner.api_key, f"worker {number}") for number in range(40))
    assert answers == {200: 4, 403: 36}
    assert await horde.sql("SELECT count(*) FROM worker") == [(4,)]


async def test_new_workers_are_limited_across_kinds_and_nodes(start_horde: StartHorde) -> None:
    """The database counts: images, texts and alchemists, on two nodes."""
    horde, other = await start_horde(), await start_horde()
    owner = await horde.account("owner")
    answers = await outcomes(
        call
        for number in range(8)
        for node in (horde, other)
        for call in (
            node.try_pop(owner.api_key, f"painter {number} {id(node)}"),
            node.texts.try_pop(owner.api_key, f"scribe {number} {id(node)}"),
            node.alchemy.try_pop(owner.api_key, "caption", name=f"alchemist {number} {id(node)}"),
        )
    )
    assert answers == {200: 4, 403: 44}


async def test_what_untrusted_accounts_share_on_an_address_holds_at_once(horde: Horde) -> None:
    """21 workers on a public address, of however many accounts."""
    owners = [await horde.account(f"owner {number}") for number in range(12)]
    answers = await outcomes(
        horde.client.post(
            "/api/v2/generate/pop",
            json={"name": f"{owner.id} {number}", "models": ["stable_diffusion"]},
            headers={"apikey": owner.api_key, "X-Forwarded-For": "8.8.4.4"},
        )
        for owner in owners
        for number in range(3)
    )
    assert answers == {200: 21, 403: 15}


async def test_one_new_name_popped_for_at_once_is_one_worker(horde: Horde) -> None:
    """Of one owner all are served; the worker exists once."""
    owner = await horde.account("owner")
    assert await outcomes(horde.try_pop(owner.api_key, "twin") for _ in range(20)) == {200: 20}
    assert await horde.sql("SELECT count(*) FROM worker") == [(1,)]
