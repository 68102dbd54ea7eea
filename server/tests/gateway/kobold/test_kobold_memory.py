"""`memory` before every prompt (gateway-kobold.md §2.3)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from horde_server.gateway.common.tokens import CHARACTERS_A_TOKEN
from horde_server.gateway.kobold.memory import with_memory


def test_both_stand_there_while_there_is_room() -> None:
    assert with_memory("story", "memory ", max_context_length=100, max_length=20) == "memory story"


def test_without_a_memory_the_prompt_is_left_alone() -> None:
    long = "x" * 10_000
    assert with_memory(long, "", max_context_length=100, max_length=20) == long


def test_the_head_of_the_story_makes_room() -> None:
    """80 tokens are 320 characters: the memory has 20 of them."""
    made = with_memory("a" * 200 + "b" * 300, "m" * 20, max_context_length=100, max_length=20)
    assert made == "m" * 20 + "b" * 300


def test_a_memory_never_takes_the_whole_room() -> None:
    made = with_memory("story" * 100, "m" * 1000, max_context_length=100, max_length=20)
    assert made == "m" * 240 + ("story" * 100)[-80:]


@given(
    prompt=st.text(max_size=400),
    memory=st.text(max_size=400),
    context=st.integers(100, 200),
    length=st.integers(16, 80),
)
def test_what_is_made_always_fits_and_ends_as_the_story_does(
    prompt: str, memory: str, context: int, length: int
) -> None:
    made = with_memory(prompt, memory, max_context_length=context, max_length=length)
    room = (context - length) * CHARACTERS_A_TOKEN
    assert made == prompt or len(made) <= room
    if len(memory) + len(prompt) <= room:
        assert made == memory + prompt
    elif memory and prompt:
        assert made[-1] == prompt[-1]
        assert made[0] == memory[0]
