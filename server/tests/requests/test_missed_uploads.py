"""Workers whose uploads did not arrive (alchemy-and-operations.md §2.2)."""

from __future__ import annotations

from uuid import uuid4

from horde_server.requests.image.missed_uploads import REMEMBERED_S, MissedUploads


def test_a_missed_upload_is_remembered_for_ten_minutes() -> None:
    now = 1000.0
    missed = MissedUploads(lambda: now)
    worker, another = uuid4(), uuid4()
    missed.missed(worker)
    assert worker in missed
    assert another not in missed
    now += REMEMBERED_S - 1
    assert worker in missed
    now += 1
    assert worker not in missed


def test_an_upload_that_arrives_settles_it() -> None:
    missed = MissedUploads(lambda: 0.0)
    worker = uuid4()
    missed.missed(worker)
    missed.arrived(worker)
    missed.arrived(uuid4())
    assert worker not in missed


def test_what_is_past_is_forgotten() -> None:
    now = 0.0
    missed = MissedUploads(lambda: now)
    for _ in range(1000):
        missed.missed(uuid4())
        now += 1.0
    assert len(missed) == REMEMBERED_S
