"""Users give each other kudos, and the first user awards some: /kudos/transfer and /kudos/award (kudos.md §7)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount
from horde_server.kudos.answers import KudosAwarded, KudosTransferred

SUSPICIOUS = {"suspicions": [5, 5, 5, 9, 9]}


async def give(horde: Horde, key: str | None, whom: Any, amount: Any = 10, **headers: str) -> httpx.Response:
    """POST /kudos/transfer."""
    sent = {**headers, **({"apikey": key} if key is not None else {})}
    return await horde.client.post("/api/v2/kudos/transfer", json={"username": whom, "amount": amount}, headers=sent)


async def award(horde: Horde, key: str | None, whom: Any, amount: Any = 10) -> httpx.Response:
    """POST /kudos/award."""
    headers = {"apikey": key} if key is not None else {}
    return await horde.client.post("/api/v2/kudos/award", json={"username": whom, "amount": amount}, headers=headers)


async def kudos(horde: Horde, account: NewAccount) -> float:
    """The balance."""
    return float((await horde.user(account))["kudos"])


async def rich_and_poor(horde: Horde) -> tuple[NewAccount, NewAccount]:
    """Somebody who may give 100 kudos, and somebody to receive them."""
    return await horde.account("ada", kudos=125), await horde.account("bob", kudos=25)


class TestWhatArrived:
    """Kudos count from the moment they were given, not from the next fold (kudos.md §6.2)."""

    @pytest.fixture
    async def horde(self, start_horde: StartHorde) -> Horde:
        """A server that has not folded yet, nor will."""
        return await start_horde(fold_interval_s=3600)

    async def account(self, horde: Horde, name: str, kudos: int = 0) -> NewAccount:
        """A new account with so many kudos, which are in its balance: no fold is waited for."""
        made = await horde.account(name)
        await horde.sql("INSERT INTO ledger_balance VALUES (%s, %s)", 2 * made.id, kudos * 100)
        return made

    @pytest.mark.parametrize("way", ["transfer", "award"])
    async def test_they_pay_for_a_request_at_once(self, horde: Horde, way: str) -> None:
        root, bob = await self.account(horde, "root", 1000), await self.account(horde, "bob")
        heavy: dict[str, Any] = {"params": {"steps": 100, "width": 1024, "height": 1024}}
        assert horde.outcome(await horde.ask(bob.api_key, **heavy)) == (403, "KudosUpfront")
        given = await (give if way == "transfer" else award)(horde, root.api_key, bob.alias, 900)
        assert given.status_code == 200, given.text
        assert (await horde.ask(bob.api_key, **heavy)).status_code == 202

    async def test_they_may_be_given_on_at_once(self, horde: Horde) -> None:
        root, bob, cid = [await self.account(horde, "root", 125), *[await self.account(horde, name) for name in "bc"]]
        assert (await give(horde, root.api_key, bob.alias, 100)).status_code == 200
        assert horde.outcome(await give(horde, bob.api_key, cid.alias, 76)) == (400, "KudosTransferNotEnough")
        assert (await give(horde, bob.api_key, cid.alias, 75)).status_code == 200
        assert horde.outcome(await give(horde, bob.api_key, cid.alias, 1)) == (400, "KudosTransferNotEnough")

    async def test_they_buy_a_place_in_line_at_once(self, horde: Horde) -> None:
        root, bob, cid = [
            await self.account(horde, "root", 90_000),
            *[await self.account(horde, name) for name in "bc"],
        ]
        first = await horde.request(cid.api_key)
        await horde.user(bob)  # it is remembered without
        assert (await give(horde, root.api_key, bob.alias, 80_000)).status_code == 200
        second = await horde.request(bob.api_key)
        keys = dict(await horde.sql("SELECT id::text, order_key FROM request"))
        assert keys[second] < keys[first] - 60


class TestTransfer:
    """POST /kudos/transfer."""

    async def test_kudos_move_and_both_see_where_they_came_from_and_went(self, horde: Horde) -> None:
        """§6.3, §7: buckets gifted (negative) and received; the ledger has one movement."""
        ada, bob = await rich_and_poor(horde)
        answer = await give(horde, ada.api_key, bob.alias, 40)
        assert (answer.status_code, answer.json()) == (200, {"transferred": 40.0})
        KudosTransferred.model_validate(answer.json(), strict=True)
        assert (await kudos(horde, ada), await kudos(horde, bob)) == (85, 65)
        await horde.folded()
        assert (await kudos(horde, ada), await kudos(horde, bob)) == (85, 65)
        gifted, received = [(await horde.user(account))["kudos_details"] for account in (ada, bob)]
        assert (gifted["gifted"], gifted["accumulated"], received["received"]) == (-40, 0, 40)
        assert await horde.sql("SELECT amount_hundredths FROM ledger WHERE kind = 'transfer'") == [(4000,)]

    @pytest.mark.parametrize("form", ["{0.alias}", "{0.id}", "whoever#{0.id}", "a#b#{0.id}"])
    async def test_receivers_are_named_by_alias_or_number(self, horde: Horde, form: str) -> None:
        """§7.1: only what follows the last # counts, and # may be omitted."""
        ada, bob = await rich_and_poor(horde)
        assert (await give(horde, ada.api_key, form.format(bob))).status_code == 200
        assert await kudos(horde, bob) == 35

    async def test_the_amount_is_100_unless_named_and_forms_may_send_text(self, horde: Horde) -> None:
        """§7.1: 100 where no amount is named; "7" counts as 7."""
        ada, bob = await rich_and_poor(horde)
        sent = await horde.client.post(
            "/api/v2/kudos/transfer", json={"username": bob.alias}, headers={"apikey": ada.api_key}
        )
        assert sent.json() == {"transferred": 100.0}
        assert (await give(horde, bob.api_key, str((await horde.account("eve")).id), "7")).json() == {"transferred": 7}

    async def test_gifts_to_education_accounts_are_donations(self, horde: Horde) -> None:
        """§7.7: booked as donated."""
        ada, school = await horde.account("ada", kudos=125), await horde.account("s", columns={"education": True})
        await give(horde, ada.api_key, school.alias, 40)
        await horde.folded()
        given, received = [(await horde.user(account))["kudos_details"] for account in (ada, school)]
        assert (given["donated"], given["gifted"], received["received"]) == (-40, 0, 40)

    async def test_the_floor_and_what_is_reserved_cannot_be_given(self, horde: Horde) -> None:
        """§6.2: spendable = balance − floor − holds − debits not folded yet; else 400 `KudosTransferNotEnough`."""
        ada, bob = await rich_and_poor(horde)
        assert horde.outcome(await give(horde, ada.api_key, bob.alias, 101)) == (400, "KudosTransferNotEnough")
        await horde.request(ada.api_key, slow_workers=False, params={"steps": 50, "width": 512, "height": 512})
        ((held, spent),) = await horde.sql("SELECT held_hundredths, consumed_hundredths FROM request")
        assert held > 0
        left = 100 - (held + spent) / 100
        assert horde.outcome(await give(horde, ada.api_key, bob.alias, int(left) + 1)) == (
            400,
            "KudosTransferNotEnough",
        )
        assert (await give(horde, ada.api_key, bob.alias, int(left))).status_code == 200

    async def test_kudos_just_received_are_given_on_once_they_are_booked(self, horde: Horde) -> None:
        """§6.2: booking them changes nothing."""
        ada, bob = await rich_and_poor(horde)
        eve = await horde.account("eve")
        await give(horde, ada.api_key, bob.alias, 50)
        await horde.folded()
        assert (await give(horde, bob.api_key, eve.alias, 50)).status_code == 200
        assert await kudos(horde, bob) == 25

    async def test_parallel_transfers_on_two_servers_never_overspend(
        self, start_horde: StartHorde, horde: Horde
    ) -> None:
        """§8.3: two parallel transfers of 80 from 100: one wins, on whichever server; never below the floor."""
        other = await start_horde()
        ada, bob = await rich_and_poor(horde)
        answers = await asyncio.gather(
            *(give(server, ada.api_key, bob.alias, 80) for server in (horde, other, horde, other))
        )
        assert sorted(answer.json().get("rc", "") for answer in answers) == ["", *["KudosTransferNotEnough"] * 3]
        await horde.folded()
        assert (await kudos(horde, ada), await kudos(horde, bob)) == (45, 105)

    async def test_a_repeated_transfer_with_its_key_moves_nothing_twice(
        self, start_horde: StartHorde, horde: Horde
    ) -> None:
        """§7.5: same key and values → success, nothing moved; also of parallel ones, on two servers."""
        other = await start_horde()
        ada, bob = await rich_and_poor(horde)
        answers = await asyncio.gather(
            *(give(s, ada.api_key, bob.alias, 60, **{"Idempotency-Key": "k"}) for s in (horde, other, horde, other))
        )
        assert [answer.json() for answer in answers] == [{"transferred": 60.0}] * 4
        await horde.folded()
        assert (await kudos(horde, ada), await kudos(horde, bob)) == (65, 85)

    async def test_a_key_belongs_to_one_transfer_of_one_giver(self, horde: Horde) -> None:
        """§7.5: the same key with other values → 400 `IdempotencyKeyConflict`; another giver's key is another key."""
        ada, bob = await rich_and_poor(horde)
        eve = await horde.account("eve", kudos=125)
        key: dict[str, Any] = {"Idempotency-Key": "k"}
        await give(horde, ada.api_key, bob.alias, 10, **key)
        conflict = (400, "IdempotencyKeyConflict")
        assert horde.outcome(await give(horde, ada.api_key, bob.alias, 11, **key)) == conflict
        assert horde.outcome(await give(horde, ada.api_key, eve.alias, 10, **key)) == conflict
        assert (await give(horde, eve.api_key, bob.alias, 11, **key)).status_code == 200
        too_long = await give(horde, ada.api_key, bob.alias, 10, **{"Idempotency-Key": "k" * 256})
        assert horde.outcome(too_long) == (400, "BadRequest")

    async def test_kudos_do_not_go_straight_back(self, horde: Horde) -> None:
        """§7.2: the receiver gave to the giver within 60 s → 400 `TooFastKudosTransfers`; later it may."""
        ada, bob = await rich_and_poor(horde)
        await give(horde, ada.api_key, bob.alias, 50)
        await horde.folded()
        assert horde.outcome(await give(horde, bob.api_key, ada.alias)) == (400, "TooFastKudosTransfers")
        await horde.sql("UPDATE kudos_transfer SET created_at = now() - interval '61 seconds'")
        assert (await give(horde, bob.api_key, ada.alias)).status_code == 200

    @pytest.mark.parametrize(
        ("source", "target", "rc"),
        [
            (SUSPICIOUS, {}, "FaultWhenKudosSending"),
            ({"flagged": True}, {}, "SourceAccountFlagged"),
            ({"education": True}, {}, "EducationCannotSendKudos"),
            ({}, SUSPICIOUS, "FaultWhenKudosReceiving"),
            ({}, {"flagged": True}, "TargetAccountFlagged"),
            ({"deleted": True}, {}, "DeletedUser"),
            ({}, {"deleted": True}, "DeletedUser"),
            ({**SUSPICIOUS, "flagged": True}, {"flagged": True}, "FaultWhenKudosSending"),
        ],
        ids=str,
    )
    async def test_some_accounts_neither_give_nor_receive(
        self, horde: Horde, source: dict[str, Any], target: dict[str, Any], rc: str
    ) -> None:
        """§7.3: each by its rc, in this order, all 400; before the amount is looked at."""
        ada = await horde.account("ada", kudos=125, columns=source)
        bob = await horde.account("bob", columns=target)
        assert horde.outcome(await give(horde, ada.api_key, bob.alias, -1)) == (400, rc)
        assert await kudos(horde, ada) == 125

    async def test_trusted_accounts_are_never_suspicious(self, horde: Horde) -> None:
        """accounts.md §1.6: five reasons make suspicious, never for trusted users; four do not."""
        ada = await horde.account("ada", kudos=125, trusted=True, columns=SUSPICIOUS)
        bob = await horde.account("bob", columns={"suspicions": [5, 5, 5, 9]})
        assert (await give(horde, ada.api_key, bob.alias)).status_code == 200

    async def test_who_cannot_be_a_party(self, horde: Horde) -> None:
        """§7.1: from and to anonymous, to oneself, to nobody."""
        ada, bob = await rich_and_poor(horde)
        assert horde.outcome(await give(horde, "0000000000", "nobody at all")) == (400, "KudosTransferFromAnon")
        assert horde.outcome(await give(horde, ada.api_key, "Anonymous#0")) == (400, "KudosTransferToAnon")
        assert horde.outcome(await give(horde, ada.api_key, ada.alias)) == (400, "KudosTransferToSelf")
        shared_key = "00000000-0000-0000-0000-000000000000"
        for nobody in ("bob", "bob#", "bob#-1", f"{bob.id}#", "x#9999", "x#2147483648", "#" * 255, shared_key, "#²"):
            assert horde.outcome(await give(horde, ada.api_key, nobody)) == (400, "InvalidTargetUsername"), nobody

    @pytest.mark.parametrize(("amount", "rc"), [(-1, "NegativeKudosTransfer"), (0, "InvalidKudosTransferAmount")])
    async def test_at_least_one_kudos_is_given(self, horde: Horde, amount: int, rc: str) -> None:
        """§7.4: <0 and =0 by their rc; before the giver's means are looked at."""
        bob = await horde.account("bob")
        assert horde.outcome(await give(horde, (await horde.account("ada")).api_key, bob.alias, amount)) == (400, rc)

    @pytest.mark.parametrize(
        "body",
        [
            {}, {"username": None}, {"username": ""}, {"username": "x" * 256}, {"username": 1},
            {"username": "a#1", "amount": 1.5}, {"username": "a#1", "amount": "1.5"},
            {"username": "a#1", "amount": True},
            {"username": "a#1", "amount": None}, {"username": "a#1", "amount": 10**14},
            {"username": "a#1", "amount": 10**400}, {"username": "a#1", "amount": "9" * 400},
            {"username": "a#1", "amount": "²"},
        ],
        ids=lambda body: str(body)[:50],
    )  # fmt: skip
    async def test_the_body_is_checked(self, horde: Horde, body: dict[str, Any]) -> None:
        """basics.md §3.3: 400 with `errors`, no rc."""
        key = (await horde.account("ada")).api_key
        answer = await horde.client.post("/api/v2/kudos/transfer", json=body, headers={"apikey": key})
        assert (answer.status_code, "rc" in answer.json(), len(answer.json()["errors"])) == (400, False, 1)

    async def test_a_key_is_needed(self, horde: Horde) -> None:
        """§7.1: unknown key 401; a missing one 400."""
        assert horde.outcome(await give(horde, "x" * 22, "a#1")) == (401, "InvalidAPIKey")
        assert list((await give(horde, None, "a#1")).json()["errors"]) == ["apikey"]

    async def test_nulls_in_names_are_refused(self, horde: Horde) -> None:
        """basics.md §3.3: a NUL → 400 `NulByteInPayload`."""
        key = (await horde.account("ada")).api_key
        assert horde.outcome(await give(horde, key, "a\0#1")) == (400, "NulByteInPayload")


