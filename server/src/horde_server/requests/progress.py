"""What check and status say of a request (requests.md §9)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from horde_server.dispatch.entry import Entry
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.errors import RequestNotFound


def parse_request_id(text: str) -> UUID:
    """The id of a request; what is no UUID names no request."""
    try:
        return UUID(text)
    except ValueError:
        raise RequestNotFound from None


def generation_state(remarks: list[dict[str, str]], *, censored: bool) -> str:
    """`ok`, or how a generation was censored (requests.md §9.7, §9.8)."""
    if not censored:
        return "ok"
    is_csam = any(remark["type"] == "censorship" and remark["value"] == "csam" for remark in remarks)
    return "csam" if is_csam else "censored"


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
