"""The desk for requests of one kind: what they would cost, taking them, how far they are, cancelling them.

It knows orders and no wire: the API's routes, dialects and pages turn what they read into `Asked`, and what the desk
answers into their bytes.
"""

from __future__ import annotations

from collections.abc import Container, Hashable
from functools import partial
from typing import Generic, NamedTuple, Protocol, TypeVar
from uuid import uuid4

from horde_server.core import Core
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.entry import Entry, RequestState
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.states import RequestPhase
from horde_server.dispatch.store import Generation, NewRequest
from horde_server.errors import RequestNotFound
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account
from horde_server.identity.keys import SharedKeyTerms
from horde_server.kudos.key_budgets import SharedKeyInsufficientKudos
from horde_server.kudos.price import Price, with_style_reward
from horde_server.kudos.spending import KudosUpfront, reserve
from horde_server.requests.admission import Admission, Arrival
from horde_server.requests.asked import Asked, GivenPictures, Ticket
from horde_server.requests.model_fallback import NamesModels, with_models_there_are
from horde_server.requests.payers import Payer
from horde_server.requests.progress import Progress, progress, progress_tag
from horde_server.requests.prospects import prospects, why_nobody
from horde_server.requests.upfront import Upfront
from horde_server.requests.waiting import Patience, Waiting
from horde_server.settings import Profile
from horde_server.styles.uses import note, reward_hundredths


class RequestOrder(NamesModels, Protocol):
    """An order that is one request, as those for images and texts are."""

    @property
    def proxied_account(self) -> str | None:
        """For whom a service account asks, if for somebody."""


OrderT = TypeVar("OrderT", bound=RequestOrder)


class Intake(Protocol[OrderT]):
    """What differs between kinds while a request is taken."""

    async def check(self, asked: Asked[OrderT], account: Account, caller: Caller, arrival: Arrival | None) -> OrderT:
        """Raise the first refusal, in the API's order of them; the order, whose prompt may have been rewritten."""

    def served(self, order: OrderT, request_id: RequestId, pictures: GivenPictures, account: Account) -> OrderT:
        """The order as this horde serves it to that account. Its pictures are named, and not stored yet."""

    def price(self, order: OrderT) -> Price:
        """What it costs, as far as that is known now."""

    def most_job_hundredths(self, order: OrderT, price: Price) -> int:
        """What one delivered job of it may charge at most, whoever makes it with whichever of its models."""

    def check_terms(self, order: OrderT, terms: SharedKeyTerms) -> None:
        """Raise where the order is more than a shared key is for."""

    def upfront(self, order: OrderT) -> Upfront[OrderT] | None:
        """Why it needs kudos in hand, if it does: where this horde asks for them at all."""

    async def keep_pictures(
        self, order: OrderT, request_id: RequestId, pictures: GivenPictures, requester: Hashable
    ) -> OrderT:
        """Verify and store the pictures: the last and dearest step before the request is stored."""

    async def discard_pictures(self, order: OrderT) -> None:
        """The request was not stored."""

    def warnings(self, order: OrderT) -> dict[str, str]:
        """Sentences by code: it is taken, but may not come out as meant."""


class _Taken(NamedTuple, Generic[OrderT]):
    """An order that passed all checks, as it is served."""

    order: OrderT
    price: Price
    payer: Payer
    held_hundredths: int  # of what the payer must have in hand
    key_job_hundredths: int | None  # of a key with a budget: what a job charges at most


