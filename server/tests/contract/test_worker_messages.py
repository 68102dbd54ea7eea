"""Messages to workers: written, looked up, removed, and told with pops (workers.md §12)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount
from horde_server.database.pool import open_pool
from horde_server.workers.answers import WorkerDetails
from horde_server.workers.messages.answers import ResponseModelMessage, ResponseModelMessagePop
from horde_server.workers.messages.mirror import MOST_TOLD, MessageMirror
from horde_server.workers.messages.schemas import MOST_ADDRESSEES
from horde_server.workers.messages.service import (
    MOST_ACTIVE,
    MOST_ACTIVE_OF_MODERATOR,
    MOST_ACTIVE_OF_OWNER,
    MessageService,
)

UNKNOWN = "00000000-0000-0000-0000-000000000000"


async def call(horde: Horde, method: str, path: str = "", key: str | None = None, body: Any = None) -> httpx.Response:
    """A call below /workers/messages."""
    headers = {"apikey": key} if key is not None else {}
    return await horde.client.request(method, f"/api/v2/workers/messages{path}", headers=headers, json=body)


async def tell(horde: Horde, key: str, text: str = "hello", **body: Any) -> dict[str, Any]:
    """A message that is taken."""
    answer = await call(horde, "POST", "", key, {"message": text, **body})
    assert answer.status_code == 200, answer.text
    ResponseModelMessage.model_validate(answer.json(), strict=True)
    return dict(answer.json())


async def texts(horde: Horde, key: str, query: str = "") -> list[str]:
    """What a page of messages says."""
    answer = await call(horde, "GET", query, key)
    assert answer.status_code == 200, answer.text
    for message in answer.json():
        ResponseModelMessage.model_validate(message, strict=True)
    return [message["message"] for message in answer.json()]


def said(answer: dict[str, Any]) -> list[str]:
    """What a pop was told."""
    for message in answer.get("messages", ()):
        ResponseModelMessagePop.model_validate(message, strict=True)
    return [message["message"] for message in answer.get("messages", ())]


async def _nobody_hears(topic: str, ids: Collection[str]) -> None:
    """Instead of an announcement."""


@pytest.fixture
async def owner(horde: Horde) -> NewAccount:
    """The owner of the worker `bee`."""
    made = await horde.account("owner")
    await horde.pop(made.api_key, "bee")
    return made


@pytest.fixture
async def mod(horde: Horde) -> NewAccount:
    """A moderator."""
    return await horde.account("mod", moderator=True)


async def id_of(horde: Horde, name: str = "bee") -> str:
    """The id of a worker."""
    return str((await horde.sql("SELECT id FROM worker WHERE name = %s", name))[0][0])


class TestTelling:
    """POST, and `messages` of pops."""

    async def test_a_moderator_tells_all_workers_of_every_kind(
        self, horde: Horde, owner: NewAccount, mod: NewAccount
    ) -> None:
        """§12.1, §12.5: with and without a job, of alchemists too, until it is deleted; twice in a row are two."""
        first, second = await tell(horde, mod.api_key, "<b>one & two"), await tell(horde, mod.api_key, "<b>one & two")
        assert first["id"] != second["id"]
        assert (first["origin"], first["user_id"]) == ("OpenHorde Moderators", str(mod.id))
        assert not {"worker_id", "worker_ids", "worker_type"} & first.keys()
        assert (await call(horde, "DELETE", f"/{second['id']}", mod.api_key)).json() == {"message": "OK"}
        await horde.request()
        await horde.texts.request()
        await horde.alchemy.request("caption", key=mod.api_key)
        for pop in (
            horde.pop(owner.api_key, "bee"), horde.texts.pop(owner.api_key),
            horde.alchemy.pop(owner.api_key, "caption"),
        ):  # fmt: skip
            answer = await pop
            assert answer.get("id") or answer.get("forms"), "a job"
            assert answer["messages"] == [{name: first[name] for name in ("id", "message", "origin", "expiry")}], (
                "with a job"
            )
        for pop in (
            horde.pop(owner.api_key, "bee"), horde.texts.pop(owner.api_key),
            horde.alchemy.pop(owner.api_key, "caption"),
        ):  # fmt: skip
            assert said(await pop) == ["&lt;b&gt;one &amp; two"]
        assert (await call(horde, "DELETE", f"/{first['id']}", mod.api_key)).status_code == 200
        assert (await horde.pop(owner.api_key, "bee"))["messages"] == []
        assert "messages" not in await horde.alchemy.pop(owner.api_key, "caption")

    async def test_an_owner_tells_workers_of_his_own(self, horde: Horde, owner: NewAccount, mod: NewAccount) -> None:
        """§12.1: one or several, in his own name, whatever origin he gives; no other worker is told."""
        await horde.pop(owner.api_key, "cat")
        await horde.pop(owner.api_key, "dog")
        bee, cat = await id_of(horde, "bee"), await id_of(horde, "cat")
        one = await tell(horde, owner.api_key, "to one", worker_id=bee, origin="The Management")
        assert (one["worker_id"], one["origin"]) == (bee, str(owner.id))
        several = await tell(horde, owner.api_key, "to two", worker_ids=[bee, cat, bee])
        assert several["worker_ids"] == sorted([bee, cat])
        assert said(await horde.pop(owner.api_key, "bee")) == ["to two", "to one"]
        assert said(await horde.pop(owner.api_key, "cat")) == ["to two"]
        assert said(await horde.pop(owner.api_key, "dog")) == []
        theirs = await tell(horde, mod.api_key, "to a stranger's", worker_id=bee, origin="Bob")
        assert (theirs["origin"], theirs["worker_id"]) == ("Bob", bee)
        assert said(await horde.pop(owner.api_key, "bee"))[0] == "to a stranger's"

    async def test_workers_of_a_kind_are_told_together(self, horde: Horde, owner: NewAccount, mod: NewAccount) -> None:
        """§12.1: by moderators."""
        sent = await tell(horde, mod.api_key, "to scribes", worker_type="text")
        assert sent["worker_type"] == "text"
        assert said(await horde.texts.pop(owner.api_key)) == ["to scribes"]
        assert said(await horde.pop(owner.api_key, "bee")) == []

    async def test_all_nodes_tell_it(self, start_horde: StartHorde, horde: Horde, owner: NewAccount) -> None:
        """§12.5: and stop together."""
        other = await start_horde()
        sent = await tell(horde, owner.api_key, worker_id=await id_of(horde))

        async def is_told() -> bool:
            return said(await other.pop(owner.api_key, "bee")) == ["hello"]

        async def is_not_told() -> bool:
            return not await is_told()

        await horde.until(is_told, "the other node knows of it")
        assert (await call(other, "DELETE", f"/{sent['id']}", owner.api_key)).status_code == 200
        assert said(await other.pop(owner.api_key, "bee")) == []
        await horde.until(is_not_told, "the other node knows that it is gone")

        async def is_quiet_here() -> bool:
            return said(await horde.pop(owner.api_key, "bee")) == []

        await horde.until(is_quiet_here, "this node knows that it is gone")

    async def test_it_ends_by_itself(self, horde: Horde, mod: NewAccount) -> None:
        """§12.2: after 12 hours unless told otherwise; by the clock alone, without anything being read anew."""
        sent = await tell(horde, mod.api_key)
        lasts = parsedate_to_datetime(sent["expiry"]) - parsedate_to_datetime(sent["created"])
        assert lasts.total_seconds() == 12 * 3600
        assert sent["expiry"].endswith(" -0000")
        longest = await tell(horde, mod.api_key, "for a month", expiry=720)
        later = parsedate_to_datetime(sent["expiry"]).timestamp()
        now = later - 1
        pool = await open_pool(horde.dsn, size=2)
        try:
            mirror = MessageMirror(pool, lambda: now)
            await mirror.reload()
            assert len(mirror.told(UUID(UNKNOWN), "image")) == 2
            now = later + 1
            (left,) = mirror.told(UUID(UNKNOWN), "image")
        finally:
            await pool.close()
        assert msgspec.json.decode(left)["id"] == longest["id"]
        await horde.sql("UPDATE worker_message SET expires_at = now() - interval '1 s' WHERE id = %s", sent["id"])
        assert await texts(horde, mod.api_key, "?validity=expired") == ["hello"]

    async def test_a_pop_is_told_the_twenty_newest(self, horde: Horde, owner: NewAccount, mod: NewAccount) -> None:
        """§12.5: so that pops stay small."""
        for number in range(MOST_TOLD + 2):
            await tell(horde, mod.api_key, f"message {number}", **({} if number % 2 else {"worker_type": "image"}))
        told = said(await horde.pop(owner.api_key, "bee"))
        assert told == [f"message {number}" for number in range(MOST_TOLD + 1, 1, -1)]

    async def test_the_worker_object_has_what_is_told_to_it(
        self, horde: Horde, owner: NewAccount, mod: NewAccount
    ) -> None:
        """§11.3: by name, for its owner and moderators, and for all where its owner shows his workers."""
        await tell(horde, mod.api_key, "to all")
        await tell(horde, owner.api_key, "to it", worker_id=await id_of(horde))

        async def seen(key: str | None) -> list[str] | None:
            answer = await horde.client.get("/api/v2/workers/name/bee", headers={"apikey": key} if key else {})
            WorkerDetails.model_validate(answer.json(), strict=True)
            return said(answer.json()) if "messages" in answer.json() else None

        assert [await seen(key) for key in (None, owner.api_key, mod.api_key)] == [None, ["to it"], ["to it"]]
        await horde.sql("UPDATE account SET public_workers = true WHERE id = %s", owner.id)
        assert await seen(None) == ["to it"]


class TestRefusals:
    """What is not taken."""

    async def test_who_may_tell_whom(self, horde: Horde, owner: NewAccount, mod: NewAccount) -> None:
        """§12.3: by code; nothing is stored of what is refused."""
        stranger = await horde.account("stranger")
        await horde.pop(stranger.api_key, "cat")
        bee, cat = await id_of(horde, "bee"), await id_of(horde, "cat")
        for key, body, expected in (
            ("0000000000", {"worker_id": bee}, (403, "AnonForbidden")),
            (owner.api_key, {"worker_id": cat}, (403, "MessagesOnlyOwnWorkers")),
            (owner.api_key, {"worker_ids": [bee, cat]}, (403, "MessagesOnlyOwnWorkers")),
            (owner.api_key, {}, (403, "MessagesOnlyOwnWorkers")),
            (owner.api_key, {"worker_type": "image"}, (403, "MessagesOnlyOwnWorkers")),
            (owner.api_key, {"worker_id": UNKNOWN}, (404, "WorkerNotFound")),
            (mod.api_key, {"worker_id": "x" * 36}, (404, "WorkerNotFound")),
            (mod.api_key, {"worker_id": bee, "worker_type": "image"}, (400, "BadRequest")),
            (mod.api_key, {"message": "   "}, (400, "BadRequest")),
            (mod.api_key, {"message": "<" * 10_240}, (400, "BadRequest")),
            (mod.api_key, {"message": "nul\0byte"}, (400, "NulByteInPayload")),
            ("wrong", {"worker_id": bee}, (401, "InvalidAPIKey")),
        ):
            answer = await call(horde, "POST", "", key, {"message": "hello", **body})
            assert horde.outcome(answer) == expected, body
        assert await horde.sql("SELECT count(*) FROM worker_message") == [(0,)]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"message": ""}, {"message": "x" * 10_241}, {"message": None}, {"worker_id": "x"}, {"worker_id": "x" * 37},
            {"origin": ""}, {"origin": "x" * 256}, {"origin": "two\nlines"}, {"expiry": 0}, {"expiry": 721},
            {"expiry": "12"}, {"worker_type": "images"}, {"worker_ids": []},
            {"worker_ids": [UNKNOWN] * (MOST_ADDRESSEES + 1)},
        ],
        ids=lambda value: str(value)[:40],
    )  # fmt: skip
    async def test_values_beyond_the_schema_are_named(
        self, horde: Horde, mod: NewAccount, wrong: dict[str, Any]
    ) -> None:
        """basics.md §3.3: 400 with `errors`, no rc."""
        answer = await call(horde, "POST", "", mod.api_key, {"message": "hello", **wrong})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, list(wrong))

    async def test_an_author_has_so_many_in_force(self, horde: Horde, owner: NewAccount, mod: NewAccount) -> None:
        """§12.4: ten, also when they come together; moderators a hundred; what expired does not count."""
        bee = await id_of(horde)
        calls = [
            call(horde, "POST", "", owner.api_key, {"message": f"m {n}", "worker_id": bee})
            for n in range(MOST_ACTIVE_OF_OWNER + 2)
        ]
        refused = [answer for answer in await asyncio.gather(*calls) if answer.status_code != 200]
        assert [horde.outcome(answer) for answer in refused] == [(403, "Forbidden")] * 2
        await horde.sql("UPDATE worker_message SET expires_at = now()")
        await tell(horde, owner.api_key, worker_id=bee)
        fill = (
            "INSERT INTO worker_message (id, account_id, audience, origin, message, expires_at)"
            " SELECT gen_random_uuid(), %s, 'workers', '1', 'x', now() + interval '1 hour' FROM generate_series(1, %s)"
        )
        await horde.sql(fill, mod.id, MOST_ACTIVE_OF_MODERATOR - 1)
        await tell(horde, mod.api_key)
        assert horde.outcome(await call(horde, "POST", "", mod.api_key, {"message": "hello"})) == (403, "Forbidden")

    async def test_all_together_have_so_many_but_moderators(
        self, horde: Horde, owner: NewAccount, mod: NewAccount
    ) -> None:
        """§12.4: five thousand, which every node keeps in memory."""
        other = await horde.account("other")
        await horde.sql(
            "INSERT INTO worker_message (id, account_id, audience, origin, message, expires_at)"
            " SELECT gen_random_uuid(), %s, 'workers', '1', 'x', now() + interval '1 hour' FROM generate_series(1, %s)",
            other.id, MOST_ACTIVE,
        )  # fmt: skip
        answer = await call(horde, "POST", "", owner.api_key, {"message": "hello", "worker_id": await id_of(horde)})
        assert horde.outcome(answer) == (403, "Forbidden")
        await tell(horde, mod.api_key)


class TestLookingUp:
    """GET and DELETE."""

    async def test_everybody_sees_what_concerns_them(self, horde: Horde, owner: NewAccount, mod: NewAccount) -> None:
        """§12.6: one's own, those to one's workers, those to many; moderators all; by author, worker and validity."""
        stranger = await horde.account("stranger")
        await horde.pop(stranger.api_key, "cat")
        bee, cat = await id_of(horde, "bee"), await id_of(horde, "cat")
        await tell(horde, owner.api_key, "by owner", worker_id=bee)
        await tell(horde, mod.api_key, "to bee", worker_id=bee)
        await tell(horde, mod.api_key, "to cat", worker_id=cat)
        await tell(horde, mod.api_key, "to all")
        await tell(horde, mod.api_key, "to scribes", worker_type="text")
        assert await texts(horde, owner.api_key) == ["to scribes", "to all", "to bee", "by owner"]
        assert await texts(horde, stranger.api_key) == ["to scribes", "to all", "to cat"]
        assert await texts(horde, mod.api_key) == ["to scribes", "to all", "to cat", "to bee", "by owner"]
        assert await texts(horde, owner.api_key, f"?user_id={owner.id}") == ["by owner"]
        assert await texts(horde, mod.api_key, f"?user_id={owner.id}") == ["by owner"]
        assert await texts(horde, mod.api_key, "?user_id=x") == []
        assert await texts(horde, mod.api_key, f"?worker_id={bee}") == ["to bee", "by owner"]
        assert await texts(horde, mod.api_key, f"?worker_id={bee}&user_id={mod.id}") == ["to bee"]
        assert await texts(horde, stranger.api_key, f"?worker_id={bee}") == []
        for wrong in (str(mod.id), "x", "9" * 20):
            assert horde.outcome(await call(horde, "GET", f"?user_id={wrong}", owner.api_key)) == (403, "Forbidden")
        assert horde.outcome(await call(horde, "GET", "?worker_id=x", owner.api_key)) == (404, "WorkerNotFound")
        await horde.sql("UPDATE worker_message SET expires_at = now() WHERE message = 'to all'")
        assert await texts(horde, owner.api_key, "?validity=expired") == ["to all"]
        assert "to all" not in await texts(horde, owner.api_key, "?validity=active")
        assert len(await texts(horde, owner.api_key, "?validity=all")) == 4
        for query in ("validity=some", "page=0", "page=x", f"user_id={'1' * 101}", f"worker_id={'1' * 101}"):
            answer = await call(horde, "GET", f"?{query}", owner.api_key)
            assert (answer.status_code, list(answer.json()["errors"])) == (400, [query.partition("=")[0]])

    async def test_pages_have_fifty(self, horde: Horde, owner: NewAccount, mod: NewAccount) -> None:
        """§12.6: the newest first, none twice."""
        await horde.sql(
            "INSERT INTO worker_message (id, account_id, audience, origin, message, created_at, expires_at)"
            " SELECT gen_random_uuid(), %s, 'all', 'x', 'm ' || n, now() - n * interval '1 s', now() + interval '1 h'"
            " FROM generate_series(1, 120) AS n",
            mod.id,
        )
        for key in (owner.api_key, mod.api_key):
            pages = [await texts(horde, key, f"?page={page}") for page in (1, 2, 3, 4, 201)]
            assert [len(page) for page in pages] == [50, 50, 20, 0, 0]
            assert [text for page in pages for text in page] == [f"m {n}" for n in range(1, 121)]

    async def test_one_message(self, horde: Horde, owner: NewAccount, mod: NewAccount) -> None:
        """§12.7: to those whom it concerns; one to many to anybody who knows its id."""
        stranger = await horde.account("stranger")
        bee = await id_of(horde)
        sent = await tell(horde, mod.api_key, worker_id=bee)
        for key in (owner.api_key, mod.api_key):
            assert (await call(horde, "GET", f"/{sent['id']}", key)).json() == sent
        assert horde.outcome(await call(horde, "GET", f"/{sent['id']}", stranger.api_key)) == (403, "Forbidden")
        assert horde.outcome(await call(horde, "GET", f"/{sent['id']}", "0000000000")) == (403, "Forbidden")
        assert horde.outcome(await call(horde, "GET", f"/{sent['id']}")) == (401, "InvalidAPIKey")
        assert horde.outcome(await call(horde, "GET", f"/{sent['id']}", "wrong")) == (401, "InvalidAPIKey")
        to_all = await tell(horde, mod.api_key)
        assert (await call(horde, "GET", f"/{to_all['id']}")).json() == to_all
        for unknown in (UNKNOWN, "x"):
            for answer in (
                await call(horde, "GET", f"/{unknown}"),
                await call(horde, "DELETE", f"/{unknown}", owner.api_key),
            ):
                assert horde.outcome(answer) == (404, "WorkerMessageNotFound")

    async def test_authors_and_moderators_delete(self, horde: Horde, owner: NewAccount, mod: NewAccount) -> None:
        """§12.8: the addressee's owner may not; what a moderator deletes of others is recorded, as are his messages."""
        bee = await id_of(horde)
        theirs = await tell(horde, mod.api_key, "be nice", worker_id=bee)
        assert horde.outcome(await call(horde, "DELETE", f"/{theirs['id']}", owner.api_key)) == (403, "Forbidden")
        assert horde.outcome(await call(horde, "DELETE", f"/{theirs['id']}", "wrong")) == (401, "InvalidAPIKey")
        own = await tell(horde, owner.api_key, "mine", worker_id=bee)
        assert (await call(horde, "DELETE", f"/{own['id']}", mod.api_key)).status_code == 200
        assert (await call(horde, "DELETE", f"/{theirs['id']}", mod.api_key)).status_code == 200
        trail = "SELECT action, subject_id, concerns, old_value, new_value FROM audit_entry ORDER BY id"
        assert await horde.sql(trail) == [
            ("worker_message.create", theirs["id"], owner.id, {}, {"to": [bee], "hours": 12}),
            ("worker_message.delete", own["id"], owner.id, {"origin": str(owner.id), "message": "mine"}, {}),
        ]

    async def test_what_expired_long_ago_is_forgotten(self, horde: Horde, mod: NewAccount) -> None:
        """§12.2: thirty days later."""
        for days in (29, 31):
            sent = UUID((await tell(horde, mod.api_key, f"{days} days"))["id"])
            await horde.sql(
                "UPDATE worker_message SET expires_at = now() - make_interval(days => %s) WHERE id = %s", days, sent
            )
        pool = await open_pool(horde.dsn, size=2)
        try:
            await MessageService(pool, _nobody_hears, horde_title="x").sweep()
        finally:
            await pool.close()
        assert await texts(horde, mod.api_key, "?validity=all") == ["29 days"]

    async def test_a_worker_may_be_called_messages(self, horde: Horde, owner: NewAccount) -> None:
        """Its routes and those of messages do not get in each other's way."""
        await horde.pop(owner.api_key, "messages")
        assert (await horde.client.get("/api/v2/workers/name/messages")).json()["name"] == "messages"
        assert horde.outcome(await horde.client.get("/api/v2/workers/messages")) == (400, None)
