"""Vectors on the wire: base64 of 32-bit floats (embeddings.md §3.1)."""

from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_server.requests.embedding.vectors import (
    UnusableVectors,
    check_vectors,
    dimensions_of,
    joined,
    taken_apart,
)

NUMBERS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=50)


def encoded(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


@given(st.integers(1, 20).flatmap(lambda n: st.lists(NUMBERS.map(lambda x: (x * n)[:n]), min_size=1, max_size=5)))
def test_whatever_is_finite_comes_back_as_it_was(vectors: list[list[float]]) -> None:
    sent = [encoded(vector) for vector in vectors]
    lengths = {len(vector) for vector in vectors}
    if len(lengths) == 1:
        check_vectors(sent, count=len(sent), dimensions=lengths.pop())
    assert taken_apart(joined(sent)) == sent
    assert [dimensions_of(each) for each in sent] == [len(vector) for vector in vectors]


@given(NUMBERS, st.integers(0, 49), st.sampled_from([float("nan"), float("inf"), float("-inf")]))
def test_one_number_that_is_not_finite_is_found(numbers: list[float], place: int, bad: float) -> None:
    numbers[place % len(numbers)] = bad
    with pytest.raises(UnusableVectors, match="not finite"):
        check_vectors([encoded(numbers)], count=1, dimensions=None)


def test_opposite_infinities_do_not_cancel() -> None:
    with pytest.raises(UnusableVectors, match="not finite"):
        check_vectors([encoded([float("inf"), float("-inf")])], count=1, dimensions=None)


@pytest.mark.parametrize("sent", ["", "A", "AAA=", "AAAAAA", "AA AA", "AAAAAA==\n", encoded([0.0] * 8193)])
def test_what_is_no_vector(sent: str) -> None:
    with pytest.raises(UnusableVectors):
        check_vectors([sent], count=1, dimensions=None)
