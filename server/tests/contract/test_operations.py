"""Addresses in time-out, and the moderators' /operations (moderation.md §4)."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.audit.trail import HORDE
from horde_server.database.pool import Pool
from horde_server.http.answers import SimpleResponse
from horde_server.moderation.addresses.answers import IPTimeout
from horde_server.moderation.addresses.timeouts import AddressTimeouts, TimeoutIP

NOBODY = "00000000-0000-0000-0000-000000000000"
HERE = "127.0.0.1"  # where the tests' client comes from


@pytest.fixture
async def mod(horde: Horde) -> str:
    """A moderator's key."""
    return str((await horde.account("mod", moderator=True)).api_key)


async def call(horde: Horde, method: str, path: str, key: str | None, **body: Any) -> httpx.Response:
    """A call of /operations."""
    headers = {"apikey": key} if key is not None else {}
    return await horde.client.request(
        method, f"/api/v2/operations/{path}", headers=headers, json=body if method in ("POST", "PUT") or body else None
    )


async def keep_out(horde: Horde, key: str, ipaddr: str, hours: int = 1) -> None:
    """POST /operations/ipaddr."""
    answer = await call(horde, "POST", "ipaddr", key, ipaddr=ipaddr, hours=hours)
    assert (answer.status_code, answer.json()) == (200, {"message": "OK"})
    SimpleResponse.model_validate(answer.json(), strict=True)


async def let_in(horde: Horde, key: str, ipaddr: str) -> None:
    """DELETE /operations/ipaddr."""
    answer = await call(horde, "DELETE", "ipaddr", key, ipaddr=ipaddr)
    assert (answer.status_code, answer.json()) == (200, {"message": "OK"})


async def listed(horde: Horde, key: str, path: str = "ipaddr") -> dict[str, int]:
    """What GET lists: seconds by address."""
    answer = await call(horde, "GET", path, key)
    assert answer.status_code == 200, answer.text
    for each in answer.json():
        IPTimeout.model_validate(each, strict=True)
    return {each["ipaddr"]: each["seconds"] for each in answer.json()}


# ---------------------------------------------------------------- what a time-out does


async def test_an_address_in_time_out_neither_asks_nor_serves(horde: Horde, mod: str) -> None:
    """requests.md §3.13 and workers.md §2.9: 403 `TimeoutIP`, with the seconds left, also as `Retry-After`."""
    owner = await horde.account("owner")
    await horde.pop(owner.api_key, "known")
    await keep_out(horde, mod, HERE)
    for answer in (
        await horde.ask(), await horde.texts.ask(), await horde.ask(dry_run=True),
        await horde.try_pop(owner.api_key, "known"), await horde.try_pop(owner.api_key, "new"),
        await horde.texts.try_pop(owner.api_key),
    ):  # fmt: skip
        assert horde.outcome(answer) == (403, "TimeoutIP")
        left_s = int(answer.headers["retry-after"])
        assert 3590 <= left_s <= 3600
        assert f" {left_s} " in answer.json()["message"]
    await let_in(horde, mod, HERE)
    assert (await horde.ask()).status_code == 202
    await horde.pop(owner.api_key, "known")


async def test_the_rest_goes_on(horde: Horde, mod: str) -> None:
    """§4.1: what is there is followed, delivered and cancelled; accounts and moderators are reached."""
    owner = await horde.account("owner")
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    await keep_out(horde, mod, HERE)
    await horde.submit(owner.api_key, job["id"])
    assert (await horde.status(request_id))["done"] is True
    await horde.cancel(request_id)
    await horde.user(owner)


async def test_a_block_holds_its_addresses(horde: Horde, mod: str) -> None:
    """§4.4: exact addresses, then every block; the longest counts."""
    await keep_out(horde, mod, "127.0.0.0/8")
    assert horde.outcome(await horde.ask()) == (403, "TimeoutIP")
    elsewhere = await horde.client.post(
        "/api/v2/generate/async",
        json={"prompt": "a lighthouse"},
        headers={"apikey": "0000000000", "X-Forwarded-For": "192.0.2.7"},
    )
    assert elsewhere.status_code == 202


async def test_beyond_four_days_the_seconds_are_not_told(horde: Horde, mod: str) -> None:
    """§4.1: the message includes remaining seconds up to 4 days, none above."""
    await keep_out(horde, mod, HERE, hours=97)
    answer = await horde.ask()
    assert horde.outcome(answer) == (403, "TimeoutIP")
    assert "retry-after" not in answer.headers
    assert not any(letter.isdigit() for letter in answer.json()["message"])
    await keep_out(horde, mod, HERE, hours=1)
    assert "retry-after" in (await horde.ask()).headers


