"""The events of one request of images or texts (events.md §2)."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final, TypeAlias

import msgspec

from horde_server.dispatch.store import Generation
from horde_server.http.event_stream import KEEP_ALIVE, event
from horde_server.requests.events.seen import Seen
from horde_server.requests.following import (
    ClientGone,
    Delivered,
    Delta,
    End,
    Following,
    Preview,
    Quiet,
    Restarted,
    State,
    Step,
    Text,
    Wants,
)
from horde_server.requests.things import Thing
from horde_server.requests.waiting import Receive

Result: TypeAlias = Callable[[Any, Generation, str], Awaitable[Mapping[str, Any]]]
"""A result as the status of its kind tells it: of an order, with links that begin with an address."""
_encode: Final = msgspec.json.Encoder().encode


class RequestEvents:
    """Says what happens to a request in the words of the wire."""

    def __init__(self, following: Following, results: Mapping[str, Result]) -> None:
        """`results` by kind."""
        self._following = following
        self._results = results

    async def tell(
        self, thing: Thing, receive: Receive, seen: Seen, wants: Wants, base_url: str
    ) -> AsyncGenerator[bytes, None]:
        """From its present state to its end; of what was `seen` before, the state alone."""
        teller = _Teller(thing, seen, self._results[thing.dispatcher.kind.name], base_url)
        happenings = self._following.follow(thing.id, receive, wants=wants)
        try:
            async with aclosing(happenings):
                async for happening in happenings:
                    if told := await teller.words(happening):
                        yield told
        except ClientGone:
            return


class _Teller:
    def __init__(self, thing: Thing, seen: Seen, result: Result, base_url: str) -> None:
        self._order = thing.entries[0].order
        self._is_one = thing.entries[0].state.jobs == 1
        self._seen = seen
        self._skipped = seen.results
        self._result = result
        self._base_url = base_url

    async def words(self, happening: object) -> bytes:  # noqa: PLR0911 one for each thing that may happen
        """An event; b"" where there is nothing to say."""
        match happening:
            case State(progress=now):
                return self._event("state", now)
            case Text(slot=slot, at=at, text=text):
                return self._text(slot, at, text)
            case Step(slot=slot, step=step, steps=steps):
                return self._event("step", {"job": slot, "step": step, "steps": steps})
            case Preview(slot=slot, picture=picture):
                return self._event("preview", {"job": slot, "image": data_url(picture)})
            case Delta(slot=slot, delta=delta):
                return self._event("delta", {"job": slot, "delta": delta})
            case Restarted(slot=slot, reason=reason):
                return self._event("restarted", {"job": slot, "reason": reason})
            case Delivered(generation=made):
                if self._skipped:
                    self._skipped -= 1
                    return b""
                told = await self._result(self._order, made, self._base_url)
                self._seen.results += 1
                return self._event("result", told)
            case End(is_stopping=True):  # it goes on, on another node: the client connects again
                return b""
            case End(done=done, faulted=faulted, is_gone=is_gone):
                self._seen.is_over = True
                return self._event("end", {"done": done, "faulted": faulted} | ({"gone": True} if is_gone else {}))
            case Quiet():
                return KEEP_ALIVE
        return b""

    def _text(self, slot: int, at: int, text: str) -> bytes:
        """A piece of a text, less what was seen of it. Each of several texts is told whole: pieces tell their place."""
        if self._is_one:
            raw = text.encode()
            new = raw[max(self._seen.text_bytes - at, 0) :]
            if not new:
                return b""
            at, text = at + len(raw) - len(new), new.decode(errors="ignore")
            self._seen.text_bytes = at + len(new)
        return self._event("text", {"job": slot, "at": at, "text": text})

    def _event(self, name: str, told: object) -> bytes:
        return event(name, _encode(told), self._seen.event_id())


def data_url(picture: bytes) -> str:
    """A preview as browsers show it without asking anybody."""
    kind = "webp" if picture[:4] == b"RIFF" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
