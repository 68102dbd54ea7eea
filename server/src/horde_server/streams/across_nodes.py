"""Streams between nodes: a worker's pieces come to one, whoever listens sits at another.

Who listens says so, at once and again every ten seconds; who takes pieces of what another listens to forwards them, by
messages on the notices' connections. What gets lost on the way is noticed by the next that comes, and asked for again.
Previews are too large for that: they are seen only where the worker's pieces come to the node of the listener.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog

from horde_server.database.notices import MESSAGE_BYTES, NoticeBoard
from horde_server.dispatch.ids import JobId, RequestId
from horde_server.streams.listening import ListenedRequest
from horde_server.streams.losses import Losses
from horde_server.streams.piece import PieceGap, PieceMismatch
from horde_server.streams.relay import Relay
from horde_server.streams.streamed_job import StreamedJob
from horde_server.streams.wish import Wish

log = structlog.get_logger(__name__)

ANNOUNCE_EVERY_S = 10.0
LISTENS_S = 35.0
"""Who has not said for so long that it listens does so no more: three times may get lost."""
ASK_EVERY_S = 0.5
_AT_ONCE = 100
_ROOM_BYTES = MESSAGE_BYTES - 200
_PART_BYTES = _ROOM_BYTES * 3 // 4 - 100
"""They go as base64."""
_MOST_PARTS = 100
_MOST_SENDING = 100

_LISTENS: Final = "l"
_WHO_LISTENS: Final = "w"
_PIECE: Final = "p"
_NEED: Final = "n"
_LOST: Final = "x"
_MISMATCH: Final = "m"
_PART: Final = "q"


class Forwarded(msgspec.Struct, array_like=True, tag=_PIECE):
    """A piece that came to another node."""

    request_id: UUID
    job_id: UUID
    worker_id: UUID
    at: int
    text: str
    deltas_at: int
    deltas: list[dict[str, Any]]
    step: int = 0
    steps: int = 0
    resumes: bool = False


class Listens(msgspec.Struct, array_like=True, tag=_LISTENS):
    """To which requests somebody listens on a node, with what they want as bits; 0: nobody any more."""

    requests: Sequence[tuple[UUID, int]]


class WhoListens(msgspec.Struct, array_like=True, tag=_WHO_LISTENS):
    """A node that is new, or missed something, asks."""


class Need(msgspec.Struct, array_like=True, tag=_NEED):
    """Something on the way got lost."""

    job_id: UUID
    at: int
    deltas_at: int


class Lost(msgspec.Struct, array_like=True, tag=_LOST):
    """A job of a request was lost to which another node listens."""

    job_id: UUID
    reason: str


class Mismatch(msgspec.Struct, array_like=True, tag=_MISMATCH):
    """A worker's result did not begin with what it had streamed."""

    worker_id: UUID


class Part(msgspec.Struct, array_like=True, tag=_PART):
    """One of the parts, in their order, of a message that is too long for one notification."""

    number: int  # from 0
    parts: int
    raw: bytes


Message = Forwarded | Listens | WhoListens | Need | Lost | Mismatch | Part
_decode = msgspec.json.Decoder(list[Message]).decode
_decode_one = msgspec.json.Decoder(Message).decode
_encode = msgspec.json.Encoder().encode


