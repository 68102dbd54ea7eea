"""Sixty days of a horde by a moved clock, against sums of our own (kudos.md §1, §5, §6, §7, statistics.md §1, §2).

The horde's own code does what it does: settlements, check-ins that pay for uptime, transfers, monthly grants, floors,
promotion, statistics. `Books` knows the rules as they are written down, in plain Python, and shares no code with it.
"""

from __future__ import annotations

import asyncio
import calendar
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from ledger_checks import add_account, balances, fold_all
from moved_clock import MovedClock

from horde_server.database.pool import Connection, Pool, open_pool
from horde_server.dispatch.abilities import decode_abilities
from horde_server.kudos.fold import promote_due
from horde_server.kudos.grants import Grants
from horde_server.kudos.ledger import (
    MINTED,
    EntryKind,
    Movement,
    escrow,
    request_tax,
    settlement,
    spendable,
    style_reward,
)
from horde_server.kudos.ledger_store import post
from horde_server.kudos.proof import prove
from horde_server.kudos.statements import Statements
from horde_server.kudos.transfers import KudosRefusal, transfer
from horde_server.kudos.uptime import image_uptime_hundredths
from horde_server.statistics.store import forget_fine_grains, most_used_models, windows
from horde_server.workers.store import pay_uptime, write_check_in

BEGIN = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAYS, VISITS = 60, 2
THRESHOLD = 150
FLOORS = {"anonymous": -5_000, "pseudonymous": 1_400, "registered": 2_500}


@dataclass(frozen=True)
class Work:
    """A job as kudos.md §9 has it, in hundredths: tax of its request, debit, and what its owner earns."""

    domain: str
    model: str
    tax: int
    debit: int
    paid: int
    things: int


WORKS = (
    Work("image", "stable_diffusion", 300, 1_200, 1_100, 512 * 512 * 50),
    Work("image", "SDXL 1.0", 300, 2_300, 2_200, 512 * 512 * 50),
    Work("image", "stable_diffusion", 300, 100, 1_100, 512 * 512 * 50),  # censored: the owner is paid nonetheless
    Work("image", "stable_diffusion", 300, 1_200, 825, 512 * 512 * 50),  # a strange agent: three quarters
    Work("text", "koboldcpp/some-13b", 100, 1_144, 1_044, 80),
    Work("interrogation", "caption", 0, 200, 100, 1),
)


