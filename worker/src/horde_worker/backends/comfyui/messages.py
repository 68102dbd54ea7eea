"""What a ComfyUI tells over its websocket while it works on a graph, read from whatever comes: total and pure."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

_PREVIEW: Final = 1
_HEADER: Final = struct.Struct(">II")
_PNG: Final = 2
_TOLD_CHARACTERS: Final = 100
_MOST_STEPS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Executing:
    """A node is worked on from now on; none any more where it is empty: the graph is done, or has failed."""

    node: str


@dataclass(frozen=True, slots=True)
class NodeProgress:
    """How far a node is."""

    node: str
    value: float
    of: float


@dataclass(frozen=True, slots=True)
class NodeFailed:
    """A node failed. What exactly stands in ComfyUI's own log: there may be paths and prompts in it."""

    node_class: str
    exception: str

    @property
    def ran_out_of_memory(self) -> bool:
        """Whether another try could do, once memory is freed."""
        return "OutOfMemory" in self.exception

    def __str__(self) -> str:
        return f"ComfyUI's node {self.node_class} failed with {self.exception}"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Somebody stopped it: us, or the owner."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as bytes: a preview, or with `SaveImageWebsocket` the result."""

    raw: bytes
    is_png: bool


Message: TypeAlias = Executing | NodeProgress | NodeFailed | Interrupted | Picture


def read_text(text: str, prompt_id: str) -> Message | None:
    """A message in JSON about our graph; None for anything else."""
    try:
        told: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    data = told.get("data") if isinstance(told, Mapping) else None
    if not isinstance(data, Mapping) or data.get("prompt_id") != prompt_id:
        return None
    kind = told.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    return reader(data) if reader else None


def read_bytes(raw: bytes) -> Picture | None:
    """A picture among the binary messages; None for anything else."""
    if len(raw) <= _HEADER.size:
        return None
    event, kind = _HEADER.unpack_from(raw)
    return Picture(raw[_HEADER.size :], is_png=kind == _PNG) if event == _PREVIEW else None


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Message]]] = {
    "executing": lambda data: Executing(_text(data.get("node"))),
    "progress": lambda data: NodeProgress(
        _text(data.get("node")), _number(data.get("value")), _number(data.get("max"))
    ),
    "execution_error": lambda data: NodeFailed(
        _text(data.get("node_type")), exception_name(data.get("exception_type"))
    ),
    "execution_interrupted": lambda _: Interrupted(),
}


def exception_name(value: object) -> str:
    """The name of an exception without its modules."""
    return _text(value).rpartition(".")[2] or "an error"


def _text(value: object) -> str:
    return value[:_TOLD_CHARACTERS] if isinstance(value, str) else ""


def _number(value: object) -> float:
    """A number of steps; none where it makes no sense."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return 0.0
    return float(value) if 0 <= value < _MOST_STEPS else 0.0
