"""The checks that requests of every kind pass: the mode, who pays, workers, how many at a time (requests.md §3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self
from uuid import UUID

from horde_server.core import Core
from horde_server.dispatch.account_counts import AccountCounts
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.order import order_key
from horde_server.errors import DeletedUser, HordeError, WorkerNotFound
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account, AccountDirectory
from horde_server.moderation.slice import Moderation
from horde_server.requests.payers import Payer, Payers
from horde_server.webhooks.hook import Hook, check_webhook, webhook_reach
from horde_server.workers import store as worker_store

FORMS_PER_CONCURRENCY = 10
WORKERS_KEPT = 5
"""Of the workers that a request names; all must exist."""
SAMPLE_CLIENT_AGENT = "My-Project:v0.0.1:My-Contact"


class MaintenanceMode(HordeError):
    """This horde is in maintenance mode and takes no new requests for the moment: please try again later."""

    rc = "MaintenanceMode"


class OnlyServiceAccountProxy(HordeError):
    """Only service accounts may send proxied_account."""

    rc = "OnlyServiceAccountProxy"


class RequiresTrust(HordeError):
    """Only trusted accounts may disable batching for several results."""

    rc = "RequiresTrust"


class TooManyPrompts(HordeError):
    """You have as many jobs waiting as your account may have: wait for some, or cancel some."""

    status, rc = 429, "TooManyPrompts"


class BannedClientAgent(HordeError):
    """Your Client-Agent is the documentation's example: send your own project's name, version and contact."""

    status, rc = 403, "BannedClientAgent"


class Arrival:
    """A request on its way in: its jobs count as waiting while the block lasts, until they are stored or refused.

    So of many requests at the same moment only as many find room as would one after the other. Other server processes
    hear of a request when it is stored.
    """

    __slots__ = ("_counts", "_taken")

    def __init__(self, counts: AccountCounts) -> None:
        self._counts = counts
        self._taken: tuple[int, frozenset[str], int] | None = None

    def take(self, account_id: int, models: frozenset[str], jobs: int) -> None:
        """Take places for the jobs; those taken before are given back."""
        self._give_back()
        self._counts.count(account_id, models, jobs, 0)
        self._taken = account_id, models, jobs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        if self._taken is not None:
            account_id, models, jobs = self._taken
            self._counts.count(account_id, models, -jobs, 0)
            self._taken = None


class Admission:
    """The checks for one kind of request; each raises its refusal. The kinds call them in the API's order."""

    def __init__(self, core: Core, accounts: AccountDirectory, moderation: Moderation, queue: LiveQueue) -> None:
        """`queue` is the kind's."""
        settings = core.settings
        self._pool = core.pool
        self._clock = core.clock
        self._queue = queue
        self.payers = Payers(core.pool, accounts, core.clock)
        self._modes = moderation.modes
        self._addresses = moderation.addresses
        self._reputation = moderation.reputation
        self._webhook_reach = webhook_reach(settings.webhook_private_networks)
        self._head_start_cap_s = settings.priority_head_start_s

    @property
    def tells_prospects(self) -> bool:
        """Whether who asks is told that nobody can serve it: not in raid mode (requests.md §6.4)."""
        return not self._modes.raid

    def arrival(self) -> Arrival:
        """What the checks of numbers take places for, as a block around all that stores the request."""
        return Arrival(self._queue.by_account)

    def earliest_key(self, account: Account) -> float:
        """Where a request of this account may start at best, arriving now."""
        return order_key(
            self._clock(),
            account.balance_hundredths,
            head_start_cap_s=self._head_start_cap_s,
            flagged=account.flagged,
        )

    async def payer(
        self,
        caller: Caller,
        webhook: Hook | None = None,
        proxied_account: str | None = None,
        *,
        may_shrink: bool = False,
    ) -> Payer:
        """Who pays, where this horde takes requests and the webhook can be delivered to.

        Only service accounts may ask in somebody else's name. `may_shrink`: as `Payers.of` says.
        """
        if self._modes.maintenance:
            raise MaintenanceMode
        if webhook is not None:
            check_webhook(webhook.url, self._webhook_reach)
        payer = await self.payers.of(caller, may_shrink=may_shrink)
        if proxied_account and not payer.account.service:
            raise OnlyServiceAccountProxy
        if payer.account.deleted:
            raise DeletedUser
        return payer

    async def check_workers(self, named: Iterable[str]) -> None:
        """Every named worker must exist, also beyond those that are kept."""
        ids = []
        for text in named:
            try:
                ids.append(UUID(text))
            except ValueError:
                raise WorkerNotFound(f"There is no worker with the id {text[:40]!r}.") from None
        if not ids:
            return
        async with self._pool.connection() as conn:
            found = await worker_store.existing(conn, ids)
        for worker_id in ids:
            if worker_id not in found:
                raise WorkerNotFound(f"There is no worker with the id {worker_id}.")

    @staticmethod
    def check_batching(account: Account, n: int, *, disable_batching: bool) -> None:
        """Only trusted accounts may have several results made one by one: that costs workers time."""
        if n > 1 and disable_batching and not account.trusted:
            raise RequiresTrust

    def check_concurrency(
        self, account: Account, models: Iterable[str], n: int, arrival: Arrival | None = None
    ) -> None:
        """Jobs of this kind that wait, with those asked for, may not exceed the account's concurrency.

        For Anonymous, which is everybody's account, only requests for one of the same models count. With an `arrival`
        the places are taken at once: nothing may be awaited between looking and taking.
        """
        counted_models = frozenset(models) if account.id == 0 else frozenset()
        waiting = self._queue.by_account.waiting(account.id, counted_models)
        if waiting + n > account.concurrency:
            raise TooManyPrompts(
                f"You have {waiting} jobs waiting and asked for {n} more, but your account may have "
                f"{account.concurrency} at a time: wait for some, or cancel some."
            )
        if arrival is not None:
            arrival.take(account.id, counted_models, n)

    def check_address(self, caller: Caller) -> None:
        """No requests from an address, or of an account, in time-out."""
        self._addresses.refuse(caller.address, caller.account)

    def check_open_forms(self, account: Account, forms: int, arrival: Arrival | None = None) -> None:
        """Of alchemy: forms that wait or are processed, with those asked for, may not exceed 10 × the concurrency.

        Anonymous is everybody (alchemy.md §2.3). The places are taken at once, as above.
        """
        still_open, most = self._queue.by_account.open(account.id), FORMS_PER_CONCURRENCY * account.concurrency
        if still_open + forms > most:
            raise TooManyPrompts(
                f"You have {still_open} forms waiting or processed and asked for {forms} more, but your account may "
                f"have {most} at a time: wait for some, or cancel some."
            )
        if arrival is not None:
            arrival.take(account.id, frozenset(), forms)

    async def check_reputation(self, account: Account, caller: Caller) -> None:
        """No requests of strangers from unsafe addresses in raid mode."""
        await self._reputation.admit_requester(account, caller.address)

    @staticmethod
    def check_client_agent(caller: Caller) -> None:
        """Who asks must say with which program, not copy the documentation's example."""
        if caller.client_agent == SAMPLE_CLIENT_AGENT:
            raise BannedClientAgent
