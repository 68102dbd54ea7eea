"""What settling a job asks of whoever relays streams, which stands above."""

from __future__ import annotations

from math import ceil
from typing import Any, Final, Protocol

from horde_server.dispatch.held_jobs import HeldJob
from horde_server.dispatch.ids import JobId

RESUMED: Final = {"type": "information", "value": "see_ref", "ref": "resumed"}
"""A remark on a text that several workers wrote, one after the other."""
_CHARACTERS_PER_TOKEN = 4


def tokens_of(text: str) -> int:
    """Tokens of a text, as the horde counts them."""
    return ceil(len(text) / _CHARACTERS_PER_TOKEN)


class Streamed(Protocol):
    """Knows what of jobs was streamed."""

    def settled(self, job_id: JobId) -> None:
        """A job was settled here: nothing more comes of it."""

    def share(self, job_id: JobId) -> float:
        """How much of a job was streamed, as far as this node knows, from 0 to 1."""

    async def lost(self, job: HeldJob[Any], remarks: str) -> bool:
        """A worker gave a job back. True where that is taken care of, as somebody has seen a part of its result."""


class NotStreamed:
    """Where nothing is streamed."""

    def settled(self, job_id: JobId) -> None:
        """Nobody cares."""

    def share(self, job_id: JobId) -> float:
        """Nothing."""
        return 0.0

    async def lost(self, job: HeldJob[Any], remarks: str) -> bool:
        """Nobody has seen anything."""
        return False
