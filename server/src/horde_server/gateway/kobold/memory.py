"""`memory`: what is to stand before every prompt, however long the story has grown."""

from __future__ import annotations

from typing import Final

from horde_server.gateway.common.tokens import CHARACTERS_A_TOKEN

_LEAST_PROMPT_SHARE: Final = 0.25
"""Of the room: a memory that leaves nothing of the story would be answered with nonsense."""


def with_memory(prompt: str, memory: str, *, max_context_length: int, max_length: int) -> str:
    """The memory, and then as much of the prompt's end as there is room for beside it.

    Without a memory the prompt is left as it is: the worker's backend cuts it, which knows its tokens.
    """
    if not memory:
        return prompt
    room = max(max_context_length - max_length, 0) * CHARACTERS_A_TOKEN
    if len(memory) + len(prompt) <= room:
        return memory + prompt
    kept_memory = memory[: room - min(len(prompt), int(room * _LEAST_PROMPT_SHARE))]
    left = room - len(kept_memory)
    return kept_memory + (prompt[-left:] if left else "")
