"""What is sent next of a job, by what the horde says it has."""

from __future__ import annotations

import pytest

from horde_sdk.generation_pieces import GenerationPiecesResponse
from horde_worker.backends.events import Delta, Piece
from horde_worker.streams.outbox import STUCK_AFTER, DeltaOutbox, TextOutbox
from horde_worker.text_format import UNFORMATTED


def answer(have: int) -> GenerationPiecesResponse:
    return GenerationPiecesResponse(next=have, next_delta=have, wanted=True, interval_ms=50)


@pytest.mark.parametrize(
    ("outbox", "events"),
    [
        (TextOutbox((), UNFORMATTED, 4), [Piece(0, "abcdefgh")]),
        (DeltaOutbox(64), [Delta(0, {"content": "x" * 40}) for _ in range(8)]),
    ],
    ids=["text", "deltas"],
)
@pytest.mark.parametrize("went_back", [False, True])
async def test_who_listens_again_after_a_while_is_told_on(
    outbox: TextOutbox | DeltaOutbox, events: list[Piece | Delta], went_back: bool
) -> None:
    """Signs of life without anything in them move nothing, and are no sign that the horde has had enough."""
    for event in events:
        outbox.add(event)
    sent = await outbox.fields()
    assert sent
    outbox.taken(answer(0))  # this one got nowhere
    if went_back:
        outbox.go_back(0, 0)
    for _ in range(STUCK_AFTER + 2):
        outbox.taken(answer(0))  # while nobody listens
    assert not outbox.is_full
    assert await outbox.fields() == sent
