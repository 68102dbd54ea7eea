"""A job whose worker sends pieces, as one node knows it. In memory only, and gone with the job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from horde_server.dispatch.ids import JobId, RequestId
from horde_server.streams.received import ReceivedDeltas, ReceivedText

MOST_LEASES = 4
"""A job that gives signs of life has at most so many times its lease."""


@dataclass(slots=True, eq=False, kw_only=True)
class StreamedJob:
    """What it is, what has come of it, and when its worker was last heard of. Times are seconds since the epoch."""

    id: JobId
    request_id: RequestId
    worker_id: UUID
    owner_id: int
    kind: str
    order: Any
    started_s: float
    lease_s: float
    deadline_s: float  # as it stands in the database, as far as is known
    batch: tuple[JobId, ...] = ()  # all jobs of the hand-out, in its order
    may_preview: bool = False
    resumes: bool = False  # another job began its text
    is_here: bool = False  # its pieces come to this node; else another forwards them
    text: ReceivedText = field(default_factory=ReceivedText)
    deltas: ReceivedDeltas = field(default_factory=ReceivedDeltas)
    tokens: int = 0
    seq: int = -1
    step: int = 0
    steps: int = 0
    preview: bytes = b""
    heard_s: float = 0.0
    is_cancelled: bool = False  # its worker was told so
    is_lost: bool = False  # it was given up: by its silence, its deadline or its worker

    @property
    def is_passed_through(self) -> bool:
        """Whether its backend's own deltas are relayed, which cannot be gone on with by another worker."""
        return self.deltas.have > 0

    @property
    def wanted_deadline_s(self) -> float:
        """Until when its worker may take, by its last sign of life."""
        lasts_s = min(self.heard_s + self.lease_s / 2, self.started_s + MOST_LEASES * self.lease_s)
        return max(self.deadline_s, lasts_s)

    @property
    def done_share(self) -> float:
        """How much of it has been streamed, from 0 to 1: of a text by its length, of a picture by its steps."""
        if self.kind == "text":
            characters = len(self.text.text.decode(errors="ignore")) if not self.text.base else self.text.have
            return min(characters / max(4.0 * int(self.order.max_length), 1.0), 1.0)
        return min(self.step / self.steps, 1.0) if self.steps else 0.0
