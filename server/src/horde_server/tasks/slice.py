"""Durable tasks, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from horde_server.periodic import every
from horde_server.slice import Slice
from horde_server.tasks.queue import RESCUE_INTERVAL_S, TaskQueue


class Tasks(Slice):
    """Does what the other slices deferred."""

    def __init__(self, queue: TaskQueue) -> None:
        self._queue = queue

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Do tasks, and take over those of nodes that died."""
        return {"tasks": self._queue.run(), "tasks-rescue": every(RESCUE_INTERVAL_S, self._queue.rescue)}
