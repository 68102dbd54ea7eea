"""Bounds of answers in size and time: neither memory nor time are a stranger's to spend."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

LARGEST_ANSWER_BYTES = 256 * 2**20
"""Twenty of the largest images as base64 fit."""

LARGEST_IMAGE_BYTES = 128 * 2**20

LONGEST_ANSWER_S = 300.0
"""From the question to the last byte, however steadily it drips."""


_PIECE_BYTES = 2**16


def pieces_of(answer: requests.Response) -> Iterator[bytes]:
    """Yield an answer asked with `stream=True` as it arrives.

    `iter_content` waits until a piece is full, however slowly it drips: no look at the clock in between.

    Raises:
        requests.ConnectionError: The connection broke, fell silent, or what came is not what was announced.
    """
    import requests
    import urllib3

    try:
        while piece := answer.raw.read1(_PIECE_BYTES, decode_content=True):
            yield piece
    except urllib3.exceptions.HTTPError as error:
        raise requests.ConnectionError(error, request=answer.request) from error


class AnswerOutOfBoundsError(OSError):
    """An answer is larger or slower than any good one."""


class Collected:
    """The pieces of an answer so far. They are counted as unpacked: a few compressed bytes may hide gigabytes."""

    def __init__(self, most_bytes: int, longest_s: float) -> None:
        """Begin.

        Args:
            most_bytes: More is refused.
            longest_s: From now on.
        """
        self._most_bytes = most_bytes
        self._longest_s = longest_s
        self._until = time.monotonic() + longest_s
        self._pieces = bytearray()

    def read(self, pieces: Iterator[bytes]) -> bytes:
        """Return the whole answer."""
        for piece in pieces:
            self._add(piece)
        return bytes(self._pieces)

    async def read_async(self, pieces: AsyncIterator[bytes]) -> bytes:
        """Return the whole answer."""
        async for piece in pieces:
            self._add(piece)
        return bytes(self._pieces)

    def _add(self, piece: bytes) -> None:
        self._pieces += piece
        if len(self._pieces) > self._most_bytes:
            raise AnswerOutOfBoundsError(f"the answer is larger than {self._most_bytes:,} bytes")
        if time.monotonic() > self._until:
            raise AnswerOutOfBoundsError(f"the answer was not complete after {self._longest_s:g} s")
