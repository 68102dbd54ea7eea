"""Whatever happens at once on two servers, the books are right (kudos.md §8.1 to §8.3, §11.1).

Each history is made of groups; what stands in one group happens at the same moment, now on this server, now on that.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hordes import Horde, running_horde
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from key_routes import make_key
from style_routes import StyleRoutes

from horde_server.accounts.creation import NewAccount
from horde_server.database.pool import open_pool
from horde_server.kudos.grants import Grants
from horde_server.kudos.proof import prove

RICH, POOR = 4, 2
BUDGET = 30
START = {True: 20_000, False: 0}


@dataclass
class World:
    """Two servers on one database, the accounts, and what was told about their kudos."""

    nodes: list[Horde]
    grants: Grants
    admin: NewAccount
    accounts: list[NewAccount]
    random: random.Random
    keys: list[str]  # of a rich account each; a budget of 30 kudos
    requests: list[str] = field(default_factory=list)
    given: Counter[int] = field(default_factory=Counter)  # what transfers told, by account
    adjusted: Counter[int] = field(default_factory=Counter)
    rewards: Counter[int] = field(default_factory=Counter)  # hundredths that submits told
    delivered: int = 0
    styled: int = 0  # requests in the style of the first account by others
    granted: set[int] = field(default_factory=set)

    def node(self) -> Horde:
        return self.random.choice(self.nodes)

    def somebody(self) -> int:
        return self.random.randrange(len(self.accounts))


async def ask(world: World) -> None:
    """Sometimes with kudos held."""
    account = world.accounts[world.somebody()]
    answer = await world.node().ask(
        account.api_key,
        params={"width": 64, "height": 64, "steps": world.random.randint(1, 5), "n": world.random.randint(1, 3)},
        slow_workers=world.random.random() < 0.5,
        models=["stable_diffusion"],
    )
    assert answer.status_code in (202, 403, 429), answer.text
    if answer.status_code == 202:
        world.requests.append(answer.json()["id"])


async def ask_in_style(world: World) -> None:
    """Two kudos more, which are the style's owner's, if the asker has them."""
    asker = world.somebody()
    answer = await world.node().ask(world.accounts[asker].api_key, style="oil", params={"n": 1})
    assert answer.status_code in (202, 403, 429), answer.text
    if answer.status_code == 202:
        world.requests.append(answer.json()["id"])
        world.styled += asker != 0


async def ask_by_key(world: World) -> None:
    """By a key that may spend thirty kudos in all."""
    answer = await world.node().ask(
        world.random.choice(world.keys),
        params={"width": 64, "height": 64, "steps": 2, "n": world.random.randint(1, 2)},
        models=["stable_diffusion"],
    )
    assert answer.status_code in (202, 403, 429), answer.text
    if answer.status_code == 202:
        world.requests.append(answer.json()["id"])


async def serve(world: World) -> None:
    """A job is handed in to both servers at once: one of them takes it."""
    who = world.somebody()
    account = world.accounts[who]
    popped = await world.node().try_pop(account.api_key, f"worker of {who}", threads=5)
    if popped.status_code != 200 or popped.json()["id"] is None:
        return
    state = world.random.choice(["ok", "ok", "ok", "censored", "faulted"])
    answers = await asyncio.gather(
        *(node.try_submit(account.api_key, popped.json()["id"], state=state) for node in world.nodes)
    )
    taken = [answer.json()["reward"] for answer in answers if answer.status_code == 200]
    if state == "faulted":
        assert set(taken) <= {0}
        return
    assert len(taken) <= 1, "a job is paid once"
    world.delivered += len(taken)
    world.rewards[who] += sum(round(100 * reward) for reward in taken)


async def cancel(world: World) -> None:
    if world.requests:
        request_id = world.random.choice(world.requests)
        answer = await world.node().client.delete(f"/api/v2/generate/status/{request_id}")
        assert answer.status_code in (200, 404), answer.text


async def transfer(world: World) -> None:
    giver, receiver = world.somebody(), world.somebody()
    amount = world.random.choice([1, 7, 5_000, 12_000])
    answer = await world.node().client.post(
        "/api/v2/kudos/transfer",
        json={"username": world.accounts[receiver].alias, "amount": amount},
        headers={"apikey": world.accounts[giver].api_key},
    )
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        world.given[giver] -= amount
        world.given[receiver] += amount


async def adjust(world: World) -> None:
    who, change = world.somebody(), world.random.choice([-3, 50])
    answer = await world.node().client.put(
        f"/api/v2/users/{world.accounts[who].id}", json={"kudos": change}, headers={"apikey": world.admin.api_key}
    )
    assert answer.status_code == 200, answer.text
    world.adjusted[who] += change


async def grant(world: World) -> None:
    """Somebody is entitled, and both servers look at once."""
    who = world.somebody()
    await world.nodes[0].sql("UPDATE account SET monthly_kudos = 11 WHERE id = %s", world.accounts[who].id)
    world.granted.add(who)
    await asyncio.gather(world.grants.pay(), world.grants.pay())


async def grow_old(world: World) -> None:
    """Whoever has earned enough is trusted by the next fold."""
    await world.nodes[0].sql(
        "UPDATE account SET created_at = now() - interval '8 days' WHERE id = %s", world.accounts[world.somebody()].id
    )


async def delete_and_bring_back(world: World) -> None:
    """An account is scheduled for deletion, and comes back."""
    account_id = world.accounts[world.somebody()].id
    await world.nodes[0].sql("UPDATE account SET deleted = true WHERE id = %s", account_id)
    await world.nodes[0].sql("UPDATE account SET deleted = false WHERE id = %s", account_id)


ACTS: dict[str, Callable[[World], Awaitable[None]]] = {
    act.__name__: act
    for act in (ask, ask_in_style, ask_by_key, serve, cancel, transfer, adjust, grant, grow_old, delete_and_bring_back)
}
histories = st.lists(
    st.lists(st.sampled_from([*ACTS, "ask", "ask_by_key", "serve", "serve", "transfer"]), min_size=5, max_size=9),
    min_size=5, max_size=9,
)  # fmt: skip


async def live(dsn: str, folder: Path, history: list[list[str]], seed: int) -> None:
    chosen = {"_env_file": None, "data": folder, "admins": ["root#1"], "kudos_trust_threshold": 1}
    pool = await open_pool(dsn, size=2)
    try:
        async with AsyncExitStack() as stack:
            async with pool.connection() as conn:
                await conn.execute(
                    "TRUNCATE ledger_inbox, ledger_entry, ledger_balance, ledger_day, kudos_bucket, kudos_transfer,"
                    " account_record, worker, request, job, style, style_use CASCADE;"
                    "DELETE FROM api_key; DELETE FROM account WHERE id > 0;"
                    "ALTER TABLE account ALTER COLUMN id RESTART"
                )
            nodes = [await stack.enter_async_context(running_horde(dsn, chosen)) for _ in range(2)]
            admin = await nodes[0].account("root", moderator=True, kudos=1)
            rich = [await nodes[0].account(f"rich{number}", kudos=START[True]) for number in range(RICH)]
            poor = [await nodes[0].account(f"poor{number}") for number in range(POOR)]
            await nodes[0].sql("UPDATE account SET customizer = true WHERE id = %s", rich[0].id)
            await StyleRoutes(nodes[0]).add(rich[0], params={"width": 64, "height": 64, "steps": 2})
            await nodes[0].sql("UPDATE account SET moderator = false WHERE id > 1")
            await nodes[0].sql("UPDATE account SET monthly_kudos_last_received = now()")
            await nodes[0].sql("UPDATE account SET monthly_kudos_last_received = NULL WHERE id > 1")
            keys = [(await make_key(nodes[0], one.api_key, kudos=BUDGET))["api_key"] for one in rich[:2]]
            world = World(nodes, Grants(pool), admin, [*rich, *poor], random.Random(seed), keys)
            for group in history:
                await asyncio.gather(*(ACTS[name](world) for name in group))
            await nodes[0].folded()
            await world.grants.pay()  # a grant leaves out who is being changed just then, until it looks again
            await nodes[0].folded()
            await check(world, pool)
    finally:
        await pool.close()


async def check(world: World, pool: Any) -> None:
    """The proof, and sums of our own of what was told."""
    async with pool.connection() as conn:
        assert [found.wrong async for found in prove(conn) if found.wrong is not None] == []
    sql = world.nodes[0].sql
    assert (await sql("SELECT coalesce(sum(balance_hundredths), 0)::int FROM ledger_balance")) == [(0,)]
    for who, account in enumerate(world.accounts):
        buckets = dict(
            await sql("SELECT bucket, amount_hundredths FROM kudos_bucket WHERE account_id = %s", account.id)
        )
        start = START[who < RICH]
        assert buckets.get("gifted", 0) + buckets.get("received", 0) == 100 * world.given[who], "no transfer is lost"
        assert buckets.get("admin", 0) == 100 * (start + world.adjusted[who]), "no adjustment is lost"
        assert buckets.get("recurring", 0) == (1_100 if who in world.granted else 0), "a month is paid once"
        [(balance, generated)] = await sql(
            "SELECT coalesce((SELECT balance_hundredths FROM ledger_balance WHERE ledger_account = %s), 0),"
            " coalesce((SELECT sum(kudos_generated_hundredths)::bigint FROM worker WHERE account_id = %s), 0)",
            2 * account.id, account.id,
        )  # fmt: skip
        assert generated == world.rewards[who], "every reward that was told was paid, and no other"
        assert balance == 0 or balance >= 2_500, "nobody is below the floor"
    spent = await sql("SELECT spent_hundredths, budget_hundredths FROM api_key WHERE budget_hundredths IS NOT NULL")
    assert len(spent) == 2
    assert [one for one in spent if one[0] > one[1] or one[1] != 100 * BUDGET] == [], "no budget is exceeded"
    [(styled,)] = await sql("SELECT coalesce(sum(amount_hundredths), 0)::int FROM kudos_bucket WHERE bucket = 'styled'")
    [(counted,)] = await sql("SELECT coalesce(sum(value), 0)::int FROM account_record WHERE record = 'style'")
    assert styled == 200 * counted, "every use of a style that is paid is counted"
    assert counted <= world.styled, "none is paid twice; who has nothing pays nothing"
    [(delivered,)] = await sql("SELECT coalesce(sum(fulfilments), 0)::int FROM worker")
    assert delivered == world.delivered


@settings(
    max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(history=histories, seed=st.integers(0, 10**6))
def test_books_are_right_whatever_happens_at_once(
    database_dsn: str, tmp_path_factory: pytest.TempPathFactory, history: list[list[str]], seed: int
) -> None:
    asyncio.run(live(database_dsn, tmp_path_factory.mktemp("horde"), history, seed))
