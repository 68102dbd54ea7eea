"""The modes of the horde: maintenance, invite-only, raid (moderation.md §6).

Kept in the database and mirrored in memory by every node, so that asking costs nothing; a change is told by notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from horde_server.audit.trail import Actor, changed, record, subject
from horde_server.database.pool import Pool
from horde_server.moderation import store

MODES: Final = subject("horde", "modes")


@dataclass(slots=True)
class HordeModes:
    """Which modes are on."""

    maintenance: bool = False  # no new requests; workers finish what they hold
    invite_only: bool = False  # new workers by invitation only
    raid: bool = False  # stricter with strangers


class Modes:
    """The modes as of now: `maintenance`, `invite_only` and `raid` are read, `change` and `reload` write."""

    def __init__(self, pool: Pool, publish: Callable[[str, Iterable[str]], None]) -> None:
        self._pool = pool
        self._publish = publish
        self._now = HordeModes()

    @property
    def maintenance(self) -> bool:
        """Whether new requests are refused with `MaintenanceMode`."""
        return self._now.maintenance

    @property
    def invite_only(self) -> bool:
        """Whether new workers need an invitation."""
        return self._now.invite_only

    @property
    def raid(self) -> bool:
        """Whether strangers are treated more strictly."""
        return self._now.raid

    async def reload(self) -> None:
        """Take over what the database says."""
        async with self._pool.connection() as conn:
            found = await store.find_modes(conn)
        self._now = HordeModes(*found)

    async def change(self, wanted: Mapping[str, bool], actor: Actor) -> None:
        """Turn modes on or off, by their names; the other nodes hear of it."""
        unknown = wanted.keys() - asdict(self._now).keys()
        assert not unknown, unknown  # names are put into the statement
        async with self._pool.connection() as conn, conn.transaction():
            before = HordeModes(*await store.lock_modes(conn))
            await store.change_modes(conn, wanted)
            old, new = changed(asdict(before), {**asdict(before), **wanted})
            if new:
                await record(conn, actor, "modes.change", MODES, old=old, new=new)
        await self.reload()
        self._publish("modes", ["all"])
