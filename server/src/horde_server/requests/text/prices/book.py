"""Prices of text orders: the conversion from an order to what prices depend on, and the charges of it."""

from __future__ import annotations

from horde_server.dispatch.kind import Delivery
from horde_server.kudos.price import Price
from horde_server.models.catalogue import text_parameters_b
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.prices.charges import PricedText, TextPriceBook, counted_tokens

_BOOK = TextPriceBook(text_parameters_b)


def price(order: TextOrder) -> Price:
    """The whole request, as dry run and reply tell it, and what to hold of it."""
    return _BOOK.price(_priced(order))


def reward_hundredths(order: TextOrder, delivery: Delivery) -> int:
    """What a delivered text earns, by its tokens."""
    return _BOOK.reward_hundredths(
        _priced(order),
        delivery.model,
        prompt_characters=len(order.prompt),
        generation_characters=delivery.characters,
        owner_trusted=delivery.owner_trusted,
        backend_validated=delivery.backend_validated,
    )


def delivered_tokens(order: TextOrder, delivery: Delivery) -> int:
    """Tokens that a delivered text counts as."""
    return counted_tokens(delivery.characters, order.max_length)


def _priced(order: TextOrder) -> PricedText:
    return PricedText(order.max_length, order.max_context_length, order.n, order.models)