class TestAward:
    """POST /kudos/award."""

    async def test_the_first_user_awards_and_takes_back(self, horde: Horde) -> None:
        """§7.8: user 1; bucket awarded; negative allowed, the floor applies."""
        root, ada = await horde.account("root"), await horde.account("ada", kudos=25)
        answer = await award(horde, root.api_key, ada.alias, 500)
        assert (answer.status_code, answer.json()) == (200, {"awarded": 500.0})
        KudosAwarded.model_validate(answer.json(), strict=True)
        assert (await award(horde, root.api_key, ada.alias, -100)).json() == {"awarded": -100.0}
        await horde.folded()
        assert await kudos(horde, ada) == 425
        assert (await horde.user(ada))["kudos_details"]["awarded"] == 400
        await award(horde, root.api_key, ada.alias, -1000)
        await horde.folded()
        assert await kudos(horde, ada) == 25

    async def test_nobody_else_does(self, horde: Horde) -> None:
        """§7.8: 403 `NotAllowedAwards`, moderators and anonymous included; 401; 400 without a key."""
        root, mod = await horde.account("root"), await horde.account("mod", moderator=True)
        for key in (mod.api_key, "0000000000"):
            assert horde.outcome(await award(horde, key, root.alias)) == (403, "NotAllowedAwards")
        assert horde.outcome(await award(horde, "x" * 22, root.alias)) == (401, "InvalidAPIKey")
        assert list((await award(horde, None, root.alias)).json()["errors"]) == ["apikey"]

    async def test_who_cannot_be_awarded(self, horde: Horde) -> None:
        """§7.8: 400 `InvalidAwardUsername`, `KudosAwardToAnon`, and `TargetAccountFlagged`."""
        root, bad = await horde.account("root"), await horde.account("bad", columns={"flagged": True})
        for nobody in ("x#99", "nobody"):
            assert horde.outcome(await award(horde, root.api_key, nobody)) == (400, "InvalidAwardUsername")
        assert horde.outcome(await award(horde, root.api_key, "Anonymous#0")) == (400, "KudosAwardToAnon")
        assert horde.outcome(await award(horde, root.api_key, bad.alias)) == (400, "TargetAccountFlagged")

    async def test_a_deleted_first_user_awards_nothing(self, horde: Horde) -> None:
        """§7.8: a deleted account: award → 403 `DeletedUser`."""
        root = await horde.account("root", columns={"deleted": True})
        assert horde.outcome(await award(horde, root.api_key, root.alias)) == (403, "DeletedUser")
