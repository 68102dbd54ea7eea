"""Taking an image request: the checks of requests.md §3 in their order, then one statement that stores it.

What later releases add (styles) is refused here by name, never silently ignored.
"""

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
from horde_server.moderation.addresses.reputation import AddressReputation
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.moderation.modes import Modes
from horde_server.moderation.prompt_filters.doorkeeper import Doorkeeper
from horde_server.requests.admission import Admission, Arrival, Caller
from horde_server.requests.image.making import make_order
from horde_server.requests.image.order import ImageOrder, encode_order
from horde_server.requests.image.prices.book import PriceBook
from horde_server.requests.image.schemas import ImageRequest
from horde_server.requests.image.upfront import (
    ImageUpfront,
    downgraded,
    free_changes,
    free_side,
    image_upfront,
    upfront_image,
)
from horde_server.requests.image.validation import check_extra_source_images, check_wishes
from horde_server.requests.image.warnings import model_warnings
from horde_server.requests.model_fallback import with_models_there_are
from horde_server.requests.pictures.source_intake import GivenSources, SourceIntake
from horde_server.requests.prospects import prospects
from horde_server.settings import Profile, Settings
from horde_server.webhooks.hook import check_webhook, encode_hook, webhook_reach
from horde_server.workers.directory import WorkerDirectory


@dataclass(frozen=True, slots=True)
class Ticket:
    """An accepted request. `kudos` is the price of one image, as the API reports it; `warnings` sentences by code."""

    id: UUID
    kudos: float
    warnings: dict[str, str]


@dataclass(frozen=True, slots=True)
class Admitted:
    """A valid order, as it will be served, and what its payer must have in hand."""

    order: ImageOrder
    held_hundredths: int


