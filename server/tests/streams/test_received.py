"""What comes of pieces that are doubled, cut anew, reordered, late or lost: always a beginning of the text."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_server.streams.piece import MOST_JOB_BYTES, PieceGap, PieceMismatch
from horde_server.streams.received import ReceivedDeltas, ReceivedText

TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


@given(TEXTS, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=40))
def test_what_was_received_is_always_a_beginning_of_the_text(text: str, cuts: list[tuple[int, int]]) -> None:
    """streams.md §3.2: whatever comes in whatever order, and asked for again where something is missing."""
    received = ReceivedText()
    whole = text.encode()
    for start, length in cuts:
        piece = text[start : start + length].encode()
        at = len(text[:start].encode())
        with suppress(PieceGap):
            received.take(at, piece)
        assert whole.startswith(bytes(received.text))
        bytes(received.text).decode()  # whole characters
    with suppress(PieceGap):
        received.take(received.have, whole[received.have :])
    assert bytes(received.text) == whole


@given(TEXTS.filter(lambda text: len(text) > 1), st.data())
def test_a_gap_says_where_to_go_on(text: str, data: st.DataObject) -> None:
    """§3.3: sent from there on, nothing is missing."""
    received = ReceivedText()
    known = data.draw(st.integers(0, len(text) - 1))
    received.take(0, text[:known].encode())
    beyond = data.draw(st.integers(known + 1, len(text)))
    with pytest.raises(PieceGap) as gap:
        received.take(len(text[:beyond].encode()), b"x")
    start = gap.value.extra["next"]
    received.take(start, text.encode()[start:])
    assert bytes(received.text).decode() == text


@given(TEXTS, TEXTS)
def test_what_contradicts_is_never_taken(text: str, other: str) -> None:
    """§3.4: the first byte that differs poisons the stream, and what was there stays."""
    received = ReceivedText()
    received.take(0, text.encode())
    common = min(len(text.encode()), len(other.encode()))
    if text.encode()[:common] == other.encode()[:common]:
        received.take(0, other.encode())
        assert bytes(received.text) == max(text, other, key=lambda each: len(each.encode())).encode()
        return
    with pytest.raises(PieceMismatch):
        received.take(0, other.encode())
    assert received.take(len(text.encode()), b"more") == b""
    assert bytes(received.text) == text.encode()


@given(TEXTS, st.integers(0, 60), st.integers(0, 60))
def test_a_node_may_begin_in_the_middle(text: str, base: int, start: int) -> None:
    """§8.4: what comes before its beginning is not looked at."""
    first = len(text[:base].encode())
    received = ReceivedText(first)
    at = len(text[:start].encode())
    with suppress(PieceGap):
        received.take(at, text[start:].encode())
    assert text.encode()[first:].startswith(bytes(received.text))


@pytest.mark.parametrize(("at", "piece"), [(4, "é"), (3, "€!"), (4, "é, and on")])
def test_a_beginning_in_the_middle_of_a_character_contradicts(at: int, piece: str) -> None:
    """§3.4, §8.4: no half characters are ever told, and the worker is answered."""
    received = ReceivedText(5)
    with pytest.raises(PieceMismatch):
        received.take(at, piece.encode())
    assert not received.text
    assert received.take(5, b"more") == b""


def test_what_ends_before_the_beginning_says_nothing() -> None:
    """§8.4, §3.2: an early piece that comes again, late, contradicts nothing."""
    received, deltas = ReceivedText(10), ReceivedDeltas(10)
    received.take(10, b"0123456789")
    assert received.take(0, b"early") == b""
    deltas.take(10, [{"content": str(number)} for number in range(5)], 10)
    assert not deltas.take(2, [{"content": "early"}], 10)
    assert (received.have, deltas.have) == (20, 15)


def test_a_job_has_a_mebibyte() -> None:
    """§3.9: what would be more is left to the result."""
    received = ReceivedText()
    assert received.take(0, b"x" * MOST_JOB_BYTES)
    assert received.take(MOST_JOB_BYTES, b"y") == b""
    assert received.is_full
    assert received.have == MOST_JOB_BYTES


@given(
    st.lists(st.integers(0, 9), max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8)), max_size=30)
)
def test_deltas_follow_the_same_rules(numbers: list[int], cuts: list[tuple[int, int]]) -> None:
    """§3.6: counted in deltas."""
    whole = [{"content": str(number)} for number in numbers]
    received = ReceivedDeltas()
    for start, length in cuts:
        with suppress(PieceGap):
            received.take(min(start, len(whole)), whole[start : start + length], 10)
        assert whole[: received.have] == received.deltas
    different = [{"content": "other"}]
    if received.have:
        with pytest.raises(PieceMismatch):
            received.take(0, different, 10)
        assert received.take(received.have, different, 10) == ()
