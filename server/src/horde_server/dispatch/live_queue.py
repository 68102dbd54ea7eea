"""The live queue: every open request of one kind, in memory, as an index that answers without a query.

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
from math import ceil
from uuid import UUID

from sortedcontainers import SortedKeyList

from horde_server.dispatch.account_counts import AccountCounts
from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.entry import Judged, RequestClass, RequestState, WorkerView, entry_key
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.refusal import (
    SPECIAL_MODEL,
    Offer,
    Reason,
    Requirement,
    has_word,
    personal_refusal,
    usable_models,
)
from horde_server.dispatch.states import RequestPhase

RECENT_FAULT_S = 120.0
"""How long a worker is kept from a request whose job it has just failed, while another could serve it."""
PERSONAL_LOOK_AHEAD = 1000
"""Requests a pop passes over for personal reasons before it gives up."""
WORD_SEARCH_LIMIT = 2_000_000
"""Characters times words that one pop searches, beyond the first prompt; what was found is remembered, so that the
next pop gets further. About 3 ms."""
CAPACITY_AGE_S = 10.0
"""How long the summed speed of the workers for a class is used; whether there is any is always known."""
_ANY_MODEL = ""


def _to_search(entry: Entry, view: WorkerView) -> int:
    """Characters times words that are to be searched before it is known whether a worker's list forbids a prompt."""
    words = view.offer.blacklist
    return len(entry.lowered_prompt()) * len(words) if words and view.words_key not in entry.has_word_of else 0


def _nobody_listens(_: object) -> None:
    """Of a queue that nobody listens to."""