@pytest.mark.parametrize("headers", [{}, {"Client-Agent": "unknown:0:unknown"}, {"X-Fields": "done"}], ids=str)
async def test_a_nameless_program_may_not_follow_from_there(horde: Horde, mod: str, headers: dict[str, Any]) -> None:
    """requests.md §9.9: check from an address in time-out with the default Client-Agent → 403 `Forbidden`."""
    path = f"/api/v2/generate/check/{await horde.request()}"
    await keep_out(horde, mod, HERE)
    assert horde.outcome(await horde.client.get(path, headers=headers)) == (403, "Forbidden")
    named = await horde.client.get(path, headers={**headers, "Client-Agent": "Mine:1:me@example.org"})
    assert named.status_code == 200
    await let_in(horde, mod, HERE)
    assert (await horde.client.get(path, headers=headers)).status_code == 200


async def test_the_checks_come_in_order(horde: Horde, mod: str) -> None:
    """requests.md §3.12 before §3.13 before §3.14 and later; workers.md §2.8 before §2.9 before §2.11 and §2.12."""
    busy = await horde.account("busy", columns={"concurrency": 0})
    owner, other = await horde.account("owner"), await horde.account("other")
    await horde.pop(owner.api_key, "painter")
    await horde.texts.pop(owner.api_key, "scribe")
    await keep_out(horde, mod, HERE)
    assert horde.outcome(await horde.ask(busy.api_key)) == (429, "TooManyPrompts")
    assert horde.outcome(await horde.ask(params={"cfg_scale": 7.555})) == (403, "TimeoutIP")
    assert horde.outcome(await horde.texts.ask(params={"frmtadsnsp": True, "max_length": 512})) == (403, "TimeoutIP")
    assert horde.outcome(await horde.try_pop(owner.api_key, "scribe")) == (400, "PolymorphicNameConflict")
    assert horde.outcome(await horde.try_pop(owner.api_key, "google")) == (403, "TimeoutIP")
    assert horde.outcome(await horde.try_pop(other.api_key, "painter")) == (403, "TimeoutIP")


# ---------------------------------------------------------------- strikes


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timeouts(pool: Pool, clock: Clock) -> AddressTimeouts:
    """The time-outs of a node; 203.0.113.5 is a service's address."""
    return AddressTimeouts(pool, lambda topic, ids: None, clock, services=[IPv4Network("203.0.113.5")])


async def later(pool: Pool, hours: float) -> None:
    """As if so much time had passed since the strikes."""
    async with pool.connection() as conn:
        await conn.execute(
            "UPDATE address_timeout SET struck_at = struck_at - make_interval(secs => %s)", (hours * 3600,)
        )


async def minutes_of_strikes(timeouts: AddressTimeouts, address: str, count: int) -> list[int]:
    """Strike an address so many times; minutes that it is kept out after each."""
    found = []
    for _ in range(count):
        await timeouts.strike(address)
        found.append(round(timeouts.left_s(address) / 60))
    return found


async def test_each_strike_lasts_longer(timeouts: AddressTimeouts) -> None:
    """§4.2: strike n, counted from 0, lasts (2n + 1) × 3 minutes; others are not touched."""
    assert await minutes_of_strikes(timeouts, "192.0.2.7", 5) == [3, 9, 15, 21, 27]
    assert timeouts.left_s("192.0.2.8") == 0


async def test_a_time_out_ends_by_itself(timeouts: AddressTimeouts, clock: Clock) -> None:
    await timeouts.strike("192.0.2.7")
    clock.now_s += 179
    with pytest.raises(TimeoutIP):
        timeouts.refuse("192.0.2.7")
    clock.now_s += 1.5
    timeouts.refuse("192.0.2.7")


async def test_strikes_are_forgotten_after_a_day_without(timeouts: AddressTimeouts, pool: Pool) -> None:
    """§4.2: the counter lives 24 hours, renewed at each strike."""
    await minutes_of_strikes(timeouts, "192.0.2.7", 2)
    await later(pool, 23.9)
    assert await minutes_of_strikes(timeouts, "192.0.2.7", 1) == [15]
    await later(pool, 24.1)
    async with pool.connection() as conn:
        await conn.execute("UPDATE address_timeout SET ends_at = now()")
    assert await minutes_of_strikes(timeouts, "192.0.2.7", 1) == [3]


async def test_services_are_let_off_lightly(timeouts: AddressTimeouts, pool: Pool) -> None:
    """§4.2: service addresses: counter for an hour, at most five minutes."""
    assert await minutes_of_strikes(timeouts, "203.0.113.5", 4) == [3, 5, 5, 5]


