"""Workers whose uploads did not arrive (workers.md §7.5)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from horde_server.requests.image.missed_uploads import ARRIVED, MISSED, REMEMBERED_S, MissedUploads


def tell_nobody(topic: str, ids: Iterable[str]) -> None:
    """A node without others."""


def test_a_missed_upload_is_remembered_for_ten_minutes() -> None:
    now = 1000.0
    missed = MissedUploads(lambda: now, tell_nobody)
    worker, another = uuid4(), uuid4()
    missed.missed(worker)
    assert worker in missed
    assert another not in missed
    now += REMEMBERED_S - 1
    assert worker in missed
    now += 1
    assert worker not in missed


def test_an_upload_that_arrives_settles_it() -> None:
    missed = MissedUploads(lambda: 0.0, tell_nobody)
    worker = uuid4()
    missed.missed(worker)
    missed.arrived(worker)
    missed.arrived(uuid4())
    assert worker not in missed


def test_what_is_past_is_forgotten() -> None:
    now = 0.0
    missed = MissedUploads(lambda: now, tell_nobody)
    for _ in range(1000):
        missed.missed(uuid4())
        now += 1.0
    assert len(missed) == REMEMBERED_S


def test_what_one_process_notes_all_processes_know() -> None:
    here = MissedUploads(lambda: 0.0, lambda topic, ids: there.heard(topic, ids))
    there = MissedUploads(lambda: 0.0, tell_nobody)
    worker = uuid4()
    here.missed(worker)
    assert worker in there
    here.arrived(worker)
    assert worker not in there


def test_uploads_that_arrive_as_ever_are_told_to_nobody() -> None:
    told: list[str] = []
    missed = MissedUploads(lambda: 0.0, lambda topic, ids: told.append(topic))
    worker = uuid4()
    missed.arrived(worker)
    assert told == []
    missed.missed(worker)
    missed.arrived(worker)
    assert told == [MISSED, ARRIVED]
