"""GET /users: pages of users by kudos or age (accounts.md §3.6)."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde

from horde_server.accounts import ranking
from horde_server.accounts.answers import UserDetails

MANY = 30


async def page(horde: Horde, number: int | None = None, **query: Any) -> list[dict[str, Any]]:
    """A page of users."""
    answer = await horde.client.get("/api/v2/users", params={**query, **({"page": number} if number else {})})
    assert answer.status_code == 200, answer.text
    return list(answer.json())


async def make_many(horde: Horde, count: int = MANY) -> None:
    """Accounts 1, 2, 3 … with as many hundreds of kudos as their number."""
    await horde.sql("INSERT INTO account (username) SELECT 'user' FROM generate_series(1, %s)", count)
    await horde.sql(
        """INSERT INTO ledger_inbox (event_id, kind, payer, payee, amount_hundredths)
           SELECT gen_random_uuid(), 'admin_adjustment', -4, 2 * id, id * 10000 FROM account WHERE id > 0"""
    )
    await horde.folded()


def ids(users: list[dict[str, Any]]) -> list[int]:
    """Their numbers."""
    return [user["id"] for user in users]


async def test_the_richest_stand_first_25_on_a_page(horde: Horde) -> None:
    """§3.6: by kudos, 25 a page; Anonymous stands among them; none beyond the last."""
    await make_many(horde)
    assert ids(await page(horde)) == list(range(MANY, MANY - 25, -1))
    assert ids(await page(horde, 2)) == [5, 4, 3, 2, 1, 0]
    assert await page(horde, 3) == []


async def test_kudos_move_users_at_once(horde: Horde) -> None:
    """§3.6: the order is that of the balances as they are folded."""
    await make_many(horde, 3)
    assert ids(await page(horde))[:3] == [3, 2, 1]
    await horde.sql(
        """INSERT INTO ledger_inbox (event_id, kind, payer, payee, amount_hundredths)
           VALUES (gen_random_uuid(), 'admin_adjustment', -4, 2, 1000000)"""
    )
    await horde.folded()
    users = await page(horde)
    assert ids(users)[:3] == [1, 3, 2]
    assert users[0]["kudos"] == 10100


async def test_the_oldest_stand_first_when_asked_for(horde: Horde) -> None:
    """§3.6: `age`; any other order is that of kudos."""
    await make_many(horde)
    assert ids(await page(horde, sort="age")) == list(range(25))
    assert ids(await page(horde, 2, sort="age")) == list(range(25, MANY + 1))
    assert ids(await page(horde, sort="name")) == ids(await page(horde))


@pytest.mark.parametrize("number", [-1, -(2**31) + 1])
async def test_pages_before_the_first_are_the_first(horde: Horde, number: int) -> None:
    assert ids(await page(horde, number)) == ids(await page(horde, 1)) == [0]


async def test_pages_beyond_the_most_are_empty_and_what_is_no_page_is_refused(horde: Horde) -> None:
    """§3.6: beyond 10,000 none; no number, or one that nobody means: 400 with the name."""
    assert await page(horde, 10_001) == []
    for wrong in ("x", "1.5", str(2**31), "9" * 5000):
        answer = await horde.client.get("/api/v2/users", params={"page": wrong})
        assert answer.status_code == 400, wrong
        assert "page" in answer.json()["errors"]
    assert (await horde.client.get("/api/v2/users", params={"sort": "k" * 31})).status_code == 400


async def test_every_field_is_there_and_nothing_private(horde: Horde) -> None:
    """§3.6: what is not told to everybody is null, `active_generations` and `monthly_kudos` are empty."""
    ada = await horde.account("ada", kudos=500, columns={"contact": "ada@example.org", "public_workers": True})
    await horde.request(ada.api_key)
    [user] = [user for user in await page(horde) if user["id"] == ada.id]
    UserDetails.model_validate(user, strict=True)
    assert user["worker_ids"] == []
    assert (user["active_generations"], user["monthly_kudos"]) == ({}, {})
    for name in ("sharedkey_ids", "contact", "vpn", "special", "evaluating_kudos", "suspicious", "admin_comment",
                 "proxy_passkey"):  # fmt: skip
        assert user[name] is None
    single = (await horde.client.get(f"/api/v2/users/{ada.id}")).json()
    assert {name: user[name] for name in single if name != "account_age"} == {
        name: value for name, value in single.items() if name != "account_age"
    }


async def test_a_page_far_behind_is_found_from_a_remembered_place(
    horde: Horde, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§3.6: pages are the same whether they are counted off from the first user or from a place on the way."""
    await make_many(horde, 60)
    exact = [ids(await page(horde, number, sort=sort)) for sort in ("kudos", "age") for number in (1, 2, 3, 4)]
    monkeypatch.setattr(ranking, "STRETCH", 25)
    by_places = [ids(await page(horde, number, sort=sort)) for sort in ("kudos", "age") for number in (1, 2, 3, 4)]
    assert by_places == exact
    assert exact[3] == []


async def test_a_list_sorts_nothing(horde: Horde) -> None:
    """Each statement walks an index: no sort of all users, and no look at all of their rows."""
    await horde.sql("INSERT INTO account (username) SELECT 'user' FROM generate_series(1, 20000)")
    await horde.sql("UPDATE account_rank SET balance_hundredths = account_id * 7 %% 1000")
    await horde.sql("VACUUM ANALYZE account_rank")
    for ordered in ("balance_hundredths DESC, account_id DESC", "account_id"):
        plan = await horde.sql(f"EXPLAIN SELECT account_id FROM account_rank ORDER BY {ordered} OFFSET 2475 LIMIT 25")
        text = "\n".join(row[0] for row in plan)
        assert "Index Only Scan" in text
        assert "Sort" not in text
