"""Requesters are told of each finished job and of the end of their request (webhooks.md §2)."""

from __future__ import annotations

import asyncio
import base64
import sys
import threading
from functools import partial
from typing import Any

import httpx
import psycopg
import pytest
from followed import Heard
from hordes import Horde, StartHorde
from key_routes import share_key
from streaming_worker import StreamingWorker
from webhook_receivers import Authority, Received, Receiver, receiving

from horde_server.requests.following import State, Text, Wants
from horde_server.webhooks.receivers import FOR_ONE_AT_A_TIME

ENDS = {"request.finished", "request.faulted", "request.cancelled", "request.expired"}


async def told(receiver: Receiver, count: int) -> list[Received]:
    """What was told, when there is so much; jobs before the end of the request."""
    await asyncio.to_thread(receiver.wait_until, lambda got: len(got) >= count, f"{count} deliveries", 15.0)
    return sorted(receiver.received, key=lambda got: got.event in ENDS)


async def nothing_is_left_to_tell(horde: Horde) -> None:
    async def is_empty() -> bool:
        return await horde.sql("SELECT 1 FROM webhook_delivery UNION ALL SELECT 1 FROM procrastinate_jobs") == []

    await horde.until(is_empty, "everything is delivered")


async def secret_of(horde: Horde, key: str, method: str = "GET") -> str:
    answer = await horde.client.request(method, "/api/v2/webhook_secret", headers={"apikey": key})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["secret"])