class RequestDesk(Generic[OrderT]):
    """Requests that are one row and any number of equal jobs: images and texts."""

    def __init__(
        self,
        core: Core,
        *,
        dispatcher: Dispatcher[OrderT],
        admission: Admission,
        intake: Intake[OrderT],
        waiting: Waiting,
    ) -> None:
        self._settings = core.settings
        self._pool = core.pool
        self._dispatcher = dispatcher
        self._admission = admission
        self._intake = intake
        self._waiting = waiting

    async def quote(self, asked: Asked[OrderT], caller: Caller) -> Price:
        """What the whole would cost: checked and covered like a request, but nothing is stored or charged."""
        return (await self._taken(asked, RequestId(uuid4()), caller, None)).price

    async def submit(self, asked: Asked[OrderT], caller: Caller) -> Ticket:
        """Store the request and charge its tax. Raises the refusals of requests.md §3."""
        with self._admission.arrival() as arrival:
            request_id = RequestId(uuid4())
            taken = await self._taken(asked, request_id, caller, arrival)
            price, account = taken.price, taken.payer.account
            event_id, beside = None, None
            if asked.style is not None:
                event_id = uuid4()  # the tax and the reward are one event
                beside = partial(
                    note,
                    use=asked.style,
                    event_id=event_id,
                    payer_id=account.id,
                    key_id=taken.payer.key_id,
                    request_id=request_id,
                    reward=price.style_reward_hundredths,
                )
            order = await self._intake.keep_pictures(taken.order, request_id, asked.pictures, caller.requester)
            try:
                with self._dispatcher.turns.turn(
                    request_id,
                    account.id,
                    caller.address,
                    jobs=order.n,
                    earliest_key=self._admission.earliest_key(account),
                ) as key:
                    entry = await self._dispatcher.accept(
                        NewRequest(
                            id=request_id,
                            order=order,
                            account_id=account.id,
                            order_key=key,
                            price_hundredths=price.base_hundredths,
                            tax_hundredths=price.request_hundredths - price.style_reward_hundredths,
                            style_reward_hundredths=price.style_reward_hundredths,
                            event_id=event_id,
                            held_hundredths=taken.held_hundredths,
                            payer_covered=_covers(account, price),
                            client_agent=caller.client_agent,
                            address=caller.address,
                            webhook=taken.payer.hook_of(asked.webhook),
                            key_id=taken.payer.key_id,
                            key_job_hundredths=taken.key_job_hundredths,
                            is_key_shared=taken.payer.key.shared is not None,
                        ),
                        beside=beside,
                    )
            except BaseException:
                await self._intake.discard_pictures(order)
                raise
            told = prospects(
                entry,
                self._dispatcher.queue,
                tells_obstacles=self._admission.tells_prospects,
                kind=self._dispatcher.kind,
                account=account,
            )
            return Ticket(id=request_id, price=price, warnings=self._intake.warnings(order) | told)

    async def considered(self, asked: Asked[OrderT], caller: Caller) -> Entry[OrderT]:
        """The request as it would be taken now: checked and covered like one, and seen by no worker.

        Raises the refusals of requests.md §3.
        """
        request_id, queue = RequestId(uuid4()), self._dispatcher.queue
        taken = await self._taken(asked, request_id, caller, None)
        order, account, now = taken.order, taken.payer.account, queue.now()
        entry = Entry(
            id=request_id,
            account_id=account.id,
            order=order,
            requirement=self._dispatcher.kind.requirement(order),
            key=self._admission.earliest_key(account),
            price_hundredths=taken.price.base_hundredths,
            balance_covers_price=_covers(account, taken.price),
            created_s=now,
            state=RequestState(
                request_id, RequestPhase.OPEN, order.n, order.n, 0, 0, 0, 0, now + self._settings.request_lifetime_s, 0
            ),
        )
        entry.group = queue.class_of(entry.requirement)
        return entry

    async def look(self, request_id: RequestId) -> Progress:
        """How far a request is, mostly from memory. Raises `RequestNotFound`."""
        return (await self.seen(request_id))[0]

    async def seen(self, request_id: RequestId) -> tuple[Progress, bytes]:
        """The same, with its tag."""
        entry = await self._found(request_id)
        told = progress(entry, self._dispatcher.queue)
        return told, progress_tag(entry, told)

    async def follow(self, request_id: RequestId, patience: Patience, known: Container[bytes] = ()) -> None:
        """Return when a request is done, faulted or gone, or the client's patience at an end. No query while it waits.

        Also when its tag is none of those `known`, where there are some. Raises `RequestNotFound`.
        """
        entry = await self._found(request_id)
        queue = self._dispatcher.queue

        def has_news() -> bool:
            if entry.state.is_done or request_id not in queue.entries:
                return True
            return bool(known) and progress_tag(entry, progress(entry, queue)) not in known

        await self._waiting.until(has_news, (request_id,), patience)

    async def is_over(self, request_id: RequestId) -> bool:
        """Whether it is done or faulted: nothing more will come. Raises `RequestNotFound`."""
        return (await self._found(request_id)).state.is_done

    def obstacles(self, request_id: RequestId) -> str:
        """Why no worker online may serve a request, in a few sentences; "" where one may, or it is not known here."""
        entry = self._dispatcher.queue.entries.get(request_id)
        return why_nobody(entry, self._dispatcher.queue, self._dispatcher.kind) if entry is not None else ""

    async def delivered(self, request_id: RequestId) -> tuple[Entry[OrderT], Progress, list[Generation]]:
        """A request with what was delivered so far, by one query. Raises `RequestNotFound`."""
        found = await self._dispatcher.status(request_id)
        if found is None:
            raise RequestNotFound
        entry, generations = found
        return entry, progress(entry, self._dispatcher.queue), generations

    async def _found(self, request_id: RequestId) -> Entry[OrderT]:
        entry = await self._dispatcher.find(request_id)
        if entry is None:
            raise RequestNotFound
        return entry

    async def cancel(self, request_id: RequestId) -> None:
        """Take back what still waits. Cancelling twice, or too late, changes nothing. Raises `RequestNotFound`."""
        await self.look(request_id)
        await self._dispatcher.cancel(request_id)

    async def _taken(
        self, asked: Asked[OrderT], request_id: RequestId, caller: Caller, arrival: Arrival | None
    ) -> _Taken[OrderT]:
        """The order checked and covered, in the API's order of refusals.

        What a shared key cannot pay in full is Anonymous's, where less may be done.
        """
        payer = await self._admission.payer(
            caller, asked.webhook, asked.order.proxied_account, may_shrink=asked.may_shrink
        )
        try:
            return await self._checked(asked, request_id, caller, arrival, payer)
        except SharedKeyInsufficientKudos:
            if not asked.may_shrink:
                raise
            return await self._checked(asked, request_id, caller, arrival, await self._admission.payers.anonymous())

    async def _checked(
        self, asked: Asked[OrderT], request_id: RequestId, caller: Caller, arrival: Arrival | None, payer: Payer
    ) -> _Taken[OrderT]:
        payer.check_models(asked.order.models)
        wished = await self._intake.check(asked, payer.account, caller, arrival)
        taken = await self._covered(asked, wished, request_id, payer)
        if payer.terms is not None:
            self._intake.check_terms(taken.order, payer.terms)
        return taken

    async def _covered(
        self, asked: Asked[OrderT], wished: OrderT, request_id: RequestId, payer: Payer
    ) -> _Taken[OrderT]:
        """The order as it is served, its price, and what of that the payer must have in hand and has.

        It is made smaller where the payer lacks kudos and allowed it. Raises `KudosUpfront`, and what
        `Payers.check_budget` raises.
        """
        account = payer.account
        order = self._intake.served(wished, request_id, asked.pictures, account)
        if self._settings.falls_back and payer.key.models is None:
            order = with_models_there_are(order, self._dispatcher, account.id)
        reward = reward_hundredths(asked.style, account)
        price = with_style_reward(self._intake.price(order), reward)
        key_job: int | None = None
        if payer.key.has_budget:
            key_job = self._intake.most_job_hundredths(order, price)
            await self._admission.payers.check_budget(payer, price.request_hundredths + order.n * key_job)
        upfront = None if self._settings.profile is Profile.HOUSEHOLD else self._intake.upfront(order)
        if upfront is None:
            return _Taken(order, price, payer, 0, key_job)
        try:
            async with self._pool.connection() as conn, conn.transaction():
                await reserve(conn, account.id, price.held_hundredths)
        except KudosUpfront as refusal:
            if asked.may_shrink and upfront.smaller is not None:
                order = upfront.smaller()
                price = with_style_reward(self._intake.price(order), reward)
                if key_job is not None:
                    key_job = self._intake.most_job_hundredths(order, price)
                return _Taken(order, price, payer, 0, key_job)
            refusal.advise(upfront.changes(), reason=str(upfront.reason), **upfront.limits)
            raise
        return _Taken(order, price, payer, price.held_hundredths, key_job)


def _covers(account: Account, price: Price) -> bool:
    """Whether the payer has in hand what workers may want to see there."""
    free_hundredths = account.balance_hundredths - max(account.floor_hundredths, 0)
    return account.trusted or free_hundredths >= price.cover_hundredths
