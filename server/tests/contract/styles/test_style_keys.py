"""Styles that pay, by a shared key of their owner's (styles.md §6)."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from hordes import Horde
from ledger_checks import check_books
from style_routes import StyleRoutes

from horde_server.accounts.creation import NewAccount

NO_KEY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def styles(horde: Horde) -> StyleRoutes:
    return StyleRoutes(horde)


@pytest.fixture
async def ada(horde: Horde) -> NewAccount:
    """Owns style and key."""
    return await horde.account("ada", trusted=True, kudos=1000)


async def a_key(styles: StyleRoutes, owner: NewAccount, **wish: Any) -> str:
    """A shared key."""
    answer = await styles.call("PUT", "sharedkeys", owner, {"kudos": 100, "name": "for oil", **wish})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def payer(horde: Horde, request_id: str) -> int:
    [(account_id,)] = await horde.sql("SELECT account_id FROM request WHERE id = %s", request_id)
    return int(account_id)


@pytest.mark.parametrize("asks", ["another", "anonymous", "nobody's key"])
async def test_the_owner_pays_whoever_asks(horde: Horde, styles: StyleRoutes, ada: NewAccount, asks: str) -> None:
    """§6.2: also where the key that was sent is nobody's; no reward, as it would be to oneself."""
    ben = await horde.account("ben", kudos=1000)
    key = await a_key(styles, ada)
    await styles.add(ada, sharedkey=key)
    sent = {"another": ben.api_key, "anonymous": "0000000000", "nobody's key": "x" * 22}[asks]
    assert await payer(horde, await horde.request(sent, style="oil")) == ada.id
    await horde.folded()
    assert (await horde.user(ada))["kudos"] == 997
    assert (await horde.user(ben))["kudos"] == 1000
    shown = (await styles.call("GET", f"sharedkeys/{key}")).json()
    assert (shown["kudos"], shown["utilized"]) == (97, 3)
    async with await psycopg.AsyncConnection.connect(horde.dsn, autocommit=True) as conn:
        await check_books(conn)


async def test_a_key_of_a_style_pays_for_nothing_else(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    """§6.3: as long as any style has it."""
    key = await a_key(styles, ada)
    first, second = await styles.add(ada, sharedkey=key), await styles.add(ada, name="other", sharedkey=key)
    assert horde.outcome(await horde.ask(key)) == (403, "SharedKeyAssignedStyles")
    assert (await styles.call("DELETE", f"styles/image/{first}", ada)).status_code == 200
    assert horde.outcome(await horde.ask(key)) == (403, "SharedKeyAssignedStyles")
    taken = await styles.call("PATCH", f"styles/image/{second}", ada, {"sharedkey": NO_KEY})
    assert taken.status_code == 200
    assert (await horde.ask(key)).status_code == 202
    assert "shared_key" not in await styles.show(second)


async def test_a_limit_of_the_key_does_not_count_and_its_budget_does(
    horde: Horde, styles: StyleRoutes, ada: NewAccount
) -> None:
    """§6.3: as the owner meant the style to be used."""
    key = await a_key(styles, ada, max_image_steps=1, kudos=20)
    await styles.add(ada, sharedkey=key, params={"steps": 10})
    assert (await horde.ask(style="oil")).status_code == 202
    answer = await horde.ask(style="oil", params={"n": 10})
    assert horde.outcome(answer) == (403, "SharedKeyInsufficientKudos")


@pytest.mark.parametrize("ended", ["empty", "expired", "deleted"])
async def test_a_key_that_pays_no_more_leaves_it_to_who_asks(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ended: str
) -> None:
    """§6.2: the style stays as it is."""
    ben = await horde.account("ben", kudos=1000)
    key = await a_key(styles, ada)
    style_id = await styles.add(ada, sharedkey=key)
    if ended == "deleted":
        assert (await styles.call("DELETE", f"sharedkeys/{key}", ada)).status_code == 200
        assert "shared_key" not in await styles.show(style_id)
    elif ended == "empty":
        assert (await styles.call("PATCH", f"sharedkeys/{key}", ada, {"kudos": 0})).status_code == 200
    else:
        await horde.sql("UPDATE api_key SET expires_at = now() - interval '1 hour' WHERE shared_id = %s::uuid", key)
        await styles.call("PATCH", f"sharedkeys/{key}", ada, {"name": "heard by all"})
    assert await payer(horde, await horde.request(ben.api_key, style="oil")) == ben.id
    assert horde.outcome(await horde.ask("x" * 22, style="oil")) == (401, "InvalidAPIKey")


async def test_only_a_good_key_of_ones_own(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    """§6.1: the original takes anybody's."""
    ben = await horde.account("ben", trusted=True)
    others, empty, expired = await a_key(styles, ben), await a_key(styles, ada, kudos=0), await a_key(styles, ada)
    await horde.sql("UPDATE api_key SET expires_at = now() - interval '1 hour' WHERE shared_id = %s::uuid", expired)
    style_id = await styles.add(ada)
    for key, rc in (
        (others, "SharedKeyInvalid"),
        ("12345678-1234-1234-1234-123456789012", "SharedKeyInvalid"),
        ("x" * 36, "SharedKeyInvalid"),
        (empty, "SharedKeyEmpty"),
        (expired, "SharedKeyExpired"),
    ):
        assert horde.outcome(await styles.try_add(ada, name="new", sharedkey=key)) == (400, rc)
        answer = await styles.call("PATCH", f"styles/image/{style_id}", ada, {"sharedkey": key})
        assert horde.outcome(answer) == (400, rc)
    for wrong in ("x", "x" * 37):
        answer = await styles.try_add(ada, name="new", sharedkey=wrong)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["sharedkey"])
    assert await horde.sql("SELECT count(*) FROM api_key WHERE for_styles") == [(0,)]


async def test_the_key_itself_is_its_owners_to_know(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    """§6.4: on the original anybody reads it from the style, and may give it away."""
    ben = await horde.account("ben")
    key = await a_key(styles, ada, expiry=3)
    style_id = await styles.add(ada, sharedkey=key)
    for path in (f"styles/image/{style_id}", "styles/image_by_name/oil"):
        own = (await styles.call("GET", path, ada)).json()["shared_key"]
        assert own == (await styles.call("GET", f"sharedkeys/{key}")).json()
        for who in (ben, None):
            answer = await styles.call("GET", path, who)
            assert answer.json()["shared_key"] == {**own, "id": NO_KEY}
            assert key not in answer.text
    listed = await styles.call("GET", "styles/image", ada)
    assert key not in listed.text
    assert listed.json()[0]["shared_key"]["name"] == "for oil"


async def test_what_a_key_with_a_budget_pays_for_a_style_counts(
    horde: Horde, styles: StyleRoutes, ada: NewAccount
) -> None:
    """§4.7: the reward of the owner is charged to the key that was sent, and held of it, like the tax."""
    ben = await horde.account("ben", kudos=1000)
    await styles.add(ada)
    key = await a_key(styles, ben, kudos=100)
    request_id = await horde.request(key, style="oil")
    assert await payer(horde, request_id) == ben.id
    await horde.cancel(request_id)
    await horde.folded()
    assert (await styles.call("GET", f"sharedkeys/{key}")).json()["utilized"] == 5
    assert (await horde.user(ada))["kudos_details"]["styled"] == 2
