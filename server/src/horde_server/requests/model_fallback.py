"""Requests whose models nobody has are served with the models that there are, where the horde is set so.

It is decided once, when a request comes, by the workers then online, and stored with the order: workers come and go,
but every node, and each job of the request, must see the same. From then on it is a request for any model, with the
price of one, that prefers the models asked for on workers that have them.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, cast

import msgspec

from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.kind import Order
from horde_server.dispatch.refusal import SPECIAL_MODEL, Reason

_LACKING_OR_ABSENT = frozenset({Reason.MODELS, Reason.WORKER_ID, Reason.MAINTENANCE})
"""Why workers are refused that have none of the models, or are not there for the request, whatever it asks for."""


class NamesModels(Order, Protocol):
    """An order, a msgspec struct, that names models."""

    @property
    def models(self) -> tuple[str, ...]:
        """Any of which may serve it; none: all."""

    @property
    def preferred_models(self) -> tuple[str, ...]:
        """Asked for, where `models` is empty because nobody had them."""


OrderT = TypeVar("OrderT", bound=NamesModels)


def with_models_there_are(order: OrderT, dispatcher: Dispatcher[OrderT], account_id: int) -> OrderT:
    """The order, for any model where no worker that is there for it has one of those asked for.

    Special models serve only who names them: nothing else will do for who does. O(workers) for what nobody serves.
    """
    if not order.models or any(SPECIAL_MODEL in model for model in order.models):
        return order
    queue = dispatcher.queue
    group = queue.class_of(dispatcher.kind.requirement(order))
    if queue.could_serve(group, account_id) or not queue.refusals(group, account_id).keys() <= _LACKING_OR_ABSENT:
        return order
    return cast("OrderT", msgspec.structs.replace(cast("Any", order), models=(), preferred_models=order.models))
