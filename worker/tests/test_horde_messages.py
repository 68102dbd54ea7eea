"""What a horde tells a worker with its pops (workers.md §12.5): said once, whatever is sent."""

from __future__ import annotations

from typing import Any

import pytest
from played_horde import Answer, PlayedHorde
from structlog.testing import capture_logs
from workshop import Workshop

from horde_worker.horde_messages import MOST_REMEMBERED, HordeMessages
from horde_worker.kinds.hand_out import MAX_MESSAGE_CHARACTERS, MAX_MESSAGES, Message, messages_of

A_MESSAGE = {"id": "m1", "message": "Restart.", "origin": "The crew", "expiry": "Sun, 22 Nov 2026 04:42:16 -0000"}


async def test_a_message_is_said_once_however_often_it_comes(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """Another one, and the same text under another id, is said too."""
    again = {**A_MESSAGE, "id": "m2"}
    horde.pop_script = [
        answer(body={"id": None, "messages": [A_MESSAGE]}),
        answer(body={"id": None, "messages": [again, A_MESSAGE]}),
        answer(body={"id": None, "messages": [A_MESSAGE]}),
    ]
    with capture_logs() as logs:
        workshop.start()
        await horde.until(lambda: len(horde.pops) == 4)
    told = [one for one in logs if one["event"] == "worker.told"]
    assert [(one["message"], one["origin"], one["until"]) for one in told] == [
        ("Restart.", "The crew", A_MESSAGE["expiry"])
    ] * 2


def test_what_was_said_longest_ago_is_forgotten_first() -> None:
    messages = HordeMessages()
    with capture_logs() as logs:
        messages.hear([Message(str(n), "x", "", "") for n in range(MOST_REMEMBERED + 1)])
        messages.hear([Message("0", "x", "", ""), Message(str(MOST_REMEMBERED), "x", "", "")])
    assert len(logs) == MOST_REMEMBERED + 2


@pytest.mark.parametrize(
    "sent",
    [
        None, 3, "text", {}, [], [None, 3, "x", []], [{}], [{"id": "a"}], [{"message": "x"}],
        [{"id": 3, "message": "x"}], [{"id": "a", "message": ""}], [{"id": "a" * 101, "message": "x"}],
        [{"id": "a", "message": "x" * (MAX_MESSAGE_CHARACTERS + 1)}],
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_is_no_message_is_left_out(sent: Any) -> None:
    assert messages_of({"messages": sent}) == ()


def test_some_are_read_and_a_missing_origin_is_none() -> None:
    many = [{"id": str(n), "message": "x", "origin": 3} for n in range(MAX_MESSAGES + 5)]
    read = messages_of({"messages": many})
    assert len(read) == MAX_MESSAGES
    assert read[0] == Message("0", "x", "", "")
