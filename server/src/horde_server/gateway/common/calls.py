"""Calls of tools, put together from their pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from horde_server.gateway.common.said import CallPiece


@dataclass(slots=True)
class Call:
    """One, as far as it is known. `arguments`: JSON, as the model wrote it."""

    id: str
    name: str
    arguments: str = ""

    @property
    def input(self) -> dict[str, Any]:
        """The arguments as an object. What is none stands under `arguments`, so that nothing is lost."""
        try:
            found = msgspec.json.decode(self.arguments or "{}")
        except (msgspec.DecodeError, RecursionError):
            found = None
        return found if isinstance(found, dict) else {"arguments": self.arguments}


class Calls:
    """All of an answer, in their order."""

    def __init__(self) -> None:
        self._calls: dict[int, Call] = {}

    def feed(self, pieces: tuple[CallPiece, ...]) -> None:
        """The next pieces."""
        for piece in pieces:
            call = self._calls.setdefault(piece.number, Call(piece.id, piece.name))
            call.arguments += piece.arguments

    def rest_of(self, whole: Iterable[CallPiece]) -> tuple[CallPiece, ...]:
        """What is missing of these whole calls. Of one that goes on otherwise than it began, nothing."""
        found = []
        for piece in whole:
            known = self._calls.get(piece.number)
            if known is None:
                found.append(piece)
            elif piece.arguments.startswith(known.arguments) and piece.arguments != known.arguments:
                found.append(CallPiece(piece.number, arguments=piece.arguments[len(known.arguments) :]))
        return tuple(found)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls.values())


def pieces_of_calls(sent: object) -> tuple[CallPiece, ...]:
    """`tool_calls` of a message or a delta in OpenAI's shape, as a backend wrote them; without what makes no sense."""
    found = []
    for place, each in enumerate(sent if isinstance(sent, list) else ()):
        if not isinstance(each, dict):
            continue
        function = each.get("function")
        function = function if isinstance(function, dict) else {}
        index = each.get("index")
        found.append(
            CallPiece(
                index if isinstance(index, int) and not isinstance(index, bool) else place,
                _text(each.get("id")),
                _text(function.get("name")),
                _text(function.get("arguments")),
            )
        )
    return tuple(found)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
