"""The desk for interrogations: several different forms of one picture, each a request of its own (alchemy.md §2)."""

from __future__ import annotations

from collections.abc import Container, Sequence
from uuid import uuid4

from horde_server.blobs.images import Recompressed
from horde_server.core import Core
from horde_server.dispatch.dispatcher import Dispatcher, hold_of_keys
from horde_server.dispatch.entry import Entry
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.store import NewRequest
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account
from horde_server.kudos.price import Price
from horde_server.requests.admission import Admission, Arrival
from horde_server.requests.alchemy.interrogations import Interrogations
from horde_server.requests.alchemy.order import FormOrder, Interrogation
from horde_server.requests.alchemy.prices.charges import debit_hundredths, reward_hundredths
from horde_server.requests.alchemy.prospects import forms_warning
from horde_server.requests.alchemy.states import FormState, state_of
from horde_server.requests.alchemy.status import InterrogationStatus, InterrogationStatuses, status_tag
from horde_server.requests.alchemy.store import FormRow, insert_interrogation
from horde_server.requests.alchemy.vocabulary import is_image_form
from horde_server.requests.asked import Asked, Ticket
from horde_server.requests.payers import Payer
from horde_server.requests.pictures.source_images import SourceImages, image_key
from horde_server.requests.pictures.source_intake import SourceIntake
from horde_server.requests.pictures.tiles import tiles
from horde_server.requests.prospects import NO_WORKER_CODE
from horde_server.requests.waiting import Patience, Waiting

_PLACE_S = 1e-4
"""Forms of one interrogation start together; so little apart they are served as they were asked for."""


