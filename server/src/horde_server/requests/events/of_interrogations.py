"""The events of one interrogation: how far its forms are together, and each as it is done (events.md §2)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

import msgspec

from horde_server.errors import RequestNotFound
from horde_server.http.event_stream import KEEP_ALIVE, event
from horde_server.requests.alchemy.states import FormState
from horde_server.requests.alchemy.status import FormStatus, InterrogationStatuses
from horde_server.requests.events.seen import Seen
from horde_server.requests.pace import QUIET_S, Pace
from horde_server.requests.things import Thing
from horde_server.requests.waiting import Receive, Waiting

_encode: Final = msgspec.json.Encoder().encode
_GOES_ON: Final = (FormState.WAITING, FormState.PROCESSING)


class InterrogationEvents:
    """Follows the forms of an interrogation in memory; their results are read when there are more of them."""

    def __init__(self, waiting: Waiting, statuses: InterrogationStatuses) -> None:
        self._waiting = waiting
        self._statuses = statuses

    async def tell(self, thing: Thing, receive: Receive, seen: Seen, base_url: str) -> AsyncGenerator[bytes, None]:
        """From its present state to its end. Results are told in their forms' order as they come; seen ones no more."""
        skipped, told_forms, pace = seen.results, set[str](), Pace(QUIET_S)
        with self._waiting.watch((thing.id,), receive) as watch:
            while not watch.is_over:
                is_over, now = thing.is_over, thing.progress()
                if pace.may_tell(now, is_last=is_over):
                    yield event("state", _encode(now), seen.event_id())
                done = sum(entry.state.is_done for entry in thing.present())
                if done > len(told_forms) or is_over:
                    try:
                        forms = (await self._statuses.of(thing.id, base_url)).forms
                    except RequestNotFound:
                        seen.is_over = True
                        yield event("end", b'{"done":false,"faulted":false,"gone":true}', seen.event_id())
                        return
                    for form in _new(forms, told_forms):
                        told_forms.add(form.form)
                        if skipped:
                            skipped -= 1
                            continue
                        seen.results += 1
                        yield event("result", _encode(form), seen.event_id())
                        pace.told()
                if is_over:
                    seen.is_over = True
                    yield event("end", _encode({"done": now.done, "faulted": now.faulted}), seen.event_id())
                    return
                if watch.is_stopping:
                    return
                if pace.is_quiet:
                    pace.told()
                    yield KEEP_ALIVE
                await watch.come(pace.next_look_s)


def _new(forms: list[FormStatus], told: set[str]) -> list[FormStatus]:
    return [form for form in forms if form.state not in _GOES_ON and form.form not in told]