async def test_an_ipv6_household_is_struck_as_one(timeouts: AddressTimeouts) -> None:
    """§4.2: strike the /64."""
    assert await minutes_of_strikes(timeouts, "2001:db8:1:2::1", 1) == [3]
    assert await minutes_of_strikes(timeouts, "2001:db8:1:2:ffff::9", 1) == [9]
    assert timeouts.left_s("2001:db8:1:3::1") == 0


async def test_a_strike_never_ends_a_longer_time_out(timeouts: AddressTimeouts) -> None:
    await timeouts.set(IPv4Network("192.0.2.7"), 3600, HORDE)
    assert await minutes_of_strikes(timeouts, "192.0.2.7", 1) == [60]


async def test_what_counts_no_more_is_removed(timeouts: AddressTimeouts, pool: Pool) -> None:
    await minutes_of_strikes(timeouts, "192.0.2.7", 1)
    async with pool.connection() as conn:
        await conn.execute("UPDATE address_timeout SET ends_at = now() - interval '1 s'")
    await timeouts.forget_old()
    await timeouts.strike("192.0.2.7")
    assert timeouts.left_s("192.0.2.7") > 180  # remembered: the second
    await later(pool, 25)
    async with pool.connection() as conn:
        await conn.execute("UPDATE address_timeout SET ends_at = now() - interval '1 s'")
    await timeouts.forget_old()
    async with pool.connection() as conn:
        cursor = await conn.execute("SELECT count(*) FROM address_timeout")
        assert await cursor.fetchone() == (0,)


# ---------------------------------------------------------------- what moderators do


async def test_moderators_set_list_and_lift_time_outs(horde: Horde, mod: str) -> None:
    """§4.5: the list has blocks only; a later time-out replaces the earlier; a question has what holds."""
    await keep_out(horde, mod, "192.0.2.0/24", hours=2)
    await keep_out(horde, mod, "192.0.2.0/24", hours=1)
    await keep_out(horde, mod, "192.0.2.7", hours=720)
    await keep_out(horde, mod, "2001:db8::/48")
    found = await listed(horde, mod)
    assert list(found) == ["192.0.2.0/24", "2001:db8::/48"]
    assert 3595 <= found["192.0.2.0/24"] <= 3600
    own = await listed(horde, mod, "ipaddr/192.0.2.7")
    assert list(own) == ["192.0.2.0/24", "192.0.2.7"]
    assert 720 * 3600 - 5 <= own["192.0.2.7"] <= 720 * 3600
    assert list(await listed(horde, mod, "ipaddr/192.0.2.0/24")) == ["192.0.2.0/24"]
    assert await listed(horde, mod, "ipaddr/198.51.100.1") == {}
    await let_in(horde, mod, "192.0.2.0/24")
    await let_in(horde, mod, "198.51.100.1")  # nothing to lift is no error
    assert list(await listed(horde, mod, "ipaddr/192.0.2.7")) == ["192.0.2.7"]


async def test_lifting_forgets_strikes(horde: Horde, mod: str, timeouts: AddressTimeouts) -> None:
    """§4.5: it also clears that address's suspicion; of IPv6 that of its /64."""
    await minutes_of_strikes(timeouts, "2001:db8:1:2::1", 2)
    await let_in(horde, mod, "2001:db8:1:2::1")
    assert await minutes_of_strikes(timeouts, "2001:db8:1:2::1", 1) == [3]


async def test_a_workers_address_is_kept_out(horde: Horde, mod: str) -> None:
    """§4.5: the worker's last address for 1 to 30 days; DELETE lifts it."""
    owner = await horde.account("owner")
    await horde.pop(owner.api_key, "painter")
    [(worker_id,)] = await horde.sql("SELECT id::text FROM worker")
    answer = await call(horde, "PUT", f"block_worker_ipaddr/{worker_id}", mod, days=30)
    assert (answer.status_code, answer.json()) == (200, {"message": "OK"})
    assert 30 * 86400 - 5 <= (await listed(horde, mod, f"ipaddr/{HERE}"))[HERE] <= 30 * 86400
    assert horde.outcome(await horde.try_pop(owner.api_key, "painter")) == (403, "TimeoutIP")
    answer = await call(horde, "DELETE", f"block_worker_ipaddr/{worker_id}", mod)
    assert (answer.status_code, answer.json()) == (200, {"message": "OK"})
    await horde.pop(owner.api_key, "painter")
    await horde.sql("UPDATE worker SET address = '2001:db8:1:2::77'")
    await call(horde, "PUT", f"block_worker_ipaddr/{worker_id}", mod, days=1)
    assert list(await listed(horde, mod)) == ["2001:db8:1:2::/64"]


