"""The answer to a prompt that went as it was: nothing is taken from it but what comes after a stop string."""

from __future__ import annotations

from collections.abc import Iterable

from horde_server.gateway.common.finish import StopCutter
from horde_server.gateway.common.said import Said


class RawText:
    """Reads one answer, as `AnswerText` does."""

    def __init__(self, stops: Iterable[str] = ()) -> None:
        self._cutter = StopCutter(stops)
        self.raw = ""

    @property
    def stopped_by(self) -> str | None:
        """The stop string that ended it."""
        return self._cutter.stopped_by

    def feed(self, text: str) -> Said:
        """What may be shown now."""
        self.raw += text
        return Said("", self._cutter.feed(text))

    def end(self) -> Said:
        """What was held back."""
        return Said("", self._cutter.end())
