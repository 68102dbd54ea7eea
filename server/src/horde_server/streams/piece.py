"""The wire shapes of a piece and of its answer, and why one is not taken (streams.md §2, §3)."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

import msgspec
from annotated_types import MaxLen
from pydantic import ConfigDict

from horde_server.dispatch.schemas import Wire
from horde_server.errors import BadRequest, HordeError
from horde_server.http.wire_types import MOST_MAP_KEYS, Items, RawText, Text, Whole, empty

MOST_TEXT_BYTES = 16 * 1024
"""Of one piece; the same for the deltas of one."""
MOST_JOB_BYTES = 1024 * 1024
"""Of one job, as relayed; what is longer comes with the result."""
MOST_PREVIEW_BYTES = 128 * 1024
MOST_BODY_BYTES = 256 * 1024
MOST_DELTAS = 64
_MOST_AT = 4 * 1024 * 1024


class Piece(Wire):
    """What a worker has made of a job since its last piece; all but `seq` may be left out: a sign of life."""

    model_config = ConfigDict(
        title="Piece", json_schema_extra={"example": {"seq": 12, "at": 57, "text": "lo wörld", "tokens": 21}}
    )

    seq: Annotated[int, Whole(0, 999_999)]
    at: Annotated[int, Whole(0, _MOST_AT)] = 0
    text: Annotated[str, Text(MOST_BODY_BYTES)] = ""
    tokens: Annotated[int, Whole(0, 1_000_000)] | None = None
    deltas_at: Annotated[int, Whole(0, 1_000_000)] = 0
    deltas: Annotated[list[Annotated[dict[str, Any], MaxLen(MOST_MAP_KEYS)]], Items(MOST_DELTAS)] = empty(list)
    step: Annotated[int, Whole(0, 10_000)] | None = None
    steps: Annotated[int, Whole(0, 10_000)] | None = None
    preview: Annotated[str, RawText(MOST_BODY_BYTES)] = ""
    index: Annotated[int, Whole(0, 19)] = 0


class PieceGap(HordeError):
    """Something before this piece is missing: send from `next` on."""

    status, rc = 409, "PieceGap"


class PieceMismatch(HordeError):
    """This piece says something else than an earlier one: nothing more of this job is relayed until it is submitted."""

    status, rc = 409, "PieceMismatch"


class PieceTooLarge(HordeError):
    """This piece is too large: send smaller ones."""

    status, rc = 413, "PieceTooLarge"


class TooManyPieces(HordeError):
    """Your worker sends more pieces than are taken: wait, put together what comes meanwhile, and go on."""

    status, rc = 429, "TooManyPieces"

    def __init__(self) -> None:
        super().__init__()
        self.headers["Retry-After"] = "1"


class PieceAnswer(msgspec.Struct, omit_defaults=False):
    """What a worker is told for a piece."""

    next: int
    next_delta: int
    wanted: bool
    cancelled: bool
    interval_ms: int
    previews: bool = False


def preview_of(encoded: str) -> bytes:
    """A preview as bytes, if it can be one. Raises `PieceTooLarge`, `BadRequest`."""
    if len(encoded) > MOST_PREVIEW_BYTES * 4 // 3 + 4:
        raise PieceTooLarge(f"A preview has at most {MOST_PREVIEW_BYTES} bytes.")
    try:
        picture = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise BadRequest("`preview` must be a picture as base64.") from None
    is_webp = picture[:4] == b"RIFF" and picture[8:12] == b"WEBP"
    if not (is_webp or picture[:3] == b"\xff\xd8\xff"):
        raise BadRequest("`preview` must be a WebP or a JPEG.")
    return picture