class LiveQueue:
    """An index of the open requests of one kind. Not thread-safe: it belongs to the event loop."""

    def __init__(self, clock: Callable[[], float], *, matched_targeting: bool = False) -> None:
        """`matched_targeting`: workers that a request names serve it only if they know who asks (workers.md §5.19)."""
        self._clock = clock
        self._matched_targeting = matched_targeting
        self.entries: dict[UUID, Entry] = {}
        self._classes: dict[Requirement, RequestClass] = {}
        self._lanes: dict[str, dict[RequestClass, None]] = {}
        self._by_account: dict[int, dict[UUID, Entry]] = {}
        self._waiting: SortedKeyList[Entry, tuple[float, UUID]] = SortedKeyList(key=entry_key)
        self._unserved: dict[RequestClass, None] = {}  # classes that no worker online may serve
        self._class_numbers: list[int] = []  # given back
        self._views: dict[UUID, WorkerView] = {}
        self._views_by_owner: dict[int, dict[UUID, WorkerView]] = {}
        self._by_model: tuple[float, dict[str, tuple[int, float]]] | None = None
        self._failing: dict[UUID, float] = {}  # workers that failed a job lately, and until when that counts
        self.version = 0  # of the waiting set
        self.waiting_jobs = 0
        self.waiting_things = 0.0
        self.by_account = AccountCounts()
        self._changed: Callable[[Entry], None] = _nobody_listens
        self._work_came: Callable[[Entry], None] = _nobody_listens
        self._worker_changed: Callable[[UUID], None] = _nobody_listens
        self._promise_ended: Callable[[Entry], None] = _nobody_listens

    def listen(
        self,
        *,
        changed: Callable[[Entry], None],
        work_came: Callable[[Entry], None],
        worker_changed: Callable[[UUID], None],
    ) -> None:
        """Have one listener told, at once, of requests that changed or went, of jobs that can be taken, and of workers
        that may serve others than before."""
        self._changed, self._work_came, self._worker_changed = changed, work_came, worker_changed

    def when_promises_end(self, ended: Callable[[Entry], None]) -> None:
        """Have one listener told of requests that were promised for a time, when they are done or go."""
        self._promise_ended = ended

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
        if entry.state.processing:
            entry.claimed_at_s = self._clock()
        self._count(entry, entry.state.waiting, entry.state.processing)
        self._settle_listing(entry)

    def update(self, state: RequestState) -> Entry | None:
        """Take over a newer state of a mirrored request; an older one is ignored. O(log n)."""
        entry = self.entries.get(state.id)
        if entry is None or state.version < entry.state.version:
            return entry
        self._count(entry, state.waiting - entry.state.waiting, state.processing - entry.state.processing)
        if state.processing > entry.state.processing:
            entry.claimed_at_s = self._clock()
        entry.state = state
        entry.place = None
        if state.is_done and entry.done_at_s is None:
            entry.done_at_s = self._clock()
            if entry.promise is not None:
                self._promise_ended(entry)
        self._settle_listing(entry)
        self._changed(entry)
        return entry

    def remove(self, request_id: RequestId) -> None:
        """Forget a request (expired, or long done)."""
        entry = self.entries.pop(request_id, None)
        if entry is None:
            return
        self._count(entry, -entry.state.waiting, -entry.state.processing)
        if entry.promise is not None and entry.done_at_s is None:
            self._promise_ended(entry)
        entry.state = entry.state._replace(waiting=0)
        self._settle_listing(entry)
        mine = self._by_account[entry.account_id]
        del mine[request_id]
        if not mine:
            del self._by_account[entry.account_id]
        self._changed(entry)

    def begin_claim(self, entry: Entry, jobs: int) -> None:
        """Set jobs aside for a claim under way, so that no other local pop reaches for them."""
        entry.claiming += jobs
        self._settle_listing(entry)

    def end_claim(self, entry: Entry, jobs: int) -> None:
        """The claim has been decided (its new state, if any, was taken over before)."""
        entry.claiming -= jobs
        self._settle_listing(entry)

    def note_fault(self, request_id: RequestId, worker_id: UUID) -> None:
        """Remember that a worker failed a job of a request, to not hand it the same slot at once."""
        if entry := self.entries.get(request_id):
            self.version += 1
            self._failing[worker_id] = entry.failed_workers[worker_id] = self._clock() + RECENT_FAULT_S

    def _settle_listing(self, entry: Entry) -> None:
        """Make the lists agree with whether jobs of the entry can be taken."""
        should_be_listed = entry.available > 0 and entry.id in self.entries
        was_listed = entry.is_listed
        if should_be_listed != was_listed:
            self.version += 1
            entry.is_listed = should_be_listed
            if should_be_listed:
                # the class may have emptied and been made anew meanwhile
                group = entry.group = self._classes.setdefault(entry.requirement, entry.group)
                if group.number is None:
                    self._open_class(group)
                group.entries.add(entry)
                self._waiting.add(entry)
            else:
                entry.group.entries.remove(entry)
                self._waiting.remove(entry)
        group = entry.group
        things = entry.state.waiting * entry.order.things if should_be_listed else 0.0
        group.things += things - entry.listed_things
        entry.listed_things = things
        if group.number is not None and not group.entries:
            self._close_class(group)
        if should_be_listed and not was_listed:
            self._work_came(entry)

    def _open_class(self, group: RequestClass) -> None:
        """The first request of a class waits."""
        group.number = self._class_numbers.pop() if self._class_numbers else len(self._classes) - 1
        for model in group.requirement.models or (_ANY_MODEL,):
            self._lanes.setdefault(model, {})[group] = None
        self._find_server(group)

    def _close_class(self, group: RequestClass) -> None:
        """No request of a class waits any more: nothing is remembered of it."""
        assert group.number is not None
        for model in group.requirement.models or (_ANY_MODEL,):
            lane = self._lanes[model]
            del lane[group]
            if not lane:
                del self._lanes[model]
        del self._classes[group.requirement]
        self._unserved.pop(group, None)
        if group.server is not None:
            group.server.serves.discard(group)
            group.server = None
        for view in self._views.values():
            view.forget(group.number)
        self._class_numbers.append(group.number)
        group.number = None

    def _find_server(self, group: RequestClass) -> None:
        """Name an online worker that may serve a class; mostly the first one asked may."""
        group.capacity = None
        for view in self._views.values():
            if view.is_for_all and view.verdict(group) is None:
                self._name_server(group, view)
                return
        group.server = None
        self._unserved[group] = None

    def _name_server(self, group: RequestClass, view: WorkerView) -> None:
        group.server = view
        view.serves.add(group)
        self._unserved.pop(group, None)

    def forget_done(self, keep_s: float) -> None:
        """Drop finished requests older than `keep_s`: a query answers for them from then on."""
        now = self._clock()
        self._failing = {worker_id: until for worker_id, until in self._failing.items() if until > now}
        before = now - keep_s
        for request_id in [e.id for e in self.entries.values() if e.done_at_s is not None and e.done_at_s < before]:
            self.remove(request_id)

    def _count(self, entry: Entry, waiting: int, processing: int) -> None:
        """Take changes of an entry's jobs over into the sums."""
        if waiting:
            self.waiting_jobs += waiting
            self.waiting_things += waiting * entry.order.things
        if waiting or processing:
            requirement = entry.requirement
            self.by_account.count(entry.account_id, requirement.models or requirement.preferred, waiting, processing)

    def requests_of(self, account_id: int) -> list[RequestId]:
        """Ids of the mirrored requests of an account that are not done."""
        mine = self._by_account.get(account_id, {}).values()
        return [entry.id for entry in mine if not entry.state.is_done]

    def latest_of(self, account_id: int) -> Iterator[Entry]:
        """The mirrored requests of an account, latest first, also those lately done."""
        return reversed(self._by_account.get(account_id, {}).values())

    # ---------------------------------------------------------------- workers

    def view(self, offer: Offer) -> WorkerView:
        """The remembered view of an online worker, brought up to date with its offer. Its owner is always the same."""
        view = self._views.get(offer.worker_id)
        if view is None:
            view = self._views[offer.worker_id] = WorkerView(offer)
            self._views_by_owner.setdefault(offer.owner_id, {})[offer.worker_id] = view
            self._serve_unserved(view)
        elif view.offer != offer and view.renew(offer):
            self._replace_server(view)
            self._serve_unserved(view)
            self._worker_changed(offer.worker_id)
        return view

    def drop_worker(self, worker_id: UUID) -> None:
        """Forget a worker that went offline."""
        view = self._views.pop(worker_id, None)
        if view is None:
            return
        owned = self._views_by_owner[view.offer.owner_id]
        del owned[worker_id]
        if not owned:
            del self._views_by_owner[view.offer.owner_id]
        self._replace_server(view)
        self._worker_changed(worker_id)

    def _replace_server(self, view: WorkerView) -> None:
        """A worker left or may serve others than before: its classes look for a server anew."""
        orphans, view.serves = view.serves, set()
        for group in orphans:
            self._find_server(group)

    def _serve_unserved(self, view: WorkerView) -> None:
        """Classes that nobody could serve ask a worker that came or changed."""
        if view.is_for_all:
            for group in [group for group in self._unserved if view.verdict(group) is None]:
                group.capacity = None
                self._name_server(group, view)

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
            mine.sort(key=entry_key)
            yield from self._personal(mine, view)
        if view.is_for_all:
            yield from self._personal(self._fitting(view), view)

    def may_take(self, entry: Entry, view: WorkerView) -> bool:
        """Whether this worker may serve this request now."""
        is_near = view.is_for_all or entry.account_id in view.offer.favoured
        if not is_near or view.verdict(entry.group) is not None:
            return False
        return next(self._personal((entry,), view), None) is not None

    def knows(self, view: WorkerView) -> bool:
        """Whether the worker of this view is still online."""
        return self._views.get(view.offer.worker_id) is view

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
            yield from heapq.merge(*fitting, key=entry_key)

    def _personal(self, entries: Iterable[Entry], view: WorkerView) -> Iterator[Entry]:
        return (entry for entry, reason in self._judged(entries, view) if reason is None and entry.available > 0)

    def _judged(self, entries: Iterable[Entry], view: WorkerView) -> Iterator[tuple[Entry, Reason | None]]:
        """Requests with their personal verdicts, as many as may be looked at now."""
        offer = view.offer
        searched = 0
        is_failing = self._failing.get(offer.worker_id, 0.0) > self._clock()
        for entry in islice(entries, PERSONAL_LOOK_AHEAD):
            if to_search := _to_search(entry, view):
                if searched > WORD_SEARCH_LIMIT:
                    return
                searched += to_search
            reason = self._personal_refusal(entry, view)
            if reason is None and is_failing and self._failed_lately(entry, offer) and self._others_could(entry, view):
                reason = Reason.RECENT_FAULT
            yield entry, reason

    def _personal_refusal(self, entry: Entry, view: WorkerView, *, whatever_it_names: bool = False) -> Reason | None:
        """What stands between one request and one worker, whoever else there is.

        `whatever_it_names`: as if it named no workers.
        """
        offer = view.offer
        has_blacklisted_word = False
        if offer.blacklist:
            known = entry.has_word_of.get(view.words_key)
            if known is None:
                known = entry.has_word_of[view.words_key] = has_word(entry.lowered_prompt(), offer.blacklist)
            has_blacklisted_word = known
        return personal_refusal(
            offer,
            account_id=entry.account_id,
            wants_acquaintance=not whatever_it_names and self.wants_acquaintance(entry.requirement),
            has_blacklisted_word=has_blacklisted_word,
            balance_covers_price=entry.balance_covers_price,
        )

    def _others_could(self, entry: Entry, failed: WorkerView) -> bool:
        """Whether another worker online, which has not failed a job of it lately, may serve a request. O(workers)."""
        searched = 0
        named = entry.group.server  # mostly it is the answer
        for view in (*((named,) if named is not None else ()), *self._views.values()):
            if view is failed or view.verdict(entry.group) is not None or self._failed_lately(entry, view.offer):
                continue
            if to_search := _to_search(entry, view):
                if searched > WORD_SEARCH_LIMIT:
                    return True  # perhaps: the next pop knows more
                searched += to_search
            if self._personal_refusal(entry, view) is None:
                return True
        return False

    def wants_acquaintance(self, requirement: Requirement) -> bool:
        """Whether only workers that know who asks may serve it (workers.md §5.19)."""
        return self._matched_targeting and bool(requirement.workers) and not requirement.worker_blacklist

    def _failed_lately(self, entry: Entry, offer: Offer) -> bool:
        return bool(entry.failed_workers) and entry.failed_workers.get(offer.worker_id, 0.0) > self._clock()

    def skipped(self, view: WorkerView, max_age_s: float = 1.0) -> dict[str, int]:
        """How many waiting requests the worker may not serve, by reason; each counts once. Remembered for a second."""
        now = self._clock()
        known = view.skipped
        if known is not None and (known[0] == self.version or now - known[1] < max_age_s):
            return known[2]
        counts: Counter[str] = Counter()
        version = self.version
        if view.is_for_all:
            served = []
            for group in self._classes.values():
                reason = view.verdict(group)
                if reason is None:
                    served.append(group.entries)
                else:
                    counts[reason] += len(group.entries)
            offer = view.offer
            is_failing = self._failing.get(offer.worker_id, 0.0) > now
            if offer.blacklist or offer.wants_upfront_kudos or self._matched_targeting or is_failing:
                judged = 0
                for _, personal in self._judged((entry for entries in served for entry in entries), view):
                    judged += 1
                    if personal is not None:
                        counts[personal] += 1
                if is_failing:
                    version = -1  # that passes by itself, and when the others go
                if judged < min(sum(map(len, served)), PERSONAL_LOOK_AHEAD):
                    version = -1  # words are still to be searched: the next pop knows more, also of the same queue
        result = {str(reason): count for reason, count in counts.items()}
        view.skipped = (version, now, result)
        return result

    def capacity(self, group: RequestClass) -> tuple[int, float]:
        """How many online workers may serve a class, and their summed speed in things per second, as of lately."""
        now = self._clock()
        known = group.capacity
        if known is None or now - known[0] > CAPACITY_AGE_S:
            able, speed = 0, 0.0
            for view in self._views.values():
                if view.is_for_all and view.verdict(group) is None:
                    able += 1
                    speed += view.offer.speed
            known = group.capacity = (now, able, speed)
        return known[1], known[2]

    def is_possible(self, entry: Entry) -> bool:
        """Whether it is being served, is done with results, or some online worker could take it now. Never stale."""
        state = entry.state
        if state.processing > 0 or (state.is_done and state.state != RequestPhase.FAULTED):
            return True
        if state.state == RequestPhase.FAULTED or state.expires_at_s <= self._clock():
            return False
        return self.could_serve(entry.group, entry.account_id)

    def could_serve(self, group: RequestClass, account_id: int) -> bool:
        """Whether some online worker could take a request of this class from this account."""
        if self.wants_acquaintance(group.requirement):
            named = filter(None, map(self._views.get, group.requirement.workers))
            return any(
                view.verdict(group) is None
                and account_id in view.offer.favoured
                and (view.is_for_all or view.offer.owner_id == account_id)
                for view in named
            )
        if group.server is not None:
            return True
        if group.number is None and any(
            view.is_for_all and view.verdict(group) is None for view in self._views.values()
        ):
            return True
        return any(view.verdict(group) is None for view in self._views_by_owner.get(account_id, {}).values())

    def refusals(self, group: RequestClass, account_id: int) -> Counter[Reason]:
        """Why the online workers may not serve a class for an account: how many for which reason. O(workers)."""
        for_friends = self.wants_acquaintance(group.requirement)
        counts: Counter[Reason] = Counter()
        for view in self._views.values():
            is_there = view.is_for_all or view.offer.owner_id == account_id
            reason = view.verdict(group) if is_there else Reason.MAINTENANCE
            if reason is None and for_friends and account_id not in view.offer.favoured:
                reason = Reason.WORKER_ID
            if reason is not None:
                counts[reason] += 1
        return counts

    def judged(self, entry: Entry) -> Iterator[Judged]:
        """Each worker online, and why it may not serve this very request now. O(workers), and the prompt by words.

        What lies in who asks and in the prompt comes after what the request asks for, but for maintenance.
        """
        for_friends = self.wants_acquaintance(entry.requirement)
        searched = 0
        for view in self._views.values():
            offer = view.offer
            is_friend = entry.account_id in offer.favoured
            if not view.is_for_all and offer.owner_id != entry.account_id:
                yield Judged(offer, view.alike, is_friend, Reason.MAINTENANCE, Reason.MAINTENANCE)
                continue
            personal = None
            if offer.blacklist or offer.wants_upfront_kudos:  # most refuse nobody
                searched += _to_search(entry, view)
                if searched <= WORD_SEARCH_LIMIT:
                    personal = self._personal_refusal(entry, view, whatever_it_names=True)
            reason = view.verdict(entry.group)
            if reason is None and for_friends and not is_friend:
                reason = Reason.WORKER_ID
            reason = reason or personal
            if reason is None and self._failed_lately(entry, offer) and self._others_could(entry, view):
                reason = Reason.RECENT_FAULT
            yield Judged(offer, view.alike, is_friend, reason, personal)

    def models_on_offer(self, account_id: int, most: int) -> list[str]:
        """At most so many of the models that workers online serve this account with. O(workers), when they have few."""
        found: dict[str, None] = {}
        for view in self._views.values():
            offer = view.offer
            if not offer.named_only and (view.is_for_all or offer.owner_id == account_id):
                found.update((model, None) for model in offer.models if SPECIAL_MODEL not in model)
                if len(found) >= most:
                    break
        return sorted(found)[:most]

    def models_for(self, group: RequestClass, account_id: int, most: int) -> list[str]:
        """At most so many of the models that a request of this class from this account may be served with now."""
        found: dict[str, None] = {}
        for view in self._views.values():
            if (view.is_for_all or view.offer.owner_id == account_id) and view.verdict(group) is None:
                found.update(dict.fromkeys(usable_models(group.requirement, view.offer)))
                if len(found) >= most:
                    break
        return sorted(found)[:most]

    def class_of(self, requirement: Requirement) -> RequestClass:
        """The class of a requirement, for asking `could_serve` before a request exists."""
        return self._classes.get(requirement) or RequestClass(requirement)

    def place(self, entry: Entry, max_age_s: float = 1.0) -> tuple[int, int]:
        """Queue position (1-based; 0: not waiting) and estimated wait in seconds, remembered for a second.

        The position counts only requests that somebody online can serve. The wait is the work ahead in classes that
        compete for the same models, shared by the workers able to serve this one, and then its own images: one takes
        one worker, however many there are.
        """
        now = self._clock()
        if entry.place is not None and now - entry.place[0] < max_age_s:
            return entry.place[1], entry.place[2]
        position = self._position(entry) if self._is_waiting(entry) else 0
        entry.place = (now, position, round(self.wait_s(entry) or 0.0))
        return entry.place[1], entry.place[2]

    def wait_s(self, entry: Entry) -> float | None:
        """The estimated wait in seconds, as `place` tells it; None: nobody serves it, or it is done."""
        state = entry.state
        if state.is_done:
            return None
        able, speed = self.capacity(entry.group)
        if not able or speed <= 0:
            return None
        image_s: float = entry.order.things * able / speed
        if self._is_waiting(entry):
            return self._things_ahead(entry) / speed + ceil(state.waiting / able) * image_s
        return max(image_s - (self._clock() - entry.claimed_at_s), 0.0)

    @staticmethod
    def _is_waiting(entry: Entry) -> bool:
        return entry.state.waiting > 0 and entry.state.state == RequestPhase.OPEN

    def _position(self, entry: Entry) -> int:
        """All that is ahead, less what nobody serves; by whichever kind of class is rarer. O(log n) mostly."""
        key = entry_key(entry)
        if 2 * len(self._unserved) > len(self._classes):
            served = (group for group in self._classes.values() if group not in self._unserved)
            return 1 + sum(group.entries.bisect_key_left(key) for group in served)
        ahead = self._waiting.bisect_key_left(key)
        return 1 + ahead - sum(group.entries.bisect_key_left(key) for group in self._unserved)

    def _things_ahead(self, entry: Entry) -> float:
        """Work ahead in the classes that share a model: of each the part that is ahead. O(such classes)."""
        key = entry_key(entry)
        models = entry.requirement.models
        competing: dict[RequestClass, None] = {}
        if models:
            for model in (*models, _ANY_MODEL):
                competing.update(self._lanes.get(model, {}))
        else:
            competing = dict.fromkeys(self._classes.values())
        things = 0.0
        for group in competing:
            if group.server is not None and (before := group.entries.bisect_key_left(key)):
                things += before / len(group.entries) * group.things
        return things

    def waiting_by_model(self, max_age_s: float = 1.0) -> dict[str, tuple[int, float]]:
        """Open jobs (waiting or processing) and their things per requested model, remembered for a second."""
        now = self._clock()
        if self._by_model is not None and now - self._by_model[0] < max_age_s:
            return self._by_model[1]
        found: dict[str, tuple[int, float]] = {}
        for entry in self.entries.values():
            open_jobs = entry.state.waiting + entry.state.processing
            if open_jobs and not entry.state.is_done:
                for model in entry.requirement.models or entry.requirement.preferred:
                    jobs, things = found.get(model, (0, 0.0))
                    found[model] = (jobs + open_jobs, things + open_jobs * entry.order.things)
        self._by_model = (now, found)
        return found
