"""A crowd before the real live queue, on a clock that is moved: who waits how long (docs/fairness.md).

One account has more kudos than anybody ever will, one has none and floods; both always have as many images open as an
account may have. A thousand poor people each ask for one image, wait for it, and come back after a while. The workers
make one image a second together, a little more than the poor alone ask for.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from uuid import UUID

from builders import an_entry, an_offer

from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.dispatch.order import order_key
from horde_server.dispatch.turns import Turns

RICH, FLOODER, FIRST_POOR = 1, 2, 1000
RICHEST_HUNDREDTHS = 10**14
HEAD_START_CAP_S = 1800.0
CONCURRENCY = 30
CROWDED_FROM_S = 600.0
"""When the rich one and the flooder come: the others have settled."""


@dataclass(frozen=True)
class Scene:
    """What is simulated. `has_turns` is the rule that further open requests start behind each other."""

    poor: int = 1000
    workers: int = 10
    image_s: float = 10.0
    pause_s: float = 1250.0  # a poor person's, on average
    hours: float = 3.0
    has_rich: bool = True
    has_flooder: bool = True
    has_turns: bool = True
    rich_in_batches: bool = False  # sends the next thirty when the last of thirty is finished


@dataclass
class Outcome:
    """(when asked, seconds waited until a worker took it) of every image, by who asked."""

    waits: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    still_waiting: dict[int, list[float]] = field(default_factory=dict)  # seconds, at the end

    def of(self, *accounts: int) -> list[float]:
        """Waits of some accounts; none named: of the poor."""
        return [wait for _, wait in self.asked(*accounts)]

    def asked(self, *accounts: int) -> list[tuple[float, float]]:
        """(when, wait) of some accounts; none named: of the poor."""
        chosen = accounts or tuple(account for account in self.waits if account >= FIRST_POOR)
        return sorted(made for account in chosen for made in self.waits.get(account, []))

    def longest(self, *accounts: int) -> float:
        """Also counting who still waits."""
        chosen = accounts or tuple(account for account in self.still_waiting if account >= FIRST_POOR)
        return max([*self.of(*accounts), *(wait for account in chosen for wait in self.still_waiting.get(account, []))])


def simulate(scene: Scene) -> Outcome:
    """Run a scene. The same scene gives the same outcome."""
    return _Simulation(scene).run()


class _Simulation:
    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._random = random.Random(7)
        self._now_s = 0.0
        self._queue = LiveQueue(lambda: self._now_s)
        self._turns = Turns(self._queue)
        self._view = self._queue.view(an_offer())
        self._events: list[tuple[float, int, str, int]] = []  # (when, number, what, account)
        self._events_made = 0
        self._idle_workers = scene.workers
        self._rich_open = CONCURRENCY
        self._outcome = Outcome()

    def run(self) -> Outcome:
        scene = self._scene
        for place in range(scene.poor):
            self._later(self._random.uniform(0, scene.pause_s), "ask", FIRST_POOR + place)
        greedy = [
            account for account, takes_part in ((RICH, scene.has_rich), (FLOODER, scene.has_flooder)) if takes_part
        ]
        for account in greedy * CONCURRENCY:
            self._later(CROWDED_FROM_S, "ask", account)
        while self._events and self._events[0][0] < scene.hours * 3600:
            self._now_s, _, what, account = heapq.heappop(self._events)
            if what == "ask":
                self._ask(account)
            else:
                self._idle_workers += 1
                self._done(account)
            self._pop()
        for entry in self._queue.entries.values():
            if entry.available:
                self._outcome.still_waiting.setdefault(entry.account_id, []).append(self._now_s - entry.created_s)
        return self._outcome

    def _later(self, delay_s: float, what: str, account: int) -> None:
        self._events_made += 1
        heapq.heappush(self._events, (self._now_s + delay_s, self._events_made, what, account))

    def _ask(self, account: int) -> None:
        request_id = RequestId(UUID(int=self._random.getrandbits(128)))
        balance = RICHEST_HUNDREDTHS if account == RICH else 0
        earliest = order_key(self._now_s, balance, head_start_cap_s=HEAD_START_CAP_S)
        with self._turns.turn(request_id, account, "", jobs=1, earliest_key=earliest) as key:
            entry = an_entry(key=key if self._scene.has_turns else earliest, account_id=account, request_id=request_id)
            entry.created_s = self._now_s
            self._queue.add(entry)

    def _pop(self) -> None:
        while self._idle_workers and (entry := next(self._queue.candidates(self._view), None)) is not None:
            self._idle_workers -= 1
            self._queue.update(entry.state._replace(waiting=0, processing=1, version=1))
            waited = (entry.created_s, self._now_s - entry.created_s)
            self._outcome.waits.setdefault(entry.account_id, []).append(waited)
            self._later(self._scene.image_s, "done", entry.account_id)

    def _done(self, account: int) -> None:
        running = next(e for e in self._queue.latest_of(account) if e.state.processing)
        self._queue.update(running.state._replace(processing=0, finished=1, version=2))
        self._queue.remove(running.id)
        if account == RICH and self._scene.rich_in_batches:
            self._rich_open -= 1
            if not self._rich_open:
                self._rich_open = CONCURRENCY
                for _ in range(CONCURRENCY):
                    self._later(0.0, "ask", RICH)
            return
        pause_s = self._random.expovariate(1 / self._scene.pause_s) if account >= FIRST_POOR else 0.0
        self._later(pause_s, "ask", account)
