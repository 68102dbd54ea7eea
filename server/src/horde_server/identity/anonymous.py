"""Whether this horde serves Anonymous, the account that everybody has the key of (accounts.md §1.8).

A switch in the database, turned by `horde admin anonymous`, and mirrored in memory by every node.
"""

from __future__ import annotations

from typing import Final

from horde_server.database.pool import Pool
from horde_server.errors import HordeError
from horde_server.http.rights import Right
from horde_server.identity import switch_store
from horde_server.identity.directory import Account

SWITCH: Final = "anonymous"
_ONLY_READS: Final = frozenset({Right.ANY_KEY, Right.ANYBODY_NAMED})
"""What the anonymous key may still be sent to: it gets what is told without any key."""


class AnonForbidden(HordeError):
    """This horde takes no anonymous calls: register, or ask its operator for an account, and send its API key."""

    status, rc = 403, "AnonForbidden"


class AnonymousUse:
    """The switch, as it stands now. `refuse` costs a look at two attributes."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.is_on = True

    def refuse(self, account: Account, right: Right) -> None:
        """Raise `AnonForbidden` where Anonymous asks for more than to read, and is not served here."""
        if not self.is_on and account.kind == "anonymous" and right not in _ONLY_READS:
            raise AnonForbidden

    async def reload(self) -> None:
        """Take over what the database says."""
        async with self._pool.connection() as conn:
            self.is_on = await switch_store.is_on(conn, SWITCH, unless_set=True)
