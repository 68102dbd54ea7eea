"""What webhooks are told of requests (webhooks.md §2): each finished job, and how a request came to its end.

Whatever ends requests says here, in its own transaction, which ones it changed; an end is told once. Interrogations end
with the last of their forms.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from horde_server.database.pool import Connection
from horde_server.dispatch import announcement_store as store
from horde_server.dispatch.announcement_store import AskedTogether, EndedRequest
from horde_server.dispatch.entry import RequestState
from horde_server.dispatch.ids import RequestId
from horde_server.dispatch.states import RequestPhase
from horde_server.webhooks.announcing import Announcer, News
from horde_server.webhooks.hook import Announcement

JOB_FINISHED = "job.finished"


class Announcements:
    """Has requesters told who asked for it; the others cost nothing, or one statement where many are changed."""

    def __init__(self, announcer: Announcer) -> None:
        self._announcer = announcer

    async def job_finished(
        self,
        conn: Connection,
        *,
        webhook: str,
        account_id: int,
        request_id: RequestId,
        reward_hundredths: int,
        told: Announcement,
    ) -> None:
        """A job is settled in the caller's transaction. `told` may name `request` and `kudos` otherwise than usual."""
        body = {"event": JOB_FINISHED, "request": str(request_id), "kudos": reward_hundredths / 100, **told.body}
        await self._announcer.announce(conn, [News(account_id, webhook, Announcement(body, told.picture))])

    async def changed(self, conn: Connection, states: Iterable[RequestState]) -> None:
        """Requests, or forms, were changed in the caller's transaction: those that are done came to their end."""
        done = [state.id for state in states if state.is_done]
        if not done:
            return
        ended = await store.take_ended(conn, done)
        news = [_news(each, _end_of_request(each.state)) for each in ended]
        if len(ended) < len(done):  # the others may be forms
            news += await self._last_forms(conn, done)
        await self._announcer.announce(conn, news)

    async def expired(self, conn: Connection, requests: Iterable[EndedRequest]) -> None:
        """These are removed in the caller's transaction, before they were done."""
        news = [_news(each, _end_of_request(each.state, is_expired=True)) for each in requests]
        await self._announcer.announce(conn, news)

    async def interrogations_expire(self, conn: Connection, expiring: Collection[AskedTogether]) -> None:
        """These, which are locked, will be removed in the caller's transaction; their forms are still there."""
        if expiring:
            forms = await store.forms_of(conn, [each.id for each in expiring])
            bodies = [(each, _end_of_interrogation(each.id, forms[each.id], is_expired=True)) for each in expiring]
            await self._announcer.announce(conn, [_news(each, body) for each, body in bodies])

    async def _last_forms(self, conn: Connection, done: Sequence[RequestId]) -> list[News]:
        """The ends of those interrogations whose last form is among these."""
        asked = await store.lock_interrogations_of(conn, done)
        if not asked:
            return []
        forms = await store.forms_of(conn, [each.id for each in asked])
        ended = [each for each in asked if all(form.is_done for form in forms[each.id])]
        if ended:
            await store.forget_webhooks(conn, [each.id for each in ended])
        return [_news(each, _end_of_interrogation(each.id, forms[each.id])) for each in ended]


def _news(ended: EndedRequest | AskedTogether, body: dict[str, Any]) -> News:
    return News(ended.account_id, ended.webhook, Announcement(body))


def _end_of_request(state: RequestState, *, is_expired: bool = False) -> dict[str, Any]:
    how = "finished" if state.state == RequestPhase.OPEN else state.state
    return _end(
        "expired" if is_expired else how,
        state.id,
        finished=state.finished,
        processing=0 if is_expired else state.processing,  # of a faulted one, what workers still hold
        restarted=state.restarted,
        is_faulted=state.state == RequestPhase.FAULTED,
        consumed_hundredths=state.consumed_hundredths,
    )


def _end_of_interrogation(
    interrogation_id: RequestId, forms: Sequence[RequestState], *, is_expired: bool = False
) -> dict[str, Any]:
    states = [form.state for form in forms]
    is_faulted = all(state == RequestPhase.FAULTED for state in states)
    how = "cancelled" if RequestPhase.CANCELLED in states else "faulted" if is_faulted else "finished"
    return _end(
        "expired" if is_expired else how,
        interrogation_id,
        finished=sum(form.finished for form in forms if form.state == RequestPhase.OPEN),
        processing=0,
        restarted=sum(form.restarted for form in forms),
        is_faulted=is_faulted,
        consumed_hundredths=sum(form.consumed_hundredths for form in forms),
    )


def _end(
    how: str,
    request_id: RequestId,
    *,
    finished: int,
    processing: int,
    restarted: int,
    is_faulted: bool,
    consumed_hundredths: int,
) -> dict[str, Any]:
    return {
        "event": f"request.{how}",
        "request": str(request_id),
        "finished": finished,
        "processing": processing,
        "restarted": restarted,
        "waiting": 0,
        "done": True,
        "faulted": is_faulted,
        "kudos": (consumed_hundredths + 50) // 100,
    }
