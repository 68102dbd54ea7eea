"""Why an order needs kudos in hand, for kinds that give small ones away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic

from horde_server.dispatch.kind import OrderT


@dataclass(frozen=True, slots=True, kw_only=True)
class Upfront(Generic[OrderT]):
    """The reason, and what would do without kudos; the latter is worked out only for who has too few."""

    reason: StrEnum
    smaller: Callable[[], OrderT] | None  # the order so small that it is free; None: it cannot be
    changes: Callable[[], list[str]]  # in words, all of them together
    limits: dict[str, int]  # what is free right now, by the names that the refusal tells
