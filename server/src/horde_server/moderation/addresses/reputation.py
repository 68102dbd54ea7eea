"""What the operator's checker says about addresses: whether they hide somebody (moderation.md §5).

Without a checker every address is safe, and nothing is asked. Verdicts are remembered by each node.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from enum import Enum
from urllib.parse import quote

import structlog

from horde_server.blobs.guard import FetchFailed
from horde_server.blobs.guarded_fetch import GuardedFetcher
from horde_server.errors import HordeError
from horde_server.http.networks import household, is_public
from horde_server.identity.directory import Account
from horde_server.moderation.modes import Modes

log = structlog.get_logger(__name__)

ASK_LIMIT_S = 2.0
REMEMBERED_S = 6 * 3600
UNSAFE_FROM = 0.93
"""The checker answers the probability that an address hides somebody."""
MOST_REMEMBERED = 50_000
MOST_ASKED_AT_ONCE = 32
_MOST_BYTES = 1000
_TOO_MANY_REQUESTS = 429
PLACEHOLDER = "{ipaddr}"


class Verdict(Enum):
    """What is known of an address."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    UNKNOWN = "unknown"  # for the moment


class TooManyNewIPs(HordeError):
    """Your worker's address could not be checked at the moment, as too many are new: please try again later."""

    status, rc = 403, "TooManyNewIPs"


class UnsafeIP(HordeError):
    """Your worker's address seems to be that of a VPN: run it from an address of your own, or ask a moderator."""

    status, rc = 403, "UnsafeIP"


class UntrustedUnsafeIP(HordeError):
    """This horde takes no requests of untrusted accounts from VPNs for now: ask from an address of your own."""

    status, rc = 403, "UntrustedUnsafeIP"


class AddressReputation:
    """Answers of the checker, remembered for a while, and who is let in by them."""

    def __init__(self, checker: str | None, fetcher: GuardedFetcher, modes: Modes, clock: Callable[[], float]) -> None:
        """`checker` is a URL with `{ipaddr}` in it; `fetcher` may go anywhere: the operator names it."""
        self._checker = checker
        self._fetcher = fetcher
        self._modes = modes
        self._clock = clock
        self._known: dict[str, tuple[float, Verdict]] = {}
        self._asking: dict[str, asyncio.Future[None]] = {}

    @property
    def is_on(self) -> bool:
        """Whether there is a checker."""
        return self._checker is not None

    async def admit_worker(self, account: Account, address: str) -> bool:
        """Whether its address is safe (workers.md §2.10); in raid mode unsafe ones are let in.

        Raises `TooManyNewIPs` or `UnsafeIP`.
        """
        if self._checker is None or account.trusted or account.vpn:
            return True
        verdict = await self.verdict(address)
        if verdict is Verdict.UNKNOWN:
            raise TooManyNewIPs
        if verdict is Verdict.UNSAFE and not self._modes.raid:
            raise UnsafeIP
        return verdict is Verdict.SAFE

    async def admit_requester(self, account: Account, address: str) -> None:
        """Raise `UntrustedUnsafeIP` for strangers from unsafe addresses in raid mode (requests.md §3.26)."""
        if self._checker is None or account.trusted or not self._modes.raid:
            return
        if await self.verdict(address) is Verdict.UNSAFE:
            raise UntrustedUnsafeIP

    async def verdict(self, address: str) -> Verdict:
        """What is remembered of an address, or what the checker says now, within two seconds.

        It says it of a whole IPv6 /64: who has one may ask from more addresses than anybody can remember.
        """
        if self._checker is None or not is_public(address):
            return Verdict.SAFE
        client = household(address)
        while True:
            known = self._known.get(client)
            if known is not None and self._clock() < known[0]:
                return known[1]
            asking = self._asking.get(client)
            if asking is None:
                return await self._ask_for_all(self._checker, address, client)
            await asyncio.wait([asking])  # one question at a time about an address; whoever asked may have failed

    async def _ask_for_all(self, checker: str, address: str, client: str) -> Verdict:
        if len(self._asking) >= MOST_ASKED_AT_ONCE:
            return Verdict.UNKNOWN
        asking = self._asking[client] = asyncio.get_running_loop().create_future()
        try:
            verdict = await self._ask(checker, address)
        finally:
            del self._asking[client]
            asking.set_result(None)
        if verdict is not Verdict.UNKNOWN:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[client] = (self._clock() + REMEMBERED_S, verdict)
        return verdict

    async def _ask(self, checker: str, address: str) -> Verdict:
        """An answer that makes no sense is the checker's fault, and nobody's who is asked about."""
        url = checker.replace(PLACEHOLDER, quote(address, safe=""))
        try:
            answer = await self._fetcher.get(url, max_bytes=_MOST_BYTES, time_limit_s=ASK_LIMIT_S)
        except FetchFailed as error:
            log.warning("reputation.unreachable", reason=str(error))
            return Verdict.UNKNOWN
        if answer.status == _TOO_MANY_REQUESTS:
            return Verdict.UNKNOWN
        if not 200 <= answer.status < 300:
            log.warning("reputation.refused", status=answer.status)
            return Verdict.SAFE
        return Verdict.UNSAFE if _probability(answer.body) >= UNSAFE_FROM else Verdict.SAFE


def _probability(body: bytes) -> float:
    try:
        probability = float(body.decode())
    except ValueError:
        log.warning("reputation.makes_no_sense")
        return 0.0
    return probability if math.isfinite(probability) else 0.0