@dataclass
class Books:
    """What must be so, by the rules alone."""

    kinds: list[str]
    born: datetime
    balance: dict[int, int] = field(default_factory=dict)
    escrow: Counter[int] = field(default_factory=Counter)
    buckets: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    trusted: set[int] = field(default_factory=set)
    monthly: dict[int, int] = field(default_factory=dict)
    paid_at: dict[int, datetime] = field(default_factory=dict)
    gifts: dict[tuple[int, int], datetime] = field(default_factory=dict)
    done: list[tuple[datetime, Work]] = field(default_factory=list)
    fulfilled: Counter[tuple[int, str]] = field(default_factory=Counter)
    styled: Counter[tuple[int, str]] = field(default_factory=Counter)

    def book(self, now: datetime, *changes: tuple[int, int, str], held_back: tuple[int, int] | None = None) -> None:
        """One event: changes of balances (account, hundredths, bucket), perhaps something held back; then floors."""
        for account, change, bucket in changes:
            self.balance[account] = self.balance.get(account, 0) + change
            self.buckets[account][bucket] += change
        touched = {account for account, _, _ in changes}
        if held_back is not None:
            self.escrow[held_back[0]] += held_back[1]
            touched.add(held_back[0])
        for account in touched:
            if account in self.balance:
                self.balance[account] = max(self.balance[account], FLOORS[self.kinds[account]])
        self.promote(now, touched)

    def promote(self, now: datetime, accounts: set[int]) -> None:
        """Whoever is old enough and has earned enough is trusted, and gets what was held back."""
        for account in accounts:
            if self.escrow[account] > 100 * THRESHOLD and now - self.born > timedelta(days=7):
                self.trusted.add(account)
            if account in self.trusted and self.escrow[account]:
                released, self.escrow[account] = self.escrow[account], 0
                self.balance[account] = self.balance.get(account, 0) + released
                self.buckets[account]["accumulated"] += released

    def job(self, now: datetime, asker: int, owner: int, work: Work) -> None:
        """Settled: all the debit from the asker, all the pay to the owner, of whom half may have to wait."""
        half = 0 if owner in self.trusted else round(work.paid / 2)
        changes = [(asker, -work.debit, "accumulated"), (owner, work.paid - half, "accumulated")]
        self.book(now, *changes, held_back=(owner, half) if half else None)
        self.done.append((now, work))
        self.fulfilled[owner, work.domain] += 1

    def may_give(self, now: datetime, giver: int, receiver: int, amount: int) -> bool:
        """Not back within a minute, and not below the floor."""
        came = self.gifts.get((receiver, giver))
        spendable_now = self.balance.get(giver, 0) - FLOORS[self.kinds[giver]]
        return (came is None or now - came >= timedelta(seconds=60)) and spendable_now >= 100 * amount

    def grants(self, now: datetime) -> None:
        """Each calendar month that is over."""
        for account, kudos in self.monthly.items():
            while account not in self.paid_at or a_month_after(self.paid_at[account]) < now:
                due = account in self.paid_at
                self.paid_at[account] = a_month_after(self.paid_at[account]) if due else now
                self.book(now, (account, 100 * kudos, "recurring"))

    def told(self, now: datetime, domain: str) -> dict[str, tuple[int, float]]:
        """Statistics, as exact as they say that they are."""
        began: dict[str, Callable[[datetime], bool]] = {
            "minute": lambda at: at > now - timedelta(minutes=1),
            "hour": lambda at: at.replace(second=0, microsecond=0) > now - timedelta(hours=1),
            "day": lambda at: at.replace(second=0, microsecond=0) > now - timedelta(hours=24),
            "month": lambda at: at.replace(minute=0, second=0, microsecond=0) > now - timedelta(days=30),
            "total": lambda at: True,
        }
        found = {}
        for window, counts in began.items():
            works = [work for at, work in self.done if work.domain == domain and counts(at)]
            found[window] = (len(works), float(sum(work.things for work in works)))
        return found

    def models(self, now: datetime, domain: str) -> dict[str, dict[str, int]]:
        """Jobs by model: a day to the hour, a month to the day."""
        began: dict[str, Callable[[datetime], bool]] = {
            "day": lambda at: at.replace(minute=0, second=0, microsecond=0) > now - timedelta(hours=24),
            "month": lambda at: at.replace(hour=0, minute=0, second=0, microsecond=0) > now - timedelta(days=30),
            "total": lambda at: True,
        }
        return {
            window: dict(Counter(work.model for at, work in self.done if work.domain == domain and counts(at)))
            for window, counts in began.items()
        }


def a_month_after(at: datetime) -> datetime:
    """The same day of the next month, or its last one."""
    year, month = at.year + at.month // 12, at.month % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))


@dataclass
class Horde:
    """The real one."""

    pool: Pool
    conn: Connection
    workers: dict[int, UUID]

    async def booked(self) -> None:
        await fold_all(self.pool, trust_threshold=THRESHOLD)

    async def job(self, asker: int, owner: int, work: Work, *, owner_trusted: bool) -> None:
        movements = settlement(
            request_id=uuid4(), job_id=uuid4(), requester_id=asker, owner_id=owner, owner_trusted=owner_trusted,
            worker_id=self.workers[owner], paid_hundredths=work.paid, debit_hundredths=work.debit, domain=work.domain,
            things=float(work.things), speed=1.0, model=work.model,
        )  # fmt: skip
        await post(self.conn, movements)
        await self.booked()

    async def check_in(self, owner: int, *, owner_trusted: bool) -> None:
        worker_id = self.workers[owner]
        due = await write_check_in(self.conn, worker_id, decode_abilities("{}"), "127.0.0.1")
        if due is not None and due > 600:
            payee = spendable(owner) if owner_trusted else escrow(owner)
            reward = Movement(
                uuid4(), EntryKind.UPTIME_REWARD, MINTED, payee, image_uptime_hundredths(2, allows_loras=True),
                owner_id=owner, worker_id=worker_id, domain="image",
            )  # fmt: skip
            await pay_uptime(self.conn, worker_id, reward, every_s=600)
            await self.booked()