async def test_a_worker_that_is_not_there(horde: Horde, mod: str) -> None:
    """§4.5: 404 `WorkerNotFound`; without a known address there is nothing to keep out."""
    for worker_id in (NOBODY, "x"):
        answer = await call(horde, "PUT", f"block_worker_ipaddr/{worker_id}", mod, days=1)
        assert horde.outcome(answer) == (404, "WorkerNotFound")
        answer = await call(horde, "DELETE", f"block_worker_ipaddr/{worker_id}", mod)
        assert horde.outcome(answer) == (404, "WorkerNotFound")
    await horde.pop((await horde.account("owner")).api_key)
    await horde.sql("UPDATE worker SET address = NULL")
    [(worker_id,)] = await horde.sql("SELECT id::text FROM worker")
    answer = await call(horde, "PUT", f"block_worker_ipaddr/{worker_id}", mod, days=1)
    assert horde.outcome(answer) == (400, "BadRequest")


CALLS = [
    ("GET", "ipaddr", {}),
    ("POST", "ipaddr", {"ipaddr": "192.0.2.7", "hours": 1}),
    ("DELETE", "ipaddr", {"ipaddr": "192.0.2.7"}),
    ("GET", "ipaddr/192.0.2.7", {}),
    ("PUT", f"block_worker_ipaddr/{NOBODY}", {"days": 1}),
    ("DELETE", f"block_worker_ipaddr/{NOBODY}", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=[f"{method} {path}" for method, path, _ in CALLS])
async def test_others_may_not(horde: Horde, method: str, path: str, body: dict[str, Any]) -> None:
    """§4.6: 400 without a key, 401 for an unknown one, 403 `NotModerator`; administrators may."""
    ada = await horde.account("ada", trusted=True)
    without = await call(horde, method, path, None, **body)
    assert (without.status_code, list(without.json()["errors"])) == (400, ["apikey"])
    assert horde.outcome(await call(horde, method, path, "x" * 22, **body)) == (401, "InvalidAPIKey")
    assert horde.outcome(await call(horde, method, path, ada.api_key, **body)) == (403, "NotModerator")
    assert horde.outcome(await call(horde, method, path, "0000000000", **body)) == (403, "NotModerator")
    assert await horde.sql("SELECT count(*)::int FROM address_timeout") == [(0,)]


@pytest.mark.parametrize("ipaddr", ["localhost", "192.0.2.7/24", "192.0.2.0/33", "2001:db8::/129", "fe80::1%eth0"])
async def test_what_is_no_address_is_refused(horde: Horde, ipaddr: str) -> None:
    """§4.7: not an IP, host bits or a bad mask → 400 `BadRequest`, told before the caller's rights are checked."""
    for method, body in (("POST", {"ipaddr": ipaddr, "hours": 1}), ("DELETE", {"ipaddr": ipaddr})):
        answer = await call(horde, method, "ipaddr", "x" * 22, **body)
        assert horde.outcome(answer) == (400, "BadRequest")
        assert "192.0.2.0/24" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ipaddr": "1.1.1", "hours": 1}, "ipaddr"), ({"ipaddr": "1" * 41, "hours": 1}, "ipaddr"),
        ({"hours": 1}, "ipaddr"), ({"ipaddr": "192.0.2.7"}, "hours"), ({"ipaddr": "192.0.2.7", "hours": 0}, "hours"),
        ({"ipaddr": "192.0.2.7", "hours": 721}, "hours"), ({"ipaddr": "192.0.2.7", "hours": "1"}, "hours"),
    ],
    ids=str,
)  # fmt: skip
async def test_a_time_out_has_limits(horde: Horde, mod: str, body: dict[str, Any], field: str) -> None:
    """§4.5: 7 to 40 characters, 1 to 720 hours."""
    answer = await call(horde, "POST", "ipaddr", mod, **body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


@pytest.mark.parametrize("days", [0, 31, 1.5, None])
async def test_a_workers_time_out_has_limits(horde: Horde, mod: str, days: float | None) -> None:
    """§4.5: 1 to 30 days."""
    answer = await call(horde, "PUT", f"block_worker_ipaddr/{NOBODY}", mod, days=days)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["days"])


async def test_time_outs_are_the_hordes_and_not_a_nodes(start_horde: StartHorde, horde: Horde, mod: str) -> None:
    """Other nodes hear of a change, and a node that starts later knows."""
    other = await start_horde()
    await keep_out(horde, mod, HERE)

    async def is_kept_out_there() -> bool:
        return (await other.ask()).status_code == 403

    await horde.until(is_kept_out_there, "the other node knows")
    assert horde.outcome(await (await start_horde()).ask()) == (403, "TimeoutIP")
    await let_in(other, mod, HERE)

    async def is_let_in_here() -> bool:
        return (await horde.ask()).status_code == 202

    await horde.until(is_let_in_here, "the first node knows")
