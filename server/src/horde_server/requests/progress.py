"""How far a request is (requests.md §9)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from horde_server.dispatch.entry import Entry
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.states import FAULTED
from horde_server.errors import InvalidPayload, RequestNotFound
from horde_server.http.parameters import MOST_NAME_CHARACTERS


class Progress(msgspec.Struct, kw_only=True):
    """The counters and prospects of a request, by the names of the API."""

    finished: int
    processing: int
    restarted: int
    waiting: int
    done: bool
    faulted: bool
    wait_time: int  # seconds
    queue_position: int
    kudos: int
    is_possible: bool


def parse_request_id(text: str) -> RequestId:
    """The id of a request; what is no UUID names no request. Raises `InvalidPayload` where it is far too long."""
    if len(text) > MOST_NAME_CHARACTERS:
        raise InvalidPayload({"id": f"must have at most {MOST_NAME_CHARACTERS} characters"})
    try:
        return RequestId(UUID(text))
    except ValueError:
        raise RequestNotFound from None


def generation_state(remarks: list[dict[str, str]], *, censored: bool) -> str:
    """`ok`, or how a generation was censored (requests.md §9.7, §9.8)."""
    if not censored:
        return "ok"
    is_csam = any(remark["type"] == "censorship" and remark["value"] == "csam" for remark in remarks)
    return "csam" if is_csam else "censored"


_STEP = 5
"""Of places and seconds: each alone would change the tag all the time."""


def progress_tag(entry: Entry[Any], told: Progress) -> bytes:
    """The tag of what is told of a request: the version of its row, and its prospects in coarse steps."""
    place, seconds = -(-told.queue_position // _STEP), told.wait_time // _STEP
    version = entry.state.version & 0xFFFFFFFF
    return b'W/"%08x%04x%03x%x"' % (version, min(place, 0xFFFF), min(seconds, 0xFFF), told.is_possible)


def progress(entry: Entry[Any], queue: LiveQueue) -> Progress:
    """How far it is, from memory."""
    state = entry.state
    position, wait_s = queue.place(entry)
    return Progress(
        finished=state.finished,
        processing=state.processing,
        restarted=state.restarted,
        waiting=state.waiting,
        done=state.is_done,
        faulted=state.state == FAULTED,
        wait_time=wait_s,
        queue_position=position,
        kudos=round(state.consumed_hundredths / 100),
        is_possible=queue.is_possible(entry),
    )