async def an_hour_of_uptime(horde: Horde, books: Books, clock: MovedClock, owners: list[int]) -> None:
    """Fifteen check-ins, four minutes apart: each third pays, as it needs more than ten minutes."""
    since_reward = -1
    for _ in range(15):
        since_reward += 1
        for owner in owners:
            await horde.check_in(owner, owner_trusted=owner in books.trusted)
            if 4 * since_reward > 10:
                if owner in books.trusted:
                    books.book(clock.now, (owner, 8_400, "accumulated"))
                else:
                    books.book(clock.now, held_back=(owner, 8_400))
        if 4 * since_reward > 10:
            since_reward = 0
        clock.move(timedelta(minutes=4))


async def a_visit(horde: Horde, books: Books, clock: MovedClock, chance: random.Random) -> None:
    """A request, its job, and kudos that go from one to another."""
    people = len(books.kinds)
    asker, owner = chance.randrange(people), chance.choice(list(horde.workers))
    work = chance.choice(WORKS)
    if work.tax:
        await post(horde.conn, [request_tax(asker, uuid4(), work.tax, work.domain)])
        await horde.booked()
        books.book(clock.now, (asker, -work.tax, "accumulated"))
    stylist = chance.choice([3, 4, 4])
    if work.domain != "interrogation" and stylist != asker:  # in a style: two kudos more, for its owner
        await post(horde.conn, [style_reward(uuid4(), asker, stylist, uuid4(), 200, work.domain)])
        await horde.booked()
        books.book(clock.now, (asker, -200, "accumulated"), (stylist, 200, "styled"))
        books.styled[stylist, work.domain] += 1
    clock.move(timedelta(seconds=chance.choice([20, 70, 400])))
    await horde.job(asker, owner, work, owner_trusted=owner in books.trusted)
    books.job(clock.now, asker, owner, work)
    giver, receiver = chance.sample(range(1, people), 2)
    for source, target in ((giver, receiver), (receiver, giver)):
        amount = chance.choice([1, 30, 400])
        try:
            await transfer(horde.pool, source, str(target), amount)
            is_given = True
        except KudosRefusal:
            is_given = False
        assert is_given == books.may_give(clock.now, source, target, amount)
        if is_given:
            await horde.booked()
            books.gifts[source, target] = clock.now
            books.book(clock.now, (source, -100 * amount, "gifted"), (target, 100 * amount, "received"))
        clock.move(timedelta(seconds=chance.choice([30, 61])))


async def live(dsn: str, seed: int) -> None:
    clock = MovedClock(dsn, BEGIN)
    pool = await open_pool(dsn, size=3)
    chance = random.Random(seed)
    try:
        async with pool.connection() as conn:
            clock.move(timedelta(0))
            kinds = ["anonymous", "registered", "pseudonymous", "registered", "registered"]
            assert [await add_account(conn, "somebody", kind=kind) for kind in kinds[1:]] == [1, 2, 3, 4]
            horde = Horde(pool, conn, {owner: uuid4() for owner in (1, 2, 3)})
            for owner, worker_id in horde.workers.items():
                await conn.execute(
                    "INSERT INTO worker (id, name, kind, account_id, abilities, last_check_in_at)"
                    " VALUES (%s, %s, 'image', %s, '{}', now() - interval '1 day')",
                    (worker_id, f"worker of {owner}", owner),
                )
            books = Books(kinds, clock.now)
            await conn.execute("UPDATE account SET created_at = now() WHERE id = 0")
            await conn.execute("UPDATE account SET monthly_kudos = 500 WHERE id IN (1, 4)")
            await conn.execute("UPDATE account SET moderator = true WHERE id = 4")
            books.monthly = {1: 500, 4: 300_500}
            await _sixty_days(horde, books, clock, chance)
            await _compare(horde, books, clock)
    finally:
        await pool.close()
        clock.close()