class AcrossNodes:
    """What a relay tells and hears of other nodes. Belongs to the event loop."""

    def __init__(self, notices: NoticeBoard, relay: Relay, losses: Losses, monotonic: Callable[[], float]) -> None:
        self._notices = notices
        self._relay = relay
        self._losses = losses
        self._monotonic = monotonic
        self._listening: dict[RequestId, dict[str, tuple[Wish, float]]] = {}  # by node; until when
        self._announced_at = 0.0
        self._asked: dict[JobId, float] = {}
        self._parts: dict[str, list[bytes]] = {}  # of the message that each node is sending in parts
        relay.others = self
        relay.mismatches.seen = lambda worker_id: self._send(Mismatch(worker_id))
        notices.on_message = self._hear

    # ---------------------------------------------------------------- as `OtherNodes`

    def listens(self, request_id: RequestId) -> Wish | None:
        """What other nodes want of a request; None: nobody there listens."""
        nodes = self._listening.get(request_id)
        if nodes is None:
            return None
        now = self._monotonic()
        wishes = [wish for wish, until in nodes.values() if until > now]
        return wishes[0] if len(wishes) == 1 else _all_of(wishes)

    def listened(self) -> set[UUID]:
        """The requests to which somebody listens on other nodes."""
        now = self._monotonic()
        return {
            request_id
            for request_id, nodes in self._listening.items()
            if any(until > now for _, until in nodes.values())
        }

    def announce(self, request: ListenedRequest) -> None:
        """Who listens here has changed."""
        self._send(Listens([(request.request_id, _bits(self._relay.wish_here(request.request_id)))]))

    def lost(self, job_id: JobId, reason: str) -> None:
        """Let the nodes that listen say what is to be gone on with."""
        self._send(Lost(job_id, reason))

    def forward(self, job: StreamedJob, at: int, text: str, deltas_at: int, deltas: list[dict[str, Any]]) -> None:
        """Let the node that listens have what came; in parts, where one message does not hold it."""
        message = Forwarded(
            job.request_id, job.id, job.worker_id, at, text, deltas_at, deltas, job.step, job.steps, job.resumes
        )  # fmt: skip
        if len(_encode(message)) <= _ROOM_BYTES:
            self._send(message)
        elif len(text) > 1:
            half = text[: len(text) // 2]
            self.forward(job, at, half, deltas_at, [])
            self.forward(job, at + len(half.encode()), text[len(half) :], deltas_at, deltas)
        elif len(deltas) > 1:
            half_way = len(deltas) // 2
            self.forward(job, at, text, deltas_at, deltas[:half_way])
            self.forward(job, at, "", deltas_at + half_way, deltas[half_way:])
        else:
            self._send(message)

    # ---------------------------------------------------------------- by itself

    def look(self) -> None:
        """Say again who listens here, and forget who did elsewhere."""
        now = self._monotonic()
        if now - self._announced_at >= ANNOUNCE_EVERY_S:
            self._announce_all()
            for request_id in set(self._listening) - self.listened():
                del self._listening[request_id]
            self._asked = {job_id: at for job_id, at in self._asked.items() if now - at < ASK_EVERY_S}

    def ask_all(self) -> None:
        """Have the others say who listens, and say so oneself."""
        self._send(WhoListens())
        self._announce_all()

    def _announce_all(self) -> None:
        self._announced_at = self._monotonic()
        listened = [
            (request.request_id, _bits(self._relay.wish_here(request.request_id)))
            for request in self._relay.listened.values()
            if request.listeners
        ]
        for start in range(0, len(listened), _AT_ONCE):
            self._send(Listens(listened[start : start + _AT_ONCE]))

    def _send(self, message: Message) -> None:
        encoded = _encode(message)
        if len(encoded) <= _ROOM_BYTES:
            self._notices.send(encoded.decode())
            return
        raw = [encoded[start : start + _PART_BYTES] for start in range(0, len(encoded), _PART_BYTES)]
        for number, part in enumerate(raw if len(raw) <= _MOST_PARTS else ()):
            self._notices.send(_encode(Part(number, len(raw), part)).decode())

    # ---------------------------------------------------------------- what comes

    def _hear(self, node: str, payload: str) -> None:
        try:
            messages = _decode(payload)
        except (msgspec.DecodeError, UnicodeError):  # of a newer release
            log.info("streams.unknown_message")
            return
        for message in messages:
            try:
                self._take(node, message)
            except Exception:  # a mistake of ours: loud, but the node goes on listening
                log.exception("streams.message_failed", kind=type(message).__name__)

    def _take(self, node: str, message: Message) -> None:
        match message:
            case Forwarded():
                self._take_piece(message)
            case Listens():
                until = self._monotonic() + LISTENS_S
                for request_id, bits in message.requests:
                    self._heard_of(RequestId(request_id), node, bits, until)
            case WhoListens():
                self._announce_all()
            case Need():
                if (job := self._relay.jobs.get(JobId(message.job_id))) is not None and job.is_here:
                    self._relay.missing(job, message.at, message.deltas_at)
            case Lost():
                self._losses.told(JobId(message.job_id), message.reason)
            case Mismatch():
                self._relay.mismatches.note(message.worker_id)
            case Part():
                self._take_part(node, message)

    def _take_part(self, node: str, part: Part) -> None:
        """Messages of a node come in their order: where a part is lost, the whole message is."""
        before = self._parts.pop(node, []) if part.number else []
        if part.number != len(before) or part.parts > _MOST_PARTS:
            return
        before.append(part.raw)
        if len(before) < part.parts:
            if len(self._parts) >= _MOST_SENDING:  # some have gone in the middle
                self._parts.clear()
            self._parts[node] = before
            return
        try:
            whole = _decode_one(b"".join(before))
        except (msgspec.DecodeError, UnicodeError):
            log.info("streams.unknown_message")
            return
        self._take(node, whole)

    def _heard_of(self, request_id: RequestId, node: str, bits: int, until: float) -> None:
        if bits:
            wish = Wish(bool(bits & 1), bool(bits & 2), bool(bits & 4))
            self._listening.setdefault(request_id, {})[node] = (wish, until)
        elif (nodes := self._listening.get(request_id)) is not None:
            nodes.pop(node, None)
            if not nodes:
                del self._listening[request_id]

    def _take_piece(self, piece: Forwarded) -> None:
        job = self._relay.forwarded(
            JobId(piece.job_id), RequestId(piece.request_id), piece.worker_id, resumes=piece.resumes
        )
        if job is None or job.is_lost:
            return
        try:
            if piece.text:
                job.text.take(piece.at, piece.text.encode())
            elif piece.at > job.text.have:
                raise PieceGap
            if piece.deltas:
                job.deltas.take(piece.deltas_at, piece.deltas, len(_encode(piece.deltas)))
        except PieceGap:
            self._ask(job)
        except PieceMismatch:
            pass
        if piece.steps:
            job.step, job.steps = piece.step, piece.steps
        self._relay.news(job)

    def _ask(self, job: StreamedJob) -> None:
        now = self._monotonic()
        if now - self._asked.get(job.id, -ASK_EVERY_S) >= ASK_EVERY_S:
            self._asked[job.id] = now
            self._send(Need(job.id, job.text.have, job.deltas.have))


def _all_of(wishes: list[Wish]) -> Wish | None:
    if not wishes:
        return None
    return Wish(
        any(wish.text for wish in wishes), any(wish.steps for wish in wishes), any(wish.previews for wish in wishes)
    )


def _bits(wish: Wish) -> int:
    return wish.text | wish.steps << 1 | wish.previews << 2
