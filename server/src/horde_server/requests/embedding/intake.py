"""Taking a request for embeddings: its checks in the order of those of texts, its price (embeddings.md §1, §4)."""

from __future__ import annotations

from collections.abc import Hashable

import msgspec

from horde_server.dispatch.ids import RequestId
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account
from horde_server.identity.keys import SharedKeyTerms
from horde_server.kudos.price import Price
from horde_server.requests.admission import WORKERS_KEPT, Admission, Arrival
from horde_server.requests.asked import Asked, GivenPictures
from horde_server.requests.embedding import prices
from horde_server.requests.embedding.checks import check_inputs
from horde_server.requests.embedding.order import EmbeddingOrder
from horde_server.requests.embedding.upfront import upfront
from horde_server.requests.payers import check_limit
from horde_server.requests.upfront import Upfront


class EmbeddingIntake:
    """The `Intake` of embeddings."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def check(
        self, asked: Asked[EmbeddingOrder], account: Account, caller: Caller, arrival: Arrival | None
    ) -> EmbeddingOrder:
        """What is cheap first."""
        order, admission = asked.order, self._admission
        check_inputs(order)
        await admission.check_workers(order.workers)
        admission.check_concurrency(account, order.models, order.n, arrival)
        admission.check_address(caller)
        admission.check_client_agent(caller)
        return order

    def served(
        self, order: EmbeddingOrder, request_id: RequestId, pictures: GivenPictures, account: Account
    ) -> EmbeddingOrder:
        """Education accounts are served by trusted workers only (workers.md §7.9)."""
        return msgspec.structs.replace(
            order,
            models=tuple(dict.fromkeys(order.models)),
            trusted_workers=order.trusted_workers or account.education,
            workers=order.workers[:WORKERS_KEPT],
        )

    def price(self, order: EmbeddingOrder) -> Price:
        """By tokens and model."""
        return prices.price(order)

    def most_job_hundredths(self, order: EmbeddingOrder, price: Price) -> int:
        """By the dearest of its models."""
        return prices.most_job_hundredths(order)

    def check_terms(self, order: EmbeddingOrder, terms: SharedKeyTerms) -> None:
        """By tokens of all texts."""
        check_limit("tokens", order.tokens, terms.max_text_tokens)

    def upfront(self, order: EmbeddingOrder) -> Upfront[EmbeddingOrder] | None:
        """Long ones need kudos in hand."""
        return upfront(order)

    async def keep_pictures(
        self, order: EmbeddingOrder, request_id: RequestId, pictures: GivenPictures, requester: Hashable
    ) -> EmbeddingOrder:
        """There are none."""
        return order

    async def discard_pictures(self, order: EmbeddingOrder) -> None:
        """There are none."""

    def warnings(self, order: EmbeddingOrder) -> dict[str, str]:
        """There are none but those that all kinds have."""
        return {}