async def _sixty_days(horde: Horde, books: Books, clock: MovedClock, chance: random.Random) -> None:
    for day in range(DAYS):
        midnight = BEGIN + timedelta(days=day)
        for visit in range(VISITS):
            clock.move(midnight + timedelta(hours=12 * visit) - clock.now)
            await asyncio.gather(Grants(horde.pool).pay(), Grants(horde.pool).pay())
            books.grants(clock.now)
            await horde.booked()
            await promote_due(horde.pool, trust_threshold=THRESHOLD)
            await horde.booked()
            books.promote(clock.now, set(range(1, len(books.kinds))))
            await a_visit(horde, books, clock, chance)
        if day % 10 == 3:
            await an_hour_of_uptime(horde, books, clock, [2, 3])
        if day % 20 == 5:
            await post(horde.conn, [Movement(uuid4(), EntryKind.AWARD, MINTED, spendable(3), 7_000)])
            await horde.booked()
            books.book(clock.now, (3, 7_000, "awarded"))
        for domain in ("image", "text", "interrogation"):
            assert await windows(horde.conn, domain) == books.told(clock.now, domain), (day, domain)
            assert await most_used_models(horde.conn, domain, 9) == books.models(clock.now, domain), (day, domain)
        await forget_fine_grains(horde.conn)


async def _compare(horde: Horde, books: Books, clock: MovedClock) -> None:
    known = await balances(horde.conn)
    assert {account // 2: amount for account, amount in known.items() if account >= 0 and account % 2 == 0} == (
        books.balance
    )
    held_back = {account // 2: amount for account, amount in known.items() if account >= 0 and account % 2 == 1}
    assert {owner: amount for owner, amount in held_back.items() if amount} == +books.escrow
    assert sum(known.values()) == 0
    cursor = await horde.conn.execute("SELECT account_id, bucket, amount_hundredths FROM kudos_bucket")
    assert {(account, bucket): amount for account, bucket, amount in await cursor.fetchall()} == {
        (account, bucket): amount for account, counts in books.buckets.items() for bucket, amount in counts.items()
    }
    cursor = await horde.conn.execute("SELECT id FROM account WHERE trusted")
    assert {row[0] for row in await cursor.fetchall()} == books.trusted
    assert books.trusted >= {2, 3}, "they were there long enough"
    for record, counts in (("fulfillment", books.fulfilled), ("style", books.styled)):
        cursor = await horde.conn.execute(
            "SELECT account_id, domain, value FROM account_record WHERE record = %s", (record,)
        )
        assert {(account, domain): value for account, domain, value in await cursor.fetchall()} == counts
    cursor = await horde.conn.execute("SELECT id, monthly_kudos_last_received FROM account WHERE id IN (1, 4)")
    assert (
        dict(await cursor.fetchall()) == books.paid_at == dict.fromkeys((1, 4), datetime(2026, 3, 28, 12, tzinfo=UTC))
    )
    assert [found.wrong async for found in prove(horde.conn) if found.wrong is not None] == []
    for account in range(1, len(books.kinds)):
        await _compare_statement(horde, books, account)


async def _compare_statement(horde: Horde, books: Books, account: int) -> None:
    """All pages of it come to what the account has."""
    statements, before, balance, held_back = Statements(horde.pool), None, 0, 0
    while True:
        page = await statements.page(account, before=before, most=37)
        balance += sum(told.line.change for told in page.lines)
        held_back += sum(told.line.escrow_change for told in page.lines)
        before = page.next
        if before is None:
            break
    assert (balance, held_back) == (books.balance[account], books.escrow[account])
    assert page.lines[-1].balance == page.lines[-1].line.change, "the first line begins with nothing"


@pytest.mark.parametrize("seed", [1])
def test_sixty_days_come_to_what_the_rules_say(database_dsn: str, seed: int) -> None:
    asyncio.run(live(database_dsn, seed))
