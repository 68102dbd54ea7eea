"""A day of a horde on a clock that is moved, before the real live queue: how well its ends are foretold.

People ask more in the evening than at night, for pictures of several sizes, on several models; some have kudos and go
before others. Workers poll, take as long as they please, come and go, are restarted in the middle of a job, and are
overwhelmed for some hours. What the queue knows of their speeds is what they showed in their last jobs, as with a real
horde.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import cos, pi
from typing import Any, cast
from uuid import UUID

from builders import an_offer

from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.entry import Entry, Promise, RequestState, WorkerView
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.order import order_key
from horde_server.dispatch.refusal import Offer
from horde_server.dispatch.store import NewRequest
from horde_server.requests.image.kind import ImageKind
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.reasons.estimates import Estimates

DAY_S = 86_400.0
MODELS = ("Deliberate", "SDXL 1.0", "a model of mine")
_EXPIRY_S = 1200.0
_SAMPLES = 20


@dataclass(frozen=True)
class Day:
    """What is simulated."""

    hours: float = 24.0
    workers: int = 12
    requests_per_s: float = 0.28  # on average over the day
    swing: float = 0.5  # by so much more in the evening, and less at night
    seed: int = 7


@dataclass(slots=True)
class Worker:
    """One that may be there or not, with the speed it really has."""

    offer: Offer
    speed: float  # pixelsteps per second, on average
    samples: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))
    is_there: bool = True
    lives: int = 0  # how often it went: what it was at then is lost


@dataclass(frozen=True)
class Told:
    """One request: what was foretold, and when it was done (None: never)."""

    asked_s: float
    promise: Promise
    real_s: float | None


def simulate(day: Day) -> list[Told]:
    """Run a day. The same day gives the same outcome."""
    return _Simulation(day).run()


class _Simulation:
    def __init__(self, day: Day) -> None:
        self._day = day
        self._chance = random.Random(day.seed)
        self._now_s = 0.0
        self._queue = LiveQueue(lambda: self._now_s)
        unused = cast("Any", None)
        self._dispatcher: Dispatcher[ImageOrder] = Dispatcher(
            ImageKind(), unused, self._queue, lambda *_: None, unused, lifetime_s=int(_EXPIRY_S)
        )
        Estimates(unused).attend(self._dispatcher)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._made = 0
        self._told: list[Told] = []
        self._workers = [self._worker(number) for number in range(day.workers)]

    def run(self) -> list[Told]:
        self._later(0.0, self._ask)
        for worker in self._workers:
            self._later(self._chance.uniform(0, 4), partial(self._pop, worker, worker.lives))
            self._later(self._chance.expovariate(1 / 14_400), partial(self._leave, worker))
        while self._events[0][0] < self._day.hours * 3600:
            self._now_s, _, happen = heapq.heappop(self._events)
            happen()
        return self._told

    def _later(self, delay_s: float, happen: Callable[[], None]) -> None:
        self._made += 1
        heapq.heappush(self._events, (self._now_s + delay_s, self._made, happen))

    # ---------------------------------------------------------------- people

    def _ask(self) -> None:
        chance, day = self._chance, self._day
        models = (chance.choice(MODELS),) if chance.random() < 0.8 else ()
        order = ImageOrder(
            prompt="a quiet harbour",
            models=models,
            width=chance.choice((512, 512, 768, 1024)),
            height=chance.choice((512, 768, 1024)),
            steps=chance.choice((20, 25, 30, 30, 40)),
            n=chance.choice((1, 1, 1, 2, 4)),
        )
        kudos = chance.choice((0, 0, 1_000_000, 50_000_000))
        request_id = RequestId(UUID(int=chance.getrandbits(128)))
        new = NewRequest(
            id=request_id,
            order=order,
            account_id=chance.randrange(1000),
            order_key=order_key(self._now_s, kudos, head_start_cap_s=1800.0),
            price_hundredths=1000,
            payer_covered=True,
            client_agent="",
            address=None,
            webhook=None,
        )
        state = RequestState(request_id, "open", order.n, order.n, 0, 0, 0, 0, self._now_s + _EXPIRY_S, 0)
        (entry,) = self._dispatcher.accepted([(new, state)], created_s=self._now_s)
        self._later(_EXPIRY_S, lambda: self._expire(entry))
        evening = 1 - day.swing * cos(2 * pi * (self._now_s / DAY_S - 1 / 6))
        self._later(chance.expovariate(day.requests_per_s * evening), self._ask)

    def _expire(self, entry: Entry[ImageOrder]) -> None:
        if entry.state.is_done:
            self._queue.remove(entry.id)
        elif entry.state.processing:
            self._later(60.0, lambda: self._expire(entry))
        else:
            self._queue.remove(entry.id)
            self._tell(entry, None)

    def _tell(self, entry: Entry[ImageOrder], real_s: float | None) -> None:
        if entry.promise is not None:
            self._told.append(Told(entry.created_s, entry.promise, real_s))

    # ---------------------------------------------------------------- workers

    def _worker(self, number: int) -> Worker:
        models = frozenset(self._chance.sample(MODELS, self._chance.randint(1, 3)))
        speed = self._chance.lognormvariate(14.2, 0.5)
        offer = an_offer(
            worker_id=UUID(int=number + 1), owner_id=number + 5000, models=models, can=-1, speed=speed,
            max_pixels=1024 * 1024,
        )  # fmt: skip
        return Worker(offer, speed)

    def _leave(self, worker: Worker) -> None:
        """It is turned off; what it was at is given to others when that is overdue."""
        worker.is_there = False
        worker.lives += 1
        self._later(300.0, lambda: self._seen_last(worker))
        self._later(self._chance.expovariate(1 / 3600), lambda: self._come(worker))

    def _seen_last(self, worker: Worker) -> None:
        if not worker.is_there:
            self._queue.drop_worker(worker.offer.worker_id)

    def _come(self, worker: Worker) -> None:
        worker.is_there = True
        self._pop(worker, worker.lives)
        self._later(self._chance.expovariate(1 / 14_400), lambda: self._leave(worker))

    def _pop(self, worker: Worker, life: int) -> None:
        if life != worker.lives or not worker.is_there:
            return
        view = self._view(worker)
        entry = next(self._queue.candidates(view), None)
        if entry is None:
            self._later(self._chance.uniform(1, 4), lambda: self._pop(worker, life))
            return
        order = entry.order
        model = min(view.offer.models)
        jobs = self._dispatcher.kind.batch_size(order, model, view.offer, amount=1, available=entry.available)
        self._change(entry, waiting=-jobs, processing=jobs)
        work_s = order.things * jobs / worker.speed * self._chance.lognormvariate(0, 0.25)
        real_s = self._chance.uniform(0.5, 3) + work_s + self._chance.uniform(0.3, 2)  # loads, makes, uploads
        self._later(real_s, lambda: self._submit(worker, life, entry, jobs, real_s))

    def _view(self, worker: Worker) -> WorkerView:
        speed = sum(worker.samples) / len(worker.samples) if worker.samples else ImageKind.default_speed
        return self._queue.view(worker.offer._replace(speed=speed))

    def _submit(self, worker: Worker, life: int, entry: Entry[ImageOrder], jobs: int, real_s: float) -> None:
        if life != worker.lives:  # it went meanwhile: its lease runs out
            self._later(150.0, lambda: self._change(entry, waiting=jobs, processing=-jobs, restarted=jobs))
            return
        worker.samples.append(entry.order.things * jobs / real_s)
        self._change(entry, processing=-jobs, finished=jobs)
        self._pop(worker, life)

    def _change(self, entry: Entry[ImageOrder], **by: int) -> None:
        if entry.id not in self._queue.entries or entry.state.is_done:
            return
        state = entry.state
        counts = {name: getattr(state, name) + amount for name, amount in by.items()}
        self._queue.update(state._replace(version=state.version + 1, **counts))
        if entry.state.is_done:
            self._tell(entry, self._now_s - entry.created_s)
