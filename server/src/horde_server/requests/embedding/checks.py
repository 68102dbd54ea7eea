"""The checks of an order that need nobody but itself (embeddings.md §1)."""

from __future__ import annotations

from typing import Final

from horde_server.requests.embedding.order import EmbeddingOrder
from horde_server.requests.embedding.refusals import InvalidInput

MOST_INPUTS: Final = 256
MOST_INPUT_BYTES: Final = 32 * 1024
MOST_BYTES: Final = 1024 * 1024
"""Of all texts of a request."""
MOST_DIMENSIONS: Final = 8192


def check_inputs(order: EmbeddingOrder) -> None:
    """How many texts, and how long. Raises `InvalidInput`."""
    if not 1 <= len(order.inputs) <= MOST_INPUTS:
        raise InvalidInput(f"There must be 1 to {MOST_INPUTS} texts: send more of them in further requests.")
    if not all(order.inputs):
        raise InvalidInput("A text is empty: leave it out.")
    lengths = [len(text.encode(errors="replace")) for text in order.inputs]
    if max(lengths) > MOST_INPUT_BYTES:
        raise InvalidInput(f"A text has more than {MOST_INPUT_BYTES} bytes: send it in parts.")
    if sum(lengths) > MOST_BYTES:
        raise InvalidInput(f"The texts have more than {MOST_BYTES} bytes: send some of them in further requests.")
