"""What became of a graph, by `/history`: where the websocket is cut, and where the pictures lie then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yarl import URL

from horde_worker.backends.comfyui.graph import OUTPUT_NODE
from horde_worker.backends.comfyui.messages import Interrupted, NodeFailed, exception_name


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture in one of the server's folders."""

    filename: str
    subfolder: str
    type: str

    @property
    def path(self) -> str:
        """Where it is fetched."""
        query = {"filename": self.filename, "subfolder": self.subfolder, "type": self.type}
        return str(URL.build(path="/view", query=query))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a graph ended: with these pictures, or by a failure."""

    pictures: tuple[StoredPicture, ...]
    failure: NodeFailed | Interrupted | None = None


def read_history(answer: object, prompt_id: str) -> Ended | None:
    """The end of our graph; None while it has none."""
    entry = answer.get(prompt_id) if isinstance(answer, Mapping) else None
    if not isinstance(entry, Mapping):
        return None
    status = entry.get("status")
    messages = status.get("messages") if isinstance(status, Mapping) else None
    return Ended(_pictures(entry.get("outputs")), _failure(messages if isinstance(messages, list) else []))


def is_queued(answer: object, prompt_id: str) -> bool:
    """Whether our graph runs or waits, by the answer of `/queue`."""
    return _among(answer, ("queue_running", "queue_pending"), prompt_id)


def is_running(answer: object, prompt_id: str) -> bool:
    """Whether it is our graph that runs."""
    return _among(answer, ("queue_running",), prompt_id)


def others_in_queue(answer: object, own_client_ids: frozenset[str]) -> bool:
    """Whether somebody else's graph runs or waits; what stands in it is not looked at."""
    return any(
        not isinstance(item, list)
        or len(item) < 4
        or not isinstance(item[3], Mapping)
        or item[3].get("client_id") not in own_client_ids
        for item in _items(answer, ("queue_running", "queue_pending"))
    )


def _among(answer: object, keys: tuple[str, ...], prompt_id: str) -> bool:
    return any(isinstance(item, list) and len(item) > 1 and item[1] == prompt_id for item in _items(answer, keys))


def _items(answer: object, keys: tuple[str, ...]) -> list[Any]:
    if not isinstance(answer, Mapping):
        return []
    return [item for key in keys if isinstance(found := answer.get(key), list) for item in found]


def _pictures(outputs: object) -> tuple[StoredPicture, ...]:
    output = outputs.get(OUTPUT_NODE) if isinstance(outputs, Mapping) else None
    images = output.get("images") if isinstance(output, Mapping) else None
    if not isinstance(images, list):
        return ()
    return tuple(
        StoredPicture(*(one.get(key) or "" for key in ("filename", "subfolder", "type")))
        for one in images[:1]  # a graph of ours makes one
        if isinstance(one, Mapping)
        and all(isinstance(one.get(key, ""), str) for key in ("filename", "subfolder", "type"))
        and one.get("filename")
    )


def _failure(messages: list[Any]) -> NodeFailed | Interrupted | None:
    for message in messages:
        if not isinstance(message, list) or len(message) != 2:
            continue
        kind, data = message
        if kind == "execution_interrupted":
            return Interrupted()
        if kind == "execution_error" and isinstance(data, Mapping):
            node = data.get("node_type")
            return NodeFailed(node[:100] if isinstance(node, str) else "", exception_name(data.get("exception_type")))
    return None
