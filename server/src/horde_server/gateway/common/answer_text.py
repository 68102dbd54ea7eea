"""A worker's text as a client is shown it: without thought, without the template's white space, cut at a stop."""

from __future__ import annotations

from collections.abc import Iterable

from horde_server.gateway.common.finish import StopCutter
from horde_server.gateway.common.said import Said
from horde_server.gateway.common.think import ThinkSplit


class AnswerText:
    """Reads one answer, in pieces as a stream brings them or at once. What it tells in sum is the same."""

    def __init__(self, stops: Iterable[str] = (), *, trims: bool = False, opens_thinking: bool = False) -> None:
        """`stops`: the client's and the template's; `trims`, `opens_thinking`: as `Rendered` has them."""
        self._split = ThinkSplit(opens_thinking=opens_thinking)
        self._cutter = StopCutter(stops)
        self._trims = trims
        self._begun = False
        self._pieces: list[str] = []

    @property
    def raw(self) -> str:
        """All of the worker's text so far. O(text)."""
        return "".join(self._pieces)

    @property
    def stopped_by(self) -> str | None:
        """The stop string that ended the answer."""
        return self._cutter.stopped_by

    def feed(self, text: str) -> Said:
        """What may be shown now."""
        self._pieces.append(text)
        return self._shown(self._split.feed(text))

    def end(self) -> Said:
        """What was held back, once no more comes."""
        said = self._shown(self._split.end())
        return Said(said.reasoning, said.content + self._trimmed(self._cutter.end()))

    def _shown(self, said: Said) -> Said:
        return Said(said.reasoning, self._trimmed(self._cutter.feed(said.content)))

    def _trimmed(self, content: str) -> str:
        if self._trims and not self._begun:
            content = content.lstrip()
        self._begun = self._begun or bool(content)
        return content
