"""Which of the open requests are a caller's own, by the names that it gave them.

Some dialects have no ids: a client names its request itself, or means "mine". The name is kept as a digest with the
order, which every node mirrors, so that any of them finds it again without a query.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from horde_server.dispatch.entry import AnyEntry as Entry
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.identity.caller import Caller


class CallersRequests:
    """The open requests of one kind that came in one dialect."""

    def __init__(self, dialect: str, queue: LiveQueue) -> None:
        self._dialect = dialect
        self._queue = queue

    def tag(self, caller: Caller, name: str = "") -> str:
        """What an order has as its `tag`: whose it is and how it is called, neither of them in clear."""
        return f"{self._owner(caller)}.{_digest(name)}"

    def open_of(self, caller: Caller, name: str | None = None) -> Iterator[Entry]:
        """Those of a caller that are not done, the newest first; of a name only those that have it.

        Of Anonymous, who is everybody, each household has its own. O(requests of the account).
        """
        wanted = f"{self._owner(caller)}." if name is None else self.tag(caller, name)
        for entry in self._queue.latest_of(caller.user.id):
            tag: str = entry.order.tag
            if not entry.state.is_done and (tag == wanted if name is not None else tag.startswith(wanted)):
                yield entry

    def _owner(self, caller: Caller) -> str:
        return _digest(f"{self._dialect}\0{caller.requester}")


def _digest(text: str) -> str:
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()
