"""For whom a service asks: the address that its servers tell with a passkey (basics.md §2.6).

A service's programs call from a few addresses of its own, for many people. With the passkey of its account they say
for whom a call is (`Proxied-For`): that address then counts for rate limits, and as the address that images and texts
are asked from. The passkeys are mirrored in memory, as hashes.
"""

from __future__ import annotations

import hmac

from starlette.types import Scope

from horde_server.database.pool import Pool
from horde_server.http.networks import parse_address
from horde_server.identity import passkey_store
from horde_server.identity.keys import KEY_LENGTH, key_hash

_MOST_ADDRESS_CHARACTERS = 45


class ProxiedClients:
    """Tells whom a call is for. Costs nothing for calls without `Proxied-For`, which never come here."""

    def __init__(self, pool: Pool, salt: bytes) -> None:
        self._pool = pool
        self._salt = salt
        self._hashes: tuple[bytes, ...] = ()

    async def reload(self) -> None:
        """Read the passkeys that count: of services that are neither flagged nor deleted."""
        async with self._pool.connection() as conn:
            self._hashes = tuple(await passkey_store.good_hashes(conn))

    def __call__(self, scope: Scope) -> str | None:
        """The address that the call is for; None where no good passkey vouches for it, or it is no address."""
        told, passkey = "", ""
        for name, value in scope["headers"]:
            if name == b"proxied-for" and not told:
                told = value.decode("latin-1").strip()
            elif name == b"proxy-authorization" and not passkey:
                passkey = value.decode("latin-1").strip()
        if not self._hashes or len(passkey) != KEY_LENGTH or len(told) > _MOST_ADDRESS_CHARACTERS:
            return None
        if not self._is_good(passkey):
            return None
        address = parse_address(told)
        return str(address) if address is not None else None

    def _is_good(self, passkey: str) -> bool:
        """Whether a service has it; every one is compared, in constant time."""
        sent, found = key_hash(self._salt, passkey), False
        for known in self._hashes:
            found |= hmac.compare_digest(sent, known)
        return found
