"""Taking a text request: its checks in the API's order, its price (requests.md §3, §8.1, §8.7)."""

from __future__ import annotations

from collections.abc import Hashable

import msgspec

from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account
from horde_server.identity.keys import SharedKeyTerms
from horde_server.kudos.price import Price
from horde_server.requests.admission import WORKERS_KEPT, Admission, Arrival
from horde_server.requests.asked import Asked, GivenPictures
from horde_server.requests.payers import check_limit
from horde_server.requests.pictures.source_intake import SourceIntake
from horde_server.requests.text.chat_checks import check_chat
from horde_server.requests.text.checks import check_extra_source_images, check_prompt, check_wishes
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.prices.charges import PRICES
from horde_server.requests.text.upfront import upfront
from horde_server.requests.upfront import Upfront
from horde_server.settings import Settings
from horde_server.workers.directory import WorkerDirectory


class TextIntake:
    """The `Intake` of texts."""

    def __init__(
        self,
        *,
        settings: Settings,
        admission: Admission,
        sources: SourceIntake,
        workers: WorkerDirectory,
        queue: LiveQueue,
    ) -> None:
        self._admission = admission
        self._sources = sources
        self._workers = workers
        self._queue = queue
        self._charges_worker_lists = settings.upfront_kudos_on_workerlist

    async def check(
        self, asked: Asked[TextOrder], account: Account, caller: Caller, arrival: Arrival | None
    ) -> TextOrder:
        """The API's order."""
        order, admission = asked.order, self._admission
        check_extra_source_images(asked.pictures, account)
        check_prompt(order.prompt)
        await admission.check_workers(order.workers)
        admission.check_batching(account, order.n, disable_batching=order.disable_batching)
        admission.check_concurrency(account, order.models, order.n, arrival)
        admission.check_address(caller)
        check_wishes(order, asked.pictures)
        if order.chat is not None:
            check_chat(order.chat)
        admission.check_client_agent(caller)
        return order

    def served(self, order: TextOrder, request_id: RequestId, pictures: GivenPictures, account: Account) -> TextOrder:
        """Education accounts are served by trusted workers only (workers.md §7.9)."""
        return msgspec.structs.replace(
            order,
            models=tuple(dict.fromkeys(order.models)),
            trusted_workers=order.trusted_workers or account.education,
            workers=order.workers[:WORKERS_KEPT],
        )

    def price(self, order: TextOrder) -> Price:
        """An estimate by length, context and model."""
        return PRICES.price(order)

    def most_job_hundredths(self, order: TextOrder, price: Price) -> int:
        """As long as it may be, by the dearest of the models it names, or of all."""
        return PRICES.most_job_hundredths(order)

    def check_terms(self, order: TextOrder, terms: SharedKeyTerms) -> None:
        """By tokens of one text."""
        check_limit("tokens", order.max_length, terms.max_text_tokens)

    def upfront(self, order: TextOrder) -> Upfront[TextOrder] | None:
        """How much is free depends on the workers online and on what waits."""
        return upfront(
            order,
            text_threads=sum(worker.abilities.threads for worker in self._workers.online("text")),
            queued_jobs=self._queue.waiting_jobs,
            on_worker_list=self._charges_worker_lists,
        )

    async def keep_pictures(
        self, order: TextOrder, request_id: RequestId, pictures: GivenPictures, requester: Hashable
    ) -> TextOrder:
        """Those in the messages; other ones texts do not have: `check` refuses them."""
        if order.chat is None or not (addresses := order.chat.pictures()):
            return order
        found = GivenPictures(extra=[(address, 1.0) for address in addresses], extra_field="messages: picture ")
        kept = await self._sources.keep(request_id, found, requester)
        return msgspec.structs.replace(order, chat=order.chat.with_kept_pictures(), sources=kept)

    async def discard_pictures(self, order: TextOrder) -> None:
        """If there are any."""
        await self._sources.discard(order.sources)

    def warnings(self, order: TextOrder) -> dict[str, str]:
        """There are none but those that all kinds have."""
        return {}
