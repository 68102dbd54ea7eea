"""Vectors as they are sent, kept and told: base64 of 32-bit floats, the lowest byte first."""

from __future__ import annotations

import binascii
import math
import sys
from array import array
from collections.abc import Sequence
from typing import Final

from horde_server.requests.embedding.checks import MOST_DIMENSIONS

_FLOAT_BYTES: Final = 4
MOST_VECTOR_CHARACTERS: Final = 4 * math.ceil(MOST_DIMENSIONS * _FLOAT_BYTES / 3)
_SEPARATOR: Final = "\n"


class UnusableVectors(ValueError):
    """Why vectors cannot be taken, as a sentence's beginning: "… , so the job went back"."""


def dimensions_of(vector: str) -> int:
    """How many numbers a vector has that was checked."""
    return (len(vector) * 3 // 4 - vector.count("=")) // _FLOAT_BYTES


def check_vectors(vectors: Sequence[str], *, count: int, dimensions: int | None) -> None:
    """There must be `count`, equally long (of `dimensions` numbers where that was asked for), of finite numbers.

    O(numbers): 20 ms for a million. Raises `UnusableVectors`.
    """
    if len(vectors) != count:
        raise UnusableVectors(f"There are {len(vectors)} vectors for {count} texts")
    lengths = {_checked(vector) for vector in vectors}
    if len(lengths) != 1:
        raise UnusableVectors("The vectors are not of one length")
    (length,) = lengths
    if dimensions is not None and length != dimensions:
        raise UnusableVectors(f"The vectors have {length} dimensions, and {dimensions} were asked for")


def _checked(vector: str) -> int:
    """The length of a vector that is one."""
    try:
        data = binascii.a2b_base64(vector, strict_mode=True)
    except ValueError:
        raise UnusableVectors("A vector is no base64") from None
    if not data or len(data) % _FLOAT_BYTES or len(data) > MOST_DIMENSIONS * _FLOAT_BYTES:
        raise UnusableVectors(f"A vector is not of 1 to {MOST_DIMENSIONS} floats of four bytes")
    numbers = array("f", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    if not math.isfinite(sum(numbers)):  # what is not finite stays so in a sum, and no sum of so few floats overflows
        raise UnusableVectors("A vector has a number that is not finite")
    return len(numbers)


def joined(vectors: Sequence[str]) -> str:
    """As they are kept: of random bits nothing could be saved by packing."""
    return _SEPARATOR.join(vectors)


def taken_apart(kept: str) -> list[str]:
    """The vectors back."""
    return kept.split(_SEPARATOR)
