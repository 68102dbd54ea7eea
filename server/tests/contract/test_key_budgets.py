"""What a key may spend: never more, whatever happens at the same moment on whichever node (keys.md §2.1, §5.5)."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest
from hordes import Horde, StartHorde
from key_routes import call, give, listed, make_key, share_key
from text_routes import TEXT_MODEL

from horde_server.accounts.creation import NewAccount

SMALL: dict[str, Any] = {"models": ["stable_diffusion"], "params": {"width": 512, "height": 512, "steps": 10}}
TAX, TEXT_TAX = 300, 100


@pytest.fixture
async def ada(horde: Horde) -> NewAccount:
    """Whose keys spend."""
    return await horde.account("ada", kudos=100_000, trusted=True, columns={"concurrency": 500})


async def most_of(horde: Horde, request_id: str) -> int:
    """What a request of one job may cost at most, as it was stored, in hundredths."""
    [(job,)] = await horde.sql("SELECT key_job_hundredths FROM request WHERE id = %s", request_id)
    return TAX + int(job)


class TestOneKey:
    async def test_a_budget_covers_what_open_requests_may_still_cost(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §2.1: what is cancelled may be spent again, but for the tax."""
        made = await make_key(horde, ada.api_key, kudos=100)
        key, request_id = made["api_key"], ""
        taken = 0
        while (answer := await horde.ask(key, **SMALL)).status_code == 202:
            taken, request_id = taken + 1, answer.json()["id"]
        most = await most_of(horde, request_id)
        assert taken == 10_000 // most
        assert horde.outcome(answer) == (403, "KeyBudgetExceeded")
        assert answer.json()["required_kudos"] == most / 100
        await horde.cancel(request_id)
        left = 10_000 - taken * most + most - TAX
        assert (await horde.ask(key, **SMALL)).status_code == (202 if left >= most else 403)
        bot = (await listed(horde, ada.api_key))["bot"]
        assert bot["spent"] == pytest.approx(bot["spent_today"])
        assert bot["kudos"] == pytest.approx(100 - bot["spent"])

    async def test_a_day_s_budget_is_there_again_the_next_day(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §2.1: days end at midnight UTC; the whole budget counts all days."""
        made = await make_key(horde, ada.api_key, daily_kudos=13, kudos=21)
        request_id = await horde.request(made["api_key"], **SMALL)
        await horde.submit(ada.api_key, (await horde.job(ada.api_key))["id"])
        await horde.folded()
        assert 700 < await most_of(horde, request_id) < 1050  # a second would be beyond the day, a third beyond all
        answer = await horde.ask(made["api_key"], **SMALL)
        assert horde.outcome(answer) == (403, "KeyBudgetExceeded")
        assert "today" in answer.json()["message"]
        await horde.sql("UPDATE api_key SET spent_on = spent_on - 1 WHERE id = %s", made["id"])
        await horde.request(made["api_key"], **SMALL)
        await horde.sql("UPDATE api_key SET spent_on = spent_on - 1 WHERE id = %s", made["id"])
        answer = await horde.ask(made["api_key"], **SMALL)
        assert horde.outcome(answer) == (403, "KeyBudgetExceeded")
        assert "today" not in answer.json()["message"]

    async def test_what_was_made_yesterday_is_yesterday_s(self, horde: Horde, ada: NewAccount) -> None:
        """Of a batch that is from two days the later one counts; one that comes late changes no day after it."""
        made = await make_key(horde, ada.api_key, daily_kudos=1000)

        async def charge(*days_and_amounts: tuple[int, int]) -> tuple[Any, ...]:
            await horde.sql(
                """INSERT INTO ledger_inbox (created_at, event_id, kind, payer, payee, amount_hundredths, key_id)
                   SELECT now() - make_interval(days => day), gen_random_uuid(), 'job_tax', 2, -2, amount, %s
                   FROM unnest(%s::int[], %s::int[]) AS charged (day, amount)""",
                made["id"], [day for day, _ in days_and_amounts], [amount for _, amount in days_and_amounts],
            )  # fmt: skip
            await horde.folded()
            query = """SELECT spent_hundredths, spent_today_hundredths, (now() AT TIME ZONE 'UTC')::date - spent_on
                       FROM api_key WHERE id = %s"""
            return (await horde.sql(query, made["id"]))[0]

        assert await charge((2, 5), (1, 7)) == (12, 7, 1)
        assert await charge((1, 1), (0, 10), (0, 20), (2, 2)) == (45, 30, 0)
        assert await charge((1, 100)) == (145, 30, 0)

    async def test_forms_are_held_too(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §2.1: an interrogation as a whole."""
        made = await make_key(horde, ada.api_key, kudos=7)
        key = made["api_key"]
        assert horde.outcome(await horde.alchemy.ask("caption", "nsfw", "interrogation", "GFPGAN", key=key)) == (
            403,
            "KeyBudgetExceeded",
        )
        assert await horde.sql("SELECT 1 FROM request") == []
        assert (await horde.alchemy.ask("caption", "nsfw", key=key)).status_code == 202
        assert horde.outcome(await horde.alchemy.ask("interrogation", key=key)) == (403, "KeyBudgetExceeded")

    async def test_for_any_model_the_dearest_is_reckoned(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §5.5: so whoever delivers with whichever model stays within."""
        worker = await horde.account("worker", trusted=True)
        made = await make_key(horde, ada.api_key, kudos=200)
        request_id = await horde.request(made["api_key"], **{**SMALL, "models": []})
        job = await horde.job(worker.api_key, models=["Stable Cascade 1.0"])
        await horde.submit(worker.api_key, job["id"])
        await horde.folded()
        [(spent,)] = await horde.sql("SELECT spent_hundredths FROM api_key WHERE id = %s", made["id"])
        assert TAX < spent < await most_of(horde, request_id)
        poor = await make_key(horde, ada.api_key, kudos=20)
        assert horde.outcome(await horde.ask(poor["api_key"], **{**SMALL, "models": []})) == (403, "KeyBudgetExceeded")
        await horde.request(poor["api_key"], **SMALL)

    async def test_texts_cost_at_most_what_was_held(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §5.5: of full length, by the dearest model that was named."""
        made = await make_key(horde, ada.api_key, kudos=50)
        await horde.texts.request(made["api_key"], models=[TEXT_MODEL], params={"max_length": 16})
        job = await horde.texts.job(ada.api_key)
        await horde.texts.submit(ada.api_key, job["id"], generation="a" * 400)
        await horde.folded()
        [(spent, most)] = await horde.sql(
            "SELECT spent_hundredths, key_job_hundredths FROM api_key JOIN request ON key_id = api_key.id"
        )
        assert spent == TEXT_TAX + most

    async def test_a_budget_is_what_may_be_spent_from_now_on(self, horde: Horde, ada: NewAccount) -> None:
        """keys.md §2.1: also while charges are on their way to the counters."""
        made = await make_key(horde, ada.api_key, kudos=50)
        for _ in range(3):
            await horde.cancel(await horde.request(made["api_key"], **SMALL))
        answer = await call(horde, "PATCH", f"keys/{made['id']}", ada.api_key, {"kudos": 20})
        assert (answer.json()["kudos"], answer.json()["spent"]) == (20, 9)
        await horde.folded()
        assert (await listed(horde, ada.api_key))["bot"]["kudos"] == 20

    async def test_a_key_without_a_budget_counts_what_it_spent(self, horde: Horde, ada: NewAccount) -> None:
        """Also what is on its way to the counters: keys.md §1.3."""
        made = await make_key(horde, ada.api_key)
        await horde.request(made["api_key"], **SMALL)
        await horde.request(ada.api_key, **SMALL)
        keys = await listed(horde, ada.api_key)
        assert [(keys[name]["spent"], "kudos" in keys[name]) for name in ("main", "bot")] == [(3, False), (3, False)]


async def test_of_many_requests_at_once_on_two_nodes_so_many_are_taken_as_the_budget_covers(
    start_horde: StartHorde,
) -> None:
    """keys.md §5.5: for keys of one's own and shared ones, images and texts."""
    nodes = [await start_horde(), await start_horde()]
    ada = await nodes[0].account("ada", kudos=100_000, columns={"concurrency": 500})
    for kind in ("own", "shared"):
        if kind == "own":
            key = (await make_key(nodes[0], ada.api_key, kudos=100))["api_key"]
        else:
            key = (await share_key(nodes[0], ada.api_key, kudos=100))["id"]
        answers = await asyncio.gather(*(nodes[number % 2].ask(key, **SMALL) for number in range(30)))
        outcomes = Counter(answer.status_code for answer in answers)
        request_id = next(answer.json()["id"] for answer in answers if answer.status_code == 202)
        most = await most_of(nodes[0], request_id)
        assert outcomes == {202: 10_000 // most, 403: 30 - 10_000 // most}


class _Life:
    """Two nodes where everything happens at once, by chance."""

    def __init__(self, nodes: list[Horde], seed: int) -> None:
        self.nodes = nodes
        self.chance = random.Random(seed)
        self.outcomes: Counter[str] = Counter()
        self.requests: list[str] = []
        self.granted: dict[int, int] = {}  # hundredths that each key might ever spend, by its number

    def node(self) -> Horde:
        return self.chance.choice(self.nodes)

    async def ask(self, key: str) -> None:
        node, params = self.node(), {**SMALL["params"], "n": self.chance.randint(1, 3)}
        answer = await node.ask(
            key,
            models=self.chance.choice([["stable_diffusion"], ["stable_diffusion", "SDXL 1.0"], []]),
            params=params,
            allow_downgrade=self.chance.random() < 0.2,
            slow_workers=self.chance.random() < 0.7,
        )
        self.outcomes[f"asked {answer.json().get('rc') or answer.status_code}"] += 1
        if answer.status_code == 202:
            self.requests.append(answer.json()["id"])

    async def work(self, key: str, name: str) -> None:
        job = (await self.node().try_pop(key, name, amount=2, nsfw=True)).json()
        for job_id in job.get("ids") or []:
            state = self.chance.choice(["ok", "ok", "ok", "censored", "faulted", "kept"])
            if state == "kept":  # its lease runs out
                await self.nodes[0].sql("UPDATE job SET deadline = now() - interval '1 s' WHERE id = %s", job_id)
                continue
            answer = await self.node().try_submit(key, job_id, state=state)
            self.outcomes[f"{state} {answer.status_code}"] += 1

    async def cancel(self) -> None:
        if self.requests:
            await self.node().client.delete(f"/api/v2/generate/status/{self.chance.choice(self.requests)}")

    async def expire(self) -> None:
        if self.requests:
            request_id = self.chance.choice(self.requests)
            await self.nodes[0].sql("UPDATE request SET expires_at = now() WHERE id = %s", request_id)


async def _check_budgets(life: _Life) -> None:
    """No key has been charged, or may be, more than it was ever given."""
    horde = life.nodes[0]
    for key_id, granted in life.granted.items():
        [(charged, held)] = await horde.sql(
            """SELECT (SELECT coalesce(sum(amount_hundredths), 0) FROM (
                           SELECT amount_hundredths, key_id FROM ledger_inbox
                           UNION ALL SELECT amount_hundredths, key_id FROM ledger_entry) AS every WHERE key_id = %s),
                      (SELECT coalesce(sum(key_job_hundredths * (waiting + processing)), 0) FROM request
                       WHERE key_id = %s AND (waiting > 0 OR processing > 0))""",
            key_id, key_id,
        )  # fmt: skip
        assert charged + held <= granted, (key_id, charged, held, granted)


@pytest.mark.parametrize("seed", range(3))
async def test_no_order_of_things_takes_a_key_beyond_its_budget(start_horde: StartHorde, seed: int) -> None:
    """keys.md §5.5: requests, deliveries, faults, leases that run out, cancels, expiries, downgrades, gifts."""
    life = _Life([await start_horde(), await start_horde()], seed)
    first = life.nodes[0]
    ada = await first.account("ada", kudos=100_000, columns={"concurrency": 500})
    eve = await first.account("eve", kudos=100_000, trusted=True)
    keys = []
    for kudos in (40, 150):
        own = await make_key(first, ada.api_key, kudos=kudos, daily_kudos=120)
        life.granted[own["id"]] = min(kudos, 120) * 100
        shared = await share_key(first, ada.api_key, kudos=kudos)
        [(shared_id,)] = await first.sql("SELECT id FROM api_key WHERE shared_id = %s", shared["id"])
        life.granted[shared_id] = kudos * 100
        keys += [own["api_key"], shared["id"]]
    for turn in range(12):
        things = [life.ask(life.chance.choice(keys)) for _ in range(8)]
        things += [life.work(eve.api_key, f"worker {number}") for number in range(3)]
        things += [life.cancel(), life.expire()]
        life.chance.shuffle(things)
        await asyncio.gather(*things)
        await _check_budgets(life)
        if turn == 6:  # a gift: the last shared key may spend so much more
            life.granted[shared_id] += 2000
            assert await give(life.node(), eve.api_key, keys[-1], 20) == (200, None)
    await first.folded()
    await _check_budgets(life)
    for key_id, granted in life.granted.items():
        [(spent, charged)] = await first.sql(
            """SELECT spent_hundredths, (SELECT coalesce(sum(amount_hundredths), 0) FROM ledger_entry
                                         WHERE key_id = api_key.id) FROM api_key WHERE id = %s""",
            key_id,
        )
        assert spent == charged <= granted
    [(total,)] = await first.sql("SELECT sum(balance_hundredths) FROM ledger_balance")
    assert total == 0
    refused = life.outcomes["asked KeyBudgetExceeded"] + life.outcomes["asked SharedKeyInsufficientKudos"]
    assert life.outcomes["asked 202"] > 10
    assert refused > 5
    assert life.outcomes["ok 200"] > 3
    assert life.outcomes["faulted 200"] + life.outcomes["censored 200"] > 0
