"""What a horde, or their owner, tells workers with every pop: said once each in the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from horde_worker.kinds.hand_out import Message

log = structlog.get_logger(__name__)

MOST_REMEMBERED: Final = 1000


class HordeMessages:
    """Remembers what was said. A message that comes no more is forgotten when there are too many."""

    def __init__(self) -> None:
        self._said: dict[str, None] = {}

    def hear(self, messages: Sequence[Message]) -> None:
        """Say those that are new. Costs nothing where there are none."""
        for message in messages:
            if message.id in self._said:
                continue
            if len(self._said) >= MOST_REMEMBERED:
                del self._said[next(iter(self._said))]
            self._said[message.id] = None
            log.warning("worker.told", message=message.text, origin=message.origin, until=message.expiry)
