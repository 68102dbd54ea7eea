"""What check and status say of a request (generation.md §2.9)."""

from __future__ import annotations

from typing import Any

from horde_server.dispatch.entry import Entry
from horde_server.dispatch.live_queue import LiveQueue


def progress(entry: Entry[Any], queue: LiveQueue) -> dict[str, Any]:
    """The counters and prospects of a request, from memory."""
    state = entry.state
    position, wait_s = queue.place(entry)
    return {
        "finished": state.finished,
        "processing": state.processing,
        "restarted": state.restarted,
        "waiting": state.waiting,
        "done": state.is_done,
        "faulted": state.state == "faulted",
        "wait_time": wait_s,
        "queue_position": position,
        "kudos": round(state.consumed_hundredths / 100),
        "is_possible": queue.is_possible(entry),
    }
