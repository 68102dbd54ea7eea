"""What a relay asks of the ways to the other nodes (`across_nodes.py`)."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from horde_server.dispatch.ids import JobId, RequestId
from horde_server.streams.listening import ListenedRequest
from horde_server.streams.streamed_job import StreamedJob
from horde_server.streams.wish import Wish


class OtherNodes(Protocol):
    """All of them."""

    def forward(self, job: StreamedJob, at: int, text: str, deltas_at: int, deltas: list[dict[str, Any]]) -> None:
        """Let the node that listens to the job's request have what came."""

    def listens(self, request_id: RequestId) -> Wish | None:
        """What another node wants of a request; None: nobody there listens."""

    def listened(self) -> set[UUID]:
        """The requests to which somebody listens on other nodes."""

    def announce(self, request: ListenedRequest) -> None:
        """Who listens here has changed."""

    def lost(self, job_id: JobId, reason: str) -> None:
        """Let the nodes that listen say what is to be gone on with."""


class NoOtherNodes:
    """Of a relay alone."""

    def forward(self, job: StreamedJob, at: int, text: str, deltas_at: int, deltas: list[dict[str, Any]]) -> None:
        """Nobody."""

    def listens(self, request_id: RequestId) -> Wish | None:
        """Nobody does."""
        return None

    def listened(self) -> set[UUID]:
        """None."""
        return set()

    def announce(self, request: ListenedRequest) -> None:
        """To nobody."""

    def lost(self, job_id: JobId, reason: str) -> None:
        """Nobody."""