class TestWhatIsTold:
    async def test_of_an_image_its_body_as_in_a_status(self, horde: Horde, receiver: Receiver) -> None:
        """§3.1: `generations[]` but an integer seed and no `state`, plus `request` and `kudos`."""
        owner = await horde.account("owner")
        request_id = await horde.request(owner.api_key, webhook=receiver.url())
        job = await horde.job(owner.api_key)
        await horde.submit(
            owner.api_key, job["id"], gen_metadata=[{"type": "information", "value": "see_ref", "ref": "x"}]
        )
        finished, ended = await told(receiver, 2)
        shown = (await horde.status(request_id))["generations"][0]
        body = finished.body
        assert body.pop("img").partition("?")[0] == shown.pop("img").partition("?")[0]
        assert body.pop("kudos") > 0
        assert (body.pop("event"), body.pop("delivery"), body.pop("request")) == (
            "job.finished",
            finished.id,
            request_id,
        )
        assert shown.pop("state") == "ok"
        assert body == {**shown, "seed": 7}
        assert ended.event == "request.finished"
        await nothing_is_left_to_tell(horde)

    async def test_the_link_to_the_image_works(self, horde: Horde, receiver: Receiver) -> None:
        owner = await horde.account("owner")
        await horde.request(owner.api_key, webhook=receiver.url())
        await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"])
        finished, _ = await told(receiver, 2)
        assert finished.body["img"].startswith("http://horde.test/")
        assert (await horde.client.get(finished.body["img"])).content[:4] == b"RIFF"

    async def test_an_image_that_was_asked_for_inline_is_inline(self, horde: Horde, receiver: Receiver) -> None:
        owner = await horde.account("owner")
        await horde.request(owner.api_key, webhook=receiver.url(), r2=False)
        await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"])
        finished, _ = await told(receiver, 2)
        assert base64.b64decode(finished.body["img"])[:4] == b"RIFF"

    async def test_of_a_text_its_body_as_in_a_status(self, horde: Horde, receiver: Receiver) -> None:
        """§3.2: the text generation object plus `request` and `kudos`."""
        owner = await horde.account("owner")
        request_id = await horde.texts.request(owner.api_key, webhook=receiver.url())
        await horde.texts.submit(owner.api_key, (await horde.texts.job(owner.api_key))["id"], seed=5)
        finished, ended = await told(receiver, 2)
        shown = (await horde.texts.status(request_id))["generations"][0]
        body = finished.body
        assert body.pop("kudos") > 0
        assert (body.pop("event"), body.pop("delivery"), body.pop("request")) == (
            "job.finished",
            finished.id,
            request_id,
        )
        assert body == shown
        assert ended.event == "request.finished"

    async def test_of_a_text_whose_worker_was_lost_at_its_end(self, horde: Horde, receiver: Receiver) -> None:
        """§2, streams.md §6.5: what was told in full is a result like any other."""
        owner = await horde.account("owner")
        request_id = await horde.texts.request(owner.api_key, webhook=receiver.url(), params={"max_length": 16})
        heard = Heard(horde.app._app.state.node.following, request_id, wants=Wants(text=True))
        await heard.until(State)
        worker = StreamingWorker(horde, owner.api_key)
        job_id = (await worker.job())["id"]
        await worker.write(job_id, "x" * 64)
        await heard.until(Text)
        await horde.texts.submit(owner.api_key, job_id, generation="", state="faulted")
        finished, ended = await told(receiver, 2)
        shown = (await horde.texts.status(request_id))["generations"][0]
        assert (finished.body["event"], finished.body["text"]) == ("job.finished", "x" * 64)
        assert {name: finished.body[name] for name in shown} == shown
        assert finished.body["kudos"] == 0
        assert ended.event == "request.finished"

    async def test_of_the_end_how_it_came_to_it(self, horde: Horde, receiver: Receiver) -> None:
        owner = await horde.account("owner")
        request_id = await horde.request(owner.api_key, webhook=receiver.url(), params={"n": 2})
        for _ in range(2):
            await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"])
        *jobs, ended = await told(receiver, 3)
        assert [job.event for job in jobs] == ["job.finished"] * 2
        state = await horde.check(request_id)
        kept = {"finished", "processing", "restarted", "waiting", "done", "faulted", "kudos"}
        assert ended.body == {
            "event": "request.finished",
            "delivery": ended.id,
            "request": request_id,
            **{name: state[name] for name in kept},
        }

    async def test_who_asks_with_a_shared_key_is_told_unsigned(self, horde: Horde, receiver: Receiver) -> None:
        """§5.2: else strangers had deliveries with the signature of the key's owner to show."""
        owner = await horde.account("owner", kudos=1000)
        shared = await share_key(horde, owner.api_key)
        for key in (shared["id"], owner.api_key):
            receiver.received.clear()
            await horde.request(key, webhook=receiver.url())
            await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"])
            for got in await told(receiver, 2):
                assert ("webhook-signature" in got.headers) is (key == owner.api_key)

    async def test_nothing_is_told_of_a_request_without_a_webhook(self, horde: Horde) -> None:
        owner = await horde.account("owner")
        await horde.request(owner.api_key)
        await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"])
        assert await horde.sql("SELECT 1 FROM webhook_delivery") == []

    async def test_a_request_without_a_webhook_opens_no_transaction_for_one(
        self, horde: Horde, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is done most stays one statement that commits itself."""
        opened: set[str] = set()
        transaction = psycopg.AsyncConnection.transaction

        def noted(conn: psycopg.AsyncConnection[Any], *args: Any, **kwargs: Any) -> Any:
            opened.add(sys._getframe(1).f_globals["__name__"])
            return transaction(conn, *args, **kwargs)

        monkeypatch.setattr(psycopg.AsyncConnection, "transaction", noted)
        owner = await horde.account("owner")
        changing = {"horde_server.dispatch.submission", "horde_server.dispatch.dispatcher"}
        for webhook, expected in (({}, set()), ({"webhook": receiver.url()}, changing)):
            opened.clear()
            request_id = await horde.request(owner.api_key, params={"n": 3}, **webhook)
            await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"])
            job = await horde.job(owner.api_key)
            await horde.submit(owner.api_key, job["id"], state="faulted", generation="")
            await horde.cancel(request_id)
            assert opened & changing == expected

    async def test_of_a_form_its_result(self, horde: Horde, receiver: Receiver) -> None:
        """§3.3: the form, what it tells, who did it, and what it was worth."""
        owner = await horde.account("owner")
        asked = await horde.alchemy.request("caption", key=owner.api_key, webhook=receiver.url())
        form = await horde.alchemy.form(owner.api_key, "caption")
        await horde.alchemy.submit(owner.api_key, form["id"], {"caption": "a teal square"})
        finished, ended = await told(receiver, 2)
        body = finished.body
        assert body.pop("worker_id")
        assert body == {
            "event": "job.finished",
            "delivery": finished.id,
            "form": "caption",
            "state": "done",
            "result": {"caption": "a teal square"},
            "worker_name": "alchemist",
            "request": asked,
            "id": form["id"],
            "kudos": 1.0,
        }
        assert (ended.event, ended.body["request"], ended.body["finished"]) == ("request.finished", asked, 1)

    async def test_of_a_form_that_makes_a_picture_its_link(self, horde: Horde, receiver: Receiver) -> None:
        owner = await horde.account("owner")
        await horde.alchemy.request("RealESRGAN_x4plus", key=owner.api_key, webhook=receiver.url())
        form = await horde.alchemy.form(owner.api_key, "RealESRGAN_x4plus")
        inline = base64.b64encode(horde.picture()).decode()
        await horde.alchemy.submit(owner.api_key, form["id"], {"RealESRGAN_x4plus": inline})
        finished, _ = await told(receiver, 2)
        link = finished.body["result"]["RealESRGAN_x4plus"]
        assert (await horde.client.get(link)).content[:4] == b"RIFF"


class TestTheEnd:
    """Whatever ends a request is told, once."""

    async def test_a_cancelled_request(self, horde: Horde, receiver: Receiver) -> None:
        request_id = await horde.request(webhook=receiver.url())
        await horde.cancel(request_id)
        await horde.cancel(request_id)
        await nothing_is_left_to_tell(horde)
        assert receiver.events() == ["request.cancelled"]
        assert receiver.received[0].body["request"] == request_id

    async def test_a_request_that_is_cancelled_while_it_is_made_ends_with_its_job(
        self, horde: Horde, receiver: Receiver
    ) -> None:
        owner = await horde.account("owner")
        request_id = await horde.request(owner.api_key, webhook=receiver.url(), params={"n": 2})
        job = await horde.job(owner.api_key)
        await horde.cancel(request_id)
        assert receiver.events() == []
        await horde.submit(owner.api_key, job["id"])
        assert [got.event for got in await told(receiver, 2)] == ["job.finished", "request.cancelled"]

    async def test_a_request_that_failed_too_often(self, horde: Horde, receiver: Receiver) -> None:
        owner = await horde.account("owner")
        await horde.request(owner.api_key, webhook=receiver.url())
        for number in range(3):
            job = await horde.job(owner.api_key, f"worker {number}")
            await horde.submit(owner.api_key, job["id"], state="faulted", generation="")
        await nothing_is_left_to_tell(horde)
        assert receiver.events() == ["request.faulted"]
        assert receiver.received[0].body["faulted"]

    async def test_a_request_whose_jobs_were_let_lie(self, horde: Horde, receiver: Receiver) -> None:
        owner = await horde.account("owner")
        await horde.request(owner.api_key, webhook=receiver.url())
        for number in range(3):
            await horde.job(owner.api_key, f"worker {number}")
            await horde.sql("UPDATE job SET deadline = now() WHERE state = 'processing' RETURNING 1")
            await horde.until(
                lambda: horde.sql("SELECT 1 WHERE NOT EXISTS (SELECT FROM job WHERE state = 'processing')"),
                "it is swept",
            )
        await nothing_is_left_to_tell(horde)
        assert receiver.events() == ["request.faulted"]

    async def test_a_request_whose_last_worker_was_deleted(self, horde: Horde, receiver: Receiver) -> None:
        owner = await horde.account("owner")
        await horde.request(owner.api_key, webhook=receiver.url())
        for number in range(3):
            await horde.job(owner.api_key, f"worker {number}")
            [(worker_id,)] = await horde.sql("SELECT id FROM worker WHERE name = %s", f"worker {number}")
            deleted = await horde.client.delete(f"/api/v2/workers/{worker_id}", headers={"apikey": owner.api_key})
            assert deleted.status_code == 200, deleted.text
        await nothing_is_left_to_tell(horde)
        assert receiver.events() == ["request.faulted"]

    async def test_a_request_that_expired(self, horde: Horde, receiver: Receiver) -> None:
        request_id = await horde.request(webhook=receiver.url())
        await horde.sql("UPDATE request SET expires_at = now() RETURNING 1")
        [ended] = await told(receiver, 1)
        assert (ended.event, ended.body["request"]) == ("request.expired", request_id)

    async def test_a_request_that_was_done_does_not_end_again_when_it_expires(
        self, horde: Horde, receiver: Receiver
    ) -> None:
        request_id = await horde.request(webhook=receiver.url())
        await horde.cancel(request_id)
        await told(receiver, 1)
        await horde.sql("UPDATE request SET expires_at = now() RETURNING 1")
        await horde.until(lambda: horde.sql("SELECT 1 WHERE NOT EXISTS (SELECT FROM request)"), "it is gone")
        await nothing_is_left_to_tell(horde)
        assert receiver.events() == ["request.cancelled"]

    async def test_what_waits_when_the_horde_goes_into_maintenance(self, horde: Horde, receiver: Receiver) -> None:
        await horde.texts.request(webhook=receiver.url())
        await horde.sql("UPDATE request SET state = 'cancelled', waiting = 0 WHERE waiting > 0 RETURNING 1")
        [ended] = await told(receiver, 1)
        assert ended.event == "request.cancelled"

    async def test_an_interrogation_ends_once_with_its_last_form(self, horde: Horde, receiver: Receiver) -> None:
        owner = await horde.account("owner")
        asked = await horde.alchemy.request("caption", "nsfw", key=owner.api_key, webhook=receiver.url())
        for name in ("caption", "nsfw"):
            form = await horde.alchemy.form(owner.api_key, name)
            await horde.alchemy.submit(owner.api_key, form["id"], {name: "x"})
        await nothing_is_left_to_tell(horde)
        assert sorted(receiver.events()) == ["job.finished", "job.finished", "request.finished"]
        [ended] = [got for got in receiver.received if got.event in ENDS]
        assert (ended.body["request"], ended.body["finished"], ended.body["kudos"]) == (asked, 2, 4)

    async def test_forms_that_end_at_once_end_their_interrogation_once(self, horde: Horde, receiver: Receiver) -> None:
        owner = await horde.account("owner")
        names = ["caption", "nsfw", "interrogation", "describe"]
        for _ in range(3):
            await horde.alchemy.request(*names, key=owner.api_key, webhook=receiver.url())
        forms = (await horde.alchemy.pop(owner.api_key, *names, amount=12))["forms"]
        await asyncio.gather(*(horde.alchemy.submit(owner.api_key, form["id"], {"x": "y"}) for form in forms))
        await nothing_is_left_to_tell(horde)
        assert sorted(receiver.events()) == ["job.finished"] * 12 + ["request.finished"] * 3

    async def test_a_cancelled_interrogation(self, horde: Horde, receiver: Receiver) -> None:
        owner = await horde.account("owner")
        asked = await horde.alchemy.request("caption", "nsfw", "describe", key=owner.api_key, webhook=receiver.url())
        await horde.alchemy.form(owner.api_key, "caption")
        await horde.alchemy.cancel(asked)
        await nothing_is_left_to_tell(horde)
        assert receiver.events() == ["request.cancelled"]
        assert (receiver.received[0].body["request"], receiver.received[0].body["finished"]) == (asked, 0)

    async def test_an_interrogation_that_expired(self, horde: Horde, receiver: Receiver) -> None:
        asked = await horde.alchemy.request("caption", "nsfw", webhook=receiver.url())
        await horde.sql("UPDATE interrogation SET expires_at = now() - interval '1 minute' RETURNING 1")
        [ended] = await told(receiver, 1)
        await nothing_is_left_to_tell(horde)
        assert receiver.events() == ["request.expired"]
        assert ended.body["request"] == asked


class TestDelivery:
    async def test_a_result_is_told_although_its_request_and_account_are_gone(
        self, horde: Horde, receiver: Receiver
    ) -> None:
        owner = await horde.account("owner")
        receiver.answer = lambda got: 500 if len(receiver.received) <= 2 else 204
        await horde.request(owner.api_key, webhook=receiver.url())
        await horde.submit(owner.api_key, (await horde.job(owner.api_key))["id"])
        await told(receiver, 2)
        await horde.sql("UPDATE account SET deleted = true WHERE id = %s RETURNING 1", owner.id)
        await horde.sql("DELETE FROM request RETURNING 1")
        await horde.sql("UPDATE procrastinate_jobs SET scheduled_at = now() RETURNING 1")
        await nothing_is_left_to_tell(horde)
        assert sorted(receiver.events()) == ["job.finished"] * 2 + ["request.finished"] * 2

    async def test_a_refused_delivery_is_made_again_with_the_same_id_and_body(
        self, horde: Horde, receiver: Receiver
    ) -> None:
        receiver.answer = lambda got: 503 if len(receiver.received) == 1 else 200
        await horde.cancel(await horde.request(webhook=receiver.url()))
        await told(receiver, 1)

        async def is_counted() -> Any:
            return await horde.sql("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE attempts = 1 RETURNING 1")

        await horde.until(is_counted, "the failure is counted")
        first, second = await told(receiver, 2)
        assert (first.id, first.raw) == (second.id, second.raw)
        await nothing_is_left_to_tell(horde)

    @pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500])
    async def test_anything_but_success_is_tried_again_and_redirects_are_not_followed(
        self, horde: Horde, receiver: Receiver, status: int
    ) -> None:
        receiver.headers["Location"] = receiver.url("/elsewhere")
        receiver.answer = lambda _: status
        await horde.cancel(await horde.request(webhook=receiver.url()))

        async def is_counted() -> Any:
            return await horde.sql("SELECT 1 FROM webhook_delivery WHERE attempts = 1")

        await horde.until(is_counted, "the failure is counted")
        assert [got.path for got in receiver.received] == ["/hook"]

    async def test_a_receiver_that_is_gone_is_told_nothing_more(self, horde: Horde, receiver: Receiver) -> None:
        receiver.answer = lambda _: 410
        for _ in range(3):
            await horde.cancel(await horde.request(webhook=receiver.url()))
        await nothing_is_left_to_tell(horde)
        assert 1 <= len(receiver.received) <= 3

    async def test_it_is_given_up_after_its_attempts(self, horde: Horde, receiver: Receiver) -> None:
        receiver.answer = lambda _: 500
        request_id = await horde.request(webhook=receiver.url())
        await horde.sql("INSERT INTO webhook_secret VALUES (0, '\\x00') RETURNING 1")  # something to look at
        await horde.cancel(request_id)
        await told(receiver, 1)

        async def is_given_up() -> bool:
            await horde.sql("UPDATE webhook_delivery SET attempts = 16 WHERE attempts = 1 RETURNING 1")
            await horde.sql("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' RETURNING 1")
            return await horde.sql("SELECT 1 FROM webhook_delivery UNION ALL SELECT 1 FROM procrastinate_jobs") == []

        await horde.until(is_given_up, "it is given up")
        assert len(receiver.received) == 2

    async def test_who_does_not_keep_up_is_told_no_more_than_a_thousand_things(
        self, horde: Horde, receiver: Receiver
    ) -> None:
        owner, other = await horde.account("owner"), await horde.account("other")
        await horde.sql(
            "INSERT INTO webhook_delivery (id, account_id, url, body)"
            " SELECT gen_random_uuid(), %s, 'https://example.org', '{}' FROM generate_series(1, 1000) RETURNING 1",
            owner.id,
        )
        await horde.cancel(await horde.request(owner.api_key, webhook=receiver.url("/owner")))
        await horde.cancel(await horde.request(other.api_key, webhook=receiver.url("/other")))
        await told(receiver, 1)
        assert [got.path for got in receiver.received] == ["/other"]

    async def test_a_receiver_that_never_answers_holds_up_nobody_else(
        self, horde: Horde, receiver: Receiver, authority: Authority
    ) -> None:
        owner, other = await horde.account("owner"), await horde.account("other")
        go_on = threading.Event()
        with receiving(authority) as silent:
            silent.answer = lambda _: 204 if go_on.wait(60) else 500
            try:
                for _ in range(20):  # more than a server delivers at a time
                    await horde.cancel(await horde.request(owner.api_key, webhook=silent.url(host="localhost")))
                await told(silent, FOR_ONE_AT_A_TIME)
                await horde.cancel(await horde.request(other.api_key, webhook=receiver.url()))
                await told(receiver, 1)
                await horde.cancel(await horde.request(other.api_key, webhook=silent.url(host="localhost")))
                await told(silent, FOR_ONE_AT_A_TIME + 1)
            finally:
                go_on.set()

    async def test_a_private_address_is_refused_when_it_is_delivered_to(
        self, start_horde: StartHorde, receiver: Receiver
    ) -> None:
        """A name that leads inside is found out when it is looked up (basics.md §10)."""
        horde = await start_horde(task_poll_interval_s=0.05, webhook_private_networks=["10.0.0.0/8"])
        await horde.cancel(await horde.request(webhook=receiver.url(host="localhost")))

        async def is_counted() -> Any:
            return await horde.sql("SELECT 1 FROM webhook_delivery WHERE attempts = 1")

        await horde.until(is_counted, "the failure is counted")
        assert receiver.received == []

    async def test_a_certificate_that_nobody_vouches_for_is_refused(
        self, start_horde: StartHorde, receiver: Receiver
    ) -> None:
        horde = await start_horde(task_poll_interval_s=0.05, webhook_private_networks=["127.0.0.0/8"])
        await horde.cancel(await horde.request(webhook=receiver.url()))

        async def is_counted() -> Any:
            return await horde.sql("SELECT 1 FROM webhook_delivery WHERE attempts = 1")

        await horde.until(is_counted, "the failure is counted")
        assert receiver.received == []


class TestAsking:
    @pytest.mark.parametrize(
        "webhook",
        [
            "http://example.org/hook",
            "ftp://example.org/hook",
            "HTTPS://example.org/hook",
            "https://///",
            "https://[banana]/",
            "https://example.org:99999/",
            "https://example.org:8443/",
            "https://127.0.0.1/hook",
            "https://10.1.2.3/hook",
            "https://[::1]/hook",
            "https://169.254.169.254/latest",
            "https://user@192.168.0.1/hook",
            "https://example.org/\n",
        ],
    )
    async def test_an_address_that_cannot_be_delivered_to_is_refused(
        self, start_horde: StartHorde, webhook: str
    ) -> None:
        """§1.1: requests of every kind are looked at alike."""
        horde = await start_horde()
        for ask in (horde.ask, horde.texts.ask, partial(horde.alchemy.ask, "caption")):
            answer = await ask(webhook=webhook)
            assert horde.outcome(answer) == (400, "BadRequest"), answer.text
            assert "webhook" in answer.json()["message"]

    @pytest.mark.parametrize("webhook", ["https://a", "https://example.org/" + "a" * 1010], ids=["short", "long"])
    async def test_an_address_has_10_to_1024_characters(self, horde: Horde, webhook: str) -> None:
        answer = await horde.ask(webhook=webhook)
        assert horde.outcome(answer) == (400, None)
        assert "webhook" in answer.json()["errors"]

    async def test_a_dry_run_checks_it_and_tells_nobody(self, horde: Horde, receiver: Receiver) -> None:
        assert (await horde.ask(webhook=receiver.url(), dry_run=True)).status_code == 200
        assert horde.outcome(await horde.ask(webhook="http://x.test/hook", dry_run=True)) == (400, "BadRequest")
        assert receiver.received == []


class TestTheSecret:
    async def test_a_delivery_is_signed_with_the_secret_of_who_asked(self, horde: Horde, receiver: Receiver) -> None:
        owner, other = await horde.account("owner"), await horde.account("other")
        await horde.cancel(await horde.request(owner.api_key, webhook=receiver.url()))
        [got] = await told(receiver, 1)
        assert got.is_signed_with(await secret_of(horde, owner.api_key))
        assert not got.is_signed_with(await secret_of(horde, other.api_key))
        assert got.body["delivery"] == got.id

    async def test_it_stays_the_same_until_it_is_renewed(self, horde: Horde) -> None:
        owner = await horde.account("owner")
        first = await secret_of(horde, owner.api_key)
        assert await secret_of(horde, owner.api_key) == first
        renewed = await secret_of(horde, owner.api_key, "POST")
        assert renewed != first
        assert await secret_of(horde, owner.api_key) == renewed

    async def test_the_old_one_signs_too_for_a_day(self, horde: Horde, receiver: Receiver) -> None:
        owner = await horde.account("owner")
        old = await secret_of(horde, owner.api_key)
        new = await secret_of(horde, owner.api_key, "POST")
        await horde.cancel(await horde.request(owner.api_key, webhook=receiver.url()))
        [got] = await told(receiver, 1)
        assert got.is_signed_with(old) and got.is_signed_with(new)
        await horde.sql("UPDATE webhook_secret SET renewed_at = now() - interval '25 hours' RETURNING 1")
        await horde.cancel(await horde.request(owner.api_key, webhook=receiver.url()))
        later = (await told(receiver, 2))[1]
        assert later.is_signed_with(new) and not later.is_signed_with(old)

    async def test_anonymous_deliveries_are_not_signed(self, horde: Horde, receiver: Receiver) -> None:
        await horde.cancel(await horde.request(webhook=receiver.url()))
        [got] = await told(receiver, 1)
        assert "webhook-signature" not in got.headers
        assert got.id

    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_only_its_owner_gets_at_it(self, horde: Horde, method: str) -> None:
        deleted = await horde.account("gone", columns={"deleted": True})

        async def ask(key: str | None) -> httpx.Response:
            headers = {"apikey": key} if key else {}
            answer: httpx.Response = await horde.client.request(method, "/api/v2/webhook_secret", headers=headers)
            assert "secret" not in answer.json()
            return answer

        assert horde.outcome(await ask(None)) == (400, None)
        assert horde.outcome(await ask("x" * 22)) == (401, "InvalidAPIKey")
        assert horde.outcome(await ask("0000000000")) == (403, "AnonForbidden")
        assert horde.outcome(await ask(deleted.api_key)) == (403, "DeletedUser")

    async def test_it_is_of_use_to_every_library_of_standard_webhooks(self, horde: Horde) -> None:
        """`whsec_` and base64 of 24 to 64 bytes."""
        owner = await horde.account("owner")
        secret = await secret_of(horde, owner.api_key)
        assert secret.startswith("whsec_")
        assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64
