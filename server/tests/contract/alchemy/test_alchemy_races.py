"""Everybody at once on two nodes: requesters who cancel, alchemists who deliver, fault and die (promise 2)."""

from __future__ import annotations

import asyncio
import random

from hordes import Horde, StartHorde

FORMS = ("caption", "nsfw", "palette", "describe")
INTERROGATIONS, ALCHEMISTS = 15, 6


async def test_nothing_is_lost_or_paid_twice_when_everybody_acts_at_once(horde: Horde, start_horde: StartHorde) -> None:
    """alchemy.md §5–8: every form ends in one state, is paid at most once, and no answer is a 5xx."""
    nodes = (horde, await start_horde())
    ada = await horde.account("ada", kudos=10_000)
    owners = [await horde.account(f"owner {number}", trusted=True) for number in range(ALCHEMISTS)]
    asked = [await nodes[number % 2].alchemy.request(*FORMS, key=ada.api_key) for number in range(INTERROGATIONS)]
    chance = random.Random(5)
    doomed = asked[::3]
    popped: list[str] = []
    answers: list[int] = []

    async def alchemist(number: int) -> None:
        key, empty_handed = owners[number].api_key, 0
        while empty_handed < 3:
            here, there = chance.sample(nodes, 2)
            answer = await here.alchemy.try_pop(key, *FORMS, name=f"alchemist {number}", amount=3)
            answers.append(answer.status_code)
            forms = answer.json()["forms"] or ()
            empty_handed = 0 if forms else empty_handed + 1
            for form in forms:
                popped.append(form["id"])
                fate = chance.random()
                if fate < 0.1:
                    continue  # it dies with the form
                body = {"state": "faulted"} if fate < 0.2 else {}
                for node in (there, here)[: 2 if fate > 0.9 else 1]:
                    submitted = await node.alchemy.try_submit(key, form["id"], **body)
                    answers.append(submitted.status_code)

    async def requester() -> None:
        for interrogation in doomed:
            await asyncio.gather(*(node.alchemy.cancel(interrogation) for node in nodes))

    async def impatience() -> None:
        for _ in range(10):
            await horde.sql(
                "UPDATE job SET deadline = now() - interval '1 s' WHERE state = 'processing'"
                " AND started_at < now() - interval '100 ms'"
            )
            await asyncio.sleep(0)

    await asyncio.gather(*map(alchemist, range(ALCHEMISTS)), requester(), impatience())
    assert not [status for status in answers if status >= 500]
    assert len(set(popped)) == len(popped)
    await horde.sql("UPDATE job SET deadline = now() - interval '1 s' WHERE state = 'processing'")

    async def is_at_rest() -> bool:
        return (await horde.sql("SELECT count(*) FROM job WHERE state = 'processing'"))[0][0] == 0

    await horde.until(is_at_rest, "the sweep")
    await horde.folded()
    for interrogation in doomed:
        assert set((await horde.alchemy.states(interrogation))[1]) <= {"done", "cancelled"}
    ((done, paid, most),) = await horde.sql(
        """SELECT (SELECT count(*) FROM job WHERE state = 'done'),
                  (SELECT count(*) FROM ledger WHERE kind = 'job_tax'),
                  (SELECT max(times) FROM (SELECT count(*) AS times FROM ledger WHERE kind = 'job_tax'
                                           GROUP BY request_id) AS paid)"""
    )
    assert (paid, most) == (done, 1)
    assert (await horde.user(ada))["kudos"] == 10_000 - 2 * done
    assert await horde.sql("SELECT sum(balance_hundredths) FROM ledger_balance") == [(0,)]
    miscounted = await horde.sql(
        "SELECT id FROM request WHERE waiting + processing + finished > jobs OR finished <>"
        " (SELECT count(*) FROM job WHERE job.request_id = request.id AND job.state = 'done')"
    )
    assert miscounted == []
