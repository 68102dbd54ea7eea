"""Streams, as one of a node's slices: what workers tell while they work."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from horde_server.core import Core
from horde_server.dispatch.slice import Dispatch
from horde_server.http.hot_routes import HotRoutes
from horde_server.identity.slice import Identity
from horde_server.periodic import every
from horde_server.slice import Gauge, Slice
from horde_server.streams.across_nodes import AcrossNodes
from horde_server.streams.losses import Losses
from horde_server.streams.relay import Relay
from horde_server.streams.routes import routes
from horde_server.streams.signs_of_life import SignsOfLife

LOOK_EVERY_S = 1.0


class Streams(Slice):
    """Pieces in, listeners out."""

    def __init__(self, core: Core, identity: Identity, dispatch: Dispatch, wake: Callable[[UUID], None]) -> None:
        """`wake`: tells who waits for news of a request."""
        self._door = identity.door
        self.relay = Relay(core.pool, dispatch.dispatchers, wake, core.clock, core.monotonic)
        self.losses = Losses(core.pool, self.relay, dispatch.dispatchers, core.workers_changed)
        self._signs = SignsOfLife(
            core.pool,
            self.relay,
            self.losses,
            dispatch.dispatchers,
            core.clock,
            silence_s=core.settings.stream_silence_s,
        )
        self._others = AcrossNodes(core.notices, self.relay, self.losses, core.monotonic)
        dispatch.mirror.listened = self.relay.listened_anywhere
        dispatch.mirror.lose = self.losses.taken_from

    def routes(self, hot: HotRoutes) -> Iterable[APIRouter]:
        """Of workers."""
        return [routes(self.relay, self._door)]

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Deadlines moved, silent workers noticed, what is over forgotten."""
        return {"streams": every(LOOK_EVERY_S, self._look), "streams-lost": self.losses.work_forever()}

    async def _look(self) -> None:
        self.relay.forget()
        self._others.look()
        await self._signs.look()

    async def missed(self) -> None:
        """Other nodes may have said that they listen."""
        self._others.ask_all()

    async def resumed(self) -> None:
        """Times in memory are void: nobody was heard while the horde was down."""
        self._signs.resumed()

    def gauges(self) -> Iterable[Gauge]:
        """Streams now, and what came and went since the process began."""
        relay, counts = self.relay, self.relay.counts
        yield Gauge("openhorde_streamed_jobs", "Jobs whose workers can stream", lambda: len(relay.jobs))
        yield Gauge(
            "openhorde_listeners",
            "Open streams of this node",
            lambda: sum(len(request.listeners) for request in relay.listened.values()),
        )
        yield Gauge("openhorde_pieces", "Pieces taken since the start", lambda: counts.pieces)
        yield Gauge("openhorde_piece_bytes", "Bytes of text in them", lambda: counts.bytes)
        yield Gauge("openhorde_piece_gaps", "Pieces refused as something before was missing", lambda: counts.gaps)
        yield Gauge("openhorde_piece_mismatches", "Pieces that disagreed with earlier ones", lambda: counts.mismatches)
        yield Gauge(
            "openhorde_stream_mismatches",
            "Results that did not begin with what was streamed",
            lambda: relay.mismatches.all,
        )
        yield Gauge("openhorde_streams_resumed", "Texts that another worker went on with", lambda: counts.resumed)
        for bound_s, _ in counts.first_within():
            yield Gauge(
                f"openhorde_first_piece_within_{bound_s:g}_s".replace(".", "_"),
                f"Jobs of which something came within {bound_s:g} s",
                partial(_within, counts.first_within, bound_s),
            )


def _within(first_within: Callable[[], list[tuple[float, int]]], bound_s: float) -> float:
    return dict(first_within())[bound_s]
