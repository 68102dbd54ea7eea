"""Registration with a name alone: who may, under which names, how often (registration.md §1, §2)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import psycopg
import pytest
from hordes import Horde, StartHorde

from horde_server.registration import store

KEY_CHARACTERS = 22


async def register(horde: Horde, username: Any = "ada", address: str = "198.51.100.7", **body: Any) -> httpx.Response:
    """POST /api/v2/register from an address."""
    async with horde.client_at(address) as client:
        return await client.post("/api/v2/register", json={"username": username, **body})


async def test_a_name_is_enough_for_an_account_and_its_key(horde: Horde) -> None:
    """registration.md §2.1: pseudonymous, with a random identity of its own."""
    answer = await register(horde, "  Ada Lovelace ")
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    key = made.pop("api_key")
    assert len(key) == KEY_CHARACTERS
    assert made == {
        "id": made["id"],
        "username": "Ada Lovelace",
        "alias": f"Ada Lovelace#{made['id']}",
        "approved": True,
    }
    me = (await horde.client.get("/api/v2/find_user", headers={"apikey": key})).json()
    assert (me["id"], me["username"], me["pseudonymous"]) == (made["id"], made["alias"], True)
    assert me["kudos"] == 0
    again = (await register(horde, "Ada Lovelace")).json()
    assert again["id"] != made["id"], "names need not be unique"
    identities = [row[0] for row in await horde.sql("SELECT external_id FROM account WHERE id > 0")]
    assert len(set(identities)) == 2


async def test_a_form_registers_where_the_original_has_its_page(horde: Horde) -> None:
    """registration.md §2.2: and JSON does, too."""
    form = await horde.client.post("/register", data={"username": "Zoë"})
    assert form.status_code == 201
    assert form.json()["username"] == "Zoë"
    body = await horde.client.post("/register", json={"username": "Bob"})
    assert body.status_code == 201
    told = await horde.client.get("/register")
    assert told.json() == (await horde.client.get("/api/v2/register")).json()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ab", "must have 3 to 30 characters, not 2"),
        ("  ab  ", "must have 3 to 30 characters, not 2"),
        ("", "must have 3 to 30 characters, not 0"),
        ("a" * 31, "must have 3 to 30 characters, not 31"),
        ("ada\nbob", "must be of visible characters, in one line: remove U+000A (control character)"),
        ("ada\u202ebob", "must be of visible characters, in one line: remove U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("ada#1", "must not contain #: it stands between a name and its number"),
        ("a" * 201, "must have at most 200 characters"),
        (7, "must be text, not 7"),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_name_that_cannot_be_taken_is_refused_in_words(module_horde: Horde, name: Any, told: str) -> None:
    """registration.md §1.3: with what is wrong."""
    answer = await register(module_horde, name)
    assert answer.status_code == 400
    assert answer.json()["errors"]["username"].startswith(told)


@pytest.mark.asyncio(loop_scope="module")
async def test_profanity_and_nothing_are_refused(module_horde: Horde) -> None:
    """registration.md §1.3: in forms as in JSON."""
    assert Horde.outcome(await register(module_horde, "a fucking name")) == (400, "ProfaneUserName")
    missing = await module_horde.client.post("/register", data={"name": "ada"})
    assert (missing.status_code, list(missing.json()["errors"])) == (400, ["username"])
    nul = await module_horde.client.post("/register", data={"username": "ada\0bob"})
    assert Horde.outcome(nul) == (400, "NulByteInPayload")


@pytest.mark.asyncio(loop_scope="module")
async def test_forms_have_limits(module_horde: Horde) -> None:
    """registration.md §2.2: fields, bytes, and UTF-8."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    many = await module_horde.client.post("/register", content="&".join(["a=1"] * 21), headers=form)
    assert Horde.outcome(many) == (400, "BadRequest")
    long = await module_horde.client.post("/register", content="username=" + "a" * 17_000, headers=form)
    assert Horde.outcome(long) == (400, "BadRequest")
    wrong = await module_horde.client.post("/register", content=b"username=\xff\xfe", headers=form)
    assert Horde.outcome(wrong) == (400, "BadRequest")
    huge = await module_horde.client.post("/api/v2/register", json={"username": "a" * 70_000})
    assert huge.status_code == 413


async def test_what_is_possible_is_told_before(start_horde: StartHorde) -> None:
    """registration.md §1.1: all of it."""
    horde = await start_horde(registration="approval", registrations_per_hour=7)
    assert (await horde.client.get("/api/v2/register")).json() == {
        "mode": "approval",
        "pseudonymous": True,
        "why_not": "",
        "invitation_needed": False,
        "approval_needed": True,
        "username_least": 3,
        "username_most": 30,
        "per_hour": 7,
        "per_day": 10,
        "providers": [],
    }


