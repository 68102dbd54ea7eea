"""Taking an interrogation: the checks of alchemy.md §2.2 in their order, the picture, one statement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import msgspec
from psycopg_pool import AsyncConnectionPool

from horde_server.blobs.images import Recompressed
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.entry import Entry
from horde_server.dispatch.order import order_key
from horde_server.dispatch.store import OpenRequest
from horde_server.http.wire_types import encode_map
from horde_server.identity.directory import Account
from horde_server.moderation.addresses.reputation import AddressReputation
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.moderation.modes import Modes
from horde_server.requests.admission import Admission, Arrival, Caller
from horde_server.requests.alchemy.forms import is_image_form
from horde_server.requests.alchemy.order import FormOrder, encode_order
from horde_server.requests.alchemy.prices.charges import reward_hundredths
from horde_server.requests.alchemy.prospects import forms_warning
from horde_server.requests.alchemy.schemas import InterrogationForm, InterrogationRequest
from horde_server.requests.alchemy.store import NewForm, NewInterrogation, insert_interrogation
from horde_server.requests.pictures.source_images import SourceImages, image_key
from horde_server.requests.pictures.source_intake import SourceIntake
from horde_server.requests.pictures.tiles import tiles
from horde_server.settings import Settings
from horde_server.webhooks.hook import check_webhook, encode_hook, webhook_reach

_PLACE_S = 1e-4
"""Forms of one interrogation start together; so little apart they are served as they were asked for."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """An accepted interrogation. `message` says of forms that nobody does now why, if there are any."""

    id: UUID
    message: str


class AlchemyIntake:
    """Validates, prices and stores interrogations."""

    def __init__(
        self,
        settings: Settings,
        pool: AsyncConnectionPool[Any],
        dispatcher: Dispatcher[FormOrder],
        sources: SourceIntake,
        modes: Modes,
        addresses: AddressTimeouts,
        reputation: AddressReputation,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._dispatcher = dispatcher
        self._sources = sources
        self._webhook_reach = webhook_reach(settings.webhook_private_networks)
        self._admission = Admission(pool, dispatcher.queue, modes, addresses, reputation)
        self._clock = clock

    async def submit(self, body: InterrogationRequest, caller: Caller, links_base: str = "") -> Ticket:
        """Store an interrogation. Nothing is charged yet. Raises the refusals of alchemy.md §2.

        `links_base`: what links in webhooks begin with.
        """
        forms = {form.name: form for form in reversed(body.forms)}  # of each name the first
        asked = [form for form in body.forms if forms[form.name] is form]
        with self._admission.arrival() as arrival:
            account = self._validate(body, caller, len(asked), arrival)
            await self._admission.check_reputation(account, caller)
            interrogation_id = uuid4()
            picture = await self._sources.keep_picture(interrogation_id, body.source_image, caller.requester)
            try:
                orders = [_order(form, interrogation_id, picture, body, account) for form in asked]
                webhook = encode_hook(body.webhook, links_base)
                entries = await self._store(interrogation_id, orders, account, caller, webhook)
            except BaseException:
                await self._sources.discard(SourceImages(image_key(interrogation_id)))
                raise
            tells_obstacles = self._admission.tells_prospects
            return Ticket(interrogation_id, forms_warning(entries, self._dispatcher.queue) if tells_obstacles else "")

    def _validate(self, body: InterrogationRequest, caller: Caller, forms: int, arrival: Arrival) -> Account:
        """The checks before the picture is looked at; who asks."""
        self._admission.check_mode()
        check_webhook(body.webhook, self._webhook_reach)
        account = self._admission.payer(caller, "")
        self._admission.check_open_forms(account, forms, arrival)
        self._admission.check_address(caller)
        self._admission.check_client_agent(caller)
        return account

    async def _store(
        self,
        interrogation_id: UUID,
        orders: list[FormOrder],
        account: Account,
        caller: Caller,
        webhook: str | None,
    ) -> list[Entry[FormOrder]]:
        """All forms of an interrogation start where one request of so many jobs would."""
        by_id = {uuid4(): order for order in orders}
        # the last form to be served stands for all, when it is asked where the requester's next one starts
        with self._dispatcher.turns.turn(
            next(reversed(by_id)),
            account.id,
            caller.address,
            jobs=len(orders),
            earliest_key=self._earliest_key(account),
        ) as key:
            new = NewInterrogation(
                interrogation_id,
                account.id,
                caller.client_agent,
                caller.address,
                self._settings.request_lifetime_s,
                webhook,
            )
            forms = [
                NewForm(
                    form_id,
                    key + place * _PLACE_S,
                    reward_hundredths(order.form, order.tiles, makes_picture=is_image_form(order.form)),
                    encode_order(order).decode(),
                )
                for place, (form_id, order) in enumerate(by_id.items())
            ]
            async with self._pool.connection() as conn:
                states = await insert_interrogation(conn, new, forms)
            now = self._clock()
            kind = self._dispatcher.kind.name
            return self._dispatcher.accepted(
                (
                    OpenRequest(
                        states[form.id], kind, account.id, form.order_key, form.price_hundredths, True, now, "", webhook
                    ),
                    by_id[form.id],
                )
                for form in forms
            )

    def _earliest_key(self, account: Account) -> float:
        return order_key(
            self._clock(),
            account.balance_hundredths,
            head_start_cap_s=self._settings.priority_head_start_s,
            flagged=account.flagged,
        )


def _order(
    form: InterrogationForm, interrogation_id: UUID, picture: Recompressed, body: InterrogationRequest, account: Account
) -> FormOrder:
    """The normalised order. Education accounts are served by trusted workers only (workers.md §7.9)."""
    return FormOrder(
        form=form.name,
        interrogation_id=interrogation_id,
        tiles=tiles(picture.width, picture.height),
        payload=msgspec.Raw(encode_map(form.payload)),
        slow_workers=body.slow_workers,
        trusted_workers=body.trusted_workers or account.education,
        pixels=picture.width * picture.height,
    )
