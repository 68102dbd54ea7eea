"""Why a request waits, and what would help: each worker online is asked by the one predicate (reasons.md)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from math import isinf
from typing import Any, Final, TypeAlias

import msgspec

from horde_server.core import Core
from horde_server.database.pool import Pool
from horde_server.dispatch import store
from horde_server.dispatch.cheapest import Cheapest, Suggestion
from horde_server.dispatch.concessions import LEFT_OUT
from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.entry import Judged
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.slice import Dispatch
from horde_server.errors import RequestNotFound
from horde_server.identity.directory import AccountDirectory
from horde_server.moderation.modes import Modes
from horde_server.requests.prospects import OBSTACLES, fixed_for, suggestion_in_words
from horde_server.requests.reasons.estimates import Estimates

MOST_JUDGEMENTS: Final = 100_000
"""Of one search: half a second of the processor, in pieces; more only thousands of unlike workers would take."""
MOST_SEARCHES_WAITING: Final = 20
"""Who comes when so many wait is told no suggestions."""

FormsOf: TypeAlias = Callable[[RequestId], Awaitable[list[RequestId]]]
"""The requests of an interrogation's forms. Raises `RequestNotFound`."""


class Refused(msgspec.Struct, frozen=True):
    """How many of the workers online are refused for one reason."""

    reason: str
    workers: int
    description: str


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field of the request's body to send otherwise; without a value, to leave out."""

    field: str
    value: Any = msgspec.UNSET


class Suggested(msgspec.Struct, frozen=True):
    """Changes that, all of them together, would make it possible."""

    description: str
    workers: int
    points: int
    changes: list[Change]


class Eta(msgspec.Struct, frozen=True):
    """Seconds from now by which half, and nine of ten, such requests are done; null: so many never are."""

    p50: float | None
    p90: float | None


