"""Server-sent events are read alike however their bytes are cut, and none is larger than memory allows."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from horde_sdk.generic_api.bounds import AnswerOutOfBoundsError
from horde_sdk.generic_api.server_sent_events import EventReader, ServerSentEvent

STREAM = (
    'retry: 250\n\n: ka\n\nid: a-1\nevent: state\ndata: {"x":1}\n\ndata: one\ndata:two\r\n\r\n'
    "event: lost\n\nunknown: 7\nid: a-2\rdata: ü\r\r: ka\ndata: last\n\ndata: half"
).encode()
EVENTS = [
    ServerSentEvent("state", '{"x":1}'),
    ServerSentEvent("message", "one\ntwo"),
    ServerSentEvent("message", "ü"),
    ServerSentEvent("message", "last"),
]


def read(pieces: list[bytes]) -> tuple[list[ServerSentEvent], EventReader]:
    reader = EventReader()
    return [event for piece in pieces for event in reader.feed(piece)], reader


def test_a_stream_as_the_standard_has_it() -> None:
    events, reader = read([STREAM])
    assert events == EVENTS
    assert (reader.last_id, reader.retry_s) == ("a-2", 0.25)


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_it_is_the_same_however_it_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    assert read(pieces)[0] == EVENTS


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_no_bytes_do_harm(pieces: list[bytes]) -> None:
    read(pieces)


def test_an_event_without_an_end_is_refused() -> None:
    reader = EventReader(most_bytes=1000)
    for _ in range(60):
        assert not list(reader.feed(b"data: 123456789\n"))
    with pytest.raises(AnswerOutOfBoundsError):
        list(reader.feed(b"data: 123456789\n" * 10))


def test_signs_of_life_are_no_part_of_an_event() -> None:
    reader = EventReader(most_bytes=1000)
    for _ in range(500):
        assert not list(reader.feed(b": ka\n"))
        assert not list(reader.feed(b": ka\n\n"))


def test_half_an_event_of_a_broken_answer_is_forgotten() -> None:
    reader = EventReader()
    assert not list(reader.feed(b"id: 3\ndata: ha"))
    reader.begin()
    assert list(reader.feed(b"data: whole\n\n")) == [ServerSentEvent("message", "whole")]
    assert reader.last_id == "3"


@pytest.mark.parametrize(("told", "seconds"), [("x", 3.0), ("-1", 3.0), ("999999999999", 60.0), ("", 3.0)])
def test_a_pause_that_makes_no_sense_is_none(told: str, seconds: float) -> None:
    assert read([f"retry: {told}\n\n".encode()])[1].retry_s == seconds
