"""Webhooks are neither lost nor changed: receiver down for a while, server killed in between (webhooks.md §4.1)."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import psycopg
import pytest
from acceptance.kinds_on_the_wire import IMAGE, KINDS, KindOnTheWire
from horde_processes import RunningHorde, free_port, start_horde, wait_until
from webhook_receivers import Received, make_authority, receiving

from horde_server.database.embedded import running_dsn

pytestmark = pytest.mark.acceptance

REQUESTS, JOBS_EACH = 4, 2


def ask(horde: RunningHorde, kind: KindOnTheWire, key: str, webhook: str) -> str:
    status, answer = horde.api(f"{kind.root}/async", {**kind.request(JOBS_EACH), "webhook": webhook}, key=key)
    assert status == 202, answer
    return str(answer["id"])


def serve(horde: RunningHorde, kind: KindOnTheWire, key: str) -> list[str]:
    """Serve all there is; the ids of the jobs."""
    served = []
    while ids := kind.job_ids(horde.api(f"{kind.root}/pop", kind.offer(f"{kind.name} worker"), key=key)[1]):
        for job_id in ids:
            assert horde.api(f"{kind.root}/submit", kind.result(job_id), key=key)[0] == 200
            served.append(str(job_id))
    return served


def attempts_made(horde: RunningHorde) -> list[int]:
    """How often each delivery that is still to be made was tried."""
    with psycopg.connect(running_dsn(horde.data) or "", autocommit=True) as conn:
        return [row[0] for row in conn.execute("SELECT attempts FROM webhook_delivery")]


def test_every_delivery_arrives_with_one_id_although_the_receiver_was_down_and_the_server_was_killed(
    tmp_path: Path,
) -> None:
    authority = make_authority(tmp_path)
    settings: dict[str, Any] = {
        "HORDE_RATE_LIMITS": "0",
        "HORDE_WEBHOOK_CA_FILE": str(authority.ca_file),
        "HORDE_WEBHOOK_PRIVATE_NETWORKS": '["127.0.0.0/8"]',
        "HORDE_TASK_POLL_INTERVAL_S": "0.2",
    }
    port = free_port()
    hook = f"https://127.0.0.1:{port}/hook"
    horde = start_horde("serve", tmp_path, **settings)
    try:
        key = horde.create_user("requester", trusted=True)["api_key"]
        secret = horde.api("webhook_secret", key=key)[1]["secret"]

        # nobody listens yet
        expected: set[tuple[str, str]] = set()  # (event, job or request)
        for kind in KINDS:
            requests = [ask(horde, kind, key, hook) for _ in range(REQUESTS)]
            expected |= {("job.finished", job_id) for job_id in serve(horde, kind, key)}
            expected |= {("request.finished", request_id) for request_id in requests}
        cancelled = ask(horde, IMAGE, key, hook)
        horde.api(f"{IMAGE.root}/status/{cancelled}", method="DELETE")
        expected.add(("request.cancelled", cancelled))
        assert len(expected) == len(KINDS) * REQUESTS * (JOBS_EACH + 1) + 1
        wait_until(lambda: max(attempts_made(horde)) > 0, 30, "an attempt failed")
        assert len(attempts_made(horde)) == len(expected)

        # the receiver is there, and the server dies while one delivery is in its hands
        go_on = threading.Event()
        with receiving(authority, port) as receiver:
            receiver.answer = lambda _: 204 if go_on.wait(120) else 500
            receiver.wait_until(lambda got: len(got) > 0, "a delivery is under way")
            in_its_hands = receiver.received[0].id
            horde.kill()
            go_on.set()
            horde = start_horde("serve", tmp_path, **settings)

            def is_told(got: list[Received]) -> bool:
                ids = [one.id for one in got]
                return len(set(ids)) == len(expected) and ids.count(in_its_hands) > 1

            receiver.wait_until(is_told, "everything is told, and what nobody had written down again", 150)
            wait_until(lambda: attempts_made(horde) == [], 60, "nothing is left to tell")
            received = list(receiver.received)

        told: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        bodies: defaultdict[str, set[str]] = defaultdict(set)
        for got in received:
            assert got.is_signed_with(secret)
            assert got.body["delivery"] == got.id
            told[got.event, got.body["id"] if got.event == "job.finished" else got.body["request"]].add(got.id)
            same = {name: value for name, value in got.body.items() if name != "result"}  # has links, signed anew
            bodies[got.id].add(json.dumps(same))
        assert set(told) == expected
        assert {len(ids) for ids in told.values()} == {1}
        assert {len(each) for each in bodies.values()} == {1}
        assert horde.api("webhook_secret", key=key)[1]["secret"] == secret
    finally:
        horde.stop()


def test_private_addresses_are_refused_where_they_are_not_allowed(tmp_path: Path) -> None:
    """By number when asking; by name when delivering."""
    authority = make_authority(tmp_path)
    settings: dict[str, Any] = {
        "HORDE_WEBHOOK_CA_FILE": str(authority.ca_file),
        "HORDE_WEBHOOK_PRIVATE_NETWORKS": '["10.0.0.0/8"]',
    }
    with receiving(authority) as receiver:
        horde = start_horde("serve", tmp_path, HORDE_RATE_LIMITS="0", **settings)
        try:
            body = IMAGE.request(1)
            status, answer = horde.api("generate/async", {**body, "webhook": receiver.url()}, key="0000000000")
            assert (status, answer["rc"]) == (400, "BadRequest")
            by_name = {**body, "webhook": receiver.url(host="localhost")}
            status, answer = horde.api("generate/async", by_name, key="0000000000")
            assert status == 202
            horde.api(f"generate/status/{answer['id']}", method="DELETE")
            wait_until(lambda: attempts_made(horde) == [1], 30, "the attempt was refused")
        finally:
            horde.stop()
        assert receiver.received == []
