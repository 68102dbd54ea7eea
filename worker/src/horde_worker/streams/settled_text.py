"""What of a growing text will stand in the final one, whatever comes: no more than that may be told before."""

from __future__ import annotations

from collections.abc import Sequence

from horde_worker.text_format import TextFormat, settled_text
from horde_worker.tolerance import whole_text


class SettledText:
    """A text that grows. Cost: a look at all of it for each `settled`, some times a second."""

    def __init__(self, stops: Sequence[str], wishes: TextFormat) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._wishes = wishes
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        """The text goes on."""
        self._pieces.append(piece)

    def settled(self) -> bytes:
        """As UTF-8, without what may become a stop sequence, half a character, or be formatted away."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        text = self._pieces[0] if self._pieces else ""
        text = text[: len(text) - _held_back(text, self._stops)]
        if text and "\ud800" <= text[-1] <= "\udbff":
            text = text[:-1]  # the first half of a character that came as two
        return whole_text(settled_text(text, self._wishes)).encode()


def _held_back(text: str, stops: Sequence[str]) -> int:
    """How many characters at the end are the beginning of a stop sequence that is not whole yet."""
    most = 0
    for stop in stops:
        for length in range(min(len(stop) - 1, len(text)), most, -1):
            if text.endswith(stop[:length]):
                most = length
                break
    return most
