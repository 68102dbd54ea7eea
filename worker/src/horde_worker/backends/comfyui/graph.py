"""A graph as `POST /prompt` takes it: nodes by id, each with its class and its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

OUTPUT_NODE: Final = "output"
"""The id of the node that gives the finished picture: over the websocket, or as a file."""
OVER_SOCKET: Final = "SaveImageWebsocket"
"""Nothing of the picture lies on the server's disk then."""
MOST_VARIETIES: Final = 4096

Value: TypeAlias = "str | int | float | bool | Output"


class Output(NamedTuple):
    """An output of a node, as the input of another."""

    node: str
    place: int = 0


class Graph:
    """Nodes, put in one after the other; the ids are ours, so that messages about them can be read."""

    def __init__(self) -> None:
        self._nodes: dict[str, dict[str, Any]] = {}

    def add(self, node: str, class_type: str, **inputs: Value) -> Output:
        """Put a node in, or in place of the one of that id; its first output."""
        self._nodes[node] = {
            "class_type": class_type,
            "inputs": {name: list(value) if isinstance(value, Output) else value for name, value in inputs.items()},
        }
        return Output(node)

    def give(self, image: Value) -> None:
        """Put the node in that gives the picture."""
        self.add(OUTPUT_NODE, OVER_SOCKET, images=image)

    @property
    def prompt(self) -> Mapping[str, Any]:
        """What is sent."""
        return self._nodes

    def classes(self) -> frozenset[str]:
        """The classes of its nodes."""
        return frozenset(str(node["class_type"]) for node in self._nodes.values())


def as_file(prompt: Mapping[str, Any], variety: int) -> dict[str, Any]:
    """The graph with its picture in a temporary file instead.

    Graphs that are equal are answered from the server's cache, with a file that may be gone by then. So each is another
    one: it takes the picture of a place in a batch, of which there is one only, and any place stands for it.
    """
    images = prompt[OUTPUT_NODE]["inputs"]["images"]
    taken = {"image": images, "batch_index": variety % MOST_VARIETIES, "length": 1}
    return {
        **prompt,
        "taken": {"class_type": "ImageFromBatch", "inputs": taken},
        OUTPUT_NODE: {"class_type": "PreviewImage", "inputs": {"images": ["taken", 0]}},
    }
