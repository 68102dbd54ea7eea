"""What of a growing text will stand in the final one, whatever comes: no more than that may be told before."""

from __future__ import annotations

from collections.abc import Sequence

from horde_worker.text_format import TextFormat, settled_text
from horde_worker.tolerance import whole_text


class SettledText:
    """A text that grows. Cost: a look at all of it for each `settled`, some times a second."""

    def __init__(self, stops: Sequence[str], wishes: TextFormat) -> None:
        self._awaited = [_AwaitedStop(stop) for stop in stops if stop]
        self._wishes = wishes
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        """The text goes on."""
        self._pieces.append(piece)
        for stop in self._awaited:
            stop.add(piece)

    def settled(self) -> bytes:
        """As UTF-8, without what may become a stop sequence, half a character, or be formatted away."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        text = self._pieces[0] if self._pieces else ""
        text = text[: len(text) - max((stop.length for stop in self._awaited), default=0)]
        if text and "\ud800" <= text[-1] <= "\udbff":
            text = text[:-1]  # the first half of a character that came as two
        return whole_text(settled_text(text, self._wishes)).encode()


class _AwaitedStop:
    """How much of a stop sequence stands at the end of a text that grows (Knuth, Morris and Pratt, 1977).

    Cost: a few steps for each character, however long the sequence is and whatever the text: whoever asks chooses both.
    """

    def __init__(self, stop: str) -> None:
        self._stop = stop
        self._borders: list[int] = []
        self.length = 0
        """Of the longest beginning of the sequence, but for all of it, that the text ends with."""

    def add(self, piece: str) -> None:
        """The text goes on."""
        at = 0
        while at < len(piece):
            if not self.length:
                at = piece.find(self._stop[0], at)
                if at < 0:
                    return
            self._take(piece[at])
            at += 1

    def _take(self, character: str) -> None:
        length, stop = self.length, self._stop
        while length and stop[length] != character:
            length = self._border(length)
        if stop[length] == character:
            length += 1
        self.length = self._border(length) if length == len(stop) else length

    def _border(self, length: int) -> int:
        """The longest beginning, shorter than `length`, with which so much of it ends; found when needed."""
        borders, stop = self._borders, self._stop
        while len(borders) < length:
            border = borders[-1] if borders else 0
            place = len(borders)
            while border and stop[border] != stop[place]:
                border = borders[border - 1]
            borders.append(border + (place > 0 and stop[border] == stop[place]))
        return borders[length - 1]