class ImageIntake:
    """Validates, prices and stores image requests."""

    def __init__(
        self,
        settings: Settings,
        pool: AsyncConnectionPool[Any],
        dispatcher: Dispatcher[ImageOrder],
        workers: WorkerDirectory,
        prices: PriceBook,
        sources: SourceIntake,
        modes: Modes,
        addresses: AddressTimeouts,
        reputation: AddressReputation,
        doorkeeper: Doorkeeper,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._dispatcher = dispatcher
        self._workers = workers
        self._prices = prices
        self._sources = sources
        self._webhook_reach = webhook_reach(settings.webhook_private_networks)
        self._admission = Admission(pool, dispatcher.queue, modes, addresses, reputation)
        self._doorkeeper = doorkeeper
        self._clock = clock

    async def quote(self, body: ImageRequest, caller: Caller) -> int:
        """What the whole request would cost, in kudos (dry run): validated and admitted, nothing stored or charged."""
        account, body = await self._validate(body, caller)
        admitted = await self._admit(uuid4(), body, account)
        return round(self._prices.estimate_hundredths(admitted.order) / 100)

    async def submit(self, body: ImageRequest, caller: Caller, links_base: str = "") -> Ticket:
        """Store the request and charge its tax. Raises the refusals of requests.md §3.

        `links_base`: what links in webhooks begin with.
        """
        with self._admission.arrival() as arrival:
            account, body = await self._validate(body, caller, arrival)
            request_id = uuid4()
            admitted = await self._admit(request_id, body, account)
            order = admitted.order
            kept = await self._sources.keep(request_id, _given_sources(body), caller.requester)
            try:
                tax = request_tax(account.id, request_id, self._prices.price(order).request_hundredths, "image")
                with self._dispatcher.turns.turn(
                    request_id, account.id, caller.address, jobs=order.n, earliest_key=self._earliest_key(account)
                ) as key:
                    webhook = encode_hook(body.webhook, links_base)
                    new = self._new_request(request_id, admitted, account, caller, key, webhook)
                    entry = await self._dispatcher.accept(new, order, tax)
            except BaseException:
                await self._sources.discard(kept)
                raise
            tells_obstacles = self._admission.tells_prospects
            warnings = model_warnings(order) | prospects(entry, self._dispatcher.queue, tells_obstacles=tells_obstacles)
            return Ticket(request_id, round(new.price_hundredths / 100), warnings)

    def _earliest_key(self, account: Account) -> float:
        return order_key(
            self._clock(),
            account.balance_hundredths,
            head_start_cap_s=self._settings.priority_head_start_s,
            flagged=account.flagged,
        )

    def _new_request(
        self,
        request_id: UUID,
        admitted: Admitted,
        account: Account,
        caller: Caller,
        key: float,
        webhook: str | None,
    ) -> NewRequest:
        price = self._prices.base_hundredths(admitted.order)
        return NewRequest(
            id=request_id,
            kind=self._dispatcher.kind.name,
            account_id=account.id,
            jobs=admitted.order.n,
            order_key=key,
            price_hundredths=price,
            held_hundredths=admitted.held_hundredths,
            payer_covered=account.trusted or account.balance_hundredths - max(account.floor_hundredths, 0) >= price,
            client_agent=caller.client_agent,
            address=caller.address,
            lifetime_s=self._settings.request_lifetime_s,
            request_order=encode_order(admitted.order).decode(),
            webhook=webhook,
        )

    async def _validate(
        self, body: ImageRequest, caller: Caller, arrival: Arrival | None = None
    ) -> tuple[Account, ImageRequest]:
        """The checks that need no price (requests.md §3.1–3.27); who asks, and what for: prompts may be rewritten."""
        if body.style:
            raise NotSupportedYet("`style` is not supported by this server yet: leave it out.")
        self._admission.check_mode()
        check_webhook(body.webhook, self._webhook_reach)
        account = self._admission.payer(caller, body.proxied_account)
        check_extra_source_images(body, account)
        await self._admission.check_workers(body.workers)
        self._admission.check_batching(account, body.params.n, disable_batching=body.disable_batching)
        self._admission.check_concurrency(account, body.models, body.params.n, arrival)
        self._admission.check_address(caller)
        prompt = await self._doorkeeper.admit(
            body.prompt, body.models, account, caller.address, may_replace=body.replacement_filter
        )
        if prompt is not body.prompt:
            body = body.model_copy(update={"prompt": prompt})
        check_wishes(body, account)
        await self._admission.check_reputation(account, caller)
        self._admission.check_client_agent(caller)
        return account, body

    async def _admit(self, request_id: UUID, body: ImageRequest, account: Account) -> Admitted:
        """The order, with the kudos that it needs in hand reserved for the moment; made smaller where that is allowed.

        Raises `KudosUpfront`.
        """
        order = make_order(
            request_id, body, education=account.education, can_share=self._settings.shared_blobs is not None
        )
        if self._settings.falls_back:
            order = with_models_there_are(order, self._dispatcher, account.id)
        if self._settings.profile is Profile.HOUSEHOLD:
            return Admitted(order, 0)
        image = upfront_image(order)
        side = free_side(
            image.baselines,
            image_threads=sum(worker.abilities.threads for worker in self._workers.online("image")),
            queued_jobs=self._dispatcher.queue.waiting_jobs,
        )
        reason = image_upfront(image, side, on_worker_list=self._settings.upfront_kudos_on_workerlist)
        if reason is None:
            return Admitted(order, 0)
        held = self._prices.price(order).held_hundredths
        try:
            async with self._pool.connection() as conn, conn.transaction():
                await reserve(conn, account.id, held)
        except KudosUpfront as refusal:
            if body.allow_downgrade and reason is not ImageUpfront.WORKER_LIST:
                return Admitted(_smaller(order, side), 0)
            changes = free_changes(image, side, on_worker_list=self._settings.upfront_kudos_on_workerlist)
            refusal.advise(changes, reason=str(reason), max_resolution=side)
            raise
        return Admitted(order, held)


def _smaller(order: ImageOrder, side: int) -> ImageOrder:
    """The order made so small that it is free."""
    image = downgraded(upfront_image(order), side)
    return msgspec.structs.replace(
        order, width=image.width, height=image.height, steps=image.steps, slow_workers=image.slow_workers
    )


def _given_sources(body: ImageRequest) -> GivenSources:
    return GivenSources(
        image=body.source_image,
        mask=body.source_mask,
        extra=tuple((extra.image, extra.strength) for extra in body.extra_source_images),
        inpainting=body.source_processing == "inpainting",
    )
