"""The secrets that accounts' webhooks are signed with, for their owners."""

from __future__ import annotations

from horde_server.database.pool import Pool
from horde_server.errors import HordeError
from horde_server.identity.directory import Account
from horde_server.webhooks import store
from horde_server.webhooks.signing import new_secret
from horde_server.webhooks.store import Secret


class AnonForbidden(HordeError):
    """Anonymous has no secret, as everybody could read it: webhooks of anonymous requests are not signed."""

    status, rc = 403, "AnonForbidden"


class AccountSecrets:
    """One secret an account. Raises `AnonForbidden`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def read(self, owner: Account) -> Secret:
        """The account's secret; made when first asked for."""
        _check(owner)
        async with self._pool.connection() as conn:
            return await store.secret_of(conn, owner.id, new_secret())

    async def renew(self, owner: Account) -> Secret:
        """A new one. For a day webhooks are signed with the old one too, so that receivers can follow."""
        _check(owner)
        async with self._pool.connection() as conn:
            return await store.renew_secret(conn, owner.id, new_secret())


def _check(owner: Account) -> None:
    if owner.id == 0:
        raise AnonForbidden