async def test_a_closed_horde_takes_nobody(start_horde: StartHorde) -> None:
    """registration.md §1.2: and says so before anybody tries."""
    horde = await start_horde(registration="closed")
    assert Horde.outcome(await register(horde)) == (403, "RegistrationClosed")
    told = (await horde.client.get("/api/v2/register")).json()
    assert (told["pseudonymous"], told["why_not"]) == (False, (await register(horde)).json()["message"])


async def test_a_household_takes_who_was_invited(start_horde: StartHorde) -> None:
    """registration.md §1.2: what the profile sets."""
    horde = await start_horde(profile="household")
    assert Horde.outcome(await register(horde)) == (403, "InvitationNeeded")
    assert (await horde.client.get("/api/v2/register")).json()["invitation_needed"]


async def test_raid_mode_takes_no_unknown_users(start_horde: StartHorde) -> None:
    """registration.md §1.4: and says so before anybody tries."""
    horde = await start_horde(admins=["root#1"])
    root = await horde.account("root")
    await horde.client.put("/api/v2/status/modes", json={"raid_mode": True}, headers={"apikey": root.api_key})
    assert Horde.outcome(await register(horde)) == (403, "RegistrationPaused")
    told = (await horde.client.get("/api/v2/register")).json()
    assert not told["pseudonymous"]
    assert "under attack" in told["why_not"]


async def test_an_address_in_time_out_registers_nobody(start_horde: StartHorde) -> None:
    """registration.md §1.4: others do."""
    horde = await start_horde(admins=["root#1"])
    root = await horde.account("root")
    block = {"ipaddr": "198.51.100.0/24", "hours": 1}
    await horde.client.post("/api/v2/operations/ipaddr", json=block, headers={"apikey": root.api_key})
    assert Horde.outcome(await register(horde)) == (403, "TimeoutIP")
    assert (await register(horde, address="192.0.2.1")).status_code == 201


async def test_a_household_makes_few_accounts_an_hour_and_its_network_a_few_more(start_horde: StartHorde) -> None:
    """registration.md §1.5: and few a day."""
    horde = await start_horde(registrations_per_hour=2, registrations_per_day=3)
    assert [(await register(horde)).status_code for _ in range(3)] == [201, 201, 429]
    refused = await register(horde)
    assert refused.json()["rc"] == "TooManyRegistrations"
    assert 3500 < int(refused.headers["retry-after"]) <= 3600
    # the /24 around it: three households' worth
    others = [(await register(horde, address=f"198.51.100.{last}")).status_code for last in range(20, 26)]
    assert others == [201] * 4 + [429] * 2
    assert (await register(horde, address="198.51.101.7")).status_code == 201
    # an hour later the day counts
    await horde.sql("UPDATE registration SET created_at = created_at - interval '2 hours'")
    assert [(await register(horde)).status_code for _ in range(2)] == [201, 429]
    assert int((await register(horde)).headers["retry-after"]) > 70_000


async def test_a_v6_household_is_its_64_and_its_network_the_48(start_horde: StartHorde) -> None:
    """registration.md §1.5: as wherever addresses are counted."""
    horde = await start_horde(registrations_per_hour=1)
    assert (await register(horde, address="2001:db8:1:1::1")).status_code == 201
    assert (await register(horde, address="2001:db8:1:1::2")).status_code == 429
    assert (await register(horde, address="2001:db8:1:2::1")).status_code == 201
    assert (await register(horde, address="2001:db8:1:3::1")).status_code == 201
    assert (await register(horde, address="2001:db8:1:4::1")).status_code == 429
    assert (await register(horde, address="2001:db8:2:1::1")).status_code == 201


async def test_machines_of_ones_own_network_are_counted_each(start_horde: StartHorde) -> None:
    """registration.md §1.5: a class is no household."""
    horde = await start_horde(registrations_per_hour=1)
    assert [(await register(horde, address=f"192.168.1.{last}")).status_code for last in range(1, 8)] == [201] * 7
    assert (await register(horde, address="192.168.1.1")).status_code == 429


async def test_limits_hold_at_the_same_moment_on_two_nodes(start_horde: StartHorde) -> None:
    """registration.md §1.5: exactly."""
    one, two = await start_horde(), await start_horde()
    answers = await asyncio.gather(*(register(node, f"user {n}") for n in range(8) for node in (one, two)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 11
    assert await one.sql("SELECT count(*) FROM account WHERE id > 0") == [(5,)]


async def test_nothing_is_kept_of_addresses_after_a_day(horde: Horde) -> None:
    """registration.md §1.6: and before, only what cannot be read back."""
    await register(horde, address="198.51.100.77")
    [(household, site)] = await horde.sql("SELECT household, site FROM registration")
    assert b"198.51" not in bytes(household) + bytes(site)
    async with await psycopg.AsyncConnection.connect(horde.dsn, autocommit=True) as conn:
        assert await store.forget_addresses(conn) == 0
        await horde.sql("UPDATE registration SET created_at = created_at - interval '25 hours'")
        assert await store.forget_addresses(conn) == 1
    assert await horde.sql("SELECT household, site FROM registration") == [(None, None)]
