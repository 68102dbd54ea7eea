"""One POST to an address that a stranger named: guarded, bounded in time, its answer's body never read."""

from __future__ import annotations

import io
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import certifi

from horde_sdk.reach import Reach
from horde_server.blobs.guard import Guard

if TYPE_CHECKING:
    from horde_sdk.name_resolution import Resolve


def trusting(ca_file: Path | None) -> ssl.SSLContext | None:
    """TLS settings that believe the certificates of `ca_file` besides Mozilla's; None without one."""
    if ca_file is None:
        return None
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_verify_locations(cafile=ca_file)
    return context


class GuardedPoster:
    """POSTs over https within `reach`. Redirects are not followed: what is signed is for the named address."""

    def __init__(self, reach: Reach, tls: ssl.SSLContext | None = None, resolve: Resolve | None = None) -> None:
        self._guard = Guard(reach, resolve, schemes=("https",), tls=tls)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, time_limit_s: float) -> int:
        """The status of the answer, all in all within the limit. Raises `FetchFailed`, nothing else."""
        async with self._guard.session(time_limit_s) as session:
            answer = await session.post(
                self._guard.checked(url), data=io.BytesIO(body), headers=dict(headers), allow_redirects=False
            )
            answer.close()  # whatever its body is, and whatever of ours it did not take
            return answer.status