class AlchemyDesk:
    """Quotes, takes, shows and cancels interrogations, as `RequestDesk` does requests."""

    def __init__(
        self,
        core: Core,
        *,
        dispatcher: Dispatcher[FormOrder],
        admission: Admission,
        sources: SourceIntake,
        interrogations: Interrogations,
        statuses: InterrogationStatuses,
        waiting: Waiting,
    ) -> None:
        self._lifetime_s = core.settings.request_lifetime_s
        self._pool = core.pool
        self._clock = core.clock
        self._dispatcher = dispatcher
        self._admission = admission
        self._sources = sources
        self._interrogations = interrogations
        self._statuses = statuses
        self._waiting = waiting

    async def quote(self, asked: Asked[Interrogation], caller: Caller) -> Price:
        """What all forms would cost: the picture, by whose size they are paid, is looked at and not kept."""
        payer = await self._check(asked, caller, None)
        interrogation_id = RequestId(uuid4())
        picture = await self._sources.keep_picture(interrogation_id, asked.pictures.image, caller.requester)
        await self._discard(interrogation_id)
        price = _price(_forms(asked.order, interrogation_id, picture, payer.account))
        await self._admission.payers.check_budget(payer, price.total_hundredths)
        return price

    async def submit(self, asked: Asked[Interrogation], caller: Caller) -> Ticket:
        """Store an interrogation. Nothing is charged yet. Raises the refusals of alchemy.md §2."""
        with self._admission.arrival() as arrival:
            payer = await self._check(asked, caller, arrival)
            interrogation_id = RequestId(uuid4())
            picture = await self._sources.keep_picture(interrogation_id, asked.pictures.image, caller.requester)
            try:
                forms = _forms(asked.order, interrogation_id, picture, payer.account)
                entries = await self._store(interrogation_id, forms, asked, payer, caller)
            except BaseException:
                await self._discard(interrogation_id)
                raise
            told = ""
            if self._admission.tells_prospects:
                told = forms_warning(entries, self._dispatcher.queue, self._dispatcher.kind, payer.account)
            return Ticket(id=interrogation_id, price=_price(forms), warnings={NO_WORKER_CODE: told} if told else {})

    async def look(self, interrogation_id: RequestId) -> InterrogationStatus:
        """How far each form is, without results. Raises `RequestNotFound`."""
        return await self._statuses.look(interrogation_id)

    async def forms(self, interrogation_id: RequestId) -> list[FormRow]:
        """Each form as it stands, with its result. Raises `RequestNotFound`."""
        return await self._statuses.rows(interrogation_id)

    def is_possible(self, forms: Sequence[FormRow]) -> bool:
        """Whether some alchemist online could do those of them that are still open."""
        queue = self._dispatcher.queue
        return all(queue.is_possible(entry) for form in forms if (entry := queue.entries.get(form.id)) is not None)

    async def follow(self, interrogation_id: RequestId, patience: Patience, known: Container[bytes] = ()) -> None:
        """Return when all forms are done, faulted or gone, or the client's patience is at an end.

        Also when the tag of its status is none of those `known`, where there are some. Raises `RequestNotFound`.
        """
        forms = await self._statuses.form_states(interrogation_id)
        entries = self._dispatcher.queue.entries

        def has_news() -> bool:
            present = [entries.get(form_id) for form_id in forms]
            if all(entry.state.is_done for entry in present if entry):
                return True
            states = (state_of(entry.state) if entry else forms[id_] for id_, entry in zip(forms, present, strict=True))
            return bool(known) and status_tag(states) not in known

        await self._waiting.until(has_news, (interrogation_id,), patience)

    async def is_over(self, interrogation_id: RequestId) -> bool:
        """Whether nothing more will come of any form. Raises `RequestNotFound`."""
        return (await self.look(interrogation_id)).state not in (FormState.WAITING, FormState.PROCESSING)

    async def cancel(self, interrogation_id: RequestId) -> None:
        """Cancel what is not done; what alchemists work on is paid. Of none there is nothing to cancel."""
        await self._interrogations.cancel(interrogation_id)

    async def _check(self, asked: Asked[Interrogation], caller: Caller, arrival: Arrival | None) -> Payer:
        """The checks before the picture is looked at, in the API's order; who pays."""
        payer = await self._admission.payer(caller, asked.webhook)
        account = payer.account
        payer.check_models([form.name for form in asked.order.distinct_forms])
        self._admission.check_open_forms(account, len(asked.order.distinct_forms), arrival)
        self._admission.check_address(caller)
        self._admission.check_client_agent(caller)
        await self._admission.check_reputation(account, caller)
        return payer

    async def _discard(self, interrogation_id: RequestId) -> None:
        await self._sources.discard(SourceImages(image_key(interrogation_id)))

    async def _store(
        self,
        interrogation_id: RequestId,
        forms: list[FormOrder],
        asked: Asked[Interrogation],
        payer: Payer,
        caller: Caller,
    ) -> list[Entry[FormOrder]]:
        """All forms of an interrogation start where one request of so many jobs would."""
        ids, account = [RequestId(uuid4()) for _ in forms], payer.account
        # the last form to be served stands for all, when it is asked where the requester's next one starts
        with self._dispatcher.turns.turn(
            ids[-1],
            account.id,
            caller.address,
            jobs=len(forms),
            earliest_key=self._admission.earliest_key(account),
        ) as key:
            new = [
                NewRequest(
                    id=form_id,
                    order=form,
                    account_id=account.id,
                    order_key=key + place * _PLACE_S,
                    price_hundredths=_reward(form),
                    payer_covered=True,
                    client_agent=caller.client_agent,
                    address=caller.address,
                    webhook=payer.hook_of(asked.webhook),
                    key_id=payer.key_id,
                    key_job_hundredths=_debit(form) if payer.key.has_budget else None,
                )
                for place, (form_id, form) in enumerate(zip(ids, forms, strict=True))
            ]
            async with self._pool.connection() as conn:
                if payer.key.has_budget:
                    async with conn.transaction():
                        await hold_of_keys(conn, new)
                        states = await insert_interrogation(conn, interrogation_id, new, lifetime_s=self._lifetime_s)
                else:
                    states = await insert_interrogation(conn, interrogation_id, new, lifetime_s=self._lifetime_s)
            return self._dispatcher.accepted(((form, states[form.id]) for form in new), created_s=self._clock())


def _forms(
    wished: Interrogation, interrogation_id: RequestId, picture: Recompressed, account: Account
) -> list[FormOrder]:
    """The normalised orders. Education accounts are served by trusted workers only (workers.md §7.9)."""
    return [
        FormOrder(
            form=form.name,
            interrogation_id=interrogation_id,
            tiles=tiles(picture.width, picture.height),
            payload=form.payload,
            slow_workers=wished.slow_workers,
            trusted_workers=wished.trusted_workers or account.education,
            pixels=picture.width * picture.height,
        )
        for form in wished.distinct_forms
    ]


def _reward(form: FormOrder) -> int:
    return reward_hundredths(form.form, form.tiles, makes_picture=is_image_form(form.form))


def _debit(form: FormOrder) -> int:
    return debit_hundredths(_reward(form), slow_workers=form.slow_workers)


def _price(forms: list[FormOrder]) -> Price:
    """All forms together, as one job: each costs something else."""
    rewards = sum(map(_reward, forms))
    debits = sum(map(_debit, forms))
    return Price(
        jobs=1,
        request_hundredths=0,
        base_hundredths=rewards,
        job_hundredths=debits,
        job_reward_hundredths=rewards,
        held_hundredths=0,
        cover_hundredths=0,
    )
