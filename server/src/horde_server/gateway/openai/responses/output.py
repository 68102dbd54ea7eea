"""The items of a response as they come, each change as the event that tells of it (gateway-responses.md §3)."""

from __future__ import annotations

from typing import Any

from horde_server.gateway.common.errors import Faulted
from horde_server.gateway.common.said import CallPiece, Said

Event = dict[str, Any]


class Output:
    """Items in their order: what is said is a message, and each call of a function an item of its own."""

    def __init__(self, suffix: str) -> None:
        """`suffix`: of the items' ids."""
        self.items: list[dict[str, Any]] = []
        self._suffix = suffix
        self._open: dict[str, Any] | None = None
        self._call: int | None = None  # whose item that is; None: a message
        self._calls: set[int] = set()

    def begin_message(self) -> list[Event]:
        """Words come."""
        message: dict[str, Any] = {
            "type": "message",
            "id": f"msg_{self._suffix}{len(self.items)}",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        events = [
            *self._begin(message, None),
            {"type": "response.content_part.added", **self._place, "part": _text("")},
        ]
        message["content"] = [_text("")]
        return events

    def said(self, said: Said) -> list[Event]:
        """The thought is not told. Raises `Faulted` where a worker's pieces of calls cannot be put in order."""
        events: list[Event] = []
        if said.content:
            if self._open is None or self._call is not None:
                events += [*self.close(), *self.begin_message()]
            assert self._open is not None
            self._open["content"][0]["text"] += said.content
            events.append({"type": "response.output_text.delta", **self._place, "delta": said.content, "logprobs": []})
        for piece in said.calls:
            events += self._called(piece)
        return events

    def close(self, status: str = "completed") -> list[Event]:
        """What is open is whole, or as whole as it gets."""
        item, self._open = self._open, None
        if item is None:
            return []
        item["status"] = status
        place = {"item_id": item["id"], "output_index": len(self.items) - 1}
        if item["type"] == "function_call":
            done = {"arguments": item["arguments"], "name": item["name"]}
            events = [{"type": "response.function_call_arguments.done", **place, **done}]
        else:
            part, at = item["content"][0], {**place, "content_index": 0}
            events = [
                {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []},
                {"type": "response.content_part.done", **at, "part": part},
            ]
        return [*events, {"type": "response.output_item.done", "output_index": place["output_index"], "item": item}]

    def _called(self, piece: CallPiece) -> list[Event]:
        events: list[Event] = []
        if self._open is None or piece.number != self._call:
            if piece.number in self._calls:
                raise Faulted("The worker mixed up its calls of functions, so they were given up.")
            self._calls.add(piece.number)
            call = {
                "type": "function_call",
                "id": f"fc_{self._suffix}{len(self.items) + (self._open is not None)}",
                "status": "in_progress",
                "call_id": piece.id,
                "name": piece.name,
                "arguments": "",
            }
            events += [*self.close(), *self._begin(call, piece.number)]
        if piece.arguments:
            assert self._open is not None
            self._open["arguments"] += piece.arguments
            place = {"item_id": self._open["id"], "output_index": len(self.items) - 1}
            events.append({"type": "response.function_call_arguments.delta", **place, "delta": piece.arguments})
        return events

    def _begin(self, item: dict[str, Any], call: int | None) -> list[Event]:
        self.items.append(item)
        self._open, self._call = item, call
        return [{"type": "response.output_item.added", "output_index": len(self.items) - 1, "item": dict(item)}]

    @property
    def _place(self) -> dict[str, Any]:
        """Of the one part that a message has."""
        return {"item_id": self.items[-1]["id"], "output_index": len(self.items) - 1, "content_index": 0}


def _text(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
