"""The live queue: every open request, in memory, as an index that answers without a query.

It is never the truth: PostgreSQL is. Each server process mirrors the open requests; it hears of its own changes
directly and of the other nodes' by notice, and reconciles from time to time. It answers which request fits a worker,
what is ahead of a request, whether somebody can serve it, and why a worker goes empty-handed.

Requests with equal requirements share a `RequestClass`; a class stands in one lane per model it names (or in the lane
for any model). A pop looks at the heads of the classes that fit, so its cost does not depend on how many requests wait.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from uuid import UUID

from sortedcontainers import SortedKeyList

from horde_server.dispatch.entry import Entry, RequestState
from horde_server.dispatch.refusal import Offer, Reason, Requirement, personal_refusal, refusal

RECENT_FAULT_S = 120.0
"""How long a worker is kept from a request whose job it has just failed."""
PERSONAL_LOOK_AHEAD = 200
"""Requests a pop passes over for personal reasons before it gives up: bounds the cost of a long word list."""
_ANY_MODEL = ""


class RequestClass:
    """The waiting requests with one requirement, in order."""

    __slots__ = ("capacity", "entries", "requirement")

    def __init__(self, requirement: Requirement) -> None:
        self.requirement = requirement
        self.entries: SortedKeyList[Entry, tuple[float, UUID]] = SortedKeyList(key=_entry_key)
        self.capacity: tuple[int, int, float] | None = None  # (workers' version, able workers, their summed speed)


class WorkerView:
    """What the queue remembers of a worker between pops: verdicts by class, and its last `skipped`."""

    __slots__ = ("offer", "skipped", "verdicts")

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self.verdicts: dict[RequestClass, Reason | None] = {}
        self.skipped: tuple[int, float, dict[str, int]] | None = None  # (queue version, computed at, counts)

    def verdict(self, group: RequestClass) -> Reason | None:
        """`refusal` for a class, remembered."""
        try:
            return self.verdicts[group]
        except KeyError:
            if len(self.verdicts) > 4096:  # classes come and go; forget rather than grow
                self.verdicts.clear()
            found = self.verdicts[group] = refusal(group.requirement, self.offer)
            return found


def _entry_key(entry: Entry) -> tuple[float, UUID]:
    return (entry.key, entry.id)


class LiveQueue:
    """See the module. Not thread-safe: it belongs to the event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.entries: dict[UUID, Entry] = {}
        self._classes: dict[Requirement, RequestClass] = {}
        self._lanes: dict[str, dict[RequestClass, None]] = {}
        self._by_account: dict[int, dict[UUID, Entry]] = {}
        self._views: dict[UUID, WorkerView] = {}
        self.version = 0  # of the waiting set
        self.workers_version = 0  # of the set of online offers
        self.waiting_jobs = 0
        self.waiting_things = 0.0
        self._waiting_by_account: dict[int, Counter[frozenset[str]]] = {}

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    # ---------------------------------------------------------------- requests

    def add(self, entry: Entry) -> None:
        """Mirror an open request. Adding one twice only updates its state."""
        known = self.entries.get(entry.id)
        if known is not None:
            self.update(entry.state)
            return
        self.entries[entry.id] = entry
        self._by_account.setdefault(entry.account_id, {})[entry.id] = entry
        entry.group = self.class_of(entry.requirement)
        self._count_waiting(entry, entry.state.waiting)
        self._settle_listing(entry)

    def update(self, state: RequestState) -> Entry | None:
        """Take over a newer state of a mirrored request; an older one is ignored. O(log n)."""
        entry = self.entries.get(state.id)
        if entry is None or state.version < entry.state.version:
            return entry
        self._count_waiting(entry, state.waiting - entry.state.waiting)
        entry.state = state
        entry.place = None
        if state.is_done and entry.done_at_s is None:
            entry.done_at_s = self._clock()
        self._settle_listing(entry)
        return entry

    def remove(self, request_id: UUID) -> None:
        """Forget a request (expired, or long done)."""
        entry = self.entries.pop(request_id, None)
        if entry is None:
            return
        self._count_waiting(entry, -entry.state.waiting)
        entry.state = entry.state._replace(waiting=0)
        self._settle_listing(entry)
        mine = self._by_account[entry.account_id]
        del mine[request_id]
        if not mine:
            del self._by_account[entry.account_id]

    def begin_claim(self, entry: Entry, jobs: int) -> None:
        """Set jobs aside for a claim under way, so that no other local pop reaches for them."""
        entry.claiming += jobs
        self._settle_listing(entry)

    def end_claim(self, entry: Entry, jobs: int) -> None:
        """The claim has been decided (its new state, if any, was taken over before)."""
        entry.claiming -= jobs
        self._settle_listing(entry)

    def note_fault(self, request_id: UUID, worker_id: UUID) -> None:
        """Remember that a worker failed a job of a request, to not hand it the same slot at once."""
        if entry := self.entries.get(request_id):
            entry.failed_workers[worker_id] = self._clock() + RECENT_FAULT_S

    def _settle_listing(self, entry: Entry) -> None:
        """Make the lists agree with whether jobs of the entry can be taken."""
        should_be_listed = entry.available > 0 and entry.id in self.entries
        if should_be_listed == entry.is_listed:
            return
        self.version += 1
        if should_be_listed:
            # the class may have emptied and been made anew meanwhile
            group = entry.group = self._classes.setdefault(entry.requirement, entry.group)
            if not group.entries:
                for model in group.requirement.models or (_ANY_MODEL,):
                    self._lanes.setdefault(model, {})[group] = None
            group.entries.add(entry)
        else:
            group = entry.group
            group.entries.remove(entry)
            if not group.entries:
                self._drop_class(group)
        entry.is_listed = should_be_listed

    def _drop_class(self, group: RequestClass) -> None:
        for model in group.requirement.models or (_ANY_MODEL,):
            lane = self._lanes[model]
            del lane[group]
            if not lane:
                del self._lanes[model]
        del self._classes[group.requirement]

    def forget_done(self, keep_s: float) -> None:
        """Drop finished requests older than `keep_s`: a query answers for them from then on."""
        before = self._clock() - keep_s
        for request_id in [e.id for e in self.entries.values() if e.done_at_s is not None and e.done_at_s < before]:
            self.remove(request_id)

    def _count_waiting(self, entry: Entry, change: int) -> None:
        if not change:
            return
        self.waiting_jobs += change
        self.waiting_things += change * entry.order.things
        counts = self._waiting_by_account.setdefault(entry.account_id, Counter())
        models = entry.requirement.models
        counts[models] += change
        if not counts[models]:
            del counts[models]
            if not counts:
                del self._waiting_by_account[entry.account_id]

    def waiting_of(self, account_id: int, models: frozenset[str] = frozenset()) -> int:
        """Jobs of an account that still wait; with `models`, only of requests that name one of them.

        O(distinct model lists of the account).
        """
        counts = self._waiting_by_account.get(account_id)
        if not counts:
            return 0
        return sum(waiting for named, waiting in counts.items() if not models or models & named)

    def requests_of(self, account_id: int) -> list[UUID]:
        """Ids of the mirrored requests of an account that are not done."""
        mine = self._by_account.get(account_id, {}).values()
        return [entry.id for entry in mine if not entry.state.is_done]

    # ---------------------------------------------------------------- workers

    def view(self, offer: Offer) -> WorkerView:
        """The remembered view of an online worker; a changed offer starts a new one."""
        known = self._views.get(offer.worker_id)
        if known is not None and known.offer == offer:
            return known
        fresh = self._views[offer.worker_id] = WorkerView(offer)
        self.workers_version += 1
        return fresh

    def drop_worker(self, worker_id: UUID) -> None:
        """Forget a worker that went offline."""
        if self._views.pop(worker_id, None) is not None:
            self.workers_version += 1

    def online_offers(self) -> Iterable[Offer]:
        """The offers of all online workers."""
        return (view.offer for view in self._views.values())

    # ---------------------------------------------------------------- questions

    def candidates(self, view: WorkerView) -> Iterator[Entry]:
        """Requests this worker may serve, best first: those of its owner and friends, then everybody's."""
        offer = view.offer
        mine = [
            entry
            for account_id in offer.favoured
            for entry in self._by_account.get(account_id, {}).values()
            if entry.is_listed and view.verdict(entry.group) is None
        ]
        if mine:
            mine.sort(key=_entry_key)
            yield from self._personal(mine, offer)
        if not (offer.maintenance or offer.paused):
            yield from self._personal(islice(self._fitting(view), PERSONAL_LOOK_AHEAD), offer)

    def _fitting(self, view: WorkerView) -> Iterator[Entry]:
        """Entries of all classes that fit, merged by key. O(classes that share one of its models)."""
        groups: dict[RequestClass, None] = {}
        for model in (*view.offer.models, _ANY_MODEL):
            lane = self._lanes.get(model)
            if lane:
                groups.update(lane)
        fitting = [group.entries for group in groups if view.verdict(group) is None]
        if len(fitting) == 1:
            yield from fitting[0]
        elif fitting:
            yield from heapq.merge(*fitting, key=_entry_key)

    def _personal(self, entries: Iterable[Entry], offer: Offer) -> Iterator[Entry]:
        for entry in entries:
            if entry.available > 0 and self.personal_verdict(entry, offer) is None:
                yield entry

    def personal_verdict(self, entry: Entry, offer: Offer) -> Reason | None:
        """`personal_refusal` for one request."""
        failed_before = bool(entry.failed_workers) and entry.failed_workers.get(offer.worker_id, 0.0) > self._clock()
        return personal_refusal(
            offer,
            account_id=entry.account_id,
            prompt_lower=entry.lowered_prompt() if offer.blacklist else "",
            balance_covers_price=entry.balance_covers_price,
            failed_before=failed_before,
        )

    def skipped(self, view: WorkerView, max_age_s: float = 1.0) -> dict[str, int]:
        """How many waiting requests the worker may not serve, by reason; each counts once. Remembered for a second."""
        now = self._clock()
        known = view.skipped
        if known is not None and (known[0] == self.version or now - known[1] < max_age_s):
            return known[2]
        counts: Counter[str] = Counter()
        offer = view.offer
        only_own = offer.maintenance or offer.paused
        if not only_own:
            for group in self._classes.values():
                reason = view.verdict(group)
                if reason is not None:
                    counts[reason] += len(group.entries)
                elif offer.blacklist or offer.wants_upfront_kudos:
                    counts.update(self._personal_counts(group, offer))
        result = {str(reason): count for reason, count in counts.items()}
        view.skipped = (self.version, now, result)
        return result

    def _personal_counts(self, group: RequestClass, offer: Offer) -> Iterator[str]:
        for entry in islice(group.entries, PERSONAL_LOOK_AHEAD):
            reason = self.personal_verdict(entry, offer)
            if reason in (Reason.BLACKLIST, Reason.KUDOS):
                yield reason

    def capacity(self, group: RequestClass) -> tuple[int, float]:
        """How many online workers may serve a class, and their summed speed in things per second."""
        known = group.capacity
        if known is None or known[0] != self.workers_version:
            able, speed = 0, 0.0
            for view in self._views.values():
                offer = view.offer
                if not (offer.maintenance or offer.paused) and view.verdict(group) is None:
                    able += 1
                    speed += offer.speed
            known = group.capacity = (self.workers_version, able, speed)
        return known[1], known[2]

    def is_possible(self, entry: Entry) -> bool:
        """Whether it is being served, is done with results, or some online worker could take it now. Never stale."""
        state = entry.state
        if state.processing > 0 or (state.is_done and state.state != "faulted"):
            return True
        if state.state == "faulted" or state.expires_at_s <= self._clock():
            return False
        return self.could_serve(entry.group, entry.account_id)

    def could_serve(self, group: RequestClass, account_id: int) -> bool:
        """Whether some online worker could take a request of this class from this account."""
        if self.capacity(group)[0] > 0:
            return True
        return any(view.offer.owner_id == account_id and view.verdict(group) is None for view in self._views.values())

    def class_of(self, requirement: Requirement) -> RequestClass:
        """The class of a requirement, for asking `could_serve` before a request exists."""
        return self._classes.get(requirement) or RequestClass(requirement)

    def place(self, entry: Entry, max_age_s: float = 1.0) -> tuple[int, int]:
        """Queue position (1-based; 0: not waiting) and estimated wait in seconds, remembered for a second.

        The position counts only requests that somebody online can serve; the wait counts the work ahead in classes
        that compete for the same models, against the speed of the workers able to serve this one.
        """
        now = self._clock()
        if entry.place is not None and now - entry.place[0] < max_age_s:
            return entry.place[1], entry.place[2]
        position, ahead_things = 0, 0.0
        if entry.state.waiting > 0 and entry.state.state == "open":
            position = 1
            key = _entry_key(entry)
            models = entry.requirement.models
            for group in self._classes.values():
                if self.capacity(group)[0] == 0:
                    continue
                before = group.entries.bisect_key_left(key)
                position += before
                if before and (not models or not group.requirement.models or models & group.requirement.models):
                    first = group.entries[0]
                    ahead_things += before * first.order.things * first.state.waiting
        own = (entry.state.waiting + entry.state.processing) * entry.order.things
        able, speed = self.capacity(entry.group)
        wait_s = round((ahead_things + own) / speed) if able and speed > 0 else 0
        if entry.state.is_done:
            wait_s = 0
        entry.place = (now, position, wait_s)
        return position, wait_s

    def waiting_by_model(self) -> dict[str, tuple[int, float]]:
        """Open jobs (waiting or processing) and their things per requested model. O(open requests): rarely."""
        found: dict[str, tuple[int, float]] = {}
        for entry in self.entries.values():
            open_jobs = entry.state.waiting + entry.state.processing
            if open_jobs and not entry.state.is_done:
                for model in entry.requirement.models:
                    jobs, things = found.get(model, (0, 0.0))
                    found[model] = (jobs + open_jobs, things + open_jobs * entry.order.things)
        return found
