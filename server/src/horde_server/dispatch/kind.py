"""What differs between the kinds of request. Queue, claim, lease, settlement and lifetime exist once, for all kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.concessions import Concession
from horde_server.dispatch.refusal import Offer, Requirement


class Order(Protocol):
    """What was asked for, normalised: a frozen msgspec struct, stored as JSON and the same after that."""

    @property
    def prompt(self) -> str:
        """What workers' word lists are searched in."""

    @property
    def n(self) -> int:
        """How many jobs."""

    @property
    def things(self) -> float:
        """Work of one job in the kind's unit: pixelsteps, tokens."""


OrderT = TypeVar("OrderT", bound=Order)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivered job, as far as what it is worth depends on it."""

    model: str
    characters: int  # of the result as it is kept, and of what else the model wrote
    owner_trusted: bool
    backend_validated: bool  # the worker's software is one whose texts are trusted (workers.md §10.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """What statements must know of a kind: its row in the table `kind`, written at every start."""

    name: str
    max_faults: int  # so often must one slot of a request fail before the request does
    max_dropped_per_hour: int  # jobs; a worker that drops more goes into maintenance and is suspected
    max_dropped_per_hour_in_raid: int  # the same in raid mode, where there is suspicion without maintenance
    record_unit: float  # so many things make one in an account's records
    is_taxed: bool  # whether a request is counted by its tax, when it comes; else by its delivered jobs


class WorkerRules(Protocol):
    """What a kind says of the workers that serve it, whatever is ordered."""

    @property
    def name(self) -> str:
        """As in `request.kind`, `worker.kind` and the ledger's `domain`."""

    @property
    def row(self) -> KindRow:
        """What statements must know of it."""

    @property
    def default_speed(self) -> float:
        """Assumed of a worker without samples, in the unit of `Kind.speed`."""

    @property
    def escrows_uptime(self) -> bool:
        """Whether an untrusted owner's reward for uptime waits for trust."""

    def is_fast(self, speed: float, models: Sequence[str]) -> bool:
        """Whether a worker serves requests with `slow_workers: false`."""

    def things_per_s(self, speed: float) -> float:
        """What estimates of waits reckon with."""

    def plain_models(self, models: Sequence[str], *, runs_flux: bool) -> frozenset[str]:
        """Of the models offered those that need nothing special of a request."""

    def reward_percent(self, abilities: Abilities) -> int:
        """Share of a job's reward that the worker's software earns."""

    def uptime_hundredths(self, abilities: Abilities) -> int:
        """Reward for ten minutes of being there."""

    def knows_model(self, model: str) -> bool:
        """Whether the reference of the kind lists it."""

    def speed_in_words(self, speed: float) -> str:
        """As users of the API are told."""

    def shown(self, abilities: Abilities, things: float) -> dict[str, Any]:
        """What a worker's entry in the API has beside that of every worker; `things`: all it ever delivered."""


class Kind(WorkerRules, Protocol[OrderT]):
    """The rules of one kind of request: all that is told apart by kind is asked of these."""

    @property
    def is_part(self) -> bool:
        """Whether its requests are forms of an interrogation, which expire together."""

    @property
    def owns_blobs(self) -> bool:
        """Whether its requests have pictures in stores, which go with them; forms have those of their interrogation."""

    def decode(self, stored: str | bytes) -> OrderT:
        """The order back from its stored form."""

    def requirement(self, order: OrderT) -> Requirement:
        """What the order asks of a worker; equal for orders that the same workers can serve."""

    def concessions(self, order: OrderT, offers: Sequence[Offer]) -> list[Concession[OrderT]]:
        """What of the order could be given up, so that some of these workers may serve it that may not now."""

    def fits(self, order: OrderT) -> bool:
        """Whether what the order asks for goes together, as far as concessions could change that."""

    def batch_size(self, order: OrderT, model: str, offer: Offer, *, amount: int, available: int) -> int:
        """Jobs to hand out together: 1 to `amount`, at most `available`."""

    def may_resume(self, order: OrderT) -> bool:
        """Whether a worker can go on where another was lost: with a text of which a part was shown already."""

    def seed(self, order: OrderT, waiting: int, random_below: int) -> int:
        """The seed of a hand-out while `waiting` jobs wait; `random_below` (< 2^32) where none was asked for."""

    def ttl_s(self, order: OrderT, model: str, offer: Offer, *, jobs: int) -> int:
        """Seconds until jobs handed out together are overdue."""

    def speed(self, things: float, seconds: float) -> float:
        """What is noted of how fast a job was: things per second, or seconds a form."""

    def fastest_speed(self, model: str) -> float:
        """Things per second with that model beyond which no machine is believed (moderation.md §3.3)."""

    def reward_hundredths(self, price_hundredths: int, order: OrderT, delivery: Delivery) -> int:
        """What a worker earns for one job, before its software's share."""

    def things_done(self, order: OrderT, delivery: Delivery) -> float:
        """The work of one delivered job."""

    def debit_hundredths(self, reward_hundredths: int, order: OrderT) -> int:
        """What the requester pays for one delivered job."""
