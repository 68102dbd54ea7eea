"""What of a text request could be given up so that a worker serves it, and at what price (reasons.md §3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final

from horde_server.dispatch.capabilities import VALIDATED_BACKEND
from horde_server.dispatch.concessions import Concession, Option, concession, points_for_less, some_of
from horde_server.dispatch.refusal import Offer, Reason
from horde_server.requests.conceding import changed, service_concessions
from horde_server.requests.text.order import TextOrder

SHORTEST: Final = 16
SHORTEST_CONTEXT: Final = 80


def concessions(order: TextOrder, offers: Sequence[Offer]) -> list[Concession[TextOrder]]:
    """All that this order has, and no worker is sure to take."""
    found: list[Concession[TextOrder]] = []
    if order.softprompt:
        found += concession([_given_up(50, "without the soft prompt", softprompt="")], Reason.MATCHING_SOFTPROMPT)
    if order.validated_backends:
        option = _given_up(60, "by software that is not validated too", validated_backends=False)
        found += concession([option], needs=VALIDATED_BACKEND)
    lengths = (offer.max_length for offer in offers)
    contexts = (offer.max_context_length for offer in offers)
    return [
        *found,
        *concession(
            _shorter(order.max_length, lengths, SHORTEST, "tokens", "max_length"), Reason.MAX_LENGTH, must_fit=True
        ),
        *concession(
            _shorter(order.max_context_length, contexts, SHORTEST_CONTEXT, "tokens of context", "max_context_length"),
            Reason.MAX_CONTEXT_LENGTH,
            must_fit=True,
        ),
        *service_concessions(order, offers, of_models=()),
    ]


def _given_up(points: int, words: str, prefix: str = "", **changes: Any) -> Option[TextOrder]:
    fields = {prefix + name: value for name, value in changes.items()}
    return Option(points=points, words=words, fields=fields, apply=partial(changed, changes=changes))


def _shorter(asked: int, offered: Iterable[int], least: int, what: str, name: str) -> list[Option[TextOrder]]:
    """As many tokens as workers take."""
    return [
        _given_up(points_for_less(asked, tokens), f"with at most {tokens} {what}", "params.", **{name: tokens})
        for tokens in some_of((each for each in offered if each >= least), asked)
    ]