class Part(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One request as it stands, or one form of an interrogation."""

    form: str = ""
    done: bool
    faulted: bool
    is_possible: bool
    queue_position: int
    eta: Eta | None = None
    online: int | msgspec.UnsetType = msgspec.UNSET
    able: int | msgspec.UnsetType = msgspec.UNSET
    refused: list[Refused] | msgspec.UnsetType = msgspec.UNSET
    suggestions: list[Suggested] | msgspec.UnsetType = msgspec.UNSET
    is_complete: bool | msgspec.UnsetType = msgspec.UNSET  # no cheaper change was left out


class EtaAccuracy(msgspec.Struct, frozen=True):
    """How well it was foretold of late when requests of a kind would be done."""

    requests: int
    within_p50: float | None  # share of them; half of them, were it perfect
    within_p90: float | None
    typical_factor: float | None


class Explanation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Why a request stands as it does."""

    id: str = ""  # none, of what is not asked for yet
    type: str
    parts: list[Part]
    eta_accuracy: EtaAccuracy


class Reasoning:
    """Explains requests of every kind."""

    def __init__(
        self,
        core: Core,
        dispatch: Dispatch,
        accounts: AccountDirectory,
        modes: Modes,
        estimates: Estimates,
        forms_of: FormsOf,
    ) -> None:
        self._pool: Pool = core.pool
        self._dispatchers = dispatch.dispatchers
        self._accounts = accounts
        self._modes = modes
        self._estimates = estimates
        self._forms_of = forms_of
        self._one_at_a_time = asyncio.Lock()
        self._searches = 0

    async def explain(self, request_id: RequestId) -> Explanation:
        """A request of whatever kind. O(workers), and a search where none of them may serve it.

        Raises `RequestNotFound`.
        """
        dispatcher, entries = await self._find(request_id)
        kind = dispatcher.kind.name
        parts = [await self._part(dispatcher, entry) for entry in entries]
        return Explanation(id=str(request_id), type=kind, parts=parts, eta_accuracy=self.accuracy(kind))

    async def consider(self, kind: str, entry: Entry) -> Explanation:
        """A request that nobody has asked for yet, as it would stand now."""
        parts = [await self._part(self._dispatchers[kind], entry)]
        return Explanation(type=kind, parts=parts, eta_accuracy=self.accuracy(kind))

    def accuracy(self, kind: str) -> EtaAccuracy:
        """Of the last days."""
        counted = self._estimates.accuracy(kind)
        requests = counted.requests
        factor = counted.typical_factor
        return EtaAccuracy(
            requests,
            round(counted.within_p50 / requests, 3) if requests else None,
            round(counted.within_p90 / requests, 3) if requests else None,
            None if factor is None else round(factor, 2),
        )

    def accuracies(self) -> dict[str, EtaAccuracy]:
        """By kind."""
        return {kind: self.accuracy(kind) for kind in self._dispatchers}

    async def _find(self, request_id: RequestId) -> tuple[Dispatcher[Any], list[Entry]]:
        for dispatcher in self._dispatchers.values():
            if (entry := dispatcher.queue.entries.get(request_id)) is not None:
                return dispatcher, [entry]
        async with self._pool.connection() as conn:
            rows = await store.fetch_requests(conn, [request_id])
        if rows:
            dispatcher = self._dispatchers[rows[0].kind]
            return dispatcher, [dispatcher.mirror(rows[0])]
        forms = await self._forms_of(request_id)
        async with self._pool.connection() as conn:
            rows = await store.fetch_requests(conn, forms)
        if not rows:
            raise RequestNotFound
        dispatcher = self._dispatchers[rows[0].kind]
        by_id = {row.state.id: row for row in rows}
        return dispatcher, [dispatcher.mirror(by_id[form_id]) for form_id in forms if form_id in by_id]

    async def _part(self, dispatcher: Dispatcher[Any], entry: Entry) -> Part:
        queue, state = dispatcher.queue, entry.state
        eta = self._estimates.eta(dispatcher.kind.name, queue, entry)
        part = Part(
            form=entry.order.form if dispatcher.kind.is_part else "",
            done=state.is_done,
            faulted=state.state == "faulted",
            is_possible=queue.is_possible(entry),
            queue_position=queue.place(entry)[0],
            eta=None if eta is None else Eta(_finite(eta.p50_s), _finite(eta.p90_s)),
        )
        if self._modes.raid:  # who floods need not know what would be served
            return part
        judged = list(queue.judged(entry))
        counts = Counter(each.reason for each in judged)
        part.online, part.able = len(judged), counts.pop(None, 0)
        part.refused = [
            Refused(reason, workers, OBSTACLES.get(reason, reason))
            for reason, workers in counts.most_common()
            if reason is not None
        ]
        part.suggestions, part.is_complete = [], True
        is_served = state.is_done and not part.faulted
        if not part.able and not is_served and state.processing == 0:
            found, part.is_complete = await self._suggestions(dispatcher, entry, judged)
            part.suggestions = [_told(each) for each in found]
        return part

    async def _suggestions(
        self, dispatcher: Dispatcher[Any], entry: Entry, judged: Sequence[Judged]
    ) -> tuple[list[Suggestion[Any]], bool]:
        """What would help, and whether nothing cheaper would; one search at a time, between what else is to be done."""
        if self._searches > MOST_SEARCHES_WAITING:
            return [], False
        account = await self._accounts.by_id(entry.account_id)
        self._searches += 1
        try:
            async with self._one_at_a_time:
                search = Cheapest(
                    dispatcher.kind, dispatcher.queue, entry, judged, most=MOST_JUDGEMENTS, fixed=fixed_for(account)
                )
                for _ in search.run():
                    await asyncio.sleep(0)
        finally:
            self._searches -= 1
        return search.suggestions, search.is_complete


def _finite(seconds: float) -> float | None:
    return None if isinf(seconds) else round(seconds, 1)


def _told(suggestion: Suggestion[Any]) -> Suggested:
    changes = [
        Change(name) if value is LEFT_OUT else Change(name, value)
        for option in suggestion.options
        for name, value in option.fields.items()
    ]
    return Suggested(suggestion_in_words(suggestion), suggestion.workers, suggestion.points, changes)
