"""What every kind of work says of its maker in the same way."""

from __future__ import annotations

from horde_worker.backends import standing
from horde_worker.backends.interface import why_unready


class OfMaker:
    """Mixed into the kinds: the standing of `_maker`."""

    _maker: object
    may_stream: bool = True
    """Whether anything of a job may be told before its results are there; the loop says so."""

    @property
    def unready(self) -> str:
        return why_unready(self._maker)

    @property
    def slots(self) -> int:
        return standing.slots_of(self._maker)

    @property
    def is_used_by_others(self) -> bool:
        return standing.is_used_by_others(self._maker)

    async def self_test(self) -> None:
        await standing.self_test(self._maker)

    async def unload(self) -> None:
        await standing.unload(self._maker)
