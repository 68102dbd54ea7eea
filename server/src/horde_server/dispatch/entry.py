"""One open request as the live queue mirrors it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple
from uuid import UUID

from horde_server.dispatch.kind import OrderT
from horde_server.dispatch.refusal import Requirement


class RequestState(NamedTuple):
    """The part of a request row that changes. Every statement that changes one returns these columns, in this order."""

    id: UUID
    state: str
    jobs: int
    waiting: int
    processing: int
    finished: int
    restarted: int
    consumed_hundredths: int
    expires_at_s: float
    version: int

    @property
    def is_done(self) -> bool:
        """requests.md §9.3: nothing waits and nothing is processed any more, or it is faulted."""
        return self.state == "faulted" or (self.waiting == 0 and self.processing == 0)


STATE_COLUMNS = (
    "{0}id, {0}state, {0}jobs, {0}waiting, {0}processing, {0}finished, {0}restarted, {0}consumed_hundredths, "
    "extract(epoch from {0}expires_at)::float8, {0}version"
)
"""SQL columns of `RequestState`; format with a table prefix such as "" or "request."."""


@dataclass(slots=True, eq=False)
class Entry(Generic[OrderT]):
    """An open request in memory: what never changes, the newest known state, and what is being claimed right now."""

    id: UUID
    account_id: int
    order: OrderT
    requirement: Requirement
    key: float  # dispatch/order.py
    price_hundredths: int
    balance_covers_price: bool
    created_s: float
    state: RequestState
    claiming: int = 0  # jobs for which a local claim is under way
    is_listed: bool = False  # stands in the lists of its class
    failed_workers: dict[UUID, float] = field(default_factory=dict)
    has_word_of: dict[int, bool] = field(default_factory=dict)  # by hash of a worker's word list
    prompt_lower: str | None = None
    claimed_at_s: float = 0.0  # when jobs were last taken, as far as this node saw it
    listed_things: float = 0.0  # what its class counts of it
    place: tuple[float, int, int] | None = None  # (computed at, queue position, wait in seconds)
    done_at_s: float | None = None
    group: Any = None  # its RequestClass
    webhook: str | None = None  # webhooks/hook.py

    @property
    def available(self) -> int:
        """Jobs that nobody has taken and no local claim reaches for."""
        return self.state.waiting - self.claiming if self.state.state == "open" else 0

    def lowered_prompt(self) -> str:
        """The lower-cased prompt, made when a worker with a word list first asks."""
        if self.prompt_lower is None:
            self.prompt_lower = self.order.prompt.lower()
        return self.prompt_lower
