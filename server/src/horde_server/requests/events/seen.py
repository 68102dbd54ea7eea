"""What a client has heard when its stream broke: the ids of events, as `Last-Event-ID` brings them back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from horde_server.dispatch.ids import RequestId

_ID: Final = re.compile(r"([0-9a-f]{8})-(?:(\d{1,4})\.(\d{1,9})|(end))\Z")


@dataclass(slots=True)
class Seen:
    """Of one stream: so many results, and so much of a text that is told piece by piece.

    An id is `<epoch>-<results>.<bytes>`, the last one `<epoch>-end`; the epoch is the beginning of the request's id, as
    a browser sends the last id that it knows, whatever of.
    """

    epoch: str
    results: int = 0
    text_bytes: int = 0
    is_over: bool = False

    def event_id(self) -> str:
        """Of the event that was told last."""
        return f"{self.epoch}-end" if self.is_over else f"{self.epoch}-{self.results}.{self.text_bytes}"


def seen_of(request_id: RequestId, last: str) -> Seen:
    """What the client has seen of a request; nothing, where the id is no other stream's or nobody's."""
    seen = Seen(str(request_id)[:8])
    found = _ID.match(last)
    if found is None or found[1] != seen.epoch:
        return seen
    if found[4]:
        seen.is_over = True
    else:
        seen.results, seen.text_bytes = int(found[2]), int(found[3])
    return seen
