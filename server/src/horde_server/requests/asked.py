"""What is handed to a desk and what comes back, in words that know no wire: all faces share them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from horde_server.dispatch.ids import RequestId
from horde_server.kudos.price import Price
from horde_server.styles.uses import StyleUse
from horde_server.webhooks.hook import Hook

WishT = TypeVar("WishT")


@dataclass(frozen=True, slots=True)
class GivenPictures:
    """Pictures as they were sent, unread: base64 (also as a `data:` URI) or http(s) addresses, "" for none."""

    image: str = ""
    mask: str = ""
    extra: Sequence[tuple[str, float]] = ()  # with their strengths
    extra_field: str = "extra_source_images."  # what refusals call them, before their numbers


NO_PICTURES = GivenPictures()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Generic[WishT]):
    """An order as it is wished for, not checked yet, with its pictures and the terms on which it is given.

    A style is a function from one order to another (`styling.py`).
    """

    order: WishT
    pictures: GivenPictures = NO_PICTURES
    webhook: Hook | None = None
    may_rewrite: bool = True  # the prompt, where a filter would refuse it otherwise
    may_shrink: bool = False  # where the payer lacks the kudos for all of it
    style: StyleUse | None = None  # that made the order what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An accepted request: its price as known now, and warnings as sentences by code."""

    id: RequestId
    price: Price
    warnings: dict[str, str]
