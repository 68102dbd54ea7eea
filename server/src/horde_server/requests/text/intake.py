"""Taking a text request: the checks of requests.md §3 and §8.5 in their order, then one statement to store it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import msgspec
from psycopg_pool import AsyncConnectionPool

from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.order import order_key
from horde_server.dispatch.store import NewRequest
from horde_server.errors import NotSupportedYet
from horde_server.identity.directory import Account
from horde_server.kudos.ledger import KudosUpfront, request_tax, reserve
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.moderation.modes import Modes
from horde_server.requests.admission import Admission, Arrival, Caller
from horde_server.requests.model_fallback import with_models_there_are
from horde_server.requests.prospects import prospects
from horde_server.requests.text.order import Sampling, TextOrder, encode_order
from horde_server.requests.text.prices import book as prices
from horde_server.requests.text.refusals import (
    InvalidExtraSourceImages,
    refuse_lengths,
    refuse_many_extra_images,
    refuse_prompt,
    refuse_samplers,
)
from horde_server.requests.text.schemas import TextRequest
from horde_server.requests.text.upfront import downgraded_length, free_changes, free_tokens, text_upfront
from horde_server.settings import Profile, Settings
from horde_server.webhooks.hook import check_webhook, encode_hook, webhook_reach
from horde_server.workers.directory import WorkerDirectory

TARGETED_WORKERS_KEPT = 5


@dataclass(frozen=True, slots=True)
class Ticket:
    """An accepted request. `kudos` is the estimate of the whole; `warnings` sentences by code."""

    id: UUID
    kudos: int
    warnings: dict[str, str]


@dataclass(frozen=True, slots=True)
class Admitted:
    """A valid order, as it will be served, and what its payer must have in hand."""

    order: TextOrder
    held_hundredths: int


class TextIntake:
    """Validates, prices and stores text requests."""

    def __init__(
        self,
        settings: Settings,
        pool: AsyncConnectionPool[Any],
        dispatcher: Dispatcher[TextOrder],
        workers: WorkerDirectory,
        modes: Modes,
        addresses: AddressTimeouts,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._dispatcher = dispatcher
        self._workers = workers
        self._webhook_reach = webhook_reach(settings.webhook_private_networks)
        self._admission = Admission(pool, dispatcher.queue, modes, addresses)
        self._clock = clock

    async def quote(self, body: TextRequest, caller: Caller) -> int:
        """What the whole request would cost, in kudos (dry run): validated and admitted, nothing stored or charged."""
        account = await self._validate(body, caller)
        return _kudos((await self._admit(body, account)).order)

    async def submit(self, body: TextRequest, caller: Caller) -> Ticket:
        """Store the request and charge its tax. Raises the refusals of requests.md §8.1, §8.7."""
        with self._admission.arrival() as arrival:
            account = await self._validate(body, caller, arrival)
            admitted = await self._admit(body, account)
            order, request_id = admitted.order, uuid4()
            price = prices.price(order)
            tax = request_tax(account.id, request_id, price.request_hundredths, self._dispatcher.kind.name)
            payer_spends = account.balance_hundredths - max(account.floor_hundredths, 0)
            with self._dispatcher.turns.turn(
                request_id, account.id, caller.address, jobs=order.n, earliest_key=self._earliest_key(account)
            ) as key:
                new = NewRequest(
                    id=request_id,
                    kind=self._dispatcher.kind.name,
                    account_id=account.id,
                    jobs=order.n,
                    order_key=key,
                    price_hundredths=price.job_reward_hundredths,
                    held_hundredths=admitted.held_hundredths,
                    # by what would be held, not by the estimate: that mostly overstates
                    payer_covered=account.trusted or payer_spends >= price.held_hundredths // order.n,
                    client_agent=caller.client_agent,
                    address=caller.address,
                    lifetime_s=self._settings.request_lifetime_s,
                    request_order=encode_order(order).decode(),
                    webhook=encode_hook(body.webhook),
                )
                entry = await self._dispatcher.accept(new, order, tax)
            tells_obstacles = self._admission.tells_prospects
            warnings = prospects(entry, self._dispatcher.queue, tells_obstacles=tells_obstacles)
            return Ticket(request_id, _kudos(order), warnings)

    def _earliest_key(self, account: Account) -> float:
        return order_key(
            self._clock(),
            account.balance_hundredths,
            head_start_cap_s=self._settings.priority_head_start_s,
            flagged=account.flagged,
        )

    async def _validate(self, body: TextRequest, caller: Caller, arrival: Arrival | None = None) -> Account:
        """The checks that need no price (requests.md §3.1–3.13, §8.5, §3.27); who asks."""
        if body.style:
            raise NotSupportedYet("`style` is not supported by this server yet: leave it out.")
        self._admission.check_mode()
        check_webhook(body.webhook, self._webhook_reach)
        account = self._admission.payer(caller, body.proxied_account)
        refuse_many_extra_images(len(body.extra_source_images), trusted=account.trusted)
        refuse_prompt(body.prompt)
        await self._admission.check_workers(body.workers)
        self._admission.check_batching(account, body.params.n, disable_batching=body.disable_batching)
        self._admission.check_concurrency(account, body.models, body.params.n, arrival)
        self._admission.check_address(caller)
        refuse_lengths(body.params)
        refuse_samplers(body.params)
        if body.extra_source_images:
            raise InvalidExtraSourceImages
        self._admission.check_client_agent(caller)
        return account

    async def _admit(self, body: TextRequest, account: Account) -> Admitted:
        """The order, with the kudos that it needs in hand reserved for the moment; made smaller where that is allowed.

        Raises `KudosUpfront`.
        """
        order = make_order(body, education=account.education)
        if self._settings.falls_back:
            order = with_models_there_are(order, self._dispatcher, account.id)
        if self._settings.profile is Profile.HOUSEHOLD:
            return Admitted(order, 0)
        most_tokens = free_tokens(
            text_threads=sum(worker.abilities.threads for worker in self._workers.online("text")),
            queued_jobs=self._dispatcher.queue.waiting_jobs,
        )
        reason = text_upfront(
            max_length=order.max_length,
            slow_workers=order.slow_workers,
            names_workers=bool(order.workers),
            most_tokens=most_tokens,
            on_worker_list=self._settings.upfront_kudos_on_workerlist,
        )
        if reason is None:
            return Admitted(order, 0)
        held = prices.price(order).held_hundredths
        try:
            async with self._pool.connection() as conn, conn.transaction():
                await reserve(conn, account.id, held)
        except KudosUpfront as refusal:
            if body.allow_downgrade and reason.can_be_downgraded:
                return Admitted(_smaller(order, most_tokens), 0)
            changes = free_changes(
                max_length=order.max_length,
                slow_workers=order.slow_workers,
                most_tokens=most_tokens,
                on_worker_list=self._settings.upfront_kudos_on_workerlist and bool(order.workers),
            )
            refusal.advise(changes, reason=str(reason), max_tokens=most_tokens)
            raise
        return Admitted(order, held)


def _smaller(order: TextOrder, most_tokens: int) -> TextOrder:
    """The order that needs no kudos in hand."""
    return msgspec.structs.replace(
        order, slow_workers=True, max_length=downgraded_length(order.max_length, most_tokens)
    )


def _kudos(order: TextOrder) -> int:
    return round(prices.price(order).total_hundredths / 100)


def make_order(body: TextRequest, *, education: bool) -> TextOrder:
    """The normalised order. Education accounts are served by trusted workers only (workers.md §7.9)."""
    params = body.params
    unknown = params.model_extra or ()
    asked = params.model_dump(exclude_unset=True, exclude={"n", "max_length", "max_context_length", *unknown})
    if stops := asked.get("stop_sequence"):
        asked["stop_sequence"] = list(dict.fromkeys(stops))
    return TextOrder(
        prompt=body.prompt,
        models=tuple(dict.fromkeys(body.models)),
        n=params.n,
        max_length=params.max_length,
        max_context_length=params.max_context_length,
        sampling=msgspec.convert(asked, Sampling),
        softprompt=body.softprompt,
        validated_backends=body.validated_backends,
        trusted_workers=body.trusted_workers or education,
        slow_workers=body.slow_workers,
        extra_slow_workers=body.extra_slow_workers,
        workers=tuple(body.workers[:TARGETED_WORKERS_KEPT]),
        worker_blacklist=body.worker_blacklist,
        proxied_account=body.proxied_account,
    )
