"""What has come of one job, put together from pieces that may be doubled, reordered, late or lost (streams.md §3).

Text is kept as the bytes it is counted in. A node on which pieces arrive for another's listener may begin in the
middle: `base` is what it does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from horde_server.streams.piece import MOST_JOB_BYTES, PieceGap, PieceMismatch

_MIDDLES: Final = frozenset(bytes([byte]) for byte in range(0x80, 0xC0))
"""Bytes of UTF-8 with which no character begins."""


class ReceivedText:
    """The text so far. O(piece) for each that is taken."""

    __slots__ = ("base", "is_full", "is_poisoned", "text")

    def __init__(self, base: int = 0) -> None:
        self.base = base
        self.text = bytearray()
        self.is_poisoned = False
        self.is_full = False

    @property
    def have(self) -> int:
        """Bytes of the text up to which nothing is missing."""
        return self.base + len(self.text)

    def take(self, at: int, piece: bytes) -> bytes:
        """Append what is new of a piece that begins after `at` bytes; that part. Raises `PieceGap`, `PieceMismatch`."""
        if self.is_poisoned or self.is_full:
            return b""
        have = self.have
        if at > have:
            raise PieceGap(next=have)
        unseen = min(max(self.base - at, 0), len(piece))  # of the piece, before what is here
        start = max(at - self.base, 0)
        known = self.text[start : start + len(piece) - unseen]
        is_cut = unseen > 0 and piece[unseen : unseen + 1] in _MIDDLES
        if is_cut or known != piece[unseen : unseen + len(known)]:
            self.is_poisoned = True
            raise PieceMismatch(next=have)
        new = piece[max(have - at, 0) :]
        if have + len(new) > MOST_JOB_BYTES:
            self.is_full = True
            return b""
        self.text += new
        return new


class ReceivedDeltas:
    """The deltas so far of a job whose backend's own are passed through."""

    __slots__ = ("base", "bytes", "deltas", "is_full", "is_poisoned")

    def __init__(self, base: int = 0) -> None:
        self.base = base
        self.deltas: list[dict[str, Any]] = []
        self.bytes = 0
        self.is_poisoned = False
        self.is_full = False

    @property
    def have(self) -> int:
        """Deltas up to which none is missing."""
        return self.base + len(self.deltas)

    def take(self, at: int, deltas: Sequence[dict[str, Any]], size_bytes: int) -> Sequence[dict[str, Any]]:
        """Append what is new of deltas before which there are `at`; that part. Raises as `ReceivedText.take`."""
        if self.is_poisoned or self.is_full:
            return ()
        have = self.have
        if at > have:
            raise PieceGap(next_delta=have)
        unseen = min(max(self.base - at, 0), len(deltas))
        start = max(at - self.base, 0)
        known = self.deltas[start : start + len(deltas) - unseen]
        if known != list(deltas[unseen : unseen + len(known)]):
            self.is_poisoned = True
            raise PieceMismatch(next_delta=have)
        new = deltas[max(have - at, 0) :]
        added = size_bytes * len(new) // max(len(deltas), 1)
        if self.bytes + added > MOST_JOB_BYTES:
            self.is_full = True
            return ()
        self.deltas += new
        self.bytes += added
        return new
