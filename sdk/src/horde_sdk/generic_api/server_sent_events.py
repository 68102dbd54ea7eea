"""Server-sent events, read from the bytes of an answer as they come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from horde_sdk.generic_api import bounds

_LEAST_RETRY_S = 0.25
_MOST_RETRY_S = 60.0


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event.

    Attributes:
        name: What kind it is of; `message` where the server does not say.
        data: What it tells.
    """

    name: str
    data: str


class EventReader:
    """Takes bytes, however they were cut, and yields whole events. What is larger than any good answer is refused.

    Attributes:
        last_id: Of the last event that had one: where to go on after a break.
        retry_s: How long to wait before connecting again, as the server said.
    """

    def __init__(self, *, most_bytes: int = bounds.LARGEST_ANSWER_BYTES) -> None:
        """Begin.

        Args:
            most_bytes: Of one event.
        """
        self.last_id = ""
        self.retry_s = 3.0
        self._most_bytes = most_bytes
        self.begin()

    def begin(self) -> None:
        """Read another answer: half an event of the one before is forgotten."""
        self._line = bytearray()
        self._size_bytes = 0
        self._name = ""
        self._data: list[str] = []
        self._ends_with_cr = False

    def feed(self, piece: bytes) -> Iterator[ServerSentEvent]:
        """Yield the events that a piece completes.

        Raises:
            AnswerOutOfBoundsError: An event has no end.
        """
        if self._ends_with_cr and piece.startswith(b"\n"):
            piece = piece[1:]
        self._ends_with_cr = piece.endswith(b"\r")
        lines = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in lines[:-1]:
            self._add(line)
            whole, self._line = bytes(self._line), bytearray()
            if whole:
                self._take(whole)
            elif self._data:
                yield ServerSentEvent(self._name or "message", "\n".join(self._data))
            if not whole:
                self._name, self._data, self._size_bytes = "", [], 0
        self._add(lines[-1])

    def _add(self, part: bytes) -> None:
        self._line += part
        self._size_bytes += len(part)
        if self._size_bytes > self._most_bytes:
            raise bounds.AnswerOutOfBoundsError(f"an event is larger than {self._most_bytes:,} bytes")

    def _take(self, line: bytes) -> None:
        field, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        match field:
            case "event":
                self._name = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self.last_id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry_s = min(max(int(value[:9]) / 1000, _LEAST_RETRY_S), _MOST_RETRY_S)
            case "":  # a comment: a sign of life
                self._size_bytes = 0 if not self._data else self._size_bytes
