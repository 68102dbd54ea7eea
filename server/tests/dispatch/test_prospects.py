"""What a request is told that nobody online can serve (D4)."""

from __future__ import annotations

from builders import a_requirement, an_entry, an_offer

from horde_server.dispatch.live_queue import LiveQueue
from horde_server.requests.prospects import NO_WORKER, no_worker_warning


def test_it_is_told_what_stands_in_the_way_of_the_workers_online():
    queue = LiveQueue(lambda: 0.0)
    for offer in (an_offer(models=frozenset({"x"})), an_offer(models=frozenset({"y"})), an_offer(nsfw=False)):
        queue.view(offer)
    queue.view(an_offer(maintenance=True))
    entry = an_entry(a_requirement(nsfw=True))
    queue.add(entry)
    assert no_worker_warning(queue.refusals(entry.group, 1)) == (
        f"{NO_WORKER} Of 4 online: 2 serve none of the models, 1 take no NSFW requests, 1 are in maintenance."
    )


def test_an_empty_horde_is_called_empty():
    assert no_worker_warning(_of_an_empty_horde()).endswith("No worker is online.")


def _of_an_empty_horde():
    queue = LiveQueue(lambda: 0.0)
    return queue.refusals(queue.class_of(a_requirement()), 1)
