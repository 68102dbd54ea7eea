"""What every pool says of itself in the same way."""

from __future__ import annotations

from typing import Any

from horde_worker.pool.members import Members


class OfMembers:
    """Mixed into the pools: the standing of their members together."""

    _members: Members[Any]

    @property
    def unready(self) -> str:
        return self._members.unready

    @property
    def slots(self) -> int:
        return self._members.slots

    @property
    def used_by_others(self) -> bool:
        return self._members.used_by_others

    async def self_test(self) -> None:
        await self._members.self_test()

    async def unload(self) -> None:
        await self._members.unload()


def united(each: list[tuple[str, ...]]) -> tuple[str, ...]:
    """All that there is, each once, in the order of the makers."""
    return tuple(dict.fromkeys(one for words in each for one in words))
